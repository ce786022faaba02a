//! The profile menu: who watches, and the ways to another profile, the account, the settings and out. For whoever is not
//! signed in: the way in.
//!
//! A chunk of its own (`pages/chunks.rs`), laid over the page when it is first opened and kept from then on.

use contract::identity::{Identity, Profile, SelectProfile, Watcher};
use leptos::{ev, prelude::*};

use super::{
    avatar::avatar,
    dialog::{Modal, Place},
    dom,
    icon::{Icon, icon},
    passing::passing_words,
    use_store,
};
use crate::{
    route::{Operator, Route},
    store::{
        Shown, StateStoreFields, Submission,
        accounts::{AccountsAction, accounts},
    },
};

stylance::import_crate_style!(style, "src/parts/profile_menu/profile_menu.module.scss");

const HEADING: &str = "profile-menu";

#[component]
pub fn ProfileMenu(is_open: RwSignal<bool>) -> impl IntoView {
    let (state, _) = use_store();
    let dispatch = accounts().dispatcher();
    let watcher = Memo::new(move |_| state.watcher().get());
    let look = move || {
        let is_signed_in = watcher.with_untracked(Option::is_some);
        dispatch.run(AccountsAction::MenuOpened { is_signed_in });
    };
    Effect::new(move || {
        if is_open.get() {
            look();
        }
    });
    // Whom it could not ask for without a network it asks for once there is one.
    Effect::new(move || {
        let online = window_event_listener(ev::online, move |_| {
            if is_open.get_untracked() {
                look()
            }
        });
        on_cleanup(move || online.remove());
    });
    // Whoever followed one of its links, or went back, is elsewhere.
    Effect::new(move |before: Option<()>| {
        state.route().track();
        if before.is_some() {
            is_open.set(false);
        }
    });
    follow_viewer_change();
    let close = Callback::new(move |()| is_open.set(false));
    view! {
        <Modal is_open=is_open on_close=close labelled_by=HEADING.to_owned() place=Place::Corner>
            {move || match watcher.get() {
                Some(watcher) => view! { <Member watcher=watcher close=close/> }.into_any(),
                None => view! { <Guest close=close/> }.into_any(),
            }}
        </Modal>
    }
    .into_any()
}

/// Where somebody else watches from now on, or nobody, the page that is loaded in the place of this one begins at its top.
pub fn follow_viewer_change() {
    let change = accounts().select(|accounts| (accounts.has_viewer_changed(), accounts.choosing == Submission::Done));
    Effect::new(move || {
        if let (true, is_chosen) = change.get() {
            dom::viewer_changed(is_chosen);
        }
    });
}

#[component]
fn Member(watcher: Watcher, close: Callback<()>) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let profiles = accounts().select(|accounts| accounts.profiles.shown());
    let said = passing_words(accounts().select(|accounts| accounts.choosing.failed().cloned()).into());
    let Watcher { name, colour, has_age_limit, is_operator, .. } = watcher;
    let reports = Route::Operator(Operator::Reviews { is_hidden: false });
    let others = move || match profiles.get() {
        Shown::Ready(profiles) => {
            let others = profiles.into_iter().filter(|profile| !profile.is_current);
            others
                .map(|profile| view! { <Other profile=profile asks_first=has_age_limit close=close/> })
                .collect_view()
                .into_any()
        }
        Shown::Waiting => view! { <li class=style::note role="status">"Looking for other profiles"</li> }.into_any(),
        Shown::Failed(problem) => view! { <li class=style::note role="alert">{problem.title}</li> }.into_any(),
    };
    view! {
        <h2 id=HEADING class=style::who>{avatar(&name, &colour)} {name}</h2>
        <ul class=style::list aria-label="Switch profile">
            {others}
            <Way href="/profiles".to_owned() word="All profiles" close=close/>
        </ul>
        <p class=style::problem role="alert">{move || said.get()}</p>
        <ul class=style::list>
            {(!has_age_limit).then(|| view! { <Way href=Route::Account.href() word="Your account" close=close/> })}
            {is_operator.then(|| view! { <Way href=Route::Operator(Operator::Desk).href() word="Operator desk" close=close/> })}
            {is_operator.then(|| view! { <Way href=reports.href() word="Reported reviews" close=close/> })}
            <Way href=Route::Settings.href() word="Settings" close=close/>
            <li>
                <button class=style::way type="button" on:click=move |_| dispatch.run(AccountsAction::SignOutWanted)>"Sign out"</button>
            </li>
        </ul>
    }
    .into_any()
}

/// Somebody else of the account: watches at once, or gives the PIN on the page of profiles. There, too, the account is asked
/// for before a profile with an age limit is left.
#[component]
fn Other(profile: Profile, asks_first: bool, close: Callback<()>) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let is_busy = accounts().select(|accounts| matches!(accounts.choosing, Submission::Pending | Submission::Done));
    let face = avatar(&profile.name, &profile.colour);
    let Profile { id, name, has_pin, .. } = profile;
    if has_pin || asks_first {
        let (state, _) = use_store();
        let chosen = Route::Profiles { chosen: Some(id.clone()), from: None };
        let href = chosen.href();
        // Where that page is there already, and was told "Not now", it is asked once more.
        let press = move |_| {
            close.run(());
            if !has_pin && state.route().with_untracked(|here| *here == chosen) {
                dispatch.run(AccountsAction::SelectWanted(SelectProfile { id: id.clone(), pin: None }));
            }
        };
        let hint = has_pin.then(|| view! { {icon(Icon::Lock)} <span class=style::visually_hidden>"asks for a PIN"</span> });
        return view! {
            <li>
                <a class=style::way href=href on:click=press>{face} {name} {hint}</a>
            </li>
        }
        .into_any();
    }
    let choose = move |_| dispatch.run(AccountsAction::SelectWanted(SelectProfile { id: id.clone(), pin: None }));
    view! {
        <li>
            <button class=style::way type="button" aria-disabled=move || is_busy.get().to_string() on:click=choose>{face} {name}</button>
        </li>
    }
    .into_any()
}

#[component]
fn Guest(close: Callback<()>) -> impl IntoView {
    let (state, _) = use_store();
    let needs_setup = accounts().select(|accounts| {
        let is_new = |identity: &Identity| identity.ways_in.local && identity.ways_in.needs_setup;
        accounts.identity.ready().is_some_and(is_new)
    });
    let href = state.route().with_untracked(|here| here.clone().sign_in().href());
    view! {
        <h2 id=HEADING class=style::who>"You are not signed in"</h2>
        <p class=style::note>
            {move || if needs_setup.get() {
                "Nobody has an account here yet. Create the first one, and this Marquee is yours to manage."
            } else {
                "With an account, what you started and your settings follow you to every device."
            }}
        </p>
        <ul class=style::list>
            <li>
                <a class=style::way href=href on:click=move |_| close.run(())>
                    {move || if needs_setup.get() { "Set up Marquee" } else { "Sign in" }}
                </a>
            </li>
            <Way href=Route::Settings.href() word="Settings" close=close/>
        </ul>
    }
    .into_any()
}

/// A link, which closes the menu also where it leads to the page at hand.
#[component]
fn Way(href: String, word: &'static str, close: Callback<()>) -> impl IntoView {
    view! {
        <li>
            <a class=style::way href=href on:click=move |_| close.run(())>{word}</a>
        </li>
    }
}
