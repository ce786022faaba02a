//! Starting a film: what the authorization allows of it, a place, a session, a grant.
//!
//! Must never make a grant for more than the plan and the device allow, and never refuse without saying which limit it
//! was.

use std::sync::Arc;

use contract::{
    Code, Problem,
    authorization::Authorization,
    catalog::TitleCard,
    ids::{SessionId, TitleId},
    maturity,
    playback::{PlaybackSession, StartPlayback},
};
use media::{generation::Generation, location::Location, manifest::MediaManifest};

use super::{
    super::{
        Playback,
        grant::{Grant, SessionKey},
        meters::SessionStep,
        names, playlist,
        record::{End, Metered, Presence, QualityRecord, SessionRecord},
        streams::{Renewal, SlotOwner, Streams, TakenSlot},
    },
    metering, next, shown, streams,
};
use crate::{
    agent,
    context::RequestContext,
    services::{cards::shown_card, keepers::check_life},
};

/// Seconds between two heartbeats.
const HEARTBEAT_SECONDS: u16 = 15;
/// Seconds that a grant outlives the film: a pause for supper, not one for the night.
const SPARE_SECONDS: u32 = 6 * 60 * 60;

impl Playback {
    pub(in super::super) async fn start(&self, context: RequestContext, call: StartPlayback) -> Result<PlaybackSession, Problem> {
        let next = async {
            let before = self.replaced(&context, call.replaces.as_ref()).await.ok().flatten();
            next::find(&context, &call.title, &next::played(before.map(|(_, before)| before), &call.title)).await
        };
        let (card, playing, progress, next) = tokio::join!(
            shown_card(&context, &call.title),
            self.playing(&call.title),
            self.progress_of(&context, &call.title),
            next,
        );
        let card = card?;
        self.allowed_now(&context.viewer.authorization, &card)?;
        let (location, manifest) =
            playing?.filter(|(_, manifest)| manifest.watchable()).ok_or_else(|| Problem::new(Code::NotWatchable))?;
        let resume_at = progress?.map(|progress| progress.position).filter(|at| *at < manifest.duration_seconds).unwrap_or(0.0);

        let decodable = context.device.profile.decodable();
        let lowest = playlist::allowed(&manifest, 0, decodable).first().map_or(0, |rendition| rendition.class());
        let class = class(&context, lowest)?;
        // A plan may allow more than there is of the film.
        let best = playlist::allowed(&manifest, class, decodable).last().map_or(class, |rendition| rendition.class());
        let replaced = self.replaced(&context, call.replaces.as_ref()).await?;
        let metered = Metered {
            account: context.viewer.member.as_ref().map(|member| member.account.clone()),
            generation: location.generation.to_string(),
            store: location.store,
            class: best,
            device: context.device.profile.class,
            counted: self.clock.millis(),
            elapsed: self.sessions.clock().begin(),
            quality: QualityRecord::default(),
        };
        let session = self.begin(&context, &card, (manifest.duration_seconds, resume_at), (replaced.as_ref(), metered)).await?;
        if let Some((key, before)) = &replaced {
            // The next one has begun, and this one's place is its own by now: what is left ends by itself where this fails.
            let ended = self.end_session(&context, *key, before, End::Replaced).await;
            ended.unwrap_or_else(|problem| tracing::warn!(%problem, "a session that was replaced runs out by itself"));
        }
        let grant_seconds = whole_seconds(manifest.duration_seconds).saturating_add(SPARE_SECONDS);
        let expires = self.clock.seconds().saturating_add(u64::from(grant_seconds));
        let grant = Grant { title: call.title, location, session, class, decodable, expires };
        let base = format!("/media/{}", self.grants.seal(&grant));
        Ok(PlaybackSession {
            session: session.id()?,
            title: card,
            manifest: format!("{base}/{}", names::MASTER),
            media_version: location.generation.to_string(),
            resume_at,
            duration_seconds: manifest.duration_seconds,
            renditions: shown::renditions(&manifest, class, decodable),
            audio: shown::audio(&manifest),
            captions: shown::captions(&manifest, &base),
            storyboard: shown::storyboard(&manifest, &base),
            chapters: shown::chapters(&manifest),
            starts_next: next.as_ref().is_some_and(|next| next.starts),
            up_next: next.map(|next| next.card),
            heartbeat_seconds: HEARTBEAT_SECONDS,
            grant_seconds,
        })
    }

    /// Begins a session, in one of the places of whoever asks. A guest whose places are not limited holds none: there is
    /// nobody else who would see what they play. Where it comes to nothing, the session that it was to replace has its place again.
    async fn begin(
        &self,
        context: &RequestContext,
        card: &TitleCard,
        (duration_seconds, position): (f64, f64),
        (replaced, metered): (Option<&(SessionKey, SessionRecord)>, Metered),
    ) -> Result<SessionKey, Problem> {
        let key = SessionKey::random();
        let viewer = &context.viewer;
        check_life(&*self.tombstones, &viewer.profile).await?;
        let owner = streams::owner(viewer);
        let before = replaced.map(|(_, before)| before);
        let holder = SlotOwner {
            session: key.id()?,
            title: card.id.clone(),
            name: card.title.clone(),
            maturity: card.maturity.clone(),
            device: agent::in_words(context.caller.agent()),
            sign_in: viewer.member.as_ref().map(|member| member.sign_in.clone()),
            started: self.clock.millis(),
            replaced: before.and_then(|before| before.holder.as_ref()).map(|before| before.session.clone()),
        };
        let presence = Presence {
            account: metered.account.clone(),
            name: holder.name.clone(),
            device: holder.device.clone(),
            device_class: metered.device,
            class: metered.class,
            started: holder.started,
            heard: holder.started,
            is_paused: false,
            buffered_millis: None,
            message: None,
        };
        let limit = viewer.authorization.streams;
        let place = match limit {
            Some(places) => {
                let taken = self.streams.take(owner, places, &holder, holder.replaced.as_ref()).await?;
                Some(taken.map_err(|held| all_taken(places, &held, viewer.authorization.maturity))?)
            }
            None => viewer.member.as_ref().map(|_| Streams::unlimited_slot(owner)),
        };
        if let Err(refused) = self.open_minutes(viewer, &holder.session).await {
            if let Some(place) = place.filter(|_| limit.is_some()) {
                self.streams.give_up(&place, &holder, before).await?;
            }
            return Err(refused);
        }
        let record = SessionRecord {
            profile: viewer.profile.clone(),
            title: card.id.clone(),
            duration_seconds,
            position,
            end: None,
            holder: place.as_ref().map(|_| holder.clone()),
            place: place.clone(),
            presence: Some(presence),
            played: next::played(before.cloned(), &card.id),
            // Without anybody who takes what is told nothing is counted, which nobody would let go of.
            metered: self.recorder.is_on().then_some(metered),
        };
        let hold = async {
            match place.as_ref().filter(|_| limit.is_none()) {
                Some(place) => self.streams.hold(place, &holder).await,
                None => Ok(()),
            }
        };
        if let Err(error) = tokio::try_join!(self.sessions.begin(key, &record), hold) {
            // Nobody's session holds a place.
            if let Some(place) = &place {
                self.streams.give_up(place, &holder, before).await?;
            }
            return Err(error.into());
        }
        // Who asked again meanwhile was given the place, and could not yet end a session that had not begun.
        if let Some(place) = place.as_ref().filter(|_| limit.is_some() && replaced.is_some())
            && self.streams.keep(place, &holder).await? != Renewal::Renewed
        {
            self.sessions.end(key, End::PlaceTaken).await?;
            return Err(self.ended(Some(End::PlaceTaken), None, viewer));
        }
        self.tell(key, &record, SessionStep::Started).await;
        if context.caller.disconnected.is_cancelled() {
            // The page was left or loaded anew while the film loaded: a session that nobody hears of would hold its place for a lease.
            // Ended first: where this goes no further, the one before takes its place back.
            self.sessions.end(key, End::Stopped).await?;
            if let Some(place) = &place {
                self.streams.give_up(place, &holder, before).await?;
            }
            self.end_session(context, key, &record, End::Stopped).await?;
            return Err(Problem::new(Code::SessionEnded));
        }
        Ok(key)
    }

    /// The session whose place is taken over, where whoever asks has it and it goes on.
    async fn replaced(
        &self,
        context: &RequestContext,
        id: Option<&SessionId>,
    ) -> Result<Option<(SessionKey, SessionRecord)>, Problem> {
        let Some(id) = id else { return Ok(None) };
        match self.own_session(context, id).await {
            Ok(found) => Ok(Some(found)),
            Err(problem) if problem.code == Code::SessionEnded => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// What plays of a title. What an older build packaged has no placement until somebody looks after it.
    async fn playing(&self, title: &TitleId) -> Result<Option<(Location, Arc<MediaManifest>)>, Problem> {
        let location = match self.placements.record(title).await? {
            Some(record) => record.current.map(|placed| placed.location()),
            None => Some(Location::per_view(Generation::UNNAMED)),
        };
        let Some(location) = location else { return Ok(None) };
        Ok(self.manifests.get(title, location).await?.map(|manifest| (location, manifest)))
    }

    /// Whether the authorization allows this film at this time of the day.
    fn allowed_now(&self, may: &Authorization, card: &TitleCard) -> Result<(), Problem> {
        let refused = |detail: String| Err(Problem::new(Code::NotAllowed).with_detail(detail));
        if !maturity::is_for(card.maturity.as_deref(), may.maturity) {
            let age = may.maturity.unwrap_or_default();
            return refused(format!(
                "This profile is shown films for people up to {age} years; this one is not, or nobody rated it."
            ));
        }
        match self.other_hours(may) {
            Some(hours) => refused(metering::in_words(hours)),
            None => Ok(()),
        }
    }
}

/// The highest rendition that both the device and the authorization allow. The device never goes below the lowest
/// there is; the authorization does, and then nothing is played.
fn class(context: &RequestContext, lowest: u16) -> Result<u16, Problem> {
    let resolution = context.viewer.authorization.resolution;
    if lowest > resolution.height() {
        let detail = format!("This film is there in {lowest}p and more; the plan goes up to {}.", resolution.name());
        return Err(Problem::new(Code::NotAllowed).with_detail(detail));
    }
    Ok(context.device.profile.offered_height().max(lowest).min(resolution.height()))
}

/// Which limit it is, and who holds the places. A film that is not for whoever asks is not named to them.
fn all_taken(places: u16, held: &[TakenSlot], age: Option<u8>) -> Problem {
    let films = if places == 1 { "one film".to_owned() } else { format!("{places} films") };
    let who: Vec<String> = held
        .iter()
        .map(|TakenSlot { holder, .. }| match maturity::is_for(holder.maturity.as_deref(), age) {
            true => format!("\u{201c}{}\u{201d} on {}", holder.name, holder.device),
            false => format!("a film on {}", holder.device),
        })
        .collect();
    let playing = if who.is_empty() { String::new() } else { format!(" Playing now: {}.", who.join(", ")) };
    Problem::new(Code::LimitReached).with_detail(format!("This account plays {films} at once at most.{playing}"))
}

fn whole_seconds(seconds: f64) -> u32 {
    // A film is shorter than a day; what is longer or no number gets a day.
    std::time::Duration::try_from_secs_f64(seconds)
        .map_or(86_400, |duration| u32::try_from(duration.as_secs()).unwrap_or(86_400).min(86_400))
}
