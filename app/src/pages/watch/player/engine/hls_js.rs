//! hls.js as Rust sees it: loaded on this page alone, by its address in the document.
//!
//! Source: the API document of hls.js 1.7. Must never decide what is played; that is the engine's part.

use leptos::web_sys::{HtmlVideoElement, window};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(inline_js = "export function load(url) { return import(url); }")]
extern "C" {
    /// The dynamic `import()` of ECMAScript; the content policy allows it for this server's own files.
    #[wasm_bindgen(catch)]
    fn load(url: &str) -> Result<js_sys::Promise, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// An instance of hls.js.
    #[derive(Clone)]
    pub type HlsJs;

    #[wasm_bindgen(method, js_name = loadSource)]
    pub fn load_source(this: &HlsJs, url: &str);
    #[wasm_bindgen(method, js_name = attachMedia)]
    pub fn attach_media(this: &HlsJs, media: &HtmlVideoElement);
    #[wasm_bindgen(method, js_name = startLoad)]
    pub fn start_load(this: &HlsJs, position: f64);
    #[wasm_bindgen(method, js_name = recoverMediaError)]
    pub fn recover_media_error(this: &HlsJs);
    #[wasm_bindgen(method)]
    pub fn destroy(this: &HlsJs);
    #[wasm_bindgen(method)]
    pub fn on(this: &HlsJs, event: &str, listener: &js_sys::Function);

    #[wasm_bindgen(method, getter)]
    pub fn levels(this: &HlsJs) -> js_sys::Array;
    #[wasm_bindgen(method, getter, js_name = currentLevel)]
    pub fn current_level(this: &HlsJs) -> i32;
    #[wasm_bindgen(method, getter, js_name = bandwidthEstimate)]
    pub fn bandwidth_estimate(this: &HlsJs) -> f64;
    #[wasm_bindgen(method, getter, js_name = audioTracks)]
    pub fn audio_tracks(this: &HlsJs) -> js_sys::Array;
    #[wasm_bindgen(method, getter, js_name = audioTrack)]
    pub fn audio_track(this: &HlsJs) -> i32;
    #[wasm_bindgen(method, setter, js_name = audioTrack)]
    pub fn set_audio_track(this: &HlsJs, index: i32);
    /// -1 lets hls.js choose; switches at once.
    #[wasm_bindgen(method, setter, js_name = currentLevel)]
    pub fn set_current_level(this: &HlsJs, index: i32);
    /// -1 lets hls.js choose; switches with the next segment, without a gap.
    #[wasm_bindgen(method, setter, js_name = nextLevel)]
    pub fn set_next_level(this: &HlsJs, index: i32);
}

/// Events of hls.js that are listened to (`Hls.Events`).
pub mod event {
    pub const MANIFEST_PARSED: &str = "hlsManifestParsed";
    /// The tracks of the level that is loaded next are there to be chosen from; before it there are none.
    pub const AUDIO_TRACKS_UPDATED: &str = "hlsAudioTracksUpdated";
    pub const LEVEL_SWITCHED: &str = "hlsLevelSwitched";
    pub const ERROR: &str = "hlsError";
}

/// Loads the library's code; the browser keeps it after the first time.
pub async fn library() -> Option<JsValue> {
    let module = JsFuture::from(load(&address()?).ok()?).await.ok()?;
    member(&module, "default")
}

/// A player that begins at `position` seconds; nothing where the browser has no Media Source Extensions. `setup` is
/// called before each request, with the `XMLHttpRequest` and its address.
pub fn player(library: &JsValue, position: f64, setup: &JsValue) -> Option<HlsJs> {
    let is_supported = member(library, "isSupported")?.dyn_into::<js_sys::Function>().ok()?;
    if !is_supported.call0(library).ok()?.is_truthy() {
        return None;
    }
    let constructor = library.dyn_ref::<js_sys::Function>()?;
    let player = js_sys::Reflect::construct(constructor, &js_sys::Array::of1(&config(position, setup))).ok()?;
    Some(player.unchecked_into())
}

/// The defaults of hls.js, but for the pauses between tries: they stay at a second, because a server that is started anew is back in
/// some seconds, and pauses that double would make whoever waits wait twice as long.
const LOAD_POLICY: &str = r#"{"default":{"maxTimeToFirstByteMs":10000,"maxLoadTimeMs":120000,
    "timeoutRetry":{"maxNumRetry":4,"retryDelayMs":0,"maxRetryDelayMs":0},
    "errorRetry":{"maxNumRetry":6,"retryDelayMs":1000,"maxRetryDelayMs":1000}}}"#;

/// What is asked for, said with each request in headers (Common Media Client Data, CTA-5004): `server/src/services/playback/cmcd.rs` reads it.
/// Stalls are not among it (`bs`): heartbeats tell them, and they would count twice.
const CLIENT_DATA: &str = r#"{"useHeaders":true,"includeKeys":["br","d","ot"]}"#;

fn config(position: f64, setup: &JsValue) -> JsValue {
    let config = js_sys::Object::new();
    let set = |name: &str, value: JsValue| {
        // A plain object takes every member.
        let _ = js_sys::Reflect::set(&config, &name.into(), &value);
    };
    set("startPosition", position.into());
    set("xhrSetup", setup.clone());
    set("capLevelToPlayerSize", JsValue::FALSE);
    // A phone has little memory: half a minute behind, a minute ahead.
    // A text of ours is JSON.
    set("fragLoadPolicy", js_sys::JSON::parse(LOAD_POLICY).unwrap_or_default());
    set("cmcd", js_sys::JSON::parse(CLIENT_DATA).unwrap_or_default());
    set("backBufferLength", 30.into());
    set("maxBufferLength", 60.into());
    // Captions are ours: see `captions.rs`.
    for native in ["enableWebVTT", "enableIMSC1", "enableCEA708Captions", "renderTextTracksNatively"] {
        set(native, JsValue::FALSE);
    }
    config.into()
}

/// Where the next source begins, in seconds.
pub fn set_start(player: &HlsJs, position: f64) {
    if let Some(config) = member(player, "config") {
        let _ = js_sys::Reflect::set(&config, &"startPosition".into(), &position.into());
    }
}

/// Opens an `XMLHttpRequest` for this address, in place of the one that it was made for.
pub fn open(request: &JsValue, url: &str) {
    if let Some(Ok(open)) = member(request, "open").map(JsCast::dyn_into::<js_sys::Function>) {
        let _ = open.call3(request, &"GET".into(), &url.into(), &JsValue::TRUE);
    }
}

/// Switches the element's own audio tracks (HTML, section 4.8.11.10), which not every browser has; whether one has that name.
pub fn choose_audio_track(video: &HtmlVideoElement, name: &str) -> bool {
    let Some(tracks) = member(video, "audioTracks") else { return false };
    let mut is_found = false;
    for track in js_sys::Array::from(&tracks).iter() {
        let is_it = member(&track, "label").and_then(|label| label.as_string()).as_deref() == Some(name);
        let _ = js_sys::Reflect::set(&track, &"enabled".into(), &is_it.into());
        is_found |= is_it;
    }
    is_found
}

/// Where the document says the library is.
fn address() -> Option<String> {
    let document = window()?.document()?;
    let meta = document.query_selector("meta[name=marquee-hls]").ok()??;
    let address = meta.get_attribute("content").filter(|address| !address.is_empty())?;
    Some(address)
}

/// A member of a JavaScript object, where it has one.
pub fn member(of: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// A number of a JavaScript object.
pub fn number(of: &JsValue, name: &str) -> Option<f64> {
    member(of, name)?.as_f64()
}
