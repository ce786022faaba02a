//! What those who bring titles ask of the catalogue: where a title came from, which there are, which were deleted.
//!
//! Must never write.

use std::collections::HashSet;

use contract::ids::TitleId;
use serde_json::Value;
use storage::documents::PAGE_LIMIT;

use super::{Ingest, IngestError, into_record, read};
use crate::services::catalog::{
    artwork,
    facts::title_and_year,
    record::{DELETED, Pictures, TITLES, TitleRecord},
};

/// A title as operators list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: TitleId,
    /// With its year, where that is known.
    pub name: String,
    pub is_watchable: bool,
}

/// Where a title's facts came from, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub source: String,
    pub title: String,
    pub year: Option<u16>,
    /// How long its film is, in seconds, where it has one.
    pub seconds: Option<u32>,
}

impl Ingest {
    /// Where a title comes from; nothing where there is none.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn origin_of(&self, id: &TitleId) -> Result<Option<Origin>, IngestError> {
        let Some(stored) = self.documents.get(&TITLES, id.as_str()).await? else { return Ok(None) };
        let TitleRecord { source, facts, video, .. } = into_record(stored)?;
        let seconds = video.map(|video| video.duration_seconds);
        Ok(Some(Origin { source, title: facts.title, year: facts.year, seconds }))
    }

    /// The names of the pictures below a title's artwork that are shown; nothing where there is no such title.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn pictures_of(&self, id: &TitleId) -> Result<Option<Vec<String>>, IngestError> {
        let Some(stored) = self.documents.get(&TITLES, id.as_str()).await? else { return Ok(None) };
        let Pictures { poster, backdrop } = read(&stored)?.pictures;
        Ok(Some(poster.iter().chain(&backdrop).map(|version| artwork::file_of(version)).collect()))
    }

    /// Titles in the order of their ids, a page at a time, and where the next page begins. One that cannot be read is left
    /// out.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn titles_after(&self, after: Option<&str>) -> Result<(Vec<Listed>, Option<String>), IngestError> {
        let page = self.documents.list(&TITLES, after, PAGE_LIMIT).await?;
        let listed = page.documents.iter().filter_map(|document| {
            let (id, record) = (document.id.parse().ok()?, read(document).ok()?);
            let name = title_and_year(&record.facts.title, record.facts.year);
            Some(Listed { id, name, is_watchable: record.video.is_some() })
        });
        Ok((listed.collect(), page.next))
    }

    /// The titles that were deleted, and the sources of those that are known. For whoever adds the same titles again and again
    /// without being asked for each.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn deleted(&self) -> Result<HashSet<String>, IngestError> {
        let (mut deleted, mut after) = (HashSet::new(), None::<String>);
        loop {
            let page = self.documents.list(&DELETED, after.as_deref(), PAGE_LIMIT).await?;
            for document in page.documents {
                let source = document.body.get("source").and_then(Value::as_str).map(str::to_owned);
                deleted.extend(source.into_iter().chain([document.id]));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(deleted),
            }
        }
    }
}
