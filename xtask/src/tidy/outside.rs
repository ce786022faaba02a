//! Where the app may touch the browser. Everything else dispatches actions and is tested without one.

use super::{Finding, Sources, sources::names};

/// The crates that reach outside of the app.
const OUTSIDE: [&str; 6] = ["web_sys", "js_sys", "gloo_net", "gloo_timers", "wasm_bindgen", "wasm_bindgen_futures"];

/// The files that may, and why each has to. A `*` stands for any part of a path.
const ALLOWED: [(&str, &str); 12] = [
    ("app/src/store/run.rs", "the one place where effects touch the world"),
    ("app/src/store/run/*", "the same, one file per kind of effect"),
    ("app/src/store/live/connection.rs", "the event source, and the other tabs"),
    ("app/src/client.rs", "sends calls and reads replies"),
    ("app/src/client/*", "the same, one file per way"),
    ("app/src/json.rs", "reads types from what the browser parsed"),
    ("app/src/device.rs", "asks the browser what it is and what it can play"),
    ("app/src/store/devtools.rs", "tells the Redux DevTools extension what happened, in debug builds"),
    ("app/src/parts/dom.rs", "focus, scroll and size: what a screen is about, and no state of the app"),
    ("app/src/parts/dom/*", "the same, one file per concern"),
    ("app/src/pages/watch/player/*", "drives a video element and hls.js, whose state is the DOM's own"),
    ("app/src/*browser.rs", "a module's own look at the page it starts in"),
];

/// Only the files of the list touch the outside.
pub fn only_named_files_touch_it(sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.under("app/src/", &["rs"]).filter(|source| !is_allowed(&source.path)) {
        for (line, code) in source.code() {
            for name in OUTSIDE.iter().filter(|name| names(code, name)) {
                findings.push(Finding::new(
                    &source.path,
                    line,
                    format!("{name} is for the files that xtask/src/tidy/outside.rs names"),
                ));
            }
        }
    }
    findings
}

fn is_allowed(path: &str) -> bool {
    ALLOWED.iter().any(|(pattern, _)| match pattern.split_once('*') {
        Some((start, end)) => path.len() >= pattern.len() - 1 && path.starts_with(start) && path.ends_with(end),
        None => path == *pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_touches_the_browser_is_found() {
        let sources = Sources::of(&[("app/src/pages/home.rs", "let window = web_sys::window();\n// js_sys\n")]);
        let findings = only_named_files_touch_it(&sources);
        assert_eq!(findings.len(), 1, "{findings:?}");
    }

    #[test]
    fn the_named_files_may() {
        for path in ["app/src/store/run.rs", "app/src/pages/watch/player/engine.rs", "app/src/parts/focus_browser.rs"] {
            assert_eq!(only_named_files_touch_it(&Sources::of(&[(path, "use web_sys::Window;\n")])), []);
        }
    }
}
