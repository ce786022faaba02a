//! Where video lies, what that costs and would cost, and who says where it lies.
//!
//! Titles move while one looks: lines are drawn once and follow what they show, so that nothing is pressed that was not meant.

mod advice;
mod bills;
mod choice;
mod costs;
mod sheets;
mod words;

use std::time::Duration;

use contract::storage_plan::{StorageDecision, StoredIn};
use leptos::prelude::*;

use super::{
    figures::{bytes, day, number},
    stop, style as desk_style,
};
use crate::{
    parts::{failure::Failure, money, skeleton::TextSkeleton},
    store::{
        Shown,
        storage::{StorageAction, storage},
    },
};
use advice::Advice;
use bills::Bills;
use choice::{Choice, WhatCame};
use costs::Costs;
use sheets::Sheets;

stylance::import_crate_style!(style, "src/pages/operator/desk/storage/storage.module.scss");

/// How often it is looked how far moves are.
const LOOK: Duration = Duration::from_secs(15);

#[component]
pub fn Storage() -> impl IntoView {
    let slice = storage();
    let again = slice.again();
    let dispatch = slice.dispatcher();
    Effect::new(move || {
        if let Ok(timer) = set_interval_with_handle(move || dispatch.run(StorageAction::LookDue), LOOK) {
            on_cleanup(move || timer.clear());
        }
    });
    let is_stop = stop();
    let shape = slice.select(|slice| slice.plan.shown_as(|_| ()));
    view! {
        <section class=desk_style::wide aria-labelledby="storage">
            <h2 id="storage" tabindex=move || is_stop.get()>"Storage"</h2>
            {move || match shape.get() {
                Shown::Waiting => view! { <TextSkeleton lines=6/> }.into_any(),
                Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
                Shown::Ready(()) => view! {
                    <Stores/>
                    <Choice/>
                    <WhatCame/>
                    <Bills/>
                    <Costs/>
                    <Advice/>
                    <Sheets/>
                }.into_any(),
            }}
        </section>
    }
    .into_any()
}

/// What lies where, what was decided, and what is not done.
#[component]
fn Stores() -> impl IntoView {
    let slice = storage();
    let stores = slice.select(|slice| slice.plan.latest().map(|plan| plan.stores.clone()).unwrap_or_default());
    let of_day = slice.select(|slice| slice.plan.latest().and_then(|plan| plan.stores_day.as_deref().map(day)));
    let notices = slice.select(|slice| slice.plan.latest().map(|plan| plan.notices.clone()).unwrap_or_default());
    let decision = slice.select(|slice| slice.plan.latest().and_then(|plan| plan.decision.as_ref().map(decided)));
    let has_sheets = slice.select(|slice| slice.plan.latest().is_some_and(|plan| plan.sheets.is_some()));
    view! {
        <dl class=desk_style::tiles>{move || stores.get().into_iter().map(|stored| tile(stored, of_day.get())).collect_view()}</dl>
        <p class=desk_style::empty hidden=move || stores.with(|stores| !stores.is_empty())>
            "The use of each store is measured once a day, at midnight UTC."
        </p>
        {move || decision.get().map(|words| view! { <p class=style::said>{words}</p> })}
        <ul class=style::notices>
            {move || notices.get().into_iter().map(|notice| view! { <li>{notice}</li> }).collect_view()}
        </ul>
        <p class=style::said hidden=move || has_sheets.get()>
            "Say what your stores cost: "
            <a href="#cost-sheets">"write their cost sheets"</a>
            ". Bills and advice follow from them."
        </p>
    }
    .into_any()
}

/// What was there at the end of a day.
fn tile(StoredIn { store, titles, bytes: size }: StoredIn, of_day: Option<String>) -> impl IntoView {
    let titles = if titles == 1 { "1 title".to_owned() } else { format!("{} titles", number(titles as f64)) };
    let titles = of_day.map_or_else(|| titles.clone(), |day| format!("{titles}, at the end of {day}"));
    view! {
        <div class=desk_style::tile>
            <dt class=desk_style::quiet>{words::store_heading(store)}</dt>
            <dd class=desk_style::figure>{bytes(size as f64)}</dd>
            <dd class=desk_style::note>{titles}</dd>
        </div>
    }
}

/// What the last decision comes to, in a sentence or two.
fn decided(decision: &StorageDecision) -> String {
    let count = |titles: u64| number(titles as f64);
    // What there is of titles costs something.
    let sum = if decision.titles > 0 { money::some } else { money::amount };
    let rent = decision.rent_month.as_ref().filter(|rent| rent.amount > 0);
    let rent = rent.map_or_else(String::new, |rent| format!(", {} of it as rent", money::amount(rent)));
    let month = format!("{}{rent}", sum(&decision.month));
    if decision.moves == 0 {
        return format!("All {} titles are where they should be. A month is expected to cost {month}.", count(decision.titles));
    }
    // The decision is of its time: what is on its way by now is said of each title.
    let (verb, way) = match (decision.moves, decision.is_requested) {
        (1, true) => ("is stored elsewhere from now on", "what is still on its way is marked below"),
        (1, false) => ("would lie better in the other store", "it is not moved"),
        (_, true) => ("are stored elsewhere from now on", "what is still on its way is marked below"),
        (_, false) => ("would lie better in the other store", "they are not moved"),
    };
    let unmoved = sum(&decision.month_unmoved);
    format!(
        "{} of {} titles {verb}: {way}. A month is expected to cost {month}, and {unmoved} if nothing moved.",
        count(decision.moves),
        count(decision.titles),
    )
}

#[cfg(test)]
mod tests {
    use contract::money::Money;

    use super::*;

    #[test]
    fn a_decision_is_told_in_a_sentence_with_what_it_saves() {
        let euros = |amount| Money { amount, currency: "EUR".into() };
        let decision = |moves, is_requested| StorageDecision {
            day: "2026-11-29".into(),
            decided: 0,
            titles: 1204,
            moves,
            is_requested,
            capacity_gb: None,
            month: euros(1234),
            month_unmoved: euros(5000),
            rent_month: None,
        };
        assert_eq!(decided(&decision(0, true)), "All 1,204 titles are where they should be. A month is expected to cost €12.34.");
        let rented = StorageDecision { rent_month: Some(euros(400)), ..decision(0, true) };
        assert!(decided(&rented).ends_with("A month is expected to cost €12.34, €4.00 of it as rent."));
        assert_eq!(
            decided(&decision(3, true)),
            "3 of 1,204 titles are stored elsewhere from now on: what is still on its way is marked below. A month is expected to cost €12.34, and €50.00 if nothing moved."
        );
        let rounded = StorageDecision { month: euros(0), month_unmoved: euros(0), ..decision(1, true) };
        assert!(decided(&rounded).ends_with("to cost less than €0.01, and less than €0.01 if nothing moved."));
        assert!(
            decided(&decision(1, false)).starts_with("1 of 1,204 titles would lie better in the other store: it is not moved.")
        );
    }
}
