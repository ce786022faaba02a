//! Device recognition in the browser: what this is, what it shows, what it decodes.
//!
//! Sources: Media Capabilities and Media Source Extensions (W3C), Media Queries 4 (`pointer`), Network
//! Information (WICG). Must never guess what the browser can be asked.

#![cfg(feature = "browser")]

use contract::device::{DeviceClass, DeviceProfile, Hints, Pointer};
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Codecs that are asked for, by the name in the profile and a full RFC 6381 string.
const CODECS: [(&str, &str); 7] = [
    ("avc1", "video/mp4; codecs=\"avc1.640028\""),
    ("hvc1", "video/mp4; codecs=\"hvc1.1.6.L120.90\""),
    ("av01", "video/mp4; codecs=\"av01.0.08M.08\""),
    ("vp09", "video/mp4; codecs=\"vp09.00.40.08\""),
    ("mp4a", "audio/mp4; codecs=\"mp4a.40.2\""),
    ("ac-3", "audio/mp4; codecs=\"ac-3\""),
    ("ec-3", "audio/mp4; codecs=\"ec-3\""),
];

/// Heights that are asked for, with the width, the bit rate and the H.264 level that go with them.
const HEIGHTS: [(u16, u16, u32, &str); 5] = [
    (720, 1280, 4_000_000, "avc1.64001f"),
    (1080, 1920, 8_000_000, "avc1.640028"),
    (1440, 2560, 16_000_000, "avc1.640032"),
    (2160, 3840, 30_000_000, "avc1.640033"),
    (4320, 7680, 80_000_000, "avc1.64003c"),
];

/// What this device is.
pub async fn recognise() -> DeviceProfile {
    let window = window();
    let agent = window.navigator().user_agent().ok();
    let (guess, _) = DeviceProfile::guess(Hints { user_agent: agent.as_deref(), ..Hints::default() });
    let pointer = pointer();
    let (width, height) = screen();
    let class = class(guess.class, pointer, width.min(height));
    let ratio = (window.device_pixel_ratio() * 100.0).clamp(50.0, 1000.0).round();
    DeviceProfile {
        class,
        width,
        height,
        pixel_ratio: to_u16(ratio),
        pointer,
        max_height: max_height().await,
        codecs: CODECS.into_iter().filter(|(_, full)| is_type_supported(full)).map(|(name, _)| name.to_owned()).collect(),
        save_data: connection("saveData").is_some_and(|value| value.is_truthy()),
        downlink: connection("downlink").and_then(|value| value.as_f64()).map(|megabits| to_u32(megabits * 1000.0)),
    }
}

/// The user agent's class, corrected where a tablet calls itself a desktop.
fn class(guess: DeviceClass, pointer: Pointer, short_side: u16) -> DeviceClass {
    match (guess, pointer) {
        (DeviceClass::Desktop, Pointer::Coarse) if short_side >= 600 => DeviceClass::Tablet,
        (DeviceClass::Desktop, Pointer::Coarse) => DeviceClass::Phone,
        (known, Pointer::Coarse | Pointer::Fine | Pointer::None) => known,
    }
}

fn pointer() -> Pointer {
    let matches = |query: &str| window().match_media(query).ok().flatten().is_some_and(|list| list.matches());
    if matches("(pointer: fine)") {
        Pointer::Fine
    } else if matches("(pointer: coarse)") {
        Pointer::Coarse
    } else {
        Pointer::None
    }
}

fn screen() -> (u16, u16) {
    let Ok(screen) = window().screen() else { return (0, 0) };
    let side = |side: Result<i32, JsValue>| to_u16(f64::from(side.unwrap_or(0)));
    (side(screen.width()), side(screen.height()))
}

/// The greatest height that is decoded smoothly; nothing where the browser cannot be asked.
async fn max_height() -> Option<u16> {
    let capabilities = get(&window().navigator(), "mediaCapabilities").filter(JsValue::is_truthy)?;
    let decoding_info: Function = get(&capabilities, "decodingInfo")?.dyn_into().ok()?;
    let mut greatest = None;
    for (height, width, bitrate, codec) in HEIGHTS {
        let question = question(height, width, bitrate, codec);
        let promise: Promise = decoding_info.call1(&capabilities, &question).ok()?.dyn_into().ok()?;
        let Ok(info) = JsFuture::from(promise).await else { break };
        let is = |name: &str| get(&info, name).is_some_and(|value| value.is_truthy());
        if !is("supported") || !is("smooth") {
            break;
        }
        greatest = Some(height);
    }
    greatest
}

fn question(height: u16, width: u16, bitrate: u32, codec: &str) -> Object {
    let video = Object::new();
    set(&video, "contentType", format!("video/mp4; codecs=\"{codec}\""));
    set(&video, "width", f64::from(width));
    set(&video, "height", f64::from(height));
    set(&video, "bitrate", f64::from(bitrate));
    set(&video, "framerate", 30.0);
    let question = Object::new();
    set(&question, "type", "media-source");
    set(&question, "video", video);
    question
}

fn is_type_supported(full: &str) -> bool {
    let Some(source) = get(&window(), "MediaSource").or_else(|| get(&window(), "ManagedMediaSource")) else { return false };
    let Some(ask) = get(&source, "isTypeSupported").and_then(|ask| ask.dyn_into::<Function>().ok()) else { return false };
    ask.apply(&source, &Array::of1(&full.into())).is_ok_and(|answer| answer.is_truthy())
}

fn connection(member: &str) -> Option<JsValue> {
    let connection = get(&window().navigator(), "connection").filter(JsValue::is_truthy)?;
    get(&connection, member)
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined())
}

fn set(on: &Object, name: &str, value: impl Into<JsValue>) {
    // A plain object takes every member.
    let _ = Reflect::set(on, &name.into(), &value.into());
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range before")]
fn to_u16(number: f64) -> u16 {
    number.clamp(0.0, f64::from(u16::MAX)) as u16
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range before")]
fn to_u32(number: f64) -> u32 {
    number.clamp(0.0, f64::from(u32::MAX)) as u32
}
