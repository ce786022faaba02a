//! This device, as the server sees it: what it is, how that is known, and what it is sent at most.

use contract::device::{DeviceClass, DeviceProfile, DeviceReport, DeviceSource, Pointer, VideoCodec, VideoDecoding};
use leptos::prelude::*;

use super::style;
use crate::{
    parts::{failure::Failure, skeleton::TextSkeleton, use_store},
    store::{Shown, StateStoreFields},
};

#[component]
pub fn Device() -> impl IntoView {
    let (state, _) = use_store();
    let report = Memo::new(move |_| state.device().with(|device| device.report.shown()));
    view! {
        <section class=style::group aria-labelledby="device">
            <h2 id="device">"This device"</h2>
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
    let decoded: Vec<String> = profile.video.iter().map(decoded).collect();
    let codecs = if decoded.is_empty() { profile.codecs.join(", ") } else { decoded.join(", ") };
    view! {
        <p class=style::chip>
            <span class=style::class>{class(profile.class)}</span>
            {screen_size(profile)}
            <span class=style::offer>{format!("up to {offered_height}p")}</span>
        </p>
        <p class=style::quiet>{known_by(*source)} " " {pointed(profile.pointer)}</p>
        {(!codecs.is_empty()).then(|| view! { <p class=style::quiet>"Plays " {codecs} "."</p> })}
        {profile.save_data.then(|| view! { <p class=style::quiet>"Data saver is on, so pictures are 720p at most."</p> })}
    }
}

/// `HEVC up to 2160p with HDR`.
fn decoded(decoding: &VideoDecoding) -> String {
    let name = match decoding.codec {
        VideoCodec::H264 => "H.264",
        VideoCodec::Hevc => "HEVC",
        VideoCodec::Av1 => "AV1",
        VideoCodec::Vp9 => "VP9",
    };
    let bright = if decoding.pq || decoding.hlg { " with HDR" } else { "" };
    format!("{name} up to {}p{bright}", decoding.class)
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
        DeviceSource::Header => "Recognised by what the browser can do.",
        DeviceSource::ClientHints => "Recognised by what the browser says of it.",
        DeviceSource::UserAgent => "Recognised by the browser\u{2019}s name.",
        DeviceSource::Default => "The browser does not say what it runs on, so this is a guess.",
    }
}

fn pointed(pointer: Pointer) -> &'static str {
    match pointer {
        Pointer::Fine => "Used with a mouse or pen.",
        Pointer::Coarse => "Used by touch.",
        Pointer::None => "Used with a remote control.",
    }
}
