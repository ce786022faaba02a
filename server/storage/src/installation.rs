//! The id of an installation: random, made once, and kept with its documents, which say what lies where.
//!
//! Stores that are in no document themselves are known by it, such as a disk of films ([`StoreIdentity`]). It goes wherever the
//! documents go, by a copy or from a backup. Must never be a secret.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    StoreError,
    documents::{Collection, Documents, Expect, Write, read},
    objects::{StoreIdentity, StoreRole},
};

static INSTALLATION: Collection = Collection::declared("installation", &[]);
const ID: &str = "installation";

/// A document of [`INSTALLATION`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct InstallationRecord {
    /// 32 hexadecimal digits.
    id: String,
    /// What a later version stored beside.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The id of the installation that has these documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation(String);

impl Installation {
    /// Makes the id where there is none, or none that can be read: then what was known by that one is another installation's
    /// until an operator says otherwise. Nothing where it cannot be written down for now: an id that is gone with the process
    /// must not be written on anything.
    ///
    /// # Errors
    /// [`StoreError`] where the documents cannot be read.
    pub(super) async fn of(documents: &dyn Documents) -> Result<Option<Self>, StoreError> {
        let expect = match read::<InstallationRecord>(documents, &INSTALLATION, ID).await {
            Ok(Some((record, _))) => return Ok(Some(Self(record.id))),
            Ok(None) => Expect::Absent,
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "the id of this installation cannot be read, and is made anew");
                Expect::Anything
            }
            Err(error) => return Err(error),
        };
        let record = InstallationRecord { id: format!("{:032x}", rand::random::<u128>()), rest: Map::new() };
        match documents.put(&INSTALLATION, Write { id: ID.to_owned(), body: json!(record), expect }).await {
            Ok(_) => Ok(Some(Self(record.id))),
            // Another server was first.
            Err(StoreError::Conflict { .. }) => {
                Ok(read::<InstallationRecord>(documents, &INSTALLATION, ID).await?.map(|(record, _)| Self(record.id)))
            }
            Err(error) => {
                tracing::warn!(%error, "this installation has no id yet: which disk is which is not told by their markers");
                Ok(None)
            }
        }
    }

    /// The store of a role of this installation.
    pub(super) fn store(&self, role: StoreRole) -> StoreIdentity {
        StoreIdentity { installation: self.0.clone(), role }
    }
}

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&Collection] = &[&INSTALLATION];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StorageUrls, events::Events, open};

    #[tokio::test]
    async fn an_installation_has_one_id_for_good_and_another_one_where_that_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let documents = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap().documents;
        let id = async || Installation::of(&*documents).await.unwrap().unwrap();
        let first = id().await;
        assert_eq!((first.0.len(), first == id().await), (32, true));
        let write = Write { id: ID.to_owned(), body: json!({ "id": 7 }), expect: Expect::Anything };
        documents.put(&INSTALLATION, write).await.unwrap();
        let second = id().await;
        assert!(second != first && second == id().await);
        let write = Write { id: ID.to_owned(), body: json!({ "id": "a", "later": 7 }), expect: Expect::Anything };
        documents.put(&INSTALLATION, write).await.unwrap();
        assert_eq!(id().await, Installation("a".into()));
        assert_eq!(documents.get(&INSTALLATION, ID).await.unwrap().unwrap().body["later"], 7);
    }
}
