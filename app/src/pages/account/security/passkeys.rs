//! Passkeys: what there is, and one more.

use contract::identity::{Passkey, Security as Overview};
use leptos::prelude::*;

use super::{super::style, in_words};
use crate::{
    parts::{
        button,
        dialog::{ConfirmButton, Warning},
    },
    store::{
        Submission,
        run::authenticator,
        security::{SecurityAction, security},
    },
};

#[component]
pub fn Passkeys(overview: Overview) -> impl IntoView {
    let security = security();
    let dispatch = security.dispatcher();
    let passkey = security.select(|security| security.passkey.clone());
    let Overview { passkeys, passkeys_unavailable, .. } = overview;
    let is_possible = passkeys_unavailable.is_none();
    // Known in the browser alone, and after it has taken over.
    let has_authenticator = RwSignal::new(false);
    Effect::new(move || has_authenticator.set(is_possible && authenticator::is_there()));
    let says = passkeys_unavailable.unwrap_or_else(|| {
        "A passkey is kept by your device or your password manager, and signs in by itself: no name, no password, no code.".into()
    });
    view! {
        <h3>"Passkeys"</h3>
        <p class=style::quiet>{says}</p>
        <ul class=style::devices>
            {passkeys.into_iter().map(|passkey| view! { <Listed passkey=passkey/> }).collect_view()}
        </ul>
        <p class=style::problem role="alert">{move || passkey.with(|passkey| passkey.failed().cloned()).map(in_words)}</p>
        <Show when=move || has_authenticator.get()>
            <p>
                <button
                    class=button::QUIET
                    aria-disabled=move || passkey.with(|passkey| *passkey == Submission::Pending).to_string()
                    on:click=move |_| dispatch.run(SecurityAction::PasskeyWanted)
                >
                    "Add a passkey"
                </button>
            </p>
        </Show>
    }
    .into_any()
}

#[component]
fn Listed(passkey: Passkey) -> impl IntoView {
    let dispatch = security().dispatcher();
    let Passkey { id, name, .. } = passkey;
    let label = format!("Remove the passkey {name}");
    let dialog = format!("remove-{}", id.as_str());
    let warning = Warning {
        title: format!("Remove the passkey {name}?"),
        text: "It signs nobody in here any more. Delete it from the device or the password manager that keeps it, too."
            .to_owned(),
        action: "Remove",
    };
    let remove = Callback::new(move |()| dispatch.run(SecurityAction::PasskeyRemovalWanted { id: id.clone() }));
    view! {
        <li class=style::device>
            <span>{name}</span>
            <ConfirmButton
                id=dialog
                word=Signal::stored("Remove".to_owned())
                label=label
                warning=Signal::stored(warning)
                on_confirm=remove
            />
        </li>
    }
    .into_any()
}
