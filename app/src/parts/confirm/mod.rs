//! "Confirm it's you": the password, a code, a passkey, or a fresh sign-in at the provider, before a change goes on.

use contract::{
    Problem,
    identity::{Confirm as Call, Confirmation},
};
use leptos::{
    ev::{self, SubmitEvent},
    prelude::*,
};

use super::{
    button,
    dialog::Modal,
    passing::passing_words,
    skeleton::TextSkeleton,
    text_field::{Purpose, TextField},
};
use crate::store::{
    Shown, Submission,
    run::authenticator,
    step_up::{StepUp, StepUpAction},
};

stylance::import_crate_style!(style, "src/parts/confirm/confirm.module.scss");

/// Where it stands, and for what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Why a factor is wanted, for the viewer.
    pub why: &'static str,
    /// The page's path: where a provider leads back to.
    pub path: &'static str,
    /// The ids of its fields, which are one of a kind on a page.
    pub names: [&'static str; 2],
}

/// Shown while a change is held.
#[component]
pub fn Confirm<Q: Clone + PartialEq + Send + Sync + 'static>(
    step_up: Memo<StepUp<Q>>,
    dispatch: Callback<StepUpAction>,
    setting: Setting,
) -> impl IntoView {
    let is_wanted = Memo::new(move |_| step_up.with(StepUp::is_wanted));
    let ways = Memo::new(move |_| step_up.with(|step_up| step_up.ways.shown()));
    let confirming = Memo::new(move |_| step_up.with(|step_up| step_up.confirming.clone()));
    let heading = format!("{}-heading", setting.names[0]);
    let id = StoredValue::new(heading.clone());
    // Once it is confirmed it is closed already.
    let given_up = Callback::new(move |()| {
        if is_wanted.get_untracked() {
            dispatch.run(StepUpAction::GivenUp);
        }
    });
    view! {
        <Modal is_open=is_wanted on_close=given_up labelled_by=heading>
            <Dialog id=id.get_value() ways=ways confirming=confirming dispatch=dispatch setting=setting/>
        </Modal>
    }
    .into_any()
}

#[component]
fn Dialog(
    id: String,
    ways: Memo<Shown<Confirmation>>,
    confirming: Memo<Submission>,
    dispatch: Callback<StepUpAction>,
    setting: Setting,
) -> impl IntoView {
    let problem = passing_words(Signal::derive(move || {
        let refused = confirming.with(|confirming| confirming.failed().cloned());
        refused.or_else(|| ways.with(|ways| ways.failed().cloned()))
    }));
    // What confirms was not to be had without a network.
    Effect::new(move || {
        let online = window_event_listener(ev::online, move |_| dispatch.run(StepUpAction::CameOnline));
        on_cleanup(move || online.remove());
    });
    view! {
        <div class=style::dialog>
            <h2 id=id>"Confirm it\u{2019}s you"</h2>
            <p class=style::quiet>{setting.why}</p>
            {move || match ways.get() {
                Shown::Waiting => view! { <TextSkeleton lines=2/> }.into_any(),
                Shown::Ready(ways) => view! { <Ways ways=ways confirming=confirming dispatch=dispatch setting=setting/> }.into_any(),
                Shown::Failed(_) => ().into_any(),
            }}
            <p class=style::problem role="alert">{move || problem.get()}</p>
            <p><button class=button::QUIET type="button" on:click=move |_| dispatch.run(StepUpAction::GivenUp)>"Not now"</button></p>
        </div>
    }
    .into_any()
}

#[component]
fn Ways(ways: Confirmation, confirming: Memo<Submission>, dispatch: Callback<StepUpAction>, setting: Setting) -> impl IntoView {
    let Confirmation { takes_password, takes_code, takes_passkey, provider, .. } = ways;
    let has_authenticator = RwSignal::new(false);
    Effect::new(move || has_authenticator.set(takes_passkey && authenticator::is_there()));
    let is_busy = move || confirming.with(|confirming| *confirming == Submission::Pending);
    let [password_name, code_name] = setting.names;
    let path = setting.path;
    view! {
        {takes_password.then(|| view! {
            <Secret
                label="Your password"
                button="Confirm"
                name=password_name
                purpose=Purpose::CurrentPassword
                is_first=true
                confirming=confirming
                dispatch=dispatch
                call=|typed| Call { password: Some(typed), ..Call::default() }/>
        })}
        {takes_code.then(|| view! {
            <Secret
                label="Or a code"
                button="Confirm with the code"
                name=code_name
                purpose=Purpose::RecoveryCode
                is_first=false
                confirming=confirming
                dispatch=dispatch
                call=|typed| Call { code: Some(typed), ..Call::default() }/>
        })}
        <Show when=move || has_authenticator.get()>
            <p>
                <button class=button::QUIET type="button" aria-disabled=move || is_busy().to_string() on:click=move |_| dispatch.run(StepUpAction::PasskeyWanted)>
                    "Use a passkey"
                </button>
            </p>
        </Show>
        {provider.map(|provider| view! {
            <p>
                <a class=button::PRIMARY href=format!("/auth/{provider}?confirm=true&to={path}") rel="external">
                    "Sign in there again"
                </a>
            </p>
        })}
    }
    .into_any()
}

/// Something to be typed, and its button.
#[component]
fn Secret(
    label: &'static str,
    button: &'static str,
    name: &'static str,
    purpose: Purpose,
    is_first: bool,
    confirming: Memo<Submission>,
    dispatch: Callback<StepUpAction>,
    call: fn(String) -> Call,
) -> impl IntoView {
    let value = RwSignal::new(String::new());
    let problem: Signal<Option<Problem>> = Memo::new(move |_| confirming.with(|confirming| confirming.failed().cloned())).into();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        dispatch.run(StepUpAction::Wanted(call(value.get_untracked())));
    };
    // What was refused is typed anew.
    Effect::new(move || {
        if problem.with(Option::is_some) {
            value.set(String::new());
        }
    });
    view! {
        <form class=style::form on:submit=submit>
            <TextField label=label name=name purpose=purpose is_first=is_first value=value problem=problem/>
            <button class=button::PRIMARY aria-disabled=move || confirming.with(|confirming| *confirming == Submission::Pending).to_string()>
                {button}
            </button>
        </form>
    }
    .into_any()
}
