//! Signing in; and where nobody has an account yet, setting up: the same page with other words.

mod forms;
mod providers;

use contract::identity::{Identity, WaysIn};
use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::{button, failure::Failure, use_store},
    route::Route,
    store::{Shown, StateStoreFields, accounts::accounts},
};
use forms::{SetUpForm, SignInForm};
use providers::{Providers, Refused};

stylance::import_crate_style!(style, "src/pages/sign_in/sign_in.module.scss");

#[component]
pub fn SignInPage() -> impl IntoView {
    let accounts = accounts();
    let again = accounts.again();
    let identity = accounts.select(|accounts| accounts.identity.shown());
    view! {
        <PageTitle text="Sign in \u{b7} Marquee"/>
        <div class=style::page>
            {move || match identity.get() {
                Shown::Waiting => view! { <h1>"Sign in"</h1> }.into_any(),
                Shown::Failed(problem) => view! { <h1>"Sign in"</h1> <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(Identity { account: Some(account), .. }) => view! { <AlreadyIn name=account.name/> }.into_any(),
                Shown::Ready(Identity { ways_in, authorization, .. }) => {
                    view! { <Ways ways=ways_in is_closed=!authorization.may_browse/> }.into_any()
                }
            }}
            <p class=style::scriptless>"To sign in, allow JavaScript for this page."</p>
        </div>
    }
}

/// Where the viewer was before they came to sign in.
fn came_from(route: &Route) -> Option<&Route> {
    match route {
        Route::SignIn { from, .. } => from.as_deref(),
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Title { .. }
        | Route::Watch { .. }
        | Route::MyList { .. }
        | Route::Settings
        | Route::Account
        | Route::Profiles { .. }
        | Route::Operator(_)
        | Route::NotFound => None,
    }
}

#[component]
fn AlreadyIn(name: String) -> impl IntoView {
    let (state, _) = use_store();
    let from = state.route().with_untracked(|route| came_from(route).map(Route::href));
    let (way, word) = from.map_or_else(|| ("/".to_owned(), "Home"), |from| (from, "Continue"));
    view! {
        <h1>{format!("Hello, {name}.")}</h1>
        <p class=style::quiet>"You are signed in on this device."</p>
        <Refused/>
        <p class=style::ways>
            <a class=button::PRIMARY href=way>{word}</a>
            <a class=button::QUIET href="/account">"Your account"</a>
        </p>
    }
    .into_any()
}

/// A form, buttons for providers, or both. Where it is closed to guests, that is said first.
#[component]
fn Ways(ways: WaysIn, is_closed: bool) -> impl IntoView {
    let has_form = ways.local;
    let form = match ways {
        WaysIn { local: true, needs_setup: true, .. } => view! { <SetUpForm/> }.into_any(),
        WaysIn { local: true, needs_setup: false, .. } => view! { <SignInForm/> }.into_any(),
        WaysIn { local: false, ref providers, .. } if providers.is_empty() => view! { <NoWayIn/> }.into_any(),
        WaysIn { local: false, .. } => view! { <h1>"Sign in"</h1> }.into_any(),
    };
    view! {
        <Refused/>
        {is_closed.then(|| view! { <p class=style::quiet>"Sign in to watch."</p> })}
        {form}
        <Providers providers=ways.providers after_form=has_form/>
    }
    .into_any()
}

#[component]
fn NoWayIn() -> impl IntoView {
    view! {
        <h1>"Sign in"</h1>
        <p class=style::quiet>"Signing in with a password is switched off here. Ask whoever runs this Marquee how to enter."</p>
    }
    .into_any()
}
