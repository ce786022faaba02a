//! A film that was interrupted, by what its video element said of itself many times a second: when it played on, by how much its
//! position moved other than by playing, and whether full screen was left.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub name: String,
    /// From when on the position is looked at; all times in milliseconds since 1970.
    since: f64,
    begun: f64,
    ended: f64,
    /// Whether the browser stood still between these.
    stood_still: bool,
    samples: Vec<Sample>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    at: f64,
    /// In seconds.
    position: f64,
    /// Pictures so far.
    pictures: f64,
    is_full: bool,
}

/// What became of the film.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    /// Seconds from the cause's end until it played on; as long as it was watched where it never did.
    pub resumed_after: f64,
    /// Seconds by which the position moved other than by playing, forward and back added up.
    pub off: f64,
    /// Looks at which it was not in full screen.
    pub left_full_screen: usize,
}

/// It plays on where this many seconds later most of them were played.
const STEADY: f64 = 1.0;
const MOST_OF_IT: f64 = 0.7;
/// Between two looks the position may run this much ahead of the clock, in seconds: both are read a moment apart.
const JITTER: f64 = 0.1;

impl Recorded {
    /// # Errors
    /// Where it was not looked at for long enough.
    pub fn outcome(&self) -> Result<Outcome> {
        ensure!(self.since <= self.ended && self.begun <= self.ended, "{}: it ended before it began", self.name);
        let samples: Vec<Sample> = self.samples.iter().copied().filter(|sample| sample.at >= self.since).collect();
        let last = samples.last().with_context(|| format!("{}: nothing was seen", self.name))?;
        let watched = (last.at - self.ended) / 1000.0;
        ensure!(watched > STEADY, "{}: nothing was seen after its end", self.name);
        let after = samples.iter().filter(|sample| sample.at >= self.ended);
        let resumed = after.clone().find(|sample| is_playing_from(sample, after.clone()));
        Ok(Outcome {
            resumed_after: resumed.map_or(watched, |sample| (sample.at - self.ended) / 1000.0),
            off: samples.iter().zip(samples.iter().skip(1)).map(|(one, next)| self.moved(one, next)).sum(),
            left_full_screen: samples.iter().filter(|sample| !sample.is_full).count(),
        })
    }

    /// Seconds by which the position went back, or further ahead than what can have been played.
    fn moved(&self, one: &Sample, next: &Sample) -> f64 {
        let still = if self.stood_still { next.at.min(self.ended) - one.at.max(self.begun) } else { 0.0 };
        let playable = (next.at - one.at - still.max(0.0)) / 1000.0 + JITTER;
        let by = next.position - one.position;
        if by < 0.0 { -by } else { (by - playable).max(0.0) }
    }
}

/// Whether pictures come from this moment on, and time passes for a while.
fn is_playing_from<'a>(from: &Sample, mut later: impl Iterator<Item = &'a Sample>) -> bool {
    let then = later.find(|sample| sample.at >= from.at + STEADY * 1000.0);
    then.is_some_and(|then| then.position - from.position > MOST_OF_IT * STEADY && then.pictures > from.pictures)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks twenty times a second for 200 s at a film that begins at 10 s, and is where `position` says; the cause lasts from
    /// 20 s to 120 s.
    fn recorded(stood_still: bool, position: impl Fn(f64) -> f64) -> Recorded {
        let looks = (0..4_000).map(|look| f64::from(look) * 50.0).filter(|at| !stood_still || *at < 20_000.0 || *at >= 120_000.0);
        let sample =
            |at: f64| Sample { at, position: position(at / 1000.0), pictures: position(at / 1000.0) * 24.0, is_full: true };
        let samples = looks.map(sample).collect();
        Recorded { name: "a test".into(), since: 0.0, begun: 20_000.0, ended: 120_000.0, stood_still, samples }
    }

    /// Stands from 20 s to 120 s and `late` seconds longer, and plays on `off` from there.
    fn paused(late: f64, off: f64) -> impl Fn(f64) -> f64 {
        move |at| match at {
            at if at < 20.0 => 10.0 + at,
            at if at < 120.0 + late => 30.0,
            at => 30.0 + off + (at - 120.0 - late),
        }
    }

    #[track_caller]
    fn assert_outcome(recorded: &Recorded, resumed_after: f64, off: f64) {
        let outcome = recorded.outcome().unwrap();
        let is_near = |one: f64, other: f64| (one - other).abs() < 0.35;
        assert!(is_near(outcome.resumed_after, resumed_after) && is_near(outcome.off, off), "{outcome:?}");
    }

    #[test]
    fn a_film_that_plays_on_at_once_where_it_was_is_late_and_off_by_nothing() {
        assert_outcome(&recorded(false, paused(0.0, 0.0)), 0.0, 0.0);
        assert_outcome(&recorded(true, paused(0.0, 0.0)), 0.0, 0.0);
        assert_outcome(&recorded(false, |at| 10.0 + at), 0.0, 0.0);
    }

    #[test]
    fn one_that_plays_on_late_or_elsewhere_says_by_how_much() {
        assert_outcome(&recorded(false, paused(5.0, 0.0)), 5.0, 0.0);
        assert_outcome(&recorded(false, paused(0.0, 3.0)), 0.0, 3.0);
        assert_outcome(&recorded(false, paused(1.0, -8.0)), 1.0, 8.0);
    }

    #[test]
    fn one_that_ran_ahead_while_the_browser_stood_still_is_off_by_that() {
        assert_outcome(&recorded(true, |at| 10.0 + at), 0.0, 100.0);
    }

    #[test]
    fn one_that_twitches_and_stands_again_has_not_played_on() {
        let twitching = |at: f64| if at < 121.0 { 30.0 } else { 30.2 };
        assert_outcome(&recorded(false, twitching), 80.0, 0.05);
    }

    #[test]
    fn one_whose_time_passes_without_pictures_has_not_played_on() {
        let mut recorded = recorded(false, paused(0.0, 0.0));
        for sample in &mut recorded.samples {
            sample.pictures = 1.0;
        }
        assert_outcome(&recorded, 80.0, 0.0);
    }

    #[test]
    fn full_screen_that_is_left_is_seen() {
        let mut recorded = recorded(false, paused(0.0, 0.0));
        recorded.samples[3_000].is_full = false;
        assert_eq!(recorded.outcome().unwrap().left_full_screen, 1);
    }

    #[test]
    fn what_was_not_watched_is_no_measurement() {
        let mut recorded = recorded(false, paused(0.0, 0.0));
        recorded.samples.truncate(2_410);
        assert!(recorded.outcome().is_err());
    }
}
