//! The first so many documents of a segment in a list's order, and the merge of several segments.
//!
//! The order is a number, then the sort key of the title, then the id; numbers are made so that less comes
//! first. Must never compare by ordinals of two segments: they mean different words.

use std::{collections::BinaryHeap, sync::Arc};

use serde::{Deserialize, Serialize};
use tantivy::{
    DocAddress, DocId, Searcher, SegmentOrdinal,
    columnar::{StrColumn, TermOrdHit},
};

use super::columns::{Columns, SegmentColumns, of_segment, text_of};

/// A place in a list's order, between segments and between requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SortPosition {
    pub rank: u64,
    pub sort_key: String,
    pub id: String,
}

/// A document with its rank in a list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positioned {
    pub rank: u64,
    pub address: DocAddress,
}

impl Positioned {
    /// Its place, between requests.
    ///
    /// # Errors
    /// Where its segment lacks a column.
    pub fn place(&self, searcher: &Searcher, columns: &Columns) -> tantivy::Result<SortPosition> {
        let columns = of_segment(columns, searcher.segment_reader(self.address.segment_ord))?;
        let text = |column: &StrColumn| text_of(column, column.term_ords(self.address.doc_id).next().unwrap_or(0));
        Ok(SortPosition { rank: self.rank, sort_key: text(&columns.sort_keys)?, id: text(&columns.ids)? })
    }
}

/// A document's place within its segment: rank, then ordinals.
type Local = (u64, u64, u64, DocId);

/// Keeps the first `most` of what it is given.
pub struct Top {
    segment: SegmentOrdinal,
    most: usize,
    columns: Arc<SegmentColumns>,
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
    /// Where a dictionary cannot be read.
    pub fn new(
        segment: SegmentOrdinal,
        columns: Arc<SegmentColumns>,
        most: usize,
        after: Option<&SortPosition>,
    ) -> tantivy::Result<Self> {
        let after = match after {
            None => None,
            Some(place) => Some(After {
                rank: place.rank,
                sort_key: columns.sort_keys.dictionary().term_ord_or_next(&place.sort_key)?,
                id: columns.ids.dictionary().term_ord_or_next(&place.id)?,
            }),
        };
        Ok(Self { segment, most, columns, after, heap: BinaryHeap::with_capacity(most + 1) })
    }

    pub fn offer(&mut self, doc: DocId, rank: u64) {
        if self.most == 0 {
            return;
        }
        // The worst that is kept decides first: most documents need no more than their rank.
        if self.heap.len() == self.most && self.heap.peek().is_some_and(|worst| rank > worst.0) {
            return;
        }
        let sort_key = self.columns.sort_keys.term_ords(doc).next().unwrap_or(0);
        let id = self.columns.ids.term_ords(doc).next().unwrap_or(0);
        if self.after.as_ref().is_some_and(|after| !after.is_before(rank, sort_key, id)) {
            return;
        }
        self.heap.push((rank, sort_key, id, doc));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    /// What was kept, in order.
    pub fn finish(self) -> SegmentTop {
        let Self { segment, columns, heap, .. } = self;
        let mut rest = heap.into_sorted_vec().into_iter();
        SegmentTop { segment, columns, next: rest.next(), rest, texts: None }
    }
}

/// The first documents of one segment, to be merged with those of others.
pub struct SegmentTop {
    segment: SegmentOrdinal,
    columns: Arc<SegmentColumns>,
    next: Option<Local>,
    rest: std::vec::IntoIter<Local>,
    /// Sort key and id of the next, once they were asked for: to look them up takes longer than all the rest.
    texts: Option<(String, String)>,
}

impl SegmentTop {
    fn take(&mut self) -> Option<Positioned> {
        self.texts = None;
        let (rank, _, _, doc) = std::mem::replace(&mut self.next, self.rest.next())?;
        Some(Positioned { rank, address: DocAddress::new(self.segment, doc) })
    }

    /// Whether its next document comes before that of the other. Texts decide between equal ranks alone.
    fn is_before(&mut self, other: &mut Self) -> tantivy::Result<bool> {
        match (self.next, other.next) {
            (Some(own), Some(others)) if own.0 == others.0 => Ok(self.texts(own)? < other.texts(others)?),
            (Some(own), Some(others)) => Ok(own.0 < others.0),
            (own, None) => Ok(own.is_some()),
            (None, Some(_)) => Ok(false),
        }
    }

    fn texts(&mut self, (_, sort_key, id, _): Local) -> tantivy::Result<&(String, String)> {
        let texts = match self.texts.take() {
            Some(texts) => texts,
            None => (text_of(&self.columns.sort_keys, sort_key)?, text_of(&self.columns.ids, id)?),
        };
        Ok(self.texts.insert(texts))
    }
}

/// The first `most` of several segments.
///
/// # Errors
/// Where a text cannot be read.
pub fn merge(mut segments: Vec<SegmentTop>, most: usize) -> tantivy::Result<Vec<Positioned>> {
    let mut first = Vec::with_capacity(most);
    while first.len() < most {
        let mut best: Option<&mut SegmentTop> = None;
        for segment in &mut segments {
            best = match best {
                Some(best) => Some(if segment.is_before(best)? { segment } else { best }),
                None => Some(segment),
            };
        }
        match best.and_then(SegmentTop::take) {
            Some(document) => first.push(document),
            None => break,
        }
    }
    Ok(first)
}
