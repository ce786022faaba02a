//! Answers of a model: the best titles for a history, why, and what is like a title.
//!
//! The best are found exactly, by a walk over the titles in the order of their vectors' lengths, which ends where no later one can be
//! among them (Teflioudi, Gemulla and Mykytiuk, "LEMP", 2015). Must never answer with what it was told to leave out.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    als::ridge,
    linear::{Solver, dot, norm},
    model::Model,
};

/// Titles between two looks at whether the walk may end.
const STEP: usize = 256;
/// Entries of a history that count: the latest.
const LATEST: usize = 200;
/// What a recommendation has to owe to one entry, where 1 is what was watched: below, it is named for nothing.
const LEAST_OWED: f32 = 0.005;
/// What a history has to say for a title, on the same scale: below, it is as good as nothing.
const LEAST_SAID: f32 = 0.005;

/// One entry of a history, by the model's number of the title.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub title: u32,
    pub weight: f32,
}

/// What a history says of its profile: the solution of its own system, and the system.
pub struct Taste<'a> {
    model: &'a Model,
    entries: Vec<Entry>,
    vector: Vec<f32>,
    /// For each entry what it adds to the solution, before the weight.
    parts: Vec<f32>,
    /// What the linear model says of each title of the head.
    linear: Vec<f32>,
    linear_share: f32,
    popularity_share: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Scored {
    score: f32,
    title: u32,
}

impl Eq for Scored {}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.score.total_cmp(&other.score).then(other.title.cmp(&self.title))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The best so far, as many as are wanted.
pub(crate) struct Best {
    wanted: usize,
    heap: BinaryHeap<Reverse<Scored>>,
}

impl Best {
    pub fn new(wanted: usize) -> Self {
        Self { wanted, heap: BinaryHeap::with_capacity(wanted.saturating_add(1).min(4096)) }
    }

    /// The score below which nothing gets in any more.
    pub fn least(&self) -> f32 {
        match self.heap.peek() {
            Some(Reverse(least)) if self.heap.len() >= self.wanted => least.score,
            Some(_) | None => f32::NEG_INFINITY,
        }
    }

    pub fn offer(&mut self, score: f32, title: u32) {
        if self.wanted == 0 {
            return;
        }
        if self.heap.len() < self.wanted {
            self.heap.push(Reverse(Scored { score, title }));
        } else if let Some(mut least) = self.heap.peek_mut()
            && (Scored { score, title }) > least.0
        {
            least.0 = Scored { score, title };
        }
    }

    pub fn into_sorted(self) -> Vec<u32> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(scored)| scored.title).collect()
    }
}

impl Model {
    /// Solves what a history says, the latest entries at its end. A history of nothing that the model knows leaves popularity.
    pub fn fold_in(&self, history: &[Entry]) -> Taste<'_> {
        let latest = history.get(history.len().saturating_sub(LATEST)..).unwrap_or_default();
        let is_known = |entry: &&Entry| (entry.title as usize) < self.len() && entry.weight.is_finite() && entry.weight > 0.0;
        let entries: Vec<Entry> = latest.iter().filter(is_known).copied().collect();
        let width = self.settings.factors;
        let (mut solver, mut vector) = (Solver::new(width), vec![0.0; width]);
        let rows = entries.iter().map(|entry| (self.vector(entry.title), entry.weight));
        solver.solve(&self.base, ridge(&self.settings, entries.len(), self.len()), rows, &mut vector);
        let mut parts: Vec<f32> = entries.iter().flat_map(|entry| self.vector(entry.title)).copied().collect();
        solver.again(&mut parts);
        let mut linear = Vec::new();
        if self.stored.linear_share > 0.0 {
            linear.resize(self.stored.head.len(), 0.0);
            for place in entries.iter().filter_map(|entry| self.place(entry.title)) {
                linear.iter_mut().zip(self.linear(place)).for_each(|(sum, weight)| *sum += weight);
            }
        }
        // Popularity says the less, the more is known.
        let popularity_share = self.stored.popularity_share / (1.0 + entries.len() as f32 / 5.0).sqrt();
        Taste { model: self, entries, vector, parts, linear, linear_share: self.stored.linear_share, popularity_share }
    }

    /// The titles most like one, the most alike first, without those that `is_out` says.
    pub fn similar(&self, title: u32, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let (own, mut best) = (self.vector(title), Best::new(count));
        let length = norm(own);
        let linear = self.place(title).map(|place| self.linear(place)).unwrap_or_default();
        let greatest = linear.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let width = self.settings.factors.max(1);
        for ((other, vector), norm) in (0u32..).zip(self.stored.vectors.chunks_exact(width)).zip(&self.norms) {
            let place = if self.stored.linear_share > 0.0 { self.place(other) } else { None };
            let linked = place.and_then(|place| linear.get(place as usize)).map_or(0.0, |weight| weight / greatest);
            let lengths = length * norm;
            let cosine = if lengths > f32::MIN_POSITIVE { dot(own, vector) / lengths } else { 0.0 };
            let score = cosine + self.stored.linear_share * linked.max(0.0);
            if score > 0.0 && score >= best.least() && other != title && !is_out(other) {
                best.offer(score, other);
            }
        }
        best.into_sorted()
    }

    /// The titles that came last, the latest first, of which the model knows when.
    pub fn newest(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        self.newest.iter().copied()
    }
}

impl Taste<'_> {
    /// Whether the history holds nothing that the model knows.
    pub fn is_unknown(&self) -> bool {
        self.entries.is_empty()
    }

    /// Those of the history that count.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether the history says anything for a title, however popular it is.
    pub fn speaks_for(&self, title: u32) -> bool {
        self.fit(title) >= LEAST_SAID
    }

    fn score(&self, title: u32) -> f32 {
        let popularity = self.model.popularity.get(title as usize).copied().unwrap_or(0.0);
        self.fit(title) + self.popularity_share * popularity
    }

    /// What the history says for a title.
    fn fit(&self, title: u32) -> f32 {
        let factors = dot(&self.vector, self.model.vector(title));
        let place = if self.linear.is_empty() { None } else { self.model.place(title) };
        match place.and_then(|place| self.linear.get(place as usize)) {
            Some(linear) => (1.0 - self.linear_share) * factors + self.linear_share * linear,
            None => factors,
        }
    }

    /// The best titles, the best first, without those that `is_out` says.
    pub fn best(&self, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut best = Best::new(count);
        if count == 0 {
            return Vec::new();
        }
        if !self.linear.is_empty() {
            for title in self.model.stored.head.iter().copied().filter(|title| !is_out(*title)) {
                best.offer(self.score(title), title);
            }
        }
        let (model, length) = (self.model, norm(&self.vector));
        let width = model.settings.factors.max(1);
        let is_in_head = |title: &u32| !self.linear.is_empty() && model.place(*title).is_some();
        for (step, vectors) in model.stored.vectors.chunks(width * STEP).enumerate() {
            let first = step * STEP;
            let ahead = |of: &[f32]| of.get(first).copied().unwrap_or(0.0);
            let bound = length * ahead(&model.norms) + self.popularity_share * ahead(&model.popularity_ahead);
            // A little more, for what rounding takes.
            if bound * 1.0001 < best.least() {
                break;
            }
            for (title, vector) in (first..).zip(vectors.chunks_exact(width)) {
                let popularity = model.popularity.get(title).copied().unwrap_or(0.0);
                let score = dot(&self.vector, vector) + self.popularity_share * popularity;
                if score < best.least() {
                    continue;
                }
                let title = u32::try_from(title).unwrap_or(u32::MAX);
                if !is_in_head(&title) && !is_out(title) {
                    best.offer(score, title);
                }
            }
        }
        best.into_sorted()
    }

    /// These titles, the best first, without those that `is_out` says; as many as are wanted.
    pub fn ranked(&self, titles: impl Iterator<Item = u32>, count: usize, is_out: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut best = Best::new(count);
        if count > 0 {
            for title in titles.filter(|title| (*title as usize) < self.model.len()) {
                let score = self.score(title);
                // Asked last: of some thousand titles a few come this far.
                if score >= best.least() && !is_out(title) {
                    best.offer(score, title);
                }
            }
        }
        best.into_sorted()
    }

    /// The entry of the history that a recommendation owes most to, where it owes it a quarter of what the whole history says.
    pub fn because(&self, title: u32) -> Option<u32> {
        let width = self.model.settings.factors;
        let (vector, place) = (self.model.vector(title), self.model.place(title));
        let linear_share = if self.linear.is_empty() || place.is_none() { 0.0 } else { self.linear_share };
        let owed = |(entry, part): (&Entry, &[f32])| {
            let linear = match (self.model.place(entry.title), place) {
                (Some(from), Some(to)) if linear_share > 0.0 => self.model.linear(from).get(to as usize).copied().unwrap_or(0.0),
                (Some(_) | None, _) => 0.0,
            };
            let owed = (1.0 - linear_share) * entry.weight * dot(part, vector) + linear_share * linear;
            (owed, entry.title)
        };
        let parts: Vec<(f32, u32)> = self.entries.iter().zip(self.parts.chunks_exact(width)).map(owed).collect();
        let whole: f32 = parts.iter().map(|(owed, _)| owed.max(0.0)).sum();
        let most = parts.into_iter().max_by(|one, other| one.0.total_cmp(&other.0))?;
        (most.0 >= LEAST_OWED && most.0 >= whole / 4.0).then_some(most.1)
    }
}
