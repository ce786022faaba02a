//! Captions drawn by us from the browser's own WebVTT: styled by the viewer, moved in time, the same everywhere.
//!
//! Each language is a hidden `<track>`; its active cues become lines over the film.

use leptos::{
    prelude::*,
    web_sys::{TextTrack, TextTrackMode, VttCue},
};
use wasm_bindgen::{JsCast, prelude::Closure};

use super::{choices, deck::Deck};
use crate::store::state::{CaptionGround, CaptionSize};

stylance::import_crate_style!(style, "src/pages/watch/player/captions.module.scss");

/// The index of the track that is to be seen.
pub fn shown(deck: Deck) -> Option<usize> {
    let preferred = deck.preferences.get().caption_language;
    deck.session.with_value(|session| choices::captions(&session.captions, preferred.as_deref()))
}

/// The tracks inside the video element; the browser loads the one that is switched on.
pub fn tracks(deck: Deck) -> impl IntoView {
    let tracks = deck.session.with_value(|session| session.captions.clone());
    tracks
        .into_iter()
        .map(|track| view! { <track kind="captions" src=track.url srclang=track.language label=track.name/> })
        .collect_view()
}

/// The lines over the film.
#[component]
pub fn Captions() -> impl IntoView {
    let deck = expect_context::<Deck>();
    follow(deck);
    let look = move || {
        let captions = deck.preferences.get().captions;
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
        stylance::classes!(style::captions, size, ground, deck.is_awake.get().then_some(style::lifted))
    };
    view! {
        <div class=look dir="auto">
            {move || deck.live.cue.get().into_iter().map(|line| view! { <p><span>{line}</span></p> }).collect_view()}
        </div>
    }
    .into_any()
}

/// Switches tracks as the viewer chooses, and moves their cues as the offset says.
fn follow(deck: Deck) {
    let chosen = Memo::new(move |_| shown(deck));
    let offset = Memo::new(move |_| deck.preferences.get().captions.offset_ms);
    Effect::new(move |before: Option<Option<Listening>>| {
        drop(before);
        deck.live.cue.set(Vec::new());
        let video = deck.video.get()?;
        let list = video.text_tracks()?;
        let chosen = chosen.get();
        for index in 0..list.length() {
            if let Some(track) = list.get(index) {
                let is_chosen = chosen.is_some_and(|chosen| u32::try_from(chosen) == Ok(index));
                track.set_mode(if is_chosen { TextTrackMode::Hidden } else { TextTrackMode::Disabled });
            }
        }
        let track = list.get(u32::try_from(chosen?).ok()?)?;
        Some(Listening::to(track, deck, offset))
    });
}

/// One track that is listened to, until this is dropped.
struct Listening {
    track: TextTrack,
    _changed: Closure<dyn FnMut()>,
}

impl Listening {
    fn to(track: TextTrack, deck: Deck, offset: Memo<i32>) -> Self {
        let changed = {
            let track = track.clone();
            let mut applied = 0.0;
            Closure::<dyn FnMut()>::new(move || {
                let wanted = f64::from(offset.try_get_untracked().unwrap_or(0)) / 1000.0;
                if (wanted - applied).abs() > f64::EPSILON {
                    shift(&track, wanted - applied);
                    applied = wanted;
                }
                let _ = deck.live.cue.try_set(lines(&track));
            })
        };
        track.set_oncuechange(Some(changed.as_ref().unchecked_ref()));
        // The first cue may come late, and with it the offset.
        Effect::new(move |_| {
            offset.get();
        });
        Self { track, _changed: changed }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.track.set_oncuechange(None);
    }
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

fn shift(track: &TextTrack, seconds: f64) {
    let Some(cues) = track.cues() else { return };
    for cue in (0..cues.length()).filter_map(|index| cues.get(index)) {
        cue.set_start_time((cue.start_time() + seconds).max(0.0));
        cue.set_end_time((cue.end_time() + seconds).max(0.0));
    }
}
