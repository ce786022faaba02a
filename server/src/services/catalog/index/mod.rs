//! The catalogue's search index: every list and every search runs on it, and it follows the documents.
//!
//! Derived: delete its folder and it is made again. Must never be asked for what only the document knows.

mod audience;
mod browse;
mod columns;
mod facets;
mod fold;
mod follow;
mod meant;
mod query;
mod ranked;
mod schema;
mod search;
mod shown;
mod similar;
mod spans;
mod top;

use std::path::Path;

use contract::{Problem, catalog::TitleCard, ids::TitleId};
use tantivy::{
    DocAddress, Searcher, TantivyDocument, TantivyError,
    collector::Count,
    query::TermQuery,
    schema::{Field, IndexRecordOption, Value},
};

use columns::OpenColumns;
use facets::CountsOfAll;
pub use follow::{FollowError, Follower};
use schema::Fields;
use storage::{
    documents::feed::Position,
    search::{SearchError, SearchIndex, Trouble},
};

use super::kept_cards::{KeptCards, kept_cards};

/// The index with its fields. Calls block for as long as a query takes: microseconds to a few milliseconds.
pub struct CatalogIndex {
    index: SearchIndex,
    fields: Fields,
    columns: OpenColumns,
    all: CountsOfAll,
    kept_cards: KeptCards,
}

/// What the index holds of a title to show.
struct Stored {
    card: TitleCard,
    original: Option<String>,
}

impl CatalogIndex {
    /// Opens the index in `folder`, or begins an empty one.
    ///
    /// # Errors
    /// [`SearchError`].
    pub fn open(folder: &Path) -> Result<Self, SearchError> {
        let (definition, fields) = Fields::definition();
        Ok(Self {
            index: SearchIndex::open(folder, definition)?,
            fields,
            columns: OpenColumns::default(),
            all: CountsOfAll::default(),
            kept_cards: kept_cards(),
        })
    }

    /// Cards of the documents, of which what changes is let go as it is indexed.
    pub const fn kept_cards(&self) -> &KeptCards {
        &self.kept_cards
    }

    /// How many titles it holds.
    pub fn count(&self) -> u64 {
        self.index.searcher().num_docs()
    }

    /// Where the index stands in the feed of the titles, if it finds this title no more.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn forgotten(&self, id: &TitleId) -> Result<Option<Position>, Problem> {
        let query = TermQuery::new(self.fields.key(id.as_str()), IndexRecordOption::Basic);
        if self.searcher().search(&query, &Count).map_err(broken)? > 0 {
            return Ok(None);
        }
        // Asked for last: it is of the commit that was searched, or of a later one.
        Ok(self.index.current().progress()?.map(|progress| progress.position))
    }

    fn fields(&self) -> &Fields {
        &self.fields
    }

    fn searcher(&self) -> Searcher {
        self.index.searcher()
    }

    fn cards(&self, searcher: &Searcher, addresses: impl Iterator<Item = DocAddress>) -> Result<Vec<TitleCard>, Problem> {
        addresses.map(|address| Ok(self.stored(searcher, address)?.card)).collect()
    }

    fn stored(&self, searcher: &Searcher, address: DocAddress) -> Result<Stored, Problem> {
        let document: TantivyDocument = searcher.doc(address).map_err(broken)?;
        let text = |field: Field| document.get_first(field).and_then(|value| value.as_str());
        let card = text(self.fields.card).and_then(|card| serde_json::from_str(card).ok());
        let card = card.ok_or_else(|| broken(TantivyError::InternalError("a card cannot be read".to_owned())))?;
        Ok(Stored { card, original: text(self.fields.original).map(str::to_owned) })
    }

    /// What is wrong with it, where something is, in words for operators. One look at the disk.
    pub fn trouble(&self) -> Option<Trouble> {
        self.index.trouble()
    }
}

fn broken(error: TantivyError) -> Problem {
    SearchError::from(error).into()
}
