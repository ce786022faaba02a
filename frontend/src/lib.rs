//! The WebAssembly entry: mounts or hydrates the app.
//!
//! Must never hold a view or a rule of its own; those live in `app`.

/// Takes over the page that the server rendered. Called by the script in the document.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::hydrate();
}

/// Draws the app where no server rendered a page: the static single-page app.
#[cfg(all(feature = "csr", not(feature = "hydrate")))]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    app::mount();
}
