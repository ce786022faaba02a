//! The browser's own HLS: Safari on iPhones before 17.1, older televisions.
//!
//! It shows no levels and no failed request, so a failure is known by the element's error alone.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use contract::playback::PlaybackSession;
use leptos::{prelude::*, web_sys::HtmlVideoElement};
use wasm_bindgen::{JsCast, prelude::Closure};

use super::{Engine, Figures, Start, member, number};
use crate::pages::watch::player::errors::PlayerError;

/// `MediaError` (HTML, section 4.8.11.1).
const NETWORK: f64 = 2.0;
const DECODE: f64 = 3.0;

pub struct Native {
    video: HtmlVideoElement,
    manifest: RefCell<String>,
    /// The first source that the element does not take may be one whose link has run out; the second is none that it knows.
    was_refused: Rc<Cell<bool>>,
    errors: Closure<dyn FnMut()>,
}

impl Native {
    /// Nothing where the browser knows no HLS.
    pub fn start(video: HtmlVideoElement, start: &Start<'_>) -> Option<Self> {
        if video.can_play_type("application/vnd.apple.mpegurl").is_empty() {
            return None;
        }
        let was_refused = Rc::new(Cell::new(false));
        let errors = {
            let (video, was_refused, failed) = (video.clone(), Rc::clone(&was_refused), start.failed);
            Closure::<dyn FnMut()>::new(move || {
                let code = member(&video, "error").and_then(|error| number(&error, "code"));
                failed.run(match code {
                    Some(NETWORK) => PlayerError::Network,
                    Some(DECODE) => PlayerError::Decode,
                    _ if was_refused.replace(true) => PlayerError::Unsupported,
                    _ => PlayerError::Refused,
                });
            })
        };
        // A video element takes every listener.
        let _ = video.add_event_listener_with_callback("error", errors.as_ref().unchecked_ref());
        let manifest = start.session.manifest.clone();
        let engine = Self { video, manifest: RefCell::new(manifest), was_refused, errors };
        engine.load(start.position);
        Some(engine)
    }

    /// A media fragment (W3C Media Fragments 1.0) begins there without a seek.
    fn load(&self, position: f64) {
        self.video.set_src(&format!("{}#t={position:.2}", self.manifest.borrow()));
    }
}

impl Engine for Native {
    fn adopt(&self, session: &PlaybackSession, position: f64) {
        self.manifest.replace(session.manifest.clone());
        self.was_refused.set(false);
        self.load(position);
    }

    /// The browser chooses.
    fn choose_quality(&self, _preferred: Option<u16>) {}

    fn choose_audio(&self, name: &str) -> bool {
        super::hls_js::choose_audio_track(&self.video, name)
    }

    fn reload(&self) {
        self.load(self.video.current_time());
    }

    fn recover(&self) {
        self.reload();
    }

    fn figures(&self) -> Figures {
        Figures { name: "this browser", ..Figures::default() }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        let _ = self.video.remove_event_listener_with_callback("error", self.errors.as_ref().unchecked_ref());
        let _ = self.video.remove_attribute("src");
        self.video.load();
    }
}
