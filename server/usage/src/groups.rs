//! Sums by key in bounded memory: each key that has a place is exact, and what has none is summed as other.
//!
//! A key has a place from its first event on, or never: so no sum is an estimate (as those of Space-Saving are), and all of them
//! together with the other are the total. Which keys have one depends on the order of events where there are more than places.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, mem};

use ahash::RandomState;

use crate::{columns::Row, tally::Tally};

pub(crate) struct Groups<K> {
    /// Where the sums of a key are: apart from them, so that looking a key up stays within the processor's caches.
    places: HashMap<K, usize, RandomState>,
    tallies: Vec<Tally>,
    /// How many keys have a place.
    most: usize,
    other: Tally,
}

impl<K: Hash + Eq + Ord> Groups<K> {
    pub(crate) fn new(most: usize) -> Self {
        Self { places: HashMap::default(), tallies: Vec::new(), most, other: Tally::default() }
    }

    /// Counts a row to a key.
    pub(crate) fn add<Q: Hash + Eq + ToOwned<Owned = K> + ?Sized>(&mut self, key: &Q, row: &Row<'_>)
    where
        K: Borrow<Q>,
    {
        let place = self.places.get(key).copied().unwrap_or(self.tallies.len());
        if place >= self.most {
            return self.other.add(row);
        }
        if place == self.tallies.len() {
            self.places.insert(key.to_owned(), place);
            self.tallies.push(Tally::default());
        }
        self.tallies.get_mut(place).into_iter().for_each(|tally| tally.add(row));
    }

    /// The groups, those first that `rank` is greatest of, and the sum of what is not among them with how many groups are in it.
    pub(crate) fn ranked(mut self, shown: usize, rank: impl Fn(&Tally) -> u64) -> Ranked<K> {
        let tallies = &mut self.tallies;
        let taken = |(key, place): (K, usize)| (key, tallies.get_mut(place).map(mem::take).unwrap_or_default());
        let mut groups: Vec<(K, Tally)> = self.places.into_iter().map(taken).collect();
        groups.sort_by(|(one, of_one), (other, of_other)| rank(of_other).cmp(&rank(of_one)).then_with(|| one.cmp(other)));
        let left = groups.split_off(shown.min(groups.len()));
        let (without_a_place, mut other) = (self.other.events, self.other);
        left.iter().for_each(|(_, tally)| other.merge(tally));
        Ranked { groups, other, left: left.len(), without_a_place }
    }
}

pub(crate) struct Ranked<K> {
    pub(crate) groups: Vec<(K, Tally)>,
    pub(crate) other: Tally,
    /// Keys that had a place and are not shown.
    pub(crate) left: usize,
    /// Events whose key had no place.
    pub(crate) without_a_place: u64,
}
