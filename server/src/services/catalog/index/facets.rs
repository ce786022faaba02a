//! Counts of each filter's choices in one segment, and their sum over all.
//!
//! A choice is counted with all other filters applied and its own left out, so that the count says what
//! choosing it would give. Must never count a document twice for one choice.

use std::collections::BTreeMap;

use contract::catalog::{FacetCount, Facets, ListTitles};
use tantivy::{
    DocId, SegmentReader, TantivyError,
    columnar::{Column, StrColumn},
};

use super::{
    schema::{BANDS, band_name, band_number},
    top::{number_column, text_of},
};

/// The five filters that have counts, as bits.
const GENRE: u8 = 1;
const DECADE: u8 = 2;
const MATURITY: u8 = 4;
const RUNTIME: u8 = 8;
const WATCHABLE: u8 = 16;

/// Numbers that a field with counts may have between its least and its greatest: more than there are years.
const FARTHEST: usize = 65_536;

/// A column of texts with the ordinal that a filter asks for.
struct Texts {
    column: Option<StrColumn>,
    wanted: Option<Option<u64>>,
    counts: Vec<u64>,
}

/// A column of numbers with the one that a filter asks for. They lie near each other (decades, bands, yes and no): one place
/// each from the least to the greatest.
struct Numbers {
    column: Column<u64>,
    wanted: Option<u64>,
    least: u64,
    counts: Vec<u64>,
}

/// The filters and counts of one segment.
pub struct SegmentFacets {
    genre: Texts,
    maturity: Texts,
    decade: Numbers,
    runtime: Numbers,
    watchable: Numbers,
}

/// Counts by value, in the values' own order.
#[derive(Default)]
pub struct Counts {
    genre: BTreeMap<String, u64>,
    maturity: BTreeMap<String, u64>,
    decade: BTreeMap<u64, u64>,
    runtime: BTreeMap<u64, u64>,
    watchable: BTreeMap<u64, u64>,
}

impl Texts {
    fn open(reader: &SegmentReader, field: &str, wanted: Option<&str>) -> tantivy::Result<Self> {
        let column = reader.fast_fields().str(field)?;
        let wanted = match (wanted, &column) {
            (None, _) => None,
            (Some(_), None) => Some(None),
            (Some(text), Some(column)) => Some(column.dictionary().term_ord(text)?),
        };
        let counts = vec![0; column.as_ref().map_or(0, |column| column.dictionary().num_terms())];
        Ok(Self { column, wanted, counts })
    }

    fn refuses(&self, doc: DocId) -> bool {
        match self.wanted {
            None => false,
            Some(None) => true,
            Some(Some(wanted)) => !self.column.iter().any(|column| column.term_ords(doc).any(|found| found == wanted)),
        }
    }

    fn count(&mut self, doc: DocId) {
        for ordinal in self.column.iter().flat_map(|column| column.term_ords(doc)) {
            if let Some(count) = usize::try_from(ordinal).ok().and_then(|ordinal| self.counts.get_mut(ordinal)) {
                *count += 1;
            }
        }
    }

    fn add_to(self, sums: &mut BTreeMap<String, u64>) -> tantivy::Result<()> {
        let Some(column) = self.column else { return Ok(()) };
        for (ordinal, count) in (0_u64..).zip(self.counts).filter(|(_, count)| *count > 0) {
            *sums.entry(text_of(&column, ordinal)?).or_default() += count;
        }
        Ok(())
    }
}

impl Numbers {
    fn open(reader: &SegmentReader, field: &str, wanted: Option<u64>) -> tantivy::Result<Self> {
        let column = number_column(reader, field)?;
        let (least, greatest) = (column.min_value(), column.max_value());
        // An empty column has no least number below its greatest.
        let places =
            greatest.checked_sub(least).and_then(|width| usize::try_from(width).ok()).map_or(0, |width| width.saturating_add(1));
        if places > FARTHEST {
            return Err(TantivyError::InternalError(format!("{field} is no field of a few numbers: {least} to {greatest}")));
        }
        Ok(Self { column, wanted, least, counts: vec![0; places] })
    }

    fn refuses(&self, doc: DocId) -> bool {
        self.wanted.is_some_and(|wanted| self.column.first(doc) != Some(wanted))
    }

    fn count(&mut self, doc: DocId) {
        let place = self.column.first(doc).and_then(|value| usize::try_from(value.checked_sub(self.least)?).ok());
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
    }

    fn add_to(self, sums: &mut BTreeMap<u64, u64>) {
        for (value, count) in (self.least..).zip(self.counts).filter(|(_, count)| *count > 0) {
            *sums.entry(value).or_default() += count;
        }
    }
}

impl SegmentFacets {
    /// # Errors
    /// Where the segment lacks a column.
    pub fn open(reader: &SegmentReader, list: &ListTitles) -> tantivy::Result<Self> {
        Ok(Self {
            genre: Texts::open(reader, "genre", list.genre.as_deref())?,
            maturity: Texts::open(reader, "maturity", list.maturity.as_deref())?,
            decade: Numbers::open(reader, "decade", list.decade.map(u64::from))?,
            runtime: Numbers::open(reader, "runtime", list.runtime.map(band_number))?,
            watchable: Numbers::open(reader, "watchable", list.watchable.map(u64::from))?,
        })
    }

    /// Counts a document where it passes all filters but one at most; whether it passes all.
    pub fn offer(&mut self, doc: DocId) -> bool {
        let refused = self.refused(doc);
        let counts_for = |filter: u8| refused & !filter == 0;
        if counts_for(GENRE) {
            self.genre.count(doc);
        }
        if counts_for(MATURITY) {
            self.maturity.count(doc);
        }
        if counts_for(DECADE) {
            self.decade.count(doc);
        }
        if counts_for(RUNTIME) {
            self.runtime.count(doc);
        }
        if counts_for(WATCHABLE) {
            self.watchable.count(doc);
        }
        refused == 0
    }

    fn refused(&self, doc: DocId) -> u8 {
        let bit = |refuses: bool, bit: u8| if refuses { bit } else { 0 };
        bit(self.genre.refuses(doc), GENRE)
            | bit(self.maturity.refuses(doc), MATURITY)
            | bit(self.decade.refuses(doc), DECADE)
            | bit(self.runtime.refuses(doc), RUNTIME)
            | bit(self.watchable.refuses(doc), WATCHABLE)
    }

    /// Adds this segment's counts to the sums.
    ///
    /// # Errors
    /// Where a value cannot be read.
    pub fn add_to(self, sums: &mut Counts) -> tantivy::Result<()> {
        self.genre.add_to(&mut sums.genre)?;
        self.maturity.add_to(&mut sums.maturity)?;
        self.decade.add_to(&mut sums.decade);
        self.runtime.add_to(&mut sums.runtime);
        self.watchable.add_to(&mut sums.watchable);
        Ok(())
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
