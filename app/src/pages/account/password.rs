//! A new password.

use contract::{Problem, identity::ChangePassword};
use leptos::{ev::SubmitEvent, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        text_field::{Purpose, TextField},
    },
    store::{
        Submission,
        accounts::{AccountsAction, accounts},
    },
};

#[component]
pub fn Password() -> impl IntoView {
    let accounts = accounts();
    let dispatch = accounts.dispatcher();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let answer = accounts.select(|accounts| accounts.password.clone());
    let problem: Signal<Option<Problem>> = Memo::new(move |_| answer.with(|answer| answer.failed().cloned())).into();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        dispatch
            .run(AccountsAction::PasswordWanted(ChangePassword { current: current.get_untracked(), new: new.get_untracked() }));
    };
    Effect::new(move || {
        if answer.with(|answer| *answer == Submission::Done) {
            current.set(String::new());
            new.set(String::new());
        }
    });
    view! {
        <section class=style::group aria-labelledby="password-heading">
            <h2 id="password-heading">"Password"</h2>
            <form class=style::form on:submit=submit>
                <TextField label="Current password" name="current" purpose=Purpose::CurrentPassword value=current problem=problem/>
                <TextField
                    label="New password"
                    name="new"
                    purpose=Purpose::NewPassword
                    hint="10 characters or more. You will be signed out on all other devices, and API tokens that you made for scripts stop working."
                    value=new
                    problem=problem
                />
                <p class=style::problem role="alert">
                    {move || problem.get().map(|problem| problem.detail.unwrap_or(problem.title))}
                </p>
                <button class=button::QUIET aria-disabled=move || answer.with(|answer| *answer == Submission::Pending).to_string()>
                    "Change password"
                </button>
            </form>
        </section>
    }
    .into_any()
}
