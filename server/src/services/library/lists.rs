//! The lists of a profile and what is on them: one document a list, one a title on it.
//!
//! To add or to move a title writes that one alone ([`Place`]). Where two devices put titles into the same
//! gap they stand there both, by their ids. Must never let a profile change what is another's.

mod bulk;

use std::sync::Arc;

use contract::{
    Code, Problem,
    ids::{AccountId, ListId, ProfileId, TitleId},
    library::WATCHLIST,
};
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Change, Documents, Expect, Find, PAGE_LIMIT, Write, all_of, delete_all, parse, read, update},
};

use super::{
    place::Place,
    record::{
        LISTED, LISTED_BY_LIST, LISTED_BY_PROFILE, LISTED_BY_TITLE, LISTS, LISTS_BY_HOUSEHOLD, LISTS_BY_PROFILE, ListRecord,
        ListedRecord,
    },
};

/// Titles on one list.
pub const TITLES: u64 = 5_000;
/// The same, of a guest.
pub const GUEST_TITLES: u64 = 100;
/// Lists that a profile makes.
const LISTS_AT_MOST: u64 = 100;

/// The list of favourites, which no call names: another right is asked for it.
pub const FAVOURITES: &str = "favourites";

/// One list of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKey {
    pub profile: ProfileId,
    list: String,
}

impl ListKey {
    pub fn new(profile: &ProfileId, list: &ListId) -> Self {
        Self { profile: profile.clone(), list: list.to_string() }
    }

    pub fn watchlist(profile: &ProfileId) -> Self {
        Self { profile: profile.clone(), list: WATCHLIST.to_owned() }
    }

    pub fn favourites(profile: &ProfileId) -> Self {
        Self { profile: profile.clone(), list: FAVOURITES.to_owned() }
    }

    /// Whose document, or title, says that it is this list's or on it.
    fn parse(id: &str) -> Result<Self, StoreError> {
        let named = id.split_once('/').and_then(|(profile, list)| Some((profile.parse().ok()?, list.to_owned())));
        let (profile, list) = named.ok_or_else(|| StoreError::corrupt(id, "it is no list's"))?;
        Ok(Self { profile, list })
    }

    /// What calls name it by.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], where what is stored is no id.
    pub fn list_id(&self) -> Result<ListId, StoreError> {
        self.list.parse().map_err(|error| StoreError::corrupt(self.id(), error))
    }

    /// Whether everybody has it.
    fn is_built_in(&self) -> bool {
        matches!(self.list.as_str(), WATCHLIST | FAVOURITES)
    }

    /// The id of the list's document, and what its titles say that they are on.
    pub fn id(&self) -> String {
        format!("{}/{}", self.profile, self.list)
    }

    fn title(&self, title: &TitleId) -> String {
        format!("{}/{title}", self.id())
    }
}

/// Whether this is the id of a profile's favourites ([`ListKey::id`]).
pub fn is_favourites(id: &str) -> bool {
    id.split_once('/').is_some_and(|(_, list)| list == FAVOURITES)
}

/// A list as it is stored, with its place.
pub type Stored = (ListKey, ListRecord);

/// Cheap to clone.
#[derive(Clone)]
pub struct Lists {
    store: Arc<dyn Documents>,
    clock: Clock,
}

impl Lists {
    pub fn new(store: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// The lists that a profile made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, profile: &ProfileId) -> Result<Vec<Stored>, StoreError> {
        self.lists(LISTS_BY_PROFILE, profile.as_str()).await
    }

    /// The lists that profiles of an account share.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shared(&self, account: &AccountId) -> Result<Vec<Stored>, StoreError> {
        self.lists(LISTS_BY_HOUSEHOLD, account.as_str()).await
    }

    async fn lists(&self, index: &'static str, equal: &str) -> Result<Vec<Stored>, StoreError> {
        let find = all_of(index, &[equal]);
        let found = self.store.find(&LISTS, Find { limit: PAGE_LIMIT, ..find }).await?.documents.into_iter();
        found.map(|document| Ok((ListKey::parse(&document.id)?, parse(&document)?))).collect()
    }

    /// Makes a list, or replaces what it says of itself. A guest's expires by `guest_updated`.
    ///
    /// # Errors
    /// `limit_reached`; [`StoreError`].
    pub async fn replace(&self, key: &ListKey, wanted: ListRecord) -> Result<(), Problem> {
        let id = key.id();
        if self.store.get(&LISTS, &id).await?.is_none() {
            let there = self.store.count_found(&LISTS, all_of(LISTS_BY_PROFILE, &[key.profile.as_str()])).await?;
            if there >= LISTS_AT_MOST {
                return Err(Problem::new(Code::LimitReached).with_detail(format!("There are {LISTS_AT_MOST} lists already.")));
            }
        }
        let replaced = update(&*self.store, &LISTS, &id, |stored: Option<ListRecord>| {
            let unknown = stored.map(|stored| stored.unknown).unwrap_or_default();
            Ok::<_, StoreError>(Change::Put(ListRecord { unknown, ..wanted.clone() }))
        });
        replaced.await?;
        Ok(())
    }

    /// Deletes a list, and then what is on it; a call that was broken off is made good by the next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, key: &ListKey) -> Result<(), StoreError> {
        self.store.delete(&LISTS, &key.id(), Expect::Anything).await?;
        delete_all(&*self.store, &LISTED, LISTED_BY_LIST, &[key.id().into()]).await
    }

    /// What it is called.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn name_of(&self, key: &ListKey) -> Result<String, StoreError> {
        let found = read::<ListRecord>(&*self.store, &LISTS, &key.id()).await?;
        Ok(found.map_or_else(|| key.list.clone(), |(list, _)| list.name))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn exists(&self, key: &ListKey) -> Result<bool, StoreError> {
        Ok(key.is_built_in() || self.store.get(&LISTS, &key.id()).await?.is_some())
    }

    /// Puts a title on top, or says something else of one that is there.
    ///
    /// # Errors
    /// `not_found` where there is no such list; `limit_reached`; [`StoreError`].
    pub async fn add(&self, key: &ListKey, title: &TitleId, note: Option<String>, is_guest: bool) -> Result<(), Problem> {
        if !self.exists(key).await? {
            return Err(Problem::not_found("list"));
        }
        let id = key.title(title);
        if read::<ListedRecord>(&*self.store, &LISTED, &id).await?.is_some() {
            return match note {
                Some(note) => Ok(self.annotate(&id, &note).await?),
                None => Ok(()),
            };
        }
        let limit = if is_guest { GUEST_TITLES } else { TITLES };
        if self.count(key).await? >= limit {
            return Err(Problem::new(Code::LimitReached).with_detail(format!("There are {limit} titles on it already.")));
        }
        let now = self.clock.millis();
        let record = ListedRecord {
            profile: key.profile.clone(),
            list: key.id(),
            title: title.clone(),
            place: Place::on_top(self.first_place(key).await?.as_ref(), now),
            added: now,
            note: note.unwrap_or_default(),
            guest_updated: is_guest.then_some(now),
            unknown: serde_json::Map::new(),
        };
        let body = serde_json::to_value(record).map_err(|_| Problem::internal())?;
        match self.store.put(&LISTED, Write { id, body, expect: Expect::Absent }).await {
            // Another device was faster.
            Ok(_) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if self.exists(key).await? {
            return Ok(());
        }
        // Deleted meanwhile, and what was on it perhaps before this was.
        self.remove(key, title).await?;
        Err(Problem::not_found("list"))
    }

    async fn annotate(&self, id: &str, note: &str) -> Result<(), StoreError> {
        let noted = update(&*self.store, &LISTED, id, |stored: Option<ListedRecord>| {
            Ok::<_, StoreError>(
                stored.map_or(Change::Keep, |stored| Change::Put(ListedRecord { note: note.to_owned(), ..stored })),
            )
        });
        noted.await.map(drop)
    }

    /// Takes a title off.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove(&self, key: &ListKey, title: &TitleId) -> Result<(), StoreError> {
        self.store.delete(&LISTED, &key.title(title), Expect::Anything).await.map(drop)
    }

    /// Moves a title to between two others; the list's ends where one is absent.
    ///
    /// # Errors
    /// `version_conflict` where one of them is not there, or they stand the other way round; [`StoreError`].
    pub async fn move_between(
        &self,
        key: &ListKey,
        title: &TitleId,
        before: Option<&TitleId>,
        behind: Option<&TitleId>,
    ) -> Result<(), Problem> {
        let before = self.place_of(key, before).await?;
        let behind = self.place_of(key, behind).await?;
        let place = Place::between(before.as_ref(), behind.as_ref()).ok_or_else(moved)?;
        let id = key.title(title);
        let updated = update(&*self.store, &LISTED, &id, |stored: Option<ListedRecord>| {
            Ok::<_, StoreError>(
                stored.map_or(Change::Keep, |stored| Change::Put(ListedRecord { place: place.clone(), ..stored })),
            )
        });
        updated.await?.record.map(drop).ok_or_else(moved)
    }

    async fn place_of(&self, key: &ListKey, title: Option<&TitleId>) -> Result<Option<Place>, Problem> {
        let Some(title) = title else { return Ok(None) };
        let found = read::<ListedRecord>(&*self.store, &LISTED, &key.title(title)).await?;
        found.map(|(record, _)| Some(record.place)).ok_or_else(moved)
    }

    /// How many titles are on it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, key: &ListKey) -> Result<u64, StoreError> {
        self.store.count_found(&LISTED, all_of(LISTED_BY_LIST, &[&key.id()])).await
    }

    /// A page of the titles on it, with where the next begins.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Invalid`] where the cursor is of another list.
    pub async fn page(
        &self,
        key: &ListKey,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<ListedRecord>, Option<String>), StoreError> {
        let id = key.id();
        let page = self.store.find(&LISTED, Find { after, limit, ..all_of(LISTED_BY_LIST, &[&id]) }).await?;
        let records = page.documents.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        Ok((records, page.next))
    }

    /// Every title on it, in its order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn titles(&self, key: &ListKey) -> Result<Vec<TitleId>, StoreError> {
        Ok(self.records(key, usize::MAX).await?.into_iter().map(|record| record.title).collect())
    }

    /// Forgets everything of a profile.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        delete_all(&*self.store, &LISTS, LISTS_BY_PROFILE, &[profile.as_str().into()]).await?;
        delete_all(&*self.store, &LISTED, LISTED_BY_PROFILE, &[profile.as_str().into()]).await
    }

    /// Takes a title off every list.
    ///
    /// # Errors
    /// [`StoreError`]; then it may be on some.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &LISTED, LISTED_BY_TITLE, &[title.as_str().into()]).await
    }

    /// Takes a guest's lists along: what is on both stays where it is on the one that stays.
    ///
    /// # Errors
    /// [`StoreError`]; then some are left, to be taken by the next call.
    pub async fn merge(&self, from: &ProfileId, into: &ProfileId) -> Result<(), StoreError> {
        for (key, list) in self.of(from).await? {
            let taken = ListRecord { profile: into.clone(), guest_updated: None, ..list };
            self.take(&LISTS, ListKey { profile: into.clone(), ..key }.id(), &taken).await?;
        }
        loop {
            let find = all_of(LISTED_BY_PROFILE, &[from.as_str()]);
            let some = self.store.find(&LISTED, Find { limit: PAGE_LIMIT, ..find }).await?.documents;
            if some.is_empty() {
                return self.forget(from).await;
            }
            for document in some {
                let listed: ListedRecord = parse(&document)?;
                let key = ListKey { profile: into.clone(), ..ListKey::parse(&listed.list)? };
                let taken = ListedRecord { profile: into.clone(), list: key.id(), guest_updated: None, ..listed };
                self.take(&LISTED, key.title(&taken.title), &taken).await?;
                self.store.delete(&LISTED, &document.id, Expect::Anything).await?;
            }
        }
    }

    /// Puts a record where there is none.
    async fn take(
        &self,
        collection: &'static storage::documents::Collection,
        id: String,
        record: &impl serde::Serialize,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_value(record).map_err(|error| StoreError::corrupt(&id, error))?;
        match self.store.put(collection, Write { id, body, expect: Expect::Absent }).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn moved() -> Problem {
    Problem::new(Code::VersionConflict).with_detail("The list is another by now.")
}
