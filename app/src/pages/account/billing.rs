//! Whom bills are made out to, and by which reference they are paid.

use contract::{
    Problem,
    identity::{Billing as Address, PutBilling},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{Confirming, style};
use crate::{
    parts::{
        button,
        confirm::Confirm,
        failure::Failure,
        skeleton::TextSkeleton,
        text_field::{Purpose, TextField},
    },
    store::{
        Shown, Submission,
        billing::{Billing as Slice, BillingAction, billing},
    },
};

#[component]
pub fn Billing() -> impl IntoView {
    let billing = billing();
    let again = billing.again();
    let address = billing.select(|billing| billing.address.shown());
    let step_up = billing.select(|billing| billing.step_up.clone());
    let dispatch = billing.dispatcher();
    let confirm = Callback::new(move |action| dispatch.run(BillingAction::StepUp(action)));
    view! {
        <section class=style::group aria-labelledby="billing-heading">
            <h2 id="billing-heading">"Billing"</h2>
            <Confirm step_up=step_up dispatch=confirm setting=Confirming::Billing.setting()/>
            {move || match address.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(address) => view! { <Form address=address/> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

#[component]
fn Form(address: Address) -> impl IntoView {
    let billing = billing();
    let dispatch = billing.dispatcher();
    let Address { holder, street, postal_code, city, country, method } = address;
    let [holder, street, postal_code, city, country, method] =
        [holder, street, postal_code, city, country, method].map(RwSignal::new);
    let problem: Signal<Option<Problem>> = billing.select(Slice::refusal).into();
    let is_busy = billing.select(|billing| billing.saving == Submission::Pending);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        dispatch.run(BillingAction::SaveWanted(PutBilling {
            holder: holder.get_untracked(),
            street: street.get_untracked(),
            postal_code: postal_code.get_untracked(),
            city: city.get_untracked(),
            country: country.get_untracked(),
            method: method.get_untracked(),
        }));
    };
    view! {
        <form class=style::form on:submit=submit>
            <TextField label="Name on the bill" name="holder" purpose=Purpose::BillingName value=holder problem=problem/>
            <TextField label="Street and number" name="street" purpose=Purpose::Street value=street problem=problem/>
            <TextField label="Postal code" name="postal_code" purpose=Purpose::PostalCode value=postal_code problem=problem/>
            <TextField label="City" name="city" purpose=Purpose::City value=city problem=problem/>
            <TextField
                label="Country"
                name="country"
                purpose=Purpose::Country
                hint="Two letters, like DE or GB."
                value=country
                problem=problem
            />
            <TextField
                label="Payment reference"
                name="method"
                purpose=Purpose::Reference
                hint="For example a direct debit mandate or a customer number. Never a card number."
                value=method
                problem=problem
            />
            <p class=style::problem role="alert">{move || problem.get().map(|problem| problem.detail.unwrap_or(problem.title))}</p>
            <button class=button::QUIET aria-disabled=move || is_busy.get().to_string()>"Save the address"</button>
        </form>
    }
    .into_any()
}
