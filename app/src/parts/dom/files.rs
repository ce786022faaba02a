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
    use web_sys::{Blob, BlobPropertyBag, HtmlElement, HtmlInputElement, Url};

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
            let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            told(text.map(|text| (file.name(), text)));
        });
    }
}
