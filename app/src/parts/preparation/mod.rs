//! What the server is still making, with how far it is; nothing when it is done.

use contract::discovery::Job;
use leptos::prelude::*;

use super::{
    reactive::{Keyed, When, attribute, each},
    use_store,
};
use crate::store::StateStoreFields;

stylance::import_crate_style!(style, "src/parts/preparation/preparation.module.scss");

/// The jobs that are shown one by one; the rest is counted.
const SHOWN: usize = 3;

/// The strip on the home page.
#[component]
pub fn Preparation() -> impl IntoView {
    let (state, _) = use_store();
    let jobs = Memo::new(move |_| state.preparation().get());
    let is_busy = Memo::new(move |_| jobs.with(|jobs| !jobs.is_empty()));
    let rest = Memo::new(move |_| jobs.with(|jobs| jobs.len().saturating_sub(SHOWN)));
    let names = Memo::new(move |_| jobs.with(|jobs| jobs.iter().take(SHOWN).map(|job| job.name.clone()).collect::<Vec<_>>()));
    view! {
        <When is=is_busy>
            <section class=style::strip aria-label="In preparation">
                <h2 class=style::heading>"Being made right now"</h2>
                <ul class=style::jobs>
                    {each(move || names.get().into_iter().map(|name| one(name, jobs)).collect())}
                </ul>
                {move || (rest.get() != 0).then(|| view! { <p class=style::rest>{format!("and {} more", rest.get())}</p> })}
            </section>
        </When>
    }
    .into_any()
}

fn one(name: String, jobs: Memo<Vec<Job>>) -> Keyed {
    Keyed::new(name.clone(), move || {
        let wanted = name.clone();
        let job = Memo::new(move |_| jobs.with(|jobs| jobs.iter().find(|job| job.name == wanted).cloned()));
        draw(name, job).into_any()
    })
}

fn draw(name: String, job: Memo<Option<Job>>) -> impl IntoView {
    let stage = move || job.with(|job| job.as_ref().map(|job| job.stage.clone()));
    let percent = move || Some(job.with(|job| job.as_ref().map_or(0, |job| job.percent)).to_string());
    view! {
        <li class=style::job>
            <span class=style::name>{name.clone()}</span>
            <span class=style::stage>{stage}</span>
            <progress max="100" value=attribute(percent) aria-label=format!("{name}: how far")></progress>
        </li>
    }
}
