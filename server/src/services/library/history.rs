//! What a profile has watched: one document a title, with dates.
//!
//! Dates that lie within six hours of each other are one viewing, so that whatever says twice that a film was watched (a heartbeat
//! in its credits, a request that is sent again) says it once. What a change that has a number did is kept under it, and taken back by
//! that ([`changes`]). Must never note what is played where the profile keeps no history.

mod bulk;
mod changes;

use std::sync::Arc;

pub use bulk::Viewings;
use contract::ids::{ProfileId, TitleId};
use runtime::clock::Clock;
use serde_json::Map;
use storage::{
    StoreError,
    documents::{Change, Collection, Direction, Documents, Expect, Find, PAGE_LIMIT, all_of, delete_all, parse, read, update},
};

use super::record::{
    HISTORY_SETTINGS, HistorySettingsRecord, WATCHED, WATCHED_BY_PROFILE, WATCHED_BY_TITLE, WATCHED_CHANGES,
    WATCHED_CHANGES_BY_PROFILE, WATCHED_CHANGES_BY_TITLE, WatchedRecord,
};

/// Dates of one title: the oldest give way.
const DATES: usize = 100;
/// Titles of one guest: the oldest give way.
const GUEST_TITLES: usize = 100;
/// Dates that are as near as this are one viewing: 6 hours, in milliseconds.
const ONE_VIEWING: u64 = 6 * 60 * 60 * 1_000;

/// How something comes into the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The viewer says so.
    Said,
    /// It was played to its credits: noted only where a history is kept.
    Played,
}

/// Whose history it is, and whether what is in it expires.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    pub profile: &'a ProfileId,
    pub is_guest: bool,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct History {
    store: Arc<dyn Documents>,
    clock: Clock,
}

impl History {
    pub fn new(store: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Notes that a title was watched, in milliseconds since 1970; a date of a clock that is ahead is now. `number` is what the client
    /// calls the change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        (date, source): (u64, Source),
        number: Option<u64>,
    ) -> Result<(), StoreError> {
        let is_noted = match source {
            Source::Said => true,
            Source::Played => self.is_kept(owner.profile).await?,
        };
        match number.filter(|_| is_noted) {
            Some(number) => {
                let date = date.min(self.clock.millis());
                self.change_numbered(owner, title, number, |dates| insert(dates, date)).await
            }
            None if is_noted => self.add_all(owner, title, &[date]).await,
            None => Ok(()),
        }
    }

    /// As [`History::add`], of several dates that the viewer says, by one write.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_all(&self, owner: Owner<'_>, title: &TitleId, dates: &[u64]) -> Result<(), StoreError> {
        let now = self.clock.millis();
        self.change_dates(owner, title, |all| dates.iter().for_each(|date| insert(all, (*date).min(now)))).await
    }

    /// Takes a title out, or one viewing of it: with its last one the title is not watched. `number` is as of [`History::add`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove(
        &self,
        owner: Owner<'_>,
        title: &TitleId,
        date: Option<u64>,
        number: Option<u64>,
    ) -> Result<(), StoreError> {
        let remove = |dates: &mut Vec<u64>| {
            dates.retain(|there| date.is_some_and(|date| there.abs_diff(date) >= ONE_VIEWING));
        };
        match number {
            Some(number) => self.change_numbered(owner, title, number, remove).await,
            None => self.change_dates(owner, title, remove).await,
        }
    }

    /// Changes the dates of a title, of which there may be none, the latest first: by one write.
    async fn change_dates(&self, owner: Owner<'_>, title: &TitleId, change: impl Fn(&mut Vec<u64>)) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let mut is_new = false;
        let id = WatchedRecord::id(owner.profile, title);
        let changed = update(&*self.store, &WATCHED, &id, |stored: Option<WatchedRecord>| {
            is_new = stored.is_none();
            let (before, unknown) = stored.map_or_else(|| (Vec::new(), Map::new()), |stored| (stored.dates, stored.unknown));
            let mut dates = before.clone();
            change(&mut dates);
            if dates == before {
                return Ok::<_, StoreError>(Change::Keep);
            }
            let Some(watched) = dates.first().copied() else { return Ok(Change::Delete) };
            Ok(Change::Put(WatchedRecord {
                profile: owner.profile.clone(),
                title: title.clone(),
                watched,
                dates,
                guest_updated: owner.is_guest.then_some(now),
                unknown,
            }))
        });
        changed.await?;
        if is_new && owner.is_guest { self.keep_within(owner.profile, &WATCHED, WATCHED_BY_PROFILE).await } else { Ok(()) }
    }

    /// Forgets what a guest has beyond [`GUEST_TITLES`], the oldest first. `index` has a profile's by time.
    async fn keep_within(&self, profile: &ProfileId, collection: &Collection, index: &'static str) -> Result<(), StoreError> {
        let find = Find { limit: PAGE_LIMIT, direction: Direction::Descending, ..all_of(index, &[profile.as_str()]) };
        for beyond in self.store.find(collection, find).await?.documents.into_iter().skip(GUEST_TITLES) {
            self.store.delete(collection, &beyond.id, Expect::Anything).await?;
        }
        Ok(())
    }

    /// A page of it, the latest first, with where the next begins.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Invalid`] where the cursor is of something else.
    pub async fn page(
        &self,
        profile: &ProfileId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<WatchedRecord>, Option<String>), StoreError> {
        let page = self.store.find(&WATCHED, Find { after, limit, ..latest_first(profile) }).await?;
        let records = page.documents.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        Ok((records, page.next))
    }

    /// How many titles are in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, profile: &ProfileId) -> Result<u64, StoreError> {
        self.store.count_found(&WATCHED, latest_first(profile)).await
    }

    /// Whether what the profile plays is noted: unless it said that it is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_kept(&self, profile: &ProfileId) -> Result<bool, StoreError> {
        let found = read::<HistorySettingsRecord>(&*self.store, &HISTORY_SETTINGS, profile.as_str()).await?;
        Ok(found.is_none_or(|(settings, _)| settings.is_kept))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn keep(&self, owner: Owner<'_>, is_kept: bool) -> Result<(), StoreError> {
        let guest_updated = owner.is_guest.then(|| self.clock.millis());
        let id = owner.profile.as_str();
        let said = update(&*self.store, &HISTORY_SETTINGS, id, |stored: Option<HistorySettingsRecord>| {
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok::<_, StoreError>(Change::Put(HistorySettingsRecord { is_kept, guest_updated, unknown }))
        });
        said.await.map(drop)
    }

    /// Forgets all that was watched, and what changes removed of it; the settings stay.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    pub async fn clear(&self, profile: &ProfileId) -> Result<(), StoreError> {
        delete_all(&*self.store, &WATCHED_CHANGES, WATCHED_CHANGES_BY_PROFILE, &[profile.as_str().into()]).await?;
        delete_all(&*self.store, &WATCHED, WATCHED_BY_PROFILE, &[profile.as_str().into()]).await
    }

    /// Forgets everything of a profile.
    ///
    /// # Errors
    /// As [`History::clear`].
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.clear(profile).await?;
        self.store.delete(&HISTORY_SETTINGS, profile.as_str(), Expect::Anything).await.map(drop)
    }

    /// Forgets who has watched a title.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &WATCHED_CHANGES, WATCHED_CHANGES_BY_TITLE, &[title.as_str().into()]).await?;
        delete_all(&*self.store, &WATCHED, WATCHED_BY_TITLE, &[title.as_str().into()]).await
    }

    /// Takes a guest's history along: the dates of both count. A guest who kept none is followed in that by a profile that has
    /// not said.
    ///
    /// # Errors
    /// [`StoreError`]; then some is left, to be taken by the next call.
    pub async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        let owner = Owner { profile: into, is_guest: false };
        if !self.is_kept(from).await? && self.store.get(&HISTORY_SETTINGS, into.as_str()).await?.is_none() {
            self.keep(owner, false).await?;
        }
        loop {
            let (some, _) = self.page(from, None, PAGE_LIMIT).await?;
            if some.is_empty() {
                return self.forget(from).await;
            }
            for record in some {
                self.add_all(owner, &record.title, &record.dates).await?;
                self.store.delete(&WATCHED, &WatchedRecord::id(from, &record.title), Expect::Anything).await?;
            }
        }
    }
}

/// Puts a date among others, the latest first, unless one of them is the same viewing.
fn insert(dates: &mut Vec<u64>, date: u64) {
    if dates.iter().any(|there| there.abs_diff(date) < ONE_VIEWING) {
        return;
    }
    let at = dates.partition_point(|there| *there > date);
    dates.insert(at, date);
    dates.truncate(DATES);
}

fn latest_first(profile: &ProfileId) -> Find<'static> {
    Find { direction: Direction::Descending, ..all_of(WATCHED_BY_PROFILE, &[profile.as_str()]) }
}
