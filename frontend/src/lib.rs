//! The WebAssembly entry: mounts or hydrates the app.
//!
//! Must never hold a view or a rule of its own; those live in `app`.

#[cfg(feature = "hydrate")]
use wasm_bindgen::prelude::wasm_bindgen;

/// Wakes the page that the server rendered. Called by the script that leptos writes into the document.
#[cfg(feature = "hydrate")]
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Lazily: the code of the page at hand may still be on its way.
    leptos::mount::hydrate_lazy(app::App);
}

/// Draws the app where no server rendered a page: the static single-page app.
#[cfg(all(feature = "csr", not(feature = "hydrate")))]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
