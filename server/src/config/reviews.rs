//! Who reads reviews, and how much is written.

use serde::Deserialize;

use super::Bounded;

/// `[reviews]`
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reviews {
    /// Whether guests read reviews; they never write any.
    pub guests_may_read: bool,
    /// Reviews, votes and reports that a profile writes within any hour.
    pub writes_per_hour: Bounded<1, 10_000>,
}

impl Default for Reviews {
    fn default() -> Self {
        Self { guests_may_read: false, writes_per_hour: Bounded::of(30) }
    }
}
