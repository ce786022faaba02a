//! The handlers of playback's calls, version 1.

use std::collections::HashMap;

use contract::{
    Code, DispatchExt, Problem,
    authorization::Authorization,
    catalog::{GetTitleCards, ListSimilarTitles, ListTitles, TitleCard},
    device::DeviceReport,
    ids::{SessionId, TitleId},
    maturity,
    playback::{
        AudioTrack, Chapter, ContinueItem, ForgetProgress, GetProgress, ListContinueWatching, PlayState, PlaybackSession,
        ProgressReport, Rendition, SaveProgress, StartPlayback, StopPlayback, Storyboard, TextTrack,
    },
};

use super::{
    Playback,
    grant::{Grant, SessionKey},
    names, playlist,
    progress::{self, LEAST_POSITION},
    record::{ProgressRecord, SessionRecord},
    streams::Holder,
};
use crate::{agent, context::RequestContext, media::manifest::MediaManifest};

/// Seconds between two heartbeats.
const HEARTBEAT_SECONDS: u16 = 15;
/// Seconds that a grant outlives the film: a pause for supper, not one for the night.
const SPARE_SECONDS: u32 = 6 * 60 * 60;
/// Seconds past the end that a player may say it is at: containers round.
const PAST_THE_END: f64 = 10.0;
/// Seconds that count as having moved.
const MOVED: f64 = 0.25;
const MINUTES_OF_A_DAY: u64 = 24 * 60;
const CONTINUE_AT_MOST: usize = 20;

impl Playback {
    pub(super) async fn start(&self, context: RequestContext, call: StartPlayback) -> Result<PlaybackSession, Problem> {
        let (card, manifest, progress, up_next) = tokio::join!(
            card(&context, &call.title),
            self.manifests.get(&call.title),
            self.progress_of(&context, &call.title),
            up_next(&context, &call.title),
        );
        let card = card?;
        allowed_now(&context.viewer.authorization, &card)?;
        let manifest = manifest?.filter(|manifest| manifest.watchable()).ok_or_else(|| Problem::new(Code::NotWatchable))?;
        let resume_at = progress?.map(|progress| progress.position).filter(|at| *at < manifest.duration_seconds).unwrap_or(0.0);

        let lowest = playlist::allowed(&manifest, 0).first().map_or(0, |rendition| rendition.height);
        let height = self.height(&context, lowest)?;
        let session = self.begin(&context, &card, manifest.duration_seconds, resume_at).await?;
        let grant_seconds = whole_seconds(manifest.duration_seconds).saturating_add(SPARE_SECONDS);
        let grant =
            Grant { title: call.title, session, height, expires: super::now_seconds().saturating_add(u64::from(grant_seconds)) };
        let base = format!("/media/{}", self.grants.seal(&grant));
        Ok(PlaybackSession {
            session: session.id()?,
            title: card,
            manifest: format!("{base}/{}", names::MASTER),
            resume_at,
            duration_seconds: manifest.duration_seconds,
            renditions: renditions(&manifest, height),
            audio: audio(&manifest),
            captions: captions(&manifest, &base),
            storyboard: storyboard(&manifest, &base),
            chapters: chapters(&manifest),
            up_next,
            heartbeat_seconds: HEARTBEAT_SECONDS,
            grant_seconds,
        })
    }

    /// Answered when the position is durable. A paused player that says the same again writes no progress: it would
    /// undo what another device played in the meantime.
    pub(super) async fn save_progress(&self, context: RequestContext, call: SaveProgress) -> Result<(), Problem> {
        let (key, session) = self.own_session(&context, &call.session).await?;
        let position = checked(call.position, session.duration_seconds)?;
        let ended = call.state == PlayState::Ended;
        let has_moved = (position - session.position).abs() > MOVED;
        if ended || progress::is_finished(position, session.duration_seconds) {
            self.progress.forget(&session.profile, &session.title).await?;
        } else if position >= LEAST_POSITION && has_moved {
            self.progress.save(&session.profile, &session.title, position, session.duration_seconds).await?;
        }
        if let (Some(place), Some(holder)) = (&session.place, &session.holder)
            && !self.streams.keep(place, holder).await?
        {
            self.sessions.end(key).await?;
            return Err(Problem::new(Code::SessionEnded).with_detail("Another device of this account plays in its place."));
        }
        // After the save: a session that says it is at a position has that position stored. One that has not moved keeps
        // the one it had, so that small steps add up.
        let position = if has_moved { position } else { session.position };
        if self.sessions.renew(key, position).await? { Ok(()) } else { Err(Problem::new(Code::SessionEnded)) }
    }

    pub(super) async fn stop(&self, context: RequestContext, call: StopPlayback) -> Result<(), Problem> {
        let (key, session) = self.own_session(&context, &call.session).await?;
        if let Some(place) = &session.place {
            self.streams.give_back(place, key).await?;
        }
        Ok(self.sessions.end(key).await?)
    }

    pub(super) async fn list_continue_watching(
        &self,
        context: RequestContext,
        _: ListContinueWatching,
    ) -> Result<Vec<ContinueItem>, Problem> {
        if context.viewer.is_new {
            return Ok(Vec::new());
        }
        // Some more than are shown, for titles that are gone since.
        let records = self.progress.latest(&context.viewer.profile, 30).await?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let ids = records.iter().map(|record| record.title.clone()).collect();
        let cards = context.send(GetTitleCards { ids }).await?;
        let mut cards: HashMap<TitleId, TitleCard> = cards.into_iter().map(|card| (card.id.clone(), card)).collect();
        let items = records.into_iter().filter_map(|record| {
            let card = cards.remove(&record.title).filter(|card| card.video.is_some())?;
            Some(ContinueItem { card, progress: record.into() })
        });
        Ok(items.take(CONTINUE_AT_MOST).collect())
    }

    pub(super) async fn get_progress(&self, context: RequestContext, call: GetProgress) -> Result<ProgressReport, Problem> {
        let progress = self.progress_of(&context, &call.id).await?;
        Ok(ProgressReport { progress: progress.map(Into::into) })
    }

    pub(super) async fn forget_progress(&self, context: RequestContext, call: ForgetProgress) -> Result<(), Problem> {
        if context.viewer.is_new {
            return Ok(());
        }
        Ok(self.progress.forget(&context.viewer.profile, &call.id).await?)
    }

    async fn progress_of(&self, context: &RequestContext, title: &TitleId) -> Result<Option<ProgressRecord>, Problem> {
        if context.viewer.is_new {
            return Ok(None);
        }
        Ok(self.progress.get(&context.viewer.profile, title).await?)
    }

    /// The highest rendition that both the device and the authorization allow. The device never goes below the lowest
    /// there is; the authorization does, and then nothing is played.
    fn height(&self, context: &RequestContext, lowest: u16) -> Result<u16, Problem> {
        let resolution = context.viewer.authorization.resolution;
        if lowest > resolution.height() {
            let detail = format!("This film is there in {lowest} lines and more; the plan goes up to {}.", resolution.name());
            return Err(Problem::new(Code::NotAllowed).with_detail(detail));
        }
        Ok(context.device.profile.offered_height().max(lowest).min(resolution.height()))
    }

    /// Begins a session, in one of the places of whoever asks where these are limited.
    async fn begin(
        &self,
        context: &RequestContext,
        card: &TitleCard,
        duration_seconds: f64,
        position: f64,
    ) -> Result<SessionKey, Problem> {
        let key = SessionKey::random();
        let viewer = &context.viewer;
        let (mut place, mut holder) = (None, None);
        if let Some(places) = viewer.authorization.streams {
            let owner = viewer.member.as_ref().map_or(viewer.profile.as_str(), |member| member.account.as_str());
            let asks = Holder::new(key, card.title.clone(), agent::in_words(context.caller.agent()));
            let taken = self.streams.take(owner, places, &asks).await?;
            place = Some(taken.map_err(|holders| all_taken(places, &holders))?);
            holder = Some(asks);
        }
        let record = SessionRecord {
            profile: viewer.profile.clone(),
            title: card.id.clone(),
            duration_seconds,
            position,
            ended: false,
            place,
            holder,
        };
        self.sessions.begin(key, &record).await?;
        Ok(key)
    }

    /// Somebody else's session is answered like none.
    async fn own_session(&self, context: &RequestContext, id: &SessionId) -> Result<(SessionKey, SessionRecord), Problem> {
        let key = SessionKey::of(id).ok_or_else(|| Problem::new(Code::SessionEnded))?;
        let session = self.sessions.read(key).await?.filter(|session| session.profile == context.viewer.profile);
        session.map(|session| (key, session)).ok_or_else(|| Problem::new(Code::SessionEnded))
    }
}

/// Whether the authorization allows this film at this time of the day.
fn allowed_now(may: &Authorization, card: &TitleCard) -> Result<(), Problem> {
    let refused = |detail: String| Err(Problem::new(Code::NotAllowed).with_detail(detail));
    if !maturity::is_for(card.maturity.as_deref(), may.maturity) {
        let age = may.maturity.unwrap_or_default();
        return refused(format!(
            "This profile is shown films for people up to {age} years; this one is not, or nobody rated it."
        ));
    }
    let minute = u16::try_from(super::now_seconds() / 60 % MINUTES_OF_A_DAY).unwrap_or_default();
    match may.viewing_hours.filter(|hours| !hours.contains(minute)) {
        Some(hours) => refused(format!("This account plays films from {} to {} UTC.", clock(hours.from), clock(hours.to))),
        None => Ok(()),
    }
}

/// `18:30`.
fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Which limit it is, and who holds the places.
fn all_taken(places: u16, holders: &[Holder]) -> Problem {
    let films = if places == 1 { "one film".to_owned() } else { format!("{places} films") };
    let who: Vec<String> =
        holders.iter().map(|holder| format!("\u{201c}{}\u{201d} on {}", holder.title, holder.device)).collect();
    let playing = if who.is_empty() { String::new() } else { format!(" Playing now: {}.", who.join(", ")) };
    Problem::new(Code::LimitReached).with_detail(format!("This account plays {films} at once at most.{playing}"))
}

/// What the server decided about the device.
pub(super) fn get_device(context: &RequestContext) -> DeviceReport {
    let device = &context.device;
    DeviceReport { profile: device.profile.clone(), source: device.source, offered_height: device.profile.offered_height() }
}

/// A position inside the film, or the field's problem.
fn checked(position: f64, duration: f64) -> Result<f64, Problem> {
    if (0.0..=duration + PAST_THE_END).contains(&position) {
        Ok(position.min(duration))
    } else {
        Err(Problem::invalid("position", format!("is not between 0 and the film's {duration:.0} seconds")))
    }
}

async fn card(context: &RequestContext, title: &TitleId) -> Result<TitleCard, Problem> {
    let cards = context.send(GetTitleCards { ids: vec![title.clone()] }).await?;
    cards.into_iter().next().ok_or_else(|| Problem::not_found("title"))
}

/// The first watchable title that is like this one; else the one that follows it among all that are watchable. A
/// film is played also where there is nothing to offer after it.
async fn up_next(context: &RequestContext, title: &TitleId) -> Option<TitleCard> {
    let is_another = |card: &TitleCard| card.video.is_some() && card.id != *title;
    let similar = context.send(ListSimilarTitles { id: title.clone() }).await;
    let similar = similar.inspect_err(|problem| tracing::debug!(%problem, "similar titles")).unwrap_or_default();
    if let Some(card) = similar.into_iter().find(is_another) {
        return Some(card);
    }
    let page = context.send(ListTitles { watchable: Some(true), limit: Some(100), ..ListTitles::default() }).await;
    let mut cards = page.inspect_err(|problem| tracing::debug!(%problem, "watchable titles")).ok()?.items;
    let after = cards.iter().position(|card| card.id == *title).map_or(0, |at| at + 1);
    cards.rotate_left(after);
    cards.into_iter().find(is_another)
}

fn renditions(manifest: &MediaManifest, height: u16) -> Vec<Rendition> {
    let allowed = playlist::allowed(manifest, height).into_iter().rev();
    let rendition = |rendition: &crate::media::manifest::VideoRendition| Rendition {
        height: rendition.height,
        width: rendition.width,
        bandwidth: playlist::peak_bandwidth(manifest, rendition),
    };
    allowed.map(rendition).collect()
}

fn audio(manifest: &MediaManifest) -> Vec<AudioTrack> {
    let track = |track: &crate::media::manifest::AudioRendition| AudioTrack {
        name: track.name.clone(),
        language: track.language.clone(),
        channels: track.channels,
        default: track.default,
    };
    manifest.audio.iter().map(track).collect()
}

fn captions(manifest: &MediaManifest, base: &str) -> Vec<TextTrack> {
    let track = |track: &crate::media::manifest::CaptionTrack| TextTrack {
        name: track.name.clone(),
        language: track.language.clone(),
        url: format!("{base}/{}", track.file),
    };
    manifest.captions.iter().map(track).collect()
}

fn storyboard(manifest: &MediaManifest, base: &str) -> Option<Storyboard> {
    manifest.storyboard.as_ref().map(|board| Storyboard {
        sheets: board.sheets.iter().map(|sheet| format!("{base}/{sheet}")).collect(),
        interval_seconds: board.interval_seconds,
        columns: board.columns,
        rows: board.rows,
        tile_width: board.tile_width,
        tile_height: board.tile_height,
        count: board.count,
    })
}

fn chapters(manifest: &MediaManifest) -> Vec<Chapter> {
    manifest.chapters.iter().map(|chapter| Chapter { title: chapter.title.clone(), start: chapter.start }).collect()
}

fn whole_seconds(seconds: f64) -> u32 {
    // A film is shorter than a day; what is longer or no number gets a day.
    std::time::Duration::try_from_secs_f64(seconds)
        .map_or(86_400, |duration| u32::try_from(duration.as_secs()).unwrap_or(86_400).min(86_400))
}
