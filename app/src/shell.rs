//! The document around the app: what a rendered page is made of besides the screen itself.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::MetaTags;
use serde::{Deserialize, Serialize};

use crate::{
    App,
    client::rendered::{self, Answers},
    head::json_in_script,
    pages::home::frame::Own,
    store::State,
};

/// Where the built front end is: addresses that begin with `/`, each naming its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageAssets {
    pub css: String,
    /// The styles of the pages whose code is not in the main module.
    pub page_css: String,
    pub js: String,
    pub wasm: String,
    /// The display face, preloaded.
    pub font: String,
    /// The HLS player's library; loaded by the watch page alone.
    pub hls: String,
}

/// The whole document. Expects [`PageAssets`], an `Arc<`[`State`]`>` and the [`Answers`] that it was made of in the context.
#[component]
pub fn Shell() -> impl IntoView {
    let assets = use_context::<PageAssets>().unwrap_or_default();
    let state = use_context::<Arc<State>>().unwrap_or_default();
    let answers = use_context::<Answers>().unwrap_or_default();
    let carried = Own::Answers.stand_in().unwrap_or_else(|| answers.embed());
    let boot = boot_script(&assets);
    let needs_page_styles = state.route.screen().is_lazy;
    let theme = state.preferences.theme.as_attribute();
    let [dark_bars, light_bars] = state.preferences.theme.bars();
    let device = state.device.profile.class.as_str();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-device=device>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="dark light"/>
                {bars(dark_bars, "(prefers-color-scheme: dark)")}
                {bars(light_bars, "(prefers-color-scheme: light)")}
                <link rel="preload" href=assets.font r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <link rel="stylesheet" href=assets.css/>
                {needs_page_styles.then(|| view! { <link rel="stylesheet" href=assets.page_css/> })}
                <link rel="modulepreload" href=assets.js/>
                <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <link rel="icon" href="/icon.svg" r#type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <meta name="marquee-hls" content=assets.hls/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <script id=rendered::ELEMENT_ID r#type="application/json" inner_html=carried></script>
                <script r#type="module" inner_html=boot></script>
            </body>
        </html>
    }
}

/// The colour of the browser's own bars, where `when` is the case.
fn bars(colour: &'static str, when: &'static str) -> impl IntoView {
    leptos::html::meta().name("theme-color").content(colour).attr("media", when)
}

/// Has the app's shell kept, once the first visit is over: what it fetches is none of that visit's weight. Without it, in an old
/// browser or over plain HTTP, everything works but what is said where the server cannot be reached.
const KEEP_SHELL: &str = "setTimeout(()=>(self.requestIdleCallback??setTimeout)(()=>navigator.serviceWorker\
     ?.register(\"/service-worker.js\").catch(()=>{})),4e3);";

/// Leaves the theme to the page that stands in where the server cannot be reached (`xtask/src/site/offline/`). What may keep nothing keeps
/// nothing.
const KEEP_THEME: &str = "addEventListener(\"pagehide\",()=>{try{localStorage.setItem(\"marquee.theme\",\
     document.documentElement.dataset.theme??\"\")}catch{}});";

/// Loads the app and lets it take over the page. The same for every page of a build, so that the content
/// security policy can name it by its hash.
pub fn boot_script(assets: &PageAssets) -> String {
    let literal = |address: &str| json_in_script(&serde_json::to_string(address).unwrap_or_default());
    let (js, wasm) = (literal(&assets.js), literal(&assets.wasm));
    format!("import init,{{hydrate}} from {js};await init({{module_or_path:{wasm}}});hydrate();{KEEP_SHELL}{KEEP_THEME}")
}
