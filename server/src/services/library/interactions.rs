//! What the library knows of histories: what somebody has watched, likes, and wants to watch.

use async_trait::async_trait;
use contract::ids::ProfileId;
use futures::future::try_join;
use storage::{
    StoreError,
    documents::{Collection, Direction, Document, Find, PAGE_LIMIT, all_of},
};

use super::{
    Library,
    record::{LISTED, LISTED_BY_PROFILE, ListedRecord, WATCHED, WATCHED_BY_PROFILE, WatchedRecord},
};
use crate::services::interactions::{Act, Interaction, Interactions};

/// What a favourite says, what any other list does, and what a film does that was watched.
const FAVOURITE: f32 = 1.5;
const ON_A_LIST: f32 = 0.5;
const WATCHED_TO_ITS_END: f32 = 1.0;

/// Where a page begins: in the history, once the lists are told.
const IN_HISTORY: &str = "watched:";

/// One that cannot be read is none.
fn listed(document: Document) -> Option<Interaction> {
    let record: ListedRecord = serde_json::from_value(document.body).ok()?;
    let weight = if super::lists::is_favourites(&record.list) { FAVOURITE } else { ON_A_LIST };
    Some(Interaction { profile: record.profile, title: record.title, instant: record.added, weight, act: Act::Listed })
}

/// As [`listed`].
fn watched(document: Document) -> Option<Interaction> {
    let WatchedRecord { profile, title, watched, .. } = serde_json::from_value(document.body).ok()?;
    Some(Interaction { profile, title, instant: watched, weight: WATCHED_TO_ITS_END, act: Act::Watched })
}

impl Library {
    async fn latest(
        &self,
        collection: &Collection,
        index: &'static str,
        profile: &ProfileId,
        limit: u32,
    ) -> Result<Vec<Document>, StoreError> {
        let find = Find { direction: Direction::Descending, limit, ..all_of(index, &[profile.as_str()]) };
        Ok(self.documents.find(collection, find).await?.documents)
    }
}

#[async_trait]
impl Interactions for Library {
    async fn interactions(&self, after: Option<&str>) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        if let Some(after) = after.and_then(|after| after.strip_prefix(IN_HISTORY)) {
            let after = (!after.is_empty()).then_some(after);
            let page = self.documents.list(&WATCHED, after, PAGE_LIMIT).await?;
            let next = page.next.map(|next| format!("{IN_HISTORY}{next}"));
            return Ok((page.documents.into_iter().filter_map(watched).collect(), next));
        }
        let page = self.documents.list(&LISTED, after, PAGE_LIMIT).await?;
        let next = page.next.unwrap_or_else(|| IN_HISTORY.to_owned());
        Ok((page.documents.into_iter().filter_map(listed).collect(), Some(next)))
    }

    async fn of(&self, profile: &ProfileId, limit: u32) -> Result<Vec<Interaction>, StoreError> {
        let lists = self.latest(&LISTED, LISTED_BY_PROFILE, profile, limit);
        let (lists, history) = try_join(lists, self.latest(&WATCHED, WATCHED_BY_PROFILE, profile, limit)).await?;
        let lists = lists.into_iter().filter_map(listed);
        let mut all: Vec<Interaction> = lists.chain(history.into_iter().filter_map(watched)).collect();
        all.sort_by_key(|interaction| std::cmp::Reverse(interaction.instant));
        all.truncate(limit as usize);
        Ok(all)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let (lists, history) = try_join(self.documents.count(&LISTED), self.documents.count(&WATCHED)).await?;
        Ok(lists + history)
    }
}
