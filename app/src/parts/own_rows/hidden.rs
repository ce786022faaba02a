//! The rows of the home page that the viewer hid, at its foot, each with a way back.

use leptos::prelude::*;

use super::{hide::show_row, style};
use crate::{
    parts::{
        button, dom,
        icon::{Icon, icon},
        use_store,
    },
    store::{StateStoreFields, hidden_rows::HiddenRow},
};

#[component]
pub fn HiddenRows() -> impl IntoView {
    let (state, _) = use_store();
    let has_age_limit = Memo::new(move |_| state.watcher().with(|who| who.as_ref().is_some_and(|who| who.has_age_limit)));
    let rows = Memo::new(move |_| {
        state.preferences().with(|set| set.hidden_rows.told(has_age_limit.get()).cloned().collect::<Vec<_>>())
    });
    view! {
        <Show when=move || rows.with(|rows| !rows.is_empty())>
            <section class=style::hidden aria-labelledby="hidden-rows">
                <h2 class=style::quiet id="hidden-rows">"Rows that you hid"</h2>
                <ul class=style::ways>{move || rows.get().into_iter().map(way_back).collect_view()}</ul>
            </section>
        </Show>
    }
    .into_any()
}

fn way_back(row: HiddenRow) -> impl IntoView {
    let (state, dispatch) = use_store();
    let heading = row.heading.clone();
    let bring_back = move |_| {
        show_row(dispatch, row.clone());
        // Whoever brings back several does not go up and down the page for each.
        if state.preferences().with_untracked(|set| set.hidden_rows.rows().is_empty()) {
            dom::go_to_row(&row.key);
        }
    };
    view! {
        <li>
            <button class=button::QUIET type="button" on:click=bring_back>
                {icon(Icon::Plus)}
                <bdi>{heading}</bdi>
            </button>
        </li>
    }
}
