//! Which refresh tokens of a sign-in are good: pure, of its record and the time.
//!
//! A refresh token of generation n is traded for n+1. Handing that out is no proof that it arrived: n stays good, and is
//! answered with the same n+1 again, until n+1 is *confirmed* by the first request that bears its access token, or by its
//! refresh token itself. From then on n is retired: a request that was under way with it is answered once more, without new
//! tokens, and whoever comes with it later has a copy, which ends the sign-in (RFC 9700, section 4.14.2).
//!
//! Must never hand out a token to whoever presents a retired one: a thief who takes turns with the owner would never be found.

use super::record::SignInRecord;

/// How long after its successor was confirmed a token is answered that was under way. Clocks of two nodes may differ by as much.
const UNDER_WAY_MILLIS: u64 = 30_000;
/// How exactly it is noted when a token that was handed out before was asked for again: a browser whose answers are lost is
/// a device that is used.
const SEEN_MILLIS: u64 = 60 * 60 * 1000;

/// What becomes of a refresh token that is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// This generation is handed out.
    HandOut(u64),
    /// It is retired, and was under way when that happened: the request is answered, with no tokens.
    UnderWay,
    /// It is retired: somebody has a copy.
    Copied,
}

impl SignInRecord {
    /// The last generation that was seen in use. Older builds did not note it: the one before the last that they handed out.
    pub fn confirmed(&self) -> u64 {
        self.confirmed.unwrap_or(self.generation.saturating_sub(1))
    }

    /// Whether a request with tokens of this sign-in was ever seen.
    pub fn is_used(&self) -> bool {
        self.confirmed != Some(0)
    }

    /// Whether a refresh token of `generation`, which was made here, is good at `now`; and the record to be written before
    /// anything is handed out, where it changes.
    pub fn present(&self, generation: u64, now: u64) -> (Presented, Option<Self>) {
        // One beyond the record's is of a store that lost its last writes: nobody else can make one.
        if generation >= self.generation {
            let seen = self.confirm(generation, now).unwrap_or_else(|| Self { seen: now, ..self.clone() });
            let next = Self { generation: generation + 1, rotated: now, ..seen };
            return (Presented::HandOut(next.generation), Some(next));
        }
        if generation + 1 == self.generation && self.confirmed() <= generation {
            let is_old = now.saturating_sub(self.seen) >= SEEN_MILLIS;
            let next = is_old.then(|| Self { seen: now, ..self.clone() });
            return (Presented::HandOut(self.generation), next);
        }
        let is_last = generation + 1 == self.confirmed();
        // By the absolute difference: the clock of the node that noted it may be ahead.
        let was_under_way = is_last && now.abs_diff(self.confirmed_at) <= UNDER_WAY_MILLIS;
        (if was_under_way { Presented::UnderWay } else { Presented::Copied }, None)
    }

    /// The record where tokens of `generation` are seen in use for the first time; nothing where that is known.
    pub fn confirm(&self, generation: u64, now: u64) -> Option<Self> {
        let is_new = generation > self.confirmed();
        is_new.then(|| Self {
            generation: self.generation.max(generation),
            confirmed: Some(generation),
            confirmed_at: now,
            seen: now,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_000_000_000_000;
    const HOUR: u64 = 3_600_000;

    fn record(generation: u64, confirmed: Option<u64>) -> SignInRecord {
        SignInRecord {
            device: "Firefox on Linux".into(),
            created: START,
            seen: START,
            profile: "p".parse().unwrap(),
            generation,
            rotated: START,
            confirmed,
            confirmed_at: START,
            through: None,
        }
    }

    /// Presents a token as a browser does; the generation that it is given, and the record after it.
    fn trade(record: &mut SignInRecord, generation: u64, now: u64) -> Option<u64> {
        let (presented, next) = record.present(generation, now);
        *record = next.unwrap_or_else(|| record.clone());
        match presented {
            Presented::HandOut(generation) => Some(generation),
            Presented::UnderWay | Presented::Copied => None,
        }
    }

    #[test]
    fn a_token_whose_successor_never_arrived_gets_the_same_one_however_late_and_often() {
        let mut record = record(1, Some(0));
        for later in [0, 1, 31_000, HOUR, 1000 * HOUR] {
            assert_eq!(trade(&mut record, 1, START + later), Some(2));
        }
        assert_eq!(record.seen, START + 1000 * HOUR, "a device that comes again is not forgotten");
    }

    #[test]
    fn a_token_is_retired_by_its_successors_access_token_and_by_its_successor_itself() {
        let mut by_access = record(1, Some(0));
        trade(&mut by_access, 1, START).unwrap();
        by_access = by_access.confirm(2, START + 500).unwrap();
        let mut by_refresh = record(1, Some(0));
        trade(&mut by_refresh, 1, START).unwrap();
        assert_eq!(trade(&mut by_refresh, 2, START + 500), Some(3));
        for record in [by_access, by_refresh] {
            assert_eq!(record.present(1, START + 30_500).0, Presented::UnderWay);
            assert_eq!(record.present(1, START + 30_501).0, Presented::Copied);
        }
    }

    #[test]
    fn a_clock_that_is_off_by_less_than_half_a_minute_makes_no_copy_of_a_request_under_way() {
        let record = record(2, Some(2));
        for (now, expected) in [
            (START - 30_000, Presented::UnderWay),
            (START + 30_000, Presented::UnderWay),
            (START - 30_001, Presented::Copied),
            (0, Presented::Copied),
        ] {
            assert_eq!(record.present(1, now).0, expected, "{now}");
        }
    }

    #[test]
    fn a_store_that_lost_its_last_writes_signs_nobody_out() {
        let mut record = record(3, Some(3));
        assert_eq!(trade(&mut record, 5, START), Some(6));
        assert_eq!(record.confirmed(), 5);
        // An access token of a generation that the record does not know.
        assert_eq!(record.confirm(9, START).map(|record| record.generation), Some(9));
    }

    #[test]
    fn half_of_a_rotation_by_an_older_build_goes_on_with_either_token() {
        // It handed out 7, and nobody knows whether that arrived.
        for (presented, given) in [(7, 8), (6, 7)] {
            assert_eq!(trade(&mut record(7, None), presented, START + 40 * HOUR), Some(given));
        }
        assert_eq!(record(7, None).present(5, START + HOUR).0, Presented::Copied);
        assert!(record(7, None).is_used());
        // The first of all.
        assert_eq!(trade(&mut record(1, None), 1, START), Some(2));
    }

    proptest! {
        /// Both refresh in any order, and click afterwards, because that is what it is for.
        #[test]
        fn a_thief_and_an_owner_who_take_turns_are_found_whoever_is_first(turns in prop::collection::vec(any::<bool>(), 1..40)) {
            let mut record = record(4, Some(4));
            // What each of them holds.
            let mut holders = [4_u64; 2];
            let mut now = START + HOUR;
            let (mut is_found, mut last, mut changes) = (false, None, 0);
            for turn in turns {
                let holder = &mut holders[usize::from(turn)];
                changes += u8::from(last.is_some_and(|last| last != turn));
                last = Some(turn);
                let (presented, next) = record.present(*holder, now);
                record = next.unwrap_or(record);
                match presented {
                    Presented::HandOut(generation) => {
                        *holder = generation;
                        record = record.confirm(generation, now + 1000).unwrap_or(record);
                    }
                    Presented::UnderWay => return Err(TestCaseError::fail("they are an hour apart")),
                    Presented::Copied => {
                        is_found = true;
                        break;
                    }
                }
                now += HOUR;
            }
            prop_assert_eq!(is_found, changes > 0, "the first who comes after the other has a token that is retired");
        }

        /// A browser that is alone is never taken for a thief, whatever is lost on the way.
        #[test]
        fn a_browser_that_is_alone_stays_signed_in_whichever_answers_and_confirmations_are_lost(
            steps in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u64..20 * HOUR), 1..60)
        ) {
            let mut record = record(1, Some(0));
            let mut holds = 1;
            let mut now = START;
            for (arrives, is_confirmed, pause) in steps {
                now += pause;
                let Some(given) = trade(&mut record, holds, now) else {
                    return Err(TestCaseError::fail(format!("signed out with {holds}: {record:?}")));
                };
                if arrives {
                    holds = given;
                    if is_confirmed {
                        record = record.confirm(given, now).unwrap_or(record);
                    }
                }
            }
        }
    }
}
