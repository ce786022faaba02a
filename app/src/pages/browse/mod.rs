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
    let list = Memo::new(move |_| state.browse().with(|browse| browse.list.latest().cloned()));
    let facets = Memo::new(move |_| list.with(|list| list.as_ref().map(|list| list.facets.clone()).unwrap_or_default()));
    let total = Memo::new(move |_| list.with(|list| list.as_ref().map(|list| list.total)));
    view! {
        <PageTitle text="Browse \u{b7} Marquee"/>
        <div class=style::page>
            <header class=style::head>
                <h1>"Browse"</h1>
                <p class=style::count>{move || total.get().map(words::titles)}</p>
            </header>
            <Filters facets=facets/>
            <div class=style::results aria-busy=move || is_waiting.get().to_string()>
                {move || match (problem.get(), total.get()) {
                    (Some(problem), _) => view! { <Failure problem=problem/> }.into_any(),
                    (None, None) => view! { <GridSkeleton/> }.into_any(),
                    (None, Some(_)) => view! { <Grid list=list facets=facets/> }.into_any(),
                }}
            </div>
        </div>
    }
}
