//! What a move has copied and verified so far, as an object beside the copy: a kill costs what was under way, and no more.
//!
//! Objects never change under their names, so that one which was verified is verified for good. What cannot be read of it counts as
//! nothing: then each object is compared anew. Must never name one that was not read back from where it was copied to.

use std::{collections::BTreeMap, sync::Arc};

use contract::ids::TitleId;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

use super::copy::in_time;
use crate::{
    location::Location,
    store::{COPIED_FILE, MediaStore},
};

/// The form that is written now.
const SCHEMA: u32 = 1;

/// Objects by their names.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Copied {
    schema: u32,
    /// Drawn by the run that wrote it.
    #[serde(default)]
    run: u64,
    objects: BTreeMap<String, Verified>,
}

/// An object that is the same in both stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// In bytes.
    pub size: u64,
    /// BLAKE3, in hexadecimal digits.
    pub blake3: String,
}

impl Copied {
    /// What earlier runs left at `at`.
    pub async fn read(store: &Arc<dyn ObjectStore>, title: &TitleId, at: Location) -> Result<Self, object_store::Error> {
        let key = MediaStore::key(title, at.generation, COPIED_FILE);
        let found = match in_time(store.get(&key)).await {
            Ok(found) => in_time(found.bytes()).await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let copied: Option<Self> = serde_json::from_slice(&found).ok();
        Ok(copied.filter(|copied| copied.schema == SCHEMA).unwrap_or_default())
    }

    /// Begins a run: what is remembered from here on is told from what another run remembered.
    pub fn begin(&mut self) {
        self.run = rand::random();
    }

    pub const fn is_of_the_run_of(&self, other: &Self) -> bool {
        self.run == other.run
    }

    /// Whether this one was verified, as long as it is there.
    pub fn has(&self, name: &str, size: u64) -> bool {
        self.objects.get(name).is_some_and(|verified| verified.size == size)
    }

    pub fn forget_one(&mut self, name: &str) {
        self.objects.remove(name);
    }

    pub fn add(&mut self, name: String, verified: Verified) {
        self.objects.insert(name, verified);
    }

    /// Puts it beside the copy.
    pub async fn store(
        &mut self,
        store: &Arc<dyn ObjectStore>,
        title: &TitleId,
        at: Location,
    ) -> Result<(), object_store::Error> {
        self.schema = SCHEMA;
        let json =
            serde_json::to_vec(self).map_err(|error| object_store::Error::Generic { store: "media", source: error.into() })?;
        in_time(store.put(&MediaStore::key(title, at.generation, COPIED_FILE), json.into())).await.map(drop)
    }

    /// Deletes it: the move is over.
    pub async fn forget(store: &Arc<dyn ObjectStore>, title: &TitleId, at: Location) -> Result<(), object_store::Error> {
        match in_time(store.delete(&MediaStore::key(title, at.generation, COPIED_FILE))).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
