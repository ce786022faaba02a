//! Counts of each filter's choices in one segment, and their sum over all.
//!
//! A choice is counted with all other filters applied and its own left out, so that the count says what
//! choosing it would give. Must never count a document twice for one choice.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use contract::catalog::{FacetCount, Facets, ListTitles};
use tantivy::{DocId, Searcher, SearcherGeneration};

use super::{
    columns::{Numbers, SegmentColumns, Texts},
    schema::{BANDS, band_name, band_number},
};

/// The five filters that have counts, as bits.
const GENRE: u8 = 1;
const DECADE: u8 = 2;
const MATURITY: u8 = 4;
const RUNTIME: u8 = 8;
const WATCHABLE: u8 = 16;

/// A filter by a text, with the ordinal that it asks for, and counts by ordinal.
struct TextFacet {
    /// Nothing in it where no document has the text.
    wanted: Option<Option<u64>>,
    counts: Vec<u64>,
}

/// A filter by a number, and counts from the least number to the greatest.
struct NumberFacet {
    wanted: Option<u64>,
    counts: Vec<u64>,
}

/// The filters and counts of one segment.
pub struct SegmentFacets {
    columns: Arc<SegmentColumns>,
    genre: TextFacet,
    maturity: TextFacet,
    decade: NumberFacet,
    runtime: NumberFacet,
    watchable: NumberFacet,
}

/// Counts by value, in the values' own order.
#[derive(Clone, Default)]
pub struct Counts {
    genre: BTreeMap<String, u64>,
    maturity: BTreeMap<String, u64>,
    decade: BTreeMap<u64, u64>,
    runtime: BTreeMap<u64, u64>,
    watchable: BTreeMap<u64, u64>,
}

impl TextFacet {
    fn new(column: &Texts, wanted: Option<&str>) -> Self {
        Self { wanted: wanted.map(|wanted| column.ordinal(wanted)), counts: vec![0; column.all().len()] }
    }

    fn refuses(&self, column: &Texts, doc: DocId) -> bool {
        match self.wanted {
            None => false,
            Some(None) => true,
            Some(Some(wanted)) => !column.of(doc).any(|found| found == wanted),
        }
    }

    fn count(&mut self, column: &Texts, doc: DocId) {
        for ordinal in column.of(doc) {
            if let Some(count) = usize::try_from(ordinal).ok().and_then(|ordinal| self.counts.get_mut(ordinal)) {
                *count += 1;
            }
        }
    }

    fn add_to(self, column: &Texts, sums: &mut BTreeMap<String, u64>) {
        for (text, count) in column.all().iter().zip(self.counts).filter(|(_, count)| *count > 0) {
            match sums.get_mut(text) {
                Some(sum) => *sum += count,
                None => drop(sums.insert(text.clone(), count)),
            }
        }
    }
}

impl NumberFacet {
    fn new(column: &Numbers, wanted: Option<u64>) -> Self {
        Self { wanted, counts: vec![0; column.places] }
    }

    fn refuses(&self, column: &Numbers, doc: DocId) -> bool {
        self.wanted.is_some_and(|wanted| column.of(doc) != Some(wanted))
    }

    fn count(&mut self, column: &Numbers, doc: DocId) {
        let place = column.of(doc).and_then(|value| usize::try_from(value.checked_sub(column.least)?).ok());
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
    }

    fn add_to(self, column: &Numbers, sums: &mut BTreeMap<u64, u64>) {
        for (value, count) in (column.least..).zip(self.counts).filter(|(_, count)| *count > 0) {
            *sums.entry(value).or_default() += count;
        }
    }
}

impl SegmentFacets {
    pub fn new(columns: Arc<SegmentColumns>, list: &ListTitles) -> Self {
        Self {
            genre: TextFacet::new(&columns.genre, list.genre.as_deref()),
            maturity: TextFacet::new(&columns.maturity, list.maturity.as_deref()),
            decade: NumberFacet::new(&columns.decade, list.decade.map(u64::from)),
            runtime: NumberFacet::new(&columns.runtime, list.runtime.map(band_number)),
            watchable: NumberFacet::new(&columns.watchable, list.watchable.map(u64::from)),
            columns,
        }
    }

    /// Counts a document where it passes all filters but one at most; whether it passes all.
    pub fn offer(&mut self, doc: DocId) -> bool {
        let refused = self.refused(doc);
        let counts_for = |filter: u8| refused & !filter == 0;
        if counts_for(GENRE) {
            self.genre.count(&self.columns.genre, doc);
        }
        if counts_for(MATURITY) {
            self.maturity.count(&self.columns.maturity, doc);
        }
        if counts_for(DECADE) {
            self.decade.count(&self.columns.decade, doc);
        }
        if counts_for(RUNTIME) {
            self.runtime.count(&self.columns.runtime, doc);
        }
        if counts_for(WATCHABLE) {
            self.watchable.count(&self.columns.watchable, doc);
        }
        refused == 0
    }

    fn refused(&self, doc: DocId) -> u8 {
        let bit = |refuses: bool, bit: u8| if refuses { bit } else { 0 };
        bit(self.genre.refuses(&self.columns.genre, doc), GENRE)
            | bit(self.maturity.refuses(&self.columns.maturity, doc), MATURITY)
            | bit(self.decade.refuses(&self.columns.decade, doc), DECADE)
            | bit(self.runtime.refuses(&self.columns.runtime, doc), RUNTIME)
            | bit(self.watchable.refuses(&self.columns.watchable, doc), WATCHABLE)
    }

    /// Adds this segment's counts to the sums.
    pub fn add_to(self, sums: &mut Counts) {
        self.genre.add_to(&self.columns.genre, &mut sums.genre);
        self.maturity.add_to(&self.columns.maturity, &mut sums.maturity);
        self.decade.add_to(&self.columns.decade, &mut sums.decade);
        self.runtime.add_to(&self.columns.runtime, &mut sums.runtime);
        self.watchable.add_to(&self.columns.watchable, &mut sums.watchable);
    }
}

impl Counts {
    pub fn merge(&mut self, other: Self) {
        add(&mut self.genre, other.genre);
        add(&mut self.maturity, other.maturity);
        add(&mut self.decade, other.decade);
        add(&mut self.runtime, other.runtime);
        add(&mut self.watchable, other.watchable);
    }

    /// Of a list with one filter: what is filtered by has its counts from where nothing is filtered.
    pub fn take_own_choices(&mut self, list: &ListTitles, all: &Self) {
        let ListTitles { genre, decade, maturity, runtime, watchable, .. } = list;
        if genre.is_some() {
            self.genre.clone_from(&all.genre);
        }
        if decade.is_some() {
            self.decade.clone_from(&all.decade);
        }
        if maturity.is_some() {
            self.maturity.clone_from(&all.maturity);
        }
        if runtime.is_some() {
            self.runtime.clone_from(&all.runtime);
        }
        if watchable.is_some() {
            self.watchable.clone_from(&all.watchable);
        }
    }

    /// Genres and ratings by how many they are, decades from the latest, runtimes from the shortest.
    pub fn into_facets(self) -> Facets {
        let band = |number: u64| BANDS.into_iter().find(|band| band_number(*band) == number).map(band_name);
        let count = |value: &str, count: u64| FacetCount { value: value.to_owned(), count };
        Facets {
            genre: by_count(self.genre),
            decade: self.decade.into_iter().rev().map(|(value, sum)| count(&value.to_string(), sum)).collect(),
            maturity: by_count(self.maturity),
            runtime: self.runtime.into_iter().filter_map(|(value, sum)| Some(count(band(value)?, sum))).collect(),
            watchable: self
                .watchable
                .into_iter()
                .rev()
                .map(|(value, sum)| count(if value == 1 { "true" } else { "false" }, sum))
                .collect(),
        }
    }
}

/// The counts of everything that viewers of each age are shown, of the view of the index that was asked for last.
#[derive(Default)]
pub struct CountsOfAll(Mutex<OfView>);

#[derive(Default)]
struct OfView {
    view: Option<SearcherGeneration>,
    by_age: BTreeMap<Option<u8>, Arc<Counts>>,
}

impl CountsOfAll {
    /// As they were kept, or as `count` counts them: once, however many ask at once.
    ///
    /// # Errors
    /// What `count` says; then nothing is kept.
    pub fn of(
        &self,
        searcher: &Searcher,
        age: Option<u8>,
        count: impl FnOnce() -> tantivy::Result<Counts>,
    ) -> tantivy::Result<Arc<Counts>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.view.as_ref() != Some(searcher.generation()) {
            *kept = OfView { view: Some(searcher.generation().clone()), by_age: BTreeMap::new() };
        }
        if let Some(counts) = kept.by_age.get(&age) {
            return Ok(Arc::clone(counts));
        }
        let counts = Arc::new(count()?);
        kept.by_age.insert(age, Arc::clone(&counts));
        Ok(counts)
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, u64>, counts: BTreeMap<K, u64>) {
    for (value, count) in counts {
        *sums.entry(value).or_default() += count;
    }
}

fn by_count(counts: BTreeMap<String, u64>) -> Vec<FacetCount> {
    let mut counts: Vec<FacetCount> = counts.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    // Stable: equals stay in the order of the alphabet.
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
    counts
}
