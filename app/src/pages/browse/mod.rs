//! The browse page: filters that are links, a grid that fills the width, and more of it as its end comes near.

mod filters;
mod grid;

use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::{failure::Failure, skeleton::GridSkeleton, use_store, words},
    store::StateStoreFields,
};
use filters::Filters;
use grid::Grid;

stylance::import_crate_style!(style, "src/pages/browse/browse.module.scss");

#[component]
pub fn BrowsePage() -> impl IntoView {
    let (state, _) = use_store();
    let is_waiting = Memo::new(move |_| state.browse().with(|browse| browse.list.is_loading()));
    let problem = Memo::new(move |_| state.browse().with(|browse| browse.list.failed().cloned()));
    // The list before stays on the screen, dimmed, while the next one is on its way.
    let facets = Memo::new(move |_| {
        state.browse().with(|browse| browse.list.latest().map(|list| list.facets.clone()).unwrap_or_default())
    });
    let total = Memo::new(move |_| state.browse().with(|browse| browse.list.latest().map(|list| list.total)));
    let size = Memo::new(move |_| total.get().unwrap_or(0));
    let is_there = Memo::new(move |_| total.get().is_some());
    let is_empty =
        Memo::new(move |_| total.get() == Some(0) && state.browse().with(|browse| !filters::is_narrowed(&browse.filters())));
    view! {
        <PageTitle text="Browse \u{b7} Marquee"/>
        <div class=style::page>
            <header class=style::head>
                <h1>"Browse"</h1>
                <p class=style::count>{move || total.get().map(|total| words::titles(u64::from(total)))}</p>
            </header>
            // Where there is nothing, there is nothing to choose from.
            <Show when=move || !is_empty.get()>
                <Filters facets=facets/>
            </Show>
            <div class=style::results aria-busy=move || is_waiting.get().to_string()>
                {move || match (problem.get(), is_there.get()) {
                    (Some(problem), _) => view! { <Failure problem=problem/> }.into_any(),
                    (None, false) => view! { <GridSkeleton/> }.into_any(),
                    (None, true) => view! { <Grid total=size facets=facets/> }.into_any(),
                }}
            </div>
        </div>
    }
}
