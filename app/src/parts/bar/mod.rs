//! The bar: the lit sign with its row of bulbs, the way to every screen, and search that opens in place.
//!
//! Clear over a picture, solid once the page was scrolled. On a phone the ways move to the foot of the screen.

mod search;

use leptos::{ev, prelude::*};
use leptos_router::components::A;
use reactive_stores::Store;

use super::{
    avatar::avatar,
    dom,
    icon::{Icon, icon},
    use_store,
};
use crate::{
    route::Route,
    store::{State, StateStoreFields},
};
use search::BarSearch;

stylance::import_crate_style!(style, "src/parts/bar/bar.module.scss");

/// The bar at the head of the screen.
#[component]
pub fn Bar() -> impl IntoView {
    let (state, _) = use_store();
    let is_over_picture = Memo::new(move |_| begins_with_picture(state));
    let is_search_page = Memo::new(move |_| state.route().with(|route| matches!(route, Route::Search { .. })));
    let is_scrolled = RwSignal::new(false);
    Effect::new(move || {
        let look = move || {
            let now = dom::is_scrolled();
            if is_scrolled.get_untracked() != now {
                is_scrolled.set(now);
            }
        };
        look();
        let scrolling = window_event_listener(ev::scroll, move |_| look());
        on_cleanup(move || scrolling.remove());
    });
    view! {
        <header class=style::bar data-pinned="" data-clear=move || (is_over_picture.get() && !is_scrolled.get()).then_some("")>
            <A href="/" exact=true attr:class=style::sign>
                <span class=style::bulbs aria-hidden="true">
                    <i></i><i></i><i></i><i></i><i></i><i></i><i></i><i></i><i></i>
                </span>
                "Marquee"
            </A>
            <nav class=style::ways aria-label="Main">
                <A href="/" exact=true attr:class=style::way>"Home"</A>
                <A href="/browse" attr:class=style::way>"Browse"</A>
            </nav>
            <Show when=move || !is_search_page.get()>
                <BarSearch/>
            </Show>
            <nav class=style::me aria-label="Yours">
                <A href=move || me(state) attr:class=style::way attr:aria-label=move || my_name(state)>
                    {move || face(state)}
                </A>
            </nav>
        </header>
    }
    .into_any()
}

/// Whether a picture reaches up under the bar: the hero, or a title's backdrop.
fn begins_with_picture(state: Store<State>) -> bool {
    match state.route().get() {
        Route::Home => state.home().with(|home| home.ready().is_some_and(|home| !home.hero.is_empty())),
        Route::Title { .. } => {
            state.title().with(|page| page.title.ready().is_some_and(|title| title.card.artwork.backdrop.is_some()))
        }
        Route::Browse { .. }
        | Route::Search { .. }
        | Route::Watch { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles
        | Route::Operator(_)
        | Route::NotFound => false,
    }
}

/// Where one's own things are: who is watching, or for a guest the settings.
fn me(state: Store<State>) -> String {
    if state.watcher().with(Option::is_some) { Route::Profiles.href() } else { Route::Settings.href() }
}

fn my_name(state: Store<State>) -> String {
    state.watcher().with(|watcher| match watcher {
        Some(watcher) => format!("{}: who is watching?", watcher.name),
        None => "Me: settings".to_owned(),
    })
}

fn face(state: Store<State>) -> AnyView {
    match state.watcher().get() {
        Some(watcher) => avatar(&watcher.name, &watcher.colour).into_any(),
        None => icon(Icon::Person).into_any(),
    }
}

/// The bar at the foot of a phone's screen.
#[component]
pub fn PhoneBar() -> impl IntoView {
    let (state, _) = use_store();
    view! {
        <nav class=style::phone aria-label="Main">
            <A href="/" exact=true attr:class=style::tab>{icon(Icon::Home)} "Home"</A>
            <A href="/search" attr:class=style::tab>{icon(Icon::Search)} "Search"</A>
            <A href="/browse" attr:class=style::tab>{icon(Icon::Browse)} "Browse"</A>
            <A href=move || me(state) attr:class=style::tab>{move || face(state)} "Me"</A>
        </nav>
    }
    .into_any()
}
