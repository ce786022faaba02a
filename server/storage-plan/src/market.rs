//! Pairs of cost sheets of the kinds that are offered, for evaluations: where per view wins, where flat wins, where a mix does, and where prices change.
//!
//! Prices are of the order of public price lists of 2025 and 2026 (Amazon S3 Standard and Standard-IA, stores without fees for traffic, rented storage servers); they are no offers.

use serde_json::{Value, json};

use crate::sheet::SheetsDocument;

/// Names and documents, whose steps are about a catalogue of so many terabytes; an empty list could not be read.
pub fn market(terabytes: f64) -> Vec<(&'static str, SheetsDocument)> {
    let gb = |share: f64| (terabytes * share * 1_000.0).ceil().max(1.0) as u64;
    let s3 = |stored: &str, out: &str| {
        json!({ "currency": "USD", "stored_gb_month": stored, "reads_per_thousand": "0.0004", "writes_per_thousand": "0.005", "out": [
            { "up_to_gb": 100, "gb": "0" }, { "up_to_gb": 10_000, "gb": out }, { "up_to_gb": 50_000, "gb": "0.085" },
            { "up_to_gb": 150_000, "gb": "0.07" }, { "gb": "0.05" },
        ] })
    };
    let infrequent = json!({ "currency": "USD", "stored_gb_month": "0.0125", "reads_per_thousand": "0.001", "writes_per_thousand": "0.01",
        "retrieval_gb": "0.01", "minimum_days": 30, "out": [{ "gb": "0.05" }] });
    let free_traffic = json!({ "currency": "USD", "stored_gb_month": "0.015", "reads_per_thousand": "0.00036", "writes_per_thousand": "0.0045", "out": [{ "gb": "0" }] });
    let edge = json!({ "currency": "USD", "stored_gb_month": "0.01", "reads_per_thousand": "0", "writes_per_thousand": "0", "out": [{ "gb": "0.01" }] });
    // Steps by shares of the catalogue; a terabyte's price, and traffic by the capacity.
    let flat = |shares: &[f64], price: f64, traffic: Option<f64>, beyond: &str| {
        let steps = shares.iter().map(|share| {
            let capacity = gb(*share);
            let traffic = traffic.map(|times| (capacity as f64 * times) as u64);
            json!({ "capacity_gb": capacity, "month": format!("{:.2}", capacity as f64 / 1_000.0 * price), "traffic_gb": traffic })
        });
        json!({ "currency": "USD", "steps": steps.collect::<Vec<Value>>(), "beyond_gb": beyond })
    };
    let fine = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.3];
    let always = |sheet: Value| json!([{ "from": "2020-01", "sheet": sheet }]);
    let changing = |one: Value, next: Value| json!([{ "from": "2020-01", "sheet": one }, { "from": "2026-07", "sheet": next }]);
    let (s3_standard, servers) = (s3("0.023", "0.09"), flat(&fine, 6.0, Some(10.0), "0.002"));
    let pairs = [
        ("S3 / servers (flat wins)", always(s3_standard.clone()), always(servers.clone())),
        ("S3 / dear servers", always(s3_standard.clone()), always(flat(&fine, 30.0, Some(5.0), "0.01"))),
        ("free traffic / dear servers", always(free_traffic.clone()), always(flat(&fine, 25.0, Some(5.0), "0.01"))),
        ("infrequent / one small step (mix)", always(infrequent.clone()), always(flat(&[0.2], 25.0, None, "0"))),
        ("infrequent / few steps (mix)", always(infrequent.clone()), always(flat(&[0.1, 0.4], 20.0, None, "0"))),
        ("edge / servers (mix)", always(edge.clone()), always(flat(&fine, 15.0, Some(3.0), "0.01"))),
        ("infrequent / little traffic (mix)", always(infrequent.clone()), always(flat(&fine, 16.0, Some(0.5), "0.02"))),
        ("S3, from July free / servers", changing(s3_standard, free_traffic), always(flat(&fine, 20.0, Some(5.0), "0.01"))),
        (
            "infrequent / servers, July dearer",
            always(infrequent),
            changing(flat(&fine, 14.0, None, "0"), flat(&fine, 40.0, None, "0")),
        ),
        ("edge / servers, July cheaper", always(edge), changing(flat(&fine, 18.0, None, "0"), flat(&fine, 7.0, None, "0"))),
    ];
    let read = pairs.into_iter().filter_map(|(name, per_view, flat)| {
        Some((name, serde_json::from_value(json!({ "per_view": per_view, "flat": flat })).ok()?))
    });
    read.collect()
}
