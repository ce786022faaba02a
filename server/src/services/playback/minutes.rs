//! Minutes of viewing a day: one window for each account, kept only where its authorization limits them.
//!
//! What counts is the time that passed between two heartbeats by the server's clock: a player that repeats itself counts
//! nothing twice, one that leaves heartbeats out is charged for as long as it was served without them, and what plays at
//! once counts each for itself. While a player says that it is paused, what counts is how far it moved. A day is one of
//! UTC, as viewing hours are. Must never count more than the time that passed, and never forget what was counted before
//! the day is over.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::SessionId;
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

use super::sessions;

const DAY: u64 = 24 * 60 * 60 * 1000;
/// For how long a session is served without a heartbeat, in milliseconds.
const LEASE_MILLIS: u64 = sessions::LEASE.as_secs() * 1000;
/// The window outlives its day, and what was open at its end.
const KEPT_FOR: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Sessions that one window follows; the one that was silent for longest is charged as vanished beyond that.
const OPEN_AT_MOST: usize = 100;
/// Tries of a compare-and-set; each fails only where another write succeeded.
const TRIES: u8 = 16;

/// What a heartbeat says.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    pub is_playing: bool,
    /// Milliseconds of film since the heartbeat before, forwards or back.
    pub moved: u64,
}

/// What an account played today. All times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct UsageWindow {
    /// Days since 1970.
    day: u64,
    /// Milliseconds.
    played: u64,
    open: Vec<Open>,
}

/// A session under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    session: SessionId,
    /// Up to when it was counted.
    counted: u64,
    is_playing: bool,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Minutes {
    store: Arc<dyn KeyValue>,
}

impl Minutes {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store }
    }

    /// Begins to count for a session; `false` where the minutes are used up, and then nothing is counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(&self, owner: &str, session: &SessionId, limit: u16, now: u64) -> Result<bool, StoreError> {
        self.change(owner, now, |window| {
            let is_left = window.is_left(limit);
            if is_left {
                window.open(session, true, now);
            }
            is_left
        })
        .await
    }

    /// Counts up to now; whether there are minutes left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn heartbeat(
        &self,
        owner: &str,
        session: &SessionId,
        heartbeat: Heartbeat,
        limit: u16,
        now: u64,
    ) -> Result<bool, StoreError> {
        self.change(owner, now, |window| {
            window.heartbeat(session, heartbeat, now);
            window.is_left(limit)
        })
        .await
    }

    /// Counts up to now, for the last time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close(&self, owner: &str, session: &SessionId, now: u64) -> Result<(), StoreError> {
        self.change(owner, now, |window| window.close(session, now)).await
    }

    /// Forgets what an account, or a guest, played today.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, owner: &str) -> Result<(), StoreError> {
        self.store.delete(&name(owner), Expect::Anything).await.map(drop)
    }

    /// What is kept of an owner's day: when that began, in milliseconds since 1970, and how many were played of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn kept(&self, owner: &str) -> Result<Option<(u64, u64)>, StoreError> {
        let key = name(owner);
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        let window: UsageWindow = serde_json::from_slice(&entry.value).map_err(|error| StoreError::corrupt(&key, error))?;
        Ok(Some((window.day.saturating_mul(DAY), window.played)))
    }

    async fn change<T>(&self, owner: &str, now: u64, change: impl Fn(&mut UsageWindow) -> T) -> Result<T, StoreError> {
        let key = name(owner);
        let corrupt = |error| StoreError::corrupt(&key, error);
        for _ in 0..TRIES {
            let stored = self.store.get(&key).await?;
            let expect = stored.as_ref().map_or(Expect::Absent, |entry| Expect::Version(entry.version));
            let before: Option<UsageWindow> =
                stored.map(|entry| serde_json::from_slice(&entry.value)).transpose().map_err(corrupt)?;
            let mut window = before.clone().unwrap_or_default();
            window.turn_to(now);
            let told = change(&mut window);
            if before.as_ref() == Some(&window) {
                return Ok(told);
            }
            let value = serde_json::to_vec(&window).map_err(corrupt)?;
            match self.store.put(&key, Bytes::from(value), expect, Some(KEPT_FOR)).await {
                Ok(_) => return Ok(told),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable { reason: "one account's minutes are counted by too many at once".to_owned() })
    }
}

fn name(owner: &str) -> String {
    format!("playback/minutes/{owner}")
}

/// Seconds from `now` until the next day begins.
pub fn until_tomorrow(now: u64) -> u32 {
    u32::try_from((DAY - now % DAY).div_ceil(1000)).unwrap_or(u32::MAX)
}

impl UsageWindow {
    /// Begins a new day where it is one, and charges whoever vanished.
    fn turn_to(&mut self, now: u64) {
        // Another machine's clock may already be in tomorrow: its day stays.
        if now / DAY > self.day {
            (self.day, self.played) = (now / DAY, 0);
        }
        let (vanished, open): (Vec<Open>, Vec<Open>) =
            std::mem::take(&mut self.open).into_iter().partition(|open| now.saturating_sub(open.counted) > LEASE_MILLIS);
        self.open = open;
        for gone in vanished.into_iter().filter(|gone| gone.is_playing) {
            self.played += self.of_today(gone.counted, gone.counted + LEASE_MILLIS);
        }
    }

    fn is_left(&self, limit: u16) -> bool {
        self.played < u64::from(limit) * 60_000
    }

    fn open(&mut self, session: &SessionId, is_playing: bool, now: u64) {
        if self.open.len() >= OPEN_AT_MOST
            && let Some(oldest) = (0..self.open.len()).min_by_key(|at| self.open[*at].counted)
        {
            let gone = self.open.swap_remove(oldest);
            self.played += if gone.is_playing { self.of_today(gone.counted, now) } else { 0 };
        }
        self.open.push(Open { session: session.clone(), counted: now, is_playing });
    }

    fn heartbeat(&mut self, session: &SessionId, heartbeat: Heartbeat, now: u64) {
        let Some(at) = self.open.iter().position(|open| open.session == *session) else {
            // It began before there was a limit. Nothing is known of it until its next heartbeat.
            if heartbeat.is_playing {
                self.open(session, false, now);
            }
            return;
        };
        let before = self.open[at].clone();
        let passed = self.of_today(before.counted, now);
        self.played += if before.is_playing && heartbeat.is_playing { passed } else { passed.min(heartbeat.moved) };
        self.open[at] = Open { counted: before.counted.max(now), is_playing: heartbeat.is_playing, ..before };
    }

    fn close(&mut self, session: &SessionId, now: u64) {
        let Some(at) = self.open.iter().position(|open| open.session == *session) else { return };
        let open = self.open.swap_remove(at);
        self.played += if open.is_playing { self.of_today(open.counted, now) } else { 0 };
    }

    /// How much of a span is of this day.
    fn of_today(&self, from: u64, to: u64) -> u64 {
        let midnight = self.day * DAY;
        to.clamp(midnight, midnight + DAY).saturating_sub(from.max(midnight))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Noon of some day.
    const NOON: u64 = 20_000 * DAY + DAY / 2;

    fn id(name: &str) -> SessionId {
        name.parse().unwrap()
    }

    fn playing(moved: u64) -> Heartbeat {
        Heartbeat { is_playing: true, moved }
    }

    fn window(now: u64, sessions: &[&str]) -> UsageWindow {
        let mut window = UsageWindow::default();
        window.turn_to(now);
        for session in sessions {
            window.open(&id(session), true, now);
        }
        window
    }

    #[test]
    fn what_passes_between_heartbeats_counts_once_whatever_the_player_says_of_it() {
        let mut window = window(NOON, &["a"]);
        // Film that runs at half speed, stands still, and jumps: time passes all the same.
        for (at, moved) in [(15_000, 7_500), (30_000, 0), (45_000, 3_000_000), (45_000, 15_000), (45_000, 15_000)] {
            window.turn_to(NOON + at);
            window.heartbeat(&id("a"), playing(moved), NOON + at);
        }
        assert_eq!(window.played, 45_000);
    }

    #[test]
    fn a_pause_is_not_viewing_and_moving_through_the_film_in_one_is() {
        let mut window = window(NOON, &["a"]);
        let paused = |moved| Heartbeat { is_playing: false, moved };
        for (at, heartbeat, played) in [
            (10_000, paused(10_000), 10_000),
            (70_000, paused(0), 10_000),
            (130_000, playing(5_000), 15_000),
            (145_000, playing(15_000), 30_000),
            (150_000, paused(5_000), 35_000),
            (200_000, paused(1_000), 36_000),
        ] {
            window.turn_to(NOON + at);
            window.heartbeat(&id("a"), heartbeat, NOON + at);
            assert_eq!(window.played, played, "at {at}");
        }
    }

    #[test]
    fn streams_at_once_count_each_for_itself() {
        let mut window = window(NOON, &["a", "b", "c"]);
        for at in [20_000, 40_000, 60_000] {
            window.turn_to(NOON + at);
            for session in ["a", "b", "c"] {
                window.heartbeat(&id(session), playing(20_000), NOON + at);
            }
        }
        assert_eq!(window.played, 180_000);
        assert!(window.is_left(4) && !window.is_left(3) && !window.is_left(0));
    }

    #[test]
    fn a_player_that_says_nothing_is_charged_for_as_long_as_it_was_served() {
        let mut window = window(NOON, &[]);
        for round in 0..4 {
            let start = NOON + round * (LEASE_MILLIS + 1);
            window.turn_to(start);
            window.open(&id(&format!("s{round}")), true, start);
        }
        window.turn_to(NOON + DAY / 4);
        assert_eq!((window.played, window.open.len()), (4 * LEASE_MILLIS, 0));
        // One that was paused when it went is not.
        window.open(&id("p"), true, NOON + DAY / 4);
        window.heartbeat(&id("p"), Heartbeat { is_playing: false, moved: 0 }, NOON + DAY / 4);
        window.turn_to(NOON + DAY / 3);
        assert_eq!(window.played, 4 * LEASE_MILLIS);
    }

    #[test]
    fn a_stop_counts_to_its_own_second_and_a_late_heartbeat_costs_nothing() {
        let mut window = window(NOON, &["a"]);
        window.close(&id("a"), NOON + 7_000);
        window.heartbeat(&id("a"), playing(7_000), NOON + 7_010);
        window.turn_to(NOON + DAY / 4);
        assert_eq!((window.played, window.open.len()), (7_000, 0));
    }

    #[test]
    fn a_day_begins_at_midnight_with_what_is_played_after_it() {
        let midnight = 20_001 * DAY;
        let mut window = window(midnight - 20_000, &["a"]);
        window.turn_to(midnight - 5_000);
        window.heartbeat(&id("a"), playing(15_000), midnight - 5_000);
        assert_eq!(window.played, 15_000);
        window.turn_to(midnight + 10_000);
        window.heartbeat(&id("a"), playing(15_000), midnight + 10_000);
        assert_eq!((window.day, window.played), (20_001, 10_000));
        // A machine whose clock is a little behind does not bring yesterday back.
        window.turn_to(midnight - 1);
        window.heartbeat(&id("a"), playing(1), midnight - 1);
        assert_eq!((window.day, window.played), (20_001, 10_000));
        assert_eq!((until_tomorrow(midnight - 1), until_tomorrow(midnight), until_tomorrow(NOON)), (1, 86_400, 43_200));
    }

    #[test]
    fn a_ledger_follows_a_bounded_number_of_sessions_and_forgets_none_for_free() {
        let mut window = window(NOON, &[]);
        for at in 0..150 {
            window.open(&id(&format!("s{at}")), true, NOON + at * 100);
        }
        assert_eq!(window.open.len(), OPEN_AT_MOST);
        assert_eq!(window.played, 50 * 10_000);
    }

    proptest! {
        #[test]
        fn never_more_than_the_time_that_passed_and_all_of_it_while_it_plays(
            steps in prop::collection::vec((0..LEASE_MILLIS, any::<bool>(), 0..200_000_u64), 1..60),
        ) {
            let mut mixed = window(NOON, &["a"]);
            let mut plays = mixed.clone();
            let mut now = NOON;
            for (passed, is_playing, moved) in steps {
                now += passed;
                mixed.turn_to(now);
                mixed.heartbeat(&id("a"), Heartbeat { is_playing, moved }, now);
                plays.turn_to(now);
                plays.heartbeat(&id("a"), playing(moved), now);
            }
            prop_assert!(mixed.played <= now - NOON);
            prop_assert_eq!(plays.played, now - NOON);
        }
    }
}
