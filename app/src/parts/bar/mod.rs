//! The bar: the lit sign with its row of bulbs, the way to every screen, and search that opens in place.
//!
//! Clear over a picture, solid once the page was scrolled. On a phone the ways move to the foot of the screen.

mod me;
mod search;

use leptos::{ev, prelude::*};
use leptos_router::components::A;
use reactive_stores::Store;

use super::{
    dom,
    icon::{Icon, icon},
    reactive::{When, flag},
    use_store,
};
use crate::{
    pages::home::frame::{self, Own},
    route::Route,
    store::{State, StateStoreFields},
};
use me::Me;
pub use me::ProfileMenuState;
use search::BarSearch;

stylance::import_crate_style!(style, "src/parts/bar/bar.module.scss");

/// The bar at the head of the screen. Its bulbs light one after the other unless they did so before.
#[component]
pub fn Bar(is_lit: bool) -> impl IntoView {
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
        <header class=style::bar data-pinned="" data-clear=flag(move || is_over_picture.get() && !is_scrolled.get())>
            <A href="/" exact=true attr:class=style::sign>
                <span class=style::bulbs data-lit=is_lit.then_some("") aria-hidden="true">
                    <i></i><i></i><i></i><i></i><i></i><i></i><i></i><i></i><i></i>
                </span>
                "Marquee"
            </A>
            <nav class=style::ways aria-label="Main">
                <A href="/" exact=true attr:class=style::way>"Home"</A>
                <A href="/browse" attr:class=style::way>"Browse"</A>
                <A href="/my-list" attr:class=style::way>"My list"</A>
            </nav>
            <When is=Signal::derive(move || !is_search_page.get())>
                <BarSearch/>
            </When>
            <div class=style::me>
                {frame::own(Own::ProfileMenu, || profile_button(false))}
            </div>
        </header>
    }
    .into_any()
}

/// The button of the profile menu, at the head of the screen or at a phone's foot.
pub fn profile_button(is_at_foot: bool) -> AnyView {
    let (class, word) = if is_at_foot { (style::tab, Some("Me")) } else { (style::way, None) };
    view! { <Me class=class word=word/> }.into_any()
}

/// Whether a picture reaches up under the bar: the hero, or a title's backdrop.
fn begins_with_picture(state: Store<State>) -> bool {
    let route = state.route().get();
    if !route.screen().has_picture {
        return false;
    }
    if route == Route::Home {
        return state.home().with(|home| home.ready().is_some_and(|home| !home.hero.is_empty()));
    }
    state.title().with(|page| page.title.ready().is_some_and(|title| title.card.artwork.backdrop.is_some()))
}

/// The bar at the foot of a phone's screen.
#[component]
pub fn PhoneBar() -> impl IntoView {
    let (state, _) = use_store();
    let search = move |event: ev::MouseEvent| {
        // Where one searches already, only the field is wanted, with what stands in it.
        if state.route().with_untracked(|route| matches!(route, Route::Search { .. })) {
            event.prevent_default();
        }
        dom::focus_search_page();
    };
    view! {
        <nav class=style::phone aria-label="Main">
            <A href="/" exact=true attr:class=style::tab>{icon(Icon::Home)} "Home"</A>
            <A href="/search" attr:class=style::tab on:click=search>{icon(Icon::Search)} "Search"</A>
            <A href="/my-list" attr:class=style::tab>{icon(Icon::MyList)} "My list"</A>
            {frame::own(Own::PhoneProfileMenu, || profile_button(true))}
        </nav>
    }
    .into_any()
}
