//! Implicit-feedback matrix factorisation by alternating least squares.
//!
//! The objective is that of Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008), in the form and
//! with the regularisation by frequency of Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item
//! Recommendation Benchmarks" (2021): what was watched is to be 1, and everything is to be 0 by `unobserved`.

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    dataset::Rows,
    linear::{Solver, gram, row},
    parallel::on_rows,
};

/// How the factors are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Numbers of a vector.
    pub factors: usize,
    /// Rounds over profiles and titles.
    pub rounds: usize,
    /// Weight of what was not watched.
    pub unobserved: f32,
    pub regularisation: f32,
    /// How much more of it what is watched by many has: its exponent.
    pub frequency: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { factors: 32, rounds: 14, unobserved: 0.1, regularisation: 0.003, frequency: 1.0 }
    }
}

/// Factors of profiles and titles, which are found in turn.
pub struct Factors {
    pub settings: Settings,
    profiles: Vec<f32>,
    pub titles: Vec<f32>,
}

impl Factors {
    /// Small ones by chance, the same for the same seed.
    pub fn start(settings: Settings, (profiles, titles): (usize, usize), seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let scale = 0.2 / (settings.factors.max(1) as f32).sqrt();
        let titles = (0..titles * settings.factors).map(|_| random.random_range(-scale..scale)).collect();
        Self { settings, profiles: vec![0.0; profiles * settings.factors], titles }
    }

    /// One round: profiles by titles, then titles by profiles.
    pub fn round(&mut self, histories: &Rows, audiences: &Rows, threads: usize) {
        let Self { settings, profiles, titles } = self;
        half(settings, histories, titles, profiles, threads);
        half(settings, audiences, profiles, titles, threads);
    }
}

/// The ridge of a row with `count` entries where the others are `others`.
pub fn ridge(settings: &Settings, count: usize, others: usize) -> f32 {
    let frequency = count as f32 + settings.unobserved * others as f32;
    settings.regularisation * frequency.powf(settings.frequency)
}

/// What every row's matrix begins with: how much is said by what was not watched.
pub fn base(settings: &Settings, others: &[f32]) -> Vec<f32> {
    gram(others, settings.factors).into_iter().map(|entry| entry * settings.unobserved).collect()
}

fn half(settings: &Settings, entries: &Rows, others: &[f32], rows: &mut [f32], threads: usize) {
    let width = settings.factors;
    let base = base(settings, others);
    let count = others.len() / width.max(1);
    on_rows(
        rows,
        width,
        threads,
        || Solver::new(width),
        |solver, at, out| {
            let entries_of = entries.row(at).map(|(column, weight)| (row(others, width, column as usize), weight));
            let length = entries.columns(at).len();
            if length == 0 {
                out.fill(0.0);
            } else {
                solver.solve(&base, ridge(settings, length, count), entries_of, out);
            }
        },
    );
}
