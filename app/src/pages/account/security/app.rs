//! The authenticator app: off, being set up, or on.

use contract::{
    Problem,
    identity::{ConfirmTotp, NewTotp, RemoveTotp, RenewRecoveryCodes},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{super::style, in_words};
use crate::{
    parts::{
        button,
        dialog::{AlertDialog, ConfirmButton, Warning},
        text_field::{Purpose, TextField},
    },
    store::{
        Shown, Submission,
        security::{Security, SecurityAction, security},
    },
};

#[component]
pub fn App(has_totp: bool, codes_left: u8) -> impl IntoView {
    view! {
        <h3>"Authenticator app"</h3>
        {if has_totp { view! { <On codes_left=codes_left/> }.into_any() } else { view! { <Off/> }.into_any() }}
    }
    .into_any()
}

#[component]
fn Off() -> impl IntoView {
    let security = security();
    let dispatch = security.dispatcher();
    let totp = security.select(|security| security.totp.shown());
    let failed = security.select(|security| security.totp.failed().cloned());
    let is_asked = security.select(|security| security.totp.is_loading());
    move || {
        match totp.get() {
        Shown::Ready(totp) => view! { <Telling totp=totp/> }.into_any(),
        Shown::Waiting | Shown::Failed(_) => view! {
            <p class=style::quiet>
                "An app on your phone shows a new code every half minute. With it, the password alone opens nothing: signing in asks for the code, too."
            </p>
            <p class=style::problem role="alert">{move || failed.get().map(in_words)}</p>
            <p>
                <button
                    class=button::QUIET
                    aria-disabled=move || is_asked.get().to_string()
                    on:click=move |_| dispatch.run(SecurityAction::TotpWanted)
                >
                    "Set up an app"
                </button>
            </p>
        }
        .into_any(),
    }
    }
}

/// An app is told the secret, and proves it with a code.
#[component]
fn Telling(totp: NewTotp) -> impl IntoView {
    let dispatch = security().dispatcher();
    let code = RwSignal::new(String::new());
    let (problem, is_busy) = (problem(), is_busy());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        dispatch.run(SecurityAction::ConfirmWanted(ConfirmTotp { code: code.get_untracked() }));
    };
    view! {
        <p class=style::quiet>
            "Scan this with an authenticator app, or "
            <a href=totp.uri>"open it in an app on this device"</a>
            "."
        </p>
        <div class=style::qr role="img" aria-label="The secret as a QR code" inner_html=totp.qr_svg></div>
        <p class=style::quiet>"Or type it in: " <code class=style::secret>{in_groups(&totp.secret)}</code></p>
        <form class=style::form on:submit=submit>
            <TextField
                label="The code that it shows"
                name="code"
                purpose=Purpose::OneTimeCode
                hint="Six digits."
                value=code
                problem=problem
            />
            <p class=style::problem role="alert">{move || problem.get().map(in_words)}</p>
            <p class=style::ways>
                <button class=button::PRIMARY aria-disabled=move || is_busy.get().to_string()>"Turn it on"</button>
                <button class=button::QUIET type="button" on:click=move |_| dispatch.run(SecurityAction::TotpGivenUp)>"Not now"</button>
            </p>
        </form>
    }
    .into_any()
}

/// It asks for codes; with the password, its recovery codes are made anew, or it is turned off.
#[component]
fn On(codes_left: u8) -> impl IntoView {
    let dispatch = security().dispatcher();
    let password = RwSignal::new(String::new());
    let (problem, is_busy) = (problem(), is_busy());
    // Enter in the field asks for the codes: what turns the app off is pressed.
    let asks_codes = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !is_busy.get_untracked() {
            asks_codes.set(Some(Warning {
                title: "Make new recovery codes?".to_owned(),
                text: "The codes that you have stop working at once. The new ones are shown once.".to_owned(),
                action: "Make new codes",
            }));
        }
    };
    let renew = Callback::new(move |()| {
        dispatch.run(SecurityAction::RenewWanted(RenewRecoveryCodes { password: password.get_untracked() }));
    });
    let remove =
        Callback::new(move |()| dispatch.run(SecurityAction::RemoveWanted(RemoveTotp { password: password.get_untracked() })));
    let warning = Warning {
        title: "Turn the authenticator app off?".to_owned(),
        text: "The password alone signs in from then on, and the recovery codes stop working.".to_owned(),
        action: "Turn off",
    };
    view! {
        <p class=style::quiet>{format!("On: signing in asks for its code. {codes_left} of 10 recovery codes are left.")}</p>
        <form class=style::form on:submit=submit>
            <TextField
                label="Your password"
                name="factor-password"
                purpose=Purpose::CurrentPassword
                hint="New codes replace the old ones."
                value=password
                problem=problem
            />
            <p class=style::problem role="alert">{move || problem.get().map(in_words)}</p>
            <div class=style::ways>
                <button class=button::QUIET aria-haspopup="dialog" aria-disabled=move || is_busy.get().to_string()>
                    "Make new recovery codes"
                </button>
                <ConfirmButton
                    id="turn-app-off"
                    word=Signal::stored("Turn the app off".to_owned())
                    warning=Signal::stored(warning)
                    is_busy=is_busy
                    on_confirm=remove
                />
            </div>
        </form>
        <AlertDialog id="renew-codes".to_owned() warning=asks_codes on_confirm=renew/>
    }
    .into_any()
}

fn problem() -> Signal<Option<Problem>> {
    security().select(Security::refusal).into()
}

fn is_busy() -> Memo<bool> {
    security().select(|security| security.change == Submission::Pending)
}

/// As one types it: four and four.
fn in_groups(secret: &str) -> String {
    let mut words = String::with_capacity(secret.len() + secret.len() / 4);
    for (at, letter) in secret.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            words.push(' ');
        }
        words.push(letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups_of_four() {
        assert_eq!(in_groups("GEZDGNBVGY"), "GEZD GNBV GY");
        assert_eq!(in_groups(""), "");
    }
}
