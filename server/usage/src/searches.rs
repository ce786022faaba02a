//! What was searched for and not found, told only of queries that several people asked.
//!
//! A query may name somebody. It counts once [`ASKERS`] different profiles asked it within one day: the hashes of a profile
//! differ from day to day, so that three days of one profile would look like three profiles.

use std::collections::HashMap;

use ahash::RandomState;

use crate::{columns::Row, event::HASH, time::day};

/// Profiles that have to ask a query before it is told.
pub const ASKERS: usize = 3;
/// Pairs of day and profile that are remembered of a query until then; the oldest day goes first.
const REMEMBERED: usize = 16;
/// Bytes of a query.
const LONGEST: usize = 256;

#[derive(Default)]
struct Asked {
    times: u64,
    askers: Vec<(i32, [u8; HASH])>,
    told: bool,
}

pub(crate) struct Searches {
    queries: HashMap<String, Asked, RandomState>,
    most: usize,
    /// Those that had no place.
    other: u64,
}

/// What came out.
pub(crate) struct Told {
    /// Queries and how often they were asked, the most frequent first.
    pub(crate) queries: Vec<(String, u64)>,
    /// Queries with a place that too few asked, or that are not shown, and how often they were asked.
    pub(crate) left: (usize, u64),
    pub(crate) without_a_place: u64,
}

impl Searches {
    pub(crate) fn new(most: usize) -> Self {
        Self { queries: HashMap::default(), most, other: 0 }
    }

    pub(crate) fn add(&mut self, row: &Row<'_>) {
        let (Some("search"), Some(query), Some(0)) = (row.kind, row.query, row.hits) else { return };
        // The same to whoever asks: case and space around do not matter.
        let query = query.trim().to_lowercase();
        if query.is_empty() || query.len() > LONGEST || (self.queries.len() >= self.most && !self.queries.contains_key(&query)) {
            self.other = self.other.saturating_add(1);
            return;
        }
        let asked = self.queries.entry(query).or_default();
        asked.times = asked.times.saturating_add(1);
        if let (Some(profile), false) = (row.profile, asked.told) {
            asked.by((day(row.at.unwrap_or(0)), profile));
        }
    }

    pub(crate) fn told(self, shown: usize) -> Told {
        let (told, few): (Vec<_>, Vec<_>) = self.queries.into_iter().partition(|(_, asked)| asked.told);
        let mut queries: Vec<(String, u64)> = told.into_iter().map(|(query, asked)| (query, asked.times)).collect();
        queries.sort_by(|(one, times), (other, of_other)| of_other.cmp(times).then_with(|| one.cmp(other)));
        let hidden = queries.split_off(shown.min(queries.len()));
        let left = few.iter().map(|(_, asked)| asked.times).chain(hidden.iter().map(|(_, times)| *times));
        let left = left.fold((0usize, 0u64), |(count, sum), times| (count.saturating_add(1), sum.saturating_add(times)));
        Told { queries, left, without_a_place: self.other }
    }
}

impl Asked {
    fn by(&mut self, asker: (i32, [u8; HASH])) {
        if self.askers.contains(&asker) {
            return;
        }
        self.askers.push(asker);
        let of_the_day = self.askers.iter().filter(|(day, _)| *day == asker.0).count();
        if of_the_day >= ASKERS {
            (self.told, self.askers) = (true, Vec::new());
        } else if self.askers.len() > REMEMBERED {
            let oldest = self.askers.iter().enumerate().min_by_key(|(_, (day, _))| *day).map(|(at, _)| at);
            let _ = oldest.map(|at| self.askers.swap_remove(at));
        }
    }
}
