//! Which pages are chunks of their own: code that loads on the way to the page, and is fetched when a link to it is
//! approached.
//!
//! The home page and "not found" are in the main module, because they are where one lands.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

use super::{
    account::AccountPage, browse::BrowsePage, operator::OperatorPage, profiles::ProfilesPage, search::SearchPage,
    settings::SettingsPage, sign_in::SignInPage, title::TitlePage, watch,
};
use crate::parts::dom::when_approached;

pub struct BrowseRoute;
pub struct SearchRoute;
pub struct TitleRoute;
pub struct WatchRoute;
pub struct SettingsRoute;
pub struct SignInRoute;
pub struct AccountRoute;
pub struct ProfilesRoute;
pub struct OperatorRoute;

#[lazy_route]
impl LazyRoute for BrowseRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <BrowsePage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for SearchRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <SearchPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for TitleRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <TitlePage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for WatchRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <watch::WatchPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for SettingsRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <SettingsPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for SignInRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <SignInPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for AccountRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <AccountPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for ProfilesRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <ProfilesPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for OperatorRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <OperatorPage/> }.into_any()
    }
}

/// Fetches the code behind a link as the viewer is about to follow it.
pub fn prefetch_on_approach() {
    when_approached("/browse", || leptos::task::spawn_local(BrowseRoute::preload()));
    when_approached("/search", || leptos::task::spawn_local(SearchRoute::preload()));
    when_approached("/title/", || leptos::task::spawn_local(TitleRoute::preload()));
    when_approached("/sign-in", || leptos::task::spawn_local(SignInRoute::preload()));
    when_approached("/account", || leptos::task::spawn_local(AccountRoute::preload()));
    when_approached("/profiles", || leptos::task::spawn_local(ProfilesRoute::preload()));
    when_approached("/operator/", || leptos::task::spawn_local(OperatorRoute::preload()));
    when_approached("/settings", || leptos::task::spawn_local(SettingsRoute::preload()));
    when_approached("/watch/", || {
        leptos::task::spawn_local(async {
            WatchRoute::preload().await;
            watch::prefetch_library().await;
        });
    });
}
