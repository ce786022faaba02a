//! What a player says of how it plays, as far as it is believed and not counted yet.
//!
//! A browser says sums since its session began. What is counted is how far they are beyond what was counted, in the compare-and-set that
//! renews the session: what is said twice counts once. A viewer can say what they like: a stall is no longer than the time since the heartbeat
//! before, and a session has so many stalls and errors and no more. Players that say no sums say with their requests that they ran out of film
//! ([`super::cmcd`]): that counts within the same bounds, as far as something was watched, and never beside sums.

use contract::playback::{PlayError, PlayQuality};
use usage::event;

use super::record::QualityRecord;

/// The longest that somebody waits for a first picture, in milliseconds.
const LONGEST_WAIT: u32 = 10 * 60 * 1000;
/// Stalls of a session that count.
const MOST_STALLS: u32 = 500;
/// Errors of a session that count.
const MOST_ERRORS: u32 = 50;
/// Of one heartbeat.
const STALLS_AT_ONCE: u32 = 30;
const ERRORS_AT_ONCE: u32 = 5;
/// What is watched between two stalls that a player says with its requests, in milliseconds.
const BETWEEN: u64 = 1_000;

/// What is to be counted of a heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    pub first_picture_millis: Option<u32>,
    pub stalls: u32,
    pub stalled_millis: u32,
    pub errors: u32,
    pub error: Option<event::PlayError>,
    /// Whether no error of its session was counted before.
    pub is_first_error: bool,
}

impl Played {
    /// What of `said` is not in `counted`, where something was to play for `wanted` milliseconds since the heartbeat before; it is in there
    /// then.
    pub fn count(counted: &mut QualityRecord, said: PlayQuality, wanted: u64) -> Self {
        counted.is_measured = true;
        let first_picture_millis = said.first_picture_millis.filter(|_| !counted.has_first_picture);
        let most_stalls = if wanted > 0 { STALLS_AT_ONCE } else { 0 };
        let stalls = rest(&mut counted.stalls, said.stalls.min(MOST_STALLS)).min(most_stalls);
        let errors_before = counted.errors;
        let errors = rest(&mut counted.errors, said.errors.min(MOST_ERRORS)).min(ERRORS_AT_ONCE);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let stalled_millis = rest(&mut counted.stalled_millis, said.stalled_millis).min(wanted);
        counted.has_first_picture |= first_picture_millis.is_some();
        Self {
            first_picture_millis: first_picture_millis.map(|millis| millis.min(LONGEST_WAIT)),
            stalls,
            stalled_millis,
            errors,
            error: said.error.filter(|_| errors > 0).map(name),
            is_first_error: errors > 0 && errors_before == 0,
        }
    }

    /// What counts of so many requests that said that the player ran out of film, where so many milliseconds were watched since the heartbeat
    /// before. Nothing of a player that says sums.
    pub fn of_requests(counted: &mut QualityRecord, starved: u32, watched: u64) -> Option<Self> {
        let watched = u32::try_from(watched / BETWEEN).unwrap_or(u32::MAX);
        let left = MOST_STALLS.saturating_sub(counted.stalls);
        let stalls = starved.min(watched).min(STALLS_AT_ONCE).min(left);
        if counted.is_measured || stalls == 0 {
            return None;
        }
        counted.stalls = counted.stalls.saturating_add(stalls);
        Some(Self { stalls, ..Self::default() })
    }

    /// Whether there is anything to be counted.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// How far `said` is beyond what was counted, which it is then up to there: also what is cut off of it later.
fn rest(counted: &mut u32, said: u32) -> u32 {
    let rest = said.saturating_sub(*counted);
    *counted = said.max(*counted);
    rest
}

const fn name(error: PlayError) -> event::PlayError {
    match error {
        PlayError::Network => event::PlayError::Network,
        PlayError::Decode => event::PlayError::Decode,
        PlayError::Unsupported => event::PlayError::Unsupported,
        PlayError::Other => event::PlayError::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stalls: u32, stalled_millis: u32, errors: u32) -> PlayQuality {
        let error = (errors > 0).then_some(PlayError::Network);
        PlayQuality { first_picture_millis: Some(800), stalls, stalled_millis, errors, error }
    }

    #[test]
    fn what_is_said_again_or_arrives_late_counts_once() {
        let mut counted = QualityRecord::default();
        let first = Played::count(&mut counted, said(1, 300, 1), 15_000);
        assert_eq!((first.first_picture_millis, first.stalls, first.stalled_millis), (Some(800), 1, 300));
        assert_eq!((first.errors, first.error, first.is_first_error), (1, Some(event::PlayError::Network), true));
        assert!(Played::count(&mut counted, said(1, 300, 1), 15_000).is_empty());
        let next = Played::count(&mut counted, said(3, 1_000, 2), 15_000);
        assert_eq!((next.stalls, next.stalled_millis, next.errors, next.is_first_error), (2, 700, 1, false));
        assert!(Played::count(&mut counted, said(2, 500, 1), 15_000).is_empty(), "one that was overtaken");
        assert!(Played::count(&mut counted, said(3, 1_000, 2), 15_000).is_empty(), "it took nothing back");
    }

    #[test]
    fn what_nobody_can_have_seen_is_cut_and_does_not_count_later() {
        let mut counted = QualityRecord::default();
        let all = PlayQuality { first_picture_millis: Some(u32::MAX), ..said(u32::MAX, u32::MAX, u32::MAX) };
        let cut = Played::count(&mut counted, all, 15_000);
        assert_eq!((cut.first_picture_millis, cut.stalls, cut.stalled_millis), (Some(LONGEST_WAIT), STALLS_AT_ONCE, 15_000));
        assert_eq!(cut.errors, ERRORS_AT_ONCE);
        assert!(Played::count(&mut counted, all, u64::MAX).is_empty());
    }

    #[test]
    fn a_session_that_says_ever_more_is_counted_up_to_a_bound() {
        let (mut counted, mut sums) = (QualityRecord::default(), (0, 0));
        for heartbeat in 1..1_000 {
            let told = Played::count(&mut counted, said(heartbeat * 20, 0, heartbeat * 3), 1);
            sums = (sums.0 + told.stalls, sums.1 + told.errors);
        }
        assert_eq!(sums, (MOST_STALLS, MOST_ERRORS));
    }
}
