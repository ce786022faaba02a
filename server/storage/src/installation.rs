//! The id of an installation: random, made once, and kept with its documents, which say what lies where.
//!
//! Stores that are in no document themselves are known by it, such as a disk of films ([`StoreIdentity`]). It goes wherever the
//! documents go, by a copy or from a backup. Must never be a secret.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    StoreError,
    documents::{Collection, Documents, Expect, Write, parse},
    objects::{MARKER, StoreIdentity, StoreRole},
};

static INSTALLATION: Collection = Collection::declared("installation", &[]);
const ID: &str = "installation";
/// How often it is tried to make one; each try fails only where another server wrote one.
const TRIES: u8 = 8;

/// A document of [`INSTALLATION`].
#[derive(Clone, Debug, Serialize, Deserialize)]
struct InstallationRecord {
    /// 32 hexadecimal digits.
    id: String,
    /// What a later version stored beside.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What came of making an id.
enum Tried {
    Done(Option<Installation>),
    /// Another server was first, and what it wrote is to be read.
    OthersWere,
}

/// The id of the installation that has these documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation(String);

impl Installation {
    /// Makes the id where there is none, or none that can be read: then what was known by that one is another installation's
    /// until an operator says otherwise. Of several that find it so at once all have the id of the first. Nothing where it cannot
    /// be written down for now: an id that is gone with the process must not be written on anything.
    ///
    /// # Errors
    /// [`StoreError`] where the documents cannot be read.
    pub(super) async fn of(documents: &dyn Documents) -> Result<Option<Self>, StoreError> {
        for _ in 0..TRIES {
            let expect = match documents.get(&INSTALLATION, ID).await? {
                None => Expect::Absent,
                Some(document) => match parse::<InstallationRecord>(&document) {
                    Ok(record) => return Ok(Some(Self(record.id))),
                    Err(error) => {
                        tracing::error!(
                            %error,
                            "the id of this installation cannot be read, and is made anew: a folder of objects that was marked with the \
                             one before is away until its marker, {MARKER}, is emptied"
                        );
                        Expect::Version(document.version)
                    }
                },
            };
            match Self::make(documents, expect).await {
                Tried::Done(id) => return Ok(id),
                Tried::OthersWere => {}
            }
        }
        Err(StoreError::Contended { key: format!("{}/{ID}", INSTALLATION.name) })
    }

    /// A new one in the place of what is expected there.
    async fn make(documents: &dyn Documents, expect: Expect) -> Tried {
        let record = InstallationRecord { id: format!("{:032x}", rand::random::<u128>()), rest: Map::new() };
        match documents.put(&INSTALLATION, Write { id: ID.to_owned(), body: json!(record), expect }).await {
            Ok(_) => Tried::Done(Some(Self(record.id))),
            Err(StoreError::Conflict { .. }) => Tried::OthersWere,
            Err(error) => {
                tracing::warn!(%error, "this installation has no id yet: which disk is which is not told by their markers");
                Tried::Done(None)
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

    #[tokio::test]
    async fn of_servers_that_find_no_id_or_none_that_can_be_read_at_once_all_have_the_same_one() {
        let folder = tempfile::tempdir().unwrap();
        let documents = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap().documents;
        let Tried::Done(Some(mut before)) = Installation::make(&*documents, Expect::Anything).await else { panic!() };
        for body in [None, Some(json!({ "id": 7 })), Some(json!({}))] {
            match body {
                Some(body) => {
                    let write = Write { id: ID.to_owned(), body, expect: Expect::Anything };
                    documents.put(&INSTALLATION, write).await.unwrap();
                }
                None => assert!(documents.delete(&INSTALLATION, ID, Expect::Anything).await.unwrap()),
            }
            let found = documents.get(&INSTALLATION, ID).await.unwrap();
            let expect = found.map_or(Expect::Absent, |document| Expect::Version(document.version));
            let servers = futures::future::join_all((0..6).map(|_| Installation::of(&*documents))).await;
            let ids: Vec<Installation> = servers.into_iter().map(|id| id.unwrap().unwrap()).collect();
            assert!(ids.iter().all(|id| *id == ids[0] && *id != before), "{ids:?}");
            // One that read it before they did, and is slow.
            assert!(matches!(Installation::make(&*documents, expect).await, Tried::OthersWere));
            assert_eq!(Installation::of(&*documents).await.unwrap().as_ref(), ids.first());
            before = ids[0].clone();
        }
    }
}
