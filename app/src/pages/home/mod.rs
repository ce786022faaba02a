//! The home page: hero, what was begun, rows, and what the server is still making.

pub mod frame;

use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::{
        button,
        continue_watching::{CONTINUE_WATCHING, ContinueWatching},
        empty::EmptyLibrary,
        failure::Failure,
        icon::{Icon, icon},
        own_rows::OwnRowsPlace,
        preparation::Preparation,
        reactive::{Keyed, When, each, flag},
        skeleton::HomeSkeleton,
        use_store,
    },
    store::{Action, StateStoreFields, state::RowEntry},
};

stylance::import_crate_style!(style, "src/pages/home/home.module.scss");

/// What of the page there is.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Waiting,
    Failed,
    Empty,
    Full,
}

#[component]
pub fn HomePage() -> impl IntoView {
    let (state, _) = use_store();
    let phase = Memo::new(move |_| {
        state.home().with(|home| match home.ready() {
            None if home.failed().is_some() => Phase::Failed,
            None => Phase::Waiting,
            Some(home) if home.rows.is_empty() && home.hero.is_empty() => Phase::Empty,
            Some(_) => Phase::Full,
        })
    });
    view! {
        <PageTitle text="Marquee"/>
        <h1 class=style::visually_hidden>"Marquee: home"</h1>
        {move || match phase.get() {
            Phase::Waiting => view! { <HomeSkeleton/> }.into_any(),
            Phase::Failed => {
                let problem = state.home().with(|home| home.failed().cloned());
                problem.map(|problem| view! { <Failure problem=problem/> }).into_any()
            }
            Phase::Empty => view! {
                <Preparation/>
                <EmptyLibrary/>
            }
            .into_any(),
            Phase::Full => view! { <Programme/> }.into_any(),
        }}
    }
}

#[component]
fn Programme() -> impl IntoView {
    let (state, _) = use_store();
    let has_hero = Memo::new(move |_| state.home().with(|home| home.ready().is_some_and(|home| !home.hero.is_empty())));
    let hidden = Memo::new(move |_| state.preferences().with(|set| set.hidden_rows.clone()));
    // Of each its place among all of them.
    let rows = Memo::new(move |_| {
        let rows = state.home().with(|home| home.ready().map(|home| home.rows.clone()).unwrap_or_default());
        let shown = rows.into_iter().enumerate().filter(|(_, row)| hidden.with(|hidden| !hidden.has(&row.key)));
        shown.collect::<Vec<_>>()
    });
    let row = |(place, row): (usize, RowEntry)| Keyed::new(row.key.clone(), move || frame::row(place, row));
    let is_whole = Memo::new(move |_| state.home().with(|home| home.ready().is_none_or(|home| home.missing.is_empty())));
    let shows_begun = Memo::new(move |_| hidden.with(|hidden| !hidden.has(CONTINUE_WATCHING)));
    view! {
        {frame::hero()}
        <div class=style::rows data-bare=flag(move || !has_hero.get())>
            <Preparation/>
            <When is=shows_begun>
                {frame::own(frame::Own::ContinueWatching, || view! { <ContinueWatching/> }.into_any())}
            </When>
            <OwnRowsPlace/>
            {each(move || rows.get().into_iter().map(row).collect())}
            {move || (!is_whole.get()).then(|| view! { <Incomplete/> })}
            // What the viewer hid, and the way back: drawn by the chunk of the rows of their own.
            <div data-hidden-rows=""></div>
        </div>
    }
    .into_any()
}

/// Where the server could not make every part just now.
#[component]
fn Incomplete() -> impl IntoView {
    let (_, dispatch) = use_store();
    view! {
        <p class=style::incomplete role="status">
            "A part of this page could not be loaded just now."
            <button class=button::QUIET on:click=move |_| dispatch.run(Action::RetryWanted)>
                {icon(Icon::Retry)}
                "Try again"
            </button>
        </p>
    }
    .into_any()
}
