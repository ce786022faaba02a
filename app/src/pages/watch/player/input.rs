//! Hears keys, of a keyboard and of a remote control, and has the player do what [`keys`] and [`remote`] say.

use contract::device::DeviceClass;
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_navigate;

use super::{
    controller::Controller,
    in_its_place,
    keys::{Command, Place, Target, command},
    remote::{Reaction, Scene, reaction},
    screen,
    screen::CloseRequests,
    sleeping,
};
use crate::{parts::dom, route::Route};

/// Listens until the player goes.
pub fn listen(controller: Controller, class: Memo<DeviceClass>) {
    let navigate = use_navigate();
    let is_tv = move || class.get_untracked() == DeviceClass::Tv;
    let next = move || {
        if let Some(card) = controller.session.with_value(|session| session.up_next.clone()) {
            navigate(&Route::watch(card.id).href(), in_its_place());
        }
    };
    let listener = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() {
            return;
        }
        let is_done = if is_tv() { by_remote(controller, &event, &next) } else { by_keyboard(controller, &event) };
        if is_done {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
    // A phone's Back closes what lies over the film before it leaves the film.
    Effect::new(move |before: Option<Option<CloseRequests>>| {
        drop(before);
        controller.panel.get().and_then(|_| CloseRequests::heard(move || controller.close_panel()))
    });
    // On a television the focus goes with the controls, so that arrows are the film's again.
    Effect::new(move || {
        if !controller.is_active.get() && is_tv() && screen::has_focus_within(controller.surface) {
            screen::release_focus();
        }
    });
    // And it goes to what came over the film.
    Effect::new(move || {
        if is_covered(controller) && is_tv() {
            request_animation_frame(|| screen::focus_first("[data-over] a, [data-over] button"));
        }
    });
}

fn by_keyboard(controller: Controller, event: &ev::KeyboardEvent) -> bool {
    let place = Place {
        target: target(event),
        with_modifier: event.ctrl_key() || event.alt_key() || event.meta_key(),
        letter_keys: controller.preferences.get_untracked().letter_keys,
    };
    let Some(command) = command(&event.key(), place) else {
        controller.activate();
        return false;
    };
    // A screen that is locked is locked for all hands, but never without a way out.
    let is_locked = controller.is_locked.get_untracked() && command != Command::Close;
    if !(is_locked || event.repeat() && command.is_toggle()) {
        controller.run(command);
    }
    !is_locked
}

fn by_remote(controller: Controller, event: &ev::KeyboardEvent, next: &impl Fn()) -> bool {
    let target = target(event);
    let Some(key) = dom::remote_key(&event.key(), event.key_code(), target == Target::Text) else {
        return by_keyboard(controller, event);
    };
    let scene = Scene {
        is_shown: controller.is_active.get_untracked(),
        has_focus: screen::has_focus_within(controller.surface),
        is_open: controller.panel.get_untracked().is_some() || controller.are_shortcuts_open.get_untracked(),
        has_statistics: controller.are_statistics_open.get_untracked(),
        is_covered: untrack(move || is_covered(controller)),
        target,
    };
    let Some(reaction) = reaction(key, scene) else {
        controller.activate();
        return false;
    };
    match reaction {
        Reaction::Run(command) => {
            if !(event.repeat() && command.is_toggle()) {
                controller.run(command);
            }
        }
        Reaction::Show => {
            controller.activate();
            screen::focus_first("#player-play");
        }
        Reaction::Hide => controller.is_active.set(false),
        Reaction::Close => controller.run(Command::Close),
        Reaction::Follow(direction) => {
            controller.activate();
            return dom::follow_arrow(event, direction);
        }
        Reaction::Activate => {
            controller.activate();
            return dom::activate_field(event);
        }
        Reaction::Next => next(),
        Reaction::Leave => {
            // Who came to this address from nowhere goes to the film's page.
            if !dom::go_back() {
                screen::click("#player-back");
            }
        }
    }
    true
}

/// Whether something with buttons of its own lies over the film.
fn is_covered(controller: Controller) -> bool {
    let live = controller.live;
    live.error.get().is_some() || live.is_blocked.get() || live.has_ended.get() || sleeping::has_paused(controller)
}

fn target(event: &ev::KeyboardEvent) -> Target {
    let element = screen::target(event);
    let closest = |selector: &str| element.as_ref().is_some_and(|element| element.closest(selector).ok().flatten().is_some());
    if closest("input[aria-label=Seek]") {
        Target::SeekBar
    } else if closest("input[type=range]") {
        Target::Slider
    } else if closest("input[type=radio], input[type=checkbox]") {
        Target::Choice
    } else if closest("input, textarea, select") {
        Target::Text
    } else if closest("button, a, summary") {
        Target::Button
    } else {
        Target::Page
    }
}
