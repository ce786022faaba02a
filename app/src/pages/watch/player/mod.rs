//! The player: a film on a stage, and what the viewer can do with it.
//!
//! What the store knows of it is coarse (a session, a position every few seconds); what changes many times a
//! second lives in [`live::Live`]. The files here may touch the browser; none of them runs on the server.

mod captions;
mod chapters;
mod choices;
mod chosen;
mod controller;
mod controls;
mod cue;
mod engine;
mod errors;
mod glyph;
mod heartbeat;
mod input;
mod keys;
mod live;
mod lock;
mod loudspeakers;
mod machine;
mod media_session;
mod menu;
mod over;
mod preferred;
mod quality;
mod rating;
mod remote;
mod screen;
mod seekbar;
mod sleep;
mod sleeping;
mod statistics;
mod timeline;
mod touch;
mod tracks;

use std::sync::Arc;

use contract::{device::DeviceClass, playback::PlaybackSession};
use leptos::{html::Video, prelude::*, web_sys::HtmlVideoElement};
use leptos_router::NavigateOptions;

use crate::{
    parts::{dom, use_store},
    route::Route,
    store::StateStoreFields,
};
use captions::Captions;
use controller::Controller;
use controls::Controls;
use machine::Event;
use over::{BigPlay, ErrorCard, Ring, ShortcutsDialog, UpNext};
use sleep::SleepTimer;

stylance::import_crate_style!(style, "src/pages/watch/player/player.module.scss");

#[cfg(feature = "browser")]
pub use engine::library as fetch_library;
pub use live::Lasting;
#[cfg(feature = "browser")]
pub use screen::loaded_ahead_millis;

/// What this device is; handed to every control through the context.
#[derive(Clone, Copy)]
struct Device(Memo<DeviceClass>);

impl Device {
    /// Whether there are keys with letters on them.
    fn has_keyboard(self) -> bool {
        match self.0.get() {
            DeviceClass::Desktop => true,
            DeviceClass::Phone | DeviceClass::Tablet | DeviceClass::Tv => false,
        }
    }

    /// Whether there are other windows that a small picture could lie over.
    fn has_windows(self) -> bool {
        match self.0.get() {
            DeviceClass::Desktop | DeviceClass::Tablet => true,
            DeviceClass::Phone | DeviceClass::Tv => false,
        }
    }

    /// Whether it is held in a hand, which touches it without meaning to.
    fn is_held(self) -> bool {
        match self.0.get() {
            DeviceClass::Phone | DeviceClass::Tablet => true,
            DeviceClass::Desktop | DeviceClass::Tv => false,
        }
    }

    /// Whether loudness is set on the screen: phones and televisions have keys of their own for it.
    fn has_volume(self) -> bool {
        self.has_windows()
    }
}

/// How one goes on to the next film: in the place of the one that is over, so that Back leads to where the first was chosen.
fn in_its_place() -> NavigateOptions {
    NavigateOptions { replace: true, ..NavigateOptions::default() }
}

/// Plays a film, in the `first` session and then in whichever it is by now. Drawn in the browser alone.
#[component]
pub fn Player(first: PlaybackSession, session: Memo<Option<Arc<PlaybackSession>>>) -> impl IntoView {
    let (state, dispatch) = use_store();
    let preferences = Memo::new(move |_| state.preferences().get());
    let start = first.resume_at;
    let language = state.watcher().with_untracked(|watcher| watcher.as_ref().and_then(|watcher| watcher.language.clone()));
    let controller = Controller::new(first, preferences, language, dispatch, expect_context::<Lasting>());
    let class = Memo::new(move |_| state.device().with(|device| device.profile.class));
    provide_context(controller);
    // Where to begin is said once: loading the page again goes on where the viewer is.
    if let Route::Watch { id, at: Some(_) } = state.route().get_untracked() {
        dom::show_address(&Route::watch(id).href());
    }
    provide_context(Device(class));

    Effect::new(move || {
        if controller.video.get().is_some() {
            controller.load(start);
            controller.activate();
        }
    });
    Effect::new(move || {
        let is_known = |now: &PlaybackSession| controller.session.with_value(|session| session.session == now.session);
        if let Some(now) = session.get().filter(|now| !is_known(now)) {
            controller.renew(PlaybackSession::clone(&now));
        }
    });
    controller.follow_preferences();
    sleeping::begin(controller);
    heartbeat::begin(controller);
    media_session::begin(controller);
    input::listen(controller, class);
    on_cleanup(move || controller.unload());

    let look = move || {
        if controller.is_active.get() { style::surface.to_owned() } else { stylance::classes!(style::surface, style::idle) }
    };
    view! {
        <div
            class=look
            node_ref=controller.surface
            data-player=""
            on:pointermove=move |event| {
                // A finger that trembles is a tap, which the surface answers.
                if event.pointer_type() == "mouse" {
                    controller.activate();
                }
            }
            on:focusin=move |_| controller.activate()
            on:fullscreenchange=move |_| {
                let is_full = screen::is_full_screen();
                controller.is_full_screen.set(is_full);
                if is_full && class.get_untracked() == DeviceClass::Phone {
                    screen::lock_landscape();
                }
            }
        >
            {film(controller)}
            <touch::TouchSurface/>
            <Captions/>
            <Ring/>
            <Controls/>
            <statistics::Statistics/>
            <BigPlay/>
            <UpNext/>
            <ErrorCard/>
            <sleeping::SleepCard/>
            <ShortcutsDialog/>
            <lock::Lock/>
        </div>
    }
    .into_any()
}

/// Seconds before its end at which a film that waits for more has ended: the last part of the sound may be so short that the
/// browser takes it for none, and waits for it for ever.
const NO_MORE_SECONDS: f64 = 0.25;

fn waits(controller: Controller) {
    let Some(video) = controller.video.get_untracked() else { return };
    if video.duration() - video.current_time() < NO_MORE_SECONDS && !video.paused() {
        let _ = video.pause();
        ended(controller);
    } else {
        controller.live.is_waiting.set(true);
        controller.happened(Event::Waited);
    }
}

fn ended(controller: Controller) {
    controller.lasting.sleep.update(|timer| {
        timer.film_ended();
    });
    controller.live.has_ended.set(true);
    controller.live.is_waiting.set(false);
    controller.happened(Event::Ended);
    controller.activate();
}

fn film(controller: Controller) -> impl IntoView {
    let live = controller.live;
    let label = controller.session.with_value(|session| session.title.title.clone());
    view! {
        <video
            class=style::film
            node_ref=controller.video
            playsinline=true
            preload="auto"
            aria-label=label
            on:play=move |_| {
                live.is_playing.set(true);
                live.is_blocked.set(false);
                live.has_ended.set(false);
                controller.lasting.sleep.update(SleepTimer::played);
                controller.happened(Event::Played);
                controller.activate();
            }
            on:pause=move |_| {
                live.is_playing.set(false);
                controller.happened(Event::Paused);
                controller.activate();
            }
            on:playing=move |_| {
                live.is_waiting.set(false);
                controller.happened(Event::Flowed);
            }
            on:canplay=move |_| live.is_waiting.set(false)
            on:waiting=move |_| waits(controller)
            on:seeking=move |_| {
                live.is_waiting.set(true);
                controller.happened(Event::Seeking);
            }
            on:seeked=move |_| {
                live.is_waiting.set(false);
                controller.happened(Event::Seeked);
            }
            on:timeupdate=move |_| moved(controller)
            on:progress=move |_| loaded(controller)
            on:durationchange=move |_| measured(controller)
            on:volumechange=move |_| controller.output_changed()
            on:ratechange=move |_| controller.output_changed()
            on:ended=move |_| ended(controller)
        >
            {captions::tracks(controller)}
        </video>
    }
    .into_any()
}

fn moved(controller: Controller) {
    with(controller.video, |video| {
        // Before the engine has found its place the element stands at 0, which is not where the viewer is.
        if video.ready_state() > 0 {
            controller.live.position.set(video.current_time());
        }
    });
    loaded(controller);
}

fn loaded(controller: Controller) {
    with(controller.video, |video| {
        controller.live.buffered.set(timeline::buffered_until(
            &screen::loaded_ranges(video),
            video.current_time(),
            controller.live.duration.get_untracked(),
        ));
    });
}

fn measured(controller: Controller) {
    with(controller.video, |video| {
        if video.duration().is_finite() && video.duration() > 0.0 {
            controller.live.duration.set(video.duration());
        }
    });
}

fn with(video: NodeRef<Video>, act: impl FnOnce(&HtmlVideoElement)) {
    if let Some(video) = video.get_untracked() {
        act(&video);
    }
}
