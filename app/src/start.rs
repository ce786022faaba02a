//! How the store begins, and how it follows the address.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    route::Route,
    store::{Action, AppStore, StateStoreFields},
};

/// The store of this page: what the server preloaded, or what a rendered page was rendered from, or an empty one.
pub fn store() -> AppStore {
    #[cfg(feature = "ssr")]
    if let (Some(state), Some(client)) = (use_context::<std::sync::Arc<crate::store::State>>(), use_context()) {
        return AppStore::new(crate::store::State::clone(&state), client);
    }
    #[cfg(feature = "browser")]
    {
        browser::store()
    }
    #[cfg(not(feature = "browser"))]
    {
        // Routes are listed and parts are tested without a page around them.
        AppStore::new(crate::store::State::default(), crate::client::Client::Nobody)
    }
}

/// Says when the address changes; moves the focus to the new screen and reads out its title.
#[component]
pub fn Follow() -> impl IntoView {
    let store = expect_context::<AppStore>();
    let location = use_location();
    let path = location.pathname;
    Effect::new(move |_| {
        crate::pages::chunks::prefetch_on_intent();
        crate::parts::dom::restore_scroll(path);
    });
    let here = move |is_tracked: bool| {
        let (path, query) = if is_tracked {
            (location.pathname.get(), location.search.get())
        } else {
            (location.pathname.get_untracked(), location.search.get_untracked())
        };
        Route::parse(&path, query.trim_start_matches('?'))
    };
    Effect::new(move |before: Option<()>| {
        let route = here(true);
        if store.state.route().with_untracked(|now| *now == route) {
            return;
        }
        let is_first = before.is_none();
        if !matches!(route, Route::Watch { .. }) {
            enter(&store, route, is_first);
            return;
        }
        // A film claims a place among the account's streams: not before there is a player to give it back.
        let store = store.clone();
        leptos::task::spawn_local(async move {
            if crate::pages::chunks::has_player().await && here(false) == route {
                enter(&store, route, is_first);
            }
        });
    });
}

fn enter(store: &AppStore, route: Route, is_first: bool) {
    let stays = is_same_screen(&store.state.route().get_untracked(), &route);
    store.dispatch(Action::Opened(route));
    if !is_first && !stays {
        arrive(store);
    }
}

/// Whether only the filters or the words of a screen changed, so that the focus stays where it is.
fn is_same_screen(before: &Route, after: &Route) -> bool {
    before.screen().is_narrowed && std::mem::discriminant(before) == std::mem::discriminant(after)
}

fn arrive(store: &AppStore) {
    let store = store.clone();
    let before = document().title();
    // The screen is there in the next frame.
    request_animation_frame(move || {
        // Also where the focus was given back to what had opened the menu that led here.
        if let Some(main) = document().get_element_by_id("main") {
            crate::parts::dom::focus_first(&main);
        }
        announce_when_named(store, before, FRAMES_FOR_A_NAME);
    });
}

/// Frames that a screen may take until it has its own title: its code and what it shows may be on their way.
const FRAMES_FOR_A_NAME: u16 = 180;

fn announce_when_named(store: AppStore, before: String, frames: u16) {
    let title = document().title();
    if title != before || frames == 0 {
        crate::parts::dom::enter_screen();
        store.dispatch(Action::ScreenNamed(title));
    } else {
        request_animation_frame(move || announce_when_named(store, before, frames - 1));
    }
}

#[cfg(feature = "browser")]
mod browser {
    //! Beginning in a browser: take over a rendered page, or open the first screen.

    use std::cell::RefCell;

    use leptos::prelude::*;

    use contract::device::{DeviceClass, DeviceProfile};

    use crate::{
        client::{Client, http::Http, rendered},
        pages::chunks::mount_card_actions,
        parts::dom,
        route::Route,
        store::{Action, AppStore, State, StateStoreFields, run::replay},
    };

    thread_local! {
        /// The store of this page, from when the app is built to when it stands; and whether a server rendered the page.
        static BUILT: RefCell<Option<(AppStore, bool)>> = const { RefCell::new(None) };
    }

    /// When a first visit is over, in milliseconds: as the service worker, what cards can do is none of its weight. How often it is asked
    /// whether it is none.
    const AFTER_FIRST_VISIT: u32 = 4_000;
    const STEP: u32 = 200;
    /// How long it is waited for code that did not come, in milliseconds; longer each time.
    const PAUSE: u32 = 10_000;
    const LONGEST_PAUSE: u32 = 320_000;

    pub fn store() -> AppStore {
        // Without a rendered page the route is there from the first moment as well, so that to follow the address asks for
        // nothing before [`begin`] does.
        let route = current_route();
        let is_rendered = rendered::are_there();
        let mut state = if is_rendered { replay(Action::Started(route)) } else { State { route, ..State::default() } };
        state.device.profile.class = guessed_class();
        let store = AppStore::new(state, Client::Http(Http::default()));
        store.speak_for_viewer();
        BUILT.set(Some((store.clone(), is_rendered)));
        store
    }

    /// What the server takes the device for: until the browser was asked, the page is what was rendered for that.
    fn guessed_class() -> DeviceClass {
        let guess = document().document_element().and_then(|root| root.get_attribute("data-device"));
        guess.and_then(|guess| DeviceClass::parse(&guess).ok()).unwrap_or_default()
    }

    /// The app stands: from now on the state may differ from what was rendered.
    pub fn begin(profile: DeviceProfile) {
        let Some((store, is_rendered)) = BUILT.take() else { return };
        rendered::forget();
        dom::spare_transitions();
        #[cfg(debug_assertions)]
        crate::store::devtools::listen(store.clone());
        store.dispatch(Action::DeviceRecognised(profile));
        // The address may have changed meanwhile.
        store.dispatch(if is_rendered { Action::Hydrated } else { Action::Started(current_route()) });
        leptos::task::spawn_local(async move {
            first_visit_over(&store).await;
            // Without a network it would be fetched in vain.
            let mut pause = PAUSE;
            while dom::is_offline() || !mount_card_actions(store.clone()).await {
                dom::wait(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
    }

    /// Who signed in was here before, and sees at once what their other devices do.
    async fn first_visit_over(store: &AppStore) {
        for _ in 0..AFTER_FIRST_VISIT / STEP {
            if crate::parts::own_rows::are_written() || store.state.watcher().with_untracked(Option::is_some) {
                return;
            }
            dom::wait(STEP).await;
        }
    }

    fn current_route() -> Route {
        let location = window().location();
        let path = location.pathname().unwrap_or_default();
        let query = location.search().unwrap_or_default();
        Route::parse(&path, query.trim_start_matches('?'))
    }
}

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    use leptos::tachys::dom::body;

    // Already there where another part of the page started it, which is no failure.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    leptos::task::spawn_local(async {
        // Lazily: the code of the page at hand may still be on its way.
        leptos::mount::hydrate_from_async(body(), crate::App).await.forget();
        stands();
        browser::begin(crate::device::recognise().await);
    });
}

/// Draws the app where no server rendered a page: the static single-page app.
#[cfg(feature = "csr")]
pub fn mount() {
    let _ = any_spawner::Executor::init_wasm_bindgen();
    leptos::task::spawn_local(async {
        let profile = crate::device::recognise().await;
        leptos::mount::mount_to_body(crate::App);
        // At once: no part of the page has asked for anything yet.
        browser::begin(profile);
        stands();
    });
}

/// Tests and the curious see by it when the page answers.
#[cfg(feature = "browser")]
fn stands() {
    let _ = leptos::tachys::dom::body().set_attribute("data-ready", "");
}
