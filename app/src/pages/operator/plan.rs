//! One plan: its name, and its document to edit.

use contract::{
    Code,
    entitlements::{Plan, PutPlan},
    ids::PlanId,
};
use leptos::{ev::SubmitEvent, prelude::*};
use serde_json::{Map, Value};

use super::{
    Refused,
    document::{DocumentEditor, KnownFields, as_text, read, refusal_of},
    form_opened, is_saving, refusal, style,
};
use crate::{
    head::PageTitle,
    parts::{
        button,
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
    let heading = format!("Plan {}", id.as_str());
    let plan = operator.select(move |state| match state.plans.shown() {
        Shown::Waiting => Shown::Waiting,
        Shown::Failed(problem) => Shown::Failed(problem),
        Shown::Ready(plans) => Shown::Ready(plans.into_iter().find(|plan| plan.id == id).unwrap_or_else(|| new(&id))),
    });
    view! {
        <PageTitle text=title/>
        <h1>{heading}</h1>
        {move || match plan.get() {
            Shown::Waiting => view! { <TextSkeleton lines=6/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(plan) => view! { <PlanForm plan=plan/> }.into_any(),
        }}
    }
}

/// A plan that is not stored yet.
fn new(id: &PlanId) -> Plan {
    let authorization = Map::from_iter([("resolution".to_owned(), Value::from("HD"))]);
    Plan { id: id.clone(), name: String::new(), authorization, version: 0, notice: None }
}

#[component]
fn PlanForm(plan: Plan) -> impl IntoView {
    let operator = operator();
    let (dispatch, again) = (operator.dispatcher(), operator.again());
    form_opened();
    let (problem, is_busy) = (refusal(), is_saving());
    let name = RwSignal::new(plan.name);
    let text = RwSignal::new(as_text(&plan.authorization));
    let is_new = plan.version == 0;
    let notice = plan.notice;
    let (id, expected_version) = (plan.id, plan.version);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // What cannot be read says so at its line.
        let Ok(authorization) = text.with_untracked(|text| read(text)) else { return };
        let call = PutPlan { id: id.clone(), name: name.get_untracked(), authorization, expected_version };
        dispatch.run(OperatorAction::PlanWanted(call));
    };
    let refused = Signal::derive(move || refusal_of("authorization", problem));
    view! {
        {is_new.then(|| view! { <p class=style::quiet>"There is no such plan yet: saving makes it."</p> })}
        {notice.map(|notice| view! { <p role="alert">{notice}</p> })}
        <form class=style::group on:submit=submit>
            <TextField label="Name for people" name="name" purpose=Purpose::Plain value=name problem=problem/>
            <DocumentEditor
                label="What it allows"
                name="authorization"
                hint="JSON. In force within five seconds of saving, without a restart."
                text=text
                refused=refused
            />
            <KnownFields/>
            <Refused fields=&["name", "authorization"] problem=problem/>
            <p class=style::buttons>
                <button class=button::PRIMARY disabled=move || is_busy.get()>"Save"</button>
                <Show when=move || problem.with(|problem| problem.as_ref().is_some_and(|problem| problem.code == Code::VersionConflict))>
                    <button class=button::QUIET type="button" on:click=move |_| again.run(())>"Show what is stored now"</button>
                </Show>
            </p>
        </form>
    }
    .into_any()
}
