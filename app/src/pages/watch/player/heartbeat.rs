//! Says where the viewer is: every few seconds, when they pause, and when they go.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use contract::playback::PlayState;
use leptos::{ev, prelude::*};

use super::{deck::Deck, media_session};
use crate::store::Action;

/// Where the player was last, kept apart from signals so that it can be told as they go.
#[derive(Clone, Default)]
pub struct LastSeen(Arc<Mutex<Option<(f64, PlayState)>>>);

impl LastSeen {
    fn set(&self, position: f64, state: PlayState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((position, state));
    }

    fn get(&self) -> Option<(f64, PlayState)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins to tell; ends, with a last word, when the player goes.
pub fn begin(deck: Deck) {
    let last = LastSeen::default();
    let act = deck.act;
    let (session, every) = deck.session.with_value(|session| (session.session.clone(), session.heartbeat_seconds.max(2)));
    watch(deck, last.clone());

    let tell = {
        let (last, session) = (last.clone(), session.clone());
        move || {
            if let Some((position, state)) = last.get() {
                act.run(Action::Watched { session: session.clone(), position, state });
            }
            media_session::tell_position(deck);
        }
    };
    let leave = move |closing: bool| {
        if let Some((position, state)) = last.get() {
            act.run(Action::WatchLeft { session: session.clone(), position, state, closing });
        }
    };
    Effect::new(move || {
        // Paused and ended are told at once.
        let is_playing = deck.live.is_playing.get();
        if !is_playing {
            tell();
            return;
        }
        if let Ok(timer) = set_interval_with_handle(tell.clone(), Duration::from_secs(u64::from(every))) {
            on_cleanup(move || timer.clear());
        }
    });
    let closing = {
        let leave = leave.clone();
        window_event_listener(ev::pagehide, move |_| leave(true))
    };
    on_cleanup(move || {
        closing.remove();
        leave(false);
    });
}

fn watch(deck: Deck, last: LastSeen) {
    Effect::new(move || {
        let position = deck.live.position.get();
        let state = match (deck.live.has_ended.get(), deck.live.is_playing.get()) {
            (true, _) => PlayState::Ended,
            (false, true) => PlayState::Playing,
            (false, false) => PlayState::Paused,
        };
        last.set(position, state);
    });
}
