//! Files that a viewer saves and chooses.

use leptos::ev;

/// Has the browser save a text as a file.
pub fn save_file(name: &str, media_type: &str, text: &str) {
    #[cfg(feature = "browser")]
    {
        let _ = browser::save(name, media_type, text);
    }
    #[cfg(not(feature = "browser"))]
    let _ = (name, media_type, text);
}

/// Reads the file that was chosen in a field, and empties the field, so that the same file can be chosen again. `told` has its name and
/// its text, or nothing where it cannot be read.
pub fn read_file(event: &ev::Event, told: impl FnOnce(Option<(String, String)>) + 'static) {
    #[cfg(feature = "browser")]
    browser::read(event, told);
    #[cfg(not(feature = "browser"))]
    let _ = (event, told);
}

#[cfg(feature = "browser")]
mod browser {
    use leptos::{ev, prelude::document};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Blob, BlobPropertyBag, HtmlElement, HtmlInputElement, TextDecoder, TextDecoderOptions, Url};

    /// What is larger is none of the files that can be imported, in bytes.
    const LARGEST: f64 = 16.0 * 1024.0 * 1024.0;

    pub fn save(name: &str, media_type: &str, text: &str) -> Result<(), JsValue> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)?;
        let address = Url::create_object_url_with_blob(&blob)?;
        let link = document().create_element("a")?;
        link.set_attribute("href", &address)?;
        link.set_attribute("download", name)?;
        link.unchecked_into::<HtmlElement>().click();
        // The browser has begun by then.
        gloo_timers::callback::Timeout::new(60_000, move || drop(Url::revoke_object_url(&address))).forget();
        Ok(())
    }

    pub fn read(event: &ev::Event, told: impl FnOnce(Option<(String, String)>) + 'static) {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(file) = field.as_ref().and_then(|field| field.files()?.get(0)) else { return };
        if let Some(field) = field {
            field.set_value("");
        }
        if file.size() > LARGEST {
            return told(None);
        }
        leptos::task::spawn_local(async move {
            let bytes = JsFuture::from(file.array_buffer()).await.ok();
            let text = bytes.and_then(|bytes| decoded(&bytes.into()));
            told(text.map(|text| (file.name(), text)));
        });
    }

    /// What a file says in the encoding that it is in. Spreadsheets write UTF-16 with a mark in front, or the code page of their system
    /// where nobody asked for UTF-8, which no such file is by accident.
    fn decoded(bytes: &js_sys::ArrayBuffer) -> Option<String> {
        let strict = TextDecoderOptions::new();
        strict.set_fatal(true);
        let as_label = |label: &str| {
            let decoder = TextDecoder::new_with_label_and_options(label, &strict).ok()?;
            decoder.decode_with_buffer_source(bytes).ok()
        };
        let mark = js_sys::Uint8Array::new(bytes).subarray(0, 2).to_vec();
        match mark.as_slice() {
            [0xff, 0xfe] => as_label("utf-16le"),
            [0xfe, 0xff] => as_label("utf-16be"),
            _ => as_label("utf-8").or_else(|| as_label("windows-1252")),
        }
    }
}
