//! Where a page does not come: what is wrong, in words, and ways on that need none of the code that is missing.
//!
//! It stands beside the app, which may not have taken the page over: it knows no store, and its links are the browser's own.

use leptos::{ev, html, prelude::*};

use super::{button, dom};

stylance::import_crate_style!(style, "src/parts/load_failure/load_failure.module.scss");

/// Why a page does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its code is not to be had, by whichever way it was asked for.
    Missing,
    /// There is no network.
    Offline,
}

impl Cause {
    const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Missing => [
                "This page did not load",
                "A part of it could not be fetched. The server may be busy with an upgrade: try again in a moment.",
            ],
            Self::Offline => ["You are offline", "This page loads by itself as soon as there is a connection again."],
        }
    }
}

/// A dialog over the page that was there before. `address` is of the page that was wanted; `stay`, where the page before works,
/// leaves it there.
#[component]
pub fn LoadFailure(address: String, cause: Cause, stay: Option<fn()>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    // Without its fragment: within a document that is there already, a link would lead to a part of it.
    let address = address.split('#').next().unwrap_or_default().to_owned();
    dialog.on_load(|dialog| dom::show_modal(&dialog));
    // Going back leads away from the page that is missing.
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let again = NodeRef::<html::A>::new();
    let moved = window_event_listener(ev::popstate, move |_| close());
    let online = window_event_listener(ev::online, move |_| {
        if cause == Cause::Offline
            && dialog.get_untracked().is_some_and(|dialog| dialog.open())
            && let Some(again) = again.get_untracked()
        {
            again.click();
        }
    });
    on_cleanup(move || {
        moved.remove();
        online.remove();
    });
    let [title, text] = cause.words();
    view! {
        <dialog
            node_ref=dialog
            class=style::dialog
            role="alertdialog"
            aria-labelledby="load-failure"
            aria-describedby="load-failure-text"
            // What is behind it may be a page that nothing on it works.
            closedby=if stay.is_some() { "any" } else { "none" }
            on:cancel=move |event: ev::Event| {
                event.prevent_default();
                if let Some(stay) = stay {
                    stay();
                }
            }
        >
            <h2 id="load-failure" class=style::title>{title}</h2>
            <p id="load-failure-text">{text}</p>
            <p class=style::ways>
                <a node_ref=again class=button::PRIMARY href=address rel="external">"Try again"</a>
                <a class=button::QUIET href="/" rel="external">"Go to the home page"</a>
                {stay.map(|stay| view! { <button class=button::QUIET on:click=move |_| stay()>"Stay here"</button> })}
            </p>
        </dialog>
    }
    .into_any()
}
