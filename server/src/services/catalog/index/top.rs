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

/// Documents for which there is room from the beginning: a page far down a list keeps more, and few ask for one.
const ROOM: usize = 256;

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
        Ok(Self { segment, most, columns, after, heap: BinaryHeap::with_capacity(most.saturating_add(1).min(ROOM)) })
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
        SegmentTop { segment, columns, sorted: heap.into_sorted_vec(), taken: 0, texts: None }
    }
}

/// The first documents of one segment, to be merged with those of others.
pub struct SegmentTop {
    segment: SegmentOrdinal,
    columns: Arc<SegmentColumns>,
    sorted: Vec<Local>,
    taken: usize,
    /// Sort key and id of the document that they were asked for last: to look them up takes longer than all the rest.
    texts: Option<(DocId, String, String)>,
}

impl SegmentTop {
    fn take(&mut self) -> Option<Positioned> {
        let (rank, _, _, doc) = self.after(0)?;
        self.taken += 1;
        Some(Positioned { rank, address: DocAddress::new(self.segment, doc) })
    }

    /// The document that `skipped` others come before, of those that were not taken.
    fn after(&self, skipped: usize) -> Option<Local> {
        self.sorted.get(self.taken.saturating_add(skipped)).copied()
    }

    /// Whether its document there comes before that of the other. Texts decide between equal ranks alone.
    fn is_before(&mut self, other: &mut Self, skipped: usize) -> tantivy::Result<bool> {
        match (self.after(skipped), other.after(skipped)) {
            (Some(own), Some(others)) if own.0 == others.0 => Ok(self.texts(own)? < other.texts(others)?),
            (Some(own), Some(others)) => Ok(own.0 < others.0),
            (own, None) => Ok(own.is_some()),
            (None, Some(_)) => Ok(false),
        }
    }

    fn texts(&mut self, (_, sort_key, id, doc): Local) -> tantivy::Result<(&str, &str)> {
        let texts = match self.texts.take().filter(|(of, _, _)| *of == doc) {
            Some(texts) => texts,
            None => (doc, text_of(&self.columns.sort_keys, sort_key)?, text_of(&self.columns.ids, id)?),
        };
        let (_, sort_key, id) = self.texts.insert(texts);
        Ok((sort_key, id))
    }
}

/// Of several segments those after the first `skipped`, at most `most`.
///
/// # Errors
/// Where a text cannot be read.
pub fn merge(mut segments: Vec<SegmentTop>, skipped: usize, most: usize) -> tantivy::Result<Vec<Positioned>> {
    skip(&mut segments, skipped)?;
    let mut first = Vec::with_capacity(most);
    while first.len() < most {
        match foremost(&mut segments, 0)?.and_then(SegmentTop::take) {
            Some(document) => first.push(document),
            None => break,
        }
    }
    Ok(first)
}

/// Takes the first `left` of the merged order, without merging them: of `n` segments, let the one whose document at `left / n` comes
/// first be found. Fewer than `left / n` of each other come before that document, so all before it are among the first `left`.
fn skip(segments: &mut [SegmentTop], mut left: usize) -> tantivy::Result<()> {
    while left > 0 {
        let step = (left / segments.len().max(1)).max(1);
        match foremost(segments, step - 1)? {
            Some(segment) => {
                segment.taken += step;
                left -= step;
            }
            // Each has less than that: together they have less than what is left.
            None => {
                segments.iter_mut().for_each(|segment| segment.taken = segment.sorted.len());
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The segment whose document there comes first; nothing where none has so many.
fn foremost(segments: &mut [SegmentTop], skipped: usize) -> tantivy::Result<Option<&mut SegmentTop>> {
    let mut best: Option<&mut SegmentTop> = None;
    for segment in segments {
        best = match best {
            Some(best) => Some(if segment.is_before(best, skipped)? { segment } else { best }),
            None => Some(segment),
        };
    }
    Ok(best.filter(|best| best.after(skipped).is_some()))
}
