//! Titles like another: by the same people, of the same genres, from the same years, liked as much.
//!
//! Must never scan: each likeness is a term of the index.

use contract::{Problem, catalog::TitleCard, ids::TitleId};
use tantivy::{
    Term,
    query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermQuery},
    schema::IndexRecordOption,
};

use super::{CatalogIndex, audience::limited, ranked::Ranked};
use crate::services::catalog::record::{Credit, Facts, Role};

/// Titles in a reply.
const MOST: usize = 18;
/// People of a title that count.
const PEOPLE: usize = 12;

impl CatalogIndex {
    /// Titles like the one with this id and these facts, of those for viewers up to `age`.
    ///
    /// # Errors
    /// `internal` where the index is broken.
    pub fn similar(&self, id: &TitleId, facts: &Facts, age: Option<u8>) -> Result<Vec<TitleCard>, Problem> {
        let fields = self.fields();
        let mut alike: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for credit in facts.people.iter().take(PEOPLE) {
            alike.push(likeness(Term::from_field_text(fields.person, &credit.name), weight(credit)));
        }
        for (at, genre) in facts.genres.iter().enumerate().take(5) {
            alike.push(likeness(Term::from_field_text(fields.genre, genre), if at == 0 { 3.0 } else { 1.5 }));
        }
        let mut beside: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        if let Some(year) = facts.year {
            let decade = u64::from(year / 10 * 10);
            let mut in_decade = |decade, weight| beside.push(likeness(Term::from_field_u64(fields.decade, decade), weight));
            in_decade(decade, 1.5);
            // The nearer of the two neighbours counts a little.
            in_decade(if year % 10 < 5 { decade.saturating_sub(10) } else { decade + 10 }, 0.5);
        }
        if let Some(score) = facts.mean_score() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
            let band = (score / 10.0).max(0.0) as u64;
            for (band, weight) in [(band, 1.0), (band + 1, 0.6), (band.saturating_sub(1), 0.3)] {
                beside.push(likeness(Term::from_field_u64(fields.score_band, band), weight));
            }
        }
        // Years and scores alone make nothing alike, unless nothing else is known.
        let mut clauses = if alike.is_empty() {
            vec![(Occur::Must, Box::new(BooleanQuery::new(beside)) as Box<dyn Query>)]
        } else {
            beside.push((Occur::Must, Box::new(BooleanQuery::new(alike))));
            vec![(Occur::Must, Box::new(BooleanQuery::new(beside)) as Box<dyn Query>)]
        };
        let itself = TermQuery::new(Term::from_field_text(fields.id, id.as_str()), IndexRecordOption::Basic);
        clauses.push((Occur::MustNot, Box::new(itself)));
        let searcher = self.searcher();
        let query = limited(self.fields(), BooleanQuery::new(clauses), age);
        let columns = self.columns.of(&searcher).map_err(super::broken)?;
        let found = searcher.search(&query, &Ranked { most: MOST, columns }).map_err(super::broken)?;
        self.cards(&searcher, found.iter().map(|placed| placed.address))
    }
}

fn likeness(term: Term, weight: f32) -> (Occur, Box<dyn Query>) {
    let term = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
    (Occur::Should, Box::new(ConstScoreQuery::new(term, weight)))
}

const fn weight(credit: &Credit) -> f32 {
    match credit.role {
        Role::Director => 6.0,
        Role::Author | Role::Writer => 4.0,
        Role::Actor => 3.0,
        Role::Composer | Role::Producer => 1.0,
    }
}
