//! A film under way: its heartbeats, and its end.
//!
//! Must never say that a position is saved before it is durable, nor take a heartbeat of another profile's session.

use contract::{
    Code, DispatchExt, Problem,
    ids::{SessionId, TitleId},
    library::MarkWatched,
    playback::{PlayState, SaveProgress, StopPlayback},
};

use super::super::{
    Playback,
    grant::SessionKey,
    heartbeat::Heartbeat,
    meters::{SessionStep, Use},
    progress::{self, LEAST_POSITION, Played, Whose, Why},
    record::{End, SessionRecord},
    streams::Renewal,
};
use crate::context::RequestContext;

/// Seconds past the end that a player may say it is at: containers round.
const PAST_THE_END: f64 = 10.0;
/// Milliseconds of film ahead that a player may say it has: nobody keeps more than an hour.
const BUFFERED_MOST: u32 = 60 * 60 * 1000;
/// Seconds that count as having moved.
const MOVED: f64 = 0.25;

impl Playback {
    /// Answered when the position is durable. A paused player that says the same again writes no progress: it would
    /// undo what another device played in the meantime.
    pub(in super::super) async fn save_progress(&self, context: RequestContext, call: SaveProgress) -> Result<(), Problem> {
        let (key, session) = self.own_session(&context, &call.session).await?;
        let position = checked(call.position, session.duration_seconds)?;
        if self.tombstones.is_gone(&session.profile).await? {
            // Late: what is written now for somebody who is gone would only be forgotten again.
            return Err(Problem::new(Code::SessionEnded));
        }
        if session.end == Some(End::TitleDeleted) {
            return Err(self.ended(session.end, None, &context.viewer));
        }
        let has_moved = (position - session.position).abs() > MOVED;
        let whose = if context.viewer.member.is_some() { Whose::Members } else { Whose::Guests };
        let note = self.note(&context, (&session, whose), position, has_moved, call.state);
        let minutes = (&call.session, position, call.state);
        let count = async { Ok(self.count_minutes(&context, &session, minutes).await?) };
        let ((), kept, has_minutes) = tokio::try_join!(note, self.keep_place(&session), count)?;
        if session.end == Some(End::Replaced) {
            // The last word of a player that knows: it plays the next film.
            return Ok(());
        }
        let end = if !has_minutes {
            Some(End::MinutesUsedUp)
        } else if self.other_hours(&context.viewer.authorization).is_some() {
            Some(End::HoursOver)
        } else {
            match kept {
                Renewal::Renewed => None,
                Renewal::Replaced => Some(End::Replaced),
                Renewal::Taken => Some(End::PlaceTaken),
            }
        };
        if let Some(why) = end {
            self.sessions.end(key, why).await?;
        }
        // After the save: a session that says it is at a position has that position stored. One that has not moved keeps
        // the one it had, so that small steps add up.
        let position = if has_moved { position } else { session.position };
        let heartbeat = Heartbeat {
            position,
            has_moved,
            is_paused: call.state != PlayState::Playing,
            buffered_millis: call.buffered_millis.map(|millis| millis.min(BUFFERED_MOST)),
            now: self.clock.millis(),
            quality: call.quality,
            starved: self.meters.take_starved(key),
        };
        if let Some(counted) = self.sessions.renew(key, heartbeat).await? {
            self.tell(key, &session, SessionStep::Renewed(counted)).await;
            return Ok(());
        }
        self.give_place_back(&session).await?;
        self.close_minutes(&context.viewer, key).await?;
        let over = self.sessions.read(key).await?;
        if over.as_ref().is_some_and(|session| session.end == Some(End::Replaced)) {
            return Ok(());
        }
        let message = over.as_ref().and_then(|session| session.presence.as_ref()?.message.as_deref());
        Err(self.ended(over.as_ref().and_then(|session| session.end), message, &context.viewer))
    }

    async fn note(
        &self,
        context: &RequestContext,
        (session, whose): (&SessionRecord, Whose),
        position: f64,
        has_moved: bool,
        state: PlayState,
    ) -> Result<(), Problem> {
        let ended = state == PlayState::Ended;
        if !has_moved {
            // Said again, by a device that rests: another one may have begun the title anew meanwhile.
            Ok(())
        } else if ended || progress::is_finished(position, session.duration_seconds) {
            // In this order: a kill between the two leaves a title that is watched and may be gone on with, until the next heartbeat.
            self.note_watched(context, &session.title, None, None).await?;
            Ok(self.progress.forget(Why::Finished, (&session.profile, whose), &session.title).await?)
        } else if position >= LEAST_POSITION {
            let is_paused = state == PlayState::Paused;
            let played = Played { is_paused, by: context.viewer.key(), ..Played::at(position, session.duration_seconds) };
            Ok(self.progress.save((&session.profile, whose), &session.title, &played).await?)
        } else {
            Ok(())
        }
    }

    /// Has the history note that a title was watched: played to its end now, or said to be at an instant, in milliseconds since
    /// 1970, by a change that the client gave a number. Where it may not, or is no service of this installation, a film ends all the
    /// same.
    pub(super) async fn note_watched(
        &self,
        context: &RequestContext,
        title: &TitleId,
        date: Option<u64>,
        change: Option<u64>,
    ) -> Result<(), Problem> {
        let is_played = date.is_none();
        accepted(context.send(MarkWatched { date, is_played, change, ..MarkWatched::now(title.clone()) }).await)
    }

    /// Takes back what the change of this number added to the history: which viewing that was, if any, the history alone knows.
    pub(super) async fn forget_watched(&self, context: &RequestContext, title: &TitleId, change: u64) -> Result<(), Problem> {
        accepted(context.send(MarkWatched { restores: Some(change), ..MarkWatched::now(title.clone()) }).await)
    }

    /// Whether the session has its place still. One that was ended keeps none.
    async fn keep_place(&self, session: &SessionRecord) -> Result<Renewal, Problem> {
        match (&session.place, &session.holder) {
            (Some(place), Some(holder)) if session.end.is_none() => Ok(self.streams.keep(place, holder).await?),
            (Some(_) | None, Some(_) | None) => Ok(Renewal::Renewed),
        }
    }

    async fn give_place_back(&self, session: &SessionRecord) -> Result<(), Problem> {
        match (&session.place, &session.holder) {
            (Some(place), Some(holder)) => Ok(self.streams.give_back(place, holder).await?),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    pub(in super::super) async fn stop(&self, context: RequestContext, call: StopPlayback) -> Result<(), Problem> {
        let (key, session) = self.own_session(&context, &call.session).await?;
        self.end_session(&context, key, &session, End::Stopped).await
    }

    pub(super) async fn end_session(
        &self,
        context: &RequestContext,
        key: SessionKey,
        session: &SessionRecord,
        why: End,
    ) -> Result<(), Problem> {
        // In this order: the place of a session that ended is free, whatever happens to this request.
        self.sessions.end(key, why).await?;
        self.give_place_back(session).await?;
        self.tell(key, session, SessionStep::Stopped).await;
        self.close_minutes(&context.viewer, key).await
    }

    /// Tells of a session's use; when this returns it is kept.
    pub(super) async fn tell(&self, key: SessionKey, session: &SessionRecord, what: SessionStep) {
        for Use { kind, profile, account } in self.meters.told(key, session, what) {
            self.recorder.keep(kind, Some(&profile), account.as_ref()).await;
        }
    }

    /// Somebody else's session is answered like none.
    pub(super) async fn own_session(
        &self,
        context: &RequestContext,
        id: &SessionId,
    ) -> Result<(SessionKey, SessionRecord), Problem> {
        let key = SessionKey::of(id).ok_or_else(|| Problem::new(Code::SessionEnded))?;
        let session = self.sessions.read(key).await?.filter(|session| session.profile == context.viewer.profile);
        session.map(|session| (key, session)).ok_or_else(|| Problem::new(Code::SessionEnded))
    }
}

/// What the history answered, where it failed and may be asked again.
fn accepted(answer: Result<(), Problem>) -> Result<(), Problem> {
    match answer {
        Err(problem) if [Code::NotAllowed, Code::NotFound, Code::Unreachable].contains(&problem.code) => Ok(()),
        answer => answer,
    }
}

/// A position inside the film, or the field's problem.
pub(super) fn checked(position: f64, duration: f64) -> Result<f64, Problem> {
    if (0.0..=duration + PAST_THE_END).contains(&position) {
        Ok(position.min(duration))
    } else {
        Err(Problem::invalid("position", format!("is not between 0 and the film's {duration:.0} seconds")))
    }
}
