//! The columns of each segment that is searched, opened once: to open them anew for each question takes as long as a short list.
//!
//! A segment never changes. Must never keep one that is searched no more: its files would stay on the disk.

use std::sync::{Arc, PoisonError, RwLock};

use contract::catalog::Sort;
use tantivy::{
    DocId, Searcher, SegmentReader, TantivyError,
    columnar::{Column, StrColumn},
    index::SegmentId,
};

/// Numbers that a field with counts may have between its least and its greatest: more than there are years.
const FARTHEST: usize = 65_536;

/// A column of few texts, with all of them in the order of their ordinals, which is that of the alphabet.
pub struct Texts {
    column: Option<StrColumn>,
    texts: Vec<String>,
}

impl Texts {
    fn open(reader: &SegmentReader, field: &str) -> tantivy::Result<Self> {
        let Some(column) = reader.fast_fields().str(field)? else { return Ok(Self { column: None, texts: Vec::new() }) };
        let ordinals = 0..column.dictionary().num_terms() as u64;
        let texts = ordinals.map(|ordinal| text_of(&column, ordinal)).collect::<tantivy::Result<_>>()?;
        Ok(Self { column: Some(column), texts })
    }

    pub fn all(&self) -> &[String] {
        &self.texts
    }

    /// The ordinal of a text that some document has.
    pub fn ordinal(&self, wanted: &str) -> Option<u64> {
        self.texts.binary_search_by(|text| text.as_str().cmp(wanted)).ok().map(|at| at as u64)
    }

    pub fn of(&self, doc: DocId) -> impl Iterator<Item = u64> {
        self.column.iter().flat_map(move |column| column.term_ords(doc))
    }
}

/// A column of numbers that lie near each other (decades, bands, yes and no): one place each from the least to the greatest.
pub struct Numbers {
    column: Column<u64>,
    pub least: u64,
    /// How many there may be.
    pub places: usize,
}

impl Numbers {
    fn open(reader: &SegmentReader, field: &str) -> tantivy::Result<Self> {
        let column = number_column(reader, field)?;
        let (least, greatest) = (column.min_value(), column.max_value());
        // An empty column has no least number below its greatest.
        let width = greatest.checked_sub(least).and_then(|width| usize::try_from(width).ok());
        let places = width.map_or(0, |width| width.saturating_add(1));
        if places > FARTHEST {
            return Err(TantivyError::InternalError(format!("{field} is no field of a few numbers: {least} to {greatest}")));
        }
        Ok(Self { column, least, places })
    }

    pub fn of(&self, doc: DocId) -> Option<u64> {
        self.column.first(doc)
    }
}

/// The columns of one segment.
pub struct SegmentColumns {
    pub genre: Texts,
    pub maturity: Texts,
    pub decade: Numbers,
    pub runtime: Numbers,
    pub watchable: Numbers,
    pub popularity: Column<u64>,
    /// From which age on each is shown.
    pub age: Column<u64>,
    released: Column<u64>,
    added: Column<u64>,
    house_rank: Column<u64>,
    pub sort_keys: StrColumn,
    pub ids: StrColumn,
}

impl SegmentColumns {
    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        Ok(Self {
            genre: Texts::open(reader, "genre")?,
            maturity: Texts::open(reader, "maturity")?,
            decade: Numbers::open(reader, "decade")?,
            runtime: Numbers::open(reader, "runtime")?,
            watchable: Numbers::open(reader, "watchable")?,
            popularity: number_column(reader, "popularity")?,
            age: number_column(reader, "age")?,
            released: number_column(reader, "released")?,
            added: number_column(reader, "added")?,
            house_rank: number_column(reader, "house_rank")?,
            sort_keys: text_column(reader, "sort_key")?,
            ids: text_column(reader, "id")?,
        })
    }

    /// A document's rank in this order, less first. Where it is the same for all, the sort key alone decides.
    pub fn rank(&self, sort: Sort, doc: DocId) -> u64 {
        let greatest_first = |column: &Column<u64>| u64::MAX - column.first(doc).unwrap_or(0);
        match sort {
            Sort::Popular => greatest_first(&self.popularity),
            Sort::Newest => greatest_first(&self.released),
            Sort::Added => greatest_first(&self.added),
            Sort::HouseRating => greatest_first(&self.house_rank),
            // What is not known comes last, whichever end the list begins at.
            Sort::Oldest => self.released.first(doc).filter(|value| *value > 0).unwrap_or(u64::MAX),
            Sort::Title => 0,
        }
    }
}

/// Columns of a view of the index, in the order of its segments.
pub type Columns = Arc<[(SegmentId, Arc<SegmentColumns>)]>;

/// The columns of the view that was asked for last.
pub struct OpenColumns(RwLock<Columns>);

impl Default for OpenColumns {
    fn default() -> Self {
        Self(RwLock::new(Arc::new([])))
    }
}

impl OpenColumns {
    /// Those of this view. What is new is opened, and what it has no more is closed.
    ///
    /// # Errors
    /// Where a segment lacks a column.
    pub fn of(&self, searcher: &Searcher) -> tantivy::Result<Columns> {
        let known = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let readers = searcher.segment_readers();
        if known.iter().map(|(id, _)| *id).eq(readers.iter().map(SegmentReader::segment_id)) {
            return Ok(known);
        }
        let open = |reader: &SegmentReader| {
            let id = reader.segment_id();
            let columns = match known.iter().find(|(known, _)| *known == id) {
                Some((_, columns)) => Arc::clone(columns),
                None => Arc::new(SegmentColumns::open(reader)?),
            };
            Ok((id, columns))
        };
        let columns: Columns = readers.iter().map(open).collect::<tantivy::Result<_>>()?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&columns);
        Ok(columns)
    }
}

/// The columns of a segment of the view that they are of.
///
/// # Errors
/// Where they are another view's.
pub fn of_segment(columns: &Columns, reader: &SegmentReader) -> tantivy::Result<Arc<SegmentColumns>> {
    let id = reader.segment_id();
    let found = columns.iter().find(|(known, _)| *known == id).map(|(_, columns)| Arc::clone(columns));
    found.ok_or_else(|| TantivyError::InternalError("a segment has no columns".to_owned()))
}

/// A column of texts, which every segment has because every document has the field.
fn text_column(reader: &SegmentReader, field: &str) -> tantivy::Result<StrColumn> {
    reader.fast_fields().str(field)?.ok_or_else(|| TantivyError::SchemaError(format!("no column {field}")))
}

/// A column of numbers; empty where no document of the segment has one.
fn number_column(reader: &SegmentReader, field: &str) -> tantivy::Result<Column<u64>> {
    let column = reader.fast_fields().column_opt::<u64>(field)?;
    Ok(column.unwrap_or_else(|| Column::build_empty_column(reader.max_doc())))
}

/// The text behind an ordinal.
pub fn text_of(column: &StrColumn, ordinal: u64) -> tantivy::Result<String> {
    let mut text = String::new();
    column.ord_to_str(ordinal, &mut text)?;
    Ok(text)
}
