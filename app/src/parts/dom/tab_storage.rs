//! Texts that are kept for as long as the tab is there (`sessionStorage`), over a reload. A tab that may keep nothing keeps nothing.

/// Keeps a text under a name.
pub fn keep_in_tab(name: &str, text: &str) {
    #[cfg(feature = "browser")]
    let _ = storage().map(|storage| storage.set_item(name, text));
    #[cfg(not(feature = "browser"))]
    let _ = (name, text);
}

/// What is kept under a name, which is then kept no longer.
pub fn take_from_tab(name: &str) -> Option<String> {
    #[cfg(feature = "browser")]
    {
        let storage = storage()?;
        let kept = storage.get_item(name).ok().flatten();
        let _ = storage.remove_item(name);
        kept
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = name;
        None
    }
}

#[cfg(feature = "browser")]
fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}
