//! A profile's PIN: typed, or put together with a remote control on the pad below the field.

use contract::{
    Code, Problem,
    identity::{Profile, SelectProfile},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{Side, leave, style, turn};
use crate::{
    parts::{
        avatar::avatar,
        button,
        icon::{Icon, icon},
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        Submission,
        accounts::{AccountsAction, accounts},
    },
};

/// Digits that a PIN has at most.
const LENGTH: usize = 8;

#[component]
pub fn PinForm(profile: Profile, side: RwSignal<Side>) -> impl IntoView {
    let accounts = accounts();
    let dispatch = accounts.dispatcher();
    let pin = RwSignal::new(String::new());
    let problem = accounts.select(|accounts| accounts.choosing.failed().cloned());
    let is_busy = accounts.select(|accounts| matches!(accounts.choosing, Submission::Pending | Submission::Done));
    let face = avatar(&profile.name, &profile.colour);
    let heading = format!("PIN for {}", profile.name);
    let watch = format!("Watch as {}", profile.name);
    let id = profile.id;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        dispatch.run(AccountsAction::SelectWanted(SelectProfile { id: id.clone(), pin: Some(pin.get_untracked()) }));
    };
    Effect::new(move || {
        if problem.with(Option::is_some) {
            pin.set(String::new());
        }
    });
    view! {
        <form class=style::narrow data-dismissible="" on:submit=submit on:keydown=move |event| leave(&event, side, Side::Choose)>
            <span class=style::portrait>{face}</span>
            <h1>{heading}</h1>
            <TextField label="PIN" name="pin" purpose=Purpose::Pin is_first=true value=pin problem=problem.into()/>
            <p class=style::problem role="alert">{move || problem.get().map(|problem| in_words(&problem))}</p>
            <Pad pin=pin/>
            <button class=button::PRIMARY aria-disabled=move || is_busy.get().to_string()>{watch}</button>
            <button class=button::QUIET type="button" on:click=move |_| turn(side, Side::Choose)>"Back"</button>
        </form>
    }
    .into_any()
}

/// Ten digits and one step back, three to a line as on a telephone.
#[component]
fn Pad(pin: RwSignal<String>) -> impl IntoView {
    let digit = move |digit: char| {
        let press = move |_| {
            pin.update(|pin| {
                if pin.len() < LENGTH {
                    pin.push(digit);
                }
            });
        };
        view! { <button class=style::digit type="button" on:click=press>{digit}</button> }
    };
    view! {
        <div class=style::pad role="group" aria-label="Digits">
            {('1'..='9').map(digit).collect_view()}
            <span></span>
            {digit('0')}
            <button
                class=style::digit
                type="button"
                aria-label="Take the last digit back"
                on:click=move |_| pin.update(|pin| pin.truncate(pin.len().saturating_sub(1)))
            >
                {icon(Icon::Left)}
            </button>
        </div>
    }
    .into_any()
}

fn in_words(problem: &Problem) -> String {
    match problem.code {
        Code::WrongCredentials => "This PIN is not the right one.".to_owned(),
        _ => words::problem(problem),
    }
}
