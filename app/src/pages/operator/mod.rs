//! The pages of whoever runs the place: accounts and plans. One chunk, for whoever comes for one comes for the others.

mod account;
mod accounts;
mod document;
mod plan;
mod plans;

use contract::Problem;
use leptos::prelude::*;
use leptos_router::components::A;

use super::not_found::NotFoundPage;
use crate::{
    parts::{use_store, words},
    route::{Operator, Route},
    store::{
        StateStoreFields, Submission,
        operator::{OperatorAction, operator},
    },
};
use account::AccountPage;
use accounts::AccountsPage;
use plan::PlanPage;
use plans::PlansPage;

stylance::import_crate_style!(style, "src/pages/operator/operator.module.scss");

#[component]
pub fn OperatorPage() -> impl IntoView {
    let (state, _) = use_store();
    let page = Memo::new(move |_| match state.route().get() {
        Route::Operator(page) => Some(page),
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Title { .. }
        | Route::Watch { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles
        | Route::NotFound => None,
    });
    view! {
        {move || match page.get() {
            None => view! { <NotFoundPage/> }.into_any(),
            Some(page) => view! {
                <div class=style::page>
                    <nav class=style::ways aria-label="Operator">
                        <A href="/operator/accounts" attr:class=style::way>"Accounts"</A>
                        <A href="/operator/plans" attr:class=style::way>"Plans"</A>
                    </nav>
                    {match page {
                        Operator::Accounts { q } => view! { <AccountsPage q=q/> }.into_any(),
                        Operator::Account { id } => view! { <AccountPage id=id/> }.into_any(),
                        Operator::Plans => view! { <PlansPage/> }.into_any(),
                        Operator::Plan { id } => view! { <PlanPage id=id/> }.into_any(),
                    }}
                </div>
            }.into_any(),
        }}
    }
}

/// What was wrong with the last try to save; forgotten as a new form comes to be.
fn refusal() -> Signal<Option<Problem>> {
    operator().select(|state| state.saving.failed().cloned()).into()
}

fn is_saving() -> Signal<bool> {
    operator().select(|state| state.saving == Submission::Pending).into()
}

fn form_opened() {
    let dispatch = operator().dispatcher();
    Effect::new(move || dispatch.run(OperatorAction::FormOpened));
}

/// A refusal as a whole, in words; what is wrong with a field of `fields` stands at the field.
#[component]
fn Refused(fields: &'static [&'static str], problem: Signal<Option<Problem>>) -> impl IntoView {
    let words = move || {
        let problem = problem.get()?;
        let is_at_field = problem.fields.iter().any(|wrong| fields.contains(&wrong.field.as_str()));
        (!is_at_field).then(|| words::problem(&problem))
    };
    view! { <p class=style::problem role="alert">{words}</p> }.into_any()
}
