//! The two forms: a name and a password, or the first account.

use contract::{
    Code, Problem,
    identity::{SetUp, SignIn},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        Load,
        accounts::{Accounts, AccountsAction, accounts},
    },
};

/// For whoever has an account.
#[component]
pub fn SignInForm() -> impl IntoView {
    let act = accounts().act();
    let (login, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let problem = problem();
    let ask = move |replaces_oldest| {
        act.run(AccountsAction::SignInWanted(SignIn {
            login: login.get_untracked(),
            password: password.get_untracked(),
            replaces_oldest,
            ..SignIn::default()
        }));
    };
    view! {
        <h1>"Sign in"</h1>
        <Form send=move || ask(false) word="Sign in">
            <TextField label="Name" name="login" purpose=Purpose::Login value=login problem=problem/>
            <TextField label="Password" name="password" purpose=Purpose::CurrentPassword value=password problem=problem/>
        </Form>
        {move || {
            let oldest = problem.get().as_ref().and_then(oldest)?;
            let words = format!("Sign out {oldest} and go on");
            Some(view! { <button type="button" class=button::QUIET on:click=move |_| ask(true)>{words}</button> })
        }}
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
    let act = accounts().act();
    let value = || RwSignal::new(String::new());
    let (name, login, password) = (value(), value(), value());
    let problem = problem();
    let send = move || {
        let call = SetUp { login: login.get_untracked(), name: name.get_untracked(), password: password.get_untracked() };
        act.run(AccountsAction::SetUpWanted(call));
    };
    view! {
        <h1>"Open the doors"</h1>
        <p class=style::quiet>
            "Nobody has an account here yet. The one that you make now runs the place: it can make others, and say what they may do."
        </p>
        <Form send=send word="Make the account">
            <TextField label="What are you called?" name="name" purpose=Purpose::CalledName value=name problem=problem/>
            <TextField
                label="Name to sign in with"
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
                hint="10 characters or more: a few words that nobody would put together."
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
    let problem = problem();
    let is_busy = accounts.select(|accounts| matches!(accounts.entering, Load::Pending | Load::Ready(())));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
    };
    view! {
        <form class=style::form on:submit=submit aria-busy=move || is_busy.get().to_string()>
            {children()}
            <p class=style::problem role="alert">{move || problem.get().map(|problem| words::problem(&problem))}</p>
            <button class=button::PRIMARY disabled=move || is_busy.get()>{word}</button>
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
