//! What was counted and how long it took, step by step; steps may run beside each other.
//!
//! Must never call a step that broke off a success: it counts as one failure at least.

use std::{
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use super::count::Count;
use crate::progress;

/// What was counted so far.
pub struct Report {
    begun: Instant,
    rows: Mutex<Vec<(&'static str, Count, Duration)>>,
}

impl Default for Report {
    fn default() -> Self {
        Self { begun: Instant::now(), rows: Mutex::default() }
    }
}

impl Report {
    /// Runs one step and keeps its count; a step that breaks off without one counts as one failure.
    ///
    /// # Errors
    /// Where anything in the step failed.
    pub fn step(&self, name: &'static str, work: impl FnOnce(&mut Count) -> Result<()>) -> Result<()> {
        let begun = Instant::now();
        let mut count = Count::default();
        let mut outcome = work(&mut count);
        if outcome.is_err() && count.failed == 0 {
            count.failed = 1;
        }
        if outcome.is_ok() && count.failed > 0 {
            outcome = Err(anyhow::anyhow!("{} failed", count.failed));
        }
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).push((name, count, begun.elapsed()));
        outcome.with_context(|| format!("step `{name}`"))
    }

    fn total(&self) -> Count {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter().fold(Count::default(), |total, (_, count, _)| total + *count)
    }

    /// Prints the table of steps, and the count as the last line of standard output.
    #[expect(clippy::print_stdout, reason = "the count is the command's result")]
    pub fn conclude(&self, outcome: &Result<()>) -> ExitCode {
        eprintln!();
        for (name, Count { passed, failed }, time) in &*self.rows.lock().unwrap_or_else(PoisonError::into_inner) {
            eprintln!("  {name:<18} {passed:>5} passed {failed:>4} failed   {}", progress::human(*time));
        }
        eprintln!("  {:<45}{}", "everything, of which some ran side by side", progress::human(self.begun.elapsed()));
        if let Err(error) = outcome {
            eprintln!("\nstopped: {error:#}");
        }
        let total = self.total();
        println!("{} passed, {} failed", total.passed, total.failed.max(usize::from(outcome.is_err())));
        if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_step_that_breaks_off_counts_as_a_failure() {
        let report = Report::default();
        report
            .step("one", |count| {
                count.passed = 3;
                Ok(())
            })
            .unwrap();
        report.step("two", |_| bail!("no compiler")).unwrap_err();
        assert_eq!(report.total(), Count { passed: 3, failed: 1 });
    }

    #[test]
    fn a_step_that_counted_failures_fails_even_where_its_program_did_not() {
        let report = Report::default();
        let outcome = report.step("one", |count| {
            *count = Count { passed: 5, failed: 2 };
            Ok(())
        });
        assert!(outcome.is_err());
        assert_eq!(report.total(), Count { passed: 5, failed: 2 });
    }
}
