//! Cuts at many points, and asks whether what is left is whole.

use std::path::Path;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::{disk::Unsynced, recording::Recording};

/// Cuts at each point after which any part of what was not synced is there.
const MIXED: usize = 2;

/// How many cuts are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Points, chosen at random among all; each is cut in every way.
    pub points: usize,
    /// At each: what was not synced is lost, is kept, and so often is mixed.
    pub mixed: usize,
}

impl Sample {
    /// As many as a test may take, or, where `MARQUEE_POWER_CUTS` says so, that many points.
    pub fn of(points: usize) -> Self {
        let asked = std::env::var("MARQUEE_POWER_CUTS").ok().and_then(|count| count.parse().ok());
        Self { points: asked.unwrap_or(points), mixed: MIXED }
    }
}

/// A cut after which something was missing or half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The cut is before the operation of this number.
    pub at: usize,
    pub how: String,
    pub what: String,
}

/// Lays out cuts and has each opened by `is_whole`, which is given the folder and what was acknowledged, and says what is wrong. The
/// points are the same each time that the recording is.
pub fn check(recording: &Recording, sample: Sample, is_whole: impl FnMut(&Path, &[&str]) -> Result<(), String>) -> Vec<Found> {
    cut(recording, sample, is_whole, usize::MAX)
}

/// Whether a cut at one of so many points is found to leave something missing or half: the proof that [`check`] can fail.
pub fn finds(recording: &Recording, points: usize, is_whole: impl FnMut(&Path, &[&str]) -> Result<(), String>) -> bool {
    !cut(recording, Sample { points, mixed: MIXED }, is_whole, 1).is_empty()
}

/// Until so many cuts were found.
fn cut(
    recording: &Recording,
    sample: Sample,
    mut is_whole: impl FnMut(&Path, &[&str]) -> Result<(), String>,
    enough: usize,
) -> Vec<Found> {
    let mut random = StdRng::seed_from_u64(recording.operations.len() as u64);
    let all = recording.points();
    let mut points: Vec<usize> = all.choose_multiple(&mut random, sample.points).copied().collect();
    points.sort_unstable();
    let mut found = Vec::new();
    for at in points {
        let ways = [Unsynced::Lost, Unsynced::Arrived].into_iter().chain(std::iter::repeat_n(Unsynced::Mixed, sample.mixed));
        for unsynced in ways {
            let seed = random.random();
            let folder = tempfile::tempdir().unwrap();
            recording.cut(at, unsynced, &mut StdRng::seed_from_u64(seed), folder.path());
            if let Err(what) = is_whole(folder.path(), &recording.acknowledged(at)) {
                found.push(Found { at, how: format!("{unsynced:?}, seed {seed}"), what });
            }
            if found.len() >= enough {
                return found;
            }
        }
    }
    found
}

/// As [`check`], by what works in the background of a runtime.
pub fn check_async(
    recording: &Recording,
    sample: Sample,
    is_whole: impl AsyncFn(&Path, &[&str]) -> Result<(), String>,
) -> Vec<Found> {
    let runtime = runtime();
    check(recording, sample, |folder, acknowledged| runtime.block_on(is_whole(folder, acknowledged)))
}

/// As [`finds`], by what works in the background of a runtime.
pub fn finds_async(recording: &Recording, points: usize, is_whole: impl AsyncFn(&Path, &[&str]) -> Result<(), String>) -> bool {
    let runtime = runtime();
    finds(recording, points, |folder, acknowledged| runtime.block_on(is_whole(folder, acknowledged)))
}

/// Two threads, so that what is done at once overlaps.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
