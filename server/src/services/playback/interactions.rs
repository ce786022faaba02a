//! What playback knows of histories: what was begun, and how far somebody got.

use async_trait::async_trait;
use contract::ids::ProfileId;
use storage::{
    StoreError,
    documents::{Direction, Document, Find, PAGE_LIMIT, all_of},
};

use super::{
    Playback,
    record::{BY_PROFILE, PROGRESS, ProgressRecord},
};
use crate::services::interactions::{Act, Interaction, Interactions};

/// A share of a film below which it says nothing that it was begun: somebody looked, and went.
const LOOKED: f64 = 0.05;

fn interaction(record: ProgressRecord) -> Interaction {
    let share = (record.position / record.duration_seconds.max(1.0)).clamp(0.0, 1.0);
    let weight = if share < LOOKED { 0.0 } else { 0.3 + 0.7 * share as f32 };
    Interaction { profile: record.profile, title: record.title, instant: record.updated, weight, act: Act::Watched }
}

/// One that cannot be read is none.
fn read(document: Document) -> Option<Interaction> {
    serde_json::from_value(document.body).ok().map(interaction)
}

#[async_trait]
impl Interactions for Playback {
    async fn interactions(&self, after: Option<&str>) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        let page = self.documents.list(&PROGRESS, after, PAGE_LIMIT).await?;
        Ok((page.documents.into_iter().filter_map(read).collect(), page.next))
    }

    async fn of(
        &self,
        profile: &ProfileId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Interaction>, Option<String>), StoreError> {
        let find = Find { direction: Direction::Descending, after, limit, ..all_of(BY_PROFILE, &[profile.as_str()]) };
        let page = self.documents.find(&PROGRESS, find).await?;
        Ok((page.documents.into_iter().filter_map(read).collect(), page.next))
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.documents.count(&PROGRESS).await
    }
}
