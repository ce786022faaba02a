//! What requests need: the stores; and the clock, by which things are deleted and decided beside them.
//!
//! Asks each for something that is cheap, touches nothing, and is never answered from memory.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use storage::{
    Stores, disk,
    documents::{Collection, Documents},
    keyvalue::KeyValue,
    objects::{ObjectKey, Objects, StoreRole},
};
use vault::Vault;

use crate::{config::Config, gateway::health::Check, services::catalog::Catalog, stranded::Stranded, trusted_time::TrustedTime};

/// A check for each store, for what is derived from them, and for the clock; `stranded`: for the store that the config does not name.
pub fn checks(
    stores: &Stores,
    vault: &Arc<Vault>,
    catalog: &Arc<Catalog>,
    config: &Config,
    (stranded, time): (Option<&Stranded>, &TrustedTime),
) -> Vec<Box<dyn Check>> {
    let mut checks: Vec<Box<dyn Check>> = vec![
        Box::new(Catalogue(Arc::clone(&stores.documents))),
        Box::new(Sessions(Arc::clone(&stores.keyvalue))),
        Box::new(Films(StoreRole::PerView, stores.objects.clone())),
        Box::new(Credentials(Arc::clone(vault))),
        Box::new(Search(Arc::clone(catalog))),
        Box::new(Room(config.data.clone())),
        Box::new(Time(time.clone())),
    ];
    if let Some(flat) = &stores.flat_objects {
        checks.push(Box::new(Films(StoreRole::Flat, flat.clone())));
    }
    if let Some(stranded) = stranded {
        checks.push(Box::new(stranded.clone()));
    }
    checks
}

/// Nothing is ever in it.
static PROBE: Collection = Collection::declared("probe", &[]);

struct Catalogue(Arc<dyn Documents>);

#[async_trait]
impl Check for Catalogue {
    fn name(&self) -> &'static str {
        "documents"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.list(&PROBE, None, 1).await.map(drop).map_err(|error| error.to_string())
    }
}

struct Credentials(Arc<Vault>);

#[async_trait]
impl Check for Credentials {
    fn name(&self) -> &'static str {
        "vault"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.answers().await.map_err(|error| error.to_string())
    }
}

struct Sessions(Arc<dyn KeyValue>);

#[async_trait]
impl Check for Sessions {
    fn name(&self) -> &'static str {
        "keyvalue"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.scan("ready", None, 1).await.map(drop).map_err(|error| error.to_string())
    }
}

struct Films(StoreRole, Objects);

#[async_trait]
impl Check for Films {
    fn name(&self) -> &'static str {
        self.0.setting()
    }

    async fn check(&self) -> Result<(), String> {
        // The start does not wait for the second store: whether there is such a bucket is found out here, by a request that some
        // stores take more for. A directory says itself why it is away.
        if self.0 == StoreRole::Flat || self.1.is_directory() {
            return self.1.answers().await.map_err(|error| error.to_string());
        }
        let nothing = "probe".parse().ok().and_then(|title| ObjectKey::artwork(&title, &["probe"]).ok());
        let Some(nothing) = nothing else { return Ok(()) };
        self.1.head(&nothing).await.map(drop).map_err(|error| error.to_string())
    }
}

struct Search(Arc<Catalog>);

#[async_trait]
impl Check for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    async fn check(&self) -> Result<(), String> {
        let catalog = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || catalog.search_trouble()).await {
            Ok(None) => Ok(()),
            Ok(Some(trouble)) => Err(trouble),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Of the data folder.
struct Room(PathBuf);

#[async_trait]
impl Check for Room {
    fn name(&self) -> &'static str {
        "disk"
    }

    async fn check(&self) -> Result<(), String> {
        let folder = self.0.clone();
        match tokio::task::spawn_blocking(move || disk::is_full(&folder)).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(format!("{}: {}", disk::FULL, self.0.display())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Whether the clock fits what is stored. Requests are answered all the same.
struct Time(TrustedTime);

#[async_trait]
impl Check for Time {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn is_named_when_well(&self) -> bool {
        false
    }

    fn is_for_requests(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        self.0.doubt().map_or(Ok(()), Err)
    }
}
