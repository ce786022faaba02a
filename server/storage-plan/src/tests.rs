//! Tests of the whole crate: documents, bills, the plan, hindsight, and how good the plan is on usage that was made.

mod billing;
mod documents;
mod evaluating;
mod hindsight;
mod planning;
mod usage;

use crate::{
    calendar::Day,
    sheet::{Sheets, SheetsDocument},
    usage::{DayUsage, History, Lifetime},
};

const GB: u64 = 1_000_000_000;

fn document(per_view: &str, flat: &str) -> SheetsDocument {
    serde_json::from_str(&format!(r#"{{"per_view": [{per_view}], "flat": [{flat}]}}"#)).unwrap()
}

fn sheets(per_view: &str, flat: &str) -> Sheets {
    document(per_view, flat).try_into().unwrap()
}

/// Storage at 0.031 and 0.028 a GB-month (so that a day is 0.001 in January and in February), two tiers, a minimum of ten days.
const PER_VIEW: &str = r#"{"from": "2026-01", "sheet": {"currency": "USD", "stored_gb_month": "0.031", "minimum_days": 10,
    "reads_per_thousand": "0.0004", "writes_per_thousand": "0.005", "retrieval_gb": "0.01",
    "out": [{"up_to_gb": 100, "gb": "0.09"}, {"gb": "0.05"}]}},
    {"from": "2026-02", "sheet": {"currency": "USD", "stored_gb_month": "0.028", "minimum_days": 10,
    "reads_per_thousand": "0.0004", "writes_per_thousand": "0.005", "out": [{"gb": "0.05"}]}}"#;

const FLAT: &str = r#"{"from": "2026-01", "sheet": {"currency": "USD", "beyond_gb": "0.01", "steps": [
    {"capacity_gb": 100, "month": "4", "traffic_gb": 200}, {"capacity_gb": 1000, "month": "11.50", "traffic_gb": 1000}]}}"#;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// A title that is the same every day, in GB.
fn steady(title: &str, first: usize, days: usize, stored: u64, out: u64) -> Lifetime {
    let usage = DayUsage { stored_bytes: stored * GB, bytes_out: out * GB, requests: out * 250 };
    Lifetime { title: title.to_owned(), first, days: vec![usage; days] }
}

fn history(first: &str, days: usize, lifetimes: Vec<Lifetime>) -> History {
    History { first: day(first), days, lifetimes }
}
