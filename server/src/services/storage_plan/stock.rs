//! Titles as they lie at the end of a day: how the day before, placements and use come to its rows, and rows to what is billed.
//!
//! A day's rows name each title of which something changed or went out; of the first day of a month, and of the first one of all, every title. So a
//! day is as large as what happened on it, and whoever begins with such a base needs nothing from before it. Must never count a use twice: what went out
//! of a title that is gone by now is in the day's sums alone.

use std::collections::{BTreeMap, HashMap, HashSet};

use storage_plan::{
    bill::{ObjectSize, Quantities, Store},
    calendar::Day,
    plan::Planner,
    usage::DayUsage,
};

use super::{
    calendar,
    record::{DayRecord, Row, Stock},
};
use crate::services::storage_sources::{Place, TitleUse};

/// Where a title lies. Days are counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TitleStorage {
    pub bytes: u64,
    pub store: Store,
    /// The first day on which it lay there, and on which it was there at all; absent where that was before anything was known.
    pub since: Option<i32>,
    pub came: Option<i32>,
    pub moved: bool,
}

/// Every title at the end of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles(BTreeMap<String, TitleStorage>);

/// Which day is made, and how.
#[derive(Clone, Copy, Debug)]
pub struct Making {
    pub day: Day,
    /// Nothing is known of the day before.
    pub is_first: bool,
    /// For how many days an object of the per-view store is billed at least.
    pub minimum_days: u16,
}

impl Making {
    /// Whether the rows name every title.
    pub fn is_base(self) -> bool {
        self.is_first || self.day.month().first_day() == self.day
    }

    /// For how many days what goes is billed on.
    fn left(self, since: Option<i32>) -> i128 {
        since.map_or(0, |since| i128::from(since) + i128::from(self.minimum_days) - i128::from(self.day.number())).max(0)
    }
}

impl Titles {
    pub fn get(&self, title: &str) -> Option<&TitleStorage> {
        self.0.get(title)
    }

    /// Takes a day's rows.
    pub fn apply(&mut self, is_base: bool, rows: &[Row]) {
        if is_base {
            self.0.clear();
        }
        for row in rows {
            match storage_of(row) {
                Some(storage) => drop(self.0.insert(row.title.clone(), storage)),
                None => drop(self.0.remove(&row.title)),
            }
        }
    }

    /// The rows of the day after this one: of what lies where by now, as far as that was so at the day's end already.
    pub fn rows(&self, making: Making, places: &[Place], uses: &[TitleUse]) -> Vec<Row> {
        let (day, used) = (making.day.number(), by_title(uses));
        let mut rows = Vec::new();
        for place in places {
            let title = place.title.as_str();
            let (out, requests) = used.get(title).copied().unwrap_or_default();
            let was = self.0.get(title).copied();
            let Some(bytes) = place.bytes.filter(|bytes| *bytes > 0).or(was.map(|was| was.bytes)) else { continue };
            let since = place.since.map(|since| calendar::day(since).number());
            // What happened after the day is for the days after it.
            let is_later = since.is_some_and(|since| since > day);
            let now = match was {
                Some(was) if is_later => TitleStorage { bytes, ..was },
                // It lies there since another day than was noted: another film was put in its place.
                Some(was) if was.store == place.store && since > was.since => {
                    TitleStorage { bytes, store: was.store, since, came: since, moved: false }
                }
                Some(was) if was.store == place.store => TitleStorage { bytes, ..was },
                Some(was) => TitleStorage { bytes, store: place.store, since: Some(since.unwrap_or(day)), moved: true, ..was },
                None if is_later && (out, requests) == (0, 0) => continue,
                None => {
                    let since = if making.is_first { since } else { Some(since.unwrap_or(day)) }.map(|since| since.min(day));
                    TitleStorage { bytes, store: place.store, since, came: since, moved: false }
                }
            };
            if making.is_base() || was != Some(now) || (out, requests) != (0, 0) {
                rows.push(row(title, now, (out, requests)));
            }
        }
        let there: HashSet<&str> = places.iter().map(|place| place.title.as_str()).collect();
        let gone = self.0.iter().filter(|(title, _)| !there.contains(title.as_str()));
        rows.extend(gone.map(|(title, was)| row(title, TitleStorage { bytes: 0, ..*was }, (0, 0))));
        rows
    }

    /// The rows of the day after this one where sums of its use have become others since: all else stays as it was noted.
    pub fn revised(&self, rows: &[Row], uses: &[TitleUse]) -> Vec<Row> {
        let used = by_title(uses);
        let of = |title: &str| used.get(title).copied().unwrap_or_default();
        let noted: HashSet<&str> = rows.iter().map(|row| row.title.as_str()).collect();
        let mut revised: Vec<Row> = rows.to_vec();
        for row in revised.iter_mut().filter(|row| row.bytes > 0) {
            (row.out, row.requests) = of(&row.title);
        }
        let others = used.keys().filter(|title| !noted.contains(*title));
        revised.extend(others.filter_map(|title| Some(row(title, *self.0.get(*title)?, of(title)))));
        revised
    }

    /// The rows of the day after this one where nothing is known of it but its use: each title as it lies, where all are wanted, or those that were watched.
    pub fn carried(&self, is_base: bool, uses: &[TitleUse]) -> Vec<Row> {
        let used = by_title(uses);
        let rows =
            self.0.iter().map(|(title, storage)| row(title, *storage, used.get(title.as_str()).copied().unwrap_or_default()));
        rows.filter(|row| is_base || (row.out, row.requests) != (0, 0)).collect()
    }

    /// What the day of these rows is billed by, this being the day before it.
    pub fn reckon(&self, making: Making, rows: &[Row], uses: &[TitleUse]) -> DayRecord {
        let objects = ObjectSize::default();
        let (mut actual, mut per_view, mut flat) = (Quantities::default(), Quantities::default(), Quantities::default());
        for row in rows {
            let (was, now) = (self.0.get(&row.title).copied(), storage_of(row));
            let is_replaced = was.zip(now).is_some_and(|(was, now)| was.store == now.store && now.since > was.since);
            let kept = was.filter(|_| !is_replaced).map_or(0, |was| was.bytes);
            let written = now.map_or(0, |now| now.bytes.saturating_sub(kept));
            if !making.is_first {
                per_view.writes += objects.objects(written);
            }
            if let Some(was) = was.filter(|_| now.is_none() || is_replaced) {
                per_view.early += i128::from(was.bytes) * making.left(was.came);
            }
            match (was, now) {
                (Some(TitleStorage { store: Store::PerView, bytes, since, .. }), None) => {
                    actual.early += i128::from(bytes) * making.left(since);
                }
                // Whatever moves is read out of where it lay, written, and read back to be compared.
                (
                    Some(TitleStorage { store: Store::PerView, bytes, since, .. }),
                    Some(TitleStorage { store: Store::Flat, bytes: now, .. }),
                ) => {
                    actual.early += i128::from(bytes) * making.left(since);
                    actual.out += i128::from(bytes);
                    actual.reads += objects.objects(bytes);
                    actual.flat_out += i128::from(now);
                }
                (
                    Some(TitleStorage { store: Store::Flat, bytes, .. }),
                    Some(TitleStorage { store: Store::PerView, bytes: now, .. }),
                ) => {
                    actual.flat_out += i128::from(bytes);
                    actual.writes += objects.objects(now);
                    actual.out += i128::from(now);
                    actual.reads += objects.objects(now);
                }
                (_, Some(TitleStorage { store: Store::PerView, .. })) if !making.is_first => {
                    actual.writes += objects.objects(written);
                    if let Some(was) = was.filter(|_| is_replaced) {
                        actual.early += i128::from(was.bytes) * making.left(was.since);
                    }
                }
                (_, _) => {}
            }
        }
        let mut after = self.clone();
        after.apply(making.is_base(), rows);
        let [in_per_view, in_flat] = [Store::PerView, Store::Flat].map(|store| after.stock(store));
        let all = i128::from(in_per_view.bytes) + i128::from(in_flat.bytes);
        (actual.stored, actual.peak) = (in_per_view.bytes.into(), in_flat.bytes.into());
        (per_view.stored, flat.peak) = (all, all);
        let (mut bytes_out, mut requests) = (0_u64, 0_u64);
        for used in uses {
            let (bytes, asked) = (i128::from(used.bytes), i128::from(used.requests));
            match used.store {
                Store::PerView => (actual.out, actual.reads) = (actual.out + bytes, actual.reads + asked),
                Store::Flat => actual.flat_out += bytes,
            }
            (per_view.out, per_view.reads) = (per_view.out + bytes, per_view.reads + asked);
            flat.flat_out += bytes;
            (bytes_out, requests) = (bytes_out.saturating_add(used.bytes), requests.saturating_add(used.requests));
        }
        let (actual, per_view, flat) = (actual.into(), per_view.into(), flat.into());
        let at = calendar::begin(making.day);
        let is_base = making.is_base();
        DayRecord { at, is_base, actual, per_view, flat, in_per_view, in_flat, bytes_out, requests, ..DayRecord::default() }
    }

    fn stock(&self, store: Store) -> Stock {
        let of = self.0.values().filter(|storage| storage.store == store);
        of.fold(Stock::default(), |sum, storage| Stock { titles: sum.titles + 1, bytes: sum.bytes.saturating_add(storage.bytes) })
    }

    /// The mean size of titles; 0 where there are none.
    pub fn mean_bytes(&self) -> u64 {
        let all: u64 = self.0.values().fold(0, |sum, storage| sum.saturating_add(storage.bytes));
        all.checked_div(u64::try_from(self.0.len()).unwrap_or(u64::MAX)).unwrap_or(0)
    }

    /// Lets the planner see the day of these rows, which were applied.
    pub fn observe(&self, planner: &mut Planner, rows: &[Row]) {
        let used: HashMap<&str, &Row> = rows.iter().map(|row| (row.title.as_str(), row)).collect();
        planner.observe(self.0.iter().map(|(title, storage)| {
            let (bytes_out, requests) = used.get(title.as_str()).map_or((0, 0), |row| (row.out, row.requests));
            (title.as_str(), DayUsage { stored_bytes: storage.bytes, bytes_out, requests })
        }));
    }
}

fn storage_of(row: &Row) -> Option<TitleStorage> {
    let Row { bytes, store, since, came, moved, .. } = *row;
    (bytes > 0).then_some(TitleStorage { bytes, store, since, came, moved })
}

fn row(title: &str, storage: TitleStorage, (out, requests): (u64, u64)) -> Row {
    let TitleStorage { bytes, store, since, came, moved } = storage;
    Row { title: title.to_owned(), bytes, store, since, came, moved, out, requests }
}

/// Bytes and requests of both stores together.
fn by_title(uses: &[TitleUse]) -> BTreeMap<&str, (u64, u64)> {
    let mut used = BTreeMap::<&str, (u64, u64)>::new();
    for TitleUse { title, bytes, requests, .. } in uses {
        let sum = used.entry(title).or_default();
        *sum = (sum.0.saturating_add(*bytes), sum.1.saturating_add(*requests));
    }
    used
}
