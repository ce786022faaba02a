//! What recommendations are made of, told by those who know it: who watched what, who may be learnt from, what titles are about.
//!
//! Each service that knows of histories implements [`Interactions`] and is wired in `keeping.rs`. Must never tell more of a profile than
//! which title, when, and how much it says.

use std::sync::Arc;

use async_trait::async_trait;
use contract::ids::{AccountId, ProfileId, TitleId};
use storage::StoreError;

/// That a profile had to do with a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    pub profile: ProfileId,
    pub title: TitleId,
    /// Milliseconds since 1970.
    pub instant: u64,
    /// How much it says that the profile wants such titles: 1 is a film that was watched, 0 says nothing. Below 0 it says the contrary,
    /// whatever else the profile did with the title. The title is known to the profile all the same.
    pub weight: f32,
    pub act: Act,
}

/// What a profile did with a title: of several, the last of these is what is told. Either way it knows of the title, which is
/// recommended to it no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// It was put on a list.
    Listed,
    /// It was given stars.
    Rated,
    /// It was begun at least.
    Watched,
}

/// A service that knows of histories.
#[async_trait]
pub trait Interactions: Send + Sync + 'static {
    /// Every interaction of everybody, a page at a time, and where the next page begins. One pass tells each at least once.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn interactions(&self, after: Option<&str>) -> Result<(Vec<Interaction>, Option<String>), StoreError>;

    /// A page of the interactions of one profile, and where the next page begins: `limit` at most (1 to 1000) of each kind that the
    /// service keeps. All pages together tell everything; the first has the latest, where the service keeps them in that order.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Invalid`] where `after` is of something else.
    async fn of(
        &self,
        profile: &ProfileId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Interaction>, Option<String>), StoreError>;

    /// About how many there are of everybody; a number that is another after much has changed.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn count(&self) -> Result<u64, StoreError>;
}

/// A profile of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub profile: ProfileId,
    pub account: AccountId,
    /// Whether others may be recommended things by what it watches: it has no age limit, and its plan includes recommendations.
    pub is_learnt_from: bool,
}

/// Who there is.
#[async_trait]
pub trait Viewers: Send + Sync + 'static {
    /// The profiles of all accounts, a page at a time. Guests are none of them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn viewers(&self, after: Option<&str>) -> Result<(Vec<Viewer>, Option<String>), StoreError>;
}

/// What a title is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutTitle {
    pub id: TitleId,
    /// Milliseconds since 1970.
    pub added: u64,
    pub genres: Vec<String>,
    pub people: Vec<String>,
    pub synopsis: String,
    /// At the Internet Movie Database, where that is known: `tt0111161`.
    pub imdb: Option<String>,
    /// What is thought of it, in per cent: here, where enough have rated it, or else elsewhere.
    pub score: Option<u8>,
}

/// What there is to recommend.
#[async_trait]
pub trait Titles: Send + Sync + 'static {
    /// Every title, a page at a time.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn titles(&self, after: Option<&str>) -> Result<(Vec<AboutTitle>, Option<String>), StoreError>;

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn count(&self) -> Result<u64, StoreError>;
}

/// Those who are asked for what recommendations are made of. Cheap to clone.
#[derive(Clone)]
pub struct Sources {
    pub interactions: Arc<[Arc<dyn Interactions>]>,
    pub viewers: Arc<dyn Viewers>,
    pub titles: Arc<dyn Titles>,
}
