//! The dates of one title, and by what each is there.
//!
//! What a change with a number adds is there by that change: it goes as that is taken back, with the last change that says it.
//! What anything else says (a film that is played, a file, a device that gives no numbers) stays. Must never let a date go that
//! something else said.

use contract::ids::TitleId;

use super::{
    super::record::{OwnedDate, WatchedRecord},
    Owner,
};

/// Dates of one title: the oldest give way.
const DATES: usize = 100;
/// Dates that are as near as this are one viewing: 6 hours, in milliseconds.
pub(super) const ONE_VIEWING: u64 = 6 * 60 * 60 * 1_000;

/// The dates of a title, in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dates {
    /// The latest first.
    pub(super) all: Vec<u64>,
    /// Those that are there by changes with numbers alone.
    pub(super) owned: Vec<OwnedDate>,
}

impl Dates {
    pub(super) fn of(record: &WatchedRecord) -> Self {
        Self { all: record.dates.clone(), owned: record.owned.clone() }
    }

    /// What is stored with these dates at `now`, in place of what was before; nothing where there is none.
    pub(super) fn record(
        self,
        owner: Owner<'_>,
        title: &TitleId,
        before: Option<WatchedRecord>,
        now: u64,
    ) -> Option<WatchedRecord> {
        let Self { all: dates, owned } = self;
        Some(WatchedRecord {
            profile: owner.profile.clone(),
            title: title.clone(),
            watched: dates.first().copied()?,
            dates,
            owned,
            guest_updated: owner.is_guest.then_some(now),
            unknown: before.map(|before| before.unknown).unwrap_or_default(),
        })
    }

    /// The date that is the same viewing as another.
    fn same(&self, date: u64) -> Option<u64> {
        self.all.iter().copied().find(|there| there.abs_diff(date) < ONE_VIEWING)
    }

    /// Has a date stay, whatever is taken back.
    pub(super) fn stay(&mut self, date: u64) {
        self.owned.retain(|owned| owned.date != date);
    }

    /// Puts a date among the others, unless one of them is the same viewing: either stays.
    pub(super) fn say(&mut self, date: u64) {
        match self.same(date) {
            Some(there) => self.stay(there),
            None => self.insert(date, Vec::new()),
        }
    }

    /// As [`Dates::say`], by changes with numbers: whatever said the viewing before says it still.
    pub(super) fn say_by(&mut self, date: u64, changes: &[u64]) {
        let Some(there) = self.same(date) else { return self.insert(date, changes.to_vec()) };
        let Some(owned) = self.owned.iter_mut().find(|owned| owned.date == there) else { return };
        let others: Vec<u64> = changes.iter().copied().filter(|change| !owned.changes.contains(change)).collect();
        owned.changes.extend(others);
    }

    fn insert(&mut self, date: u64, changes: Vec<u64>) {
        let at = self.all.partition_point(|there| *there > date);
        self.all.insert(at, date);
        self.all.truncate(DATES);
        if !changes.is_empty() {
            self.owned.push(OwnedDate { date, changes });
        }
        self.forget_owners();
    }

    /// Takes out the dates of which `is_meant` says so.
    pub(super) fn take_out(&mut self, is_meant: impl Fn(u64) -> bool) {
        self.all.retain(|date| !is_meant(*date));
        self.forget_owners();
    }

    /// Takes a change back: what was there by it alone goes.
    pub(super) fn disown(&mut self, change: u64) {
        for owned in &mut self.owned {
            owned.changes.retain(|owner| *owner != change);
        }
        let gone: Vec<u64> = self.owned.iter().filter(|owned| owned.changes.is_empty()).map(|owned| owned.date).collect();
        self.take_out(|date| gone.contains(&date));
    }

    /// What is here and not in the other: dates, and by what some of them are there.
    pub(super) fn without(&self, other: &Self) -> Self {
        let all: Vec<u64> = self.all.iter().copied().filter(|date| !other.all.contains(date)).collect();
        let owned = self.owned.iter().filter(|owned| all.contains(&owned.date)).cloned().collect();
        Self { all, owned }
    }

    /// Puts back what was taken out, but for what was there by changes alone that are taken back by now.
    pub(super) fn bring_back(&mut self, gone: &Self, is_taken_back: impl Fn(u64) -> bool) {
        for date in &gone.all {
            match gone.owned.iter().find(|owned| owned.date == *date) {
                None => self.say(*date),
                Some(owned) => {
                    let changes: Vec<u64> = owned.changes.iter().copied().filter(|change| !is_taken_back(*change)).collect();
                    if !changes.is_empty() {
                        self.say_by(*date, &changes);
                    }
                }
            }
        }
    }

    fn forget_owners(&mut self) {
        let all = &self.all;
        self.owned.retain(|owned| all.contains(&owned.date));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const HOUR: u64 = 60 * 60 * 1_000;

    #[test]
    fn a_date_goes_with_the_last_change_that_says_it_and_stays_where_anything_else_does() {
        let mut dates = Dates::default();
        dates.say_by(NOW, &[1]);
        dates.say_by(NOW + HOUR, &[2]);
        dates.say_by(NOW - 8 * HOUR, &[3]);
        assert_eq!(dates.all, [NOW, NOW - 8 * HOUR]);
        dates.disown(1);
        assert_eq!(dates.all, [NOW, NOW - 8 * HOUR]);
        dates.disown(2);
        assert_eq!(dates.all, [NOW - 8 * HOUR]);
        dates.say(NOW - 7 * HOUR);
        dates.disown(3);
        assert_eq!(dates, Dates { all: vec![NOW - 8 * HOUR], owned: vec![] });
    }

    #[test]
    fn what_comes_back_comes_by_what_it_was_there_and_not_where_that_was_taken_back_since() {
        let mut before = Dates::default();
        before.say_by(NOW, &[1, 2]);
        before.say_by(NOW - 10 * HOUR, &[3]);
        before.say(NOW - 20 * HOUR);
        let gone = before.without(&Dates::default());
        let mut dates = Dates::default();
        dates.bring_back(&gone, |change| change == 1 || change == 3);
        let owned = vec![OwnedDate { date: NOW, changes: vec![2] }];
        assert_eq!(dates, Dates { all: vec![NOW, NOW - 20 * HOUR], owned });
    }

    #[test]
    fn of_the_dates_of_a_title_the_oldest_give_way_with_what_is_known_of_them() {
        let mut dates = Dates::default();
        for day in 0..101 {
            dates.say_by(NOW + day * 24 * HOUR, &[day]);
        }
        assert_eq!((dates.all.len(), dates.owned.len()), (DATES, DATES));
        assert!(!dates.owned.iter().any(|owned| owned.changes == [0]));
    }
}
