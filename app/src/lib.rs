//! What the viewer sees: the component tree over one central store.
//!
//! Read `route.rs` for the screens, `store/` for how things happen, `pages/` for one file per screen. Only
//! `store/run.rs`, `client.rs` and `device.rs` touch the outside; this crate must never depend on the server.

pub mod client;
pub mod device;
pub mod head;
mod json;
pub mod pages;
pub mod parts;
pub mod route;
mod screens;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod store;

mod start;

#[cfg(feature = "hydrate")]
pub use start::hydrate;
#[cfg(feature = "csr")]
pub use start::mount;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    Lazy, ParamSegment, StaticSegment, WildcardSegment,
    components::{Route, Router, Routes},
};

use crate::{
    pages::{
        chunks::{
            AccountRoute, BrowseRoute, MyListRoute, OperatorRoute, ProfilesRoute, SearchRoute, SettingsRoute, SignInRoute,
            TitleRoute, WatchRoute,
        },
        home::HomePage,
        not_found::NotFoundPage,
    },
    parts::{
        bar::ProfileMenuState,
        frame::{BarAbove, Below},
    },
};

/// The app: the frame that stays, and the screen that the address names.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(start::store());
    ProfileMenuState::provide();
    view! {
        <Router>
            <start::Follow/>
            <BarAbove/>
            <main id="main" tabindex="-1">
                <Routes fallback=NotFoundPage transition=true>
                    <Route path=StaticSegment("") view=HomePage/>
                    <Route path=StaticSegment("browse") view={Lazy::<BrowseRoute>::new()}/>
                    <Route path=StaticSegment("search") view={Lazy::<SearchRoute>::new()}/>
                    <Route path=(StaticSegment("title"), ParamSegment("id")) view={Lazy::<TitleRoute>::new()}/>
                    <Route path=(StaticSegment("watch"), ParamSegment("id")) view={Lazy::<WatchRoute>::new()}/>
                    <Route path=StaticSegment("my-list") view={Lazy::<MyListRoute>::new()}/>
                    <Route path=StaticSegment("settings") view={Lazy::<SettingsRoute>::new()}/>
                    <Route path=StaticSegment("sign-in") view={Lazy::<SignInRoute>::new()}/>
                    <Route path=StaticSegment("account") view={Lazy::<AccountRoute>::new()}/>
                    <Route path=StaticSegment("profiles") view={Lazy::<ProfilesRoute>::new()}/>
                    <Route path=(StaticSegment("operator"), WildcardSegment("page")) view={Lazy::<OperatorRoute>::new()}/>
                </Routes>
            </main>
            <Below/>
        </Router>
    }
}
