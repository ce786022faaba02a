//! What was searched for and not found, by the day: told of queries alone that several different viewers asked.
//!
//! A query may name somebody. It is kept with the hashes of whoever asked it until there are [`ASKERS`] of them within a day, and then without
//! any; it goes with the events of its day, long before the sums do. A day is some documents, each with so many queries at most: what has no
//! place is counted and not kept. Where all places are taken the rarest gives way, one of whoever has the most places for words of their own
//! first: nobody fills a day with queries that nobody else asks. Each segment counts once in each, as in the roll-ups.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{Change, Collection, Direction, Documents, Expect, Find, Index, update},
};
use usage::{
    ASKERS,
    event::{Event, Kind, ProfileHash},
};

use super::{
    OF_A_DAY, calendar, reading,
    record::Folded,
    rollups::{Origin, Retention, all, claim},
    set_aside::{self, SetAside},
};

/// Queries of days, spread over some documents of each.
pub static QUERIES: Collection = Collection::declared(
    "usage_queries",
    &[Index { name: BY_DAY, fields: &["at"], unique: false }, Index { name: BY_EXPIRY, fields: &["expires"], unique: false }],
);

/// Days in their order.
pub const BY_DAY: &str = "by_at";
const BY_EXPIRY: &str = "by_expires";

/// Documents of a day.
const SHARDS: u8 = 8;
/// Queries of a document.
const MOST: usize = 256;
/// Queries of a report that are in memory.
const MOST_OF_ALL: usize = 50_000;
/// Documents that are in memory at once.
const PAGE: u32 = 16;

/// A document of [`QUERIES`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueriesRecord {
    /// When the day begins, in milliseconds since 1970.
    pub at: u64,
    /// From when on an older build deletes it; this one goes by the day and the config.
    pub expires: u64,
    /// In their order.
    pub queries: Vec<Asked>,
    /// Searches of queries that had no place, or no place any more.
    #[serde(default)]
    pub other: u64,
    pub folded: Folded,
    /// That something was here that cannot be read, and is not kept: none of it is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A query, as it was asked in one day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub query: String,
    pub times: u64,
    /// Until there are enough of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub askers: BTreeSet<ProfileHash>,
    /// Whether enough different viewers asked it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_told: bool,
}

/// What a report tells.
#[derive(Debug, Default, PartialEq)]
pub struct ReportedQueries {
    /// Queries and how often they were asked, the most frequent first.
    pub queries: Vec<(String, u64)>,
    /// How often others were asked.
    pub withheld: u64,
    /// When the days begin, in milliseconds since 1970, of which some searches cannot be read.
    pub missing: BTreeSet<u64>,
}

/// Counts the searches of a segment that found nothing.
///
/// # Errors
/// [`StoreError`]; then some documents may have it: it is to be counted again.
pub async fn fold<'a>(
    documents: &dyn Documents,
    origin: Origin<'_>,
    events: impl Iterator<Item = &'a Event>,
    retention: Retention,
) -> Result<(), StoreError> {
    let mut by_document = BTreeMap::<(u64, u8), Vec<(String, Option<ProfileHash>)>>::new();
    for event in events {
        if let Kind::Search { query: Some(query), hits: 0 } = &event.kind {
            let day = event.at_millis / OF_A_DAY * OF_A_DAY;
            by_document.entry((day, shard(query))).or_default().push((query.clone(), event.profile));
        }
    }
    let writes = by_document.into_iter().map(|((at, shard), asked)| async move {
        let new = QueriesRecord { at, expires: at.saturating_add(retention.queries), ..QueriesRecord::default() };
        // What cannot be read goes: nobody could be taken out of it.
        set_aside::update(
            documents,
            (&QUERIES, &id(at, shard)),
            |unreadable| QueriesRecord { set_aside: unreadable.map(|_| SetAside::default()), ..new.clone() },
            |mut record| {
                if !claim(&mut record.folded, origin) {
                    return None;
                }
                asked.iter().for_each(|(query, profile)| record.count(query, *profile));
                Some(record)
            },
        )
        .await
    });
    all(writes).await
}

/// What was asked by enough within some day of a period, and how often on all of its days.
///
/// # Errors
/// [`StoreError`].
pub async fn told(documents: &dyn Documents, period: Range<u64>, most: usize) -> Result<ReportedQueries, StoreError> {
    let (mut sums, mut told, mut after) = (BTreeMap::<String, (u64, bool)>::new(), ReportedQueries::default(), None::<String>);
    'pages: loop {
        let (from, direction) = (Some(json!(period.start)), Direction::Ascending);
        let find = Find { index: BY_DAY, equals: Vec::new(), from, direction, after: after.as_deref(), limit: PAGE };
        let page = reading::find::<QueriesRecord>(documents, &QUERIES, find).await?;
        for found in page.found {
            let begin = begin_of_id(&found.id);
            if begin.is_some_and(|at| at >= period.end) {
                break 'pages;
            }
            if found.record.as_ref().is_none_or(|record| record.set_aside.is_some()) {
                told.missing.extend(begin);
            }
            let Some(record) = found.record else { continue };
            told.withheld = told.withheld.saturating_add(record.other);
            for Asked { query, times, is_told, .. } in record.queries {
                if sums.len() >= MOST_OF_ALL && !sums.contains_key(&query) {
                    told.withheld = told.withheld.saturating_add(times);
                    continue;
                }
                let sum = sums.entry(query).or_default();
                *sum = (sum.0.saturating_add(times), sum.1 || is_told);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    for (query, (times, is_told)) in sums {
        if is_told {
            told.queries.push((query, times));
        } else {
            told.withheld = told.withheld.saturating_add(times);
        }
    }
    told.queries.sort_by(|(one, times), (other, of_other)| of_other.cmp(times).then_with(|| one.cmp(other)));
    let hidden = told.queries.split_off(most.min(told.queries.len()));
    told.withheld = hidden.iter().fold(told.withheld, |sum, (_, times)| sum.saturating_add(*times));
    Ok(told)
}

/// Lets go of what some asked on a day, as the day's key makes them.
///
/// # Errors
/// [`StoreError`]; it is to be called again.
pub async fn forget(documents: &dyn Documents, day: &str, profiles: &BTreeSet<ProfileHash>) -> Result<(), StoreError> {
    let Some(at) = calendar::begin_of_day(day) else { return Ok(()) };
    for shard in 0..SHARDS {
        let id = id(at, shard);
        let written = update(documents, &QUERIES, &id, |stored: Option<QueriesRecord>| {
            let Some(mut record) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            Ok(if record.forget(profiles) { Change::Put(record) } else { Change::Keep })
        });
        match written.await {
            // Somebody may be in it.
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "searches of a day go with whom nobody can take out of them");
                documents.delete(&QUERIES, &id, Expect::Anything).await?;
            }
            outcome => drop(outcome?),
        }
    }
    Ok(())
}

impl Asked {
    /// The only one who asked it.
    fn only(&self) -> Option<ProfileHash> {
        self.askers.first().copied().filter(|_| self.askers.len() == 1)
    }
}

impl QueriesRecord {
    fn count(&mut self, query: &str, profile: Option<ProfileHash>) {
        let place = match self.queries.binary_search_by(|asked| asked.query.as_str().cmp(query)) {
            Ok(place) => place,
            Err(place) => {
                let place = self.make_room(place);
                self.queries.insert(place, Asked { query: query.to_owned(), ..Asked::default() });
                place
            }
        };
        let Some(asked) = self.queries.get_mut(place) else { return };
        asked.times = asked.times.saturating_add(1);
        if let (Some(profile), false) = (profile, asked.is_told) {
            asked.askers.insert(profile);
            if asked.askers.len() >= ASKERS {
                (asked.is_told, asked.askers) = (true, BTreeSet::new());
            }
        }
    }

    /// Where one may be put that belongs to a place: the rarest gives way where there are as many as there may be.
    fn make_room(&mut self, place: usize) -> usize {
        if self.queries.len() < MOST {
            return place;
        }
        let mut alone = BTreeMap::<ProfileHash, usize>::new();
        for profile in self.queries.iter().filter_map(Asked::only) {
            *alone.entry(profile).or_default() += 1;
        }
        let places = |asked: &Asked| asked.only().and_then(|profile| alone.get(&profile)).copied().unwrap_or(0);
        let rarest = self
            .queries
            .iter()
            .enumerate()
            .min_by_key(|(_, asked)| (asked.is_told, asked.askers.len(), std::cmp::Reverse(places(asked)), asked.times));
        let Some((leaves, _)) = rarest else { return place };
        let left = self.queries.remove(leaves);
        self.other = self.other.saturating_add(left.times);
        if leaves < place { place - 1 } else { place }
    }

    /// Whether one of the profiles was in it.
    fn forget(&mut self, profiles: &BTreeSet<ProfileHash>) -> bool {
        let (mut found, mut other) = (false, 0_u64);
        self.queries.retain_mut(|asked| {
            let before = asked.askers.len();
            asked.askers.retain(|asker| !profiles.contains(asker));
            let was_in = asked.askers.len() < before;
            found |= was_in;
            // Nobody else's words.
            let is_kept = !was_in || !asked.askers.is_empty();
            if !is_kept {
                other = other.saturating_add(asked.times);
            }
            is_kept
        });
        self.other = self.other.saturating_add(other);
        found
    }
}

fn shard(query: &str) -> u8 {
    let [first, ..] = *blake3::hash(query.as_bytes()).as_bytes();
    first % SHARDS
}

/// When the day of a document begins, in milliseconds since 1970, as its id says.
pub fn begin_of_id(id: &str) -> Option<u64> {
    id.split_once('/').and_then(|(day, _)| calendar::begin_of_day(day))
}

fn id(at: u64, shard: u8) -> String {
    format!("{}/{shard}", calendar::day(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(profile: u8) -> Option<ProfileHash> {
        Some(ProfileHash([profile; 16]))
    }

    #[test]
    fn what_has_no_place_takes_that_of_the_rarest_query_and_all_are_counted() {
        let mut record = QueriesRecord::default();
        for number in 0..MOST {
            record.count(&format!("q{number:04}"), of(1));
        }
        record.count("q0000", of(2));
        record.count("a new one", of(1));
        assert_eq!((record.queries.len(), record.other), (MOST, 1));
        assert!(record.queries.is_sorted_by(|one, other| one.query < other.query));
        assert!(record.queries.iter().any(|asked| asked.query == "a new one"));
        for number in 0..MOST {
            record.count(&format!("q{number:04}"), of(1));
            record.count("a new one", of(1));
        }
        let before = record.other;
        record.count("one more", of(1));
        assert_eq!(record.queries.len(), MOST);
        assert!(record.other > before && record.queries.iter().any(|asked| asked.query == "one more"));
        let times: u64 = record.queries.iter().map(|asked| asked.times).sum();
        assert_eq!(times + record.other, 2 * MOST as u64 + MOST as u64 + 3, "no search is lost");
    }

    #[test]
    fn a_query_that_enough_asked_names_nobody_and_one_of_somebody_who_is_gone_goes_with_them() {
        let mut record = QueriesRecord::default();
        for profile in 1..=3 {
            record.count("dune", of(profile));
        }
        record.count("of one", of(1));
        record.count("of two", of(1));
        record.count("of two", of(2));
        record.count("of nobody", None);
        assert!(record.queries.iter().any(|asked| asked.query == "dune" && asked.is_told && asked.askers.is_empty()));
        let first = BTreeSet::from([ProfileHash([1; 16])]);
        assert!(record.forget(&first));
        let left: Vec<&str> = record.queries.iter().map(|asked| asked.query.as_str()).collect();
        assert_eq!((left, record.other), (vec!["dune", "of nobody", "of two"], 1));
        assert!(!serde_json::to_string(&record).unwrap().contains(&"01".repeat(16)));
        assert!(!record.forget(&first), "it is done");
    }

    #[test]
    fn whoever_asks_much_that_nobody_else_asks_keeps_no_place_from_what_several_ask() {
        let mut record = QueriesRecord::default();
        for number in 0..2 * MOST {
            for _ in 0..5 {
                record.count(&format!("junk {number}"), of(1));
            }
        }
        for profile in 2..=4 {
            for words in ["dune", "heat", "ran"] {
                record.count(words, of(profile));
                for _ in 0..2 {
                    record.count(&format!("of {profile} {words}"), of(profile));
                    record.count(&format!("more junk {profile} {words}"), of(1));
                }
            }
        }
        for words in ["dune", "heat", "ran"] {
            assert!(record.queries.iter().any(|asked| asked.query == words && asked.is_told), "{words}");
        }
        assert_eq!(record.queries.len(), MOST);
    }
}
