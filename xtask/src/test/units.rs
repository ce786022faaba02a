//! The tests that cargo runs, more of them at a time than there are cores: those that wait leave the processor to those
//! that work.
//!
//! One call of cargo for all: a call for some of the targets chooses other features, and compiles everything anew. Must
//! never leave a test out.

use std::thread;

use anyhow::{Result, bail};

use super::{count::Count, lint, report::Report, scratch::Scratch};
use crate::{
    layout::Layout,
    process,
    servers::{Running, pyarrow},
};

/// Asks for every case of the tests of chance and of every step; `server/testing` reads it.
const SOAK: (&str, &str) = ("MARQUEE_TEST_SOAK", "1");
/// How many cases proptest tries in a soak, where a test does not say; 256 without it.
const SOAK_CASES: (&str, &str) = ("PROPTEST_CASES", "4096");

/// At how many syncs and acknowledgements a soak cuts the power; `server/power-cut` reads it.
const SOAK_CUTS: (&str, &str) = ("MARQUEE_POWER_CUTS", "200");

/// How many tests libtest runs at a time.
const THREADS: &str = "RUST_TEST_THREADS";

/// How long the tests of chance and of every step go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As long as somebody waits for a change to land.
    Usual,
    /// Every case.
    Soak,
}

/// Compiles all tests, with clippy as the compiler.
///
/// # Errors
/// Where something does not compile, or clippy warns.
pub fn compile(layout: &Layout) -> Result<()> {
    process::run(lint::while_compiling(process::cargo(layout).args(["test", "--workspace", "--no-run"])))
}

/// Runs all tests, which [`compile`] compiled.
///
/// # Errors
/// Where a test fails; all others were run nevertheless.
pub fn run(layout: &Layout, running: &Running, effort: Effort, report: &Report) -> Result<()> {
    let scratch = Scratch::make();
    let mut cargo = process::cargo(layout);
    lint::while_compiling(cargo.args(["test", "--workspace", "--no-fail-fast"]));
    cargo.env("MARQUEE_DEMO_ASSETS", layout.demo_assets()).envs(scratch.variable());
    cargo.envs(running.variables().iter().map(|(name, url)| (name, url)));
    cargo.env(pyarrow::VARIABLE, pyarrow::install()?);
    if std::env::var_os(THREADS).is_none() {
        cargo.env(THREADS, threads(thread::available_parallelism().map_or(1, usize::from)).to_string());
    }
    match effort {
        Effort::Usual => cargo.env_remove(SOAK.0).env_remove(SOAK_CUTS.0),
        Effort::Soak => cargo.envs([SOAK, SOAK_CASES, SOAK_CUTS]),
    };
    report.step("cargo test", |count| {
        let success = process::follow(&mut cargo, |line| {
            eprintln!("{line}");
            *count = *count + Count::of_cargo_line(line).unwrap_or_default();
        })?;
        if !success {
            bail!("cargo test failed");
        }
        Ok(())
    })
}

/// Half as many again as there are cores: tests of the library were seen to use a third of the processor that they held.
fn threads(cores: usize) -> usize {
    cores + cores.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_tests_run_at_a_time_than_there_are_cores() {
        assert_eq!([1, 2, 4].map(threads), [2, 3, 6]);
    }
}
