//! Films that lie in an object store which the config does not name: nobody can watch them, and nothing else fails.
//!
//! Counted beside requests from the start on, and told in the log and in `/readyz` under the setting's name. Must never hold more
//! than a page of placements.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use media::placement::Placements;
use storage::{
    StoreError,
    objects::{StoreRole, VideoStores},
};

use crate::gateway::health::Check;

/// Placements that are read at a time.
const PAGE: u32 = 500;
/// How long until they are counted again: after some were found, and after a store failed.
const AGAIN: Duration = Duration::from_secs(5 * 60);
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How many titles' films lie in a store.
///
/// # Errors
/// [`StoreError`].
pub async fn lying_in(placements: &Placements, role: StoreRole) -> Result<u64, StoreError> {
    let (mut found, mut after) = (0, None);
    loop {
        let page = placements.list(after.as_deref(), PAGE).await?;
        found += page.placed.iter().map(|placed| u64::from(placed.store == role)).sum::<u64>();
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// The films of the store that is not named. Cheap to clone.
#[derive(Clone)]
pub struct Stranded {
    placements: Placements,
    role: StoreRole,
    titles: Arc<AtomicU64>,
}

impl Stranded {
    /// Nothing where the config names every store.
    pub fn of(stores: &VideoStores, placements: &Placements) -> Option<Self> {
        let role = StoreRole::ALL.into_iter().find(|role| !stores.has(*role))?;
        Some(Self { placements: placements.clone(), role, titles: Arc::default() })
    }

    /// Counts them until there are none. Others may put some there meanwhile, whose config names the store: what is played of
    /// those says so by itself.
    ///
    /// # Errors
    /// Never; it has the form of what is supervised.
    pub async fn run(self) -> Result<(), String> {
        loop {
            let pause = match self.count().await {
                Ok(0) => return Ok(()),
                Ok(_) => AGAIN,
                Err(error) => {
                    tracing::debug!(%error, "whether films lie in a store that is not named is looked for a little later");
                    AFTER_FAILURE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let titles = lying_in(&self.placements, self.role).await?;
        if self.titles.swap(titles, Ordering::Relaxed) == 0 && titles > 0 {
            tracing::error!(titles, "{}", in_words(titles, self.role));
        }
        Ok(titles)
    }
}

#[async_trait]
impl Check for Stranded {
    fn name(&self) -> &'static str {
        self.role.setting()
    }

    /// It is no store of this installation unless something lies there.
    fn is_named_when_well(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        match self.titles.load(Ordering::Relaxed) {
            0 => Ok(()),
            titles => Err(in_words(titles, self.role)),
        }
    }
}

fn in_words(titles: u64, role: StoreRole) -> String {
    format!(
        "the films of {titles} titles lie in storage.{}, which the config does not name: they cannot be watched",
        role.setting()
    )
}

#[cfg(test)]
mod tests {
    use runtime::clock::Clock;
    use serde_json::json;
    use storage::{
        StorageUrls,
        documents::{Expect, Write},
        events::Events,
        open,
    };

    use super::*;

    #[tokio::test]
    async fn films_of_a_store_that_is_not_named_are_counted_over_all_pages_and_told_until_they_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
        let stranded = Stranded::of(&stores.video(), &placements).unwrap();
        assert_eq!((stranded.name(), stranded.count().await.unwrap()), ("flat_objects", 0));
        assert_eq!(stranded.check().await, Ok(()));
        let place = |n: u32| {
            let store = if n % 600 == 599 { "flat" } else { "per_view" };
            let body = json!({ "current": { "generation": "", "content": "a", "store": store } });
            Write { id: format!("title-{n:06}"), body, expect: Expect::Absent }
        };
        let written = stores.documents.put_many(&media::placement::PLACEMENTS, (0..1200).map(place).collect()).await.unwrap();
        assert!(written.iter().all(Result::is_ok));
        assert_eq!(stranded.count().await.unwrap(), 2);
        let told = stranded.check().await.unwrap_err();
        assert!(told.contains("2 titles") && told.contains("storage.flat_objects"), "{told}");
        for n in [599, 1199] {
            let id = format!("title-{n:06}");
            stores.documents.delete(&media::placement::PLACEMENTS, &id, Expect::Anything).await.unwrap();
        }
        stranded.clone().run().await.unwrap();
        assert_eq!(stranded.check().await, Ok(()));
        // Where both are named there is nothing to count.
        let both = VideoStores { flat: Some(stores.objects.clone()), ..stores.video() };
        assert!(Stranded::of(&both, &placements).is_none());
    }
}
