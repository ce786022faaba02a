//! Short notes that something was done, with Undo; and what is said to screen readers by the way.

use leptos::prelude::*;

use super::{
    button, dom,
    icon::{Icon, icon},
    use_store, words,
};
use crate::store::{Action, StateStoreFields, state::Toast};

stylance::import_crate_style!(style, "src/parts/toasts/toasts.module.scss");

/// The toasts, at the foot of the screen.
#[component]
pub fn Toasts() -> impl IntoView {
    let (state, dispatch) = use_store();
    let hold = move |is_held| dispatch.run(Action::ToastsHeld { is_held });
    let toasts = Memo::new(move |_| state.notices().with(|notices| notices.toasts.clone()));
    view! {
        <div
            class=style::toasts
            role="region"
            aria-label="Notices"
            aria-live="polite"
            data-notices=""
            on:pointerenter=move |_| hold(true)
            on:pointerleave=move |_| hold(false)
            on:focusin=move |event| {
                dom::remember_focus(&event);
                hold(true);
            }
            on:focusout=move |_| hold(false)
        >
            <For each=move || toasts.get() key=|toast| toast.id children=move |toast| view! { <Note toast=toast/> }/>
        </div>
    }
    .into_any()
}

#[component]
fn Note(toast: Toast) -> impl IntoView {
    let (_, dispatch) = use_store();
    let Toast { id, message, undo } = toast;
    let text = words::message(&message);
    // With the toast its buttons go.
    let leave = move |action| {
        dispatch.run(action);
        dom::return_focus();
    };
    view! {
        <div class=style::toast>
            <p>{text}</p>
            {undo.map(|_| view! {
                <button
                    class=style::undo
                    aria-keyshortcuts="Control+Z"
                    data-notice-action=""
                    on:click=move |_| leave(Action::UndoWanted { id, now: dom::now() })
                >
                    "Undo"
                </button>
            })}
            <button class=button::ROUND aria-label="Close" on:click=move |_| leave(Action::ToastDismissed { id })>
                {icon(Icon::Close)}
            </button>
        </div>
    }
}

/// Read out by screen readers when it changes; never seen.
#[component]
pub fn Announcer() -> impl IntoView {
    let (state, _) = use_store();
    let said = Memo::new(move |_| state.notices().with(|notices| notices.announcement.clone()));
    // The same words once more differ by a space that nobody sees or hears.
    let words = move || {
        said.get().map(|said| {
            let again = if said.is_again { "\u{a0}" } else { "" };
            format!("{}{again}", words::message(&said.message))
        })
    };
    view! { <p class=style::visually_hidden role="status">{words}</p> }
}
