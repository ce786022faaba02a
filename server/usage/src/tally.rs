//! Sums over events: exact, and the same in whatever order and parts they are made.
//!
//! Sums are of unsigned numbers and stay at the largest one, so that adding stays commutative and associative even there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{columns::Row, histogram::Histogram};

macro_rules! tally {
    ($($(#[doc = $doc:literal])* $field:ident,)*) => {
        /// Counts and sums of events. In its stored form what is 0 is left out, and what a newer build counted stays.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Tally {
            $($(#[doc = $doc])* #[serde(skip_serializing_if = "is_zero")] pub $field: u64,)*
            /// Milliseconds to the first picture.
            #[serde(skip_serializing_if = "Histogram::is_empty")]
            pub first_picture: Histogram,
            /// Mean kilobits a second of each report of quality.
            #[serde(skip_serializing_if = "Histogram::is_empty")]
            pub bitrate: Histogram,
            /// What a newer build counted.
            #[serde(flatten)]
            pub(crate) unknown: BTreeMap<String, Unknown>,
        }

        impl Tally {
            /// The names of the counts and sums, and what they are.
            pub fn numbers(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($field), self.$field),)*].into_iter()
            }

            /// Adds another's sums: in any order, the same comes out.
            pub fn merge(&mut self, other: &Self) {
                $(self.$field = self.$field.saturating_add(other.$field);)*
                self.first_picture.merge(&other.first_picture);
                self.bitrate.merge(&other.bitrate);
                for (name, theirs) in &other.unknown {
                    let merged = self.unknown.remove(name).map_or_else(|| theirs.clone(), |ours| ours.merged(theirs));
                    self.unknown.insert(name.clone(), merged);
                }
            }
        }
    };
}

tally! {
    /// Events of any kind, those that this build does not know among them.
    events,
    /// Sessions that started.
    sessions,
    watched_millis,
    /// Bytes that were served.
    bytes,
    /// Requests that were served.
    requests,
    /// Reports of quality.
    quality_reports,
    played_millis,
    stalls,
    stalled_millis,
    /// Errors of players.
    errors,
    searches,
    /// Searches without a hit.
    searches_without_a_hit,
    /// Sign-ins that succeeded.
    sign_ins,
    /// Sign-ins that failed.
    sign_ins_failed,
    /// Titles that came onto a list.
    listed,
    /// Titles that went off a list.
    unlisted,
    reviews,
    /// The sum over reviews.
    half_stars,
    /// Sessions whose player had an error.
    sessions_with_errors,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Milliseconds of an hour.
const HOUR: u128 = 3_600_000;

impl Tally {
    /// Milliseconds that it stood still in an hour of what its players say was played; nothing where nothing was.
    pub fn stalled_per_hour(&self) -> Option<u64> {
        let stalled = (u128::from(self.stalled_millis) * HOUR).checked_div(self.played_millis.into())?;
        Some(u64::try_from(stalled).unwrap_or(u64::MAX))
    }

    /// Counts one event.
    pub fn add(&mut self, row: &Row<'_>) {
        let (sum, one) = (|sum: &mut u64, value: Option<u64>| *sum = sum.saturating_add(value.unwrap_or(0)), Some(1));
        sum(&mut self.events, one);
        match row.kind {
            Some(kind @ ("playback_started" | "playback_renewed" | "playback_stopped")) => {
                sum(&mut self.sessions, (kind == "playback_started").then_some(1));
                sum(&mut self.watched_millis, row.watched_millis);
                sum(&mut self.bytes, row.bytes);
                sum(&mut self.requests, row.requests);
            }
            Some("quality") => {
                sum(&mut self.quality_reports, one);
                sum(&mut self.played_millis, row.played_millis);
                sum(&mut self.stalls, row.stalls);
                sum(&mut self.stalled_millis, row.stalled_millis);
                sum(&mut self.errors, row.errors);
                sum(&mut self.sessions_with_errors, (row.first_error == Some(true)).then_some(1));
                let count = |histogram: &mut Histogram, value: Option<u64>| {
                    value.into_iter().for_each(|value| histogram.add(u32::try_from(value).unwrap_or(u32::MAX)));
                };
                count(&mut self.first_picture, row.first_picture_millis);
                count(&mut self.bitrate, row.bitrate_kbps);
            }
            Some("search") => {
                sum(&mut self.searches, one);
                sum(&mut self.searches_without_a_hit, (row.hits == Some(0)).then_some(1));
            }
            Some("sign_in") => match row.succeeded {
                Some(true) => sum(&mut self.sign_ins, one),
                _ => sum(&mut self.sign_ins_failed, one),
            },
            Some("list_changed") => match row.added {
                Some(true) => sum(&mut self.listed, one),
                _ => sum(&mut self.unlisted, one),
            },
            Some("review_written") => {
                sum(&mut self.reviews, one);
                sum(&mut self.half_stars, row.half_stars);
            }
            _ => {}
        }
    }
}

/// A field of a newer build. Counts and histograms are added; of anything else the one that is greater as text stays, which
/// no order changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Unknown {
    Count(u64),
    Histogram(Histogram),
    Other(Value),
}

impl Unknown {
    fn merged(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Count(ours), Self::Count(theirs)) => Self::Count(ours.saturating_add(*theirs)),
            (Self::Histogram(mut ours), Self::Histogram(theirs)) => {
                ours.merge(theirs);
                Self::Histogram(ours)
            }
            (Self::Other(ours), Self::Other(theirs)) => {
                let texts = (ours.to_string(), theirs.to_string());
                Self::Other(if texts.0 < texts.1 { theirs.clone() } else { ours })
            }
            (ours, theirs) => {
                if ours.rank() < theirs.rank() {
                    theirs.clone()
                } else {
                    ours
                }
            }
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Count(_) => 0,
            Self::Histogram(_) => 1,
            Self::Other(_) => 2,
        }
    }
}
