//! What the library knows of histories: what somebody likes, and wants to watch.

use async_trait::async_trait;
use contract::ids::ProfileId;
use storage::{
    StoreError,
    documents::{Direction, Document, Find, PAGE_LIMIT},
};

use super::{
    Library,
    record::{LISTED, LISTED_BY_PROFILE, ListedRecord},
};
use crate::services::interactions::{Act, Interaction, Interactions};

/// What a favourite says, and what any other list.
const WEIGHTS: (f32, f32) = (1.5, 0.5);

/// One that cannot be read is none.
fn read(document: Document) -> Option<Interaction> {
    let record: ListedRecord = serde_json::from_value(document.body).ok()?;
    let is_favourite = super::lists::is_favourites(&record.list);
    let weight = if is_favourite { WEIGHTS.0 } else { WEIGHTS.1 };
    Some(Interaction { profile: record.profile, title: record.title, instant: record.added, weight, act: Act::Listed })
}

#[async_trait]
impl Interactions for Library {
    async fn interactions(&self, after: Option<&str>) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        let page = self.documents.list(&LISTED, after, PAGE_LIMIT).await?;
        Ok((page.documents.into_iter().filter_map(read).collect(), page.next))
    }

    async fn of(&self, profile: &ProfileId, limit: u32) -> Result<Vec<Interaction>, StoreError> {
        let find = Find {
            index: LISTED_BY_PROFILE,
            equals: vec![profile.as_str().into()],
            from: None,
            direction: Direction::Descending,
            after: None,
            limit,
        };
        Ok(self.documents.find(&LISTED, find).await?.documents.into_iter().filter_map(read).collect())
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.documents.count(&LISTED).await
    }
}
