//! How a review becomes another: written, taken away, hidden, deleted.
//!
//! Each write decides by one compare-and-set whether its writer said something later ([`ReviewRecord::last_said`]), and what was
//! taken away leaves a tombstone: nothing that arrives late takes any of that back. A document that cannot be read is mended first
//! ([`ReviewRecord::mended`]). Must never show what an operator hid because its writer wrote it anew, whether it could be read or not.

use std::collections::BTreeMap;

use contract::{
    ids::{ReviewId, TitleId},
    reviews::{PutReview, RemoveReview},
};
use rand::distr::{Alphanumeric, SampleString};
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Document, Expect, Find, Updated, Write, all_of, delete_unchanged, parse, update},
};

use super::{
    super::record::{BY_WITHDRAWN, REVIEWS, ReviewRecord},
    Reviews, Writer,
};

/// Letters of a review's id: 119 random bits.
const ID: usize = 20;
/// How long a tombstone stays, in milliseconds: a day longer than stars are taken that arrive late.
const WITHDRAWN_STAYS: u64 = contract::bounds::MILLISECONDS_AGO + 24 * 60 * 60 * 1_000;
/// Tombstones that are let go of at a time.
const EXPIRE_AT_ONCE: u32 = 200;

/// What became of a review that was to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// As it is stored by now: where it was taken away since, that ([`ReviewRecord::is_withdrawn`]).
    pub record: ReviewRecord,
    /// Whether it was written: its writer said nothing later.
    pub is_done: bool,
}

impl Reviews {
    /// Writes a profile's review of a title. What was said of it since stays, and so does that it was taken away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put(&self, writer: Writer<'_>, call: &PutReview) -> Result<Put, StoreError> {
        let (now, instant) = self.instant(call.milliseconds_ago);
        let id = ReviewRecord::id(&call.id, writer.profile);
        let fresh = fresh(writer, &call.id, instant)?;
        let mut is_done = true;
        let base = ReviewRecord { half_stars: call.half_stars, ..fresh.clone() };
        let updated = self.change(&id, &base, |stored| {
            is_done = !stored.as_ref().is_some_and(|stored| is_later(stored, instant, now));
            let said = is_done.then(|| said(stored.clone(), &fresh, call, instant));
            said.filter(|said| stored.as_ref() != Some(said)).map_or(Change::Keep, Change::Put)
        });
        let record = updated.await?.record.ok_or_else(|| StoreError::corrupt(id, "it was written and is not there"))?;
        Ok(Put { record, is_done })
    }

    /// Takes a profile's review away; the id that is no review's from now on, where there was one. What was said of it since stays.
    /// A tombstone is left, and of what an operator hid what says so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw(&self, writer: Writer<'_>, call: &RemoveReview) -> Result<Option<ReviewId>, StoreError> {
        let (now, instant) = self.instant(call.milliseconds_ago);
        let (mut taken, next) = (None, drawn()?);
        let id = ReviewRecord::id(&call.id, writer.profile);
        let base = fresh(writer, &call.id, instant)?;
        let withdrawn = self.change(&id, &base, |stored| {
            taken = None;
            // What was never said has no tombstone, whatever ids somebody makes up.
            let Some(stored) = stored.filter(|stored| !is_later(stored, instant, now)) else { return Change::Keep };
            Change::Put(if stored.hidden.is_none() {
                taken = Some(stored.review.clone());
                stored.tombstone(next.clone(), instant)
            } else {
                let (text, said) = (String::new(), Some(instant));
                ReviewRecord { half_stars: 0, text, language: None, edited: None, said, ..stored }.settled()
            })
        });
        withdrawn.await?;
        Ok(taken)
    }

    /// As [`update`] for a review's writer, who is given what can be told of a document that cannot be read.
    async fn change(
        &self,
        id: &str,
        base: &ReviewRecord,
        mut decide: impl FnMut(Option<ReviewRecord>) -> Change<ReviewRecord>,
    ) -> Result<Updated<ReviewRecord>, StoreError> {
        match update(&*self.store, &REVIEWS, id, |stored| Ok::<_, StoreError>(decide(stored))).await {
            Err(StoreError::Corrupt { .. }) => {}
            outcome => return outcome,
        }
        self.mend(id, base).await?;
        update(&*self.store, &REVIEWS, id, |stored| Ok::<_, StoreError>(decide(stored))).await
    }

    /// Has a document that cannot be read say what can be told of it. Of two at once the second leaves what the first wrote.
    async fn mend(&self, id: &str, base: &ReviewRecord) -> Result<(), StoreError> {
        let Some(document) = self.store.get(&REVIEWS, id).await? else { return Ok(()) };
        let Err(error) = parse::<ReviewRecord>(&document) else { return Ok(()) };
        tracing::error!(%error, "a review cannot be read, and is written anew");
        let mended = ReviewRecord::mended(&document.body, base).and_then(serde_json::to_value);
        let body = mended.map_err(|error| StoreError::corrupt(id, error))?;
        match self.store.put(&REVIEWS, Write { id: document.id, body, expect: Expect::Version(document.version) }).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Now, and when that was, in milliseconds since 1970.
    fn instant(&self, milliseconds_ago: Option<u64>) -> (u64, u64) {
        let now = self.clock.millis();
        (now, now.saturating_sub(milliseconds_ago.unwrap_or(0)))
    }

    /// Hides a review, or shows it again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hide(&self, record: &ReviewRecord, is_hidden: bool) -> Result<(), StoreError> {
        let (now, next) = (self.clock.millis(), drawn()?);
        let id = ReviewRecord::id(&record.title, &record.profile);
        let hidden = update(&*self.store, &REVIEWS, &id, |stored: Option<ReviewRecord>| {
            Ok::<_, StoreError>(match stored {
                Some(stored) if stored.review == record.review && stored.hidden.is_some() != is_hidden => {
                    let changed = ReviewRecord { hidden: is_hidden.then_some(now), ..stored };
                    let last_said = changed.last_said();
                    // Taken away by its writer: it was there for its mark alone.
                    let is_over = changed.is_tombstone();
                    Change::Put(if is_over { changed.tombstone(next.clone(), last_said) } else { changed.settled() })
                }
                Some(_) | None => Change::Keep,
            })
        });
        hidden.await.map(drop)
    }

    /// Deletes a review, also where it cannot be read, and leaves nothing; one that was written since stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, document: &Document) -> Result<(), StoreError> {
        delete_unchanged(&*self.store, &REVIEWS, (&document.id, document.version)).await.map(drop)
    }

    /// Takes a review away for its writer, whatever is said of it: what they said before it and what arrives later does not bring
    /// it back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bury(&self, record: &ReviewRecord) -> Result<(), StoreError> {
        let (now, next) = (self.clock.millis(), drawn()?);
        let id = ReviewRecord::id(&record.title, &record.profile);
        let buried = update(&*self.store, &REVIEWS, &id, |stored: Option<ReviewRecord>| {
            let stored = stored.filter(|stored| stored.review == record.review);
            Ok::<_, StoreError>(stored.map_or(Change::Keep, |stored| Change::Put(stored.tombstone(next.clone(), now))))
        });
        buried.await.map(drop)
    }

    /// Lets go of some tombstones that nothing can be late for any more; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expire_withdrawn(&self) -> Result<u64, StoreError> {
        let before = self.clock.millis().saturating_sub(WITHDRAWN_STAYS);
        let find = Find { limit: EXPIRE_AT_ONCE, ..all_of(BY_WITHDRAWN, &[]) };
        let mut expired = 0;
        for document in self.store.find(&REVIEWS, find).await?.documents {
            let Ok(record) = parse::<ReviewRecord>(&document) else { continue };
            if record.withdrawn.is_none_or(|withdrawn| withdrawn >= before) {
                break;
            }
            let expect = Expect::Version(document.version);
            let done = if record.is_tombstone() {
                self.store.delete(&REVIEWS, &document.id, expect).await.map(drop)
            } else {
                // Written anew by an older build, which kept what it does not know.
                let body = serde_json::to_value(record.settled()).map_err(|error| StoreError::corrupt(&document.id, error))?;
                self.store.put(&REVIEWS, Write { id: document.id, body, expect }).await.map(drop)
            };
            match done {
                // Written by somebody meanwhile: the next look sees it.
                Ok(()) | Err(StoreError::Conflict { .. }) => expired += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(expired)
    }
}

/// Whether something was said of a title, or taken away, after an instant. What a clock that ran ahead noted is of now at the
/// latest.
fn is_later(stored: &ReviewRecord, instant: u64, now: u64) -> bool {
    stored.last_said().min(now) > instant
}

/// What is stored once this was said then. Of what says the same already nothing changes but that.
fn said(stored: Option<ReviewRecord>, fresh: &ReviewRecord, call: &PutReview, instant: u64) -> ReviewRecord {
    let before = match stored {
        Some(stored) if stored.is_tombstone() => ReviewRecord { unknown: stored.unknown, ..fresh.clone() },
        Some(stored) => ReviewRecord { said: Some(instant), ..stored },
        None => fresh.clone(),
    };
    let mut said = ReviewRecord { half_stars: call.half_stars, ..before.clone() };
    if !call.keeps_text {
        (said.text, said.has_spoilers) = (call.text.clone(), call.has_spoilers);
        said.language.clone_from(&call.language);
    }
    if said == before {
        return said.settled();
    }
    // Stars without a text are seen by nobody, however often they change: a review is of the day of its first text.
    (said.created, said.edited) =
        if before.is_withdrawn() || before.never_had_a_text() { (instant, None) } else { (before.created, Some(instant)) };
    said.settled()
}

/// The id of a review that nobody has.
fn drawn() -> Result<ReviewId, StoreError> {
    let review = Alphanumeric.sample_string(&mut rand::rng(), ID);
    review.parse().map_err(|error| StoreError::corrupt(review, error))
}

/// A review that says nothing yet.
pub(super) fn fresh(writer: Writer<'_>, title: &TitleId, now: u64) -> Result<ReviewRecord, StoreError> {
    Ok(ReviewRecord {
        review: drawn()?,
        profile: writer.profile.clone(),
        account: writer.account.clone(),
        title: title.clone(),
        half_stars: 0,
        text: String::new(),
        has_spoilers: false,
        language: None,
        created: now,
        edited: None,
        said: Some(now),
        hidden: None,
        helpful: 0,
        reports: 0,
        reasons: BTreeMap::new(),
        counted: None,
        listed: None,
        queue: None,
        withdrawn: None,
        unknown: Map::new(),
    })
}
