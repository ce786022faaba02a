//! What the stores do, beside what their drivers do alone: `bench/stores/`, on the servers of the tests.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::figure::Figure;
use crate::{
    layout::Layout,
    process,
    servers::{self, ServerKind},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    reads_per_second: f64,
    writes_per_second: f64,
    read_p99_milliseconds: f64,
    /// What is left of the bare driver's rate, at least.
    percent_of_bare_driver: f64,
}

/// One line of the benchmark's output.
#[derive(Deserialize)]
struct Line {
    figure: String,
    value: f64,
}

const AGAINST_SERVERS: [&str; 4] = ["Redis reads", "Redis writes", "MongoDB reads", "MongoDB writes"];

pub fn measure(layout: &Layout, profile: &Profile) -> Result<Vec<Figure>> {
    let running = servers::start(layout, &[ServerKind::Redis, ServerKind::Mongodb])?;
    let mut cargo = process::cargo(layout);
    cargo.args(["run", "--release", "--package", "bench-stores", "--features", "embed-site"]);
    cargo.envs(running.variables().iter().map(|(name, url)| (name, url)));
    let mut told = HashMap::new();
    let success = process::follow(&mut cargo, |line| {
        if let Ok(Line { figure, value }) = serde_json::from_str(line) {
            told.insert(figure, value);
        }
    })?;
    if !success {
        bail!("the benchmark of the stores broke off");
    }
    let value = |name: &str| told.get(name).copied().with_context(|| format!("{name} was not measured"));
    let mut figures = vec![
        Figure::at_least("embedded, reads", value("embedded reads")?, "a second", profile.reads_per_second),
        Figure::at_least("embedded, durable writes", value("embedded writes")?, "a second", profile.writes_per_second),
        Figure::at_most("embedded, read p99 beside an import", value("embedded read p99")?, "ms", profile.read_p99_milliseconds),
    ];
    for name in AGAINST_SERVERS {
        let (ours, bare) = (value(name)?, value(&format!("{name}, bare"))?);
        let share = Figure::at_least(name, ours / bare * 100.0, "% of bare", profile.percent_of_bare_driver);
        figures.push(share.beside(&format!("{ours:.0} a second, the bare driver {bare:.0}")));
    }
    Ok(figures)
}
