//! From changes to events: reads the change feed of each source from where it was read last, and compares each document with what was
//! noted of it then.
//!
//! Deliveries are written first, then the note, then the position: what is broken off in between is done again, and finds its deliveries
//! there. A feed that was never read has no events behind it: everything in it is noted as it is.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use storage::{
    StoreError,
    documents::{
        Change, Document, Expect, Find, ID_LIMIT, Write, all_of,
        feed::{Changes, Position, Since, State},
        parse, read, update,
    },
};

use super::{
    Webhooks,
    lease::Lease,
    outbox::Message,
    record::{BY_TOPIC, NOTES, NoteRecord, POSITIONS, PositionRecord},
};
use crate::services::domain_events::{ANNOUNCED, Announced, ChangeSource};

/// Changes that are read at once.
const AT_ONCE: u32 = 500;

/// What becomes of differences between a document and its note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Differences {
    AreTold,
    /// What is found is as it always was, as far as anybody knows.
    AreNoted,
}

/// A document as a feed tells it: what is to be noted of it now.
struct Seen {
    id: String,
    note: Option<Value>,
    /// Which change that is: the feed and its number there. The same wherever it is looked at again, until the document changes.
    change: String,
}

impl Webhooks {
    /// Tells of everything that changed since it was looked at last; nothing where another node is at it, which `lease` says.
    ///
    /// # Errors
    /// What a store says, of the first source that fails; the others were looked at.
    pub(super) async fn follow(&self, lease: Option<&Lease>) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for source in self.sources.iter() {
            let followed = self.follow_source(source, lease).await;
            outcome = outcome.and(followed);
        }
        let announced = self.take_announced(lease).await;
        outcome.and(announced)
    }

    async fn follow_source(&self, source: &ChangeSource, lease: Option<&Lease>) -> Result<(), StoreError> {
        let Some(topic) = source.collection.feed else { return Ok(()) };
        let Some((PositionRecord { mut position }, _)) = read(&*self.documents, &POSITIONS, topic).await? else {
            return self.look_at_all(source, topic, Differences::AreNoted, lease).await;
        };
        loop {
            let changes = self.documents.changes(source.collection, Since::Position(&position), AT_ONCE).await?;
            let Some(changes) = changes else {
                tracing::warn!(topic, "the change feed is another one: everything is compared with what was noted of it");
                return self.look_at_all(source, topic, Differences::AreTold, lease).await;
            };
            if changes.position == position {
                return Ok(());
            }
            if !Lease::is_held(lease).await? {
                return Ok(());
            }
            self.compare(source, topic, seen(source, &changes), Differences::AreTold).await?;
            self.keep(topic, &changes.position, false).await?;
            position = changes.position;
            if !changes.more {
                return Ok(());
            }
        }
    }

    /// Looks at every document, and at every note of one that is gone, and stands where the feed stood when it began.
    async fn look_at_all(
        &self,
        source: &ChangeSource,
        topic: &'static str,
        differences: Differences,
        lease: Option<&Lease>,
    ) -> Result<(), StoreError> {
        let (mut begun, mut last) = (None, String::new());
        loop {
            if !Lease::is_held(lease).await? {
                return Ok(());
            }
            let changes = self.documents.changes(source.collection, Since::Listing(&last), AT_ONCE).await?;
            let Some(changes) = changes else {
                return Err(StoreError::Invalid { reason: format!("{topic} has no feed") });
            };
            self.compare(source, topic, seen(source, &changes), differences).await?;
            begun.get_or_insert(changes.position);
            match changes.entries.last() {
                Some(entry) if changes.more => last.clone_from(&entry.id),
                Some(_) | None => break,
            }
        }
        let Some(begun) = begun else { return Ok(()) };
        if differences == Differences::AreTold {
            self.look_at_gone(source, topic, &begun).await?;
        }
        self.keep(topic, &begun, true).await
    }

    /// Notes whose documents are gone.
    async fn look_at_gone(&self, source: &ChangeSource, topic: &'static str, begun: &Position) -> Result<(), StoreError> {
        let (prefix, mut after, mut is_last) = (place(topic, ""), None::<String>, false);
        while !is_last {
            let find = Find { after: after.as_deref(), limit: AT_ONCE, ..all_of(BY_TOPIC, &[topic]) };
            let page = self.documents.find(&NOTES, find).await?;
            let noted: Vec<String> =
                page.documents.iter().filter_map(|note| note.id.strip_prefix(&prefix)).map(str::to_owned).collect();
            if noted.is_empty() {
                return Ok(());
            }
            let found = self.documents.get_many(source.collection, &noted).await?;
            let found: HashSet<&str> = found.iter().map(|document| document.id.as_str()).collect();
            let gone = noted.iter().filter(|id| !found.contains(id.as_str()));
            let gone = gone.map(|id| Seen { id: id.clone(), note: None, change: change(begun, 0) }).collect();
            self.compare(source, topic, gone, Differences::AreTold).await?;
            (is_last, after) = (page.next.is_none(), page.next);
        }
        Ok(())
    }

    /// Compares documents with what was noted of them, and notes them.
    async fn compare(
        &self,
        source: &ChangeSource,
        topic: &'static str,
        seen: Vec<Seen>,
        differences: Differences,
    ) -> Result<(), StoreError> {
        // Ids are far shorter: what nothing can be noted of is not told of.
        let fits = |one: &Seen| topic.len() + 1 + one.id.len() <= ID_LIMIT;
        let seen: Vec<Seen> = seen.into_iter().filter(fits).collect();
        let ids: Vec<String> = seen.iter().map(|one| place(topic, &one.id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let found = self.documents.get_many(&NOTES, &ids).await?;
        let found: HashMap<&str, &Document> = found.iter().map(|document| (document.id.as_str(), document)).collect();
        let (mut messages, mut writes, mut deletions) = (Vec::new(), Vec::new(), Vec::new());
        for (one, id) in seen.into_iter().zip(ids) {
            let noted = found.get(id.as_str());
            let (before, version) = (noted.and_then(|note| note.body.get("note")), noted.map_or(0, |note| note.version));
            if before == one.note.as_ref() {
                continue;
            }
            // Versions of a note that is made anew begin again, and what follows from it is not what followed from the one before.
            let begun = noted.and_then(|note| note.body.get("begun")).and_then(Value::as_str).unwrap_or(&one.change).to_owned();
            if differences == Differences::AreTold {
                let events = (source.events)(&one.id, before, one.note.as_ref());
                messages.extend(events.into_iter().map(|event| Message {
                    // Of what follows from one version of a note, one is told of each type.
                    key: format!("{id} {begun} {version}"),
                    kind: event.kind.to_owned(),
                    data: event.data,
                    at: self.clock.millis(),
                }));
            }
            let expect = if version == 0 { Expect::Absent } else { Expect::Version(version) };
            match one.note {
                Some(note) => {
                    let mut unknown = noted.and_then(|noted| noted.body.as_object()).cloned().unwrap_or_else(Map::new);
                    unknown.retain(|field, _| !NoteRecord::FIELDS.contains(&field.as_str()));
                    let record = NoteRecord { topic: topic.to_owned(), note, begun: Some(begun), unknown };
                    writes.push(Write { id, body: json!(record), expect });
                }
                None => deletions.push((id, expect)),
            }
        }
        self.tell(&messages).await?;
        if !writes.is_empty() {
            // Where another node was faster it has told the same; what it noted is compared once more by the next look.
            self.documents.put_many(&NOTES, writes).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        for (id, expect) in deletions {
            self.documents.delete(&NOTES, &id, expect).await?;
        }
        Ok(())
    }

    /// Everything up to here was told, by this node or another; `is_anew` where what is there is of another feed.
    async fn keep(&self, topic: &'static str, position: &Position, is_anew: bool) -> Result<(), StoreError> {
        let kept = update(&*self.documents, &POSITIONS, topic, |stored: Option<PositionRecord>| {
            let is_behind =
                stored.is_some_and(|stored| stored.position.feed == position.feed && stored.position.number >= position.number);
            if is_behind && !is_anew {
                return Ok::<_, StoreError>(Change::Keep);
            }
            Ok(Change::Put(PositionRecord { position: position.clone() }))
        });
        kept.await.map(drop)
    }

    /// Tells of what was announced; what was told is announced no more. What cannot be read here waits for a build that can.
    async fn take_announced(&self, lease: Option<&Lease>) -> Result<(), StoreError> {
        let mut after = None::<String>;
        loop {
            let page = self.documents.list(&ANNOUNCED, after.as_deref(), AT_ONCE).await?;
            let (mut messages, mut told) = (Vec::new(), Vec::new());
            for document in &page.documents {
                match parse::<Announced>(document) {
                    Ok(Announced { key, kind, data, at }) => {
                        messages.push(Message { key: format!("announced {key}"), kind, data, at });
                        told.push(document.id.as_str());
                    }
                    // Said with each look: it is no news.
                    Err(error) => tracing::debug!(%error, "an event cannot be read here, and waits"),
                }
            }
            if !told.is_empty() && !Lease::is_held(lease).await? {
                return Ok(());
            }
            self.tell(&messages).await?;
            for id in told {
                self.documents.delete(&ANNOUNCED, id, Expect::Anything).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Where each source's feed was followed to, for what it remembers of deletions.
    pub(super) async fn position_of(&self, source: &ChangeSource) -> Result<Option<Position>, StoreError> {
        let Some(topic) = source.collection.feed else { return Ok(None) };
        Ok(read::<PositionRecord>(&*self.documents, &POSITIONS, topic).await?.map(|(record, _)| record.position))
    }
}

/// What is to be noted of each document of a page. One that cannot be read is as it was.
fn seen(source: &ChangeSource, changes: &Changes) -> Vec<Seen> {
    let seen = changes.entries.iter().filter_map(|entry| {
        let note = match &entry.state {
            State::Stored(document) => (source.note)(document)
                .inspect_err(|error| tracing::warn!(%error, "a document cannot be read here: nothing is told of it"))
                .ok()?,
            State::Deleted => None,
            State::Unreadable => return None,
        };
        Some(Seen { id: entry.id.clone(), note, change: change(&changes.position, entry.number) })
    });
    seen.collect()
}

fn change(position: &Position, number: u64) -> String {
    format!("{}/{number}", position.feed)
}

/// Where the note of a document is kept.
fn place(topic: &str, id: &str) -> String {
    format!("{topic}/{id}")
}
