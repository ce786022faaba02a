//! The whole document of an address, where the code of its page did not load: asked of the server once, never in a circle.
//!
//! After an upgrade the server may have none of the chunks that this document names; the document that it serves now names
//! others, and does without any until it is taken over. What was tried is kept in the tab's own storage, because the
//! document that tried it is gone. Must never load a document again for a failure that loading one did not mend.

/// How long a try counts, in milliseconds: after it, a server may have come back, or been upgraded again.
#[cfg(any(feature = "browser", test))]
const COUNTS_FOR: u64 = 10 * 60 * 1000;

/// What becomes of an address whose page did not load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Its document is on the way.
    Document,
    /// That was tried, and led here again.
    Words,
    /// There is no network to ask for anything by.
    Offline,
}

/// A document that was asked for in the place of a page, as it is kept.
#[cfg(any(feature = "browser", test))]
fn attempt(address: &str, now: u64) -> String {
    format!("{now} {address}")
}

/// Whether `kept` says that the document of `address` was asked for lately. A clock that was set back makes nothing older.
#[cfg(any(feature = "browser", test))]
fn was_tried(kept: Option<&str>, address: &str, now: u64) -> bool {
    let Some((at, tried)) = kept.and_then(|kept| kept.split_once(' ')) else { return false };
    tried == address && at.parse::<u64>().is_ok_and(|at| now.saturating_sub(at) < COUNTS_FOR)
}

#[cfg(feature = "browser")]
pub use browser::{ask_for_document, document_is_good, page_stays, stay};

#[cfg(feature = "browser")]
mod browser {
    //! The same, with a window.

    use leptos::prelude::window;

    use super::{super::on_woken, Way, attempt, was_tried};

    /// What was tried in this tab.
    const TRIED: &str = "marquee-document";

    /// Loads the document of `address`, unless that was tried. Where nothing can be kept, nobody would know: no document then.
    pub fn ask_for_document(address: &str) -> Way {
        if !window().navigator().on_line() {
            return Way::Offline;
        }
        // Whole: reading a number with a fraction from text is code of a first visit.
        let now = js_sys::Date::now() as u64;
        let Ok(Some(storage)) = window().session_storage() else { return Way::Words };
        let kept = storage.get_item(TRIED).ok().flatten();
        if was_tried(kept.as_deref(), address, now) || storage.set_item(TRIED, &attempt(address, now)).is_err() {
            return Way::Words;
        }
        let location = window().location();
        // Going where one is leads nowhere where the address names a part of the document.
        let is_here = location.href().is_ok_and(|here| is_same(&here, address));
        let asked = if is_here { location.reload() } else { location.assign(address) };
        if asked.is_err() {
            return Way::Words;
        }
        begin_anew_on_return();
        Way::Document
    }

    /// A browser that goes back may wake this document as it was left: on its way to a page that never came.
    fn begin_anew_on_return() {
        // For as long as the document lives.
        let _ = on_woken(|| {
            // It refuses only where there is no document.
            let _ = window().location().reload();
        });
    }

    fn is_same(here: &str, address: &str) -> bool {
        let origin = window().location().origin().unwrap_or_default();
        here.strip_prefix(&origin) == Some(address)
    }

    /// Whether the page that is on the screen works, and is the one that the location bar names, while that of `address` does not
    /// come.
    pub fn page_stays(address: &str) -> bool {
        let works = leptos::tachys::dom::body().has_attribute("data-ready");
        works && window().location().href().is_ok_and(|here| !is_same(&here, address))
    }

    /// The viewer stays where the location bar says that they are: whoever follows the address is told so, as if it had changed.
    pub fn stay() {
        if let Ok(event) = web_sys::Event::new("popstate") {
            // Nobody takes it back.
            let _ = window().dispatch_event(&event);
        }
    }

    /// Code came: what failed before is over.
    pub fn document_is_good() {
        if let Ok(Some(storage)) = window().session_storage() {
            // A storage that refuses has kept nothing either.
            let _ = storage.remove_item(TRIED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_asked_for_once_and_again_when_the_try_is_old() {
        let kept = attempt("/title/t1?a=b c", 1000);
        assert!(was_tried(Some(&kept), "/title/t1?a=b c", 1001));
        assert!(!was_tried(Some(&kept), "/title/t1?a=b c", 1000 + COUNTS_FOR));
        assert!(was_tried(Some(&kept), "/title/t1?a=b c", 0), "the clock was set back");
    }

    #[test]
    fn another_address_nothing_and_what_makes_no_sense_were_not_tried() {
        let kept = attempt("/browse", 1000);
        assert!(!was_tried(Some(&kept), "/browse?genre=Drama", 1000));
        assert!(!was_tried(None, "/browse", 1000));
        for kept in ["", "/browse", "soon /browse", "1000"] {
            assert!(!was_tried(Some(kept), "/browse", 1000), "{kept:?}");
        }
    }
}
