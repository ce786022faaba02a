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
mod input;
mod keys;
mod live;
mod machine;
mod media_session;
mod menu;
mod over;
mod remote;
mod screen;
mod seekbar;
mod time;
mod timeline;
mod touch;

use std::sync::Arc;

use contract::{device::DeviceClass, playback::PlaybackSession};
use leptos::{html::Video, prelude::*, web_sys::HtmlVideoElement};

use crate::{parts::screen as store_of_screen, store::StateStoreFields};
use captions::Captions;
use controls::Controls;
use deck::Deck;
use machine::Event;
use over::{BigPlay, Ring, Sheet, TroubleCard, UpNext};

stylance::import_crate_style!(style, "src/pages/watch/player/player.module.scss");

#[cfg(feature = "browser")]
pub use engine::library as fetch_library;

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

    /// Whether loudness is set on the screen: phones and televisions have keys of their own for it.
    fn has_volume(self) -> bool {
        self.has_windows()
    }
}

/// Plays a film, in the `first` session and then in whichever it is by now. Drawn in the browser alone.
#[component]
pub fn Player(first: PlaybackSession, session: Memo<Option<Arc<PlaybackSession>>>) -> impl IntoView {
    let (state, act) = store_of_screen();
    let preferences = Memo::new(move |_| state.preferences().get());
    let start = first.resume_at;
    let language = state.watcher().with_untracked(|watcher| watcher.as_ref().and_then(|watcher| watcher.language.clone()));
    let deck = Deck::new(first, preferences, language, act);
    let class = Memo::new(move |_| state.device().with(|device| device.profile.class));
    provide_context(deck);
    provide_context(Device(class));

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
    input::listen(deck, class);
    on_cleanup(move || deck.unload());

    let look =
        move || if deck.is_awake.get() { style::stage.to_owned() } else { stylance::classes!(style::stage, style::asleep) };
    view! {
        <div
            class=look
            node_ref=deck.stage
            data-player=""
            on:pointermove=move |event| {
                // A finger that trembles is a tap, which the surface answers.
                if event.pointer_type() == "mouse" {
                    deck.wake();
                }
            }
            on:focusin=move |_| deck.wake()
            on:fullscreenchange=move |_| {
                let is_full = screen::is_full_screen();
                deck.is_full_screen.set(is_full);
                if is_full && class.get_untracked() == DeviceClass::Phone {
                    screen::lock_landscape();
                }
            }
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
