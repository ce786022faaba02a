//! What a profile has watched: one document a title, with dates.
//!
//! Dates that lie within six hours of each other are one viewing, so that whatever says twice that a film was watched (a
//! heartbeat in its credits, a request that is sent again) says it once; what says a viewing has it stay ([`dates`]). What a
//! change that has a number did is kept under it, and taken back by that ([`changes`]). Must never note what is played where the
//! profile keeps no history.

mod bulk;
mod changes;
mod dates;

use std::{collections::HashSet, sync::Arc};

pub use bulk::Viewings;
use changes::Said;
use contract::ids::{ProfileId, TitleId};
use dates::Dates;
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Change, Collection, Direction, Documents, Expect, Find, PAGE_LIMIT, all_of, delete_all, read},
};

use super::{
    readable::{read_readable, readable, update_readable},
    record::{
        HISTORY_SETTINGS, HistorySettingsRecord, WATCHED, WATCHED_BY_PROFILE, WATCHED_BY_TITLE, WATCHED_CHANGES,
        WATCHED_CHANGES_BY_TITLE, WATCHED_CHANGES_OF_PROFILE, WATCHED_OF_PROFILE, WatchedRecord,
    },
};

/// Titles of one guest: the oldest give way.
const GUEST_TITLES: usize = 100;

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

    /// Notes that a title was watched, in milliseconds since 1970; a date of a clock that is ahead is now. `number` is what the
    /// client calls the change.
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
                self.change_numbered(owner, title, number, Said::Watched(date)).await
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
        self.change_dates(owner, title, |all| dates.iter().for_each(|date| all.say((*date).min(now)))).await
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
        let said = Said::Unwatched(date);
        match number {
            Some(number) => self.change_numbered(owner, title, number, said).await,
            None => self.change_dates(owner, title, |dates| said.change(dates, None)).await,
        }
    }

    async fn dates(&self, profile: &ProfileId, title: &TitleId) -> Result<Dates, StoreError> {
        let found = read_readable::<WatchedRecord>(&*self.store, &WATCHED, &WatchedRecord::id(profile, title)).await?;
        Ok(found.map(|(record, _)| Dates::of(&record)).unwrap_or_default())
    }

    /// Changes the dates of a title, of which there may be none: by one write. Those that cannot be read are none.
    async fn change_dates(&self, owner: Owner<'_>, title: &TitleId, change: impl Fn(&mut Dates)) -> Result<(), StoreError> {
        let now = self.clock.millis();
        let mut is_new = false;
        let id = WatchedRecord::id(owner.profile, title);
        let changed = update_readable(&*self.store, &WATCHED, &id, |stored: Option<WatchedRecord>| {
            is_new = stored.is_none();
            let before = stored.as_ref().map(Dates::of).unwrap_or_default();
            let mut dates = before.clone();
            change(&mut dates);
            if dates == before {
                return Ok(Change::Keep);
            }
            Ok(dates.record(owner, title, stored, now).map_or(Change::Delete, Change::Put))
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

    /// A page of it, the latest first, with where the next begins. What cannot be read is left out.
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
        Ok((page.documents.iter().filter_map(readable).collect(), page.next))
    }

    /// Those of `titles` that are in it, in their order; at most 1000, by one question.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn watched_of(&self, profile: &ProfileId, titles: Vec<TitleId>) -> Result<Vec<TitleId>, StoreError> {
        let ids: Vec<String> = titles.iter().map(|title| WatchedRecord::id(profile, title)).collect();
        let found = self.store.get_many(&WATCHED, &ids).await?;
        let found: HashSet<&str> = found.iter().map(|document| document.id.as_str()).collect();
        Ok(titles.into_iter().zip(&ids).filter(|(_, id)| found.contains(id.as_str())).map(|(title, _)| title).collect())
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
        match read::<HistorySettingsRecord>(&*self.store, &HISTORY_SETTINGS, profile.as_str()).await {
            Ok(found) => Ok(found.is_none_or(|(settings, _)| settings.is_kept)),
            // Perhaps it said that it is not.
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "whether a history is kept cannot be read: what is played is not noted");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn keep(&self, owner: Owner<'_>, is_kept: bool) -> Result<(), StoreError> {
        let guest_updated = owner.is_guest.then(|| self.clock.millis());
        let id = owner.profile.as_str();
        let said = update_readable(&*self.store, &HISTORY_SETTINGS, id, |stored: Option<HistorySettingsRecord>| {
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok(Change::Put(HistorySettingsRecord { is_kept, guest_updated, unknown }))
        });
        said.await.map(drop)
    }

    /// Forgets all that was watched, and what changes removed of it; the settings stay, and which changes are not to be made
    /// again.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    pub async fn clear(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.let_go_of_changes(profile).await?;
        delete_all(&*self.store, &WATCHED, WATCHED_OF_PROFILE, &[profile.as_str().into()]).await
    }

    /// Forgets everything of a profile.
    ///
    /// # Errors
    /// As [`History::clear`].
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        delete_all(&*self.store, &WATCHED_CHANGES, WATCHED_CHANGES_OF_PROFILE, &[profile.as_str().into()]).await?;
        delete_all(&*self.store, &WATCHED, WATCHED_OF_PROFILE, &[profile.as_str().into()]).await?;
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
            let some = self.store.find(&WATCHED, Find { limit: PAGE_LIMIT, ..latest_first(from) }).await?.documents;
            if some.is_empty() {
                return self.forget(from).await;
            }
            for document in some {
                if let Some(record) = readable::<WatchedRecord>(&document) {
                    self.add_all(owner, &record.title, &record.dates).await?;
                }
                self.store.delete(&WATCHED, &document.id, Expect::Anything).await?;
            }
        }
    }
}

fn latest_first(profile: &ProfileId) -> Find<'static> {
    Find { direction: Direction::Descending, ..all_of(WATCHED_BY_PROFILE, &[profile.as_str()]) }
}
