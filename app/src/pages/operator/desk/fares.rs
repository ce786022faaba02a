//! How the place fares: its stores, background tasks, and what is being made.

use contract::{
    discovery::Job,
    operations::{StoreHealth, TaskHealth},
};
use leptos::prelude::*;

use super::style;
use crate::{
    parts::{dom::date_and_time, failure::Failure, skeleton::TextSkeleton},
    store::{Shown, desk::desk},
};

#[component]
pub fn Fares() -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let shape = desk.select(|desk| match desk.health.shown() {
        Shown::Waiting => Shown::Waiting,
        Shown::Ready(_) => Shown::Ready(()),
        Shown::Failed(problem) => Shown::Failed(problem),
    });
    let stores = desk.select(|desk| desk.health.latest().map(|health| health.stores.clone()).unwrap_or_default());
    let tasks = desk.select(|desk| desk.health.latest().map(|health| health.tasks.clone()).unwrap_or_default());
    let ready = move || {
        view! {
            <ul class=style::list>{move || stores.get().into_iter().map(store).collect_view()}</ul>
            <p role="status">{move || tasks.with(|tasks| summary(tasks))}</p>
            <ul class=style::list>{move || tasks.get().into_iter().filter(|task| !task.is_well).map(task).collect_view()}</ul>
            <details class=style::more>
                <summary>"All background tasks"</summary>
                <ul class=style::list>{move || tasks.get().into_iter().map(task).collect_view()}</ul>
            </details>
        }
    };
    view! {
        <section class=style::group aria-labelledby="fares">
            <h2 id="fares">"Stores and tasks"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(()) => ready().into_any(),
            }}
        </section>
    }
    .into_any()
}

/// What is stored where, in words; a name that is new here stays as it is.
fn store_name(name: &str) -> &str {
    match name {
        "documents" => "Catalogue and accounts",
        "keyvalue" => "Sessions",
        "objects" => "Films and pictures",
        "vault" => "Sign-ins and billing",
        "search" => "Search",
        "disk" => "Room on the disk",
        other => other,
    }
}

fn store(store: StoreHealth) -> impl IntoView {
    let is_off = store.failure.is_some();
    view! {
        <li class=style::line>
            <span class=style::name>{store_name(&store.name).to_owned()}</span>
            <span class=style::mark data-off=is_off.then_some("")>{if is_off { "Failing" } else { "Healthy" }}</span>
            {store.failure.map(|reason| view! { <span class=style::quiet>{reason}</span> })}
        </li>
    }
}

fn summary(tasks: &[TaskHealth]) -> String {
    let well = tasks.iter().filter(|task| task.is_well).count();
    if well == tasks.len() {
        format!("All {well} background tasks are running.")
    } else {
        format!("{well} of {} background tasks are running.", tasks.len())
    }
}

fn task(task: TaskHealth) -> impl IntoView {
    let restarts = match task.restarts {
        0 => None,
        1 => Some("restarted once".to_owned()),
        more => Some(format!("restarted {more} times")),
    };
    let failure = task.last_failure.map(|failure| {
        let at = date_and_time(failure.at).unwrap_or_default();
        view! { <span class=style::quiet>{failure.reason} " " {at}</span> }
    });
    view! {
        <li class=style::line>
            <span class=style::name>{task.name.replace('_', " ")}</span>
            <span class=style::mark data-off=(!task.is_well).then_some("")>{if task.is_well { "Running" } else { "Failing" }}</span>
            {restarts.map(|restarts| view! { <span class=style::quiet>{restarts}</span> })}
            {failure}
        </li>
    }
}

/// What the server that answers is preparing. Imports of the command line tell of themselves there.
#[component]
pub fn Jobs() -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let shape = desk.select(|desk| match desk.jobs.shown() {
        Shown::Waiting => Shown::Waiting,
        Shown::Ready(preparation) => Shown::Ready(preparation.jobs.is_empty()),
        Shown::Failed(problem) => Shown::Failed(problem),
    });
    let jobs = desk.select(|desk| desk.jobs.latest().map(|preparation| preparation.jobs.clone()).unwrap_or_default());
    view! {
        <section class=style::group aria-labelledby="jobs">
            <h2 id="jobs">"Jobs"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=2/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(true) => view! { <p class=style::empty>"Nothing is being prepared."</p> }.into_any(),
                Shown::Ready(false) => view! {
                    <ul class=style::list>{move || jobs.get().into_iter().map(job).collect_view()}</ul>
                }.into_any(),
            }}
            <p class=style::quiet>"An import from the command line shows there how far it is."</p>
        </section>
    }
    .into_any()
}

fn job(job: Job) -> impl IntoView {
    let label = format!("{}, {}", job.name, job.stage);
    view! {
        <li class=style::line>
            <span class=style::name><bdi>{job.name}</bdi></span>
            <span class=style::quiet>{job.stage}</span>
            <progress class=style::progress max="100" value=job.percent aria-label=label></progress>
            <span class=style::quiet>{format!("{} %", job.percent)}</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_go_on_is_counted() {
        let task = |is_well| TaskHealth { name: "site".into(), is_well, restarts: 0, last_failure: None };
        assert_eq!(summary(&[task(true), task(true)]), "All 2 background tasks are running.");
        assert_eq!(summary(&[task(true), task(false)]), "1 of 2 background tasks are running.");
        assert_eq!([store_name("documents"), store_name("new")], ["Catalogue and accounts", "new"]);
    }
}
