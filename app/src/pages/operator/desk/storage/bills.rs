//! What this month costs as it is, and would cost by the other plans.

use contract::storage_plan::{Bill, BillLine, StorageBill, StorageChoice};
use leptos::prelude::*;

use super::{
    super::{counts_style, style as desk_style},
    style, words,
};
use crate::{
    parts::{money, months},
    store::storage::storage,
};

#[component]
pub fn Bills() -> impl IntoView {
    let bills = storage().select(|slice| slice.plan.latest().map(|plan| plan.bills.clone()).unwrap_or_default());
    let drawn = move || {
        let bills = bills.get();
        let first = bills.first()?;
        let heading = format!("What {} costs", months::in_words(&first.month));
        let note = match &first.through {
            Some(day) => format!("Known up to {day}; the rest of the month is expected by the last 28 days."),
            None => "None of its days is known yet; it is expected by the last 28 days.".to_owned(),
        };
        let lines = bills.iter().find(|bill| bill.plan == StorageChoice::Auto).map(|bill| bill.forecast.lines.clone());
        Some(view! {
            <section class=style::part aria-labelledby="storage-bills">
                <h3 id="storage-bills">{heading}</h3>
                <table class=counts_style::counts>
                    <caption class=desk_style::hidden>"This month by each plan"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Plan"</th>
                            <th scope="col">"So far"</th>
                            <th scope="col">"Whole month"</th>
                        </tr>
                    </thead>
                    <tbody>{bills.into_iter().map(row).collect_view()}</tbody>
                </table>
                <p class=desk_style::note>{note}</p>
                {lines.filter(|lines| !lines.is_empty()).map(details)}
            </section>
        })
    };
    view! { {drawn} }.into_any()
}

fn row(StorageBill { plan, so_far, forecast, .. }: StorageBill) -> impl IntoView {
    let (until_now, whole) = (total(&so_far), total(&forecast));
    let why = forecast.problem.or(so_far.problem);
    view! {
        <tr>
            <th scope="row">
                {words::plan(plan)}
                {why.map(|why| view! { <span class=style::why>{why}</span> })}
            </th>
            <td>{until_now}</td>
            <td>{whole}</td>
        </tr>
    }
}

fn total(bill: &Bill) -> String {
    bill.total.as_ref().map_or_else(|| "impossible".to_owned(), money::amount)
}

/// What the month is made of, as it is.
fn details(lines: Vec<BillLine>) -> impl IntoView {
    let rows = lines.into_iter().map(|line| {
        view! {
            <tr>
                <th scope="row">{words::item(line.item)} <span class=style::why>{words::store_heading(line.store)}</span></th>
                <td>{money::price(&line.unit_price, &line.amount.currency)}</td>
                <td>{money::amount(&line.amount)}</td>
            </tr>
        }
    });
    view! {
        <details class=desk_style::more>
            <summary>"What the month as it is comes to"</summary>
            <table class=counts_style::counts>
                <caption class=desk_style::hidden>"Lines of the whole month as it is"</caption>
                <thead>
                    <tr>
                        <th scope="col">"For"</th>
                        <th scope="col">"Price"</th>
                        <th scope="col">"Amount"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </details>
    }
}
