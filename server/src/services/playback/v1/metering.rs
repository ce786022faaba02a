//! When and for how long films may be played: viewing hours and minutes a day, as calls keep to them and tell of them.
//!
//! Whoever is not limited is not counted, and costs no access to the store. Must never refuse without saying what the
//! limit is and when it is lifted.

use contract::{
    Code, Problem,
    authorization::{Authorization, ViewingHours},
    ids::SessionId,
    playback::PlayState,
};
use storage::StoreError;

use super::{
    super::{
        Playback,
        grant::SessionKey,
        minutes::{Heartbeat, until_tomorrow},
        record::{End, SessionRecord},
    },
    streams,
};
use crate::context::{RequestContext, Viewer};

const MINUTES_OF_A_DAY: u64 = 24 * 60;

impl Playback {
    /// The hours that it is not now; nothing where films may be played.
    pub(super) fn other_hours(&self, may: &Authorization) -> Option<ViewingHours> {
        let minute = u16::try_from(self.clock.seconds() / 60 % MINUTES_OF_A_DAY).unwrap_or_default();
        may.viewing_hours.filter(|hours| !hours.contains(minute))
    }

    /// Begins to count for a session.
    ///
    /// # Errors
    /// `limit_reached` where the minutes of today are used up.
    pub(super) async fn open_minutes(&self, viewer: &Viewer, session: &SessionId) -> Result<(), Problem> {
        let Some(limit) = viewer.authorization.viewing_minutes_per_day else { return Ok(()) };
        let now = self.clock.millis();
        if self.minutes.open(streams::owner(viewer), session, limit, now).await? {
            return Ok(());
        }
        let problem = Problem::new(Code::LimitReached).with_detail(used_up(limit, now));
        Err(problem.with_retry_after(until_tomorrow(now)))
    }

    /// Counts up to a heartbeat; `false` where that used the minutes up. A session that was ended is not counted on.
    pub(super) async fn count_minutes(
        &self,
        context: &RequestContext,
        session: &SessionRecord,
        heartbeat: (&SessionId, f64, PlayState),
    ) -> Result<bool, StoreError> {
        let viewer = &context.viewer;
        let (id, position, state) = heartbeat;
        let Some(limit) = viewer.authorization.viewing_minutes_per_day.filter(|_| session.end.is_none()) else {
            return Ok(true);
        };
        let heartbeat = Heartbeat { is_playing: state == PlayState::Playing, moved: millis((position - session.position).abs()) };
        self.minutes.heartbeat(streams::owner(viewer), id, heartbeat, limit, self.clock.millis()).await
    }

    /// Counts up to a session's end.
    pub(super) async fn close_minutes(&self, viewer: &Viewer, key: SessionKey) -> Result<(), Problem> {
        if viewer.authorization.viewing_minutes_per_day.is_some() {
            self.minutes.close(streams::owner(viewer), &key.id()?, self.clock.millis()).await?;
        }
        Ok(())
    }

    /// Why a session of this viewer ended, in words where somebody or a limit wanted it so; a player that is told nothing
    /// may begin anew by itself.
    pub(super) fn ended(&self, why: Option<End>, message: Option<&str>, viewer: &Viewer) -> Problem {
        let problem = Problem::new(Code::SessionEnded);
        match why {
            None | Some(End::Stopped | End::Replaced) => problem,
            Some(End::StoppedFromList) => problem.with_detail("Somebody on this account stopped it from the list of what plays."),
            Some(End::StoppedByOperator) => problem.with_detail(match message {
                // Whichever direction it is written in, the words before it stay where they are (Unicode Standard Annex 9, section 2.4).
                Some(message) => format!("Stopped by the operator: \u{2068}{message}\u{2069}"),
                None => "Stopped by the operator.".to_owned(),
            }),
            Some(End::TitleDeleted) => problem.with_detail("This film was taken out of the library."),
            Some(End::PlaceTaken) => problem.with_detail("Another device of this account plays in its place."),
            Some(End::MinutesUsedUp) => match viewer.authorization.viewing_minutes_per_day {
                Some(limit) => {
                    let now = self.clock.millis();
                    problem.with_detail(used_up(limit, now)).with_retry_after(until_tomorrow(now))
                }
                None => problem,
            },
            Some(End::HoursOver) => match viewer.authorization.viewing_hours {
                Some(hours) => problem.with_detail(in_words(hours)),
                None => problem,
            },
        }
    }
}

/// The hours in which an account plays films.
pub fn in_words(hours: ViewingHours) -> String {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    format!("This account plays films from {} to {} UTC.", clock(hours.from), clock(hours.to))
}

/// Which limit it is, and when it is lifted. A day is one of UTC, as viewing hours are.
fn used_up(limit: u16, now: u64) -> String {
    let wait = until_tomorrow(now).div_ceil(60);
    let wait = match (wait / 60, wait % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    };
    let minutes = if limit == 1 { "minute" } else { "minutes" };
    format!("This account plays {limit} {minutes} of film a day, and today's are used up. More from 00:00 UTC, in {wait}.")
}

fn millis(seconds: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |moved| u64::try_from(moved.as_millis()).unwrap_or(u64::MAX))
}
