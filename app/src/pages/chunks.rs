//! Which pages are chunks of their own: code that loads on the way to the page, and is fetched when a link to it is
//! approached.
//!
//! The home page and "not found" are in the main module, because they are where one lands. Written out instead of leptos'
//! `#[lazy_route]`, whose chunks cannot fail: one that does not load ends the whole module there. Here a prefetch that fails
//! is as if it had not been, and a page whose code does not come is asked for as a document (`parts/dom/document.rs`).

use leptos::prelude::*;
use leptos_router::LazyRoute;

use super::{
    account::AccountPage, browse::BrowsePage, my_list::MyListPage, operator::OperatorPage, profiles::ProfilesPage,
    search::SearchPage, settings::SettingsPage, sign_in::SignInPage, title::TitlePage, watch,
};
use crate::{
    parts::{
        bar::ProfileMenuState,
        dom::{Prefetch, on_intent},
    },
    store::AppStore,
};
#[cfg(feature = "browser")]
use crate::{
    parts::{card_actions::CardActions, continue_here::ContinueHere, own_rows::live::OwnRows, profile_menu::ProfileMenu},
    store::{
        action::Response,
        in_flight::BoxedFuture,
        live,
        mutations::Mutation,
        run::{chunked, not_here},
    },
};
#[cfg(feature = "browser")]
use contract::playback::{PlaybackSession, SaveProgress, StartPlayback};

/// A route whose page is the chunk `$chunk`. `$view` makes the page, and `$load` fetches the chunk alone.
macro_rules! chunk {
    ($route:ident, $chunk:ident, $view:ident, $load:ident, $page:expr) => {
        pub struct $route;

        /// Made by the chunk's own code; by the server's, where the page is rendered.
        #[cfg(feature = "browser")]
        #[leptos::wasm_split::wasm_split($chunk, wasm_split_path = ::leptos::wasm_split, preload($load), fallible)]
        fn $view() -> Result<AnyView, leptos::wasm_split::SplitLoaderError> {
            Ok($page)
        }

        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            async fn view(_this: Self) -> AnyView {
                #[cfg(feature = "browser")]
                {
                    let wanted = failed::Wanted::here();
                    match $view().await {
                        Ok(page) => page,
                        Err(_) => wanted.instead().await,
                    }
                }
                #[cfg(not(feature = "browser"))]
                {
                    // The document that is rendered says which chunks it needs.
                    leptos::prefetch_lazy_fn_on_server(stringify!($chunk));
                    $page
                }
            }

            #[cfg(feature = "browser")]
            async fn preload() {
                let wanted = failed::Wanted::here();
                match $load().await {
                    Ok(()) => crate::parts::dom::document_is_good(),
                    Err(_) => wanted.instead().await,
                }
            }
        }

        impl $route {
            /// Whether its code is there now.
            async fn prefetch() -> bool {
                #[cfg(feature = "browser")]
                {
                    $load().await.is_ok()
                }
                #[cfg(not(feature = "browser"))]
                true
            }
        }
    };
}

chunk!(BrowseRoute, browse_page, browse_view, load_browse, view! { <BrowsePage/> }.into_any());
chunk!(SearchRoute, search_page, search_view, load_search, view! { <SearchPage/> }.into_any());
chunk!(TitleRoute, title_page, title_view, load_title, view! { <TitlePage/> }.into_any());
chunk!(WatchRoute, watch_page, watch_view, load_watch, view! { <watch::WatchPage/> }.into_any());
chunk!(MyListRoute, my_list_page, my_list_view, load_my_list, view! { <MyListPage/> }.into_any());
chunk!(SettingsRoute, settings_page, settings_view, load_settings, view! { <SettingsPage/> }.into_any());
chunk!(SignInRoute, sign_in_page, sign_in_view, load_sign_in, view! { <SignInPage/> }.into_any());
chunk!(AccountRoute, account_page, account_view, load_account, view! { <AccountPage/> }.into_any());
chunk!(ProfilesRoute, profiles_page, profiles_view, load_profiles, view! { <ProfilesPage/> }.into_any());
chunk!(OperatorRoute, operator_page, operator_view, load_operator, view! { <OperatorPage/> }.into_any());

/// Lays the profile menu over whichever page is there.
#[cfg(feature = "browser")]
#[leptos::wasm_split::wasm_split(profile_menu, wasm_split_path = ::leptos::wasm_split, preload(load_profile_menu), fallible)]
fn mount_profile_menu(store: AppStore, is_open: RwSignal<bool>) -> Result<(), leptos::wasm_split::SplitLoaderError> {
    crate::parts::dom::lay_over(move || {
        provide_context(store);
        view! { <ProfileMenu is_open=is_open/> }.into_any()
    });
    Ok(())
}

/// What is done with lists: on every page, and for the log of changes.
#[cfg(feature = "browser")]
#[derive(Clone, Copy)]
struct LibraryCode {
    /// Lays the actions of cards over the page, once, and follows what changes elsewhere.
    mount: fn(AppStore),
    send: fn(AppStore, Mutation, Option<String>) -> BoxedFuture<Response<()>>,
}

#[cfg(feature = "browser")]
#[leptos::wasm_split::wasm_split(card_actions, wasm_split_path = ::leptos::wasm_split, fallible)]
fn library_code() -> Result<LibraryCode, leptos::wasm_split::SplitLoaderError> {
    Ok(LibraryCode {
        mount: |store| {
            if crate::parts::dom::is_first_mount() {
                live::follow(&store);
                crate::parts::dom::lay_over(move || {
                    provide_context(store);
                    view! { <CardActions/> <ContinueHere/> <OwnRows/> }.into_any()
                });
            }
        },
        send: |store, mutation, viewer| Box::pin(chunked::send_change(store, mutation, viewer)),
    })
}

/// What is asked and told of sessions of playback: its code comes with the watch page.
#[cfg(feature = "browser")]
#[derive(Clone, Copy)]
struct PlaybackCode {
    start: fn(AppStore, StartPlayback, Option<SaveProgress>) -> BoxedFuture<Response<PlaybackSession>>,
    save: fn(AppStore, SaveProgress, bool) -> BoxedFuture<Response<()>>,
}

#[cfg(feature = "browser")]
#[leptos::wasm_split::wasm_split(watch_page, wasm_split_path = ::leptos::wasm_split, fallible)]
fn playback_code() -> Result<PlaybackCode, leptos::wasm_split::SplitLoaderError> {
    Ok(PlaybackCode {
        start: |store, call, last| Box::pin(chunked::start_playback(store, call, last)),
        save: |store, call, is_last| Box::pin(chunked::save_progress(store, call, is_last)),
    })
}

/// Where the code does not come there is no session.
#[cfg(feature = "browser")]
pub async fn start_playback(store: AppStore, call: StartPlayback, last: Option<SaveProgress>) -> Response<PlaybackSession> {
    match playback_code().await {
        Ok(code) => (code.start)(store, call, last).await,
        Err(_) => not_here(),
    }
}

/// Tells how far a session is, and that it ends where this is its last word.
#[cfg(feature = "browser")]
pub async fn save_progress(store: AppStore, call: SaveProgress, is_last: bool) -> Response<()> {
    match playback_code().await {
        Ok(code) => (code.save)(store, call, is_last).await,
        Err(_) => not_here(),
    }
}

/// Has the actions of cards be there, and says whether they are.
#[cfg(feature = "browser")]
pub async fn mount_card_actions(store: AppStore) -> bool {
    let code = library_code().await;
    if let Ok(code) = &code {
        (code.mount)(store);
    }
    code.is_ok()
}

/// As [`mount_card_actions`], for a page that needs them at once.
pub fn fetch_card_actions(store: AppStore) {
    #[cfg(feature = "browser")]
    leptos::task::spawn_local(async {
        let _ = mount_card_actions(store).await;
    });
    #[cfg(not(feature = "browser"))]
    let _ = store;
}

/// Sends a change of the log; one whose code does not come has not arrived.
#[cfg(feature = "browser")]
pub async fn send_change(store: AppStore, mutation: Mutation, viewer: Option<String>) -> Response<()> {
    match library_code().await {
        Ok(code) => (code.send)(store, mutation, viewer).await,
        Err(_) => not_here(),
    }
}

/// Fetches the code of the profile menu, which is about to be opened.
pub fn fetch_profile_menu() {
    #[cfg(feature = "browser")]
    leptos::task::spawn_local(async {
        // Where it does not come, opening the menu says so.
        let _ = load_profile_menu().await;
    });
}

/// Opens the profile menu, or goes to the page `instead` where its code does not come.
pub fn open_profile_menu(menu: ProfileMenuState, store: AppStore, instead: String) {
    #[cfg(feature = "browser")]
    leptos::task::spawn_local(async move {
        if !menu.is_there.get_value() {
            menu.is_there.set_value(true);
            if mount_profile_menu(store, menu.is_open).await.is_err() {
                menu.is_there.set_value(false);
                failed::Wanted::at(instead).instead::<()>().await;
            }
        }
        menu.is_open.set(true);
    });
    #[cfg(not(feature = "browser"))]
    let _ = (menu, store, instead);
}

/// The code behind links, by how their addresses begin.
const PREFETCHES: &[Prefetch] = &[
    Prefetch { prefix: "/browse", fetch: || Box::pin(BrowseRoute::prefetch()) },
    Prefetch { prefix: "/search", fetch: || Box::pin(SearchRoute::prefetch()) },
    Prefetch { prefix: "/title/", fetch: || Box::pin(TitleRoute::prefetch()) },
    Prefetch { prefix: "/my-list", fetch: || Box::pin(MyListRoute::prefetch()) },
    Prefetch { prefix: "/sign-in", fetch: || Box::pin(SignInRoute::prefetch()) },
    Prefetch { prefix: "/account", fetch: || Box::pin(AccountRoute::prefetch()) },
    Prefetch { prefix: "/profiles", fetch: || Box::pin(ProfilesRoute::prefetch()) },
    Prefetch { prefix: "/operator", fetch: || Box::pin(OperatorRoute::prefetch()) },
    Prefetch { prefix: "/settings", fetch: || Box::pin(SettingsRoute::prefetch()) },
    Prefetch {
        prefix: "/watch/",
        fetch: || {
            Box::pin(async {
                let is_there = WatchRoute::prefetch().await;
                watch::prefetch_library().await;
                is_there
            })
        },
    },
];

/// Whether the code of the watch page is there, once it has been fetched.
pub async fn has_player() -> bool {
    WatchRoute::prefetch().await
}

/// Fetches the code behind a link as the viewer is about to follow it.
pub fn prefetch_on_intent() {
    on_intent(PREFETCHES);
}

#[cfg(feature = "browser")]
mod failed {
    //! The way on where the code of a page does not load.

    use leptos::prelude::*;
    use leptos_router::{hooks::use_url, location::Url};

    use crate::parts::{
        dom::{self, Way},
        load_failure::{Cause, LoadFailure},
    };

    /// The address of the page that the router is on its way to.
    pub struct Wanted(String);

    impl Wanted {
        /// To be asked for before anything is waited for: afterwards the router may be on another way.
        pub fn here() -> Self {
            Self(use_url().with_untracked(address))
        }

        pub const fn at(address: String) -> Self {
            Self(address)
        }

        /// The whole document, once; else words. Never comes back: there is no page to go on with, and to leave the router
        /// waiting is what keeps the page before usable until the document is there.
        pub async fn instead<T>(self) -> T {
            let cause = match dom::ask_for_document(&self.0) {
                Way::Document => None,
                Way::Words => Some(Cause::Missing),
                Way::Offline => Some(Cause::Offline),
            };
            if let Some(cause) = cause {
                let stay = dom::page_stays(&self.0).then_some(dom::stay as fn());
                dom::lay_over(move || view! { <LoadFailure address=self.0 cause=cause stay=stay/> });
            }
            std::future::pending().await
        }
    }

    fn address(url: &Url) -> String {
        let query = if url.search().is_empty() { String::new() } else { format!("?{}", url.search()) };
        format!("{}{query}{}", url.path(), url.hash())
    }
}
