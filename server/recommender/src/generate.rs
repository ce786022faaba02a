//! Histories that are made, with tastes that the model does not know and an oracle does.
//!
//! Titles are watched by Zipf's law with exponent 1. A third of the events follow popularity alone; the others a taste of the profile: each
//! title is to two of the tastes, each profile has two of them. What a title is about tells its taste now and then.
//! The oracle knows both; whoever knows the tastes of titles alone, and has to tell those of profiles from their events by Bayes' rule,
//! comes three quarters of the way to it from popularity (measured once, at full size).

use std::collections::HashSet;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    content::{About, Contents},
    dataset::{Builder, Dataset},
    train::Catalogue,
};

/// How many of each.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub profiles: usize,
    pub titles: usize,
    pub events: usize,
    pub tastes: usize,
    pub seed: u64,
}

impl Size {
    /// What the bounds are for.
    pub const FULL: Self = Self { profiles: 50_000, titles: 100_000, events: 1_000_000, tastes: 32, seed: 14 };
}

/// The share of events that follow popularity alone.
const BY_POPULARITY: f64 = 1.0 / 3.0;
/// What a profile's tastes count.
const TASTES: [f64; 2] = [0.8, 0.2];
/// What a title is to its first and second taste; to every other it is nothing.
const AFFINITIES: (f64, f64) = (1.0, 0.2);

/// Histories, and what is known of their making.
pub struct Generated {
    pub data: Dataset,
    pub catalogue: Catalogue,
    /// For each profile its tastes, the first one first.
    tastes: Vec<[usize; 2]>,
    popularity: Vec<f64>,
    /// For each taste the chance of each title.
    chances: Vec<Vec<f64>>,
}

/// Makes them; the same for the same size.
pub fn generate(size: Size) -> Generated {
    let mut random = StdRng::seed_from_u64(size.seed);
    let mut popularity: Vec<f64> = (1..=size.titles).map(|rank| 1.0 / rank as f64).collect();
    popularity.shuffle(&mut random);
    let sum: f64 = popularity.iter().sum();
    popularity.iter_mut().for_each(|chance| *chance /= sum);
    let kinds: Vec<(usize, usize)> =
        (0..size.titles).map(|_| (random.random_range(0..size.tastes), random.random_range(0..size.tastes))).collect();
    let chances: Vec<Vec<f64>> = (0..size.tastes).map(|taste| of_taste(taste, &popularity, &kinds)).collect();
    let by_popularity = running(&popularity);
    let by_taste: Vec<Vec<f64>> = chances.iter().map(|chances| running(chances)).collect();
    let (mut builder, mut contents) = (Builder::default(), Contents::new());
    for (title, (first, second)) in kinds.iter().enumerate() {
        let _ = builder.title(&format!("t{title}"));
        // Of three titles one says what it is to, one half, one nothing.
        let told = match title % 3 {
            0 => vec![format!("genre{first}"), format!("genre{second}")],
            1 => vec![format!("genre{}", first / 4)],
            _ => vec![format!("genre{}", random.random_range(0..size.tastes))],
        };
        contents.push(&About { genres: &told, ..About::default() });
    }
    let mut tastes = Vec::with_capacity(size.profiles);
    let each = size.events / size.profiles.max(1);
    for profile in 0..size.profiles {
        let own: [usize; 2] = std::array::from_fn(|_| random.random_range(0..size.tastes));
        let mut seen = HashSet::new();
        // Some watch three times as much as others.
        let count = random.random_range(each / 2..=each + each / 2);
        let mut at = 0;
        while seen.len() < count && at < count * 20 {
            at += 1;
            let by_chance: f64 = random.random();
            let titles =
                if random.random::<f64>() < BY_POPULARITY { Some(&by_popularity) } else { by_taste.get(pick(own, by_chance)) };
            let Some(title) = titles.map(|titles| draw(titles, random.random())) else { continue };
            if seen.insert(title) {
                let _ = builder.event(&format!("p{profile}"), &format!("t{title}"), at as u64, 1.0);
            }
        }
        tastes.push(own);
    }
    let catalogue = Catalogue { contents, ..Catalogue::default() };
    Generated { data: builder.finish(), catalogue, tastes, popularity, chances }
}

fn of_taste(taste: usize, popularity: &[f64], kinds: &[(usize, usize)]) -> Vec<f64> {
    let affinity = |(first, second): &(usize, usize)| match (*first == taste, *second == taste) {
        (true, _) => AFFINITIES.0,
        (false, true) => AFFINITIES.1,
        (false, false) => 0.0,
    };
    let mut chances: Vec<f64> = popularity.iter().zip(kinds).map(|(chance, kinds)| chance * affinity(kinds)).collect();
    let sum: f64 = chances.iter().sum();
    chances.iter_mut().for_each(|chance| *chance /= sum.max(f64::MIN_POSITIVE));
    chances
}

fn running(chances: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |chance: &f64| {
        sum += chance;
        sum
    };
    chances.iter().map(add).collect()
}

fn draw(running: &[f64], by_chance: f64) -> usize {
    running.partition_point(|sum| *sum < by_chance).min(running.len().saturating_sub(1))
}

fn pick([first, second]: [usize; 2], by_chance: f64) -> usize {
    if by_chance < TASTES[0] { first } else { second }
}

impl Generated {
    /// The ten titles that a profile most probably watches next, as whoever made the histories knows.
    pub fn oracle(&self, profile: usize, seen: &HashSet<u32>) -> Vec<u32> {
        let Some(own) = self.tastes.get(profile) else { return Vec::new() };
        let chances = own.map(|taste| self.chances.get(taste));
        let chance = |title: usize| {
            let by_taste = chances
                .iter()
                .zip(TASTES)
                .map(|(chances, share)| share * chances.and_then(|chances| chances.get(title)).copied().unwrap_or(0.0));
            BY_POPULARITY * self.popularity.get(title).copied().unwrap_or(0.0) + (1.0 - BY_POPULARITY) * by_taste.sum::<f64>()
        };
        let mut best: Vec<(f64, u32)> = Vec::new();
        for title in (0u32..).take(self.popularity.len()) {
            let chance = chance(title as usize);
            if best.last().is_some_and(|least| best.len() >= 10 && least.0 >= chance) || seen.contains(&title) {
                continue;
            }
            let at = best.partition_point(|other| other.0 >= chance);
            best.insert(at, (chance, title));
            best.truncate(10);
        }
        best.into_iter().map(|(_, title)| title).collect()
    }
}
