//! The catalogue's handlers, version 1: one per call.
//!
//! Lists and searches ask the index, a title's page asks the document. A title that is rated above the viewer's age does
//! not exist for them: not found, so that nothing of it is read (contract: `not_found` is also what is not for a viewer to
//! know of). Must never do either on a thread that other requests wait for.

mod names;

use std::{collections::HashMap, sync::Arc, time::Duration};

use contract::{
    Problem, bounds,
    catalog::{
        DeleteTitle, GetTitle, GetTitleCards, ListShownTitles, ListSimilarTitles, ListTitles, SearchResults, SearchTitles,
        ShownTitles, Title, TitleCard, TitlePage,
    },
    ids::TitleId,
    maturity,
};

use super::{
    Catalog,
    index::CatalogIndex,
    ingest,
    record::{TITLES, TitleRecord},
};
use crate::{context::RequestContext, mount::reached, services::followed_cache::Asked};

/// Whether the viewer is shown this title.
fn is_for(record: &TitleRecord, context: &RequestContext) -> bool {
    maturity::is_for(record.facts.maturity.as_deref(), context.viewer.authorization.maturity)
}

/// How long a deletion waits for the index.
const VISIBLE: Duration = Duration::from_secs(2);

/// Ids that one request for cards may name.
const MOST_CARDS: usize = contract::bounds::CARDS;

/// # Errors
/// `invalid_request`, for the field `field`, where there are too many of them.
fn check_number(field: &str, ids: &[TitleId]) -> Result<(), Problem> {
    if ids.len() > MOST_CARDS { Err(Problem::invalid(field, format!("expected at most {MOST_CARDS}"))) } else { Ok(()) }
}

impl Catalog {
    /// # Errors
    /// `invalid_request`.
    pub(super) async fn list_titles(&self, context: RequestContext, call: ListTitles) -> Result<TitlePage, Problem> {
        let age = context.viewer.authorization.maturity;
        self.ask(move |index| index.list(&call, age)).await
    }

    /// # Errors
    /// `invalid_request`.
    pub(super) async fn search_titles(&self, context: RequestContext, call: SearchTitles) -> Result<SearchResults, Problem> {
        let age = context.viewer.authorization.maturity;
        self.ask(move |index| index.search(&call, age)).await
    }

    /// # Errors
    /// `not_found`.
    pub(super) async fn get_title(&self, context: RequestContext, call: GetTitle) -> Result<Title, Problem> {
        Ok(self.record(&call.id, &context).await?.title(&call.id))
    }

    /// # Errors
    /// `not_found`.
    pub(super) async fn delete_title(&self, _: RequestContext, call: DeleteTitle) -> Result<(), Problem> {
        self.deletions.delete(&call.id).await?;
        self.index.kept_cards().forget(&call.id);
        self.gallery.forget(&call.id);
        self.until_forgotten(&call.id).await;
        Ok(())
    }

    /// Waits until no list and no search of this process has the title any more, which is a matter of milliseconds. Where the
    /// index does not follow, the title is deleted all the same.
    async fn until_forgotten(&self, id: &TitleId) {
        let mut visible = self.events.visible();
        let forgotten = async {
            loop {
                visible.mark_unchanged();
                let title = id.clone();
                match self.ask(move |index| index.forgotten(&title)).await {
                    Ok(Some(position)) => return reached(&mut visible, &position).await,
                    Ok(None) if visible.changed().await.is_ok() => {}
                    Ok(None) | Err(_) => return,
                }
            }
        };
        if tokio::time::timeout(VISIBLE, forgotten).await.is_err() {
            tracing::warn!(title = %id, "lists have a title that was deleted for a little longer");
        }
    }

    /// # Errors
    /// `not_found`.
    pub(super) async fn list_similar_titles(
        &self,
        context: RequestContext,
        call: ListSimilarTitles,
    ) -> Result<Vec<TitleCard>, Problem> {
        let record = self.record(&call.id, &context).await?;
        let age = context.viewer.authorization.maturity;
        self.ask(move |index| index.similar(&call.id, &record.facts, age)).await
    }

    /// # Errors
    /// `invalid_request`.
    pub(super) async fn get_title_cards(&self, context: RequestContext, call: GetTitleCards) -> Result<Vec<TitleCard>, Problem> {
        check_number("ids", &call.ids)?;
        let age = context.viewer.authorization.maturity;
        // What is kept may be out of date for as long as the index is behind. That is nothing for a profile with an age limit.
        let cards = self.cards(&call.ids, age.is_none() && !call.is_fresh).await?;
        let shown = |id: &TitleId| cards.get(id).filter(|card| maturity::is_for(card.maturity.as_deref(), age));
        Ok(call.ids.iter().filter_map(shown).map(|card| TitleCard::clone(card)).collect())
    }

    /// Asks the index, as lists do: what changed a moment ago is told as they tell it.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(super) async fn list_shown_titles(&self, context: RequestContext, call: ListShownTitles) -> Result<ShownTitles, Problem> {
        if call.ids.len() > bounds::SHOWN {
            return Err(Problem::invalid("ids", format!("expected at most {}", bounds::SHOWN)));
        }
        let age = context.viewer.authorization.maturity;
        let ids = self.ask(move |index| index.shown(call.ids, age)).await?;
        Ok(ShownTitles { ids })
    }

    /// The cards of named titles that there are, whomever they are for: those that are kept, where they may be, and the others by one
    /// question.
    async fn cards(&self, ids: &[TitleId], may_be_kept: bool) -> Result<HashMap<TitleId, Arc<TitleCard>>, Problem> {
        let kept = self.index.kept_cards();
        let of_kept = |id: &TitleId| if may_be_kept { Some((id.clone(), kept.get(id)?)) } else { None };
        let mut cards: HashMap<_, _> = ids.iter().filter_map(of_kept).collect();
        let missing: Vec<TitleId> = ids.iter().filter(|id| !cards.contains_key(*id)).cloned().collect();
        if !missing.is_empty() {
            let asked: HashMap<&TitleId, Asked> = missing.iter().map(|id| (id, kept.asked(id))).collect();
            for (id, record) in self.records("ids", &missing).await? {
                let card = Arc::new(record.card(&id));
                if let Some(asked) = asked.get(&id) {
                    kept.keep(*asked, &id, Arc::clone(&card));
                }
                cards.insert(id, card);
            }
        }
        Ok(cards)
    }

    /// Those of named titles that there are, whomever they are for, by one question to the store.
    ///
    /// # Errors
    /// `invalid_request`, for the field `field`, where there are too many of them.
    async fn records(&self, field: &str, ids: &[TitleId]) -> Result<HashMap<TitleId, TitleRecord>, Problem> {
        check_number(field, ids)?;
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mut records = HashMap::with_capacity(ids.len());
        for document in self.documents.get_many(&TITLES, &ids).await? {
            if let Ok(id) = document.id.parse::<TitleId>() {
                records.insert(id, ingest::into_record(document)?);
            }
        }
        Ok(records)
    }

    async fn record(&self, id: &TitleId, context: &RequestContext) -> Result<TitleRecord, Problem> {
        let text = self.documents.get_text(&TITLES, id.as_str()).await?;
        let record = ingest::read_text(id, &text.ok_or_else(|| Problem::not_found("title"))?)?;
        if is_for(&record, context) { Ok(record) } else { Err(Problem::not_found("title")) }
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
