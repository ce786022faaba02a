//! This device, as the server sees it: what it is, how that is known, and what it is sent at most.

use contract::device::{DeviceClass, DeviceProfile, DeviceReport, DeviceSource, Pointer, VideoCodec, VideoDecoding};
use leptos::prelude::*;

use super::style;
use crate::{
    pages::operator::desk::stop,
    parts::{failure::Failure, skeleton::TextSkeleton, use_store},
    store::{Shown, StateStoreFields},
};

#[component]
pub fn Device() -> impl IntoView {
    let (state, _) = use_store();
    // There is nothing to press here, and nothing below it.
    let is_stop = stop();
    let report = Memo::new(move |_| state.device().with(|device| device.report.shown()));
    view! {
        <section class=style::group aria-labelledby="device">
            <h2 id="device" tabindex=move || is_stop.get()>"This device"</h2>
            {move || match report.get() {
                Shown::Ready(report) => described(&report).into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem/> }.into_any(),
                Shown::Waiting => view! { <TextSkeleton lines=2/> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

fn described(report: &DeviceReport) -> impl IntoView + use<> {
    let DeviceReport { profile, source, offered_height } = report;
    let decoded: Vec<&str> = profile.video.iter().map(decoded).collect();
    let codecs = if decoded.is_empty() { profile.codecs.join(", ") } else { decoded.join(", ") };
    let why = why(profile, *offered_height);
    view! {
        <p class=style::chip>
            <span class=style::class>{class(profile.class)}</span>
            {screen_size(profile)}
            <span class=style::offer>{format!("up to {offered_height}p")}</span>
        </p>
        <p class=style::quiet>{format!("Films come in up to {offered_height}p: {why}.")}</p>
        {(!codecs.is_empty()).then(|| view! { <p class=style::quiet>"It plays " {codecs} "."</p> })}
        <p class=style::quiet>{known_by(*source)} " " {pointed(profile.pointer)}</p>
    }
}

/// Why a film is sent in no more lines.
fn why(profile: &DeviceProfile, offered: u16) -> &'static str {
    if profile.save_data && offered == 720 {
        "data saver is on"
    } else if profile.decodable().greatest() <= offered {
        "this browser decodes no more"
    } else {
        "this screen shows no more"
    }
}

/// `HEVC with HDR`.
fn decoded(decoding: &VideoDecoding) -> &'static str {
    let is_bright = decoding.pq || decoding.hlg;
    match (decoding.codec, is_bright) {
        (VideoCodec::H264, _) => "H.264",
        (VideoCodec::Hevc, false) => "HEVC",
        (VideoCodec::Hevc, true) => "HEVC with HDR",
        (VideoCodec::Av1, false) => "AV1",
        (VideoCodec::Av1, true) => "AV1 with HDR",
        (VideoCodec::Vp9, false) => "VP9",
        (VideoCodec::Vp9, true) => "VP9 with HDR",
    }
}

fn class(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Phone => "Phone",
        DeviceClass::Tablet => "Tablet",
        DeviceClass::Desktop => "Computer",
        DeviceClass::Tv => "Television",
    }
}

fn screen_size(profile: &DeviceProfile) -> Option<String> {
    (profile.width > 0 && profile.height > 0).then(|| format!("{} \u{d7} {}", profile.width, profile.height))
}

fn known_by(source: DeviceSource) -> &'static str {
    match source {
        DeviceSource::Header => "Detected from what this browser reports.",
        DeviceSource::ClientHints => "Detected from what this browser says about itself.",
        DeviceSource::UserAgent => "Detected from the name of this browser.",
        DeviceSource::Default => "A guess: this browser does not say what it runs on.",
    }
}

fn pointed(pointer: Pointer) -> &'static str {
    match pointer {
        Pointer::Fine => "Used with a mouse or pen.",
        Pointer::Coarse => "Used by touch.",
        Pointer::None => "Used with a remote control.",
    }
}
