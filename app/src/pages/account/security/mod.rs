//! What protects the account beside its password.

mod app;
mod codes;
mod passkeys;

use contract::Problem;
use leptos::{html, prelude::*};

use super::{Confirming, style};
use crate::{
    parts::{confirm::Confirm, dom, failure::Failure, skeleton::TextSkeleton},
    store::{
        Shown,
        security::{SecurityAction, security},
    },
};
use app::App;
use codes::Codes;
use passkeys::Passkeys;

#[component]
pub fn Security() -> impl IntoView {
    let security = security();
    let again = security.again();
    let overview = security.select(|security| security.overview.shown());
    let codes = security.select(|security| security.codes.clone());
    let step_up = security.select(|security| security.step_up.clone());
    let dispatch = security.dispatcher();
    let confirm = Callback::new(move |action| dispatch.run(SecurityAction::StepUp(action)));
    // A change draws the section anew, and what was pressed is gone.
    let (section, inside) = (NodeRef::<html::Section>::new(), dom::FocusInside::nowhere());
    Effect::new(move |before: Option<()>| {
        overview.track();
        codes.track();
        if before.is_some()
            && inside.is_so()
            && let Some(section) = section.get_untracked()
        {
            dom::rescue_focus(&section, "h2", 0);
        }
    });
    view! {
        <section
            node_ref=section
            class=style::group
            on:focusin=move |_| inside.entered()
            on:focusout=move |event| inside.left(&event)
            aria-labelledby="security-heading">
            <h2 id="security-heading" tabindex="-1">"Security"</h2>
            <Confirm step_up=step_up dispatch=confirm setting=Confirming::Security.setting()/>
            {move || codes.get().map(|codes| view! { <Codes codes=codes/> })}
            {move || match overview.get() {
                Shown::Waiting => view! { <TextSkeleton lines=3/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(overview) => match overview.unavailable.clone() {
                    Some(why) => view! { <p class=style::quiet>{why}</p> }.into_any(),
                    None => view! {
                        <App has_totp=overview.has_totp codes_left=overview.recovery_codes_left/>
                        <Passkeys overview=overview/>
                    }.into_any(),
                },
            }}
        </section>
    }
    .into_any()
}

/// What was special about a refusal, or else what it is.
fn in_words(problem: Problem) -> String {
    problem.detail.unwrap_or(problem.title)
}
