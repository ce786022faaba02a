//! The lists of a profile and what is on them: one document a list, one a title on it.
//!
//! To add or to move a title writes that one alone ([`Place`]). Where two devices put titles into the same gap they stand there
//! both, by their ids. What has a limit is counted before it is written and once more after that: of many that are written at
//! once those beyond it are taken back. Must never let a profile change what is another's.

mod bulk;
mod ids;
mod making;
mod putting;
mod taking_off;
mod taking_over;

use std::{collections::HashSet, sync::Arc};

use contract::{
    Code, Problem,
    ids::{AccountId, ListId, ProfileId, TitleId},
    library::WATCHLIST,
};
pub use putting::Putting;
use runtime::clock::Clock;
use storage::{
    StoreError,
    documents::{Change, Documents, Expect, Find, PAGE_LIMIT, all_of, delete_all, update},
};
pub use taking_off::TakingOff;

use super::{
    place::Place,
    readable::{read_readable, readable},
    record::{
        LIST_IDS, LISTED, LISTED_BY_LIST, LISTED_BY_PROFILE, LISTED_BY_TITLE, LISTS, LISTS_BY_HOUSEHOLD, LISTS_BY_PROFILE,
        ListRecord, ListedRecord, TAKEN_OFF, TAKEN_OFF_BY_TITLE, TAKEN_OFF_OF_PROFILE,
    },
};

/// Titles on one list.
pub const TITLES: u64 = 5_000;
/// The same, of a guest.
pub const GUEST_TITLES: u64 = 100;
/// Lists that a profile makes.
const LISTS_AT_MOST: u64 = 100;
/// Documents that one request to the store has.
const BATCH: usize = PAGE_LIMIT as usize;
/// Changes of one title on a list that are known: the oldest give way.
const KNOWN: usize = 16;

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
        Ok(found.filter_map(|document| Some((ListKey::parse(&document.id).ok()?, readable(&document)?))).collect())
    }

    /// What it is called; its id, where that cannot be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn name_of(&self, key: &ListKey) -> Result<String, StoreError> {
        let found = read_readable::<ListRecord>(&*self.store, &LISTS, &key.id()).await?;
        Ok(found.map_or_else(|| key.list.clone(), |(list, _)| list.name))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn exists(&self, key: &ListKey) -> Result<bool, StoreError> {
        Ok(key.is_built_in() || self.store.get(&LISTS, &key.id()).await?.is_some())
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
        match updated.await {
            // What cannot be read is nowhere.
            Err(StoreError::Corrupt { .. }) => Err(moved()),
            updated => updated?.record.map(drop).ok_or_else(moved),
        }
    }

    async fn place_of(&self, key: &ListKey, title: Option<&TitleId>) -> Result<Option<Place>, Problem> {
        let Some(title) = title else { return Ok(None) };
        let found = read_readable::<ListedRecord>(&*self.store, &LISTED, &key.title(title)).await?;
        found.map(|(record, _)| Some(record.place)).ok_or_else(moved)
    }

    /// How many titles are on it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, key: &ListKey) -> Result<u64, StoreError> {
        self.store.count_found(&LISTED, all_of(LISTED_BY_LIST, &[&key.id()])).await
    }

    /// Those of some lists, by their ids ([`ListKey::id`]), that have a title. One that cannot be read is on none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn having(&self, lists: impl Iterator<Item = &ListKey>, title: &TitleId) -> Result<HashSet<String>, StoreError> {
        let ids: Vec<String> = lists.map(|key| key.title(title)).collect();
        let mut having = HashSet::new();
        for batch in ids.chunks(BATCH) {
            let found = self.store.get_many(&LISTED, batch).await?;
            having.extend(found.iter().filter_map(readable::<ListedRecord>).map(|record| record.list));
        }
        Ok(having)
    }

    /// A page of the titles on it, with where the next begins. What cannot be read is left out.
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
        Ok((page.documents.iter().filter_map(readable).collect(), page.next))
    }

    /// Forgets everything of a profile.
    ///
    /// # Errors
    /// [`StoreError`]; then some of it may be left.
    pub async fn forget(&self, profile: &ProfileId) -> Result<(), StoreError> {
        self.store.delete(&LIST_IDS, profile.as_str(), Expect::Anything).await?;
        delete_all(&*self.store, &LISTS, LISTS_BY_PROFILE, &[profile.as_str().into()]).await?;
        delete_all(&*self.store, &LISTED, LISTED_BY_PROFILE, &[profile.as_str().into()]).await?;
        delete_all(&*self.store, &TAKEN_OFF, TAKEN_OFF_OF_PROFILE, &[profile.as_str().into()]).await
    }

    /// Takes a title off every list.
    ///
    /// # Errors
    /// [`StoreError`]; then it may be on some.
    pub async fn forget_title(&self, title: &TitleId) -> Result<(), StoreError> {
        delete_all(&*self.store, &LISTED, LISTED_BY_TITLE, &[title.as_str().into()]).await?;
        delete_all(&*self.store, &TAKEN_OFF, TAKEN_OFF_BY_TITLE, &[title.as_str().into()]).await
    }
}

fn moved() -> Problem {
    Problem::new(Code::VersionConflict).with_detail("The list is another by now.")
}
