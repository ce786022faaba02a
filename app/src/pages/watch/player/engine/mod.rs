//! What plays a film on the video element: hls.js where there are Media Source Extensions, the browser's own HLS elsewhere.
//!
//! Both say what happens in the same words. Must never touch the store, nor decide what is tried again: that is the machine's
//! part.

mod hls;
mod hls_js;
mod native;

use contract::playback::{AudioTrack, PlaybackSession};
use leptos::{prelude::*, web_sys::HtmlVideoElement};

#[cfg(feature = "browser")]
pub use hls_js::library;
pub use hls_js::{member, number};

use super::{errors::PlayerError, live::Live};
use crate::store::state::Preferences;

/// One film on one video element, until it is dropped.
pub trait Engine {
    /// Goes on with another session of the film, at `position` seconds where it cannot go on from what is loaded.
    fn adopt(&self, session: &PlaybackSession, position: f64);

    /// Plays this class, or lets the engine choose.
    fn choose_quality(&self, preferred: Option<u16>);

    /// Plays the audio track of this name; whether it could.
    fn choose_audio(&self, name: &str) -> bool;

    /// Loads on after it failed to.
    fn reload(&self);

    /// Decodes anew after it failed to.
    fn recover(&self);

    /// What it knows of how the film plays.
    fn figures(&self) -> Figures;
}

/// How a film plays, as far as its engine knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// What plays it.
    pub name: &'static str,
    pub level: Option<Level>,
    /// Pixels of the best picture that is offered.
    pub most: Option<(f64, f64)>,
    /// Bits in a second that the connection is taken to carry.
    pub bandwidth: Option<f64>,
    /// The name of the track of sound.
    pub audio: Option<String>,
}

/// The rendition that plays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Level {
    /// Bits in a second, at the peak.
    pub bitrate: f64,
    /// RFC 6381.
    pub codecs: Option<String>,
}

/// What a film begins with.
pub struct Start<'a> {
    pub session: &'a PlaybackSession,
    /// Seconds.
    pub position: f64,
    /// As they are when they are asked for: they may arrive after the film began.
    pub preferences: Callback<(), Preferences>,
    /// The sound that is preferred then.
    pub audio: Callback<(), Option<AudioTrack>>,
    pub live: Live,
    /// Told of what the engine cannot go on from by itself.
    pub failed: Callback<PlayerError>,
}

/// The engine for this browser, which begins to load.
pub async fn start(video: HtmlVideoElement, start: Start<'_>) -> Option<Box<dyn Engine>> {
    if let Some(engine) = hls::Hls::start(&video, &start).await {
        return Some(Box::new(engine));
    }
    match native::Native::start(video, &start) {
        Some(engine) => Some(Box::new(engine)),
        None => {
            start.failed.run(PlayerError::Unsupported);
            None
        }
    }
}
