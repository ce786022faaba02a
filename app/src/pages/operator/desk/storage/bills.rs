//! What this month costs as it is, and would cost by the other plans.

use contract::storage_plan::{Bill, BillLine, StorageBill, StorageChoice};
use leptos::prelude::*;

use super::{
    super::{counts_style, figures, stop, style as desk_style},
    style, words,
};
use crate::{
    parts::{money, months},
    store::storage::storage,
};

#[component]
pub fn Bills() -> impl IntoView {
    let bills = storage().select(|slice| slice.plan.latest().map(|plan| plan.bills.clone()).unwrap_or_default());
    let is_stop = stop();
    let drawn = move || {
        let bills = bills.get();
        let first = bills.first()?;
        let heading = format!("What {} costs", months::in_words(&first.month));
        let note = match &first.through {
            Some(day) => format!("Known up to {}; the rest is estimated from the last 28 days.", figures::day(day)),
            None => "None of its days is known yet; it is estimated from the last 28 days.".to_owned(),
        };
        let lines = bills.iter().find(|bill| bill.plan == StorageChoice::Auto).map(|bill| bill.forecast.lines.clone());
        Some(view! {
            <section class=style::part aria-labelledby="storage-bills">
                <h3 id="storage-bills" tabindex=move || is_stop.get()>{heading}</h3>
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
    let sum = if bill.lines.iter().any(costs_something) { money::some } else { money::amount };
    bill.total.as_ref().map_or_else(|| "impossible".to_owned(), sum)
}

/// Whatever it is rounded to.
fn costs_something(line: &BillLine) -> bool {
    line.quantity > 0 && line.unit_price.contains(|digit: char| ('1'..='9').contains(&digit))
}

/// What the month is made of, as it is.
fn details(lines: Vec<BillLine>) -> impl IntoView {
    let rows = lines.into_iter().map(|line| {
        let amount = if costs_something(&line) { money::some(&line.amount) } else { money::amount(&line.amount) };
        view! {
            <tr>
                <th scope="row">{words::item(line.item)} <span class=style::why>{words::store_heading(line.store)}</span></th>
                <td>{money::price(&line.unit_price, &line.amount.currency)}</td>
                <td>{amount}</td>
            </tr>
        }
    });
    view! {
        <details class=desk_style::more>
            <summary>"What this month is made of"</summary>
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

#[cfg(test)]
mod tests {
    use contract::{
        money::Money,
        storage_plan::{BillItem, StoreRole},
    };

    use super::*;

    #[test]
    fn a_bill_that_rounds_to_nothing_is_told_as_nothing_only_where_it_is() {
        let euros = || Money { amount: 0, currency: "EUR".into() };
        let line = |quantity, unit_price: &str| BillLine {
            store: StoreRole::PerView,
            item: BillItem::Stored,
            quantity,
            per: 1,
            unit_price: unit_price.into(),
            amount: euros(),
        };
        let of = |line| total(&Bill { lines: vec![line], total: Some(euros()), problem: None });
        assert_eq!([of(line(5, "0.02")), of(line(0, "0.02")), of(line(5, "0.0"))], ["less than €0.01", "€0.00", "€0.00"]);
        assert_eq!(total(&Bill { lines: Vec::new(), total: None, problem: None }), "impossible");
    }
}
