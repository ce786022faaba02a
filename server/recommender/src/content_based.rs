//! What titles have in common by what they are about alone: genres and people by TF-IDF, a history as the sum of its titles, and how
//! like a title is to it by the cosine of the two.
//!
//! It answers from the first film that somebody watched on, before any audience says a thing. Must never look at who watched a title.

use std::collections::{BTreeMap, HashMap};

use crate::{
    answer::{Best, Entry},
    content::is_person,
    dataset::Rows,
    model::{Model, Title},
};

/// What genres and people count of a title: together the length of its vector is 1. Each kind is weighed against its own, because people
/// are that much rarer that beside them no genre would count.
const GENRES: f32 = 0.8;
const PEOPLE: f32 = 0.6;
/// What the score of a title counts beside that: of many that have a genre in common alone, the better ones come first.
const SCORE: f32 = 0.3;
/// A title of which nobody says what they think of it counts as one of these, in per cent.
const UNKNOWN: u8 = 55;
/// Of less than this, where 1 is the same, nobody would say that it is like what they watch.
const LEAST_LIKE: f32 = 0.1;

/// The vectors of titles, by the model's numbers of them.
#[derive(Debug, Default)]
pub(crate) struct Vectors {
    titles: Rows,
    /// The same by genres and people: who is asked for the best of all looks at what is wanted alone.
    holders: Rows,
    /// By title, in per cent: beside each other, because whoever is asked for the best of all looks at many.
    scores: Vec<u8>,
}

impl Vectors {
    pub fn new(titles: &[Title]) -> Self {
        let (mut numbers, mut counts) = (HashMap::<u32, u32>::new(), Vec::<f32>::new());
        let mut rows = Rows::new();
        for title in titles {
            let mut own: Vec<(u32, bool)> = Vec::with_capacity(title.reasons.len());
            for reason in &title.reasons {
                let fresh = u32::try_from(counts.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(*reason).or_insert(fresh);
                if number == fresh {
                    counts.push(0.0);
                }
                own.push((number, is_person(*reason)));
            }
            own.sort_unstable();
            own.dedup();
            for (number, _) in &own {
                if let Some(count) = counts.get_mut(*number as usize) {
                    *count += 1.0;
                }
            }
            rows.push(own.into_iter().map(|(number, is_person)| (number, if is_person { PEOPLE } else { GENRES })));
        }
        let all = titles.len() as f32;
        let rarity = |reason: u32| counts.get(reason as usize).map_or(0.0, |count| (1.0 + all / count.max(1.0)).ln());
        for title in 0..rows.len() {
            let rarities: Vec<f32> = rows.columns(title).iter().map(|reason| rarity(*reason)).collect();
            weigh(rows.values_mut(title), &rarities);
        }
        let scores = titles.iter().map(|title| title.score.unwrap_or(UNKNOWN)).collect();
        Self { holders: rows.transposed(counts.len()), titles: rows, scores }
    }

    /// What two titles have in common: the scalar product of their vectors, whose columns stand in order.
    fn common(&self, one: u32, other: u32) -> f32 {
        let others = self.titles.columns(other as usize);
        let weight = |reason: u32| {
            let at = others.binary_search(&reason).ok()?;
            self.titles.row(other as usize).nth(at).map(|(_, weight)| weight)
        };
        self.titles.row(one as usize).filter_map(|(reason, value)| Some(value * weight(reason)?)).sum()
    }
}

/// Gives what has the share of its kind the rarity within its kind.
fn weigh(shares: &mut [f32], rarities: &[f32]) {
    let length = |kind: f32| {
        let of_it = shares.iter().zip(rarities).filter(|(share, _)| **share == kind);
        of_it.map(|(_, rarity)| rarity * rarity).sum::<f32>().sqrt().max(f32::MIN_POSITIVE)
    };
    let (genres, people) = (length(GENRES), length(PEOPLE));
    for (share, rarity) in shares.iter_mut().zip(rarities) {
        *share *= rarity / if *share == GENRES { genres } else { people };
    }
}

/// What a history says by what its titles are about.
pub(crate) struct ContentTaste<'a> {
    model: &'a Model,
    entries: &'a [Entry],
    /// How much each reason is wanted, of length 1; in order, so that what is equally alike is so in every sum.
    wanted: BTreeMap<u32, f32>,
}

impl<'a> ContentTaste<'a> {
    /// Of entries that the model knows.
    pub fn new(model: &'a Model, entries: &'a [Entry]) -> Self {
        let mut wanted = BTreeMap::<u32, f32>::new();
        for Entry { title, weight } in entries {
            for (reason, value) in model.content.titles.row(*title as usize) {
                *wanted.entry(reason).or_default() += weight * value;
            }
        }
        let length = wanted.values().map(|sum| sum * sum).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        wanted.values_mut().for_each(|sum| *sum /= length);
        Self { model, entries, wanted }
    }

    /// What is like the history, the most alike first, without those that `is_out` says; as many as are wanted.
    pub fn best(&self, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut likes = vec![0.0f32; self.model.len()];
        for (reason, wanted) in &self.wanted {
            for (title, value) in self.model.content.holders.row(*reason as usize) {
                if let Some(like) = likes.get_mut(title as usize) {
                    *like += value * wanted;
                }
            }
        }
        self.most_alike((0..).zip(likes), count, is_out)
    }

    /// Of these titles what is like the history, as [`Self::best`].
    pub fn ranked(&self, titles: impl Iterator<Item = u32>, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let like = |title: u32| {
            let row = self.model.content.titles.row(title as usize);
            row.filter_map(|(reason, value)| Some(value * self.wanted.get(&reason)?)).sum()
        };
        self.most_alike(titles.map(|title| (title, like(title))), count, is_out)
    }

    fn most_alike(&self, likes: impl Iterator<Item = (u32, f32)>, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut best = Best::new(count);
        for (title, like) in likes {
            // A score adds nothing to it.
            if like < LEAST_LIKE || like < best.least() {
                continue;
            }
            let score = self.model.content.scores.get(title as usize).copied().unwrap_or(UNKNOWN).min(100);
            let worth = like * (1.0 - SCORE + SCORE * f32::from(score) / 100.0);
            if worth >= best.least() && !is_out(title) {
                best.offer(worth, title);
            }
        }
        best.into_sorted()
    }

    /// The entry that a title has most in common with, where that is a quarter of what it has in common with all.
    pub fn because(&self, title: u32) -> Option<u32> {
        let owed = |entry: &Entry| (entry.weight * self.model.content.common(entry.title, title), entry.title);
        let whole: f32 = self.entries.iter().map(|entry| owed(entry).0).sum();
        let most = self.entries.iter().map(owed).max_by(|one, other| one.0.total_cmp(&other.0))?;
        (most.0 > 0.0 && most.0 >= whole / 4.0).then_some(most.1)
    }
}
