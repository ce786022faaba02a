//! One's own account: who one is, what the plan allows, the devices that are signed in, the password and
//! what else protects it, and billing.

mod allowed;
mod billing;
mod devices;
mod own_data;
mod password;
mod security;
pub mod statement;

use contract::identity::{Account, AccountRole, Identity};
use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::{button, confirm::Setting, failure::Failure, use_store},
    route::Route,
    store::{
        Shown, StateStoreFields,
        accounts::{AccountsAction, accounts},
    },
};
use allowed::Allowed;
use billing::Billing;
use devices::Devices;
use own_data::OwnData;
use password::Password;
use security::Security;
use statement::Statement;

stylance::import_crate_style!(style, "src/pages/account/account.module.scss");

/// What a factor is wanted for, each with a dialog of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Confirming {
    Security,
    Billing,
    OwnData,
}

impl Confirming {
    const fn setting(self) -> Setting {
        let (why, names) = match self {
            Self::Security => (
                "This changes what opens your account. The change goes on once you have shown who you are.",
                ["confirm-password", "confirm-code"],
            ),
            Self::Billing => (
                "This changes what stands on your bills. The change goes on once you have shown who you are.",
                ["confirm-billing-password", "confirm-billing-code"],
            ),
            Self::OwnData => (
                "This saves what is kept of you as a file. It is put together once you have shown who you are.",
                ["confirm-data-password", "confirm-data-code"],
            ),
        };
        Setting { why, path: "/account", names }
    }
}

#[component]
pub fn AccountPage() -> impl IntoView {
    let accounts = accounts();
    let again = accounts.again();
    let identity = accounts.select(|accounts| accounts.identity.shown());
    let (state, _) = use_store();
    let has_age_limit =
        Memo::new(move |_| state.watcher().with(|watcher| watcher.as_ref().is_some_and(|watcher| watcher.has_age_limit)));
    view! {
        <PageTitle text="Your account \u{b7} Marquee"/>
        <div class=style::page>
            {move || match identity.get() {
                Shown::Waiting => view! { <h1>"Your account"</h1> }.into_any(),
                Shown::Failed(problem) => view! { <h1>"Your account"</h1> <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(Identity { account: None, .. }) => view! { <Guest/> }.into_any(),
                Shown::Ready(Identity { account: Some(account), authorization, .. }) => {
                    let is_operator = account.role == AccountRole::Operator;
                    if has_age_limit.get() {
                        return view! {
                            <Holder account=account is_own=false/>
                            <p class=style::quiet>"A children\u{2019}s profile is watching. To change the account, choose another one."</p>
                        }
                        .into_any();
                    }
                    view! {
                    <Holder account=account is_own=true/>
                    <Allowed authorization=authorization/>
                    <Devices/>
                    <Password/>
                    <Security/>
                    <Statement/>
                    <Billing/>
                    <OwnData/>
                    {is_operator.then(|| view! { <Running/> })}
                }.into_any()
                }
            }}
        </div>
    }
}

/// For whoever is not signed in.
#[component]
fn Guest() -> impl IntoView {
    view! {
        <h1>"Your account"</h1>
        <p class=style::quiet>"You are not signed in."</p>
        <p><a class=button::PRIMARY href=Route::Account.sign_in().href()>"Sign in"</a></p>
    }
    .into_any()
}

/// For whoever runs the place.
#[component]
fn Running() -> impl IntoView {
    view! {
        <section class=style::group aria-labelledby="running">
            <h2 id="running">"Manage this Marquee"</h2>
            <p class=style::ways>
                <a class=button::QUIET href="/operator">"Operator desk"</a>
                <a class=button::QUIET href="/operator/accounts">"Accounts"</a>
                <a class=button::QUIET href="/operator/plans">"Plans"</a>
                <a class=button::QUIET href="/operator/reviews">"Reported reviews"</a>
            </p>
        </section>
    }
    .into_any()
}

/// Who one is, and the way out. Under a children’s profile nothing is said of what the account is here: it is not the child’s.
#[component]
fn Holder(account: Account, is_own: bool) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let role = match account.role {
        AccountRole::Operator => "Operator",
        AccountRole::Member => "Member",
    };
    view! {
        <header class=style::head>
            <h1>{account.name}</h1>
            <p class=style::quiet>{if is_own { format!("{} \u{b7} {role}", account.login) } else { account.login }}</p>
            <p class=style::ways>
                <a class=button::QUIET href="/profiles">"Profiles"</a>
                <button class=button::QUIET on:click=move |_| dispatch.run(AccountsAction::SignOutWanted)>"Sign out"</button>
            </p>
        </header>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_wanted_for_what_is_done_and_for_nothing_else() {
        let why = |what: Confirming| what.setting().why;
        assert!(why(Confirming::Security).contains("changes what opens your account"));
        assert!(why(Confirming::Billing).contains("changes what stands on your bills"));
        assert!(!why(Confirming::OwnData).contains("change"), "a file changes nothing");
        let names = [Confirming::Security, Confirming::Billing, Confirming::OwnData].map(|what| what.setting().names).concat();
        assert!(names.iter().enumerate().all(|(at, name)| !names.iter().skip(at + 1).any(|other| other == name)), "{names:?}");
    }
}
