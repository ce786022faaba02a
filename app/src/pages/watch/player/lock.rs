//! A lock for the controls, so that a hand or a child on the glass does nothing: only a held press opens it.
//!
//! The lock is a modal dialog: what lies below takes no touch and no focus, and the browser's own Back and Escape open it.
//! Screen readers have a button of their own, because a press that is held is theirs to use. Must never lock out what asks
//! the viewer something: an error, or a film that waits for a press.

use std::time::Duration;

use leptos::{html, prelude::*};

use super::{
    controller::Controller,
    glyph::{Glyph, glyph},
};

stylance::import_crate_style!(style, "src/pages/watch/player/lock.module.scss");

/// How long a press is held until it opens the lock; its style fills the ring in the same time.
const HELD: Duration = Duration::from_secs(1);
/// How long one sees how to open it, after a touch.
const SHOWN: Duration = Duration::from_millis(2_500);

#[component]
pub fn LockButton() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let lock = move |_| {
        controller.close_panel();
        controller.is_locked.set(true);
        controller.is_active.set(false);
    };
    view! {
        <button class=style::round id="player-lock" aria-label="Lock the controls" on:click=lock>
            {glyph(Glyph::Lock)}
        </button>
    }
    .into_any()
}

#[component]
pub fn Lock() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let layer = NodeRef::<html::Dialog>::new();
    let is_shown = RwSignal::new(false);
    let is_held = RwSignal::new(false);
    let hiding = StoredValue::new(None::<TimeoutHandle>);
    let holding = StoredValue::new(None::<TimeoutHandle>);
    on_cleanup(move || {
        stop(hiding);
        stop(holding);
    });
    Effect::new(move || {
        let is_wanted = controller.is_locked.get();
        let Some(layer) = layer.get() else { return };
        if is_wanted && !layer.open() {
            // Refused only where it is not in the document any more.
            let _ = layer.show_modal();
        } else if !is_wanted && layer.open() {
            layer.close();
        }
    });
    Effect::new(move || {
        if controller.live.error.get().is_some() || controller.live.is_blocked.get() {
            controller.is_locked.set(false);
        }
    });
    let unlock = move || {
        controller.is_locked.set(false);
        controller.activate();
    };
    let show = move || {
        is_shown.set(true);
        stop(hiding);
        hiding.set_value(set_timeout_with_handle(move || is_shown.set(false), SHOWN).ok());
    };
    let release = move || {
        is_held.set(false);
        stop(holding);
    };
    let hold = move || {
        show();
        release();
        is_held.set(true);
        let open = move || {
            release();
            unlock();
        };
        holding.set_value(set_timeout_with_handle(open, HELD).ok());
    };
    let chip =
        move || stylance::classes!(style::chip, is_shown.get().then_some(style::shown), is_held.get().then_some(style::held));
    view! {
        <dialog
            class=style::layer
            node_ref=layer
            aria-label="The controls are locked"
            on:close=move |_| {
                release();
                is_shown.set(false);
                unlock();
            }
            on:pointerup=move |_| show()
        >
            <button class=style::unlock on:click=move |_| unlock() on:focus=move |_| show()>"Unlock the controls"</button>
            <div
                class=chip
                aria-hidden="true"
                on:pointerdown=move |_| hold()
                on:pointerup=move |_| release()
                on:pointerleave=move |_| release()
                on:pointercancel=move |_| release()
                on:contextmenu=|event| event.prevent_default()
            >
                <span class=style::ring>{glyph(Glyph::Lock)}</span>
                <span>"Hold to unlock"</span>
            </div>
        </dialog>
    }
    .into_any()
}

fn stop(timer: StoredValue<Option<TimeoutHandle>>) {
    if let Some(Some(timer)) = timer.try_update_value(Option::take) {
        timer.clear();
    }
}
