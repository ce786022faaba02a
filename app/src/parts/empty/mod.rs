//! Where there is nothing: one sentence, and one way on.

use leptos::prelude::*;

use super::{button, use_store};
use crate::{route::Route, store::StateStoreFields};

stylance::import_crate_style!(style, "src/parts/empty/empty.module.scss");

/// A dark sign, a sentence, and what `children` offer.
#[component]
pub fn EmptyState(#[prop(into)] sentence: String, children: Children) -> impl IntoView {
    view! {
        <div class=style::empty>
            <span class=style::bulbs aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></span>
            <p class=style::sentence>{sentence}</p>
            <p class=style::ways>{children()}</p>
        </div>
    }
    .into_any()
}

/// Where the whole library is empty: how films come into it, for whoever can bring them.
#[component]
pub fn EmptyLibrary() -> impl IntoView {
    let (state, _) = use_store();
    let is_operator = move || state.watcher().with(|who| who.as_ref().is_some_and(|who| who.is_operator));
    let is_guest = move || state.watcher().with(Option::is_none);
    let how = move || {
        if is_operator() {
            view! {
                <span>
                    "To add a film, or a folder of them, run " <code>"marquee import PATH"</code> " where this server runs."
                </span>
            }
        } else {
            view! { <span>"Films appear here as soon as the first is imported."</span> }
        }
        .into_any()
    };
    view! {
        <EmptyState sentence="No films here yet.">
            {how}
            {move || is_guest().then(|| view! {
                <a class=button::PRIMARY href=Route::Home.sign_in().href()>"Set up or sign in"</a>
            })}
        </EmptyState>
    }
    .into_any()
}
