//! Counting what passed and what failed, from what cargo and Playwright report.
//!
//! A test that was skipped, ignored or only passed on a second try has failed: nobody asked it.

use anyhow::{Context, Result};
use serde::Deserialize;

/// Tests by their outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// The `stats` of Playwright's JSON reporter.
#[derive(Deserialize)]
struct Stats {
    expected: usize,
    skipped: usize,
    unexpected: usize,
    flaky: usize,
}

impl Count {
    /// Reads a line such as `test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; ...`; nothing from others.
    pub fn of_cargo_line(line: &str) -> Option<Self> {
        let (_, numbers) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
        let number = |name: &str| {
            let part = numbers.split(';').find_map(|part| part.trim().strip_suffix(name));
            part.and_then(|number| number.trim().parse::<usize>().ok())
        };
        Some(Self { passed: number("passed")?, failed: number("failed")? + number("ignored")? })
    }

    /// Reads the file that Playwright's JSON reporter wrote.
    ///
    /// # Errors
    /// Where it is not such a file, or counts no test at all.
    pub fn of_playwright(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Results {
            stats: Stats,
        }
        let Results { stats } = serde_json::from_str(json).context("the browser tests' results cannot be read")?;
        let count = Self { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped };
        anyhow::ensure!(count != Self::default(), "no browser test was run");
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_lines_are_counted_and_ignored_tests_have_failed() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s";
        assert_eq!(Count::of_cargo_line(line), Some(Count { passed: 12, failed: 1 }));
        let line = "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s";
        assert_eq!(Count::of_cargo_line(line), Some(Count { passed: 4, failed: 2 }));
        assert_eq!(Count::of_cargo_line("test a_test ... ok"), None);
    }

    #[test]
    fn skipped_and_flaky_browser_tests_have_failed() {
        let json = r#"{"stats":{"startTime":"x","duration":1.5,"expected":7,"skipped":1,"unexpected":2,"flaky":1}}"#;
        assert_eq!(Count::of_playwright(json).unwrap(), Count { passed: 7, failed: 4 });
    }

    #[test]
    fn a_run_without_any_browser_test_is_an_error() {
        let json = r#"{"stats":{"expected":0,"skipped":0,"unexpected":0,"flaky":0}}"#;
        assert!(Count::of_playwright(json).is_err());
        assert!(Count::of_playwright("").is_err());
    }
}
