//! A film played by hls.js.
//!
//! A session that is renewed changes nothing but the folder that parts of the film are asked for in, where it is the same
//! packaging: what is loaded stays, and the film does not stop.

use std::{cell::RefCell, rc::Rc};

use contract::{
    playback::{AudioTrack, PlaybackSession},
    resolution,
};
use leptos::{prelude::*, web_sys::HtmlVideoElement};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

use super::{
    Engine, Figures, Level, Start,
    hls_js::{self, HlsJs, event},
};
use crate::pages::watch::player::{choices, errors::PlayerError};

pub struct Hls {
    hls: HlsJs,
    folders: Rc<RefCell<Folders>>,
    /// Kept as long as hls.js may call them.
    _listeners: Vec<Closure<dyn Fn(JsValue, JsValue)>>,
    _setup: Closure<dyn Fn(JsValue, String)>,
}

/// Where the film is, as the playlists say and as the session of now may have it, and what it sounds like.
struct Folders {
    version: String,
    /// `/media/{grant}/` of the session whose playlists are loaded.
    loaded: String,
    current: String,
    /// The sound of this packaging.
    audio: Vec<AudioTrack>,
}

impl Folders {
    fn of(session: &PlaybackSession) -> Self {
        let folder = folder(&session.manifest);
        Self { version: session.media_version.clone(), loaded: folder.clone(), current: folder, audio: session.audio.clone() }
    }

    /// The address to ask for instead, where that is another.
    fn moved(&self, url: &str) -> Option<String> {
        (self.loaded != self.current).then(|| url.replacen(&self.loaded, &self.current, 1))
    }
}

fn folder(manifest: &str) -> String {
    manifest.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

impl Hls {
    /// Nothing where the library does not load, or the browser has no Media Source Extensions.
    pub async fn start(video: &HtmlVideoElement, start: &Start<'_>) -> Option<Self> {
        let library = hls_js::library().await?;
        let folders = Rc::new(RefCell::new(Folders::of(start.session)));
        let setup = {
            let folders = Rc::clone(&folders);
            Closure::<dyn Fn(JsValue, String)>::new(move |request: JsValue, url: String| {
                if let Some(moved) = folders.borrow().moved(&url) {
                    hls_js::open(&request, &moved);
                }
            })
        };
        let hls = hls_js::player(&library, start.position, setup.as_ref())?;
        let listeners = listen(&hls, start, &folders);
        hls.load_source(&start.session.manifest);
        hls.attach_media(video);
        Some(Self { hls, folders, _listeners: listeners, _setup: setup })
    }
}

impl Engine for Hls {
    fn adopt(&self, session: &PlaybackSession, position: f64) {
        let is_same = self.folders.borrow().version == session.media_version && self.hls.levels().length() > 0;
        if is_same {
            self.folders.borrow_mut().current = folder(&session.manifest);
            self.hls.start_load(-1.0);
        } else {
            self.folders.replace(Folders::of(session));
            hls_js::set_start(&self.hls, position);
            self.hls.load_source(&session.manifest);
        }
    }

    fn choose_quality(&self, preferred: Option<u16>) {
        match preferred.and_then(|class| choices::level(&classes(&self.hls), class)) {
            Some(level) => self.hls.set_current_level(to_index(level)),
            None => self.hls.set_next_level(-1),
        }
    }

    fn choose_audio(&self, name: &str) -> bool {
        choose_audio(&self.hls, name)
    }

    fn reload(&self) {
        if self.hls.levels().length() == 0 {
            // The playlist itself did not come: there is nothing to go on with yet.
            let folders = self.folders.borrow();
            self.hls.load_source(&format!("{}{}", folders.current, MASTER));
        } else {
            self.hls.start_load(-1.0);
        }
    }

    fn recover(&self) {
        self.hls.recover_media_error();
    }

    fn figures(&self) -> Figures {
        let levels = self.hls.levels();
        let current = u32::try_from(self.hls.current_level()).ok().map(|index| levels.get(index));
        let level = current.and_then(|level| {
            let codecs =
                ["videoCodec", "audioCodec"].map(|name| hls_js::member(&level, name).and_then(|codec| codec.as_string()));
            let codecs: Vec<String> = codecs.into_iter().flatten().collect();
            let codecs = (!codecs.is_empty()).then(|| codecs.join(", "));
            Some(Level { bitrate: hls_js::number(&level, "bitrate")?, codecs })
        });
        let sizes = levels.iter().filter_map(|level| Some((hls_js::number(&level, "width")?, hls_js::number(&level, "height")?)));
        let most = sizes.max_by(|one, other| (one.0 * one.1).total_cmp(&(other.0 * other.1)));
        let bandwidth = Some(self.hls.bandwidth_estimate()).filter(|bits| bits.is_finite());
        let track = u32::try_from(self.hls.audio_track()).ok().map(|index| self.hls.audio_tracks().get(index));
        let audio = track.and_then(|track| hls_js::member(&track, "name")?.as_string());
        Figures { name: "hls.js", level, most, bandwidth, audio }
    }
}

/// The master playlist's name below its folder.
const MASTER: &str = "master.m3u8";

impl Drop for Hls {
    fn drop(&mut self) {
        self.hls.destroy();
    }
}

fn listen(hls: &HlsJs, start: &Start<'_>, folders: &Rc<RefCell<Folders>>) -> Vec<Closure<dyn Fn(JsValue, JsValue)>> {
    let (live, failed) = (start.live, start.failed);
    let parsed = parsed(hls.clone(), start);
    let sound = tracks_updated(hls.clone(), start, Rc::clone(folders));
    let switched = {
        let hls = hls.clone();
        Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, data: JsValue| {
            let level = hls_js::number(&data, "level").unwrap_or(-1.0);
            let class = classes(&hls).into_iter().enumerate().find(|(index, _)| to_f64(*index) == level);
            live.class.set(class.map(|(_, class)| class));
        })
    };
    let failures = Closure::<dyn Fn(JsValue, JsValue)>::new(move |_, data: JsValue| {
        if !hls_js::member(&data, "fatal").is_some_and(|fatal| fatal.is_truthy()) {
            return;
        }
        let kind = hls_js::member(&data, "type").and_then(|kind| kind.as_string()).unwrap_or_default();
        let status = hls_js::member(&data, "response").and_then(|response| hls_js::number(&response, "code")).and_then(to_status);
        failed.run(PlayerError::of(&kind, status));
    });
    let heard = [
        (event::MANIFEST_PARSED, &parsed),
        (event::AUDIO_TRACKS_UPDATED, &sound),
        (event::LEVEL_SWITCHED, &switched),
        (event::ERROR, &failures),
    ];
    for (name, listener) in heard {
        hls.on(name, listener.as_ref().unchecked_ref());
    }
    vec![parsed, sound, switched, failures]
}

fn parsed(hls: HlsJs, start: &Start<'_>) -> Closure<dyn Fn(JsValue, JsValue)> {
    let (preferred, live) = (start.preferences, start.live);
    Closure::new(move |_, _| {
        let classes = classes(&hls);
        if let Some(level) = preferred.run(()).quality.and_then(|class| choices::level(&classes, class)) {
            hls.set_current_level(to_index(level));
        }
        live.classes.set(classes);
    })
}

/// Chooses the sound before any of it is loaded.
fn tracks_updated(hls: HlsJs, start: &Start<'_>, folders: Rc<RefCell<Folders>>) -> Closure<dyn Fn(JsValue, JsValue)> {
    let (audio, live) = (start.audio, start.live);
    Closure::new(move |_, _| {
        // What was chosen since is kept by whoever plays on.
        let id = live.audio.get_untracked().or_else(|| Some(audio.run(())?.id));
        let folders = folders.borrow();
        if let Some(track) = folders.audio.iter().find(|track| Some(&track.id) == id.as_ref())
            && choose_audio(&hls, &track.name)
        {
            live.audio.set(Some(track.id.clone()));
        }
    })
}

fn classes(hls: &HlsJs) -> Vec<u16> {
    let side = |level: &JsValue, name| hls_js::number(level, name).and_then(to_status).map_or(0, u32::from);
    hls.levels().iter().map(|level| resolution::class(side(&level, "width"), side(&level, "height"))).collect()
}

fn choose_audio(hls: &HlsJs, name: &str) -> bool {
    let is_it = |track: JsValue| hls_js::member(&track, "name").and_then(|value| value.as_string()).as_deref() == Some(name);
    let found = hls.audio_tracks().iter().position(is_it);
    if let Some(index) = found {
        hls.set_audio_track(to_index(index));
    }
    found.is_some()
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
