//! Every plan; and the way to a new one.

use contract::{entitlements::Plan, ids::PlanId};
use leptos::{ev::SubmitEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{statements::StatementsFile, style};
use crate::{
    head::PageTitle,
    parts::{
        button,
        failure::Failure,
        skeleton::TextSkeleton,
        text_field::{Purpose, TextField},
    },
    route::{Operator, Route},
    store::{Shown, operator::operator},
};

#[component]
pub fn PlansPage() -> impl IntoView {
    let operator = operator();
    let again = operator.again();
    let plans = operator.select(|state| state.plans.shown());
    view! {
        <PageTitle text="Plans \u{b7} Marquee"/>
        <h1>"Plans"</h1>
        <p class=style::quiet>
            "A plan says what accounts may do. " <code>"guest"</code> " is for people without an account, " <code>"member"</code>
            " for accounts that have no other plan."
        </p>
        {move || match plans.get() {
            Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
            Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
            Shown::Ready(plans) => {
                let notice = plans.iter().any(is_undecided).then(|| view! { <GuestsNotice/> });
                view! {
                    {notice}
                    <ul class=style::list>{plans.into_iter().map(line).collect_view()}</ul>
                }
                .into_any()
            }
        }}
        <NewPlan/>
        <StatementsFile/>
    }
}

/// Whether it is the plan of guests and nobody ever said if they may look around.
fn is_undecided(plan: &Plan) -> bool {
    plan.id.as_str() == "guest" && !plan.authorization.contains_key("may_browse")
}

/// What became of guests when the first account was made, and where to decide otherwise.
#[component]
fn GuestsNotice() -> impl IntoView {
    let href = "guest".parse().ok().map(|id| Route::Operator(Operator::Plan { id }).href());
    view! {
        <p role="note">
            "Guests see nothing here: whoever wants to watch signs in. To let them in, write "
            <code>"\"may_browse\": true"</code> " and " <code>"\"may_watch\": true"</code> " into "
            <a href=href>"the plan of guests"</a> "."
        </p>
    }
    .into_any()
}

fn line(plan: Plan) -> impl IntoView {
    let id = plan.id.as_str().to_owned();
    let href = Route::Operator(Operator::Plan { id: plan.id }).href();
    view! {
        <li>
            <a class=style::line href=href>
                <span class=style::name>{plan.name}</span>
                <span class=style::quiet>{id}</span>
            </a>
        </li>
    }
}

#[component]
fn NewPlan() -> impl IntoView {
    let navigate = use_navigate();
    let (id, wrong) = (RwSignal::new(String::new()), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match id.get_untracked().trim().parse::<PlanId>() {
            Ok(id) => navigate(&Route::Operator(Operator::Plan { id }).href(), NavigateOptions::default()),
            Err(_) => wrong.set(Some(contract::Problem::invalid("id", "letters, digits, - and _"))),
        }
    };
    view! {
        <section class=style::group aria-labelledby="new-plan">
            <h2 id="new-plan">"Add a plan"</h2>
            <form class=style::form on:submit=submit>
                <TextField
                    label="Short name"
                    name="id"
                    purpose=Purpose::Plain
                    hint="For example family. It cannot be changed later; the name that people see can."
                    value=id
                    problem=wrong.into()
                />
                <button class=button::PRIMARY>"Continue"</button>
            </form>
        </section>
    }
    .into_any()
}
