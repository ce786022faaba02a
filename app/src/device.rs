//! Device recognition in the browser: what this is, what it shows, what it decodes.
//!
//! Sources: Media Capabilities and Media Source Extensions (W3C), Media Queries 4 (`pointer`), Network
//! Information (WICG). Must never guess what the browser can be asked.

#![cfg(feature = "browser")]

use std::pin::pin;

use contract::device::{DeviceClass, DeviceProfile, Hints, Pointer, VideoCodec, VideoDecoding};
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
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

/// Classes that are asked for, lowest first, with the width, the bit rate, and the level of H.264, HEVC, AV1 and VP9 that go
/// with them.
const CLASSES: [(u16, u16, u32, [&str; 4]); 6] = [
    (480, 854, 2_000_000, ["1f", "93", "04", "30"]),
    (720, 1280, 4_000_000, ["1f", "93", "05", "31"]),
    (1080, 1920, 8_000_000, ["28", "120", "08", "40"]),
    (1440, 2560, 16_000_000, ["32", "150", "12", "50"]),
    (2160, 3840, 30_000_000, ["33", "150", "12", "50"]),
    (4320, 7680, 80_000_000, ["3c", "180", "16", "60"]),
];

/// How long a browser may take to say what it decodes, in milliseconds: nothing is asked for before.
const PATIENCE: u32 = 2_000;

/// What this device is.
pub async fn recognise() -> DeviceProfile {
    let window = window();
    let agent = window.navigator().user_agent().ok();
    let (guess, _) = DeviceProfile::guess(Hints { user_agent: agent.as_deref(), ..Hints::default() });
    let pointer = pointer();
    let (width, height) = screen();
    let class = class(guess.class, pointer, width.min(height));
    let ratio = (window.device_pixel_ratio() * 100.0).clamp(50.0, 1000.0).round();
    let video = within(PATIENCE, video()).await.unwrap_or_default();
    DeviceProfile {
        class,
        width,
        height,
        pixel_ratio: to_u16(ratio),
        pointer,
        max_height: video.iter().find(|known| known.codec == VideoCodec::H264).map(|known| known.class),
        codecs: CODECS.into_iter().filter(|(_, full)| is_type_supported(full)).map(|(name, _)| name.to_owned()).collect(),
        video,
        save_data: connection("saveData").is_some_and(|value| value.is_truthy()),
        downlink: connection("downlink").and_then(|value| value.as_f64()).map(|megabits| to_u32(megabits * 1000.0)),
    }
}

/// Nothing where it takes longer than so many milliseconds.
async fn within<T>(milliseconds: u32, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), TimeoutFuture::new(milliseconds)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
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

fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

fn pointer() -> Pointer {
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

/// What is decoded smoothly of each codec; nothing where the browser cannot be asked.
async fn video() -> Vec<VideoDecoding> {
    let mut known = Vec::new();
    let Some(asked) = Asked::find() else { return known };
    for codec in VideoCodec::ALL {
        if let Some(decoding) = asked.decoding(codec).await {
            known.push(decoding);
        }
    }
    known
}

/// Media Capabilities, to be asked.
struct Asked {
    capabilities: JsValue,
    decoding_info: Function,
}

/// The class and what goes with it: a line of [`CLASSES`].
type Class = (u16, u16, u32, [&'static str; 4]);

impl Asked {
    fn find() -> Option<Self> {
        let capabilities = get(&window().navigator(), "mediaCapabilities").filter(JsValue::is_truthy)?;
        let decoding_info = get(&capabilities, "decodingInfo")?.dyn_into().ok()?;
        Some(Self { capabilities, decoding_info })
    }

    /// The greatest class, and whether it may be brighter than usual.
    async fn decoding(&self, codec: VideoCodec) -> Option<VideoDecoding> {
        let mut greatest = None;
        for class in CLASSES {
            let (is_supported, is_smooth) = self.ask(codec, class, None).await;
            // What is decoded at all is decoded small, however slow the machine is.
            if !(is_smooth || is_supported && greatest.is_none()) {
                break;
            }
            greatest = Some(class);
        }
        let class = greatest?;
        // A browser that knows no ranges would say yes to each.
        let is_bright = codec != VideoCodec::H264 && matches("(dynamic-range: high)");
        let pq = is_bright && self.ask(codec, class, Some("pq")).await.1;
        let hlg = is_bright && self.ask(codec, class, Some("hlg")).await.1;
        Some(VideoDecoding { codec, class: class.0, pq, hlg })
    }

    /// Whether this is decoded, and whether smoothly.
    async fn ask(&self, codec: VideoCodec, class: Class, transfer: Option<&str>) -> (bool, bool) {
        let request = request(codec, class, transfer);
        let promise =
            self.decoding_info.call1(&self.capabilities, &request).ok().and_then(|answer| answer.dyn_into::<Promise>().ok());
        let Some(promise) = promise else { return (false, false) };
        let Ok(info) = JsFuture::from(promise).await else { return (false, false) };
        let is = |name: &str| get(&info, name).is_some_and(|value| value.is_truthy());
        (is("supported"), is("supported") && is("smooth"))
    }
}

fn request(codec: VideoCodec, (height, width, bitrate, levels): Class, transfer: Option<&str>) -> Object {
    let [avc, hevc, av1, vp9] = levels;
    let is_deep = transfer.is_some();
    let depth = if is_deep { "10" } else { "08" };
    // RFC 6381, with the names of each codec's own profiles and levels.
    let codecs = match codec {
        VideoCodec::H264 => format!("avc1.6400{avc}"),
        VideoCodec::Hevc => format!("hvc1.{}.L{hevc}.B0", if is_deep { "2.4" } else { "1.6" }),
        VideoCodec::Av1 => format!("av01.0.{av1}M.{depth}"),
        VideoCodec::Vp9 => format!("vp09.{}.{vp9}.{depth}", if is_deep { "02" } else { "00" }),
    };
    let video = Object::new();
    set(&video, "contentType", format!("video/mp4; codecs=\"{codecs}\""));
    set(&video, "width", f64::from(width));
    set(&video, "height", f64::from(height));
    set(&video, "bitrate", f64::from(bitrate));
    set(&video, "framerate", 30.0);
    if let Some(transfer) = transfer {
        set(&video, "transferFunction", transfer);
        set(&video, "colorGamut", "rec2020");
    }
    let request = Object::new();
    set(&request, "type", "media-source");
    set(&request, "video", video);
    request
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
