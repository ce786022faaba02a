//! Captions drawn by us from the browser's own WebVTT: styled by the viewer, moved in time, the same everywhere.
//!
//! Each language is a hidden `<track>`; its active cues become lines over the film.

use leptos::{
    prelude::*,
    web_sys::{Element, HtmlVideoElement, TextTrack, TextTrackCue, TextTrackMode, VttCue},
};
use wasm_bindgen::{JsCast, prelude::Closure};

use super::{controller::Controller, engine::number};
use crate::store::state::{CaptionGround, CaptionSize};

stylance::import_crate_style!(style, "src/pages/watch/player/captions.module.scss");

/// The tracks inside the video element; the browser loads the one that is switched on.
pub fn tracks(controller: Controller) -> impl IntoView {
    let tracks = controller.session.with_value(|session| session.captions.clone());
    tracks
        .into_iter()
        .map(|track| view! { <track kind="captions" src=track.url srclang=track.language label=track.name/> })
        .collect_view()
}

/// What is not loaded yet is asked for in the new session from now on; what is loaded stays.
pub fn follow_session(video: &HtmlVideoElement, captions: &[contract::playback::TextTrack]) {
    /// `HTMLTrackElement.LOADED` (HTML, section 4.8.11.11).
    const LOADED: f64 = 2.0;
    let Ok(elements) = video.query_selector_all("track") else { return };
    for (index, track) in (0..elements.length()).zip(captions) {
        let Some(element) = elements.get(index).and_then(|element| element.dyn_into::<Element>().ok()) else { continue };
        if number(&element, "readyState") != Some(LOADED) {
            // An element takes every attribute.
            let _ = element.set_attribute("src", &track.url);
        }
    }
}

/// The lines over the film.
#[component]
pub fn Captions() -> impl IntoView {
    let controller = expect_context::<Controller>();
    follow(controller);
    let look = move || {
        let captions = controller.preferences.get().captions;
        let size = match captions.size {
            CaptionSize::Small => style::small,
            CaptionSize::Medium => style::medium,
            CaptionSize::Large => style::large,
            CaptionSize::Huge => style::huge,
        };
        let ground = match captions.ground {
            CaptionGround::Outline => style::outline,
            CaptionGround::Shade => style::shade,
            CaptionGround::Solid => style::solid,
        };
        stylance::classes!(style::captions, size, ground, controller.is_active.get().then_some(style::lifted))
    };
    view! {
        <div class=look dir="auto">
            {move || controller.live.cue.get().into_iter().map(|line| view! { <p><span>{line}</span></p> }).collect_view()}
        </div>
    }
    .into_any()
}

/// Switches tracks as the viewer chooses, and puts their cues where the offset says.
fn follow(controller: Controller) {
    Effect::new(move |before: Option<Option<Listening>>| {
        drop(before);
        controller.live.cue.set(Vec::new());
        let video = controller.video.get()?;
        let list = video.text_tracks()?;
        let chosen = controller.live.captions.get();
        for index in 0..list.length() {
            if let Some(track) = list.get(index) {
                let is_chosen = chosen.is_some_and(|chosen| u32::try_from(chosen) == Ok(index));
                track.set_mode(if is_chosen { TextTrackMode::Hidden } else { TextTrackMode::Disabled });
            }
        }
        let track = list.get(u32::try_from(chosen?).ok()?)?;
        place(&track, controller.live.captions_offset.get_untracked());
        Some(Listening::to(track, controller))
    });
    Effect::new(move || {
        let offset = controller.live.captions_offset.get();
        let Some(list) = controller.video.get().and_then(|video| video.text_tracks()) else { return };
        for track in (0..list.length()).filter_map(|index| list.get(index)) {
            place(&track, offset);
        }
    });
}

/// One track that is listened to, until this is dropped.
struct Listening {
    track: TextTrack,
    _changed: Closure<dyn FnMut()>,
}

impl Listening {
    fn to(track: TextTrack, controller: Controller) -> Self {
        let changed = {
            let track = track.clone();
            Closure::<dyn FnMut()>::new(move || {
                // Cues that were loaded since the offset was chosen.
                place(&track, controller.live.captions_offset.try_get_untracked().unwrap_or(0));
                let _ = controller.live.cue.try_set(lines(&track));
            })
        };
        track.set_oncuechange(Some(changed.as_ref().unchecked_ref()));
        Self { track, _changed: changed }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.track.set_oncuechange(None);
    }
}

/// The members of a cue that keep when its file says it begins and ends: whatever offset is chosen counts from there.
const STARTS: &str = "startsInFile";
const ENDS: &str = "endsInFile";

/// Puts each cue that is loaded where its file says, and `offset` milliseconds later.
fn place(track: &TextTrack, offset: i32) {
    let Some(cues) = track.cues() else { return };
    let seconds = f64::from(offset) / 1000.0;
    // The list sorts itself as cues move: it is copied first.
    let cues: Vec<TextTrackCue> = (0..cues.length()).filter_map(|index| cues.get(index)).map(Into::into).collect();
    for cue in cues {
        let (starts, ends) = (in_file(&cue, STARTS, cue.start_time()), in_file(&cue, ENDS, cue.end_time()));
        let (start, end) = ((starts + seconds).max(0.0), (ends + seconds).max(0.0));
        if (cue.start_time() - start).abs() > f64::EPSILON {
            cue.set_start_time(start);
        }
        if (cue.end_time() - end).abs() > f64::EPSILON {
            cue.set_end_time(end);
        }
    }
}

/// The time that the cue keeps under this name, or keeps from now on.
fn in_file(cue: &TextTrackCue, name: &str, now: f64) -> f64 {
    if let Some(kept) = number(cue, name) {
        return kept;
    }
    // A cue is an object as any other.
    let _ = js_sys::Reflect::set(cue, &name.into(), &now.into());
    now
}

fn lines(track: &TextTrack) -> Vec<String> {
    let Some(cues) = track.active_cues() else { return Vec::new() };
    (0..cues.length())
        .filter_map(|index| cues.get(index)?.dyn_into::<VttCue>().ok())
        .filter_map(|cue| cue.get_cue_as_html().text_content())
        .flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
        .filter(|line| !line.is_empty())
        .collect()
}
