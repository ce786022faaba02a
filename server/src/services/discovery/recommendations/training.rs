//! Trains the model beside requests: at the start, and then when enough has changed, by one node at a time.
//!
//! Everything is read in one pass of each kind, a page at a time. Must never train more often than every ten minutes, nor on a thread that
//! answers.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use contract::ids::{ProfileId, TitleId};
use recommender::{
    content::{About, Contents},
    dataset::Builder,
    train::{Catalogue, Parts, Settings, train},
};
use runtime::{
    priority::{Work, run_beside},
    spare::processors,
    supervise,
};
use storage::{StoreError, documents::PAGE_LIMIT, keyvalue::Expect};

use super::{
    Recommendations,
    record::{IMPORTED, ImportedRecord, SETTINGS, SettingsRecord, StateRecord},
    stored::Load,
};
use crate::services::interactions::{AboutTitle, Act, Interaction};

/// How often it is looked whether there is another model, or one is to be trained.
const LOOK: Duration = Duration::from_secs(10);
/// The least time from one training to the next, in milliseconds.
const LEAST_PAUSE: u64 = 10 * 60 * 1000;
/// After this long the current model is replaced by one without those who wanted to be learnt from no more, in milliseconds. Within the hour
/// is what viewers are told, and training takes some minutes of it at most; switched off and on again and again, it trains no oftener.
const WITHDRAWN: u64 = 50 * 60 * 1000;
/// After this long a single change is enough, in milliseconds.
const STALE: u64 = 24 * 60 * 60 * 1000;
/// Changes that are enough before that: so many, and one in a hundred.
const ENOUGH: u64 = 20;
/// Who trains, while they do.
const LEASE: &str = "discovery/training";
const LEASED_FOR: Duration = Duration::from_secs(15 * 60);
/// What is watched lately, in milliseconds: two weeks.
const LATELY: u64 = 14 * 24 * 60 * 60 * 1000;
/// Accounts that make something popular.
const ACCOUNTS: usize = 3;
/// Popular titles that a model has.
const POPULAR: usize = 100;

/// What a model is trained on.
struct Material {
    builder: Builder,
    contents: Contents,
    added: Vec<u64>,
    popular: Vec<u32>,
    /// Interactions, and titles.
    counted: (u64, u64),
}

impl Recommendations {
    /// Loads and trains for as long as the server runs.
    ///
    /// # Errors
    /// Never; as [`supervise::look`].
    pub async fn run(self: Arc<Self>) -> Result<(), String> {
        supervise::look(LOOK, "what is recommended is learnt a little later", || async { self.look().await.map(|()| 0) }).await
    }

    /// Loads the current model, and trains another where one is due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look(&self) -> Result<(), StoreError> {
        let state = self.state().await?;
        let loaded = self.load(&state).await?;
        if !self.is_due(&state, loaded).await? {
            return Ok(());
        }
        let lease = match self.keyvalue.put(LEASE, Bytes::new(), Expect::Absent, Some(LEASED_FOR)).await {
            Ok(lease) => lease,
            // Another node is at it.
            Err(StoreError::Conflict { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let trained = self.train_from(&state).await;
        match self.keyvalue.delete(LEASE, Expect::Version(lease)).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => tracing::warn!(%error, "the lease of training is left to run out"),
        }
        trained
    }

    async fn is_due(&self, state: &StateRecord, loaded: Load) -> Result<bool, StoreError> {
        if loaded == Load::Unusable {
            return Ok(true);
        }
        if state.object.is_none() {
            // Of nobody nothing is learnt: a new installation has nothing to do here when it starts.
            let (interactions, _) = self.count().await?;
            return Ok(interactions > 0);
        }
        // One that was trained at a time that is yet to come has a clock that was wrong.
        let Some(age) = self.clock.millis().checked_sub(state.trained) else { return Ok(true) };
        if age < LEAST_PAUSE {
            return Ok(false);
        }
        if state.k_anonymous != state.object {
            return Ok(true);
        }
        if state.removals > state.removals_seen || (state.withdrawals > state.withdrawals_seen && age >= WITHDRAWN) {
            return Ok(true);
        }
        let (interactions, titles) = self.count().await?;
        let changed = interactions.abs_diff(state.counted);
        Ok(titles != state.titles || changed > ENOUGH.max(state.counted / 100) || (age >= STALE && changed > 0))
    }

    /// Interactions and titles.
    async fn count(&self) -> Result<(u64, u64), StoreError> {
        let mut count = self.documents.count(&IMPORTED).await?;
        for source in self.sources.interactions.iter() {
            count += source.count().await?;
        }
        Ok((count, self.sources.titles.count().await?))
    }

    async fn train_from(&self, state: &StateRecord) -> Result<(), StoreError> {
        let Material { builder, contents, added, popular, counted } = self.gather().await?;
        let (events, trained) = (builder.len(), self.clock.millis());
        let work = move || {
            let settings = Settings { threads: processors(), ..Settings::default() };
            let (data, catalogue) = (builder.finish(), Catalogue { contents, added, popular });
            let learnt = train(&data, &catalogue, &settings);
            let (model, _) = learnt.model(&data, &catalogue, Parts::All, trained).map_err(|error| error.to_string())?;
            let bytes = model.to_bytes().map_err(|error| error.to_string())?;
            Ok::<_, String>((model, bytes))
        };
        let made = run_beside(Work::Later, work).await.map_err(|error| error.to_string());
        let (model, bytes) = made.and_then(|made| made).map_err(|reason| StoreError::Unavailable { reason })?;
        if let Some(object) = self.replace(state, counted, bytes).await? {
            tracing::info!(events, titles = model.len(), "recommendations are of a new model");
            self.answer_from(&object, model);
        }
        Ok(())
    }

    /// Reads everything that a model is trained on.
    async fn gather(&self) -> Result<Material, StoreError> {
        let counted = self.count().await?;
        let (mut builder, mut contents, mut added) = (Builder::default(), Contents::new(), Vec::new());
        let mut after = None::<String>;
        loop {
            let (titles, next) = self.sources.titles.titles(after.as_deref()).await?;
            for title in titles {
                let is_new = builder.titles().get(title.id.as_str()).is_none();
                if is_new && builder.title(title.id.as_str()).is_ok() {
                    let AboutTitle { genres, people, synopsis, score, .. } = &title;
                    let score = score.map(|per_cent| f32::from(per_cent) / 100.0);
                    contents.push(&About { genres, people, synopsis, score });
                    added.push(title.added / 1000);
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let accounts = self.accounts().await?;
        let mut watched: HashMap<u32, HashSet<u32>> = HashMap::new();
        let since = self.clock.millis().saturating_sub(LATELY);
        let mut is_full = false;
        for source in self.sources.interactions.iter() {
            let mut after = None::<String>;
            loop {
                let (some, next) = source.interactions(after.as_deref()).await?;
                for Interaction { profile, title, instant, weight, act } in some {
                    let (Some(account), Some(number)) = (accounts.get(&profile), builder.titles().get(title.as_str())) else {
                        continue;
                    };
                    if act == Act::Watched && instant >= since && weight > 0.0 {
                        watched.entry(number).or_default().insert(*account);
                    }
                    is_full |= builder.event(profile.as_str(), title.as_str(), instant, weight).is_err();
                }
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        accounts.iter().for_each(|(profile, account)| builder.belongs(profile.as_str(), *account));
        is_full |= self.gather_imported(&mut builder).await?;
        if is_full {
            tracing::warn!(events = builder.len(), "there are more histories than recommendations are learnt from");
        }
        Ok(Material { builder, contents, added, popular: popular(watched), counted })
    }

    /// Whom it is learnt from, with a number for each account.
    async fn accounts(&self) -> Result<HashMap<ProfileId, u32>, StoreError> {
        let off = self.switched_off().await?;
        let (mut accounts, mut numbers, mut after) = (HashMap::new(), HashMap::new(), None::<String>);
        loop {
            let (viewers, next) = self.sources.viewers.viewers(after.as_deref()).await?;
            for viewer in viewers.into_iter().filter(|viewer| viewer.is_learnt_from && !off.contains(viewer.profile.as_str())) {
                let fresh = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                let number = *numbers.entry(viewer.account).or_insert(fresh);
                accounts.insert(viewer.profile, number);
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(accounts),
            }
        }
    }

    /// The profiles that want no recommendations. What cannot be read is one.
    async fn switched_off(&self) -> Result<HashSet<String>, StoreError> {
        let (mut off, mut after) = (HashSet::new(), None::<String>);
        loop {
            let page = self.documents.list(&SETTINGS, after.as_deref(), PAGE_LIMIT).await?;
            for document in page.documents {
                if !serde_json::from_value::<SettingsRecord>(document.body).is_ok_and(|settings| settings.is_on) {
                    off.insert(document.id);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(off),
            }
        }
    }

    /// Adds the histories of strangers; whether there was too little room.
    async fn gather_imported(&self, builder: &mut Builder) -> Result<bool, StoreError> {
        let (mut is_full, mut after) = (false, None::<String>);
        loop {
            let page = self.documents.list(&IMPORTED, after.as_deref(), PAGE_LIMIT).await?;
            for document in page.documents {
                let Ok(record) = serde_json::from_value::<ImportedRecord>(document.body) else { continue };
                // No profile's id has a slash.
                let stranger = format!("imported/{}", document.id);
                for event in record.events {
                    if builder.titles().get(event.title.as_str()).is_some() {
                        is_full |= builder.event(&stranger, event.title.as_str(), event.instant, event.weight).is_err();
                    }
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(is_full),
            }
        }
    }

    /// Takes a title out of the histories of strangers.
    pub(super) async fn forget_imported_title(&self, title: &TitleId) -> Result<(), StoreError> {
        super::import::forget_title(&*self.documents, title).await
    }
}

/// What enough accounts watched lately, what most did first.
fn popular(watched: HashMap<u32, HashSet<u32>>) -> Vec<u32> {
    let mut popular: Vec<(usize, u32)> = watched
        .into_iter()
        .map(|(title, accounts)| (accounts.len(), title))
        .filter(|(accounts, _)| *accounts >= ACCOUNTS)
        .collect();
    popular.sort_unstable_by_key(|(accounts, title)| (std::cmp::Reverse(*accounts), *title));
    popular.into_iter().take(POPULAR).map(|(_, title)| title).collect()
}
