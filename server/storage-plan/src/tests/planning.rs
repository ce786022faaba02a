//! Tests of the plan: who decides, what moves, and that nothing goes to and fro.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{GB, day, history, sheets, steady};
use crate::{
    bill::{Placements, Store},
    evaluate::replay,
    plan::{Choice, Choices, Chosen, Decision, Planner, Reason, Settings, Stored},
    sheet::Sheets,
    usage::{DayUsage, History, Lifetime},
};

/// Traffic at 0.05; a flat store whose one step costs as much as a title that is watched a fifth of its size each day.
fn offers() -> Sheets {
    let per_view = r#"{"from": "2026-01", "sheet": {"currency": "USD", "stored_gb_month": "0.01", "reads_per_thousand": "0",
        "writes_per_thousand": "0.001", "out": [{"gb": "0.05"}]}}"#;
    let flat = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0.01", "steps": [
        {"capacity_gb": 100, "month": "10"}, {"capacity_gb": 300, "month": "30"}]}}"#;
    sheets(per_view, flat)
}

fn decide(titles: &[(&str, u64, u64, Option<Store>)], choices: &Choices) -> Decision {
    let mut planner = Planner::new(Settings::default());
    for _ in 0..60 {
        let usage = titles
            .iter()
            .map(|(title, stored, out, _)| (*title, DayUsage { stored_bytes: stored * GB, bytes_out: out * GB, requests: 0 }));
        planner.observe(usage);
    }
    let stored: Vec<Stored> = titles
        .iter()
        .map(|(title, stored, _, lies)| Stored {
            title,
            bytes: stored * GB,
            lies: lies.map(|store| (store, day("2026-01-01"))),
            moved: false,
        })
        .collect();
    planner.decide(day("2026-03-01"), &stored, &offers(), choices)
}

fn stores(decision: &Decision) -> Vec<Store> {
    decision.advice.iter().map(|advice| advice.store).collect()
}

#[test]
fn what_saves_the_most_by_its_size_is_put_into_the_step_that_pays() {
    use Store::{Flat, PerView};
    let titles = [("little", 50, 1, None), ("much", 50, 40, None), ("most", 40, 60, None), ("none", 60, 0, None)];
    let decision = decide(&titles, &Choices::default());
    assert_eq!((stores(&decision), decision.step), (vec![PerView, Flat, Flat, PerView], Some(0)));
    assert!((decision.advice[1].per_view_month - (0.5 + 40.0 * 30.4375 * 0.05)).abs() < 2.0, "{decision:?}");
    // Where nothing is watched, nothing is rented.
    let decision = decide(&[("none", 60, 0, None), ("nothing", 20, 0, None)], &Choices::default());
    assert_eq!((stores(&decision), decision.step), (vec![PerView, PerView], None));
}

#[test]
fn a_month_is_expected_at_what_it_is_billed_at_and_its_step_is_the_one_of_that() {
    let per_view = r#"{"from": "2026-01", "sheet": {"currency": "USD", "stored_gb_month": "0.01", "reads_per_thousand": "0",
        "writes_per_thousand": "0", "out": [{"gb": "0.05"}]}}"#;
    // The title fills the first step's traffic but for a part of the margin that is planned with.
    let flat = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "5", "steps": [
        {"capacity_gb": 100, "month": "4", "traffic_gb": 640}, {"capacity_gb": 300, "month": "35", "traffic_gb": 5000}]}}"#;
    let sheets = sheets(per_view, flat);
    let (most, little) = ("most", "little");
    let decide = |out: u64, choice: Choice| {
        let mut planner = Planner::new(Settings::default());
        for _ in 0..60 {
            let of = |bytes_out| DayUsage { stored_bytes: 20 * GB, bytes_out, requests: 0 };
            planner.observe([(most, of(out * GB)), (little, of(0))]);
        }
        let lies = |title, store| Stored { title, bytes: 20 * GB, lies: Some((store, day("2026-01-01"))), moved: false };
        let titles = [lies(most, Store::Flat), lies(little, Store::PerView)];
        let choices = Choices {
            titles: [(most.to_owned(), Chosen::Supported(choice)), (little.to_owned(), Chosen::Supported(Choice::PerView))]
                .into(),
            ..Choices::default()
        };
        planner.decide(day("2026-03-01"), &titles, &sheets, &choices)
    };
    // 20 GB a day are 608.75 GB a month.
    let decision = decide(20, Choice::Flat);
    assert_eq!((stores(&decision), decision.step), (vec![Store::Flat, Store::PerView], Some(0)));
    assert!((decision.rent - 4.0).abs() < 1e-9, "{decision:?}");
    let (billed, little_month) = (decision.month, decision.advice[1].per_view_month);
    assert!((billed - 4.0 - little_month).abs() < 0.01, "the rent, and the lines of titles: {decision:?}");
    assert!((decision.month_unmoved - billed).abs() < 1e-9, "{decision:?}");
    // Where nothing lies there, nothing is rented.
    let decision = decide(20, Choice::PerView);
    assert_eq!((decision.step, decision.rent), (None, 0.0));
    assert!((decision.month_unmoved - billed).abs() < 0.01, "{decision:?}");
    // And where more goes out than the step includes, by the next one.
    let decision = decide(30, Choice::Flat);
    assert_eq!((decision.step, decision.rent.round()), (Some(1), 35.0));
}

#[test]
fn a_choice_goes_before_what_is_cheapest_and_that_of_a_title_before_that_of_all() {
    use Store::{Flat, PerView};
    let titles = [("idle", 50, 0, Some(PerView)), ("watched", 50, 40, Some(Flat)), ("large", 280, 0, Some(PerView))];
    let chosen = |overall, title: &str, choice| Choices {
        overall: Chosen::Supported(overall),
        titles: [(title.to_owned(), Chosen::Supported(choice))].into(),
        ..Choices::default()
    };
    let decision = decide(&titles, &chosen(Choice::Auto, "idle", Choice::Flat));
    assert_eq!(stores(&decision), [Flat, Flat, PerView]);
    assert_eq!((decision.advice[0].why, decision.advice[1].why), (Reason::Chosen, Reason::Cheapest));
    let decision = decide(&titles, &chosen(Choice::PerView, "idle", Choice::Flat));
    assert_eq!(stores(&decision), [Flat, PerView, PerView]);
    // 380 GB are more than the last step holds: what came last has no room.
    let decision = decide(&titles, &chosen(Choice::Flat, "none", Choice::Auto));
    assert_eq!((stores(&decision), decision.advice[2].why), (vec![Flat, Flat, PerView], Reason::NoRoom));
}

#[test]
fn a_choice_that_is_not_known_leaves_its_title_where_it_lies() {
    use Store::{Flat, PerView};
    let titles = [("idle", 50, 0, Some(Flat)), ("watched", 50, 40, Some(PerView)), ("other", 50, 40, Some(PerView))];
    let later = Chosen::Unknown("coldest".into());
    let of = |title: &str| (title.to_owned(), later.clone());
    let choices = Choices { titles: [of("idle"), of("watched")].into(), ..Choices::default() };
    assert_eq!(stores(&decide(&titles, &choices)), [Flat, PerView, Flat]);
    let choices = Choices { overall: later, titles: [("other".to_owned(), Choice::PerView.into())].into(), ..Choices::default() };
    assert_eq!(stores(&decide(&titles, &choices)), [Flat, PerView, PerView]);
}

#[test]
fn moving_into_the_per_view_store_costs_reading_it_back_beside_writing_it() {
    let decision = decide(&[("idle", 50, 0, Some(Store::Flat))], &Choices::default());
    // 12,500 writes at 0.001 a thousand, and 50 GB at 0.05.
    assert!((decision.advice[0].moving - (0.0125 + 2.5)).abs() < 1e-9, "{decision:?}");
}

#[test]
fn without_any_past_everything_stays_where_it_lies_and_what_is_new_is_per_view() {
    use Store::{Flat, PerView};
    let lies = [None, Some((Flat, day("2020-01-01"))), Some((PerView, day("2020-01-01")))];
    let titles = lies.map(|lies| Stored { title: "a", bytes: 10 * GB, lies, moved: false });
    let decision = Planner::new(Settings::default()).decide(day("2026-01-01"), &titles, &offers(), &Choices::default());
    assert_eq!(stores(&decision), [PerView, Flat, PerView]);
}

/// Whether all of a title's moves are a minimum stay apart, and how many there are.
fn moves(stores: &[Store], minimum: usize) -> usize {
    let moves: Vec<usize> = (1..stores.len()).filter(|at| stores[at - 1] != stores[*at]).collect();
    assert!(moves.windows(2).all(|pair| pair[1] - pair[0] >= minimum), "{moves:?}");
    moves.len()
}

#[test]
fn usage_that_is_noisy_around_the_threshold_moves_a_title_once_a_minimum_stay_at_most() {
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(seed);
        // Ten titles of ten GB, each of which is worth its part of a step or not, from one fortnight to the next.
        let titles = (0..10).map(|number| {
            let mut much = 0;
            let days = (0..400).map(|at| {
                if at % 14 == 0 {
                    much = random.random_range(0..2);
                }
                let out = random.random_range(0..=much * 2_370_000_000);
                DayUsage { stored_bytes: 10 * GB, bytes_out: out, requests: 0 }
            });
            Lifetime { title: number.to_string(), first: 0, days: days.collect() }
        });
        let history = history("2026-01-01", 400, titles.collect());
        // Hardly anything holds a move back but the minimum stay.
        let settings = Settings { horizon: 3_000, entering: 3_000, regret: 0.0, ..Settings::default() };
        let eager = replay(&history, 35, &offers(), &Choices::default(), settings);
        let all: usize = eager.0.iter().map(|stores| moves(stores, 30)).sum();
        assert!(all > 0, "seed {seed}: nothing is near the threshold");
        let calm = replay(&history, 35, &offers(), &Choices::default(), Settings::default());
        let fewer: usize = calm.0.iter().map(|stores| moves(stores, 30)).sum();
        assert!(fewer < all, "seed {seed}: {fewer} moves, and {all} without hysteresis");
    }
}

/// Where the title of a name lies at last.
fn at_last(history: &History, placements: &Placements, title: &str) -> Store {
    let found = history.lifetimes.iter().position(|lifetime| lifetime.title == title).unwrap();
    *placements.0[found].last().unwrap()
}

#[test]
fn a_new_title_is_placed_by_how_earlier_ones_were_watched_as_they_grew_older() {
    // Each premiere is watched ten times its size on its first four days and never again, or each day for good.
    let premieres = |fades: bool| {
        let titles = (0..8).map(|number| {
            let mut title = steady(&number.to_string(), number * 45, 400 - number * 45, 100, 10);
            let out = |age: usize| if fades { if age < 4 { 60 } else { 0 } } else { 60 };
            title.days.iter_mut().enumerate().for_each(|(age, day)| day.bytes_out = out(age) * GB);
            title
        });
        let mut titles: Vec<Lifetime> = titles.collect();
        titles.push(steady("old", 0, 400, 20, 1));
        let history = history("2026-01-01", 400, titles);
        let placements = replay(&history, 1, &offers(), &Choices::default(), Settings::default());
        let last = history.lifetimes.iter().position(|lifetime| lifetime.title == "7").unwrap();
        placements.0[last][0]
    };
    assert_eq!(premieres(false), Store::Flat);
    assert_eq!(premieres(true), Store::PerView);
}

#[test]
fn a_new_title_is_expected_to_be_watched_by_its_size() {
    // Titles that came before have ten GB each, of which a tenth is read each day.
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut planner = Planner::new(Settings::default());
    let of = |bytes: u64| DayUsage { stored_bytes: bytes, bytes_out: bytes / 10, requests: 0 };
    for at in 0..60 {
        planner.observe(names.iter().take(1 + at / 10).map(|name| (*name, of(10 * GB))));
    }
    let new = |bytes| {
        let titles = [Stored { title: "new", bytes, lies: None, moved: false }];
        planner.decide(day("2026-03-02"), &titles, &offers(), &Choices::default()).advice[0].per_view_month
    };
    let (small, large) = (new(10 * GB), new(100 * GB));
    assert!((large / small - 10.0).abs() < 0.01, "{small}, {large}");
}

#[test]
fn nothing_moves_for_what_a_sheet_soon_ends() {
    let per_view = |from: &str, out: &str| {
        format!(
            r#"{{"from": "{from}", "sheet": {{"currency": "USD", "stored_gb_month": "0.01",
        "reads_per_thousand": "0", "writes_per_thousand": "0", "out": [{{"gb": "{out}"}}]}}}}"#
        )
    };
    let flat = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0.01", "steps": [{"capacity_gb": 100, "month": "1"}]}}"#;
    let lies = Some((Store::PerView, day("2026-01-01")));
    let decide = |document: &str| {
        let mut planner = Planner::new(Settings::default());
        for _ in 0..60 {
            planner.observe([("a", DayUsage { stored_bytes: 50 * GB, bytes_out: 2 * GB, requests: 0 })]);
        }
        let titles = [Stored { title: "a", bytes: 50 * GB, lies, moved: false }];
        stores(&planner.decide(day("2026-05-25"), &titles, &sheets(document, flat), &Choices::default()))
    };
    // It saves some three a month, and reading it costs 2.5.
    let (now, then) = (per_view("2026-01", "0.05"), per_view("2026-06", "0.0001"));
    assert_eq!(decide(&now), [Store::Flat]);
    assert_eq!(decide(&format!("{now},{then}")), [Store::PerView]);
}

#[test]
fn a_sheet_that_changes_is_followed() {
    let per_view = |from: &str, out: &str| {
        format!(
            r#"{{"from": "{from}", "sheet": {{"currency": "USD", "stored_gb_month": "0.01",
        "reads_per_thousand": "0", "writes_per_thousand": "0", "out": [{{"gb": "{out}"}}]}}}}"#
        )
    };
    let flat = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0.01", "steps": [{"capacity_gb": 100, "month": "10"}]}}"#;
    let history = history("2026-01-01", 300, vec![steady("a", 0, 300, 50, 30)]);
    let sheets = sheets(&format!("{},{}", per_view("2026-01", "0.05"), per_view("2026-06", "0.0001")), flat);
    let placements = replay(&history, 60, &sheets, &Choices::default(), Settings::default());
    assert_eq!(placements.0[0][0], Store::Flat);
    assert_eq!(at_last(&history, &placements, "a"), Store::PerView);
    // On the first day of June: 151 days after the first of January.
    assert_eq!(placements.0[0].iter().position(|store| *store == Store::PerView), Some(151 - 60));
}
