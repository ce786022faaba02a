//! One plan: its name, and its document to edit.

use contract::{
    entitlements::{Plan, PutPlan},
    ids::PlanId,
};
use leptos::{ev::SubmitEvent, prelude::*};
use serde_json::{Map, Value};

use super::{
    Refused, Save,
    document::{DocumentEditor, KnownFields, as_text, read, read_to_send, refusal_of},
    follow_version, following, form_opened, is_saving,
    price::PriceForm,
    refusal, shape, style,
};
use crate::{
    head::PageTitle,
    parts::{
        failure::Failure,
        skeleton::TextSkeleton,
        text_field::{Purpose, TextField},
    },
    store::{
        Shown,
        operator::{OperatorAction, operator},
    },
};

#[component]
pub fn PlanPage(id: PlanId) -> impl IntoView {
    let operator = operator();
    let again = operator.again();
    let title = format!("Plan {} \u{b7} Marquee", id.as_str());
    let called = id.clone();
    // As it is called, once that is known.
    let heading = operator.select(move |state| {
        let stored = state.plans.ready().and_then(|plans| plans.iter().find(|plan| plan.id == called));
        let name = stored.map(|plan| plan.name.clone()).filter(|name| !name.is_empty());
        format!("Plan {}", name.unwrap_or_else(|| called.to_string()))
    });
    let plans_shape = operator.select(|state| shape(state.plans.shown()));
    let plan = operator.select(move |state| {
        let stored = |plans: &Vec<Plan>| plans.iter().find(|plan| plan.id == id).cloned().unwrap_or_else(|| new(&id));
        state.plans.ready().map(stored)
    });
    view! {
        <PageTitle text=title/>
        <h1>{move || heading.get()}</h1>
        {move || match plans_shape.get() {
            Shown::Waiting => view! { <TextSkeleton lines=6/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(()) => following(plan).map(|plan| view! { <PlanForm plan=plan/> }).into_any(),
        }}
    }
}

/// A plan that is not stored yet.
fn new(id: &PlanId) -> Plan {
    let authorization = Map::from_iter([("resolution".to_owned(), Value::from("HD"))]);
    Plan { id: id.clone(), name: String::new(), authorization, version: 0, price: None, notice: None }
}

/// A price belongs to a plan that is stored.
const NO_PRICE_YET: &str = "What it costs can be set here once it is saved for the first time.";

/// What is so while a plan is not stored.
fn unwritten_words(id: &PlanId) -> &'static str {
    match id.as_str() {
        "member" => {
            "Nothing is stored for members yet: until then they may do everything. What you save here is in force for every account that has no other plan, operators included."
        }
        "guest" => {
            "Nothing is stored for guests yet: once there are accounts, guests see and play nothing. What you save here is in force for everybody who is not signed in."
        }
        _ => "New plan. It is created when you save.",
    }
}

/// What is typed stays as it is typed until another version is stored.
#[component]
fn PlanForm(plan: Memo<Plan>) -> impl IntoView {
    let operator = operator();
    let (dispatch, again) = (operator.dispatcher(), operator.again());
    form_opened();
    let (problem, is_busy) = (refusal(), is_saving());
    let version = Memo::new(move |_| plan.with(|plan| plan.version));
    let fields = move || plan.with_untracked(|plan| (plan.name.clone(), as_text(&plan.authorization)));
    let (name, text) = fields();
    let (name, text) = (RwSignal::new(name), RwSignal::new(text));
    let filled = StoredValue::new(fields());
    follow_version(version, move || {
        let (stored_name, stored_text) = fields();
        // A price was saved: what is typed here stays.
        if filled.with_value(|(name, text)| (name, text) == (&stored_name, &stored_text)) {
            return;
        }
        filled.set_value((stored_name.clone(), stored_text.clone()));
        name.set(stored_name);
        text.set(stored_text);
    });
    let notice = Memo::new(move |_| plan.with(|plan| plan.notice.clone()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What cannot be read says so at its line.
        let Some(authorization) = read_to_send("authorization", text, read) else { return };
        let id = plan.with_untracked(|plan| plan.id.clone());
        let call = PutPlan { id, name: name.get_untracked(), authorization, expected_version: version.get_untracked() };
        dispatch.run(OperatorAction::PlanWanted(call));
    };
    let refused = Signal::derive(move || refusal_of("authorization", problem));
    view! {
        <Show when=move || version.get() == 0>
            <p class=style::quiet>{move || plan.with(|plan| unwritten_words(&plan.id))}</p>
        </Show>
        {move || notice.get().map(|notice| view! { <p role="alert">{notice}</p> })}
        <form class=style::group on:submit=submit>
            <TextField label="Display name" name="name" purpose=Purpose::Plain value=name problem=problem/>
            <DocumentEditor
                label="What it allows"
                name="authorization"
                hint="As JSON. Applies within five seconds of saving."
                text=text
                refused=refused
            />
            <KnownFields/>
            <Refused fields=&["name", "authorization"] problem=problem/>
            <Save is_busy=is_busy problem=problem again=again/>
        </form>
        <Show when=move || version.get() != 0 fallback=|| view! { <p class=style::quiet>{NO_PRICE_YET}</p> }>
            <PriceForm plan=plan/>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_is_built_in_says_what_is_so_until_it_is_stored() {
        let of = |id: &str| unwritten_words(&id.parse().unwrap());
        assert!(of("member").starts_with("Nothing is stored for members yet: until then they may do everything."));
        assert!(of("member").contains("operators included"));
        assert!(of("guest").contains("guests see and play nothing"));
        assert_eq!(of("family"), "New plan. It is created when you save.");
    }
}
