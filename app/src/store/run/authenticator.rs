//! The browser's authenticator, and its clipboard: what signing in with a passkey and keeping recovery codes ask of it.
//!
//! Source: Web Authentication, level 3, section 5.1. Must never look into what passes between server and authenticator.

/// Whether this browser, at this address, can be asked for a passkey. A number is no address for one.
pub fn is_there() -> bool {
    #[cfg(feature = "browser")]
    return browser::is_there();
    #[cfg(not(feature = "browser"))]
    false
}

/// Makes a passkey; nothing where the viewer changed their mind, or has one already.
pub async fn create(options: &serde_json::Value) -> Option<serde_json::Value> {
    #[cfg(feature = "browser")]
    return browser::answer(browser::create(&options.to_string())).await;
    #[cfg(not(feature = "browser"))]
    nobody(options)
}

/// Asks for a passkey; nothing where the viewer changed their mind, or has none.
pub async fn get(options: &serde_json::Value) -> Option<serde_json::Value> {
    #[cfg(feature = "browser")]
    return browser::answer(browser::get(&options.to_string())).await;
    #[cfg(not(feature = "browser"))]
    nobody(options)
}

/// Whether `text` is on the clipboard now.
pub async fn copy(text: &str) -> bool {
    #[cfg(feature = "browser")]
    return browser::is_done(browser::copy(text)).await;
    #[cfg(not(feature = "browser"))]
    text.is_empty()
}

/// While the server renders there is no authenticator.
#[cfg(not(feature = "browser"))]
fn nobody(_options: &serde_json::Value) -> Option<serde_json::Value> {
    None
}

#[cfg(feature = "browser")]
mod browser {
    use js_sys::Promise;
    use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
    use wasm_bindgen_futures::JsFuture;

    use crate::json;

    // The browser itself knows how to read options from JSON and to write its answers as JSON.
    #[wasm_bindgen(inline_js = "
        export function is_there() {
            return !!self.PublicKeyCredential?.parseRequestOptionsFromJSON && !/^[\\d.]+$|^\\[/.test(location.hostname);
        }
        export async function create(options) {
            const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
            return JSON.stringify(await navigator.credentials.create({ publicKey }));
        }
        export async function get(options) {
            const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
            return JSON.stringify(await navigator.credentials.get({ publicKey }));
        }
        export async function copy(text) {
            await navigator.clipboard.writeText(text);
        }
    ")]
    extern "C" {
        pub fn is_there() -> bool;
        pub fn create(options: &str) -> Promise;
        pub fn get(options: &str) -> Promise;
        pub fn copy(text: &str) -> Promise;
    }

    pub async fn answer(promise: Promise) -> Option<serde_json::Value> {
        let text = JsFuture::from(promise).await.ok()?.as_string()?;
        json::read(&text)
    }

    pub async fn is_done(promise: Promise) -> bool {
        JsFuture::from(promise).await.as_ref().is_ok_and(JsValue::is_undefined)
    }
}
