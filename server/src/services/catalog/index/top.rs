//! The first so many documents of a segment in a list's order, and the merge of several segments.
//!
//! The order is a number, then the sort key of the title, then the id; numbers are made so that less comes
//! first. Must never compare by ordinals of two segments: they mean different words.

use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};
use tantivy::{
    DocAddress, DocId, SegmentOrdinal, SegmentReader, TantivyError,
    columnar::{Column, StrColumn, TermOrdHit},
};

/// A place in a list's order, between segments and between requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SortPosition {
    pub rank: u64,
    pub sort_key: String,
    pub id: String,
}

/// A document with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Positioned {
    pub place: SortPosition,
    pub address: DocAddress,
}

/// A document's place within its segment: rank, then ordinals.
type Local = (u64, u64, u64, DocId);

/// Keeps the first `most` of what it is given.
pub struct Top {
    segment: SegmentOrdinal,
    most: usize,
    sort_keys: StrColumn,
    ids: StrColumn,
    after: Option<After>,
    heap: BinaryHeap<Local>,
}

/// Where a page begins, in the ordinals of one segment.
struct After {
    rank: u64,
    sort_key: TermOrdHit,
    id: TermOrdHit,
}

impl After {
    fn is_before(&self, rank: u64, sort_key: u64, id: u64) -> bool {
        if rank != self.rank {
            return rank > self.rank;
        }
        match self.sort_key {
            TermOrdHit::Exact(same) if sort_key == same => match self.id {
                TermOrdHit::Exact(known) => id > known,
                TermOrdHit::Next(next) => id >= next,
            },
            TermOrdHit::Exact(known) => sort_key > known,
            TermOrdHit::Next(next) => sort_key >= next,
        }
    }
}

impl Top {
    /// For one segment; what does not come after `after` is left out.
    ///
    /// # Errors
    /// Where the segment lacks a column.
    pub fn new(
        segment: SegmentOrdinal,
        reader: &SegmentReader,
        most: usize,
        after: Option<&SortPosition>,
    ) -> tantivy::Result<Self> {
        let sort_keys = text_column(reader, "sort_key")?;
        let ids = text_column(reader, "id")?;
        let after = match after {
            None => None,
            Some(place) => Some(After {
                rank: place.rank,
                sort_key: sort_keys.dictionary().term_ord_or_next(&place.sort_key)?,
                id: ids.dictionary().term_ord_or_next(&place.id)?,
            }),
        };
        Ok(Self { segment, most, sort_keys, ids, after, heap: BinaryHeap::with_capacity(most + 1) })
    }

    pub fn offer(&mut self, doc: DocId, rank: u64) {
        // The worst that is kept decides first: most documents need no more than their rank.
        if self.heap.len() == self.most && self.heap.peek().is_some_and(|worst| rank > worst.0) {
            return;
        }
        let sort_key = self.sort_keys.term_ords(doc).next().unwrap_or(0);
        let id = self.ids.term_ords(doc).next().unwrap_or(0);
        if self.after.as_ref().is_some_and(|after| !after.is_before(rank, sort_key, id)) {
            return;
        }
        self.heap.push((rank, sort_key, id, doc));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    /// What was kept, in order.
    pub fn finish(self) -> tantivy::Result<Vec<Positioned>> {
        let Self { segment, sort_keys, ids, heap, .. } = self;
        heap.into_sorted_vec()
            .into_iter()
            .map(|(rank, sort_key, id, doc)| {
                let place = SortPosition { rank, sort_key: text_of(&sort_keys, sort_key)?, id: text_of(&ids, id)? };
                Ok(Positioned { place, address: DocAddress::new(segment, doc) })
            })
            .collect()
    }
}

/// The first `most` of several segments.
pub fn merge(segments: Vec<Vec<Positioned>>, most: usize) -> Vec<Positioned> {
    let mut all: Vec<Positioned> = segments.into_iter().flatten().collect();
    all.sort_unstable();
    all.truncate(most);
    all
}

/// A column of texts, which every segment has because every document has the field.
pub fn text_column(reader: &SegmentReader, field: &str) -> tantivy::Result<StrColumn> {
    reader.fast_fields().str(field)?.ok_or_else(|| TantivyError::SchemaError(format!("no column {field}")))
}

/// A column of numbers; empty where no document of the segment has one.
pub fn number_column(reader: &SegmentReader, field: &str) -> tantivy::Result<Column<u64>> {
    let column = reader.fast_fields().column_opt::<u64>(field)?;
    Ok(column.unwrap_or_else(|| Column::build_empty_column(reader.max_doc())))
}

/// The text behind an ordinal.
pub fn text_of(column: &StrColumn, ordinal: u64) -> tantivy::Result<String> {
    let mut text = String::new();
    column.ord_to_str(ordinal, &mut text)?;
    Ok(text)
}
