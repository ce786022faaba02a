//! Histories in the form that models are trained on: who watched what, when, and how much that says.
//!
//! Ids are interned once. Of a profile and a title one entry stays: the latest instant, and the greatest weight; none where one of its
//! events speaks against the title. What few have is in nothing that may be learnt from ([`Dataset::shared`]). Must never hold more
//! than [`EVENTS`] events, [`TITLES`] titles and [`OF_A_PROFILE`] of one profile.

use std::collections::HashMap;

/// Events that are taken at most; 24 bytes each while they are collected.
pub const EVENTS: usize = 4_000_000;
/// Titles that are taken at most.
pub const TITLES: usize = 1_000_000;
/// Titles of one profile that count: the latest.
pub const OF_A_PROFILE: usize = 500;
/// Accounts that have a title before anything may be learnt of who has it: of fewer, one of them or somebody who knows one could tell from
/// what is recommended what another one has (k-anonymity: Sweeney, 2002).
pub const LEAST_AUDIENCE: u32 = 3;
/// The least and the greatest weight that counts.
const WEIGHTS: (f32, f32) = (0.05, 4.0);
/// The weight of an event that speaks against its title. These models learn from what speaks for titles alone: it takes the others away.
const AGAINST: f32 = -1.0;

/// Texts by numbers, in the order in which they came.
#[derive(Debug, Default)]
pub struct Ids {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Ids {
    /// The number of a text, a new one where it is new.
    fn number(&mut self, text: &str) -> Option<u32> {
        if let Some(number) = self.numbers.get(text) {
            return Some(*number);
        }
        let number = u32::try_from(self.texts.len()).ok()?;
        self.numbers.insert(text.into(), number);
        self.texts.push(text.into());
        Some(number)
    }

    pub fn get(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub fn texts(&self) -> &[Box<str>] {
        &self.texts
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// One event by numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Event {
    profile: u32,
    title: u32,
    instant: u64,
    weight: f32,
}

/// Sparse rows: what each row has in which column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Where each row begins, and at last where the last one ends.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Rows {
    pub fn new() -> Self {
        Self { starts: vec![0], columns: Vec::new(), values: Vec::new() }
    }

    pub fn push(&mut self, row: impl IntoIterator<Item = (u32, f32)>) {
        for (column, value) in row {
            self.columns.push(column);
            self.values.push(value);
        }
        self.starts.push(self.columns.len());
    }

    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries of all rows.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    fn span(&self, row: usize) -> std::ops::Range<usize> {
        match (self.starts.get(row), self.starts.get(row + 1)) {
            (Some(start), Some(end)) => *start..*end,
            (Some(_) | None, _) => 0..0,
        }
    }

    /// The columns of a row; none where there is no such row.
    pub fn columns(&self, row: usize) -> &[u32] {
        self.columns.get(self.span(row)).unwrap_or_default()
    }

    /// The columns of a row with what is in them.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + Clone {
        let values = self.values.get(self.span(row)).unwrap_or_default();
        self.columns(row).iter().copied().zip(values.iter().copied())
    }

    /// The values of a row, to be changed.
    pub fn values_mut(&mut self, row: usize) -> &mut [f32] {
        let span = self.span(row);
        self.values.get_mut(span).unwrap_or_default()
    }

    /// Gives the columns other numbers.
    pub fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        self.columns.iter_mut().for_each(|column| *column = number(*column));
    }

    /// The same by columns, of which there are `count`.
    #[must_use]
    pub fn transposed(&self, count: usize) -> Self {
        let mut lists: Vec<usize> = vec![0; count + 1];
        for column in &self.columns {
            if let Some(length) = lists.get_mut(*column as usize + 1) {
                *length += 1;
            }
        }
        let mut sum = 0;
        for start in &mut lists {
            sum += *start;
            *start = sum;
        }
        let (mut next, mut columns, mut values) = (lists.clone(), vec![0; sum], vec![0.0; sum]);
        for row in 0..self.len() {
            let number = u32::try_from(row).unwrap_or(u32::MAX);
            for (column, value) in self.row(row) {
                let Some(at) = next.get_mut(column as usize) else { continue };
                if let (Some(to), Some(of)) = (columns.get_mut(*at), values.get_mut(*at)) {
                    (*to, *of) = (number, value);
                }
                *at += 1;
            }
        }
        Self { starts: lists, columns, values }
    }

    /// The same without the last entry of those rows of which `is_held_out` says so, and what was taken from each.
    #[must_use]
    pub fn without_last(&self, is_held_out: impl Fn(usize) -> bool) -> (Self, Vec<(usize, u32)>) {
        let (mut rows, mut taken) = (Self::new(), Vec::new());
        for row in 0..self.len() {
            let columns = self.columns(row);
            let keep = match columns.split_last() {
                Some((last, rest)) if is_held_out(row) => {
                    taken.push((row, *last));
                    rest.len()
                }
                Some(_) | None => columns.len(),
            };
            rows.push(self.row(row).take(keep));
        }
        (rows, taken)
    }
}

/// Whose a profile is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Account {
    /// An account's that has a number.
    Of(u32),
    /// Nobody's but its own.
    Own(u32),
}

/// There is no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {EVENTS} events or {TITLES} titles already")]
pub struct Full;

/// Collects events and titles.
#[derive(Debug, Default)]
pub struct Builder {
    profiles: Ids,
    titles: Ids,
    events: Vec<Event>,
    /// The accounts of profiles.
    accounts: Vec<Option<u32>>,
}

impl Builder {
    /// Makes a title known that perhaps nobody watched; its number.
    ///
    /// # Errors
    /// [`Full`].
    pub fn title(&mut self, title: &str) -> Result<u32, Full> {
        if self.titles.len() >= TITLES && self.titles.get(title).is_none() {
            return Err(Full);
        }
        self.titles.number(title).ok_or(Full)
    }

    /// Adds an event. One whose weight says nothing is left out; one whose weight is below 0 takes away all of its profile and title.
    ///
    /// # Errors
    /// [`Full`]; what was added before stays.
    pub fn event(&mut self, profile: &str, title: &str, instant: u64, weight: f32) -> Result<(), Full> {
        if self.events.len() >= EVENTS {
            return Err(Full);
        }
        if !weight.is_finite() || weight == 0.0 {
            return Ok(());
        }
        let title = self.title(title)?;
        let profile = self.profiles.number(profile).ok_or(Full)?;
        let weight = if weight < 0.0 { AGAINST } else { weight.clamp(WEIGHTS.0, WEIGHTS.1) };
        self.events.push(Event { profile, title, instant, weight });
        Ok(())
    }

    /// Says of a profile with events which account's it is, of which there may be several; one of which nothing is said is its own.
    pub fn belongs(&mut self, profile: &str, account: u32) {
        let Some(number) = self.profiles.get(profile) else { return };
        let number = number as usize;
        if self.accounts.len() <= number {
            self.accounts.resize(number + 1, None);
        }
        if let Some(of) = self.accounts.get_mut(number) {
            *of = Some(account);
        }
    }

    pub fn titles(&self) -> &Ids {
        &self.titles
    }

    /// Events so far, several of one profile and title counted each.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// What models are trained on.
    pub fn finish(self) -> Dataset {
        let Self { profiles, titles, mut events, accounts } = self;
        events.sort_unstable_by_key(|event| (event.profile, event.title, event.instant));
        events.dedup_by(|later, kept| {
            let is_same = (later.profile, later.title) == (kept.profile, kept.title);
            if is_same {
                kept.instant = later.instant;
                let is_against = kept.weight < 0.0 || later.weight < 0.0;
                kept.weight = if is_against { AGAINST } else { kept.weight.max(later.weight) };
            }
            is_same
        });
        events.retain(|event| event.weight > 0.0);
        events.sort_unstable_by_key(|event| (event.profile, event.instant, event.title));
        let (mut rows, mut instants) = (Rows::new(), Vec::with_capacity(profiles.len()));
        let mut rest = events.as_slice();
        for profile in 0..profiles.len() {
            let count = rest.partition_point(|event| event.profile as usize <= profile);
            let (own, others) = rest.split_at(count);
            rest = others;
            let latest = own.get(own.len().saturating_sub(OF_A_PROFILE)..).unwrap_or_default();
            rows.push(latest.iter().map(|event| (event.title, event.weight)));
            instants.push(latest.last().map_or(0, |event| event.instant));
        }
        Dataset { profiles, titles, histories: rows, last: instants, accounts }
    }
}

/// Histories by profile, the latest at the end of each.
#[derive(Debug, Default)]
pub struct Dataset {
    pub profiles: Ids,
    pub titles: Ids,
    pub histories: Rows,
    /// When each profile's last event was, in the events' own unit.
    pub last: Vec<u64>,
    /// The accounts of profiles ([`Builder::belongs`]).
    pub(crate) accounts: Vec<Option<u32>>,
}

impl Dataset {
    /// The histories without titles that fewer accounts than [`LEAST_AUDIENCE`] have: what may be learnt from.
    #[must_use]
    pub fn shared(&self) -> Rows {
        let audiences = self.histories.transposed(self.titles.len());
        let is_shared: Vec<bool> = (0..audiences.len()).map(|title| self.is_audience(audiences.columns(title))).collect();
        let mut shared = Rows::new();
        for profile in 0..self.histories.len() {
            let has_audience = |(title, _): &(u32, f32)| is_shared.get(*title as usize).copied().unwrap_or(false);
            shared.push(self.histories.row(profile).filter(has_audience));
        }
        shared
    }

    /// Whether these profiles are of enough accounts.
    fn is_audience(&self, profiles: &[u32]) -> bool {
        let mut seen = Vec::with_capacity(LEAST_AUDIENCE as usize);
        for profile in profiles {
            let account = match self.accounts.get(*profile as usize).copied().flatten() {
                Some(account) => Account::Of(account),
                None => Account::Own(*profile),
            };
            if !seen.contains(&account) {
                seen.push(account);
            }
            if seen.len() >= LEAST_AUDIENCE as usize {
                return true;
            }
        }
        false
    }
}
