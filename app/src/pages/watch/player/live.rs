//! What changes many times a second while a film plays: local signals, never in the store.

use leptos::{prelude::*, web_sys::VttCue};

use super::{errors::PlayerError, sleep::SleepTimer};

/// What lasts from one film of the queue to the next. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Lasting {
    pub sleep: RwSignal<SleepTimer>,
    /// Whether touches do nothing.
    pub is_locked: RwSignal<bool>,
    /// When the film that plays was asked for, in milliseconds since 1970, where this page waited for it.
    pub wanted: StoredValue<Option<f64>>,
}

impl Lasting {
    pub fn new() -> Self {
        Self { sleep: RwSignal::new(SleepTimer::Off), is_locked: RwSignal::new(false), wanted: StoredValue::new(None) }
    }

    /// A film is asked for now.
    pub fn want(self) {
        self.wanted.set_value(Some(js_sys::Date::now()));
    }
}

/// The player's own state. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Live {
    pub is_playing: RwSignal<bool>,
    /// Whether the film stands still for want of data.
    pub is_waiting: RwSignal<bool>,
    pub has_ended: RwSignal<bool>,
    /// The browser wants the viewer to press play first.
    pub is_blocked: RwSignal<bool>,
    /// Seconds.
    pub position: RwSignal<f64>,
    /// Seconds.
    pub duration: RwSignal<f64>,
    /// How far the film is there without a gap, 0 to 1.
    pub buffered: RwSignal<f64>,
    /// Lines of each level, in the engine's order.
    pub classes: RwSignal<Vec<u16>>,
    /// Lines of the level that plays.
    pub class: RwSignal<Option<u16>>,
    /// The id of the audio track that plays.
    pub audio: RwSignal<Option<String>>,
    /// The id of the captions that the viewer chose.
    pub captions: RwSignal<Option<String>>,
    /// Milliseconds that captions come later than their file says (or earlier, below zero): of this film, in every language.
    pub captions_offset: RwSignal<i32>,
    /// The cues of now.
    pub cues: RwSignal<Vec<VttCue>, LocalStorage>,
    pub error: RwSignal<Option<PlayerError>>,
}

impl Live {
    #[expect(clippy::disallowed_methods, reason = "no film is played on the server")]
    pub fn new(duration: f64, position: f64) -> Self {
        Self {
            is_playing: RwSignal::new(false),
            is_waiting: RwSignal::new(true),
            has_ended: RwSignal::new(false),
            is_blocked: RwSignal::new(false),
            position: RwSignal::new(position),
            duration: RwSignal::new(duration),
            buffered: RwSignal::new(0.0),
            classes: RwSignal::new(Vec::new()),
            class: RwSignal::new(None),
            audio: RwSignal::new(None),
            captions: RwSignal::new(None),
            captions_offset: RwSignal::new(0),
            cues: RwSignal::new_local(Vec::new()),
            error: RwSignal::new(None),
        }
    }
}
