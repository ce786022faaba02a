//! The code that follows a remote control, as a chunk of its own: a television loads it at once, and nobody else does.
//!
//! Must never lose the arrow that is pressed before it is there.

use leptos::ev;

/// Has the code be there soon. Called again, it does nothing more.
pub fn load_remote_control() {
    #[cfg(feature = "browser")]
    browser::load();
}

/// Does what a key of a remote control asks for, at the latest as soon as the code is there; whether it is the remote's.
pub fn follow_remote_control(event: &ev::KeyboardEvent) -> bool {
    #[cfg(feature = "browser")]
    return browser::follow(event);
    #[cfg(not(feature = "browser"))]
    super::spatial::follow_remote(event)
}

#[cfg(feature = "browser")]
mod browser {
    use std::cell::{Cell, RefCell};

    use gloo_timers::future::TimeoutFuture;
    use leptos::{ev, task::spawn_local, wasm_split::SplitLoaderError};

    type Follow = fn(&ev::KeyboardEvent) -> bool;

    /// How long is waited after a load that failed, in milliseconds.
    const PAUSE: u32 = 3_000;

    thread_local! {
        static FOLLOW: Cell<Option<Follow>> = const { Cell::new(None) };
        static IS_LOADING: Cell<bool> = const { Cell::new(false) };
        /// The last arrow that was pressed before the code was there.
        static WAITING: RefCell<Option<ev::KeyboardEvent>> = const { RefCell::new(None) };
    }

    #[leptos::wasm_split::wasm_split(remote_control, wasm_split_path = ::leptos::wasm_split, fallible)]
    fn code() -> Result<Follow, SplitLoaderError> {
        Ok(super::super::spatial::follow_remote)
    }

    pub fn load() {
        if FOLLOW.get().is_some() || IS_LOADING.replace(true) {
            return;
        }
        spawn_local(async {
            // A television has no other way to be used.
            let follow = loop {
                match code().await {
                    Ok(follow) => break follow,
                    Err(_) => TimeoutFuture::new(PAUSE).await,
                }
            };
            FOLLOW.set(Some(follow));
            if let Some(event) = WAITING.take() {
                follow(&event);
            }
        });
    }

    pub fn follow(event: &ev::KeyboardEvent) -> bool {
        if let Some(follow) = FOLLOW.get() {
            return follow(event);
        }
        load();
        // Other keys do meanwhile what they do in a browser.
        let is_arrow = event.key().starts_with("Arrow");
        if is_arrow {
            WAITING.set(Some(event.clone()));
        }
        is_arrow
    }
}
