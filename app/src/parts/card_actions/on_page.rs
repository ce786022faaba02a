//! What takes a card off the page at hand, as a part of a title's sheet: off "Continue watching", or with its whole row. A television
//! has no other way to it: arrows go from card to card.

use leptos::prelude::*;

use super::style;
use crate::{
    parts::{
        dom::{self, HideableRow},
        icon::{Icon, icon},
        own_rows::hide::hide_row,
        use_store,
    },
    store::{
        Action, StateStoreFields,
        library::change::{Named, quoted},
    },
};

#[component]
pub fn OnPage(title: Named, row: Option<HideableRow>, close: Callback<()>) -> impl IntoView {
    let (state, dispatch) = use_store();
    let is_begun =
        state.continue_watching().with_untracked(|begun| begun.ready().is_some_and(|titles| titles.contains(&title.id)));
    let forget = Callback::new(move |()| dispatch.run(Action::ForgetWanted { id: title.id.clone(), now: dom::now() }));
    let forget = is_begun.then_some(("Take off Continue watching".to_owned(), forget));
    let hide = row.map(|row| {
        let words = format!("Hide the row {}", quoted(&row.heading));
        (words, Callback::new(move |()| hide_row(dispatch, row.clone())))
    });
    let ways: Vec<_> = forget.into_iter().chain(hide).collect();
    let way = move |(words, act): (String, Callback<()>)| {
        // Closed first: the focus goes back to the card, and on from there as that goes.
        let press = move |_| {
            close.run(());
            act.run(());
        };
        view! {
            <li>
                <button class=style::way type="button" on:click=press>
                    <span class=style::sign aria-hidden="true">{icon(Icon::Close)}</span>
                    <span>{words}</span>
                </button>
            </li>
        }
    };
    (!ways.is_empty())
        .then(|| view! { <ul class=style::ways aria-label="On this page">{ways.into_iter().map(way).collect_view()}</ul> })
}
