//! Playback: what a player needs to play a title, every byte of its video, and how far each profile got.
//!
//! Owns the sessions (key-value store), progress (documents) and the routes below `/media`; reads what the import
//! stored. Everything it knows of titles it asks the catalogue, in contract calls. Must never send media without a
//! grant, and never take a progress save for another profile than the one that plays.

mod begun;
mod chunk_cache;
mod cmcd;
mod conditional;
pub mod cost;
mod delivery;
mod elapsed;
mod feed;
pub mod grant;
mod heartbeat;
mod interactions;
mod manifests;
mod meters;
mod minutes;
mod names;
mod now_playing;
mod playlist;
mod progress;
mod quality;
mod record;
mod segments;
mod sessions;
mod stops;
mod streams;
mod v1;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, routing::get};
use contract::{
    Code, Problem,
    ids::{AccountId, ProfileId, TitleId},
    playback::{
        ForgetProgress, GetDevice, GetProgress, ListContinueWatching, ListPlaying, ListPlayingStops, ListStreams, SaveProgress,
        SetProgress, StartPlayback, StopPlayback, StopPlaying, StopStream,
    },
};
use media::placement::Placements;
use runtime::clock::Clock;
use serde_json::json;
use storage::{StoreError, documents::Documents, events::Events, keyvalue::KeyValue, objects::VideoStores};

use super::{
    Service, answer,
    exporting::{self, Exported},
    feeds::{Affected, Feed},
    keepers::Tombstones,
    recorder::Recorder,
};
use crate::mount::{Mount, problem_response};

/// The service.
pub struct Playback {
    grants: grant::Grants,
    sessions: sessions::Sessions,
    streams: streams::Streams,
    minutes: minutes::Minutes,
    progress: progress::ProgressStore,
    begun: begun::Begun,
    now_playing: now_playing::NowPlayingCache,
    stops: stops::StopLog,
    meters: meters::Meters,
    recorder: Recorder,
    documents: Arc<dyn Documents>,
    placements: Placements,
    manifests: manifests::Manifests,
    segments: segments::Segments,
    tombstones: Arc<dyn Tombstones>,
    clock: Clock,
}

impl Playback {
    /// `grant_key` was derived from the server's secret for [`grant::PURPOSE`].
    pub fn new(
        grant_key: &[u8; 32],
        documents: Arc<dyn Documents>,
        keyvalue: Arc<dyn KeyValue>,
        stores: VideoStores,
        (tombstones, clock, recorder, events): (Arc<dyn Tombstones>, Clock, Recorder, Events),
    ) -> Self {
        let segments = segments::Segments::new(stores);
        let sessions = sessions::Sessions::new(Arc::clone(&keyvalue), sessions::LEASE, events);
        Self {
            grants: grant::Grants::new(grant_key),
            minutes: minutes::Minutes::new(Arc::clone(&keyvalue)),
            streams: streams::Streams::new(keyvalue, sessions.clone(), streams::LEASE),
            sessions,
            placements: Placements::new(Arc::clone(&documents), clock.clone()),
            progress: progress::ProgressStore::new(Arc::clone(&documents), clock.clone()),
            begun: begun::cache(),
            now_playing: now_playing::NowPlayingCache::default(),
            stops: stops::StopLog::new(Arc::clone(&documents)),
            meters: meters::Meters::in_region(recorder.region()),
            recorder,
            documents,
            manifests: manifests::Manifests::new(segments.clone()),
            segments,
            tombstones,
            clock,
        }
    }

    /// Tells of what was sent for sessions whose heartbeats go to other nodes, for as long as it is asked to.
    ///
    /// # Errors
    /// Never.
    pub async fn tell_of_deliveries(self: Arc<Self>) -> Result<(), String> {
        loop {
            tokio::time::sleep(meters::TOLD_AFTER).await;
            self.tell_of_delivered();
        }
    }

    /// Tells of all that was sent and is not told of yet.
    pub fn tell_of_delivered(&self) {
        for meters::Use { kind, profile, account } in self.meters.drain() {
            self.recorder.record(kind, Some(&profile), account.as_ref());
        }
    }

    /// What a profile keeps is another, or whose is not known.
    pub fn changed(&self, whose: Affected<'_>) {
        self.begun.told(whose);
    }
}

#[async_trait]
impl Service for Playback {
    fn name(&self) -> &'static str {
        "playback"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, StartPlayback, start);
        answer!(mount, self, SaveProgress, save_progress);
        answer!(mount, self, StopPlayback, stop);
        answer!(mount, self, ListStreams, list_streams);
        answer!(mount, self, StopStream, stop_stream);
        answer!(mount, self, ListPlaying, list_playing);
        answer!(mount, self, StopPlaying, stop_playing);
        answer!(mount, self, ListPlayingStops, list_playing_stops);
        answer!(mount, self, ListContinueWatching, list_continue_watching);
        answer!(mount, self, GetProgress, get_progress);
        answer!(mount, self, SetProgress, set_progress);
        answer!(mount, self, ForgetProgress, forget_progress);
        mount.call(|context, _: GetDevice| async move { Ok(v1::get_device(&context)) });
    }

    fn feeds(&self) -> Vec<Feed> {
        vec![feed::FEED]
    }

    fn routes(self: Arc<Self>) -> Router {
        // Everything below `/media` comes here, also what names no grant: it is refused, not passed on.
        Router::new()
            .route("/media/{*below}", get(move |request| async move { self.media(request).await }))
            .method_not_allowed_fallback(async || problem_response(Problem::new(Code::MethodNotAllowed)))
    }

    async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        // Sessions first: they are what writes the rest.
        for session in self.sessions.forget(profile).await? {
            if let (Some(place), Some(holder)) = (&session.place, &session.holder) {
                self.streams.give_back(place, holder).await?;
            }
        }
        self.progress.forget_all(profile).await?;
        self.begun.forget(profile);
        // A guest's; a member's places and minutes are the account's.
        self.streams.forget(profile.as_str()).await?;
        self.minutes.forget(profile.as_str()).await
    }

    async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.streams.forget(account.as_str()).await?;
        self.stops.forget_account(account).await?;
        self.minutes.forget(account.as_str()).await
    }

    async fn export(&self, profile: &ProfileId) -> Result<Exported, StoreError> {
        let (documents, whose, mut kept) = (&*self.documents, profile.as_str(), Exported::new());
        exporting::found(documents, &mut kept, &record::PROGRESS, (record::OF_PROFILE, whose)).await?;
        exporting::found(documents, &mut kept, &record::FORGOTTEN, (record::OF_PROFILE, whose)).await?;
        let playing = self.sessions.of_profile(profile).await?;
        if !playing.is_empty() {
            // Without its id, which is the right to speak for it.
            let told = |session: &record::SessionRecord| json!({ "title": session.title, "position": session.position });
            kept.insert("playing".to_owned(), playing.iter().map(told).collect());
        }
        Ok(kept)
    }

    async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
        let (whose, mut kept) = (account.as_str(), Exported::new());
        let either = [record::STOPS_BY_ACCOUNT, record::STOPS_BY_OPERATOR];
        exporting::notes(&*self.documents, &mut kept, &record::STOPS, (either, whose)).await?;
        if let Some((day, played_millis)) = self.minutes.kept(whose).await? {
            kept.insert("viewing_minutes".to_owned(), json!([{ "day": day, "played_millis": played_millis }]));
        }
        Ok(kept)
    }

    async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        for session in self.sessions.end_title(title).await? {
            if let (Some(place), Some(holder)) = (&session.place, &session.holder) {
                self.streams.give_back(place, holder).await?;
            }
        }
        self.progress.forget_title(title).await
    }

    async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        self.progress.merge(from, into).await?;
        self.begun.forget(into);
        Ok(())
    }

    async fn date_guests(&self) -> Result<u64, StoreError> {
        self.progress.date_guests(&*self.tombstones).await
    }

    async fn expire_guests(&self, before: u64) -> Result<u64, StoreError> {
        self.progress.expire_guests(before).await
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&record::PROGRESS, &record::FORGOTTEN, &record::STOPS];
