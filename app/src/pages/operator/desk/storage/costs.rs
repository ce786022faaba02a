//! What each day cost, and would have cost by the other plans.

use contract::storage_plan::{StorageCostDay, StorageCosts};
use leptos::prelude::*;

use super::{super::figures::day, style};
use crate::{
    parts::{
        charts::{Chart, ChartData, Kind, Series},
        failure::Failure,
        money,
        skeleton::TextSkeleton,
    },
    store::{Shown, storage::storage},
};

#[component]
pub fn Costs() -> impl IntoView {
    let slice = storage();
    let again = slice.again();
    let shape = slice.select(|slice| match slice.costs.shown() {
        Shown::Waiting => Shown::Waiting,
        // Without sheets nothing of it is known.
        Shown::Ready(costs) => Shown::Ready(costs.currency.filter(|_| !costs.days.is_empty())),
        Shown::Failed(problem) => Shown::Failed(problem),
    });
    move || match shape.get() {
        Shown::Waiting => view! { <TextSkeleton lines=4/> }.into_any(),
        Shown::Failed(problem) => view! { <Failure problem=problem again=again/> }.into_any(),
        Shown::Ready(None) => ().into_any(),
        Shown::Ready(Some(currency)) => view! { <Drawn currency=currency/> }.into_any(),
    }
}

#[component]
fn Drawn(currency: String) -> impl IntoView {
    let costs = storage().select(|slice| slice.costs.latest().cloned().unwrap_or_default());
    let heading = format!("Cost by the day, in {currency}");
    let data = Memo::new(move |_| costs.with(chart));
    let sentence = Signal::derive(move || costs.with(sentence));
    view! {
        <div class=style::part>
            <Chart kind=Kind::Lines heading=heading data=data sentence=sentence unit=in_units/>
        </div>
    }
    .into_any()
}

/// As it was: both stores together; nothing where there is no bill of it.
fn as_it_was(day: &StorageCostDay) -> Option<i64> {
    Some(day.auto_per_view?.saturating_add(day.auto_flat?))
}

fn chart(costs: &StorageCosts) -> ChartData {
    let units = 10_f64.powi(costs.currency.as_deref().map_or(0, money::decimals).try_into().unwrap_or(0));
    let series = |name: &str, of: fn(&StorageCostDay) -> Option<i64>| Series {
        name: name.to_owned(),
        values: costs.days.iter().map(|day| of(day).map(|minor| minor as f64 / units)).collect(),
    };
    ChartData {
        places: costs.days.iter().map(|cost| day(&cost.day)).collect(),
        every: costs.days.len().div_ceil(5),
        of: "Day (UTC)",
        series: vec![
            series("As it was", as_it_was),
            series("If all were stored per view", |day| day.per_view),
            series("If all were stored flat", |day| day.flat),
        ],
    }
}

/// For whoever does not see the chart.
fn sentence(costs: &StorageCosts) -> String {
    let currency = costs.currency.as_deref().unwrap_or_default();
    let sum =
        |of: fn(&StorageCostDay) -> Option<i64>| costs.days.iter().try_fold(0_i64, |sum, day| Some(sum.saturating_add(of(day)?)));
    let or = |sum: Option<i64>, words: &str| sum.map_or_else(|| words.to_owned(), |minor| money::of_minor(minor, currency));
    format!(
        "Cost of {} days: {} as it was, {} if all had lain per view, {} if all had lain flat.",
        costs.days.len(),
        or(sum(as_it_was), "not known"),
        or(sum(|day| day.per_view), "not known"),
        or(sum(|day| day.flat), "not possible"),
    )
}

/// A value of the scale, of the currency that the heading names: `0.05`, `12`.
fn in_units(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(flat: Option<i64>) -> StorageCosts {
        let day = |day: &str, flat| StorageCostDay {
            day: day.into(),
            per_view_bytes: 0,
            flat_bytes: 0,
            bytes_out: 0,
            auto_per_view: Some(100),
            auto_flat: Some(33),
            per_view: Some(250),
            flat,
        };
        StorageCosts { currency: Some("EUR".into()), days: vec![day("2026-11-28", Some(50)), day("2026-11-29", flat)] }
    }

    #[test]
    fn a_day_costs_what_both_stores_did_in_units_of_the_currency() {
        let chart = chart(&costs(Some(50)));
        assert_eq!(chart.places, ["28 Nov", "29 Nov"]);
        assert_eq!(chart.series[0].values, [Some(1.33), Some(1.33)]);
        assert_eq!(chart.series[1].values, [Some(2.5), Some(2.5)]);
        assert_eq!([0.0, 0.05, 12.0, 1.333].map(in_units), ["0", "0.05", "12", "1.333"]);
    }

    #[test]
    fn a_day_on_which_a_plan_was_impossible_is_no_day_that_cost_nothing() {
        assert_eq!(chart(&costs(None)).series[2].values, [Some(0.5), None]);
        let said = sentence(&costs(None));
        assert_eq!(said, "Cost of 2 days: €2.66 as it was, €5.00 if all had lain per view, not possible if all had lain flat.");
        assert!(sentence(&costs(Some(50))).ends_with("€1.00 if all had lain flat."));
    }

    #[test]
    fn what_was_and_has_no_bill_is_not_known_rather_than_free() {
        let mut costs = costs(Some(50));
        costs.days[1].auto_per_view = None;
        assert_eq!(chart(&costs).series[0].values, [Some(1.33), None]);
        assert!(sentence(&costs).starts_with("Cost of 2 days: not known as it was, €5.00 if all had lain per view"));
    }
}
