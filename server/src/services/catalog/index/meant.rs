//! Which title a name of elsewhere means: by its whole title and its year.
//!
//! Must never answer with a title above the age of whoever asks.

use contract::{Problem, catalog::TitleName, ids::TitleId};
use tantivy::{
    Searcher, Term,
    query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery},
    schema::IndexRecordOption,
};

use super::{CatalogIndex, audience::limited, columns::Columns, fold, ranked::Ranked};

/// Titles that are looked at for one name, the most popular first: more are not called alike within two decades.
const LOOKED_AT: usize = 100;
/// Characters of a title at most, as titles are taken in.
const LONGEST: usize = 300;

impl CatalogIndex {
    /// What each name means, of what is for viewers up to `age`.
    ///
    /// # Errors
    /// `internal` where the index is broken.
    pub fn meant(&self, names: &[TitleName], age: Option<u8>) -> Result<Vec<Option<TitleId>>, Problem> {
        let searcher = self.searcher();
        let columns = self.columns.of(&searcher).map_err(super::broken)?;
        names.iter().map(|name| self.title_meant(&searcher, &columns, name, age)).collect()
    }

    fn title_meant(
        &self,
        searcher: &Searcher,
        columns: &Columns,
        name: &TitleName,
        age: Option<u8>,
    ) -> Result<Option<TitleId>, Problem> {
        let wanted = name.title.trim();
        if wanted.is_empty() || wanted.chars().count() > LONGEST {
            return Ok(None);
        }
        let ranked = Ranked { most: LOOKED_AT, columns: Columns::clone(columns) };
        let found = searcher.search(&limited(self.fields(), self.called(wanted, name.year), age), &ranked);
        let wanted = fold::as_written(wanted);
        let mut candidates = Vec::new();
        for placed in found.map_err(super::broken)? {
            let stored = self.stored(searcher, placed.address)?;
            let mut called = [Some(stored.card.title.as_str()), stored.original.as_deref()].into_iter().flatten();
            let is_as_written = called.any(|title| fold::as_written(title) == wanted);
            candidates.push(Candidate { id: stored.card.id, year: stored.card.year, is_as_written });
        }
        Ok(chosen(candidates, name.year))
    }

    /// Titles that are called so, of the decades that a year and the ones beside it are in.
    fn called(&self, title: &str, year: Option<u16>) -> BooleanQuery {
        let fields = self.fields();
        let term = |term: Term| Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>;
        let mut forms: Vec<_> =
            fold::whole_forms(title).iter().map(|form| term(Term::from_field_text(fields.title_whole, form))).collect();
        if forms.is_empty() {
            // Neither letters nor digits: what it is sorted by is all there is of it.
            forms.push(term(Term::from_field_text(fields.sort_key, &fold::sort_key(title))));
        }
        // Alike, in whatever way they are called so.
        let called = ConstScoreQuery::new(Box::new(BooleanQuery::union(forms)), 1.0);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(called))];
        if let Some(year) = year {
            let mut decades = [year.saturating_sub(1), year.saturating_add(1)].map(|year| u64::from(year / 10 * 10)).to_vec();
            decades.dedup();
            let decades = decades.into_iter().map(|decade| term(Term::from_field_u64(fields.decade, decade))).collect();
            let within = ConstScoreQuery::new(Box::new(BooleanQuery::union(decades)), 0.0);
            clauses.push((Occur::Must, Box::new(within)));
        }
        BooleanQuery::new(clauses)
    }
}

/// A title that is called as wanted.
struct Candidate {
    id: TitleId,
    year: Option<u16>,
    /// With its article and its spaces.
    is_as_written: bool,
}

/// The one that is meant, of those that are called alike, the most popular first.
fn chosen(mut candidates: Vec<Candidate>, year: Option<u16>) -> Option<TitleId> {
    if let Some(year) = year {
        let off = |candidate: &Candidate| candidate.year.map(|its| its.abs_diff(year)).filter(|off| *off <= 1);
        let near = candidates.into_iter().filter_map(|candidate| Some((off(&candidate)?, candidate)));
        return near.min_by_key(|(off, candidate)| (*off, !candidate.is_as_written)).map(|(_, nearest)| nearest.id);
    }
    if candidates.iter().any(|candidate| candidate.is_as_written) {
        candidates.retain(|candidate| candidate.is_as_written);
    }
    match (candidates.pop(), candidates.pop()) {
        (Some(only), None) => Some(only.id),
        (Some(_) | None, _) => None,
    }
}
