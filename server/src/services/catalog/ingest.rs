//! The way in: titles from an import file, from the demo, from a video that was packaged.
//!
//! Idempotent by source: the same title twice is one title, and one that did not change is not written.
//! Must never take what a reader has not checked, and never touch what another importer owns: facts come
//! from `upsert_many`, video and pictures from `attach_video`.

mod known;
mod packaged;
mod rated;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use contract::{catalog::VideoFacts, ids::TitleId};
use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{self, Document, Documents, Expect, Write},
    events::{self, Events},
};

pub use known::{Listed, Origin};

use super::{
    facts::NewTitle,
    poster_variety::PosterVariety,
    record::{DELETED, Facts, Pictures, SOURCES, TITLES, TitleRecord, Video, next_change, now_millis},
};

/// Titles that one call to the store carries.
pub const BATCH: usize = 1000;

/// What became of one title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub id: TitleId,
    pub did: Did,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    Create,
    Update,
    Nothing,
}

/// Why titles could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no title {0}")]
    NoSuchTitle(TitleId),
    #[error("{what} cannot be written: {source}")]
    Unwritable { what: &'static str, source: serde_json::Error },
}

/// A batch whose titles have their ids, in its order.
pub(super) struct Identified {
    titles: Vec<NewTitle>,
    ids: Vec<TitleId>,
    /// Those that nobody had before.
    taken: HashSet<String>,
}

/// The catalogue's inside interface. Cheap to clone.
#[derive(Clone)]
pub struct Ingest {
    documents: Arc<dyn Documents>,
    events: Events,
}

impl Ingest {
    pub fn new(documents: Arc<dyn Documents>, events: Events) -> Self {
        Self { documents, events }
    }

    pub(super) fn documents(&self) -> &dyn Documents {
        &*self.documents
    }

    /// Adds or updates titles, and says what became of each, in order.
    ///
    /// # Errors
    /// [`IngestError::Store`]; then some may have been written, and trying again does no harm.
    pub async fn upsert_many(&self, titles: Vec<NewTitle>) -> Result<Vec<Outcome>, IngestError> {
        let mut outcomes = Vec::with_capacity(titles.len());
        let mut variety = PosterVariety::default();
        let mut titles = titles.into_iter().peekable();
        while titles.peek().is_some() {
            let batch = titles.by_ref().take(BATCH).collect();
            outcomes.extend(self.write(self.identify(batch, &mut variety).await?).await?);
        }
        Ok(outcomes)
    }

    /// Says what can be played of a title, and which pictures were taken from it.
    ///
    /// # Errors
    /// [`IngestError::NoSuchTitle`]; [`IngestError::Store`].
    pub async fn attach_video(&self, id: &TitleId, facts: VideoFacts, pictures: Pictures) -> Result<(), IngestError> {
        let video = Video {
            height: facts.height,
            class: facts.class,
            duration_seconds: facts.duration_seconds,
            audio: facts.audio,
            captions: facts.captions,
            rest: Map::new(),
        };
        self.change(id, |record| {
            let rest = record.video.take().map(|video| video.rest).unwrap_or_default();
            record.video = Some(Video { rest, ..video.clone() });
            record.pictures = pictures.clone();
        })
        .await
    }

    /// The title that has this source, if any.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn find_source(&self, source: &str) -> Result<Option<TitleId>, IngestError> {
        let known = self.documents.get(&SOURCES, &source_key(source)).await?;
        Ok(known.and_then(|document| title_of(&document)))
    }

    /// The id of the title that has this source; one is taken for it where there is none. The title itself is not made.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn id_for(&self, new: NewTitle) -> Result<TitleId, IngestError> {
        let identified = self.identify(vec![new], &mut PosterVariety::default()).await?;
        identified.ids.into_iter().next().ok_or_else(|| StoreError::Unavailable { reason: "no id was taken".to_owned() }.into())
    }

    /// Gives a source the id that its title shall have, unless it has one already.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn claim(&self, source: &str, id: &TitleId) -> Result<(), IngestError> {
        let body = json!({ "source": source, "title": id });
        let write = Write { id: source_key(source), body, expect: Expect::Absent };
        match self.documents.put(&SOURCES, write).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// As [`Ingest::claim`]; whose the source is then, which was somebody else's where they were faster.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn claimed(&self, source: &str, id: TitleId) -> Result<TitleId, IngestError> {
        self.claim(source, &id).await?;
        Ok(self.find_source(source).await?.unwrap_or(id))
    }

    /// Gives titles their ids, by their sources; new sources get new ids. `variety` goes from one batch to the next.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub(super) async fn identify(&self, titles: Vec<NewTitle>, variety: &mut PosterVariety) -> Result<Identified, IngestError> {
        let keys: Vec<String> = titles.iter().map(|title| source_key(&title.source)).collect();
        let mut known = self.sources(&keys).await?;
        let mut fresh: HashMap<&str, String> = HashMap::new();
        let mut missing: Vec<Write> = Vec::new();
        for (title, key) in titles.iter().zip(&keys) {
            let given = known.get(key).map(TitleId::as_str).or(fresh.get(key.as_str()).map(String::as_str));
            let id = given.map_or_else(|| variety.new_id(title), str::to_owned);
            variety.hang(&id, title);
            if !known.contains_key(key) && fresh.insert(key, id.clone()).is_none() {
                let body = json!({ "source": title.source, "title": id });
                missing.push(Write { id: key.clone(), body, expect: Expect::Absent });
            }
        }
        let mut taken = HashSet::new();
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|write| write.id.clone()).collect();
            let mut overtaken = Vec::new();
            for (name, written) in names.into_iter().zip(self.documents.put_many(&SOURCES, missing).await?) {
                match written {
                    Ok(_) => {
                        if let Some((id, parsed)) =
                            fresh.remove(name.as_str()).and_then(|id| Some((id.clone(), id.parse().ok()?)))
                        {
                            taken.insert(id);
                            known.insert(name, parsed);
                        }
                    }
                    // Another importer was faster: its id is the one that counts.
                    Err(StoreError::Conflict { .. }) => overtaken.push(name),
                    Err(error) => return Err(error.into()),
                }
            }
            if !overtaken.is_empty() {
                known.extend(self.sources(&overtaken).await?);
            }
        }
        let ids: Result<Vec<TitleId>, IngestError> = keys
            .into_iter()
            .map(|key| {
                let id = known.get(&key).cloned();
                id.ok_or_else(|| StoreError::corrupt(key, "names no title").into())
            })
            .collect();
        Ok(Identified { ids: ids?, titles, taken })
    }

    async fn sources(&self, keys: &[String]) -> Result<HashMap<String, TitleId>, IngestError> {
        let found = self.documents.get_many(&SOURCES, keys).await?;
        Ok(found.into_iter().filter_map(|document| title_of(&document).map(|id| (document.id, id))).collect())
    }

    /// Writes what differs from what is stored, and says what became of each title. What is written meanwhile by others is read
    /// again. To be called when the batch before is written: what is stored may be of that one.
    ///
    /// # Errors
    /// [`IngestError::Store`]; then some may have been written, and trying again does no harm.
    pub(super) async fn write(&self, identified: Identified) -> Result<Vec<Outcome>, IngestError> {
        let Identified { titles, ids, taken } = identified;
        // An id that was just taken has no title yet: a write that finds one after all is a conflict, and reads it.
        let wanted: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).filter(|id| !taken.contains(id)).collect();
        let mut stored: HashMap<String, Document> = HashMap::with_capacity(wanted.len());
        if !wanted.is_empty() {
            for document in self.documents.get_many(&TITLES, &wanted).await? {
                stored.insert(document.id.clone(), document);
            }
        }
        let mut outcomes = Vec::with_capacity(titles.len());
        let mut writes: Vec<Write> = Vec::new();
        // Where the batch names a title twice, the last one stands; the ones before it write nothing.
        let last: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        for (at, (new, id)) in titles.iter().zip(&ids).enumerate() {
            let did = if last.get(id.as_str()) == Some(&at) {
                let document = stored.remove(id.as_str());
                let expect = document.as_ref().map_or(Expect::Absent, |document| Expect::Version(document.version));
                match revise(new, document.map(into_record).transpose()?) {
                    Some((record, did)) => {
                        writes.push(write_of(id, &record, expect)?);
                        did
                    }
                    None => Did::Nothing,
                }
            } else {
                Did::Nothing
            };
            outcomes.push(Outcome { id: id.clone(), did });
        }
        if writes.is_empty() {
            return Ok(outcomes);
        }
        let changed: Vec<String> = writes.iter().map(|write| write.id.clone()).collect();
        let written = self.documents.put_many(&TITLES, writes).await?;
        let mut result = Ok(());
        for (id, written) in changed.iter().zip(written) {
            let retried = match written {
                Ok(_) => Ok(()),
                Err(StoreError::Conflict { .. }) => self.again(id, &titles, &ids).await,
                Err(error) => Err(error.into()),
            };
            result = result.and(retried);
        }
        self.events.publish(events::Change::Titles(changed.into()));
        result?;
        self.again_where_deleted(&titles, &ids, outcomes).await
    }

    /// What was written under an id that was deleted since the batch got its ids is taken back, and comes under another. An id
    /// that its source names still was given to it anew. A deletion that begins later finds what was written.
    async fn again_where_deleted(
        &self,
        titles: &[NewTitle],
        ids: &[TitleId],
        mut outcomes: Vec<Outcome>,
    ) -> Result<Vec<Outcome>, IngestError> {
        let made = outcomes.iter().filter(|outcome| outcome.did == Did::Create);
        let made: Vec<String> = made.map(|outcome| outcome.id.to_string()).collect();
        let deleted = if made.is_empty() { Vec::new() } else { self.documents.get_many(&DELETED, &made).await? };
        let (mut places, mut again) = (Vec::new(), Vec::new());
        for document in deleted {
            let Some(place) = ids.iter().rposition(|id| id.as_str() == document.id) else { continue };
            if self.find_source(&titles[place].source).await?.as_ref() != Some(&ids[place]) {
                self.documents.delete(&TITLES, &document.id, Expect::Anything).await?;
                places.push(place);
                again.push(titles[place].clone());
            }
        }
        if again.is_empty() {
            return Ok(outcomes);
        }
        // Each is given an id that nobody had: it ends.
        for (place, outcome) in places.into_iter().zip(Box::pin(self.upsert_many(again)).await?) {
            outcomes[place] = outcome;
        }
        Ok(outcomes)
    }

    /// Writes one title of a batch whose record changed while the batch was made.
    async fn again(&self, id: &str, titles: &[NewTitle], ids: &[TitleId]) -> Result<(), IngestError> {
        let Some((new, id)) = titles.iter().zip(ids).rfind(|(_, known)| known.as_str() == id) else { return Ok(()) };
        let decide = |stored| {
            Ok::<_, IngestError>(
                revise(new, stored).map_or(documents::Change::Keep, |(record, _)| documents::Change::Put(record)),
            )
        };
        documents::update(&*self.documents, &TITLES, id.as_str(), decide).await.map(drop)
    }

    async fn change(&self, id: &TitleId, act: impl Fn(&mut TitleRecord)) -> Result<(), IngestError> {
        let mut is_changed = false;
        let decide = |stored: Option<TitleRecord>| {
            let before = stored.ok_or_else(|| IngestError::NoSuchTitle(id.clone()))?;
            let mut record = before.clone();
            act(&mut record);
            is_changed = record != before;
            if !is_changed {
                return Ok::<_, IngestError>(documents::Change::Keep);
            }
            record.change = next_change();
            Ok(documents::Change::Put(record))
        };
        documents::update(&*self.documents, &TITLES, id.as_str(), decide).await?;
        if is_changed {
            self.events.publish(events::Change::Titles(Arc::from([id.to_string()])));
        }
        Ok(())
    }
}

/// The record that says what `new` says; nothing where the stored one does already.
fn revise(new: &NewTitle, stored: Option<TitleRecord>) -> Option<(TitleRecord, Did)> {
    let facts = Facts::from(new.clone());
    let Some(mut record) = stored else {
        let record = TitleRecord {
            source: new.source.clone(),
            change: next_change(),
            added: now_millis(),
            facts,
            video: None,
            pictures: Pictures::default(),
            house_rating: None,
            rest: Map::new(),
        };
        return Some((record, Did::Create));
    };
    let facts = Facts { rest: record.facts.rest.clone(), ..facts };
    if record.facts == facts {
        return None;
    }
    record.facts = facts;
    record.change = next_change();
    Some((record, Did::Update))
}

/// The record in a document of [`TITLES`].
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn read(document: &Document) -> Result<TitleRecord, StoreError> {
    // By reference: the body is read field by field, without a copy of the whole.
    serde::Deserialize::deserialize(&document.body).map_err(|error: serde_json::Error| StoreError::corrupt(&document.id, error))
}

/// As [`read`], for who needs the document no more: its texts become the record's.
pub fn into_record(document: Document) -> Result<TitleRecord, StoreError> {
    let Document { id, body, .. } = document;
    serde_json::from_value(body).map_err(|error| StoreError::corrupt(id, error))
}

/// As [`read`], from the text that is stored.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn read_text(id: &TitleId, text: &str) -> Result<TitleRecord, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(id, error))
}

fn write_of(id: &TitleId, record: &TitleRecord, expect: Expect) -> Result<Write, IngestError> {
    let body = serde_json::to_value(record).map_err(|source| IngestError::Unwritable { what: "a title", source })?;
    Ok(Write { id: id.to_string(), body, expect })
}

/// The title that a document of [`SOURCES`] names.
pub(super) fn title_of(document: &Document) -> Option<TitleId> {
    document.body.get("title").and_then(Value::as_str).and_then(|id| id.parse().ok())
}

/// The document id of a source: as it is where that fits, and its hash where it does not.
fn source_key(source: &str) -> String {
    if source.len() <= 200 { source.to_owned() } else { blake3::hash(source.as_bytes()).to_hex().to_string() }
}
