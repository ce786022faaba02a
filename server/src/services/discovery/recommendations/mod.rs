//! Recommendations: rows of one profile's own, what is like a title for it, and what it does not want.
//!
//! Owns the documents `recommendation_settings`, `hidden_recommendations`, `imported_histories` and `recommendation_state`, and the
//! objects below `models`. A model holds titles alone: what a profile wants is solved from its history when it asks ([`recommender`]).
//! Must never learn from a profile with an age limit, one that switched recommendations off, or one whose plan lacks them; nor
//! recommend what is above the age of whoever asks: every title that is told came from the catalogue for this viewer.

mod feeds;
mod hidden;
pub mod import;
mod known;
mod picks;
mod record;
mod rows;
mod stored;
#[cfg(test)]
mod tests;
mod training;
mod variety;

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use contract::{
    Problem,
    discovery::{
        GetMyRows, GetRecommendationSettings, HideRecommendation, ListHidden, ListRelatedTitles, ListUnwantedTitles,
        RecommendationSettings, ReplaceRecommendationSettings, RestoreRecommendation,
    },
    ids::{AccountId, ProfileId, TitleId},
};
use moka::sync::Cache;
use recommender::Model;
use runtime::clock::Clock;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Document, Documents, Expect, Write, read, update},
    keyvalue::KeyValue,
    objects::Objects,
};

use self::{
    picks::{KeptPicks, kept_picks},
    record::{BY_GUEST, HIDDEN, HIDDEN_OF_PROFILE, IMPORTED, SETTINGS, STATE, SettingsRecord},
};
use crate::{
    context::{RequestContext, Viewer},
    mount::Mount,
    services::{
        Service, answer,
        exporting::{self, Exported},
        fair_queue::FairQueue,
        feeds::{Affected, Feed},
        interactions::Sources,
        keepers::{self, Tombstones, check_life},
    },
};

/// Titles whose likes are remembered.
const REMEMBERED: u64 = 10_000;
/// Pages of long histories that are read on this node at once, and readings of one profile that wait for that.
const PAGES_AT_ONCE: usize = 2;
const READINGS: usize = 64;

/// What recommendations are made of.
pub struct Dependencies {
    pub documents: Arc<dyn Documents>,
    pub keyvalue: Arc<dyn KeyValue>,
    pub objects: Objects,
    pub sources: Sources,
    pub tombstones: Arc<dyn Tombstones>,
    pub clock: Clock,
}

/// The model that answers, and the object that it came from.
struct Loaded {
    object: Option<String>,
    model: Arc<Model>,
}

/// The service.
pub struct Recommendations {
    documents: Arc<dyn Documents>,
    keyvalue: Arc<dyn KeyValue>,
    objects: Objects,
    sources: Sources,
    tombstones: Arc<dyn Tombstones>,
    clock: Clock,
    loaded: RwLock<Loaded>,
    picks: KeptPicks,
    /// What is like a title, by the model's time.
    related: Cache<(u64, TitleId), Arc<[TitleId]>>,
    /// Whose history is longer than a page reads the rest in turns with others, a page each.
    long_histories: FairQueue<ProfileId>,
}

impl Recommendations {
    pub fn new(dependencies: Dependencies) -> Self {
        let Dependencies { documents, keyvalue, objects, sources, tombstones, clock } = dependencies;
        let loaded = RwLock::new(Loaded { object: None, model: Arc::new(Model::empty()) });
        let related = Cache::new(REMEMBERED);
        let (picks, long_histories) = (kept_picks(), FairQueue::new(PAGES_AT_ONCE, READINGS));
        Self { documents, keyvalue, objects, sources, tombstones, clock, loaded, picks, related, long_histories }
    }

    /// What a profile keeps is another, or whose is not known.
    pub fn changed(&self, whose: Affected<'_>) {
        self.picks.told(whose);
    }

    /// Whether the next answer to a profile is of what was picked before.
    pub fn has_picks(&self, profile: &ProfileId) -> bool {
        self.picks.get(profile).is_some()
    }

    /// The model that answers now.
    fn model(&self) -> Arc<Model> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner).model)
    }

    /// Whether the viewer wants recommendations.
    async fn is_on(&self, viewer: &Viewer) -> Result<bool, StoreError> {
        if viewer.is_new {
            return Ok(true);
        }
        Ok(self.wanted(&viewer.profile).await?.unwrap_or(true))
    }

    /// Whether a profile wants recommendations, where it has said so.
    async fn wanted(&self, profile: &ProfileId) -> Result<Option<bool>, StoreError> {
        match read::<SettingsRecord>(&*self.documents, &SETTINGS, profile.as_str()).await {
            Ok(stored) => Ok(stored.map(|(stored, _)| stored.is_on)),
            // Who may have wanted none gets none, and says anew what they want.
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "what a profile wants of recommendations cannot be read");
                Ok(Some(false))
            }
            Err(error) => Err(error),
        }
    }

    async fn get_settings(
        &self,
        context: RequestContext,
        _: GetRecommendationSettings,
    ) -> Result<RecommendationSettings, Problem> {
        Ok(RecommendationSettings { is_on: self.is_on(&context.viewer).await? })
    }

    async fn replace_settings(&self, context: RequestContext, call: ReplaceRecommendationSettings) -> Result<(), Problem> {
        let viewer = &context.viewer;
        self.check_life(viewer).await?;
        let guest_updated = viewer.member.is_none().then(|| self.clock.millis());
        let mut was_on = true;
        let replaced = update(&*self.documents, &SETTINGS, viewer.profile.as_str(), |stored: Option<SettingsRecord>| {
            was_on = stored.as_ref().is_none_or(|stored| stored.is_on);
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok::<_, StoreError>(Change::Put(SettingsRecord { is_on: call.is_on, guest_updated, unknown }))
        });
        match replaced.await {
            Err(StoreError::Corrupt { .. }) => self.put_settings(viewer, call.is_on, guest_updated).await?,
            other => drop(other?),
        }
        self.picks.forget(&viewer.profile);
        // Nothing is learnt from guests. Where the note is lost, the next model is without them all the same.
        if was_on && !call.is_on && viewer.member.is_some() {
            self.note_withdrawal().await?;
        }
        Ok(())
    }

    /// In the place of what cannot be read.
    async fn put_settings(&self, viewer: &Viewer, is_on: bool, guest_updated: Option<u64>) -> Result<(), StoreError> {
        let id = viewer.profile.to_string();
        let record = SettingsRecord { is_on, guest_updated, unknown: Map::new() };
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(&id, error))?;
        self.documents.put(&SETTINGS, Write { id, body, expect: Expect::Anything }).await.map(drop)
    }

    /// Nothing is kept for a profile that is gone.
    async fn check_life(&self, viewer: &Viewer) -> Result<(), Problem> {
        check_life(&*self.tombstones, &viewer.profile).await
    }
}

#[async_trait]
impl Service for Recommendations {
    fn name(&self) -> &'static str {
        "discovery"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetMyRows, get_my_rows);
        answer!(mount, self, ListRelatedTitles, list_related);
        answer!(mount, self, HideRecommendation, hide);
        answer!(mount, self, RestoreRecommendation, restore);
        answer!(mount, self, ListHidden, list_hidden);
        answer!(mount, self, ListUnwantedTitles, list_unwanted);
        answer!(mount, self, GetRecommendationSettings, get_settings);
        answer!(mount, self, ReplaceRecommendationSettings, replace_settings);
    }

    fn feeds(&self) -> Vec<Feed> {
        feeds::FEEDS.to_vec()
    }

    async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.forget_hidden(profile).await?;
        self.documents.delete(&SETTINGS, profile.as_str(), Expect::Anything).await?;
        self.picks.forget(profile);
        self.make_due().await
    }

    async fn export(&self, profile: &ProfileId) -> Result<Exported, StoreError> {
        let (documents, whose, mut kept) = (&*self.documents, profile.as_str(), Exported::new());
        exporting::found(documents, &mut kept, &HIDDEN, (HIDDEN_OF_PROFILE, whose)).await?;
        exporting::one(documents, &mut kept, &SETTINGS, whose).await?;
        Ok(kept)
    }

    async fn forget_account(&self, _: &AccountId) -> Result<(), StoreError> {
        // What is popular counts accounts.
        self.make_due().await
    }

    async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        self.forget_hidden_title(title).await?;
        self.forget_imported_title(title).await?;
        self.make_due().await
    }

    async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        self.merge_hidden(from, into).await?;
        if let Some(is_on) = self.wanted(from).await? {
            let merged = update(&*self.documents, &SETTINGS, into.as_str(), |stored: Option<SettingsRecord>| {
                let taken = SettingsRecord { is_on, guest_updated: None, unknown: Map::new() };
                Ok::<_, StoreError>(if stored.is_none() { Change::Put(taken) } else { Change::Keep })
            });
            match merged.await {
                // What cannot be read stays until it is said anew.
                Ok(_) | Err(StoreError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.documents.delete(&SETTINGS, from.as_str(), Expect::Anything).await?;
        self.picks.forget(into);
        Ok(())
    }

    async fn date_guests(&self) -> Result<u64, StoreError> {
        let whose = |document: &Document| document.id.parse().ok();
        keepers::date_guests(&*self.documents, &SETTINGS, &*self.tombstones, whose, self.clock.millis()).await
    }

    async fn expire_guests(&self, before: u64) -> Result<u64, StoreError> {
        let field = (BY_GUEST, keepers::GUEST_UPDATED);
        let hidden = keepers::expire(&*self.documents, &HIDDEN, field, before).await?;
        Ok(hidden + keepers::expire(&*self.documents, &SETTINGS, field, before).await?)
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&SETTINGS, &HIDDEN, &IMPORTED, &STATE];
