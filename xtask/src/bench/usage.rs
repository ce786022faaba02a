//! What it costs to collect usage, and to make reports of a hundred million events.
//!
//! The binary measures itself: a request is counted in less time than a socket takes to be looked at. Reports are made by an example of the
//! crate `usage`, which makes the events first.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::figure::Figure;
use crate::{
    layout::Layout,
    process::{self, capture},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Of the processor, that a request for video takes longer because it is counted.
    request_nanoseconds: f64,
    /// That reports are made of.
    events: u64,
    report_megabytes_per_second: f64,
    report_megabytes: f64,
}

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let said = capture(Command::new(binary).args(["report", "--measure"]))?;
    let value = |name: &str| figure(&said, name).with_context(|| format!("`report --measure` says nothing of `{name}`: {said}"));
    let mut figures = vec![
        Figure::at_most("usage: counting a request", value("request")?, "ns", profile.request_nanoseconds),
        Figure::at_most("usage: dropped of 10,000 events a second", value("stream_dropped")?, "events", 0.0),
        Figure::told("usage: an event, from what is told to the stores", value("stream_processor")?, "us"),
        Figure::told("usage: dropped of a million at once", value("at_once_dropped")?, "events"),
        Figure::at_most("usage: neither kept nor counted as dropped", value("unaccounted")?, "events", 0.0),
    ];
    let events = profile.events.to_string();
    let mut example = process::cargo(layout);
    example.args(["run", "--release", "-p", "usage", "--example", "measure", "--", &events]);
    let said = capture(&mut example)?;
    let value =
        |name: &str| figure(&said, name).with_context(|| format!("the example `measure` says nothing of `{name}`: {said}"));
    for kind in ["titles", "viewing_time", "devices", "quality", "searches_without_a_hit", "totals"] {
        let name = format!("usage: report {kind}");
        figures.push(Figure::at_least(&name, value(kind)?, "MB/s", profile.report_megabytes_per_second));
    }
    figures.push(Figure::at_most("usage: memory of a report", value("memory")?, "MB", profile.report_megabytes));
    Ok(figures)
}

/// Of a line like `request 210.0 ns`.
fn figure(said: &str, name: &str) -> Option<f64> {
    let mut words =
        said.lines().map(str::split_whitespace).find_map(|mut words| (words.next() == Some(name)).then_some(words))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_binary_says_is_read() {
        let said = "request 210.5 ns\nstream 100000 events";
        assert_eq!((figure(said, "request"), figure(said, "stream")), (Some(210.5), Some(100_000.0)));
        assert_eq!(figure(said, "req"), None);
    }
}
