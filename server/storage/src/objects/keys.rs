//! Keys that are not of titles, nor of what is derived from them.

use super::{InvalidKey, ObjectKey};

/// The folder of scheduled reports.
pub const REPORTS: &str = "reports";

impl ObjectKey {
    /// A file of a schedule's reports, or the folder of all of them.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn report(schedule: &str, file: Option<&str>) -> Result<Self, InvalidKey> {
        let segments: Vec<&str> = [schedule].into_iter().chain(file).collect();
        Self::below(&[REPORTS], &segments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_lies_in_its_schedules_folder_and_nowhere_else() {
        assert_eq!(ObjectKey::report("s1", Some("2026-11-29.csv")).unwrap().as_str(), "reports/s1/2026-11-29.csv");
        assert_eq!(ObjectKey::report("s1", None).unwrap().as_str(), "reports/s1");
        for (schedule, file) in [("..", None), ("s1", Some("../x")), ("", None), ("s1", Some("a/b"))] {
            assert!(ObjectKey::report(schedule, file).is_err(), "{schedule} {file:?}");
        }
    }
}
