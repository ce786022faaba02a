//! What is collected of how the platform is used, and for how long it is kept.

use serde::Deserialize;

use super::Bounded;

/// `[usage]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Whether anything is collected.
    pub collect: bool,
    /// Days for which raw events are kept.
    pub events_days: Bounded<1, 3650>,
    /// Days for which sums by the hour are kept.
    pub hourly_days: Bounded<1, 3650>,
    /// Days for which sums by the day are kept.
    pub daily_days: Bounded<1, 3650>,
    /// Megabytes of the disk that events may wait on until they are stored; what comes while it is full is lost, and counted.
    pub journal_megabytes: Bounded<16, 1_000_000>,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            collect: true,
            events_days: Bounded::of(90),
            hourly_days: Bounded::of(35),
            daily_days: Bounded::of(800),
            journal_megabytes: Bounded::of(1024),
        }
    }
}
