//! What the library knows of histories: what somebody has watched, likes, and wants to watch.

use async_trait::async_trait;
use contract::ids::ProfileId;
use futures::future::try_join;
use serde::{Deserialize, Serialize};
use storage::{
    StoreError,
    documents::{Collection, Direction, Document, Find, PAGE_LIMIT, Page, all_of},
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

/// Where the pages of one profile go on: in its lists and in its history, each until it is told whole.
#[derive(Serialize, Deserialize)]
struct Rest {
    lists: Option<String>,
    history: Option<String>,
}

/// From where a page is asked for.
#[derive(Clone, Copy)]
enum Position<'a> {
    Start,
    After(&'a str),
    /// There is no more.
    End,
}

impl<'a> Position<'a> {
    fn cursor(cursor: Option<&'a String>) -> Self {
        cursor.map_or(Self::End, |cursor| Self::After(cursor))
    }
}

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
    async fn page_of(
        &self,
        (collection, index): (&Collection, &'static str),
        profile: &ProfileId,
        from: Position<'_>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let after = match from {
            Position::Start => None,
            Position::After(cursor) => Some(cursor),
            Position::End => return Ok(Page::default()),
        };
        let find = Find { direction: Direction::Descending, after, limit, ..all_of(index, &[profile.as_str()]) };
        self.documents.find(collection, find).await
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

    async fn of(
        &self,
        profile: &ProfileId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        let rest: Option<Rest> = match after {
            Some(after) => {
                let read = serde_json::from_str(after);
                Some(read.map_err(|error| StoreError::Invalid { reason: format!("no cursor of interactions: {error}") })?)
            }
            None => None,
        };
        let (in_lists, in_history) = rest.as_ref().map_or((Position::Start, Position::Start), |Rest { lists, history }| {
            (Position::cursor(lists.as_ref()), Position::cursor(history.as_ref()))
        });
        let lists = self.page_of((&LISTED, LISTED_BY_PROFILE), profile, in_lists, limit);
        let history = self.page_of((&WATCHED, WATCHED_BY_PROFILE), profile, in_history, limit);
        let (lists, history) = try_join(lists, history).await?;
        let rest = Rest { lists: lists.next, history: history.next };
        let next = (rest.lists.is_some() || rest.history.is_some()).then(|| serde_json::to_string(&rest)).transpose();
        let next = next.map_err(|error| StoreError::Invalid { reason: error.to_string() })?;
        let lists = lists.documents.into_iter().filter_map(listed);
        Ok((lists.chain(history.documents.into_iter().filter_map(watched)).collect(), next))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        let (lists, history) = try_join(self.documents.count(&LISTED), self.documents.count(&WATCHED)).await?;
        Ok(lists + history)
    }
}
