//! Tests of how good `auto` is, on years that are made: small ones, with seeds that nothing was tuned on.

use super::day;
use crate::{
    evaluate::{EvaluateError, Report, evaluate},
    generate::{Size, generate},
    market::market,
    plan::Settings,
    sheet::Sheets,
    usage::History,
};

/// Ninety days that are known before, and a year.
fn made(titles: usize, views: f64, seed: u64) -> History {
    generate(Size { titles, first: day("2025-10-03"), days: 455, views, seed })
}

/// All pairs of sheets, of the size of a history.
fn pairs(history: &History) -> Vec<(&'static str, Sheets)> {
    let terabytes = history.lifetimes.iter().map(|lifetime| lifetime.days[0].stored_bytes as f64).sum::<f64>() / 1e12;
    market(terabytes).into_iter().map(|(name, document)| (name, document.try_into().unwrap())).collect()
}

fn report(name: &str, seed: u64, rounds: usize) -> Report {
    let history = made(100, 500.0, seed);
    let (_, sheets) = pairs(&history).into_iter().find(|(other, _)| *other == name).unwrap();
    evaluate(&history, 90, &sheets, Settings::default(), rounds).unwrap()
}

/// What holds of any year. The optimum is between the lower bound and the plan that hindsight finds: whether `auto` is within 1.10 of it is shown by the
/// bound, and disproved by the plan. The bound is loose where titles are large beside a step, or few rounds improve it: plans of up to 1.13 of it have been seen.
#[track_caller]
fn is_shown_within_bounds(name: &str, seed: u64, report: &Report) -> bool {
    assert!(report.to_fixed() <= 1.02, "{name}, seed {seed}\n{report}");
    assert!(report.optimum.bound <= report.optimum.feasible, "{name}, seed {seed}\n{report}");
    assert!(report.auto.units() <= report.optimum.feasible * 1.08, "{name}, seed {seed}\n{report}");
    report.to_bound() <= 1.10
}

#[track_caller]
fn within_bounds(name: &str, seed: u64, rounds: usize) -> Report {
    let report = report(name, seed, rounds);
    assert!(is_shown_within_bounds(name, seed, &report), "{name}, seed {seed}\n{report}");
    report
}

#[test]
fn with_any_pair_of_sheets_auto_is_within_its_bounds() {
    let mut undecided = Vec::new();
    for seed in [911, 912] {
        let history = made(100, 500.0, seed);
        let pairs = pairs(&history);
        assert_eq!(pairs.len(), 10);
        for (name, sheets) in pairs {
            let report = evaluate(&history, 90, &sheets, Settings::default(), 150).unwrap();
            if !is_shown_within_bounds(name, seed, &report) {
                undecided.push((name, seed, report.to_bound(), report.gap()));
            }
        }
    }
    // Titles are large beside the steps of so few.
    assert!(undecided.len() <= 2, "{undecided:?}");
}

/// A year of a catalogue that outgrows the step that it begins with.
#[track_caller]
fn assert_outgrowing_within_bounds(of: impl Fn(&str) -> bool) {
    let seed = 951;
    let history = made(1_000, 500.0, seed);
    for (name, sheets) in pairs(&history).into_iter().filter(|(name, _)| of(name)) {
        let report = evaluate(&history, 90, &sheets, Settings::default(), 100).unwrap();
        // As few rounds as these may leave its bound loose.
        let loose = name == "S3 / dear servers" && report.to_bound() <= 1.12;
        assert!(is_shown_within_bounds(name, seed, &report) || loose, "{name}, seed {seed}\n{report}");
    }
}

#[test]
fn of_a_catalogue_that_outgrows_its_step_auto_is_within_its_bounds() {
    assert_outgrowing_within_bounds(|name| !name.contains("July"));
}

#[test]
fn of_a_catalogue_that_outgrows_its_step_auto_is_within_its_bounds_where_sheets_change() {
    assert_outgrowing_within_bounds(|name| name.contains("July"));
}

#[test]
fn where_per_view_wins_auto_is_per_view() {
    let report = within_bounds("free traffic / dear servers", 901, 60);
    assert!(report.in_flat < 0.05, "{report}");
}

#[test]
fn where_flat_wins_auto_is_flat() {
    let report = within_bounds("S3 / servers (flat wins)", 902, 250);
    assert!(report.in_flat > 0.95, "{report}");
}

#[test]
fn where_a_mix_wins_auto_mixes() {
    for (name, seed) in [("infrequent / one small step (mix)", 903), ("infrequent / few steps (mix)", 904)] {
        let report = within_bounds(name, seed, 60);
        assert!((0.1..0.9).contains(&report.in_flat) && report.flat.is_none(), "{report}");
    }
}

#[test]
fn where_sheets_change_in_mid_year_auto_follows() {
    let report = within_bounds("S3, from July free / servers", 906, 60);
    assert!(report.to_fixed() < 0.95 && report.moves > 0, "no fixed choice is as good: {report}");
    within_bounds("edge / servers, July cheaper", 907, 60);
    within_bounds("infrequent / servers, July dearer", 908, 60);
}

#[test]
fn the_report_prints_what_each_costs_beside_the_bound() {
    let text = report("infrequent / one small step (mix)", 905, 60).to_string();
    for name in ["auto", "always per view", "hindsight, a plan", "hindsight, lower bound", "always flat: more is stored"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
    }
}

#[test]
fn the_same_seed_makes_the_same_year_and_another_one_another() {
    let of = |seed| generate(Size { titles: 20, first: day("2026-01-01"), days: 30, views: 30.0, seed });
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let nothing = generate(Size { titles: 0, first: day("2026-01-01"), days: 0, views: f64::NAN, seed: 1 });
    assert_eq!((nothing.lifetimes.len(), nothing.days), (1, 1));
}

#[test]
fn a_history_that_leaves_nothing_to_replay_is_refused() {
    let history = generate(Size { titles: 2, first: day("2026-01-01"), days: 30, views: 3.0, seed: 1 });
    let (_, document) = market(1.0).remove(0);
    let refused = evaluate(&history, 30, &document.try_into().unwrap(), Settings::default(), 60);
    assert_eq!(refused, Err(EvaluateError::TooShort { days: 30, before: 30 }));
}
