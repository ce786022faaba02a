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

/// A screen was drawn: on a television something of it has the focus from the first moment, or whoever presses OK presses
/// nothing. What the viewer comes back to, has.
pub fn enter_screen() {
    #[cfg(feature = "browser")]
    browser::enter();
}

#[cfg(feature = "browser")]
mod browser {
    use std::cell::{Cell, RefCell};

    use gloo_timers::future::TimeoutFuture;
    use leptos::{ev, task::spawn_local, wasm_split::SplitLoaderError};

    use super::super::{focus_key::is_focus_lost, has_player, is_television, scroll_restoration::is_going_back};

    /// What the chunk can do.
    #[derive(Clone, Copy)]
    struct Code {
        follow: fn(&ev::KeyboardEvent) -> bool,
        enter: fn(),
    }

    /// How long is waited after a load that failed, in milliseconds.
    const PAUSE: u32 = 3_000;

    thread_local! {
        static CODE: Cell<Option<Code>> = const { Cell::new(None) };
        static IS_LOADING: Cell<bool> = const { Cell::new(false) };
        /// The last arrow that was pressed before the code was there.
        static WAITING: RefCell<Option<ev::KeyboardEvent>> = const { RefCell::new(None) };
    }

    #[leptos::wasm_split::wasm_split(remote_control, wasm_split_path = ::leptos::wasm_split, fallible)]
    fn code() -> Result<Code, SplitLoaderError> {
        Ok(Code { follow: super::super::spatial::follow_remote, enter: super::super::spatial::enter })
    }

    pub fn load() {
        if CODE.get().is_some() || IS_LOADING.replace(true) {
            return;
        }
        spawn_local(async {
            // A television has no other way to be used.
            let code = loop {
                match code().await {
                    Ok(code) => break code,
                    Err(_) => TimeoutFuture::new(PAUSE).await,
                }
            };
            CODE.set(Some(code));
            enter();
            if let Some(event) = WAITING.take() {
                (code.follow)(&event);
            }
        });
    }

    pub fn follow(event: &ev::KeyboardEvent) -> bool {
        if let Some(code) = CODE.get() {
            return (code.follow)(event);
        }
        load();
        // Other keys do meanwhile what they do in a browser.
        let is_arrow = event.key().starts_with("Arrow");
        if is_arrow {
            WAITING.set(Some(event.clone()));
        }
        is_arrow
    }

    /// Where the code is still on its way, it enters when it comes.
    pub fn enter() {
        let Some(code) = CODE.get().filter(|_| is_television()) else { return };
        if is_going_back() {
            return leptos::prelude::request_animation_frame(enter);
        }
        // A film takes the arrows itself.
        if is_focus_lost() && !has_player() {
            (code.enter)();
        }
    }
}
