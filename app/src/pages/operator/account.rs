//! One account: its role, whether it may sign in, its plan and what differs from it, and what is in effect.

use contract::{
    entitlements::{Entitlements, Plan, PutAccountEntitlements},
    identity::{Account, AccountRole, UpdateAccount},
    ids::AccountId,
};
use leptos::{ev::SubmitEvent, html, prelude::*};

use super::{
    Refused, Save,
    document::{DocumentEditor, KnownFields, as_text, read_or_nothing, read_to_send, refusal_of},
    follow_version, following, form_opened, is_saving, refusal, shape, style,
};
use crate::{
    head::PageTitle,
    pages::account::statement::{Statement, Whose},
    parts::{
        button,
        dialog::{ConfirmButton, Warning},
        dom,
        failure::Failure,
        select_field::SelectField,
        skeleton::TextSkeleton,
    },
    store::{
        Shown,
        operator::{OperatorAction, operator},
    },
};

#[component]
pub fn AccountPage(id: AccountId) -> impl IntoView {
    let operator = operator();
    let again = operator.again();
    let account_shape = operator.select(|state| shape(state.account.shown()));
    let account = operator.select(|state| state.account.ready().cloned());
    let document_shape = operator.select(|state| match (shape(state.entitlements.shown()), shape(state.plans.shown())) {
        (Shown::Failed(problem), _) | (_, Shown::Failed(problem)) => Shown::Failed(problem),
        (Shown::Ready(()), Shown::Ready(())) => Shown::Ready(()),
        (Shown::Waiting | Shown::Ready(()), Shown::Waiting | Shown::Ready(())) => Shown::Waiting,
    });
    let document = operator.select(|state| state.entitlements.ready().cloned().zip(state.plans.ready().cloned()));
    let id = StoredValue::new(id);
    // An earlier month may have been owed by another plan than that of now: where none has a price, nothing was likely owed.
    let may_owe = operator.select(|state| state.plans.ready().is_some_and(|plans| plans.iter().any(has_price)));
    view! {
        <PageTitle text="Account \u{b7} Marquee"/>
        {move || match account_shape.get() {
            Shown::Waiting => view! { <h1>"Account"</h1> <TextSkeleton lines=2/> }.into_any(),
            Shown::Failed(problem) => view! { <h1>"Account"</h1> <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(()) => following(account).map(|account| view! { <Holder account=account/> }).into_any(),
        }}
        {move || match document_shape.get() {
            Shown::Waiting => view! { <TextSkeleton lines=6/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(()) => {
                following(document).map(|stored| view! { <Document account=id.get_value() stored=stored/> }).into_any()
            }
        }}
        <Show when=move || may_owe.get()>
            <Statement whose=Whose::Another/>
        </Show>
    }
}

fn has_price(plan: &Plan) -> bool {
    plan.price.as_ref().is_some_and(|price| !price.is_empty())
}

#[component]
fn Holder(account: Memo<Account>) -> impl IntoView {
    let dispatch = operator().dispatcher();
    let is_busy = is_saving();
    let change = move |change: fn(&Account, UpdateAccount) -> UpdateAccount| {
        Callback::new(move |()| {
            let account = account.get_untracked();
            let unchanged = UpdateAccount { id: account.id.clone(), role: None, is_disabled: None, removes_factors: false };
            dispatch.run(OperatorAction::AccountChangeWanted(change(&account, unchanged)));
        })
    };
    let set_role = change(|account, call| UpdateAccount { role: Some(other(account.role)), ..call });
    let set_state = change(|account, call| UpdateAccount { is_disabled: Some(!account.is_disabled), ..call });
    let forget_factors = change(|_, call| UpdateAccount { removes_factors: true, ..call });
    let is_disabled = Memo::new(move |_| account.with(|account| account.is_disabled));
    // The button that was pressed gives way to the one that takes it back, which is the second of them.
    let buttons = NodeRef::<html::Div>::new();
    Effect::new(move |before: Option<()>| {
        is_disabled.track();
        if before.is_some()
            && let Some(buttons) = buttons.get_untracked()
        {
            dom::rescue_focus(&buttons, "button", 1);
        }
    });
    view! {
        <header class=style::head>
            <h1>{move || account.with(|account| account.name.clone())}</h1>
            <p class=style::quiet>{move || account.with(facts)}</p>
            {move || account.with(|account| account.is_kept_operator).then(|| view! {
                <p role="status">
                    "The provider does not name them an operator any more. They stay one because nobody else manages this Marquee: make another one, and they stop being one when they next sign in."
                </p>
            })}
            <div node_ref=buttons class=style::buttons>
                <ConfirmButton
                    id="change-role"
                    word=Signal::derive(move || account.with(|account| to_role(account.role)).to_owned())
                    warning=Signal::derive(move || account.with(role_warning))
                    is_busy=is_busy
                    on_confirm=set_role
                />
                // Letting somebody in again takes nothing away.
                <Show
                    when=move || is_disabled.get()
                    fallback=move || view! {
                        <ConfirmButton
                            id="disable"
                            word=Signal::stored("Disable".to_owned())
                            warning=Signal::derive(move || account.with(disable_warning))
                            is_busy=is_busy
                            on_confirm=set_state
                        />
                    }
                >
                    <button class=button::QUIET aria-disabled=move || is_busy.get().to_string() on:click=move |_| set_state.run(())>
                        "Let sign in again"
                    </button>
                </Show>
                <ConfirmButton
                    id="remove-factors"
                    word=Signal::stored("Remove second factor and passkeys".to_owned())
                    warning=Signal::derive(move || account.with(factors_warning))
                    is_busy=is_busy
                    on_confirm=forget_factors
                />
            </div>
        </header>
    }
    .into_any()
}

fn facts(account: &Account) -> String {
    let role = match account.role {
        AccountRole::Operator => "Operator",
        AccountRole::Member => "Member",
    };
    let state = if account.is_disabled { "disabled" } else { "may sign in" };
    let provider = account.provider.as_ref().map(|provider| format!(" \u{b7} through {provider}")).unwrap_or_default();
    format!("{} \u{b7} {role} \u{b7} {state}{provider}", account.login)
}

const fn other(role: AccountRole) -> AccountRole {
    match role {
        AccountRole::Operator => AccountRole::Member,
        AccountRole::Member => AccountRole::Operator,
    }
}

const fn to_role(role: AccountRole) -> &'static str {
    match role {
        AccountRole::Operator => "Make a member",
        AccountRole::Member => "Make an operator",
    }
}

fn role_warning(account: &Account) -> Warning {
    let name = &account.name;
    match account.role {
        AccountRole::Operator => Warning {
            title: format!("Make {name} a member?"),
            text: format!("{name} can no longer manage accounts and plans here."),
            action: "Make a member",
        },
        AccountRole::Member => Warning {
            title: format!("Make {name} an operator?"),
            text: format!(
                "{name} can then manage every account and plan here, yours included, and decide who else is an operator."
            ),
            action: "Make an operator",
        },
    }
}

fn disable_warning(account: &Account) -> Warning {
    Warning {
        title: format!("Disable {}?", account.name),
        text: "They are signed out on every device and cannot sign in until you let them. Nothing of theirs is deleted."
            .to_owned(),
        action: "Disable",
    }
}

fn factors_warning(account: &Account) -> Warning {
    Warning {
        title: format!("Remove {}\u{2019}s second factor and passkeys?", account.name),
        text: "Their password alone signs in from then on. They have to set up an app and passkeys anew.".to_owned(),
        action: "Remove",
    }
}

/// What is typed stays as it is typed until another version is stored.
#[component]
fn Document(account: AccountId, stored: Memo<(Entitlements, Vec<Plan>)>) -> impl IntoView {
    let operator = operator();
    let (dispatch, again) = (operator.dispatcher(), operator.again());
    form_opened();
    let (problem, is_busy) = (refusal(), is_saving());
    let version = Memo::new(move |_| stored.with(|(entitlements, _)| entitlements.version));
    let fields = move || {
        stored.with_untracked(|(entitlements, _)| (entitlements.plan.as_str().to_owned(), as_text(&entitlements.overrides)))
    };
    let (plan, text) = fields();
    let (plan, text) = (RwSignal::new(plan), RwSignal::new(text));
    follow_version(version, move || {
        let (stored_plan, stored_text) = fields();
        plan.set(stored_plan);
        text.set(stored_text);
    });
    let effective =
        move || stored.with(|(entitlements, _)| serde_json::to_string_pretty(&entitlements.authorization).unwrap_or_default());
    let notice = Memo::new(move |_| stored.with(|(entitlements, _)| entitlements.notice.clone()));
    let options = stored.with_untracked(|(_, plans)| {
        plans.iter().map(|plan| (plan.id.as_str().to_owned(), plan.name.clone())).collect::<Vec<_>>()
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What cannot be read says so at its line.
        let Some(overrides) = read_to_send("overrides", text, read_or_nothing) else { return };
        let Ok(plan) = plan.get_untracked().parse() else { return };
        let expected_version = version.get_untracked();
        let call = PutAccountEntitlements { account: account.clone(), plan, overrides, expected_version };
        dispatch.run(OperatorAction::EntitlementsWanted(call));
    };
    let refused = Signal::derive(move || refusal_of("overrides", problem));
    view! {
        <div class=style::beside>
            <form class=style::group on:submit=submit>
                <h2>"What this account may do"</h2>
                <SelectField label="Plan" name="plan" options=options value=plan/>
                <DocumentEditor
                    label="Exceptions for this account"
                    name="overrides"
                    hint="As JSON: what stands here replaces what the plan says. null means no limit."
                    text=text
                    refused=refused
                    read=read_or_nothing
                />
                <KnownFields/>
                <Refused fields=&["overrides"] problem=problem/>
                <Save is_busy=is_busy problem=problem again=again/>
            </form>
            <section class=style::group aria-labelledby="effective">
                <h2 id="effective">"What applies now"</h2>
                {move || notice.get().map(|notice| view! { <p role="alert">{notice}</p> })}
                <pre class=style::effective tabindex="0" aria-labelledby="effective">{effective}</pre>
            </section>
        </div>
    }
    .into_any()
}
