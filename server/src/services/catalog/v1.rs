//! The catalogue's handlers, version 1: one per call.
//!
//! Lists and searches ask the index, a title's page asks the document. Must never do either on a thread that
//! other requests wait for.

use std::{collections::HashMap, sync::Arc};

use contract::{
    Problem,
    catalog::{GetTitle, GetTitleCards, ListSimilarTitles, ListTitles, SearchResults, SearchTitles, Title, TitleCard, TitlePage},
    ids::TitleId,
};

use super::{
    Catalog,
    index::CatalogIndex,
    ingest,
    record::{TITLES, TitleRecord},
};

/// Ids that one request for cards may name.
const MOST_CARDS: usize = 100;

impl Catalog {
    /// # Errors
    /// `invalid_request`.
    pub async fn list_titles(&self, call: ListTitles) -> Result<TitlePage, Problem> {
        self.ask(move |index| index.list(&call)).await
    }

    /// # Errors
    /// `invalid_request`.
    pub async fn search_titles(&self, call: SearchTitles) -> Result<SearchResults, Problem> {
        self.ask(move |index| index.search(&call)).await
    }

    /// # Errors
    /// `not_found`.
    pub async fn get_title(&self, call: GetTitle) -> Result<Title, Problem> {
        Ok(self.record(&call.id).await?.title(&call.id))
    }

    /// # Errors
    /// `not_found`.
    pub async fn list_similar_titles(&self, call: ListSimilarTitles) -> Result<Vec<TitleCard>, Problem> {
        let record = self.record(&call.id).await?;
        self.ask(move |index| index.similar(&call.id, &record.facts)).await
    }

    /// # Errors
    /// `invalid_request`.
    pub async fn get_title_cards(&self, call: GetTitleCards) -> Result<Vec<TitleCard>, Problem> {
        if call.ids.len() > MOST_CARDS {
            return Err(Problem::invalid("ids", format!("expected at most {MOST_CARDS}")));
        }
        let ids: Vec<String> = call.ids.iter().map(ToString::to_string).collect();
        let mut cards = HashMap::with_capacity(ids.len());
        for document in self.documents.get_many(&TITLES, &ids).await? {
            if let Ok(id) = document.id.parse::<TitleId>() {
                cards.insert(id.clone(), ingest::read(&document)?.card(&id));
            }
        }
        Ok(call.ids.iter().filter_map(|id| cards.get(id).cloned()).collect())
    }

    async fn record(&self, id: &TitleId) -> Result<TitleRecord, Problem> {
        let document = self.documents.get(&TITLES, id.as_str()).await?;
        Ok(ingest::read(&document.ok_or_else(|| Problem::not_found("title"))?)?)
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&CatalogIndex) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let index = Arc::clone(&self.index);
        tokio::task::spawn_blocking(move || question(&index)).await.map_err(|error| {
            tracing::error!(%error, "a question to the search index broke off");
            Problem::internal()
        })?
    }
}
