//! What a viewer was writing, kept for as long as the tab is there (`sessionStorage`), over a reload, and for nobody else's eyes. A tab
//! that may keep nothing keeps nothing.

#[cfg(feature = "browser")]
use std::cell::Cell;

#[cfg(feature = "browser")]
const NAME: &str = "marquee.draft";

#[cfg(feature = "browser")]
thread_local! {
    /// Somebody else watches, and the page goes: nothing that is written as it goes is kept.
    static IS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// Keeps a text of this viewer's in the place of the one before.
pub fn keep_in_tab(viewer: &str, text: &str) {
    #[cfg(feature = "browser")]
    if !IS_OVER.get() {
        let _ = storage().map(|storage| storage.set_item(NAME, &format!("{viewer}\n{text}")));
    }
    #[cfg(not(feature = "browser"))]
    let _ = (viewer, text);
}

/// What is kept of this viewer's.
pub fn kept_in_tab(viewer: &str) -> Option<String> {
    entry().as_deref().and_then(|entry| text_of(entry, viewer)).map(str::to_owned)
}

/// Forgets what is kept of anybody but this viewer: nobody is known to watch where there is none.
pub fn forget_in_tab(but_of: Option<&str>) {
    if entry().is_some_and(|entry| but_of.is_none_or(|viewer| text_of(&entry, viewer).is_none())) {
        #[cfg(feature = "browser")]
        let _ = storage().map(|storage| storage.remove_item(NAME));
    }
    #[cfg(feature = "browser")]
    if but_of.is_none() {
        IS_OVER.set(true);
    }
}

/// The text of an entry, where it is this viewer's.
fn text_of<'a>(entry: &'a str, viewer: &str) -> Option<&'a str> {
    let (whose, text) = entry.split_once('\n')?;
    (whose == viewer).then_some(text)
}

fn entry() -> Option<String> {
    #[cfg(feature = "browser")]
    {
        storage()?.get_item(NAME).ok().flatten()
    }
    #[cfg(not(feature = "browser"))]
    None
}

#[cfg(feature = "browser")]
fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_its_writers_alone_and_what_an_older_build_kept_is_nobodys() {
        assert_eq!(text_of("ada\n{\n}", "ada"), Some("{\n}"));
        assert_eq!(text_of("ada\n{}", "ad"), None);
        assert_eq!(text_of(r#"{"viewer":"ada"}"#, "ada"), None);
    }
}
