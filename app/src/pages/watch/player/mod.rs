//! The player: a film on a stage, and what the viewer can do with it.
//!
//! What the store knows of it is coarse (a session, a position every few seconds); what changes many times a
//! second lives in [`live::Live`]. The files here may touch the browser; none of them runs on the server.

mod captions;
mod choices;
mod controls;
mod deck;
mod engine;
mod errors;
mod glyph;
mod heartbeat;
mod keys;
mod live;
mod machine;
mod media_session;
mod menu;
mod over;
mod screen;
mod seekbar;
mod time;
mod timeline;
mod touch;

use std::sync::Arc;

use contract::{device::DeviceClass, playback::PlaybackSession};
use leptos::{ev, html::Video, prelude::*, web_sys::HtmlVideoElement};

use crate::{
    parts::{dom, screen as store_of_screen},
    store::StateStoreFields,
};
use captions::Captions;
use controls::Controls;
use deck::Deck;
use keys::{Place, command};
use machine::Event;
use over::{BigPlay, Ring, Sheet, TroubleCard, UpNext};

stylance::import_crate_style!(style, "src/pages/watch/player/player.module.scss");

#[cfg(feature = "browser")]
pub use engine::library as fetch_library;

/// Plays a film, in the `first` session and then in whichever it is by now. Drawn in the browser alone.
#[component]
pub fn Player(first: PlaybackSession, session: Memo<Option<Arc<PlaybackSession>>>) -> impl IntoView {
    let (state, act) = store_of_screen();
    let preferences = Memo::new(move |_| state.preferences().get());
    let start = first.resume_at;
    let language = state.watcher().with_untracked(|watcher| watcher.as_ref().and_then(|watcher| watcher.language.clone()));
    let deck = Deck::new(first, preferences, language, act);
    provide_context(deck);

    Effect::new(move || {
        if deck.video.get().is_some() {
            deck.load(start);
            deck.wake();
        }
    });
    Effect::new(move || {
        let is_known = |now: &PlaybackSession| deck.session.with_value(|session| session.session == now.session);
        if let Some(now) = session.get().filter(|now| !is_known(now)) {
            deck.renew(PlaybackSession::clone(&now));
        }
    });
    heartbeat::begin(deck);
    media_session::begin(deck);
    listen_to_keys(deck, state);
    on_cleanup(move || deck.unload());

    let class =
        move || if deck.is_awake.get() { style::stage.to_owned() } else { stylance::classes!(style::stage, style::asleep) };
    view! {
        <div
            class=class
            node_ref=deck.stage
            data-player=""
            on:pointermove=move |_| deck.wake()
            on:focusin=move |_| deck.wake()
            on:fullscreenchange=move |_| deck.is_full_screen.set(screen::is_full_screen())
        >
            {film(deck)}
            <touch::Surface/>
            <Captions/>
            <Ring/>
            <Controls/>
            <BigPlay/>
            <UpNext/>
            <TroubleCard/>
            <Sheet/>
        </div>
    }
    .into_any()
}

fn film(deck: Deck) -> impl IntoView {
    let live = deck.live;
    let label = deck.session.with_value(|session| session.title.title.clone());
    view! {
        <video
            class=style::film
            node_ref=deck.video
            playsinline=true
            preload="auto"
            aria-label=label
            on:play=move |_| {
                live.is_playing.set(true);
                live.is_blocked.set(false);
                live.has_ended.set(false);
                deck.happened(Event::Played);
                deck.wake();
            }
            on:pause=move |_| {
                live.is_playing.set(false);
                deck.happened(Event::Paused);
                deck.wake();
            }
            on:playing=move |_| {
                live.is_waiting.set(false);
                deck.happened(Event::Flowed);
            }
            on:canplay=move |_| live.is_waiting.set(false)
            on:waiting=move |_| live.is_waiting.set(true)
            on:seeking=move |_| live.is_waiting.set(true)
            on:seeked=move |_| {
                live.is_waiting.set(false);
                deck.happened(Event::Seeked);
            }
            on:timeupdate=move |_| moved(deck)
            on:progress=move |_| loaded(deck)
            on:durationchange=move |_| measured(deck)
            on:ended=move |_| {
                live.has_ended.set(true);
                live.is_waiting.set(false);
                deck.happened(Event::Ended);
                deck.wake();
            }
        >
            {captions::tracks(deck)}
        </video>
    }
    .into_any()
}

fn moved(deck: Deck) {
    with(deck.video, |video| {
        // Before the engine has found its place the element stands at 0, which is not where the viewer is.
        if video.ready_state() > 0 {
            deck.live.position.set(video.current_time());
        }
    });
    loaded(deck);
}

fn loaded(deck: Deck) {
    with(deck.video, |video| {
        let ranges = video.buffered();
        let ranges: Vec<(f64, f64)> =
            (0..ranges.length()).filter_map(|index| Some((ranges.start(index).ok()?, ranges.end(index).ok()?))).collect();
        deck.live.buffered.set(timeline::buffered_until(&ranges, video.current_time(), deck.live.duration.get_untracked()));
    });
}

fn measured(deck: Deck) {
    with(deck.video, |video| {
        if video.duration().is_finite() && video.duration() > 0.0 {
            deck.live.duration.set(video.duration());
        }
    });
}

fn with(video: NodeRef<Video>, act: impl FnOnce(&HtmlVideoElement)) {
    if let Some(video) = video.get_untracked() {
        act(&video);
    }
}

fn listen_to_keys(deck: Deck, state: reactive_stores::Store<crate::store::State>) {
    let is_tv = move || state.device().with_untracked(|device| device.profile.class == DeviceClass::Tv);
    let listener = window_event_listener(ev::keydown, move |event| {
        let target = screen::target(&event);
        let closest = |selector: &str| target.as_ref().is_some_and(|target| target.closest(selector).ok().flatten().is_some());
        let is_seeking = closest("input[aria-label=Seek]");
        let place = Place {
            in_field: closest("input:not([type=range]):not([type=radio]), textarea, select"),
            on_control: closest("button, a, input") && !is_seeking,
            with_modifier: event.ctrl_key() || event.alt_key() || event.meta_key(),
            letter_keys: deck.preferences.get_untracked().letter_keys,
        };
        let key = event.key();
        let is_done = if is_tv() && !is_seeking && deck.is_awake.get_untracked() && move_by_remote(&key) {
            deck.wake();
            true
        } else if let Some(command) = command(&key, place) {
            deck.run(command);
            true
        } else {
            deck.wake();
            false
        };
        if is_done {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// On a television arrows go from control to control.
fn move_by_remote(key: &str) -> bool {
    match key {
        "ArrowLeft" => dom::move_focus(-1, 0),
        "ArrowRight" => dom::move_focus(1, 0),
        "ArrowUp" => dom::move_focus(0, -1),
        "ArrowDown" => dom::move_focus(0, 1),
        _ => false,
    }
}
