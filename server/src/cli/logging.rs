//! Sets up the log: readable on a terminal, JSON elsewhere.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use super::output::AboveBars;
use crate::config::{Format, Log};

/// For a command that speaks for itself: only what goes wrong is logged, unless the config asks for more.
pub fn start_quiet(log: &Log) {
    let filter = if *log == Log::default() { "warn".to_owned() } else { log.filter.directives() };
    begin(log, &filter);
}

/// To be called once, before anything is logged; a second call changes nothing.
pub fn start(log: &Log) {
    begin(log, &log.filter.directives());
}

fn begin(log: &Log, filter: &str) {
    let filter = EnvFilter::builder().parse_lossy(filter);
    let is_text = match log.format {
        Format::Auto => stderr().is_terminal(),
        Format::Text => true,
        Format::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let outcome = if is_text {
        registry.with(fmt::layer().with_writer(AboveBars::default).with_ansi(stderr().is_terminal()).with_target(true)).try_init()
    } else {
        registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(AboveBars::default),
            )
            .try_init()
    };
    if let Err(error) = outcome {
        super::output::note(&format!("the log was set up before: {error}"));
    }
}
