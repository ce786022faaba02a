//! Usage that is made: a streaming site's days, with seasons, weekends, premieres that fade and a long tail.
//!
//! Popularity follows Zipf's law with exponent 1 over titles in random order. A third of the titles premiere within the span, on Fridays, watched
//! up to twelve times as much on the first days, which fades by a power of age; now and then an old title comes back for some weeks. Views of a
//! day are drawn by Poisson; a view reads a part of one rendition of those that are stored. Sizes are log-normal, within 1 to 60 GB.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use rand_distr::{Distribution, LogNormal, Poisson};

use crate::{
    calendar::Day,
    usage::{DayUsage, History, Lifetime},
};

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub titles: usize,
    /// The first day, and days from it on.
    pub first: Day,
    pub days: usize,
    /// Views of an average day, of all titles that are there at first.
    pub views: f64,
    pub seed: u64,
}

/// The share of titles that premiere within the span.
const PREMIERES: f64 = 0.33;
/// Bytes: the middle of sizes, how far they are spread, and the least and the most.
const SIZES: (f64, f64, f64, f64) = (9e9, 0.8, 1e9, 60e9);
/// The share of a title's stored bytes that a view reads, at least and at most: one rendition of several, and hardly ever all of it.
const READ: std::ops::Range<f64> = 0.04..0.22;
/// Bytes that a request reads.
const REQUEST: f64 = 4e6;
/// The chance of an old title to come back, each day, and for how many days it does.
const REVIVAL: (f64, usize) = (0.0004, 30);
/// Monday to Sunday.
const WEEK: [f64; 7] = [0.84, 0.82, 0.85, 0.90, 1.12, 1.30, 1.17];

/// Makes it; the same for the same size. At least one title and one day.
pub fn generate(size: Size) -> History {
    let mut random = StdRng::seed_from_u64(size.seed);
    let (titles, days) = (size.titles.max(1), size.days.max(1));
    let mut popularity: Vec<f64> = (1..=titles).map(|rank| 1.0 / rank as f64).collect();
    let sum: f64 = popularity.iter().sum();
    popularity.shuffle(&mut random);
    let day = |at: usize| size.first.plus(i32::try_from(at).unwrap_or(i32::MAX));
    let weather: Vec<f64> = (0..days).map(|at| season(day(at)) * random.random_range(0.93..1.07)).collect();
    let lengths = LogNormal::new(SIZES.0.ln(), SIZES.1).ok();
    let mut lifetimes = Vec::with_capacity(titles);
    for (number, popularity) in popularity.into_iter().enumerate() {
        // The first title is there from the beginning, so that every day has one.
        let premieres = number > 0 && random.random_bool(PREMIERES);
        let first = if premieres { friday(random.random_range(0..days), day, days) } else { 0 };
        let drawn = lengths.map_or(SIZES.0, |lengths| lengths.sample(&mut random));
        let bytes = drawn.clamp(SIZES.2, SIZES.3);
        let boost = random.random_range(3.0..12.0);
        let fading = random.random_range(0.7..1.3);
        let mut revival = 0_usize;
        let mean = size.views * popularity / sum;
        let of_days = (first..days).zip(weather.iter().skip(first)).map(|(at, weather)| {
            let age = (at - first) as f64;
            let fresh = if premieres { 1.0 + boost * (1.0 + age / 6.0).powf(-fading) } else { 1.0 };
            if random.random_bool(REVIVAL.0) {
                revival = REVIVAL.1;
            }
            revival = revival.saturating_sub(1);
            let again = 1.0 + 4.0 * revival as f64 / REVIVAL.1 as f64;
            let views = Poisson::new(mean * weather * fresh * again).map_or(0.0, |views| views.sample(&mut random));
            let bytes_out = (views * bytes * random.random_range(READ)).round();
            DayUsage { stored_bytes: bytes as u64, bytes_out: bytes_out as u64, requests: (bytes_out / REQUEST).ceil() as u64 }
        });
        let days = of_days.collect();
        lifetimes.push(Lifetime { title: format!("title-{number:05}"), first, days });
    }
    History { first: size.first, days, lifetimes }
}

/// More in winter than in summer, and at weekends.
fn season(day: Day) -> f64 {
    let year = f64::from(day.of_year()) / 365.25 * std::f64::consts::TAU;
    let week = usize::try_from(day.weekday()).ok().and_then(|day| WEEK.get(day.saturating_sub(1))).copied().unwrap_or(1.0);
    (1.0 + 0.15 * year.cos()) * week
}

/// The first Friday from a day on, where there is one.
fn friday(from: usize, day: impl Fn(usize) -> Day, days: usize) -> usize {
    (from..days).find(|at| day(*at).weekday() == 5).unwrap_or(from)
}
