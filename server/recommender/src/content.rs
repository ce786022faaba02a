//! What titles are about, as sparse vectors, and what follows from it for titles that nobody watched.
//!
//! Genres, people and the words of the synopsis are hashed into [`BUCKETS`] features and weighted by TF-IDF. A ridge regression finds
//! what each feature says of a title's factors, so that a title without an audience gets factors by what it is about (as in
//! Wang and Blei, "Collaborative Topic Modeling", 2011). Must never let one title have more than [`FEATURES`] features.

use std::collections::HashMap;

use crate::{dataset::Rows, linear::row, parallel::on_rows};

/// Features that there are.
pub const BUCKETS: usize = 1 << 16;
/// Features of one title.
pub const FEATURES: usize = 64;
/// Genres and people of one title that can be asked to be left out.
const REASONS: usize = 16;
/// Steps of the regression.
const STEPS: usize = 12;
/// What the regression holds each feature down with.
const RIDGE: f32 = 1.0;
/// What a title counts that nobody watched.
const UNWATCHED: f32 = 0.05;

/// What a title is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    pub genres: &'a [String],
    pub people: &'a [String],
    pub synopsis: &'a str,
    /// What is thought of it elsewhere, from 0 to 1; absent where that is not known.
    pub score: Option<f32>,
}

/// A reason that somebody may not want to be recommended things for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    Genre(&'a str),
    Person(&'a str),
}

impl Reason<'_> {
    /// A number that stands for it in a model.
    pub fn number(self) -> u32 {
        match self {
            Self::Genre(name) => hash('g', name) & !PERSON,
            Self::Person(name) => hash('p', name) | PERSON,
        }
    }
}

/// The bit by which people are told from genres.
const PERSON: u32 = 1 << 31;

/// Whether a [`Reason::number`] stands for a person.
pub const fn is_person(number: u32) -> bool {
    number & PERSON != 0
}

fn hash(kind: char, text: &str) -> u32 {
    let digest = blake3::hash(format!("{kind}{}", text.to_lowercase()).as_bytes());
    digest.as_bytes().first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// From this score on a title is as good as any; below, the less is said for it the worse it is.
const GOOD: f32 = 0.7;

fn standing(score: f32) -> f32 {
    let share = (score / GOOD).clamp(0.0, 1.0);
    share * share
}

/// What many titles are about, by their numbers.
#[derive(Debug, Default)]
pub struct Contents {
    features: Rows,
    reasons: Rows,
    scores: Vec<Option<f32>>,
}

impl Contents {
    pub fn new() -> Self {
        Self { features: Rows::new(), reasons: Rows::new(), scores: Vec::new() }
    }

    /// Adds the next title.
    pub fn push(&mut self, about: &About) {
        let genres = || about.genres.iter().map(|name| Reason::Genre(name).number());
        let people = || about.people.iter().map(|name| Reason::Person(name).number());
        self.scores.push(about.score);
        self.reasons.push(genres().chain(people()).take(REASONS).map(|number| (number, 1.0)));
        // A genre says more than a word.
        let mut counts: HashMap<u32, f32> = HashMap::new();
        let named = genres().map(|number| (number, 2.0)).chain(people().map(|number| (number, 1.5)));
        let words = about.synopsis.split(|character: char| !character.is_alphanumeric());
        let words = words.filter(|word| word.chars().count() > 3).map(|word| (hash('w', word), 1.0));
        for (number, weight) in named.chain(words.take(FEATURES * 4)) {
            *counts.entry(number % BUCKETS as u32).or_default() += weight;
        }
        let mut counts: Vec<(u32, f32)> = counts.into_iter().collect();
        counts.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        counts.truncate(FEATURES);
        self.features.push(counts);
    }

    pub fn len(&self) -> usize {
        self.features.len()
    }

    pub fn is_empty(&self) -> bool {
        self.features.entries() == 0
    }

    /// What is thought of a title elsewhere, from 0 to 1, where that is known.
    pub fn score(&self, title: usize) -> Option<f32> {
        self.scores.get(title).copied().flatten()
    }

    /// How far what a title is about speaks for it, from 0 to 1, where nobody here watched it.
    pub fn standing(&self, title: usize) -> f32 {
        self.score(title).map_or(1.0, standing)
    }

    /// The numbers of a title's genres and people.
    pub fn reasons(&self, title: usize) -> &[u32] {
        self.reasons.columns(title)
    }

    /// The features by TF-IDF, each title's of length 1, numbered anew without those that no title has; and how many there are.
    fn weighted(&self) -> (Rows, usize) {
        let mut titles = vec![0.0f32; BUCKETS];
        for title in 0..self.features.len() {
            for bucket in self.features.columns(title) {
                if let Some(count) = titles.get_mut(*bucket as usize) {
                    *count += 1.0;
                }
            }
        }
        let all = self.features.len() as f32;
        let mut used = 0u32;
        let number = |count: &f32| {
            used += u32::from(*count > 0.0);
            used.saturating_sub(1)
        };
        let numbers: Vec<u32> = titles.iter().map(number).collect();
        let mut weighted = self.features.clone();
        for title in 0..weighted.len() {
            let rarity = |bucket: &u32| titles.get(*bucket as usize).map_or(0.0, |count| (1.0 + all / count.max(1.0)).ln());
            let rarities: Vec<f32> = self.features.columns(title).iter().map(rarity).collect();
            let values = weighted.values_mut(title);
            values.iter_mut().zip(rarities).for_each(|(value, rarity)| *value = (1.0 + *value).ln() * rarity);
            let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
            values.iter_mut().for_each(|value| *value /= length.max(f32::MIN_POSITIVE));
        }
        weighted.renumber(|bucket| numbers.get(bucket as usize).copied().unwrap_or(0));
        (weighted, used as usize)
    }

    /// What follows from the features for each title's factors: where `factors`, `width` for each title, are known from audiences of
    /// `support` profiles. Conjugate gradients, one system for each factor, all at once.
    pub fn predict(&self, factors: &[f32], width: usize, support: &[f32], threads: usize) -> Vec<f32> {
        let mut predicted = vec![0.0; factors.len()];
        if self.is_empty() || width == 0 {
            return predicted;
        }
        let (features, count) = self.weighted();
        let holders = features.transposed(count);
        let weights: Vec<f32> = support.iter().map(|count| UNWATCHED + count.min(20.0)).collect();
        // Of feature vectors, what titles get; and back.
        let spread = |of: &[f32], to: &mut [f32]| {
            on_rows(
                to,
                width,
                threads,
                || (),
                |(), title, out| {
                    out.fill(0.0);
                    features.row(title).for_each(|(bucket, value)| add(out, row(of, width, bucket as usize), value));
                },
            );
        };
        let gather = |of: &[f32], to: &mut [f32]| {
            on_rows(
                to,
                width,
                threads,
                || (),
                |(), bucket, out| {
                    out.fill(0.0);
                    for (title, value) in holders.row(bucket) {
                        let weight = weights.get(title as usize).copied().unwrap_or(0.0);
                        add(out, row(of, width, title as usize), value * weight);
                    }
                },
            );
        };
        let mut solution = vec![0.0; count * width];
        let mut residual = vec![0.0; count * width];
        gather(factors, &mut residual);
        let (mut direction, mut image) = (residual.clone(), vec![0.0; count * width]);
        let mut error = by_column(&residual, &residual, width);
        for _ in 0..STEPS {
            spread(&direction, &mut predicted);
            gather(&predicted, &mut image);
            image.iter_mut().zip(&direction).for_each(|(image, direction)| *image += RIDGE * direction);
            let steps = ratios(&error, &by_column(&direction, &image, width));
            for (((solution, residual), direction), image) in solution
                .chunks_exact_mut(width)
                .zip(residual.chunks_exact_mut(width))
                .zip(direction.chunks_exact(width))
                .zip(image.chunks_exact(width))
            {
                for (at, step) in steps.iter().enumerate() {
                    if let (Some(solution), Some(residual), Some(direction), Some(image)) =
                        (solution.get_mut(at), residual.get_mut(at), direction.get(at), image.get(at))
                    {
                        *solution += step * direction;
                        *residual -= step * image;
                    }
                }
            }
            let next = by_column(&residual, &residual, width);
            let turns = ratios(&next, &error);
            for (direction, residual) in direction.chunks_exact_mut(width).zip(residual.chunks_exact(width)) {
                for ((direction, residual), turn) in direction.iter_mut().zip(residual).zip(&turns) {
                    *direction = residual + turn * *direction;
                }
            }
            error = next;
        }
        spread(&solution, &mut predicted);
        predicted
    }
}

fn add(to: &mut [f32], of: &[f32], times: f32) {
    to.iter_mut().zip(of).for_each(|(to, of)| *to += times * of);
}

/// The scalar product of each column with its twin.
fn by_column(one: &[f32], other: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f32; width];
    for (one, other) in one.chunks_exact(width).zip(other.chunks_exact(width)) {
        sums.iter_mut().zip(one).zip(other).for_each(|((sum, one), other)| *sum += one * other);
    }
    sums
}

fn ratios(of: &[f32], to: &[f32]) -> Vec<f32> {
    of.iter().zip(to).map(|(of, to)| if *to > f32::MIN_POSITIVE { of / to } else { 0.0 }).collect()
}
