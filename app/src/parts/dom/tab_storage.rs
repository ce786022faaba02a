//! What a viewer was writing, kept for as long as the tab is there (`sessionStorage`), over a reload; and what they said and the server
//! does not know yet, which the browser keeps when the tab is closed (`localStorage`). Both are for nobody else's eyes. A tab that may
//! keep nothing keeps nothing.

#[cfg(feature = "browser")]
use std::cell::RefCell;

#[cfg(feature = "browser")]
const NAME: &str = "marquee.draft";

/// Where a browser keeps something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebStorage {
    /// As long as the tab.
    Session,
    /// Until it is taken, whichever tab is there then.
    Local,
}

#[cfg(feature = "browser")]
thread_local! {
    static WRITERS: RefCell<Writers> = const { RefCell::new(Writers { now: None, over: None }) };
}

/// Who writes in this document. It may see more than one: where somebody else watches under a film, that ends in words, and the page stays.
#[cfg(any(test, feature = "browser"))]
#[derive(Debug, Default)]
struct Writers {
    /// Who watches, as far as it was said.
    now: Option<String>,
    /// Who watched until somebody else did: nothing that is written as their page goes is kept.
    over: Option<String>,
}

#[cfg(any(test, feature = "browser"))]
impl Writers {
    /// It is known who watches, or that it is not who did so far.
    fn told(&mut self, viewer: Option<&str>) {
        match viewer {
            Some(viewer) => {
                self.now = Some(viewer.to_owned());
                self.over.take_if(|over| over == viewer);
            }
            None => self.over = self.now.take().or_else(|| self.over.take()),
        }
    }

    fn may_keep(&self, viewer: &str) -> bool {
        self.over.as_deref() != Some(viewer)
    }
}

/// Keeps a text of this viewer's in the place of the one before; where there is none, that one goes.
pub fn keep_text(place: WebStorage, viewer: &str, text: Option<&str>) {
    #[cfg(feature = "browser")]
    if WRITERS.with_borrow(|writers| writers.may_keep(viewer)) {
        let _ = storage(place).map(|storage| match text {
            Some(text) => storage.set_item(NAME, &format!("{viewer}\n{text}")),
            None => storage.remove_item(NAME),
        });
    }
    #[cfg(not(feature = "browser"))]
    let _ = (place, viewer, text);
}

/// What is kept of this viewer's.
pub fn kept_text(place: WebStorage, viewer: &str) -> Option<String> {
    entry(place).as_deref().and_then(|entry| text_of(entry, viewer)).map(str::to_owned)
}

/// Forgets what is kept of anybody but this viewer: nobody is known to watch where there is none.
pub fn forget_texts(but_of: Option<&str>) {
    for place in [WebStorage::Session, WebStorage::Local] {
        if entry(place).is_some_and(|entry| but_of.is_none_or(|viewer| text_of(&entry, viewer).is_none())) {
            #[cfg(feature = "browser")]
            let _ = storage(place).map(|storage| storage.remove_item(NAME));
        }
    }
    #[cfg(feature = "browser")]
    WRITERS.with_borrow_mut(|writers| writers.told(but_of));
}

/// The text of an entry, where it is this viewer's.
fn text_of<'a>(entry: &'a str, viewer: &str) -> Option<&'a str> {
    let (whose, text) = entry.split_once('\n')?;
    (whose == viewer).then_some(text)
}

fn entry(place: WebStorage) -> Option<String> {
    #[cfg(feature = "browser")]
    {
        storage(place)?.get_item(NAME).ok().flatten()
    }
    #[cfg(not(feature = "browser"))]
    {
        let _ = place;
        None
    }
}

#[cfg(feature = "browser")]
fn storage(place: WebStorage) -> Option<web_sys::Storage> {
    let window = leptos::prelude::window();
    let storage = match place {
        WebStorage::Session => window.session_storage(),
        WebStorage::Local => window.local_storage(),
    };
    storage.ok().flatten()
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

    #[test]
    fn of_whoever_watches_no_more_nothing_is_kept_and_of_the_next_in_the_same_document_all() {
        let mut writers = Writers::default();
        writers.told(None);
        assert!(writers.may_keep("ada"), "nobody was known so far");
        writers.told(Some("ada"));
        assert!(writers.may_keep("ada"));
        for _ in 0..2 {
            writers.told(None);
            assert!(!writers.may_keep("ada") && writers.may_keep("bea"));
        }
        writers.told(Some("bea"));
        assert!(!writers.may_keep("ada") && writers.may_keep("bea"));
        writers.told(Some("ada"));
        assert!(writers.may_keep("ada"), "who watches again writes again");
    }
}
