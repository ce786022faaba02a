//! The two storages of a browser, by names. Without a browser there are none, but for those that a test gives.

#[cfg(feature = "browser")]
pub use browser::{get, names, remove, set};
#[cfg(not(feature = "browser"))]
pub use native::{get, names, remove, set};

#[cfg(all(test, not(feature = "browser")))]
pub use native::given;

/// Where a browser keeps something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebStorage {
    /// As long as the tab.
    Session,
    /// Until it is taken, whichever tab is there then.
    Local,
}

#[cfg(feature = "browser")]
mod browser {
    use super::WebStorage;

    pub fn get(place: WebStorage, name: &str) -> Option<String> {
        storage(place)?.get_item(name).ok().flatten()
    }

    /// Whether it is there now: a browser may be without room, or allow nothing.
    pub fn set(place: WebStorage, name: &str, text: &str) -> bool {
        storage(place).is_some_and(|storage| storage.set_item(name, text).is_ok())
    }

    pub fn remove(place: WebStorage, name: &str) {
        let _ = storage(place).map(|storage| storage.remove_item(name));
    }

    /// Of the entries whose names begin so.
    pub fn names(place: WebStorage, prefix: &str) -> Vec<String> {
        let Some(storage) = storage(place) else { return Vec::new() };
        let count = storage.length().unwrap_or(0);
        let names = (0..count).filter_map(|at| storage.key(at).ok().flatten());
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    fn storage(place: WebStorage) -> Option<web_sys::Storage> {
        let window = leptos::prelude::window();
        let storage = match place {
            WebStorage::Session => window.session_storage(),
            WebStorage::Local => window.local_storage(),
        };
        storage.ok().flatten()
    }
}

#[cfg(not(feature = "browser"))]
mod native {
    use std::{cell::RefCell, collections::BTreeMap};

    use super::WebStorage;

    #[derive(Debug, Default)]
    struct Storages {
        session: BTreeMap<String, String>,
        local: BTreeMap<String, String>,
        /// Takes nothing more.
        full: Option<WebStorage>,
    }

    impl Storages {
        const fn of(&mut self, place: WebStorage) -> &mut BTreeMap<String, String> {
            match place {
                WebStorage::Session => &mut self.session,
                WebStorage::Local => &mut self.local,
            }
        }
    }

    thread_local! {
        static GIVEN: RefCell<Option<Storages>> = const { RefCell::new(None) };
    }

    fn with<T>(look: impl FnOnce(&mut Storages) -> T) -> Option<T> {
        GIVEN.with_borrow_mut(|given| given.as_mut().map(look))
    }

    pub fn get(place: WebStorage, name: &str) -> Option<String> {
        with(|given| given.of(place).get(name).cloned()).flatten()
    }

    pub fn set(place: WebStorage, name: &str, text: &str) -> bool {
        let set = |given: &mut Storages| {
            let is_taken = given.full != Some(place);
            if is_taken {
                given.of(place).insert(name.to_owned(), text.to_owned());
            }
            is_taken
        };
        with(set).unwrap_or(false)
    }

    pub fn remove(place: WebStorage, name: &str) {
        with(|given| given.of(place).remove(name));
    }

    pub fn names(place: WebStorage, prefix: &str) -> Vec<String> {
        let names = |given: &mut Storages| given.of(place).keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        with(names).unwrap_or_default()
    }

    /// Storages of a test's own, for as long as it holds them.
    #[cfg(test)]
    pub mod given {
        use std::collections::BTreeMap;

        use super::{GIVEN, Storages, WebStorage, set, with};

        #[must_use]
        #[derive(Debug)]
        pub struct Given(());

        pub fn storages() -> Given {
            GIVEN.set(Some(Storages::default()));
            Given(())
        }

        impl Given {
            /// Another tab is before the viewer from now on; what this one had is given back.
            pub fn other_tab(&self, session: BTreeMap<String, String>) -> BTreeMap<String, String> {
                with(|given| std::mem::replace(&mut given.session, session)).unwrap_or_default()
            }

            pub fn fill(&self, full: Option<WebStorage>) {
                with(|given| given.full = full);
            }

            pub fn set(&self, place: WebStorage, name: &str, text: &str) {
                assert!(set(place, name, text));
            }
        }

        impl Drop for Given {
            fn drop(&mut self) {
                GIVEN.set(None);
            }
        }
    }
}
