//! Whether the clock can be believed: the days that are stored say until when time was seen to pass.
//!
//! A clock that is wrong for a while, as after a start without a battery, must not delete what is known. What it made of days that are yet to come is deleted once
//! the clock is right again, and made anew when their time comes. Where the days before today do not say which of both is right, it is waited.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use storage::{
    StoreError,
    documents::{Direction, Find},
};
use storage_plan::calendar::Day;
use tokio::time::Instant;

use super::{
    StoragePlan,
    days::DAYS_AT_MOST,
    record::{BY_AT, DAYS},
};

/// Days that another node's clock may be ahead of this one's.
pub(super) const AHEAD: i32 = 2;
/// Days without any day that is stored, after which the clock is doubted.
const APART: i32 = 7;
/// For how long it is waited until the clock says what the days do; then the clock is right. It is set over the network within minutes.
const DOUBTED_FOR: Duration = Duration::from_secs(60 * 60);

/// What the clock and the days come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Agrees,
    /// Days are missing, or some were made that are yet to come: nothing is deleted for its age.
    Doubted,
    /// Days are stored that are yet to come, and none of a short time ago: nothing is made or decided.
    Contradicted {
        /// The last day that is stored.
        newest: Day,
    },
}

/// Since when the clock contradicts the days, in this process.
#[derive(Debug, Default)]
pub(super) struct Doubt(Mutex<Option<Instant>>);

impl Doubt {
    /// For how long it does by now; nothing where it did not before. `is_contradicted` is how it is now.
    fn lasted(&self, is_contradicted: bool) -> Option<Duration> {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lasted = since.map(|since| since.elapsed()).filter(|_| is_contradicted);
        *since = is_contradicted.then(|| since.unwrap_or_else(Instant::now));
        lasted
    }

    #[cfg(test)]
    pub(super) fn begin_earlier(&self) {
        *self.0.lock().unwrap() = Instant::now().checked_sub(DOUBTED_FOR);
    }
}

/// When this process last did what it does again only after a while.
#[derive(Debug, Default)]
pub(super) struct LastTime(Mutex<Option<Instant>>);

impl LastTime {
    pub(super) fn may_again(&self, after: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|last| last.elapsed() >= after)
    }

    pub(super) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl StoragePlan {
    /// Compares the clock with the days that are stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn compare_clock(&self, today: Day) -> Result<Clock, StoreError> {
        let Some(newest) = self.newest_days(1).await?.pop() else { return Ok(Clock::Agrees) };
        if newest.number() - today.number() < AHEAD {
            let is_near = today.number() - newest.number() <= APART;
            return Ok(if is_near { Clock::Agrees } else { Clock::Doubted });
        }
        let before = self.newest_days(DAYS_AT_MOST.unsigned_abs()).await?;
        let before = before.into_iter().find(|day| *day < today);
        let is_near = before.is_some_and(|before| today.number() - before.number() <= APART);
        Ok(if is_near { Clock::Doubted } else { Clock::Contradicted { newest } })
    }

    /// The same; days that are yet to come are deleted where it is the clock that is right.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn settle_clock(&self, today: Day) -> Result<Clock, StoreError> {
        let mut clock = self.compare_clock(today).await?;
        let is_contradicted = matches!(clock, Clock::Contradicted { .. });
        let lasted = self.doubt.lasted(is_contradicted);
        if lasted.is_some_and(|lasted| lasted >= DOUBTED_FOR) {
            clock = Clock::Doubted;
        }
        match clock {
            Clock::Agrees => return Ok(clock),
            Clock::Doubted => {
                tracing::warn!(%today, "the clock and the days that are known of storage are days apart: none is deleted for its age");
            }
            Clock::Contradicted { newest } => {
                if lasted.is_none() {
                    tracing::warn!(%today, %newest, "the days that are known of storage are yet to come by the clock: nothing is decided");
                }
                return Ok(clock);
            }
        }
        loop {
            let days = self.newest_days(DAYS_AT_MOST.unsigned_abs()).await?;
            // What another node made, whose clock is a little ahead, is looked at again when its time comes.
            if days.first().is_none_or(|newest| newest.number() - today.number() < AHEAD) {
                return Ok(clock);
            }
            for day in days.into_iter().filter(|day| *day >= today) {
                tracing::warn!(%day, "a day that is yet to come is deleted, and made anew when its time comes");
                self.delete_day(day).await?;
            }
        }
    }

    /// The newest first.
    async fn newest_days(&self, most: u32) -> Result<Vec<Day>, StoreError> {
        let (equals, direction) = (Vec::new(), Direction::Descending);
        let find = Find { index: BY_AT, equals, from: None, direction, after: None, limit: most };
        Ok(self
            .documents
            .find(&DAYS, find)
            .await?
            .documents
            .iter()
            .filter_map(|document| Day::parse(&document.id).ok())
            .collect())
    }
}
