//! Hears keys, of a keyboard and of a remote control, and has the player do what [`keys`] and [`remote`] say.

use contract::device::DeviceClass;
use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    deck::Deck,
    keys::{Command, Place, Target, command},
    remote::{Reaction, Scene, reaction},
    screen,
};
use crate::{parts::dom, route::Route};

/// Listens until the player goes.
pub fn listen(deck: Deck, class: Memo<DeviceClass>) {
    let navigate = use_navigate();
    let is_tv = move || class.get_untracked() == DeviceClass::Tv;
    let next = move || {
        if let Some(card) = deck.session.with_value(|session| session.up_next.clone()) {
            navigate(&Route::watch(card.id).href(), NavigateOptions::default());
        }
    };
    let listener = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() {
            return;
        }
        let is_done = if is_tv() { by_remote(deck, &event, &next) } else { by_keyboard(deck, &event) };
        if is_done {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
    // On a television the focus goes with the controls, so that arrows are the film's again.
    Effect::new(move || {
        if !deck.is_awake.get() && is_tv() && screen::has_focus_within(deck.stage) {
            screen::release_focus();
        }
    });
    // And it goes to what came over the film.
    Effect::new(move || {
        if is_covered(deck) && is_tv() {
            request_animation_frame(|| screen::focus_first("[data-over] a, [data-over] button"));
        }
    });
}

fn by_keyboard(deck: Deck, event: &ev::KeyboardEvent) -> bool {
    let place = Place {
        target: target(event),
        with_modifier: event.ctrl_key() || event.alt_key() || event.meta_key(),
        letter_keys: deck.preferences.get_untracked().letter_keys,
    };
    let Some(command) = command(&event.key(), place) else {
        deck.wake();
        return false;
    };
    if command == Command::Close {
        close(deck);
    } else if !(event.repeat() && command.is_toggle()) {
        deck.run(command);
    }
    true
}

fn by_remote(deck: Deck, event: &ev::KeyboardEvent, next: &impl Fn()) -> bool {
    let target = target(event);
    let Some(key) = dom::remote_key(&event.key(), event.key_code(), target == Target::Text) else {
        return by_keyboard(deck, event);
    };
    let scene = Scene {
        is_shown: deck.is_awake.get_untracked(),
        has_focus: screen::has_focus_within(deck.stage),
        is_open: deck.is_menu_open.get_untracked() || deck.is_sheet_open.get_untracked(),
        is_covered: untrack(move || is_covered(deck)),
        is_playing: deck.live.is_playing.get_untracked(),
        target,
    };
    let Some(reaction) = reaction(key, scene) else {
        deck.wake();
        return false;
    };
    match reaction {
        Reaction::Run(command) => {
            if !(event.repeat() && command.is_toggle()) {
                deck.run(command);
            }
        }
        Reaction::Show => {
            deck.wake();
            screen::focus_first("#player-play");
        }
        Reaction::Hide => deck.is_awake.set(false),
        Reaction::Close => close(deck),
        Reaction::Follow(direction) => {
            deck.wake();
            return dom::follow_arrow(event, direction);
        }
        Reaction::Activate => {
            deck.wake();
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
fn is_covered(deck: Deck) -> bool {
    let has_next = deck.session.with_value(|session| session.up_next.is_some());
    deck.live.trouble.get().is_some() || deck.live.is_blocked.get() || (deck.live.has_ended.get() && has_next)
}

/// Closes the menu, and gives the focus back to its button; the sheet of keys is a dialog, which does that by itself.
fn close(deck: Deck) {
    let had_focus = deck.is_menu_open.get_untracked() && screen::has_focus_within(deck.stage);
    deck.run(Command::Close);
    if had_focus {
        screen::focus_first("#player-menu-button");
    }
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
