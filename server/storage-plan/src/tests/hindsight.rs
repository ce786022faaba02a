//! Tests of hindsight, against every placement that there is, where there are few.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{GB, history, sheets, steady};
use crate::{
    bill::{Item, ObjectSize, Placements, Store, bills},
    optimum::{Optimum, bound_by_months, cheapest, cost, optimum},
    sheet::Sheets,
    usage::{DayUsage, History, Lifetime},
};

/// The least of all placements.
fn brute_force(history: &History, sheets: &Sheets) -> f64 {
    let cells: usize = history.lifetimes.iter().map(|lifetime| lifetime.days.len()).sum();
    let mut best = f64::INFINITY;
    for bits in 0..1_u32 << cells {
        let mut bit = 0;
        let stores = history.lifetimes.iter().map(|lifetime| {
            let stores = lifetime.days.iter().map(|_| {
                bit += 1;
                if bits >> (bit - 1) & 1 == 1 { Store::Flat } else { Store::PerView }
            });
            stores.collect()
        });
        let placements = Placements(stores.collect());
        if let Some(amount) = cost(history, &placements, sheets, ObjectSize::default()).unwrap() {
            best = best.min(amount.units());
        }
    }
    best
}

/// Few titles and days around a month's end, and sheets that make both stores worth something.
fn tiny(seed: u64, same_size: bool) -> (History, Sheets) {
    let mut random = StdRng::seed_from_u64(seed);
    let days = random.random_range(3..=5);
    let titles = (0..12 / days).map(|number| {
        let first = if random.random_bool(0.6) { 0 } else { random.random_range(0..days) };
        let last = if random.random_bool(0.7) { days } else { random.random_range(first + 1..=days) };
        let (mut stored, watched) = (random.random_range(5..40), random.random_range(0..60));
        let of_days = (first..last).map(|_| {
            stored = if same_size { stored } else { random.random_range(5..40) };
            let out = random.random_range(0..=watched);
            DayUsage { stored_bytes: stored * GB, bytes_out: out * GB, requests: out * 250 }
        });
        Lifetime { title: number.to_string(), first, days: of_days.collect() }
    });
    let titles = titles.collect();
    let mut price = |from: f64, to: f64| format!("{:.4}", random.random_range(from..to));
    let mut per_view = |month: &str, minimum: usize| {
        format!(
            r#"{{"from": "{month}", "sheet": {{"currency": "USD", "stored_gb_month": "{}", "minimum_days": {minimum}, "reads_per_thousand": "{}",
            "writes_per_thousand": "{}", "retrieval_gb": "{}", "out": [{{"up_to_gb": 20, "gb": "{}"}}, {{"up_to_gb": 60, "gb": "{}"}}, {{"gb": "{}"}}]}}}}"#,
            price(0.0, 1.5),
            price(0.0, 0.01),
            price(0.0, 0.05),
            price(0.0, 0.02),
            price(0.0, 0.09),
            price(0.0, 0.09),
            price(0.0, 0.09)
        )
    };
    let sheet = format!("{},{}", per_view("2026-01", 0), per_view("2026-02", 2));
    let sheet = if seed.is_multiple_of(2) { sheet } else { per_view("2026-01", 3) };
    let flat = format!(
        r#"{{"from": "2026-01", "sheet": {{"currency": "USD", "beyond_gb": "{}", "steps": [{{"capacity_gb": 30, "month": "{}", "traffic_gb": 60}},
        {{"capacity_gb": 60, "month": "{}", "traffic_gb": 100}}]}}}}"#,
        price(0.0, 0.06),
        price(0.5, 4.0),
        price(2.0, 6.0)
    );
    (history("2026-01-30", days, titles), sheets(&sheet, &flat))
}

#[test]
fn the_bound_is_never_above_the_cheapest_of_all_placements_and_the_plan_never_below() {
    let (mut bounds, mut plans, mut cases) = (0.0, 0.0, 0.0);
    for seed in 0..30 {
        let (history, sheets) = tiny(seed, seed % 3 != 0);
        let Optimum { bound, feasible } = optimum(&history, &sheets, ObjectSize::default(), &[], 200).unwrap();
        let best = brute_force(&history, &sheets);
        assert!(bound <= best, "seed {seed}: the bound {bound} is above {best}");
        assert!(feasible >= best * (1.0 - 1e-9), "seed {seed}: the plan {feasible} is below {best}");
        bounds += bound / best;
        plans += feasible / best;
        cases += 1.0;
    }
    // A weak bound, or a poor plan, would pass by what is above. Parts of titles weigh much where there are three.
    assert!(bounds / cases > 0.75, "the bound is {:.3} of the optimum on the mean", bounds / cases);
    assert!(plans / cases < 1.05, "the plan is {:.3} of the optimum on the mean", plans / cases);
}

#[test]
fn the_bound_by_months_is_never_above_the_cheapest_of_all_placements() {
    let (mut bounds, mut cases) = (0.0, 0.0);
    for seed in 100..140 {
        let (history, sheets) = tiny(seed, seed % 3 != 0);
        let best = brute_force(&history, &sheets);
        // Improved beyond the optimum, it would rise above it wherever it may.
        let bound = bound_by_months(&history, &sheets, ObjectSize::default(), best * 1.5, 200);
        assert!(bound <= best * (1.0 + 1e-9), "seed {seed}: the bound {bound} is above {best}");
        bounds += bound / best;
        cases += 1.0;
    }
    assert!(bounds / cases > 0.75, "the bound is {:.3} of the optimum on the mean", bounds / cases);
}

#[test]
fn a_step_has_to_hold_the_last_days_of_a_month_and_not_their_mean() {
    let per_view = r#"{"from": "2026-01", "sheet": {"currency": "USD", "stored_gb_month": "0.1", "minimum_days": 0,
        "reads_per_thousand": "0", "writes_per_thousand": "0", "out": [{"gb": "0.5"}]}}"#;
    let flat = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0", "steps": [{"capacity_gb": 30, "month": "2"},
        {"capacity_gb": 60, "month": "6"}]}}"#;
    // The second title comes on the 22nd: the first step holds both on the mean of the days, and on none of the last ten.
    let mut growing = steady("b", 21, 10, 0, 5);
    growing.days.iter_mut().zip(18..).for_each(|(day, gb)| day.stored_bytes = gb * GB);
    let history = history("2026-01-01", 31, vec![steady("a", 0, 31, 20, 5), growing]);
    let sheets = sheets(per_view, flat);
    let best = 6.0;
    let Optimum { feasible, .. } = optimum(&history, &sheets, ObjectSize::default(), &[], 200).unwrap();
    assert!((feasible - best).abs() < 1e-6, "{feasible}");
    let bound = bound_by_months(&history, &sheets, ObjectSize::default(), best * 1.5, 200);
    assert!(bound <= best * (1.0 + 1e-9) && bound > best * 0.99, "{bound}");
}

#[test]
fn one_title_without_shared_capacity_is_solved_exactly() {
    // Half of the time it is watched a lot; the flat store's step holds it, and costs by the month.
    let per_view = r#"{"from": "2026-01", "sheet": {"currency": "USD", "stored_gb_month": "0.02", "minimum_days": 20,
        "reads_per_thousand": "0", "writes_per_thousand": "0.01", "out": [{"gb": "0.05"}]}}"#;
    let flat =
        r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0", "steps": [{"capacity_gb": 10, "month": "5"}]}}"#;
    let mut title = steady("a", 0, 59, 10, 0);
    title.days[31..].iter_mut().for_each(|day| day.bytes_out = 20 * GB);
    let history = history("2026-01-01", 59, vec![title]);
    let Optimum { bound, feasible } = optimum(&history, &sheets(per_view, flat), ObjectSize::default(), &[], 200).unwrap();
    // January per view, read out once at its end, and February flat.
    let best = 0.02 * 10.0 + 0.05 * 10.0 + 5.0;
    assert!((feasible - best).abs() < 1e-6, "{feasible}");
    assert!(bound <= best && bound > best * 0.999, "{bound}");
}

#[test]
fn leaving_before_the_minimum_is_charged_what_the_bill_charges() {
    let per_view = r#"{"from": "2026-01", "sheet": {"currency": "USD", "stored_gb_month": "0.31", "minimum_days": 20,
        "reads_per_thousand": "0", "writes_per_thousand": "0.01", "out": [{"gb": "0.05"}]}}"#;
    let flat =
        r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0", "steps": [{"capacity_gb": 10, "month": "5"}]}}"#;
    // Uploaded on 30 January and watched in February: two days per view are cheaper than January's rent.
    let mut title = steady("a", 29, 30, 10, 0);
    title.days[2..].iter_mut().for_each(|day| day.bytes_out = 20 * GB);
    let history = history("2026-01-01", 59, vec![title]);
    let Optimum { bound, feasible } = optimum(&history, &sheets(per_view, flat), ObjectSize::default(), &[], 200).unwrap();
    // 2,500 writes, two days of January, eighteen of February for the minimum, ten GB read out, and February's rent.
    let best = 0.025 + 10.0 * 0.31 * (2.0 / 31.0 + 18.0 / 28.0) + 0.5 + 5.0;
    assert!((feasible - best).abs() < 1e-6, "{feasible}, {best}");
    assert!(bound <= best && bound > best * 0.999, "{bound}, {best}");
}

#[test]
fn the_cheapest_way_of_a_title_is_that_of_all_its_ways() {
    let mut early = 0;
    for seed in 0..60 {
        let mut random = StdRng::seed_from_u64(seed);
        let minimum = random.random_range(0..6);
        let per_view = format!(
            r#"{{"from": "2026-01", "sheet": {{"currency": "USD", "stored_gb_month": "0.3", "minimum_days": {minimum}, "reads_per_thousand": "0.01",
            "writes_per_thousand": "0.02", "retrieval_gb": "0.01", "out": [{{"gb": "0.02"}}]}}}}"#
        );
        // The flat store is free in the bill: what it costs is the prices of its days.
        let flat = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0", "steps": [{"capacity_gb": 100, "month": "0"}]}}"#;
        let sheets = sheets(&per_view, flat);
        let (first, days) = (random.random_range(0..3), random.random_range(1..9));
        let mut title = steady("a", first, days, 10, 0);
        title.days.iter_mut().for_each(|day| day.bytes_out = random.random_range(0..40) * GB);
        // On a third of all seeds it is deleted before the end.
        let history = history("2026-01-28", first + days + if seed % 3 == 0 { 4 } else { 0 }, vec![title]);
        let prices: Vec<f64> = (0..days).map(|_| if random.random_bool(0.4) { 4.0 } else { 0.0 }).collect();
        let (mut best, mut best_early) = (f64::INFINITY, false);
        for bits in 0..1_u32 << days {
            let stores: Vec<Store> =
                (0..days).map(|day| if bits >> day & 1 == 1 { Store::Flat } else { Store::PerView }).collect();
            let of_flat: f64 =
                stores.iter().zip(&prices).filter(|(store, _)| **store == Store::Flat).map(|(_, price)| price).sum();
            let made = bills(&history, &Placements(vec![stores]), &sheets, ObjectSize::default()).unwrap();
            let total = of_flat + made.iter().map(|bill| bill.total().units()).sum::<f64>();
            if total < best {
                let charged = made.iter().flat_map(|bill| &bill.per_view).any(|line| line.item == Item::StoredMinimum);
                (best, best_early) = (total, charged);
            }
        }
        early += usize::from(best_early);
        let found = cheapest(&history, &sheets, ObjectSize::default(), &prices).unwrap();
        assert!((found - best).abs() < 1e-9, "seed {seed}: {found}, and {best} of all ways");
    }
    assert!(early >= 5, "{early} of the best ways leave before the minimum: too few to say anything");
}
