//! Passkeys: what there is, and one more.

use contract::identity::{Passkey, Security as Overview};
use leptos::prelude::*;

use super::{super::style, in_words};
use crate::{
    parts::button,
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
            {passkeys.into_iter().map(|passkey| view! { <Snapshot passkey=passkey/> }).collect_view()}
        </ul>
        <p class=style::problem role="alert">{move || passkey.with(|passkey| passkey.failed().cloned()).map(in_words)}</p>
        <Show when=move || has_authenticator.get()>
            <p>
                <button
                    class=button::QUIET
                    disabled=move || passkey.with(|passkey| *passkey == Submission::Pending)
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
fn Snapshot(passkey: Passkey) -> impl IntoView {
    let dispatch = security().dispatcher();
    let Passkey { id, name, .. } = passkey;
    let label = format!("Remove the passkey {name}");
    view! {
        <li class=style::device>
            <span>{name}</span>
            <button
                class=button::QUIET
                aria-label=label
                on:click=move |_| dispatch.run(SecurityAction::PasskeyRemovalWanted { id: id.clone() })
            >
                "Remove"
            </button>
        </li>
    }
    .into_any()
}
