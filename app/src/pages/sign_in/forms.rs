//! The two forms: a name and a password, or the first account.

use contract::{
    Code, Problem,
    device::DeviceClass,
    identity::{SetUp, SignIn},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        passing::passing_words,
        text_field::{Purpose, TextField},
        use_store,
    },
    store::{
        StateStoreFields, Submission,
        accounts::{Accounts, AccountsAction, accounts},
        run::authenticator,
    },
};

/// For whoever has an account: the name and the password, or a passkey, and the code where the account asks for one.
#[component]
pub fn SignInForm() -> impl IntoView {
    let needs_code = accounts().select(|accounts| accounts.needs_code);
    // They outlive the first step: the second one sends them again.
    let (login, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    move || match needs_code.get() {
        true => view! { <CodeStep login=login password=password/> }.into_any(),
        false => view! { <PasswordStep login=login password=password/> }.into_any(),
    }
}

#[component]
fn PasswordStep(login: RwSignal<String>, password: RwSignal<String>) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let problem = problem();
    // What was tried last: it is tried again where a device makes room.
    let is_passkey = RwSignal::new(false);
    let with_passkey = move |replaces_oldest| {
        is_passkey.set(true);
        dispatch.run(AccountsAction::PasskeyWanted { replaces_oldest });
    };
    let ask = move |replaces_oldest| {
        is_passkey.set(false);
        dispatch.run(AccountsAction::SignInWanted(SignIn {
            login: login.get_untracked(),
            password: password.get_untracked(),
            replaces_oldest,
            ..SignIn::default()
        }));
    };
    // Known in the browser alone, and after it has taken over.
    let has_passkeys = RwSignal::new(false);
    // Where no keyboard comes up over the page for it.
    let (state, _) = use_store();
    let is_computer = state.device().with_untracked(|device| device.profile.class == DeviceClass::Desktop);
    Effect::new(move || has_passkeys.set(authenticator::is_there()));
    view! {
        <h1>"Sign in"</h1>
        <Form send=move || ask(false) word="Sign in">
            <TextField label="Sign-in name" name="login" purpose=Purpose::Login is_first=is_computer value=login problem=problem/>
            <TextField label="Password" name="password" purpose=Purpose::CurrentPassword value=password problem=problem/>
        </Form>
        <MakesRoom go_on=move || if is_passkey.get_untracked() { with_passkey(true) } else { ask(true) }/>
        <Show when=move || has_passkeys.get()>
            <button class=button::QUIET on:click=move |_| with_passkey(false)>"Use a passkey"</button>
        </Show>
    }
    .into_any()
}

/// Where there is no room for another device: signs out the one that was seen longest ago, and goes on.
#[component]
fn MakesRoom(go_on: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let problem = problem();
    move || {
        let oldest = problem.get().as_ref().and_then(oldest)?;
        let words = format!("Sign out {oldest} and go on");
        Some(view! { <button type="button" class=button::QUIET on:click=move |_| go_on()>{words}</button> })
    }
}

/// The code of the authenticator app, or one that stands in for it.
#[component]
fn CodeStep(login: RwSignal<String>, password: RwSignal<String>) -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let problem = problem();
    let (code, is_recovery) = (RwSignal::new(String::new()), RwSignal::new(false));
    let ask = move |replaces_oldest| {
        dispatch.run(AccountsAction::SignInWanted(SignIn {
            login: login.get_untracked(),
            password: password.get_untracked(),
            code: Some(code.get_untracked()),
            replaces_oldest,
        }));
    };
    let field = move || match is_recovery.get() {
        true => view! {
            <TextField
                label="Recovery code"
                name="code"
                purpose=Purpose::RecoveryCode
                hint="Each is good once."
                is_first=true
                value=code
                problem=problem
            />
        },
        false => view! {
            <TextField
                label="Code"
                name="code"
                purpose=Purpose::OneTimeCode
                hint="Six digits, from your authenticator app."
                is_first=true
                value=code
                problem=problem
            />
        },
    };
    let other = move || {
        code.set(String::new());
        is_recovery.update(|is_recovery| *is_recovery = !*is_recovery);
    };
    view! {
        <h1>"One more step"</h1>
        <Form send=move || ask(false) word="Go on">{field}</Form>
        <MakesRoom go_on=move || ask(true)/>
        <p class=style::ways>
            <button class=button::QUIET on:click=move |_| other()>
                {move || if is_recovery.get() { "Use the app" } else { "Use a recovery code" }}
            </button>
            <button class=button::QUIET on:click=move |_| dispatch.run(AccountsAction::CodeGivenUp)>"Back"</button>
        </p>
    }
    .into_any()
}

/// The device that would make room for this one, where that is all that is wrong.
fn oldest(problem: &Problem) -> Option<String> {
    let field = problem.fields.iter().find(|field| field.field == "replaces_oldest");
    field.filter(|_| problem.code == Code::LimitReached).map(|field| field.message.clone())
}

/// For the first who comes.
#[component]
pub fn SetUpForm() -> impl IntoView {
    let dispatch = accounts().dispatcher();
    let value = || RwSignal::new(String::new());
    let (name, login, password) = (value(), value(), value());
    let problem = problem();
    let send = move || {
        let call = SetUp { login: login.get_untracked(), name: name.get_untracked(), password: password.get_untracked() };
        dispatch.run(AccountsAction::SetUpWanted(call));
    };
    view! {
        <h1>"Set up Marquee"</h1>
        <p class=style::quiet>
            "Nobody has an account here yet. The first one manages this Marquee: it can add accounts for others and decide what they may watch."
        </p>
        <Form send=send word="Create account">
            <TextField label="Your name" name="name" purpose=Purpose::CalledName value=name problem=problem/>
            <TextField
                label="Sign-in name"
                name="login"
                purpose=Purpose::Login
                hint="Capital letters make no difference."
                value=login
                problem=problem
            />
            <TextField
                label="Password"
                name="password"
                purpose=Purpose::NewPassword
                hint="10 characters or more. Four unrelated words are easy to remember and hard to guess."
                value=password
                problem=problem
            />
        </Form>
    }
    .into_any()
}

/// What was wrong with the last try.
fn problem() -> Signal<Option<Problem>> {
    let accounts = accounts();
    accounts.select(Accounts::refusal).into()
}

/// The fields, what was wrong with all of them together, and the button.
#[component]
fn Form(send: impl Fn() + Copy + Send + Sync + 'static, word: &'static str, children: Children) -> impl IntoView {
    let accounts = accounts();
    let said = passing_words(problem());
    let is_busy = accounts.select(|accounts| matches!(accounts.entering, Submission::Pending | Submission::Done));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
    };
    view! {
        <form class=style::form on:submit=submit aria-busy=move || is_busy.get().to_string()>
            {children()}
            <p class=style::problem role="alert">{move || said.get()}</p>
            <button class=button::PRIMARY aria-disabled=move || is_busy.get().to_string()>{word}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use contract::FieldError;

    use super::*;

    #[test]
    fn a_button_is_offered_where_another_device_would_make_room() {
        let mut full = Problem::new(Code::LimitReached);
        assert_eq!(oldest(&full), None, "no device is allowed at all");
        full.fields.push(FieldError { field: "replaces_oldest".into(), message: "Firefox on Linux".into() });
        assert_eq!(oldest(&full).as_deref(), Some("Firefox on Linux"));
        assert_eq!(oldest(&Problem::invalid("replaces_oldest", "true or false")), None);
    }
}
