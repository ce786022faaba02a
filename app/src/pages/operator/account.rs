//! One account: its role, whether it may sign in, its plan and what differs from it, and what both come to.

use contract::{
    Code,
    entitlements::{Entitlements, Plan, PutAccountEntitlements},
    identity::{Account, AccountRole, UpdateAccount},
    ids::AccountId,
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{
    Refused,
    document::{DocumentEditor, KnownFields, as_text, read, refusal_of},
    form_opened, is_saving, refusal, style,
};
use crate::{
    head::PageTitle,
    parts::{button, failure::Failure, select_field::SelectField, skeleton::TextSkeleton},
    store::{
        Shown,
        operator::{OperatorAction, operator},
    },
};

#[component]
pub fn AccountPage(id: AccountId) -> impl IntoView {
    let operator = operator();
    let again = operator.again();
    let account = operator.select(|state| state.account.shown());
    let document = operator.select(|state| match (state.entitlements.shown(), state.plans.shown()) {
        (Shown::Failed(problem), _) | (_, Shown::Failed(problem)) => Shown::Failed(problem),
        (Shown::Ready(entitlements), Shown::Ready(plans)) => Shown::Ready((entitlements, plans)),
        (Shown::Waiting | Shown::Ready(_), Shown::Waiting | Shown::Ready(_)) => Shown::Waiting,
    });
    let id = StoredValue::new(id);
    view! {
        <PageTitle text="Account \u{b7} Marquee"/>
        {move || match account.get() {
            Shown::Waiting => view! { <h1>"Account"</h1> <TextSkeleton lines=2/> }.into_any(),
            Shown::Failed(problem) => view! { <h1>"Account"</h1> <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(account) => view! { <Holder account=account/> }.into_any(),
        }}
        {move || match document.get() {
            Shown::Waiting => view! { <TextSkeleton lines=6/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready((entitlements, plans)) => {
                view! { <Document account=id.get_value() entitlements=entitlements plans=plans/> }.into_any()
            }
        }}
    }
}

#[component]
fn Holder(account: Account) -> impl IntoView {
    let dispatch = operator().dispatcher();
    let is_busy = is_saving();
    let (role, other_role, change) = match account.role {
        AccountRole::Operator => ("Runs this Marquee", AccountRole::Member, "Make a member"),
        AccountRole::Member => ("Member", AccountRole::Operator, "Make an operator"),
    };
    let (state, toggle) = if account.is_disabled { ("disabled", "Let sign in again") } else { ("may sign in", "Disable") };
    let provider = account.provider.map(|provider| format!(" \u{b7} through {provider}")).unwrap_or_default();
    let facts = format!("{} \u{b7} {role} \u{b7} {state}{provider}", account.login);
    let is_disabled = account.is_disabled;
    let is_kept = account.is_kept_operator;
    let id = StoredValue::new(account.id);
    let unchanged = move || UpdateAccount { id: id.get_value(), role: None, is_disabled: None, removes_factors: false };
    let set_role = move |_| {
        dispatch.run(OperatorAction::AccountChangeWanted(UpdateAccount { role: Some(other_role), ..unchanged() }));
    };
    let set_state = move |_| {
        let call = UpdateAccount { is_disabled: Some(!is_disabled), ..unchanged() };
        dispatch.run(OperatorAction::AccountChangeWanted(call));
    };
    let forget_factors = move |_| {
        dispatch.run(OperatorAction::AccountChangeWanted(UpdateAccount { removes_factors: true, ..unchanged() }));
    };
    view! {
        <header class=style::head>
            <h1>{account.name}</h1>
            <p class=style::quiet>{facts}</p>
            {is_kept.then(|| view! {
                <p role="status">
                    "The provider does not name them an operator any more. They stay one because nobody else runs this Marquee: make another one, and they stop being one when they next sign in."
                </p>
            })}
            <p class=style::buttons>
                <button class=button::QUIET disabled=move || is_busy.get() on:click=set_role>{change}</button>
                <button class=button::QUIET disabled=move || is_busy.get() on:click=set_state>{toggle}</button>
                <button class=button::QUIET disabled=move || is_busy.get() on:click=forget_factors>
                    "Take off second factor and passkeys"
                </button>
            </p>
        </header>
    }
    .into_any()
}

#[component]
fn Document(account: AccountId, entitlements: Entitlements, plans: Vec<Plan>) -> impl IntoView {
    let operator = operator();
    let (dispatch, again) = (operator.dispatcher(), operator.again());
    form_opened();
    let (problem, is_busy) = (refusal(), is_saving());
    let Entitlements { plan, overrides, authorization, version, notice, .. } = entitlements;
    let plan = RwSignal::new(plan.as_str().to_owned());
    let text = RwSignal::new(as_text(&overrides));
    let effective = serde_json::to_string_pretty(&authorization).unwrap_or_default();
    let options = plans.into_iter().map(|plan| (plan.id.as_str().to_owned(), plan.name)).collect();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What cannot be read says so at its line.
        let (Ok(overrides), Ok(plan)) = (text.with_untracked(|text| read(text)), plan.get_untracked().parse()) else { return };
        let call = PutAccountEntitlements { account: account.clone(), plan, overrides, expected_version: version };
        dispatch.run(OperatorAction::EntitlementsWanted(call));
    };
    let refused = Signal::derive(move || refusal_of("overrides", problem));
    view! {
        <div class=style::beside>
            <form class=style::group on:submit=submit>
                <h2>"What it may do"</h2>
                <SelectField label="Plan" name="plan" options=options value=plan/>
                <DocumentEditor
                    label="What differs from the plan"
                    name="overrides"
                    hint="JSON, laid over the plan; null takes a limit away."
                    text=text
                    refused=refused
                />
                <KnownFields/>
                <Refused fields=&["overrides"] problem=problem/>
                <p class=style::buttons>
                    <button class=button::PRIMARY disabled=move || is_busy.get()>"Save"</button>
                    <Show when=move || problem.with(|problem| problem.as_ref().is_some_and(|problem| problem.code == Code::VersionConflict))>
                        <button class=button::QUIET type="button" on:click=move |_| again.run(())>"Show what is stored now"</button>
                    </Show>
                </p>
            </form>
            <section class=style::group aria-labelledby="effective">
                <h2 id="effective">"What both come to"</h2>
                {notice.map(|notice| view! { <p role="alert">{notice}</p> })}
                <pre class=style::effective tabindex="0" aria-labelledby="effective">{effective}</pre>
            </section>
        </div>
    }
    .into_any()
}
