//! Who wants to be left out: what they do counts, as nobody's.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use contract::ids::ProfileId;
use moka::sync::Cache;
use storage::{
    StoreError,
    documents::{Change, Documents, Expect, parse, read, update},
};

use super::record::{CHOICES, ChoiceRecord};

/// How long a choice that was made on another node goes unnoticed.
const SEEN_FOR: Duration = Duration::from_secs(30);
const SEEN_AT_MOST: u64 = 100_000;

/// Cheap to clone.
#[derive(Clone)]
pub struct Choices {
    store: Arc<dyn Documents>,
    seen: Cache<ProfileId, bool>,
}

impl Choices {
    pub fn new(store: Arc<dyn Documents>) -> Self {
        Self { store, seen: Cache::builder().max_capacity(SEEN_AT_MOST).time_to_live(SEEN_FOR).build() }
    }

    /// Which of these want to be left out.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is known of any.
    pub async fn left_out(&self, profiles: BTreeSet<ProfileId>) -> Result<HashSet<ProfileId>, StoreError> {
        let (mut left_out, mut unknown) = (HashSet::new(), Vec::new());
        for profile in profiles {
            match self.seen.get(&profile) {
                Some(true) => drop(left_out.insert(profile)),
                Some(false) => {}
                None => unknown.push(profile),
            }
        }
        for some in unknown.chunks(1000) {
            let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
            let found = self.store.get_many(&CHOICES, &ids).await?;
            // One that cannot be read was made by somebody who chose something.
            let wants =
                found.into_iter().filter(|document| parse::<ChoiceRecord>(document).map_or(true, |choice| choice.is_left_out));
            let wants: HashSet<String> = wants.map(|document| document.id).collect();
            for profile in some {
                let wants = wants.contains(profile.as_str());
                self.seen.insert(profile.clone(), wants);
                if wants {
                    left_out.insert(profile.clone());
                }
            }
        }
        Ok(left_out)
    }

    /// What a profile chose.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        let stored = read::<ChoiceRecord>(&*self.store, &CHOICES, profile.as_str()).await?;
        Ok(stored.is_some_and(|(choice, _)| choice.is_left_out))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn put(&self, profile: &ProfileId, is_left_out: bool) -> Result<(), StoreError> {
        let written = update(&*self.store, &CHOICES, profile.as_str(), |stored: Option<ChoiceRecord>| {
            Ok::<_, StoreError>(Change::Put(ChoiceRecord { is_left_out, ..stored.unwrap_or_default() }))
        });
        written.await?;
        self.seen.invalidate(profile);
        Ok(())
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.store.delete(&CHOICES, profile.as_str(), Expect::Anything).await?;
        self.seen.invalidate(profile);
        Ok(())
    }
}
