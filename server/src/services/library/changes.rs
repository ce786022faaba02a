//! What is noted of changes that clients give numbers: one that is sent again does nothing more, and one that was taken back
//! before it came does nothing at all.
//!
//! Of each title the latest are known. Notes stand in the document of what they guard, or in the one that stays where that goes:
//! with the last date of a title, or once it is off a list.

use super::record::{ListedChange, WatchedChange};

/// A change that a client gave a number.
pub trait Numbered {
    fn number(&self) -> u64;
}

impl Numbered for ListedChange {
    fn number(&self) -> u64 {
        self.change
    }
}

impl Numbered for WatchedChange {
    fn number(&self) -> u64 {
        self.change
    }
}

/// What is known of the change of this number.
pub fn known<C: Numbered>(changes: &[C], number: u64) -> Option<&C> {
    changes.iter().find(|change| change.number() == number)
}

/// Notes a change instead of what is known of it. Beyond `most` the oldest give way.
pub fn note<C: Numbered>(changes: &mut Vec<C>, change: C, most: usize) {
    match changes.iter_mut().find(|known| known.number() == change.number()) {
        Some(known) => *known = change,
        None => changes.push(change),
    }
    let beyond = changes.len().saturating_sub(most);
    changes.drain(..beyond);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_changes_of_a_title_the_latest_are_known_each_once() {
        let mut changes = Vec::new();
        for number in [1, 2, 3, 2] {
            note(&mut changes, ListedChange::done(number), 2);
        }
        note(&mut changes, ListedChange::taken_back(3), 2);
        assert_eq!(changes, [ListedChange::done(2), ListedChange::taken_back(3)]);
        assert_eq!(known(&changes, 1), None);
        assert_eq!(known(&changes, 3), Some(&ListedChange::taken_back(3)));
    }
}
