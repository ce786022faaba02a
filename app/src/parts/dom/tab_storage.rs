//! What a viewer was writing, kept for as long as the tab is there (`sessionStorage`), over a reload; and what they said and the server
//! does not know yet, which the browser keeps when the tab is closed (`localStorage`). Both are for nobody else's eyes. A tab that may
//! keep nothing keeps nothing.

mod storage;

use std::cell::RefCell;

#[cfg(all(test, not(feature = "browser")))]
pub use storage::given;
pub use storage::{WebStorage, names as names_in};

/// The entry of what somebody was writing; how the names of all others begin that are one viewer's.
pub const DRAFT: &str = "marquee.draft";

thread_local! {
    static WRITERS: RefCell<Writers> = const { RefCell::new(Writers { now: None, over: None }) };
}

/// Who writes in this document. It may see more than one: where somebody else watches under a film, that ends in words, and the page stays.
#[derive(Debug, Default)]
struct Writers {
    /// Who watches, as far as it was said.
    now: Option<String>,
    /// Who watched until somebody else did: nothing that is written as their page goes is kept.
    over: Option<String>,
}

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

/// Keeps a text of this viewer's in the place of the one before; where there is none, that one goes. Whether it is kept now.
pub fn keep_text(place: WebStorage, name: &str, viewer: &str, text: Option<&str>) -> bool {
    if !WRITERS.with_borrow(|writers| writers.may_keep(viewer)) {
        return false;
    }
    let Some(text) = text else {
        storage::remove(place, name);
        return false;
    };
    storage::set(place, name, &format!("{viewer}\n{text}"))
}

/// What is kept of this viewer's.
pub fn kept_text(place: WebStorage, name: &str, viewer: &str) -> Option<String> {
    storage::get(place, name).as_deref().and_then(|entry| text_of(entry, viewer)).map(str::to_owned)
}

/// Forgets what is kept of anybody but this viewer: nobody is known to watch where there is none.
pub fn forget_texts(but_of: Option<&str>) {
    for place in [WebStorage::Session, WebStorage::Local] {
        for name in storage::names(place, DRAFT) {
            if but_of.is_none_or(|viewer| kept_text(place, &name, viewer).is_none()) {
                storage::remove(place, &name);
            }
        }
    }
    WRITERS.with_borrow_mut(|writers| writers.told(but_of));
}

/// The text of an entry, where it is this viewer's.
fn text_of<'a>(entry: &'a str, viewer: &str) -> Option<&'a str> {
    let (whose, text) = entry.split_once('\n')?;
    (whose == viewer).then_some(text)
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

    #[cfg(not(feature = "browser"))]
    #[test]
    fn entries_of_all_names_are_forgotten_as_somebody_else_watches_and_none_of_theirs() {
        let _given = given::storages();
        let names = ["marquee.draft", "marquee.draft.alien", "marquee.draft.heat"];
        let kept = |viewer| names.iter().filter(|name| kept_text(WebStorage::Local, name, viewer).is_some()).count();
        for name in &names[..2] {
            assert!(keep_text(WebStorage::Local, name, "cleo", Some("{}")));
        }
        assert!(keep_text(WebStorage::Local, names[2], "dan", Some("{}")));
        assert!(storage::set(WebStorage::Local, "marquee.theme", "dark"));
        forget_texts(Some("cleo"));
        assert_eq!((kept("cleo"), kept("dan")), (2, 0));
        forget_texts(None);
        assert_eq!(kept("cleo"), 0);
        assert!(!keep_text(WebStorage::Local, names[1], "cleo", Some("{}")), "as their page goes");
        assert_eq!(names_in(WebStorage::Local, ""), ["marquee.theme"]);
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
