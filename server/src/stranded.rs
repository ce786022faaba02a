//! Films that lie in an object store which is not there: one that the config does not name, or a folder whose disk is not
//! mounted.
//!
//! Those of a store that is not named nobody can watch, and nothing else fails: they are counted beside requests from the start
//! on, and told in the log and in `/readyz` under the setting's name. A folder that is missing, or has neither a marker nor films,
//! is made at a start only where no film is to lie in it. Must never hold more than a page of placements.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use media::placement::Placements;
use runtime::clock::Clock;
use storage::{
    OpenError, StorageUrls, StoreError, Stores, begin,
    events::Events,
    objects::{Objects, StoreRole, VideoStores},
    open_found,
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

/// Opens every store. A folder of objects that is missing, or has neither a marker nor films, is made, unless films lie in it by
/// their placements: then its disk is not mounted, and it is away until it is.
///
/// # Errors
/// [`OpenError`].
pub async fn open_mounted(urls: &StorageUrls, events: &Events) -> Result<Stores, OpenError> {
    let stores = open_found(urls, events).await?;
    let placements = Placements::new(Arc::clone(&stores.documents), Clock::default());
    for role in StoreRole::ALL {
        let objects = match role {
            StoreRole::PerView => Some(&stores.objects),
            StoreRole::Flat => stores.flat_objects.as_ref(),
        };
        if !objects.is_some_and(Objects::is_to_be_begun) {
            continue;
        }
        let setting = role.setting();
        match lying_in(&placements, role).await {
            Ok(0) => begin(urls, &stores, role)?,
            Ok(titles) => {
                let words =
                    "the folder is missing or has no films, and films are to be in it: is its disk mounted? It is not made anew";
                tracing::error!(setting, titles, "{words}");
            }
            Err(error) => {
                tracing::error!(setting, %error, "a folder that is missing or has no films is not made, because films may have to be in it");
            }
        }
    }
    Ok(stores)
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
    use serde_json::json;
    use storage::{
        documents::{Expect, Write},
        objects::MARKER,
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

    #[tokio::test]
    async fn a_folder_that_is_missing_or_empty_is_made_at_a_start_only_where_no_film_lies_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (media, flat) = (folder.path().join("media"), folder.path().join("flat"));
        let urls = StorageUrls { flat_objects: Some(format!("file:{}", flat.display())), ..StorageUrls::embedded(folder.path()) };
        let start = async || open_mounted(&urls, &Events::default()).await.unwrap();
        let stores = start().await;
        stores.objects.answers().await.unwrap();
        stores.flat_objects.as_ref().unwrap().answers().await.unwrap();
        let body = json!({ "current": { "generation": "", "content": "a", "store": "flat" } });
        let write = Write { id: "title-1".to_owned(), body, expect: Expect::Absent };
        stores.documents.put(&media::placement::PLACEMENTS, write).await.unwrap();
        drop(stores);

        // Neither disk is mounted; films lie on the second one.
        std::fs::remove_dir_all(&media).unwrap();
        std::fs::remove_dir_all(&flat).unwrap();
        for is_there in [false, true] {
            if is_there {
                std::fs::create_dir(&flat).unwrap();
                std::fs::write(flat.join("NOT-MOUNTED.txt"), "").unwrap();
            }
            let stores = start().await;
            stores.objects.answers().await.unwrap();
            let away = stores.flat_objects.unwrap().answers().await.unwrap_err().to_string();
            assert!(away.contains("is its disk mounted?"), "{away}");
            assert!(media.join(MARKER).exists() && flat.exists() == is_there && !flat.join(MARKER).exists());
        }
        // It is used as soon as it is mounted.
        let flat_objects = start().await.flat_objects.unwrap();
        std::fs::create_dir(flat.join("media")).unwrap();
        flat_objects.answers().await.unwrap();
    }
    #[tokio::test]
    async fn disks_that_are_mounted_in_each_others_place_are_away_until_they_are_mounted_right_and_keep_nothing_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let [media, flat, swap] = ["media", "flat", "swap"].map(|name| folder.path().join(name));
        let urls = StorageUrls { flat_objects: Some(format!("file:{}", flat.display())), ..StorageUrls::embedded(folder.path()) };
        let outcomes = async || {
            let stores = open_mounted(&urls, &Events::default()).await.unwrap();
            [stores.objects.answers().await, stores.flat_objects.unwrap().answers().await]
                .map(|answer| answer.map_err(|e| e.to_string()))
        };
        let swapping = || {
            for (from, to) in [(&media, &swap), (&flat, &media), (&swap, &flat)] {
                std::fs::rename(from, to).unwrap();
            }
        };
        assert_eq!(outcomes().await, [Ok(()), Ok(())]);
        swapping();
        for away in outcomes().await {
            let words = away.unwrap_err();
            assert!(words.contains("are disks mounted in each other's place?"), "{words}");
        }
        swapping();
        assert_eq!(outcomes().await, [Ok(()), Ok(())]);
    }
}
