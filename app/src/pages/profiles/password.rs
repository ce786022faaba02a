//! The account's password, where a children's profile is left for one that has no PIN.

use contract::{
    Code, Problem,
    identity::{Profile, SelectProfile},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{Side, style, turn};
use crate::{
    parts::{
        avatar::avatar,
        button,
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        Load,
        accounts::{AccountsAction, accounts},
    },
};

#[component]
pub fn PasswordForm(profile: Profile, side: RwSignal<Side>) -> impl IntoView {
    let accounts = accounts();
    let act = accounts.act();
    let password = RwSignal::new(String::new());
    let problem = accounts.select(|accounts| accounts.choosing.failed().cloned());
    let is_busy = accounts.select(|accounts| matches!(accounts.choosing, Load::Pending | Load::Ready(())));
    let face = avatar(&profile.name, &profile.colour);
    let heading = format!("Password for {}", profile.name);
    let watch = format!("Watch as {}", profile.name);
    let id = profile.id;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let call = SelectProfile { id: id.clone(), pin: None, password: Some(password.get_untracked()) };
        act.run(AccountsAction::SelectWanted(call));
    };
    Effect::new(move || {
        if problem.with(Option::is_some) {
            password.set(String::new());
        }
    });
    view! {
        <form class=style::narrow on:submit=submit>
            <span class=style::portrait>{face}</span>
            <h1>{heading}</h1>
            <p class=style::quiet>"This profile has no PIN, so it takes the password of this account to change to it."</p>
            <TextField
                label="Password"
                name="password"
                purpose=Purpose::CurrentPassword
                is_first=true
                value=password
                problem=problem.into()
            />
            <p class=style::problem role="alert">{move || problem.get().map(|problem| in_words(&problem))}</p>
            <button class=button::PRIMARY disabled=move || is_busy.get()>{watch}</button>
            <button class=button::QUIET type="button" on:click=move |_| turn(side, Side::Choose)>"Back"</button>
        </form>
    }
    .into_any()
}

fn in_words(problem: &Problem) -> String {
    if problem.code == Code::WrongCredentials {
        return "This password is not the right one.".to_owned();
    }
    problem.detail.clone().filter(|_| problem.code == Code::NotAllowed).unwrap_or_else(|| words::problem(problem))
}
