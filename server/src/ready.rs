//! What must work before requests are taken: the stores that every one of them needs.
//!
//! Asks each for something that is cheap and touches nothing.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    gateway::health::Check,
    storage::{
        Stores,
        documents::{Collection, Documents},
        keyvalue::KeyValue,
    },
    vault::Vault,
};

/// A check for each store.
pub fn checks(stores: &Stores, vault: &Arc<Vault>) -> Vec<Box<dyn Check>> {
    let (documents, keyvalue) = (Arc::clone(&stores.documents), Arc::clone(&stores.keyvalue));
    vec![Box::new(Catalogue(documents)), Box::new(Sessions(keyvalue)), Box::new(Credentials(Arc::clone(vault)))]
}

/// Nothing is ever in it.
static PROBE: Collection = Collection { name: "probe", indexes: &[] };

struct Catalogue(Arc<dyn Documents>);

#[async_trait]
impl Check for Catalogue {
    fn name(&self) -> &'static str {
        "documents"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.get(&PROBE, "probe").await.map(drop).map_err(|error| error.to_string())
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
        self.0.get("ready").await.map(drop).map_err(|error| error.to_string())
    }
}
