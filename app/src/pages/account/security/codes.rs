//! Recovery codes, the one time that they are shown.

use contract::identity::RecoveryCodes;
use leptos::prelude::*;

use super::super::style;
use crate::{
    parts::button,
    store::security::{SecurityAction, security},
};

#[component]
pub fn Codes(codes: RecoveryCodes) -> impl IntoView {
    let dispatch = security().dispatcher();
    // A file that the browser makes itself: letters, digits and hyphens need no escaping, ends of lines do.
    let file = format!("data:text/plain,{}%0A", codes.recovery_codes.join("%0A"));
    view! {
        <h3>"Your recovery codes"</h3>
        <p class=style::quiet>
            "Each stands in for the app once. Keep them where you find them without your phone: they are not shown again."
        </p>
        <ol class=style::codes>
            {codes.recovery_codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
        </ol>
        <p class=style::ways>
            <button class=button::QUIET on:click=move |_| dispatch.run(SecurityAction::CopyWanted)>"Copy them"</button>
            <a class=button::QUIET href=file download="marquee-recovery-codes.txt" rel="external">"Download them"</a>
            <button class=button::PRIMARY on:click=move |_| dispatch.run(SecurityAction::CodesKept)>"I have kept them"</button>
        </p>
    }
    .into_any()
}
