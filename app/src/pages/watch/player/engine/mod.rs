//! The video element and the HLS engine behind it: what plays, from where, in which quality.
//!
//! hls.js where there are Media Source Extensions, the browser's own HLS elsewhere. Must never touch the
//! store: what happens is told through [`Live`].

use contract::{playback::PlaybackSession, resolution};
use leptos::{prelude::*, web_sys::HtmlVideoElement};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

use super::{
    choices,
    errors::Trouble,
    hls::{self, Hls, event},
    live::Live,
};
use crate::store::state::Preferences;

/// Times that decoding is mended before the viewer is told.
const MENDS: u8 = 2;

/// One film on one video element.
pub struct Engine {
    video: HtmlVideoElement,
    hls: Option<Hls>,
    /// The master playlist's address.
    manifest: String,
    live: Live,
    /// Kept as long as hls.js may call them.
    _listeners: Vec<Closure<dyn Fn(JsValue, JsValue)>>,
}

impl Engine {
    /// Starts to play `session` at `position`; trouble is told through `live`.
    pub async fn start(
        video: HtmlVideoElement,
        session: &PlaybackSession,
        position: f64,
        preferences: &Preferences,
        live: Live,
    ) -> Option<Self> {
        let hls = hls::library().await.and_then(|library| hls::player(&library, position));
        let Some(hls) = hls else { return Self::start_natively(video, session, position, live) };
        let listeners = listen(&hls, session, preferences.clone(), live);
        hls.load_source(&session.manifest);
        hls.attach_media(&video);
        Some(Self { video, hls: Some(hls), manifest: session.manifest.clone(), live, _listeners: listeners })
    }

    fn start_natively(video: HtmlVideoElement, session: &PlaybackSession, position: f64, live: Live) -> Option<Self> {
        if video.can_play_type("application/vnd.apple.mpegurl").is_empty() {
            live.trouble.set(Some(Trouble::Unsupported));
            return None;
        }
        // A media fragment (W3C Media Fragments 1.0) begins there without a seek.
        video.set_src(&format!("{}#t={position:.2}", session.manifest));
        Some(Self { video, hls: None, manifest: session.manifest.clone(), live, _listeners: Vec::new() })
    }

    /// Plays this class, or lets the engine choose.
    pub fn choose_quality(&self, preferred: Option<u16>) {
        let Some(hls) = &self.hls else { return };
        let classes = classes(hls);
        match preferred.and_then(|class| choices::level(&classes, class)) {
            Some(level) => hls.set_current_level(to_index(level)),
            None => hls.set_next_level(-1),
        }
    }

    /// Plays the audio track of this name.
    pub fn choose_audio(&self, name: &str) {
        if let Some(hls) = &self.hls {
            choose_audio(hls, name);
        }
    }

    /// Tries again after trouble.
    pub fn retry(&self) {
        self.live.trouble.set(None);
        match &self.hls {
            // Where the playlist itself did not come, there is nothing to go on with yet.
            Some(hls) if hls.levels().length() == 0 => hls.load_source(&self.manifest),
            Some(hls) => {
                hls.start_load();
                hls.recover_media_error();
            }
            None => self.video.load(),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        match &self.hls {
            Some(hls) => hls.destroy(),
            None => self.video.set_src(""),
        }
    }
}

fn listen(hls: &Hls, session: &PlaybackSession, preferences: Preferences, live: Live) -> Vec<Closure<dyn Fn(JsValue, JsValue)>> {
    let audio = choices::audio(&session.audio, preferences.audio_language.as_deref()).map(|track| track.name.clone());
    let parsed = {
        let hls = hls.clone();
        Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, _| {
            let classes = classes(&hls);
            if let Some(level) = preferences.quality.and_then(|class| choices::level(&classes, class)) {
                hls.set_current_level(to_index(level));
            }
            if let Some(name) = &audio {
                choose_audio(&hls, name);
                live.audio.set(Some(name.clone()));
            }
            live.classes.set(classes);
        })
    };
    let switched = {
        let hls = hls.clone();
        Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, data: JsValue| {
            let level = hls::number(&data, "level").unwrap_or(-1.0);
            let class = classes(&hls).into_iter().enumerate().find(|(index, _)| to_f64(*index) == level);
            live.class.set(class.map(|(_, class)| class));
        })
    };
    let failed = {
        let hls = hls.clone();
        let mended = std::cell::Cell::new(0);
        Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, data: JsValue| {
            if !hls::member(&data, "fatal").is_some_and(|fatal| fatal.is_truthy()) {
                return;
            }
            let kind = hls::member(&data, "type").and_then(|kind| kind.as_string()).unwrap_or_default();
            let status = hls::member(&data, "response").and_then(|response| hls::number(&response, "code")).and_then(to_status);
            let trouble = Trouble::of(&kind, status);
            if trouble == Trouble::Decode && mended.get() < MENDS {
                mended.set(mended.get() + 1);
                hls.recover_media_error();
            } else {
                live.trouble.set(Some(trouble));
            }
        })
    };
    for (name, listener) in [(event::MANIFEST_PARSED, &parsed), (event::LEVEL_SWITCHED, &switched), (event::ERROR, &failed)] {
        hls.on(name, listener.as_ref().unchecked_ref());
    }
    vec![parsed, switched, failed]
}

fn classes(hls: &Hls) -> Vec<u16> {
    let side = |level: &JsValue, name| hls::number(level, name).and_then(to_status).map_or(0, u32::from);
    hls.levels().iter().map(|level| resolution::class(side(&level, "width"), side(&level, "height"))).collect()
}

fn choose_audio(hls: &Hls, name: &str) {
    let is_it = |track: JsValue| hls::member(&track, "name").and_then(|value| value.as_string()).as_deref() == Some(name);
    if let Some(index) = hls.audio_tracks().iter().position(is_it) {
        hls.set_audio_track(to_index(index));
    }
}

fn to_index(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(-1)
}

fn to_f64(index: usize) -> f64 {
    u32::try_from(index).map_or(-1.0, f64::from)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn to_status(number: f64) -> Option<u16> {
    (0.0..=f64::from(u16::MAX)).contains(&number).then_some(number as u16)
}
