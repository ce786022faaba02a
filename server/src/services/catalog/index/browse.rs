//! A page of the catalogue: filters, order, counts, and where the next page begins.
//!
//! One pass over the documents that pass all filters but one at most does it all. Must never return a title
//! on two pages of one list, whatever is added in between.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    Problem, bounds,
    catalog::{ListTitles, Sort, TitlePage},
};
use serde::{Deserialize, Serialize};
use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader, Term,
    collector::{Collector, SegmentCollector},
    columnar::Column,
    query::{AllQuery, BooleanQuery, Occur, Query, TermQuery},
    schema::IndexRecordOption,
};

use super::{
    CatalogIndex,
    audience::limited,
    facets::{Counts, SegmentFacets},
    schema::{Fields, band_number},
    top::{Positioned, SortPosition, Top, merge, number_column},
};

/// Titles on a page where the request does not say.
const PAGE: u8 = 40;

/// Where a page ended, and of which order. Opaque to clients: base64url of JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    sort: Sort,
    place: SortPosition,
}

impl CatalogIndex {
    /// One page of what is for viewers up to `age`.
    ///
    /// # Errors
    /// `invalid_request` for a limit or a page token that cannot be; `internal` where the index is broken.
    pub fn list(&self, list: &ListTitles, age: Option<u8>) -> Result<TitlePage, Problem> {
        let sort = list.sort.unwrap_or_default();
        let limit = usize::from(list.limit.unwrap_or(PAGE));
        if !(1..=bounds::PAGE).contains(&(limit as u64)) {
            return Err(Problem::invalid("limit", format!("expected 1 to {}", bounds::PAGE)));
        }
        let after = list.page_token.as_deref().map(|token| read_token(token, sort)).transpose()?;
        let searcher = self.searcher();
        // One more than the page holds tells whether there is a next one.
        let pass = Pass { list: list.clone(), sort, most: limit + 1, after };
        let mut found =
            searcher.search(&limited(self.fields(), query(self.fields(), list), age), &pass).map_err(super::broken)?;
        let next = if found.first.len() > limit {
            found.first.truncate(limit);
            found.first.last().map(|last| write_token(sort, &last.place))
        } else {
            None
        };
        let items = self.cards(&searcher, found.first.iter().map(|placed| placed.address))?;
        Ok(TitlePage { items, total: found.total, next, facets: found.counts.into_facets() })
    }
}

fn read_token(token: &str, sort: Sort) -> Result<SortPosition, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let token: Option<Token> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match token {
        Some(token) if token.sort == sort => Ok(token.place),
        Some(_) => Err(Problem::invalid("page_token", "belongs to a list in another order")),
        None => Err(Problem::invalid("page_token", "expected the `next` of a page before")),
    }
}

fn write_token(sort: Sort, place: &SortPosition) -> String {
    let token = Token { sort, place: place.clone() };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
}

/// Every document that can count for something: those that fail one filter count for that filter's choices.
fn query(fields: &Fields, list: &ListTitles) -> BooleanQuery {
    let term = |term: Term| Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>;
    let filters: Vec<Term> = [
        list.genre.as_deref().map(|genre| Term::from_field_text(fields.genre, genre)),
        list.maturity.as_deref().map(|maturity| Term::from_field_text(fields.maturity, maturity)),
        list.decade.map(|decade| Term::from_field_u64(fields.decade, u64::from(decade))),
        list.runtime.map(|band| Term::from_field_u64(fields.runtime, band_number(band))),
        list.watchable.map(|watchable| Term::from_field_u64(fields.watchable, u64::from(watchable))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(3);
    if let Some(person) = &list.person {
        clauses.push((Occur::Must, term(Term::from_field_text(fields.person, person))));
    }
    if filters.len() > 1 {
        let all_but_one = filters.len() - 1;
        let filters = filters.into_iter().map(term).collect();
        clauses.push((Occur::Must, Box::new(BooleanQuery::union_with_minimum_required_clauses(filters, all_but_one))));
    }
    if clauses.is_empty() {
        clauses.push((Occur::Must, Box::new(AllQuery)));
    }
    BooleanQuery::new(clauses)
}

/// One pass over the index.
struct Pass {
    list: ListTitles,
    sort: Sort,
    most: usize,
    after: Option<SortPosition>,
}

/// What the pass found.
#[derive(Default)]
struct Found {
    first: Vec<Positioned>,
    total: u64,
    counts: Counts,
}

struct SegmentPass {
    facets: SegmentFacets,
    order: Order,
    top: Top,
    total: u64,
}

/// From a document to its rank, less first.
enum Order {
    Ascending(Column<u64>),
    Descending(Column<u64>),
    /// By the sort key alone.
    Same,
}

impl Order {
    fn open(reader: &SegmentReader, sort: Sort) -> tantivy::Result<Self> {
        let column = |field| number_column(reader, field);
        Ok(match sort {
            Sort::Popular => Self::Descending(column("popularity")?),
            Sort::Newest => Self::Descending(column("released")?),
            Sort::Oldest => Self::Ascending(column("released")?),
            Sort::Title => Self::Same,
            Sort::Added => Self::Descending(column("added")?),
        })
    }

    fn rank(&self, doc: DocId) -> u64 {
        match self {
            Self::Descending(column) => u64::MAX - column.first(doc).unwrap_or(0),
            // What is not known comes last, whichever end the list begins at.
            Self::Ascending(column) => column.first(doc).filter(|value| *value > 0).unwrap_or(u64::MAX),
            Self::Same => 0,
        }
    }
}

impl Collector for Pass {
    type Fruit = Found;
    type Child = SegmentPass;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentPass> {
        Ok(SegmentPass {
            facets: SegmentFacets::open(reader, &self.list)?,
            order: Order::open(reader, self.sort)?,
            top: Top::new(segment, reader, self.most, self.after.as_ref())?,
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        let mut firsts = Vec::with_capacity(segments.len());
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.counts.merge(segment.counts);
            firsts.push(segment.first);
        }
        all.first = merge(firsts, self.most);
        Ok(all)
    }
}

impl SegmentCollector for SegmentPass {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        if self.facets.offer(doc) {
            self.total += 1;
            self.top.offer(doc, self.order.rank(doc));
        }
    }

    fn harvest(self) -> tantivy::Result<Found> {
        let mut counts = Counts::default();
        self.facets.add_to(&mut counts)?;
        Ok(Found { first: self.top.finish()?, total: self.total, counts })
    }
}
