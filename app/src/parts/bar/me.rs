//! The button that opens the profile menu, whose code is fetched as the button is approached. Without JavaScript it is a
//! form that leads to the page where one says who watches, or to the settings.

use leptos::prelude::*;
use reactive_stores::Store;

use super::{
    super::{
        avatar::avatar,
        icon::{Icon, icon},
        reactive::attribute,
        use_store,
    },
    style,
};
use crate::{
    pages::chunks::{fetch_profile_menu, open_profile_menu},
    route::Route,
    store::{State, StateStoreFields},
};

/// Whether the menu is open, for every button that opens it.
#[derive(Clone, Copy)]
pub struct ProfileMenuState {
    pub is_open: RwSignal<bool>,
    /// Whether it was laid over the page already.
    pub is_there: StoredValue<bool>,
}

impl ProfileMenuState {
    /// For the whole app: the menu stays when the bar goes.
    pub fn provide() {
        provide_context(Self::closed());
    }

    fn closed() -> Self {
        Self { is_open: RwSignal::new(false), is_there: StoredValue::new(false) }
    }
}

/// `word` stands below the face on a phone, and names the button there.
#[component]
pub fn Me(class: &'static str, word: Option<&'static str>) -> impl IntoView {
    let (state, _) = use_store();
    // A server that draws the button by itself opens nothing.
    let menu = use_context::<ProfileMenuState>().unwrap_or_else(ProfileMenuState::closed);
    let store = expect_context::<crate::store::AppStore>();
    let is_here = Memo::new(move |_| {
        state.route().with(|route| matches!(route, Route::Settings | Route::Account | Route::Profiles { .. }))
    });
    view! {
        <form class=style::opener method="get" action=attribute(move || Some(instead(state)))>
            <button
                class=class
                aria-label=attribute(move || word.is_none().then(|| name(state)))
                aria-haspopup="dialog"
                aria-expanded=attribute(move || Some(menu.is_open.get().to_string()))
                aria-current=attribute(move || is_here.get().then(|| "page".to_owned()))
                on:pointerenter=|_| fetch_profile_menu()
                on:focus=|_| fetch_profile_menu()
                on:click=move |event| {
                    event.prevent_default();
                    open_profile_menu(menu, store.clone(), instead(state));
                }
            >
                {move || face(state)}
                {word}
            </button>
        </form>
    }
    .into_any()
}

fn instead(state: Store<State>) -> String {
    let is_member = state.watcher().with_untracked(Option::is_some);
    if is_member { Route::Home.profiles().href() } else { Route::Settings.href() }
}

fn name(state: Store<State>) -> String {
    state.watcher().with(|watcher| match watcher {
        Some(watcher) => format!("{}: profile menu", watcher.name),
        None => "Profile menu".to_owned(),
    })
}

fn face(state: Store<State>) -> AnyView {
    match state.watcher().get() {
        Some(watcher) => avatar(&watcher.name, &watcher.colour).into_any(),
        None => icon(Icon::Person).into_any(),
    }
}
