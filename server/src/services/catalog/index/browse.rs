//! A page of the catalogue: filters, order, counts, and where the next page begins.
//!
//! One pass over the documents that pass all filters but one at most does it all. Where that would be every document, because
//! there is one filter at most, what passes it is enough: counts of everything are kept. Must never return a title on two
//! pages of one list, whatever is added in between.

use std::{ops::Bound, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    Problem, bounds,
    catalog::{ListTitles, Sort, TitlePage},
};
use serde::{Deserialize, Serialize};
use tantivy::{
    DocId, Score, Searcher, SegmentOrdinal, SegmentReader, Term,
    collector::{Collector, SegmentCollector},
    query::{AllQuery, BooleanQuery, Occur, Query, RangeQuery, TermQuery},
    schema::IndexRecordOption,
};

use super::{
    CatalogIndex,
    audience::limited,
    columns::{Columns, SegmentColumns, of_segment},
    facets::{Counts, SegmentFacets},
    schema::{Fields, band_number},
    top::{Positioned, SegmentTop, SortPosition, Top, merge},
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
        if after.is_some() && list.offset.is_some() {
            return Err(Problem::invalid("offset", "a page is asked for by `offset` or by `page_token`"));
        }
        let skipped = usize::try_from(list.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        let searcher = self.searcher();
        let columns = self.columns.of(&searcher).map_err(super::broken)?;
        let filters = filters(self.fields(), list);
        let is_whole = list.person.is_none() && list.least_house_rating.is_none();
        let all = (is_whole && filters.len() <= 1).then(|| self.counts_of_all(&searcher, &columns, age));
        let all = all.transpose().map_err(super::broken)?;
        let is_unfiltered = all.is_some() && filters.is_empty();
        let counted = (!is_unfiltered).then(|| list.clone());
        let query = query(self.fields(), list, filters);
        // One more than the page holds tells whether there is a next one.
        let pass = Pass { counted, sort, skipped, most: limit + 1, after, columns };
        let mut found = searcher.search(&limited(self.fields(), query, age), &pass).map_err(super::broken)?;
        match all {
            Some(all) if is_unfiltered => found.counts.clone_from(&all),
            Some(all) => found.counts.take_own_choices(list, &all),
            None => {}
        }
        let next = if found.first.len() > limit {
            found.first.truncate(limit);
            let last = found.first.last().map(|last| last.place(&searcher, &pass.columns)).transpose().map_err(super::broken)?;
            last.map(|place| write_token(sort, &place))
        } else {
            None
        };
        let items = self.cards(&searcher, found.first.iter().map(|placed| placed.address))?;
        Ok(TitlePage { items, total: found.total, next, facets: found.counts.into_facets() })
    }

    /// The counts of every choice where nothing is filtered.
    fn counts_of_all(&self, searcher: &Searcher, columns: &Columns, age: Option<u8>) -> tantivy::Result<Arc<Counts>> {
        self.all.of(searcher, age, || {
            let counted = Some(ListTitles::default());
            let pass = Pass { counted, sort: Sort::default(), skipped: 0, most: 0, after: None, columns: Arc::clone(columns) };
            Ok(searcher.search(&limited(self.fields(), AllQuery, age), &pass)?.counts)
        })
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

/// What each filter that has counts asks for.
fn filters(fields: &Fields, list: &ListTitles) -> Vec<Term> {
    [
        list.genre.as_deref().map(|genre| Term::from_field_text(fields.genre, genre)),
        list.maturity.as_deref().map(|maturity| Term::from_field_text(fields.maturity, maturity)),
        list.decade.map(|decade| Term::from_field_u64(fields.decade, u64::from(decade))),
        list.runtime.map(|band| Term::from_field_u64(fields.runtime, band_number(band))),
        list.watchable.map(|watchable| Term::from_field_u64(fields.watchable, u64::from(watchable))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every document that can count for something: those that fail one filter count for that filter's choices. A person's films, and what
/// the house rated well, are few; and one filter alone has its choices from elsewhere.
fn query(fields: &Fields, list: &ListTitles, filters: Vec<Term>) -> Box<dyn Query> {
    let term = |term: Term| Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>;
    let all_but_one = filters.len().saturating_sub(1);
    let mut filters: Vec<Box<dyn Query>> = filters.into_iter().map(term).collect();
    let person = list.person.as_deref().map(|person| term(Term::from_field_text(fields.person, person)));
    let rated = list.least_house_rating.map(|least| rated(fields, least));
    let mut needed: Vec<Box<dyn Query>> = person.into_iter().chain(rated).collect();
    if all_but_one > 0 {
        needed.push(Box::new(BooleanQuery::union_with_minimum_required_clauses(filters, all_but_one)));
    } else if needed.is_empty() {
        return filters.pop().unwrap_or_else(|| Box::new(AllQuery));
    }
    Box::new(BooleanQuery::new(needed.into_iter().map(|query| (Occur::Must, query)).collect()))
}

/// What the house gave at least so many half stars.
fn rated(fields: &Fields, least: u8) -> Box<dyn Query> {
    let least = Term::from_field_u64(fields.house_rating, u64::from(least) * 100);
    Box::new(RangeQuery::new(Bound::Included(least), Bound::Unbounded))
}

/// One pass over the index.
struct Pass {
    /// Whose filters have their choices counted; nothing where every document passes and nothing is counted.
    counted: Option<ListTitles>,
    sort: Sort,
    /// Titles before the page.
    skipped: usize,
    most: usize,
    after: Option<SortPosition>,
    columns: Columns,
}

/// What the pass found in one segment.
struct SegmentFound {
    first: SegmentTop,
    total: u64,
    counts: Counts,
}

/// What the pass found.
#[derive(Default)]
struct Found {
    first: Vec<Positioned>,
    total: u64,
    counts: Counts,
}

struct SegmentPass {
    columns: Arc<SegmentColumns>,
    sort: Sort,
    facets: Option<SegmentFacets>,
    top: Top,
    total: u64,
}

impl Collector for Pass {
    type Fruit = Found;
    type Child = SegmentPass;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentPass> {
        let columns = of_segment(&self.columns, reader)?;
        Ok(SegmentPass {
            facets: self.counted.as_ref().map(|list| SegmentFacets::new(Arc::clone(&columns), list)),
            top: Top::new(segment, Arc::clone(&columns), self.skipped.saturating_add(self.most), self.after.as_ref())?,
            sort: self.sort,
            columns,
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<SegmentFound>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        let mut firsts = Vec::with_capacity(segments.len());
        for segment in segments {
            all.total += segment.total;
            all.counts.merge(segment.counts);
            firsts.push(segment.first);
        }
        all.first = merge(firsts, self.skipped, self.most)?;
        Ok(all)
    }
}

impl SegmentCollector for SegmentPass {
    type Fruit = SegmentFound;

    fn collect(&mut self, doc: DocId, _score: Score) {
        if self.facets.as_mut().is_none_or(|facets| facets.offer(doc)) {
            self.total += 1;
            self.top.offer(doc, self.columns.rank(self.sort, doc));
        }
    }

    fn harvest(self) -> SegmentFound {
        let mut counts = Counts::default();
        if let Some(facets) = self.facets {
            facets.add_to(&mut counts);
        }
        SegmentFound { first: self.top.finish(), total: self.total, counts }
    }
}
