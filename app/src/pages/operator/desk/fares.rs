//! How the place fares: its stores, background tasks, and what is being made.

use contract::{
    discovery::Job,
    operations::{StoreHealth, TaskHealth},
};
use leptos::prelude::*;

use super::{fares_words as words, stop, style};
use crate::{
    parts::{charts::Scroller, dom::date_and_time, failure::Failure, skeleton::TextSkeleton},
    store::{Shown, desk::desk},
};

#[component]
pub fn Fares() -> impl IntoView {
    let desk = desk();
    let again = desk.again();
    let (is_stop, is_lost) = (stop(), desk.select(|desk| desk.lost.is_some()));
    let shape = desk.select(|desk| desk.health.shown_as(|_| ()));
    let stores = desk.select(|desk| desk.health.latest().map(|health| health.stores.clone()).unwrap_or_default());
    let tasks = desk.select(|desk| desk.health.latest().map(|health| health.tasks.clone()).unwrap_or_default());
    let ready = move || {
        view! {
            <ul class=style::list>{move || stores.get().into_iter().map(|of| store(of, is_lost.get())).collect_view()}</ul>
            <p role="status">{move || tasks.with(|tasks| summary(tasks, is_lost.get()))}</p>
            <ul class=style::list>
                {move || tasks.get().into_iter().filter(|task| !task.is_well).map(|of| task(of, is_lost.get())).collect_view()}
            </ul>
            <details class=style::more>
                <summary>"All background tasks"</summary>
                <Scroller label="All background tasks">
                    <ul class=style::list>{move || tasks.get().into_iter().map(|of| task(of, is_lost.get())).collect_view()}</ul>
                </Scroller>
            </details>
        }
    };
    view! {
        <section class=style::group aria-labelledby="fares">
            <h2 id="fares" tabindex=move || is_stop.get()>"Stores and tasks"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(()) => ready().into_any(),
            }}
        </section>
    }
    .into_any()
}

/// How something fares, or did when that was told last.
const fn fares(is_well: bool, well: &'static str, was_well: &'static str, is_lost: bool) -> &'static str {
    match (is_well, is_lost) {
        (true, false) => well,
        (true, true) => was_well,
        (false, false) => "Failing",
        (false, true) => "Was failing",
    }
}

fn store(store: StoreHealth, is_lost: bool) -> impl IntoView {
    let is_off = store.failure.is_some();
    view! {
        <li class=style::line>
            <span class=style::name>{words::store(&store.name).to_owned()}</span>
            <span class=style::mark data-off=is_off.then_some("")>{fares(!is_off, "Healthy", "Was healthy", is_lost)}</span>
            {store.failure.map(|reason| view! { <span class=style::quiet>{reason}</span> })}
        </li>
    }
}

fn summary(tasks: &[TaskHealth], is_lost: bool) -> String {
    if is_lost {
        return "How background tasks fare is not known now.".to_owned();
    }
    let well = tasks.iter().filter(|task| task.is_well).count();
    if well == tasks.len() {
        format!("All {well} background tasks are running.")
    } else {
        format!("{well} of {} background tasks are running.", tasks.len())
    }
}

fn task(task: TaskHealth, is_lost: bool) -> impl IntoView {
    let restarts = match task.restarts {
        0 => None,
        1 => Some("restarted once".to_owned()),
        more => Some(format!("restarted {more} times")),
    };
    let failure = task.last_failure.map(|failure| {
        let at = date_and_time(failure.at).map(|at| format!(" ({at}, your time)"));
        view! { <span class=style::quiet>{failure.reason} {at}</span> }
    });
    view! {
        <li class=style::line>
            <span class=style::name>{words::task(&task.name).to_owned()}</span>
            <span class=style::mark data-off=(!task.is_well).then_some("")>
                {fares(task.is_well, "Running", "Was running", is_lost)}
            </span>
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
    let is_stop = stop();
    let shape = desk.select(|desk| desk.jobs.shown_as(|preparation| preparation.jobs.is_empty()));
    let jobs = desk.select(|desk| desk.jobs.latest().map(|preparation| preparation.jobs.clone()).unwrap_or_default());
    view! {
        <section class=style::group aria-labelledby="jobs">
            <h2 id="jobs" tabindex=move || is_stop.get()>"Jobs"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=2/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(true) => view! { <p class=style::empty>"Nothing is being prepared."</p> }.into_any(),
                Shown::Ready(false) => view! {
                    <ul class=style::list>{move || jobs.get().into_iter().map(job).collect_view()}</ul>
                }.into_any(),
            }}
            <p class=style::quiet>"Imports started from the command line show their progress in the terminal, not here."</p>
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
        assert_eq!(summary(&[task(true), task(true)], false), "All 2 background tasks are running.");
        assert_eq!(summary(&[task(true), task(false)], false), "1 of 2 background tasks are running.");
    }

    #[test]
    fn how_something_fared_is_no_news_once_the_server_is_gone() {
        assert_eq!(fares(true, "Healthy", "Was healthy", true), "Was healthy");
        assert_eq!([fares(false, "", "", false), fares(false, "", "", true)], ["Failing", "Was failing"]);
        assert_eq!(summary(&[], true), "How background tasks fare is not known now.");
    }
}
