//! Captions drawn by us from the browser's own WebVTT: styled by the viewer, moved in time, the same everywhere.
//!
//! Each track is a hidden `<track>`; its active cues are drawn over the film, where they say or where the viewer wants them.

use leptos::{
    html::Div,
    prelude::*,
    web_sys::{Element, HtmlVideoElement, Node, TextTrack, TextTrackCue, TextTrackMode, VttCue},
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

use super::{
    controller::Controller,
    cue::{Align, Drawn, Growth, Placement},
    engine::{member, number},
};

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

/// The cues over the film, as the viewer wants them to look.
#[component]
pub fn Captions() -> impl IntoView {
    let controller = expect_context::<Controller>();
    follow(controller);
    let words = move || controller.preferences.with(|preferences| preferences.captions.words());
    let look = move || stylance::classes!(style::captions, controller.is_active.get().then_some(style::lifted));
    let (flowing, placed) = (NodeRef::<Div>::new(), NodeRef::<Div>::new());
    Effect::new(move || {
        let (Some(flowing), Some(placed)) = (flowing.get(), placed.get()) else { return };
        flowing.set_text_content(None);
        placed.set_text_content(None);
        controller.live.cues.with(|cues| {
            for cue in cues {
                let drawn = placement(cue).drawn();
                let holder: &Node = if drawn.flows { &flowing } else { &placed };
                // What a document makes can be put into it.
                let _ = draw(cue, &drawn).and_then(|cue| holder.append_child(&cue));
            }
        });
    });
    view! {
        <div class=look data-caption=words dir="auto">
            <div class=style::flowing node_ref=flowing></div>
            <div node_ref=placed></div>
        </div>
    }
    .into_any()
}

/// A cue as the browser reads it: with its italics, its speakers' and classes' spans, its ruby.
fn draw(cue: &VttCue, drawn: &Drawn) -> Result<Element, JsValue> {
    let document = document();
    let (line, words) = (document.create_element("p")?, document.create_element("span")?);
    let low = if drawn.is_low { style::low } else { "" };
    line.set_class_name(&stylance::classes!(style::cue, low));
    line.set_attribute("style", &drawn.css)?;
    line.set_attribute("dir", "auto")?;
    words.append_child(&cue.get_cue_as_html())?;
    line.append_child(&words)?;
    Ok(line)
}

/// What the cue says of its own place.
fn placement(cue: &VttCue) -> Placement {
    let text = |name| member(cue, name).and_then(|value| value.as_string()).unwrap_or_default();
    let plain = Placement::default();
    Placement {
        vertical: match text("vertical").as_str() {
            "rl" => Some(Growth::RightToLeft),
            "lr" => Some(Growth::LeftToRight),
            _ => None,
        },
        line: number(cue, "line"),
        counts_lines: member(cue, "snapToLines").is_none_or(|value| value.is_truthy()),
        line_align: Align::named(&text("lineAlign")).unwrap_or(plain.line_align),
        position: number(cue, "position"),
        position_align: Align::named(&text("positionAlign")),
        size: number(cue, "size").unwrap_or(plain.size),
        align: Align::named(&text("align")).unwrap_or(plain.align),
    }
}

/// Switches tracks as the viewer and the sound choose, and puts their cues where the offset says.
fn follow(controller: Controller) {
    Effect::new(move |before: Option<Option<Listening>>| {
        drop(before);
        controller.live.cues.set(Vec::new());
        let video = controller.video.get()?;
        let list = video.text_tracks()?;
        let shown = controller.shown_captions();
        for index in 0..list.length() {
            if let Some(track) = list.get(index) {
                let is_shown = shown.is_some_and(|shown| u32::try_from(shown) == Ok(index));
                track.set_mode(if is_shown { TextTrackMode::Hidden } else { TextTrackMode::Disabled });
            }
        }
        let track = list.get(u32::try_from(shown?).ok()?)?;
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
                let offset = controller.live.captions_offset.try_get_untracked().unwrap_or(0);
                if offset != 0 {
                    place(&track, offset);
                }
                let _ = controller.live.cues.try_set(active(&track));
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

/// Cues that are drawn at once at most: no film has as many.
const MOST_AT_ONCE: u32 = 24;

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

fn active(track: &TextTrack) -> Vec<VttCue> {
    let Some(cues) = track.active_cues() else { return Vec::new() };
    // Those that began last: whoever wrote a file in which all are shown at once is not read anyway.
    (cues.length().saturating_sub(MOST_AT_ONCE)..cues.length())
        .filter_map(|index| cues.get(index)?.dyn_into::<VttCue>().ok())
        .collect()
}
