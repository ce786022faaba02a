//! Tests of bills: each line by figures that were computed by hand.

use proptest::prelude::*;

use super::{FLAT, GB, PER_VIEW, history, sheets, steady};
use crate::{
    bill::{Bill, BillError, Item, ObjectSize, Placements, Store, bills},
    money::Amount,
    usage::{DayUsage, History, Lifetime},
};

fn all(history: &History, placements: &Placements) -> Vec<Bill> {
    bills(history, placements, &sheets(PER_VIEW, FLAT), ObjectSize::default()).unwrap()
}

/// The quantity and the amount of a line, the latter in units with six digits.
fn line(bill: &Bill, item: Item) -> (i128, String) {
    let of_item: Vec<_> = bill.per_view.iter().chain(&bill.flat).filter(|line| line.item == item).collect();
    (
        of_item.iter().map(|line| line.quantity).sum(),
        format!("{:.6}", of_item.iter().map(|line| line.amount).sum::<Amount>().units()),
    )
}

#[test]
fn per_view_bills_days_of_storage_tiers_of_traffic_retrieval_and_requests() {
    let history = history("2026-01-22", 17, vec![steady("a", 0, 17, 50, 12)]);
    let made = all(&history, &Placements::all(&history, Store::PerView));
    let gb = i128::from(GB);
    // Ten days of January at 0.031 / 31 a GB and day, seven of February at 0.028 / 28.
    assert_eq!(line(&made[0], Item::Stored), (500 * gb, "0.500000".into()));
    assert_eq!(line(&made[1], Item::Stored), (350 * gb, "0.350000".into()));
    // 120 GB: 100 at 0.09, and 20 at 0.05; February has one tier and no retrieval.
    assert_eq!(line(&made[0], Item::Traffic), (120 * gb, "10.000000".into()));
    assert_eq!(line(&made[0], Item::Retrieval), (120 * gb, "1.200000".into()));
    assert_eq!(line(&made[1], Item::Traffic), (84 * gb, "4.200000".into()));
    assert_eq!(line(&made[0], Item::Reads), (30_000, "0.012000".into()));
    // What was there on the first day was written before it.
    assert_eq!(line(&made[0], Item::Writes), (0, "0.000000".into()));
    assert_eq!(made[0].total().rounded(made[0].currency).to_string(), "11.71 USD");
    assert!(made[0].flat.is_empty() && made[0].step.is_none());
}

#[test]
fn flat_bills_the_cheapest_step_that_holds_the_fullest_day_and_the_traffic() {
    let step = |stored: u64, out: u64| {
        let history = history("2026-01-01", 31, vec![steady("a", 0, 31, stored, out), steady("b", 30, 1, 20, 0)]);
        let made = all(&history, &Placements::all(&history, Store::Flat)).remove(0);
        (made.step, made.total().rounded(made.currency).to_string())
    };
    assert_eq!(step(80, 1), (Some(0), "4.00 USD".into()));
    // The last day has a byte too many for the first step; then its traffic has.
    assert_eq!(step(81, 1), (Some(1), "11.50 USD".into()));
    assert_eq!(step(80, 7), (Some(1), "11.50 USD".into()));
    // 40 * 31 GB are 240 beyond the last step.
    assert_eq!(step(80, 40), (Some(1), "13.90 USD".into()));
    let history = history("2026-01-01", 2, vec![steady("a", 0, 2, 1001, 0)]);
    let refused = bills(&history, &Placements::all(&history, Store::Flat), &sheets(PER_VIEW, FLAT), ObjectSize::default());
    assert!(matches!(refused, Err(BillError::BeyondCapacity { .. })));
}

#[test]
fn a_move_is_read_on_the_last_day_and_written_on_the_first_and_leaves_the_minimum_behind() {
    let history = history("2026-01-01", 59, vec![steady("a", 27, 32, 10, 0)]);
    let mut placements = Placements::all(&history, Store::Flat);
    // Written on 28 January, and deleted from the per-view store after 30 January, of 3 days.
    placements.0[0][..3].fill(Store::PerView);
    let made = all(&history, &placements);
    let gb = i128::from(GB);
    assert_eq!(line(&made[0], Item::Writes), (2_500, "0.012500".into()));
    assert_eq!(line(&made[0], Item::Reads), (2_500, "0.001000".into()));
    assert_eq!(line(&made[0], Item::Traffic), (10 * gb, "0.900000".into()));
    assert_eq!(line(&made[0], Item::Stored), (30 * gb, "0.030000".into()));
    // Seven days are left of the minimum: 31 January, and six of February.
    assert_eq!(line(&made[0], Item::StoredMinimum), (10 * gb, "0.010000".into()));
    assert_eq!(line(&made[1], Item::StoredMinimum), (60 * gb, "0.060000".into()));
    assert_eq!(made[0].step, Some(0));
}

#[test]
fn a_move_into_a_store_is_read_back_from_it_as_a_whole() {
    let history = history("2026-01-01", 31, vec![steady("a", 0, 31, 10, 0)]);
    let gb = i128::from(GB);
    let mut placements = Placements::all(&history, Store::PerView);
    placements.0[0][..9].fill(Store::Flat);
    let made = all(&history, &placements).remove(0);
    // Nobody watched it: what goes out per view is what was written, and so are the reads.
    assert_eq!(line(&made, Item::Traffic), (10 * gb, "0.900000".into()));
    assert_eq!(line(&made, Item::Retrieval), (10 * gb, "0.100000".into()));
    assert_eq!((line(&made, Item::Reads).0, line(&made, Item::Writes).0), (2_500, 2_500));
    // The other way round the flat store is read back: beyond the traffic of its step, that costs.
    let mut placements = Placements::all(&history, Store::Flat);
    placements.0[0][..9].fill(Store::PerView);
    let narrow = FLAT.replace("\"traffic_gb\": 200", "\"traffic_gb\": 1").replace("\"traffic_gb\": 1000", "\"traffic_gb\": 1");
    let made = bills(&history, &placements, &sheets(PER_VIEW, &narrow), ObjectSize::default()).unwrap().remove(0);
    assert_eq!(line(&made, Item::TrafficBeyond).0, 9 * gb);
}

#[test]
fn what_is_deleted_early_is_billed_on_and_what_stays_or_was_there_is_not() {
    let early = |title: Lifetime| {
        let history = history("2026-01-01", 31, vec![title]);
        line(&all(&history, &Placements::all(&history, Store::PerView))[0], Item::StoredMinimum).0 / i128::from(GB)
    };
    assert_eq!(early(steady("deleted after four days", 5, 4, 1, 0)), 6);
    assert_eq!(early(steady("deleted after ten days", 5, 10, 1, 0)), 0);
    assert_eq!(early(steady("there before", 0, 4, 1, 0)), 0);
    assert_eq!(early(steady("still there", 28, 3, 1, 0)), 0);
}

#[test]
fn bills_that_cannot_be_are_refused() {
    let titles = |count| (0..count).map(|_| steady("a", 0, 2, GB, GB)).collect::<Vec<_>>();
    let (one, other) = (history("2026-01-01", 2, titles(1)), history("2026-01-01", 2, titles(2)));
    let made = bills(&one, &Placements::all(&other, Store::Flat), &sheets(PER_VIEW, FLAT), ObjectSize::default());
    assert_eq!(made, Err(BillError::Placements));
    let dear = PER_VIEW.replace("0.05", "1000000");
    let made = bills(&one, &Placements::all(&one, Store::PerView), &sheets(&dear, FLAT), ObjectSize::default());
    assert!(matches!(made, Err(BillError::TooGreat(_))), "{made:?}");
}

proptest! {
    #[test]
    fn a_bill_is_the_exact_sum_of_its_titles_where_there_are_no_tiers(
        days in prop::collection::vec((1..u64::pow(10, 12), 0..u64::pow(10, 12), 0..1_000_000_u64), 1..40),
        cut in 0..40_usize,
    ) {
        let days: Vec<DayUsage> = days
            .into_iter()
            .map(|(stored_bytes, bytes_out, requests)| DayUsage { stored_bytes, bytes_out, requests })
            .collect();
        let title = |days: &[DayUsage]| Lifetime { title: "a".to_owned(), first: 0, days: days.to_vec() };
        let total = |lifetimes: Vec<Lifetime>| {
            let history = history("2027-01-10", 40, lifetimes);
            let made = all(&history, &Placements::all(&history, Store::PerView));
            made.iter().map(Bill::total).sum::<Amount>()
        };
        // The days are the same in one title, or in two of which each has a part of the bytes.
        let cut = cut as u64;
        let part = |share: fn(u64, u64) -> u64| -> Vec<DayUsage> {
            days.iter().map(|day| DayUsage {
                stored_bytes: share(day.stored_bytes, cut), bytes_out: share(day.bytes_out, cut), requests: share(day.requests, cut),
            }).collect()
        };
        let (one, other) = (part(|all, cut| all / (cut + 1)), part(|all, cut| all - all / (cut + 1)));
        prop_assert_eq!(total(vec![title(&days)]), total(vec![title(&one), title(&other)]));
    }
}
