//! The service `catalog`: which titles there are, what is known of them, how they are found and what they
//! look like.
//!
//! Owns the collections `titles`, `title_sources` and `deleted_titles`, the search index and `/art`. Answers ListTitles,
//! GetTitle, GetTitleCards, ListShownTitles, ListSimilarTitles, SearchTitles, MatchTitles, GetTitleReferences and DeleteTitle; takes titles
//! in through [`ingest`]. Depends on documents, objects (pictures taken from video) and the change feed. Must never play anything,
//! and never let a title be found or read by a viewer whom its rating keeps from it.

mod art;
pub mod artwork;
pub mod called;
mod contents;
pub mod deletion;
mod domain_events;
pub mod facts;
pub mod import;
mod index;
pub mod ingest;
mod kept_cards;
mod new_id;
mod poster_variety;
mod record;
pub mod scan;
mod v1;

#[cfg(test)]
pub(in crate::services) mod tests;

use std::{path::Path, sync::Arc};

use axum::Router;
use contract::catalog::{
    DeleteTitle, GetTitle, GetTitleCards, GetTitleReferences, ListShownTitles, ListSimilarTitles, ListTitles, MatchTitles,
    SearchTitles,
};
use poster::Typeface;
use storage::{
    documents::Documents,
    events::Events,
    objects::Objects,
    search::{SearchError, Trouble},
};

use self::{art::Gallery, deletion::TitleDeletions, index::CatalogIndex, ingest::Ingest};
pub use self::{
    index::{FollowError, Follower},
    record::Pictures,
};
use super::{Service, answer};
use crate::mount::Mount;

/// What the catalogue is made of.
pub struct Dependencies<'a> {
    pub documents: Arc<dyn Documents>,
    pub objects: Objects,
    pub events: Events,
    /// Where the search index lives: derived, may be deleted.
    pub index_folder: &'a Path,
    /// What posters are lettered with.
    pub typeface: Arc<Typeface>,
    pub deletions: Arc<TitleDeletions>,
}

/// The catalogue.
pub struct Catalog {
    documents: Arc<dyn Documents>,
    events: Events,
    index: Arc<CatalogIndex>,
    gallery: Gallery,
    deletions: Arc<TitleDeletions>,
}

impl Catalog {
    /// Opens the search index, or begins a new one. Nothing is found in a new one until
    /// [`Catalog::follower`] runs.
    ///
    /// # Errors
    /// [`SearchError`] where the index folder is something else's, or cannot be written though the disk has room.
    pub fn open(parts: Dependencies<'_>) -> Result<Self, SearchError> {
        let index = Arc::new(CatalogIndex::open(parts.index_folder)?);
        let gallery = Gallery::new(Arc::clone(&parts.documents), parts.objects, parts.typeface);
        let Dependencies { documents, events, deletions, .. } = parts;
        Ok(Self { documents, events, index, gallery, deletions })
    }

    /// The way in for titles.
    pub fn ingest(&self) -> Ingest {
        Ingest::new(Arc::clone(&self.documents), self.events.clone())
    }

    /// What keeps the search index up to date: [`Follower::catch_up`] once before the first request is
    /// answered, then [`Follower::run`] for as long as the process lives.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn follower(&self) -> Result<Follower, FollowError> {
        Follower::new(Arc::clone(&self.index), Arc::clone(&self.documents), self.events.clone())
    }

    /// What is wrong with the search index, where something is, in words for operators. One look at the disk.
    pub fn search_trouble(&self) -> Option<String> {
        match self.index.trouble()? {
            trouble @ (Trouble::Gone | Trouble::InMemory(_)) => Some(trouble.to_string()),
            // Everything is found meanwhile.
            Trouble::Outdated => None,
        }
    }

    /// How many titles can be found.
    pub fn visible(&self) -> u64 {
        self.index.count()
    }
}

impl Service for Catalog {
    fn name(&self) -> &'static str {
        "catalog"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, ListTitles, list_titles);
        answer!(mount, self, GetTitle, get_title);
        answer!(mount, self, GetTitleCards, get_title_cards);
        answer!(mount, self, ListShownTitles, list_shown_titles);
        answer!(mount, self, ListSimilarTitles, list_similar_titles);
        answer!(mount, self, SearchTitles, search_titles);
        answer!(mount, self, MatchTitles, match_titles);
        answer!(mount, self, GetTitleReferences, get_title_references);
        answer!(mount, self, DeleteTitle, delete_title);
    }

    fn routes(self: Arc<Self>) -> Router {
        self.gallery.clone().routes()
    }
}

pub use domain_events::SOURCES;

/// What is stored here, for whoever moves or checks stores as a whole.
pub static COLLECTIONS: &[&storage::documents::Collection] = &[&record::TITLES, &record::SOURCES, &record::DELETED];
