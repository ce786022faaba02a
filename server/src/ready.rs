//! What requests need: the stores.
//!
//! Asks each for something that is cheap, touches nothing, and is never answered from memory.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    gateway::health::Check,
    storage::{
        Stores,
        documents::{Collection, Documents},
        keyvalue::KeyValue,
        objects::{ObjectKey, Objects},
    },
    vault::Vault,
};

/// A check for each store.
pub fn checks(stores: &Stores, vault: &Arc<Vault>) -> Vec<Box<dyn Check>> {
    vec![
        Box::new(Catalogue(Arc::clone(&stores.documents))),
        Box::new(Sessions(Arc::clone(&stores.keyvalue))),
        Box::new(Films(stores.objects.clone())),
        Box::new(Credentials(Arc::clone(vault))),
    ]
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

struct Films(Objects);

#[async_trait]
impl Check for Films {
    fn name(&self) -> &'static str {
        "objects"
    }

    async fn check(&self) -> Result<(), String> {
        let nothing = "probe".parse().ok().and_then(|title| ObjectKey::artwork(&title, &["probe"]).ok());
        let Some(nothing) = nothing else { return Ok(()) };
        self.0.head(&nothing).await.map(drop).map_err(|error| error.to_string())
    }
}
