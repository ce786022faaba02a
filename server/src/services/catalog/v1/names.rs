//! The handlers of what titles are called elsewhere, version 1.

use std::collections::HashMap;

use contract::{
    Problem,
    catalog::{GetTitleReferences, MatchTitles, TitleMatch, TitleName, TitleReference, imdb_id},
    ids::TitleId,
};

use super::{
    super::{
        Catalog,
        import::IMPORTED,
        ingest::title_of,
        record::{SOURCES, TitleRecord},
    },
    MOST_CARDS, is_for,
};
use crate::context::RequestContext;

impl Catalog {
    /// Those that have an id of IMDb are asked of the store, all others of the index, each at once.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(in super::super) async fn match_titles(
        &self,
        context: RequestContext,
        call: MatchTitles,
    ) -> Result<Vec<TitleMatch>, Problem> {
        if call.titles.len() > MOST_CARDS {
            return Err(Problem::invalid("titles", format!("expected at most {MOST_CARDS}")));
        }
        let by_imdb = self.by_imdb(&call.titles, &context).await?;
        let of_imdb = |name: &TitleName| name.imdb.as_ref().and_then(|imdb| by_imdb.get(imdb));
        let others: Vec<TitleName> = call.titles.iter().filter(|name| of_imdb(name).is_none()).cloned().collect();
        let age = context.viewer.authorization.maturity;
        let others = if others.is_empty() { Vec::new() } else { self.ask(move |index| index.meant(&others, age)).await? };
        let mut others = others.into_iter();
        let meant = |name: &TitleName| match of_imdb(name) {
            Some(id) => id.clone(),
            None => others.next().flatten(),
        };
        Ok(call.titles.iter().map(meant).map(|id| TitleMatch { id }).collect())
    }

    /// The titles that were imported under these ids of IMDb; nothing for one that the viewer is not shown, so that no other title
    /// is taken for it.
    async fn by_imdb(&self, names: &[TitleName], context: &RequestContext) -> Result<HashMap<String, Option<TitleId>>, Problem> {
        let mut sources: Vec<String> =
            names.iter().filter_map(|name| imdb_id(name.imdb.as_deref()?)).map(|imdb| format!("{IMPORTED}{imdb}")).collect();
        sources.sort_unstable();
        sources.dedup();
        if sources.is_empty() {
            return Ok(HashMap::new());
        }
        let known = self.documents.get_many(&SOURCES, &sources).await?;
        let named: Vec<(String, TitleId)> = known
            .iter()
            .filter_map(|document| Some((document.id.strip_prefix(IMPORTED)?.to_owned(), title_of(document)?)))
            .collect();
        let ids: Vec<TitleId> = named.iter().map(|(_, id)| id.clone()).collect();
        let records = self.records("titles", &ids).await?;
        let of_title = |(imdb, id): (String, TitleId)| {
            // A source may name a title that is not there yet, or not any more.
            let is_shown = is_for(records.get(&id)?, context);
            Some((imdb, is_shown.then_some(id)))
        };
        Ok(named.into_iter().filter_map(of_title).collect())
    }

    /// # Errors
    /// `invalid_request`.
    pub(in super::super) async fn get_title_references(
        &self,
        context: RequestContext,
        call: GetTitleReferences,
    ) -> Result<Vec<TitleReference>, Problem> {
        let records = self.records("ids", &call.ids).await?;
        let shown = |id: &TitleId| records.get(id).filter(|record| is_for(record, &context)).map(|record| reference(id, record));
        Ok(call.ids.iter().filter_map(shown).collect())
    }
}

fn reference(id: &TitleId, record: &TitleRecord) -> TitleReference {
    let imdb = record.source.strip_prefix(IMPORTED).and_then(imdb_id);
    TitleReference { id: id.clone(), title: record.facts.title.clone(), year: record.facts.year, imdb: imdb.map(str::to_owned) }
}
