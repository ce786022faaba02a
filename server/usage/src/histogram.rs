//! Counts in buckets whose width grows with the value, so that percentiles have a bounded relative error and sums are exact.
//!
//! Eight buckets to each doubling, as HdrHistogram with three significant bits: values below 8 have a bucket each. A percentile is
//! the middle of its bucket, which is off by a sixteenth ([`Histogram::ERROR`]) of the value at most. The buckets never change, so
//! that histograms of different days and builds can be added.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bits of a value that tell its bucket.
const BITS: u32 = 3;
const EACH: u32 = 1 << BITS;

/// How often values were seen, by bucket. Its stored form is pairs of bucket and count, of those that are not 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u8, u64)>", into = "Vec<(u8, u64)>")]
pub struct Histogram(BTreeMap<u8, u64>);

impl Histogram {
    /// The relative error of a percentile at most.
    pub const ERROR: f64 = 1.0 / 16.0;

    /// Counts a value.
    pub fn add(&mut self, value: u32) {
        self.count_in(bucket(value), 1);
    }

    /// Adds another's counts. In any order the same comes out.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(bucket, count)| self.count_in(*bucket, *count));
    }

    fn count_in(&mut self, bucket: u8, count: u64) {
        if count > 0 {
            let sum = self.0.entry(bucket).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The value that `percent` of a hundred do not exceed (nearest rank), within [`Self::ERROR`]; nothing where there is none.
    pub fn percentile(&self, percent: u8) -> Option<u64> {
        let rank = (u128::from(self.count()) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(bucket, count)| {
            seen += u128::from(*count);
            (seen >= rank).then(|| middle(*bucket))
        })
    }
}

impl From<Vec<(u8, u64)>> for Histogram {
    fn from(pairs: Vec<(u8, u64)>) -> Self {
        let mut histogram = Self::default();
        pairs.into_iter().for_each(|(bucket, count)| histogram.count_in(bucket, count));
        histogram
    }
}

impl From<Histogram> for Vec<(u8, u64)> {
    fn from(histogram: Histogram) -> Self {
        histogram.0.into_iter().collect()
    }
}

fn bucket(value: u32) -> u8 {
    if value < EACH {
        return u8::try_from(value).unwrap_or(u8::MAX);
    }
    let shift = value.ilog2().saturating_sub(BITS);
    // The highest bit and those after it: from 8 to 15.
    let significant = value >> shift;
    u8::try_from(shift * EACH + significant).unwrap_or(u8::MAX)
}

fn middle(bucket: u8) -> u64 {
    let bucket = u32::from(bucket);
    if bucket < 2 * EACH {
        return bucket.into();
    }
    let shift = bucket / EACH - 1;
    let significant = bucket % EACH + EACH;
    (u64::from(significant) << shift) + (1 << shift) / 2
}
