//! Sums as documents: each segment of a journal is counted in each document once, however often that is tried.
//!
//! A document remembers up to which segment of each life of a process it is counted, and is changed by compare-and-set, so that a
//! kill between two documents only delays: whoever goes on counts the segment again, and those that have it stay as they are.
//! Segments of one life are counted in their order. A document that fails keeps no other from what it is to have. Must never
//! count a part of a segment.

use std::collections::{BTreeMap, HashMap};

use contract::ids::AccountId;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use storage::{StoreError, documents::Documents};
use usage::{dimension::Dimension, rollup::Rollup, tally::Tally, time::Hour};

use super::{
    calendar::{self, OF_A_DAY},
    record::{ACCOUNTS, AccountRecord, Folded, ROLLUPS, RollupRecord},
    set_aside,
};

/// Documents that titles of one period are spread over.
pub const SHARDS: u8 = 32;
/// Documents that are written side by side: writes that come together cost the disk one sync.
const SIDE_BY_SIDE: usize = 16;

/// How long sums are kept, and events.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// In milliseconds.
    pub hours: u64,
    pub days: u64,
    /// Of what people searched for, and of raw events.
    pub queries: u64,
}

/// A length of time that is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    Hour,
    Day,
}

/// A closed segment of a life of a process.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub epoch: &'a str,
    pub number: u64,
}

/// What an account used, of one segment, in one month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUse {
    pub sessions: u64,
    pub watched_millis: u64,
    pub bytes: u64,
}

/// By account and month.
pub type AccountUses = HashMap<(AccountId, String), AccountUse>;

impl AccountUse {
    pub fn add(&mut self, other: Self) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.watched_millis = self.watched_millis.saturating_add(other.watched_millis);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl Period {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// When the one begins that an hour is in, in milliseconds since 1970.
    fn begin(self, hour: Hour) -> u64 {
        match self {
            Self::Hour => hour.starts_at(),
            Self::Day => hour.starts_at() / OF_A_DAY * OF_A_DAY,
        }
    }

    /// The id of a document: its period, and which of the period's documents it is.
    pub fn id(self, at: u64, shard: &str) -> String {
        match self {
            Self::Hour => format!("hour/{}/{shard}", Hour::of(at)),
            Self::Day => format!("day/{}/{shard}", calendar::day(at)),
        }
    }
}

/// When the period of a document begins, in milliseconds since 1970, as its id says: of one that cannot be read nothing else does.
pub fn begin_of_id(id: &str) -> Option<u64> {
    let (period, of) = id.split_once('/')?;
    let (at, _) = of.split_once('/')?;
    match [Period::Hour, Period::Day].into_iter().find(|known| known.name() == period)? {
        Period::Hour => at.parse().ok().map(Hour::starts_at),
        Period::Day => calendar::begin_of_day(at),
    }
}

/// Which of a period's documents holds a dimension.
pub fn shard(dimension: &Dimension) -> String {
    match dimension {
        Dimension::Title(title) | Dimension::TitleStore { title, .. } => {
            let [first, ..] = *blake3::hash(title.as_bytes()).as_bytes();
            format!("t{:02}", first % SHARDS)
        }
        Dimension::Total | Dimension::Device(_) | Dimension::Class(_) | Dimension::Region(_) | Dimension::Store(_) => {
            "all".to_owned()
        }
    }
}

/// Counts the sums of a segment in the documents of its hours and days.
///
/// # Errors
/// [`StoreError`]; then some documents may have it: it is to be counted again.
pub async fn fold(
    documents: &dyn Documents,
    origin: Origin<'_>,
    rollup: &Rollup,
    retention: Retention,
) -> Result<(), StoreError> {
    let mut by_document = BTreeMap::<(Period, u64, String), BTreeMap<Dimension, Tally>>::new();
    for ((hour, dimension), tally) in rollup {
        for period in [Period::Hour, Period::Day] {
            let key = (period, period.begin(*hour), shard(dimension));
            by_document.entry(key).or_default().entry(dimension.clone()).or_default().merge(tally);
        }
    }
    let writes = by_document.into_iter().map(|((period, at, shard), tallies)| async move {
        let kept = match period {
            Period::Hour => retention.hours,
            Period::Day => retention.days,
        };
        let new =
            RollupRecord { period: period.name().to_owned(), at, expires: at.saturating_add(kept), ..RollupRecord::default() };
        let begin = |set_aside| RollupRecord { set_aside, ..new.clone() };
        set_aside::update(documents, (&ROLLUPS, &period.id(at, &shard)), begin, |mut record| {
            if !claim(&mut record.folded, origin) {
                return None;
            }
            for (dimension, tally) in &tallies {
                record.tallies.entry(dimension.clone()).or_default().merge(tally);
            }
            Some(record)
        })
        .await
    });
    all(writes).await
}

/// Counts what accounts used in a segment.
///
/// # Errors
/// As [`fold`].
pub async fn fold_accounts(documents: &dyn Documents, origin: Origin<'_>, uses: AccountUses) -> Result<(), StoreError> {
    let writes = uses.into_iter().map(|((account, month), used)| async move {
        let begin = |set_aside| AccountRecord { set_aside, ..AccountRecord::new(account.clone(), month.clone()) };
        set_aside::update(documents, (&ACCOUNTS, &AccountRecord::id(&account, &month)), begin, |mut record| {
            if !claim(&mut record.folded, origin) {
                return None;
            }
            record.sessions = record.sessions.saturating_add(used.sessions);
            record.watched_millis = record.watched_millis.saturating_add(used.watched_millis);
            record.bytes = record.bytes.saturating_add(used.bytes);
            Some(record)
        })
        .await
    });
    all(writes).await
}

/// Waits for all of these writes.
///
/// # Errors
/// What one of those says that fail.
pub async fn all(writes: impl Iterator<Item = impl Future<Output = Result<(), StoreError>>>) -> Result<(), StoreError> {
    let written = stream::iter(writes).buffer_unordered(SIDE_BY_SIDE);
    written.fold(Ok(()), |outcome, written| std::future::ready(Result::and(outcome, written))).await
}

/// Notes that a segment is counted; whether it was not.
pub fn claim(folded: &mut Folded, origin: Origin<'_>) -> bool {
    let through = folded.entry(origin.epoch.to_owned()).or_default();
    let is_new = *through < origin.number;
    *through = origin.number.max(*through);
    is_new
}
