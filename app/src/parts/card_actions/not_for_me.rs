//! What a viewer wants to be recommended nothing of, as a part of a title's sheet: the title, why it is recommended, its genres.

use leptos::prelude::*;

use super::style;
use crate::{
    parts::{
        icon::{Icon, icon},
        marks::use_changing,
        use_store,
    },
    store::{
        State, StateStoreFields,
        library::{
            change::{LibraryChange, Named},
            unwanted::Unwanted,
        },
        recommendations::{Recommendations, recommendations},
    },
};
use reactive_stores::Store;

#[component]
pub fn NotForMe(title: StoredValue<Named>, close: Callback<()>) -> impl IntoView {
    let (state, _) = use_store();
    let changing = StoredValue::new(use_changing());
    let ways = recommendations().read(|slice| ways(slice, state, &title.get_value()));
    let way = |(words, unwanted): (String, Unwanted)| {
        let press = move |_| {
            close.run(());
            changing.with_value(|changing| changing.make(LibraryChange::Hide(unwanted.clone())));
        };
        view! {
            <li>
                <button class=style::way type="button" on:click=press>
                    <span class=style::sign aria-hidden="true">{icon(Icon::Close)}</span>
                    <span><bdi>{words}</bdi></span>
                </button>
            </li>
        }
    };
    (!ways.is_empty()).then(|| {
        view! {
            <details class=style::more>
                <summary class=style::summary>
                    "Not for me"
                    {icon(Icon::Down)}
                </summary>
                <ul class=style::ways>{ways.into_iter().map(way).collect_view()}</ul>
            </details>
        }
    })
}

/// What can be said, with its words; nothing for whom nothing is recommended.
fn ways(slice: &Recommendations, state: Store<State>, title: &Named) -> Vec<(String, Unwanted)> {
    let is_off = slice.rows.failed().is_some() || slice.rows.ready().is_some_and(|rows| !rows.is_on);
    if is_off {
        return Vec::new();
    }
    let mut items = slice.rows.ready().into_iter().flat_map(|rows| &rows.rows).flat_map(|row| &row.items);
    let recommended = items.find(|item| item.card.id == title.id);
    let mut ways = vec![("Don’t recommend this".to_owned(), Unwanted::title(&title.id, &title.name))];
    if let Some((id, title)) = recommended.and_then(|item| item.why.names()) {
        ways.push((format!("Stop recommending because of {title}"), Unwanted::because(id, title)));
    }
    let known = recommended.map(|item| item.card.genres.clone());
    let genres = known.or_else(|| state.titles().with_untracked(|titles| titles.get(&title.id).map(|card| card.genres.clone())));
    ways.extend(genres.unwrap_or_default().iter().map(|genre| (format!("Don’t recommend {genre}"), Unwanted::genre(genre))));
    ways
}
