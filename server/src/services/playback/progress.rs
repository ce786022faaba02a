//! How far each profile got in each title: saved durably, listed with the latest first, forgotten at the end.
//!
//! A save is a read and a compare-and-set, so that two devices never undo each other's fields. What is forgotten leaves a
//! tombstone, so that a change of before that arrives late brings nothing back, and one that takes it back brings back what was.
//! Must never hold a title that was finished.

use std::sync::Arc;

use contract::ids::{ProfileId, TitleId};
use runtime::clock::Clock;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Collection, Direction, Document, Documents, Expect, Find, delete_all, delete_unchanged},
};

use super::record::{
    BY_GUEST, BY_PROFILE, BY_TITLE, FORGOTTEN, FORGOTTEN_BY_INSTANT, FORGOTTEN_BY_PROFILE, FORGOTTEN_BY_TITLE, ForgottenRecord,
    OF_PROFILE, PROGRESS, ProgressRecord,
};
use crate::services::{
    keepers::{self, Tombstones},
    readable::{read_readable, readable, update_readable},
};

/// A save before this many seconds is not written: a player says 0 before it has jumped to where it resumes.
pub const LEAST_POSITION: f64 = 1.0;
/// Films under ten minutes have short credits.
const SHORT_SECONDS: f64 = 600.0;
/// From where on a title counts as begun: so many seconds, or such a share of it.
const BEGUN_SECONDS: f64 = 60.0;
const BEGUN_SHARE: f64 = 0.05;
/// Titles that are forgotten, or taken along, at a time.
const AT_ONCE: u32 = 200;
/// How long a tombstone stays, in milliseconds: a day longer than a change is taken that arrives late.
const FORGOTTEN_STAYS: u64 = contract::bounds::MILLISECONDS_AGO + 24 * 60 * 60 * 1_000;
/// Titles of one guest: the oldest give way. A member's are not counted.
const GUEST_TITLES: usize = 100;

/// Whether so much of a title was watched that it is offered to be gone on with: a minute, or 5 %.
pub fn is_begun(position: f64, duration: f64) -> bool {
    position >= BEGUN_SECONDS || position >= duration * BEGUN_SHARE
}

/// Whether this is so near to the end that nothing is left to resume: the last 5 % (a feature's credits), or the
/// last 3 % of a short.
pub fn is_finished(position: f64, duration: f64) -> bool {
    let share = if duration < SHORT_SECONDS { 0.97 } else { 0.95 };
    position >= duration * share
}

/// Cheap to clone.
#[derive(Clone)]
pub struct ProgressStore {
    store: Arc<dyn Documents>,
    clock: Clock,
}

/// Where in a title somebody is, and how they came there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// Seconds from the start.
    pub position: f64,
    pub duration_seconds: f64,
    /// Whether it stands there.
    pub is_paused: bool,
    /// Whose browser plays it ([`crate::context::Viewer::key`]).
    pub by: Option<String>,
}

impl Played {
    /// Somewhere, by no player.
    pub fn at(position: f64, duration_seconds: f64) -> Self {
        Self { position, duration_seconds, ..Self::default() }
    }
}

/// Why a title is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was watched to its end.
    Finished,
    /// The viewer does not go on with it.
    Dropped,
}

/// Who is at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Members,
    /// What they leave expires, and is bounded.
    Guests,
}

impl ProgressStore {
    pub fn new(store: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, profile: &ProfileId, title: &TitleId) -> Result<Option<ProgressRecord>, StoreError> {
        let document = self.store.get(&PROGRESS, &ProgressRecord::id(profile, title)).await?;
        Ok(document.as_ref().and_then(readable))
    }

    /// Notes a position, in seconds, of now; on return it is durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save(&self, whose: (&ProfileId, Whose), title: &TitleId, played: &Played) -> Result<(), StoreError> {
        self.put(self.clock.millis(), whose, title, played).await
    }

    /// As [`ProgressStore::save`], of an instant that may be past, in milliseconds since 1970: what is later stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_of(
        &self,
        updated: u64,
        whose: (&ProfileId, Whose),
        title: &TitleId,
        played: &Played,
    ) -> Result<(), StoreError> {
        if self.is_forgotten_since(updated, whose.0, title).await? {
            return Ok(());
        }
        self.put(updated, whose, title, played).await
    }

    /// Takes back a change by which a title was forgotten: it is as it was then. What was done since stays.
    ///
    /// # Errors
    /// [`StoreError`]; called again, it goes on.
    pub async fn restore(
        &self,
        change: u64,
        instant: u64,
        (profile, whose): (&ProfileId, Whose),
        title: &TitleId,
    ) -> Result<(), StoreError> {
        let id = ProgressRecord::id(profile, title);
        let mut was = None;
        // Said first: of a forgetting that is sent once more afterwards nothing follows.
        let marked = update_readable(&*self.store, &FORGOTTEN, &id, |stored: Option<ForgottenRecord>| {
            let tombstone = stored.filter(|tombstone| tombstone.change == Some(change));
            was = tombstone.as_ref().and_then(|tombstone| tombstone.was.clone());
            Ok::<_, StoreError>(match tombstone {
                Some(tombstone) => Change::Put(ForgottenRecord { restored: Some(instant), ..tombstone }),
                None => Change::Keep,
            })
        });
        marked.await?;
        let Some(was) = was else { return Ok(()) };
        let restored = update_readable(&*self.store, &PROGRESS, &id, |stored: Option<ProgressRecord>| {
            Ok::<_, StoreError>(if stored.is_none() { Change::Put(was.clone()) } else { Change::Keep })
        });
        restored.await?;
        self.keep_within((profile, whose), &PROGRESS, BY_PROFILE).await
    }

    /// Whether the profile forgot the title after an instant. Of a clock that was ahead then, it was now.
    async fn is_forgotten_since(&self, instant: u64, profile: &ProfileId, title: &TitleId) -> Result<bool, StoreError> {
        let found = read_readable::<ForgottenRecord>(&*self.store, &FORGOTTEN, &ProgressRecord::id(profile, title)).await?;
        let tombstone = found.map(|(tombstone, _)| tombstone).filter(|tombstone| tombstone.restored.is_none());
        Ok(tombstone.is_some_and(|tombstone| tombstone.forgotten.min(self.clock.millis()) > instant))
    }

    async fn put(
        &self,
        updated: u64,
        (profile, whose): (&ProfileId, Whose),
        title: &TitleId,
        played: &Played,
    ) -> Result<(), StoreError> {
        let mut is_new = false;
        let id = ProgressRecord::id(profile, title);
        let saved = update_readable(&*self.store, &PROGRESS, &id, |stored: Option<ProgressRecord>| {
            is_new = stored.is_none();
            if stored.as_ref().is_some_and(|stored| self.is_later(stored, updated)) {
                return Ok::<_, StoreError>(Change::Keep);
            }
            Ok(Change::Put(ProgressRecord {
                profile: profile.clone(),
                title: title.clone(),
                position: played.position,
                duration_seconds: played.duration_seconds,
                updated,
                is_paused: played.is_paused,
                by: played.by.clone(),
                guest_updated: match whose {
                    Whose::Guests => Some(updated),
                    Whose::Members => None,
                },
                unknown: stored.map_or_else(Map::new, |record| record.unknown),
            }))
        });
        saved.await?;
        if is_new { self.keep_within((profile, whose), &PROGRESS, BY_PROFILE).await } else { Ok(()) }
    }

    /// Forgets what a guest has beyond [`GUEST_TITLES`], the oldest first. `index` has a profile's by time.
    async fn keep_within(
        &self,
        (profile, whose): (&ProfileId, Whose),
        collection: &Collection,
        index: &'static str,
    ) -> Result<(), StoreError> {
        match whose {
            Whose::Members => return Ok(()),
            Whose::Guests => {}
        }
        let titles = self.store.find(collection, Find { index, ..of(profile, AT_ONCE) }).await?.documents;
        for beyond in titles.into_iter().skip(GUEST_TITLES) {
            self.store.delete(collection, &beyond.id, Expect::Anything).await?;
        }
        Ok(())
    }

    /// Takes a guest's positions along into another profile: the later one of each title counts. Each goes from the guest
    /// as soon as it is there, so that none is taken twice.
    ///
    /// # Errors
    /// [`StoreError`]; then some are left, to be taken by the next call.
    pub async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        loop {
            let some = self.store.find(&PROGRESS, of(from, AT_ONCE)).await?.documents;
            if some.is_empty() {
                return delete_all(&*self.store, &FORGOTTEN, OF_PROFILE, &[from.as_str().into()]).await;
            }
            for document in some {
                let Some(record) = readable::<ProgressRecord>(&document) else {
                    delete_unchanged(&*self.store, &PROGRESS, (&document.id, document.version)).await?;
                    continue;
                };
                let moved = ProgressRecord { profile: into.clone(), guest_updated: None, ..record };
                let there = ProgressRecord::id(into, &moved.title);
                if !self.is_forgotten_since(moved.updated, into, &moved.title).await? {
                    let merged = update_readable(&*self.store, &PROGRESS, &there, |stored: Option<ProgressRecord>| {
                        let is_later = stored.is_none_or(|stored| stored.updated < moved.updated);
                        Ok::<_, StoreError>(if is_later { Change::Put(moved.clone()) } else { Change::Keep })
                    });
                    merged.await?;
                }
                // Written by somebody meanwhile: the next look takes it.
                delete_unchanged(&*self.store, &PROGRESS, (&document.id, document.version)).await?;
            }
        }
    }

    /// Dates the positions of guests that an older build left without a date; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn date_guests(&self, tombstones: &dyn Tombstones) -> Result<u64, StoreError> {
        let whose = |document: &Document| document.body.get("profile")?.as_str()?.parse().ok();
        keepers::date_guests(&*self.store, &PROGRESS, tombstones, whose, self.clock.millis()).await
    }

    /// Forgets some of what guests were last at before an instant, in milliseconds since 1970, and lets go of tombstones that nothing
    /// can be late for any more; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expire_guests(&self, before: u64) -> Result<u64, StoreError> {
        let forgotten_before = self.clock.millis().saturating_sub(FORGOTTEN_STAYS);
        let tombstones = keepers::expire(&*self.store, &FORGOTTEN, (FORGOTTEN_BY_INSTANT, "forgotten"), forgotten_before).await?;
        Ok(tombstones + keepers::expire(&*self.store, &PROGRESS, (BY_GUEST, keepers::GUEST_UPDATED), before).await?)
    }

    /// Whether this was noted after an instant. What a clock that ran ahead noted is of now at the latest.
    fn is_later(&self, stored: &ProgressRecord, instant: u64) -> bool {
        stored.updated.min(self.clock.millis()) > instant
    }

    /// Forgets a title, of now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, why: Why, whose: (&ProfileId, Whose), title: &TitleId) -> Result<(), StoreError> {
        self.forget_of(why, self.clock.millis(), None, whose, title).await
    }

    /// As [`ProgressStore::forget`], of an instant that may be past, in milliseconds since 1970: what is later stays. `change` is
    /// what the client calls it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_of(
        &self,
        why: Why,
        instant: u64,
        change: Option<u64>,
        (profile, whose): (&ProfileId, Whose),
        title: &TitleId,
    ) -> Result<(), StoreError> {
        let id = ProgressRecord::id(profile, title);
        let was = self.get(profile, title).await?;
        if was.as_ref().is_some_and(|was| self.is_later(was, instant)) {
            return Ok(());
        }
        let (now, mut is_taken_back, mut is_new) = (self.clock.millis(), false, false);
        // The tombstone first: a kill between the two leaves what is to go, and whoever asks again has it gone.
        let buried = update_readable(&*self.store, &FORGOTTEN, &id, |stored: Option<ForgottenRecord>| {
            let is_same = change.is_some() && stored.as_ref().is_some_and(|stored| stored.change == change);
            let restored = stored.as_ref().and_then(|stored| stored.restored);
            is_taken_back = restored.is_some_and(|restored| is_same || restored >= instant);
            // What was never begun has no tombstone, whatever ids somebody makes up.
            let is_buried = was.is_none() && stored.as_ref().is_none_or(|stored| (instant..=now).contains(&stored.forgotten));
            is_new = stored.is_none();
            if is_taken_back || is_same || is_buried {
                return Ok::<_, StoreError>(Change::Keep);
            }
            Ok(Change::Put(ForgottenRecord {
                profile: profile.clone(),
                title: title.clone(),
                forgotten: instant,
                is_finished: why == Why::Finished,
                change,
                restored: None,
                was: was.clone(),
                unknown: stored.map_or_else(Map::new, |stored| stored.unknown),
            }))
        });
        buried.await?;
        if is_taken_back {
            return Ok(());
        }
        let forgotten = update_readable(&*self.store, &PROGRESS, &id, |stored: Option<ProgressRecord>| {
            let is_to_go = stored.is_some_and(|stored| !self.is_later(&stored, instant));
            Ok::<_, StoreError>(if is_to_go { Change::Delete } else { Change::Keep })
        });
        forgotten.await?;
        if is_new { self.keep_within((profile, whose), &FORGOTTEN, FORGOTTEN_BY_PROFILE).await } else { Ok(()) }
    }

    /// Forgets everything of a profile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then some of it may be left.
    pub async fn forget_all(&self, profile: &ProfileId) -> Result<(), StoreError> {
        delete_all(&*self.store, &PROGRESS, OF_PROFILE, &[profile.as_str().into()]).await?;
        delete_all(&*self.store, &FORGOTTEN, OF_PROFILE, &[profile.as_str().into()]).await
    }

    /// Forgets how far everybody got in a title.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then some of it may be left.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &PROGRESS, BY_TITLE, &[title.as_str().into()]).await?;
        delete_all(&*self.store, &FORGOTTEN, FORGOTTEN_BY_TITLE, &[title.as_str().into()]).await
    }

    /// The titles begun last, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn latest(&self, profile: &ProfileId, limit: u32) -> Result<Vec<ProgressRecord>, StoreError> {
        Ok(self.store.find(&PROGRESS, of(profile, limit)).await?.documents.iter().filter_map(readable).collect())
    }
}

fn of(profile: &ProfileId, limit: u32) -> Find<'static> {
    let equals = vec![profile.as_str().into()];
    Find { index: BY_PROFILE, equals, from: None, direction: Direction::Descending, after: None, limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_finished_with_its_credits_and_a_short_with_its_last_second() {
        for (position, duration, finished) in [
            (6_839.0, 7_200.0, false),
            (6_840.0, 7_200.0, true),
            (29.0, 30.0, false),
            (29.1, 30.0, true),
            (582.0, 600.0, true),
            (569.0, 600.0, false),
            (0.0, 30.0, false),
        ] {
            assert_eq!(is_finished(position, duration), finished, "{position} of {duration}");
        }
    }
}
