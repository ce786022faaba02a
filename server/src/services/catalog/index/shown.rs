//! Which of named titles are for viewers up to an age: lists of thousands are counted by it.
//!
//! Neither a document nor a card is read: a title is found by the term of its id, and its age is a column. Must never name a title that
//! lists and searches do not find.

use std::{cmp::Reverse, sync::Arc};

use contract::{Problem, ids::TitleId};
use tantivy::{DocSet, InvertedIndexReader, SegmentReader, TERMINATED, TantivyError, Term, schema::IndexRecordOption};

use super::{
    CatalogIndex,
    columns::{SegmentColumns, of_segment},
};

/// Where titles are looked for in one segment.
struct Segment<'a> {
    reader: &'a SegmentReader,
    ids: Arc<InvertedIndexReader>,
    columns: Arc<SegmentColumns>,
}

impl Segment<'_> {
    /// From which age on a title of this segment is shown; nothing where it is not in it.
    fn age_of(&self, key: &Term) -> tantivy::Result<Option<u64>> {
        let Some(mut found) = self.ids.read_postings(key, IndexRecordOption::Basic)? else { return Ok(None) };
        // A title that changed is in a later segment, and dead in the one before.
        while found.doc() != TERMINATED {
            if !self.reader.is_deleted(found.doc()) {
                return Ok(self.columns.age.first(found.doc()));
            }
            found.advance();
        }
        Ok(None)
    }
}

impl CatalogIndex {
    /// Those of `ids` that are found by viewers up to `age`, in their order. Some microseconds each.
    ///
    /// # Errors
    /// `internal` where the index is broken.
    pub fn shown(&self, ids: Vec<TitleId>, age: Option<u8>) -> Result<Vec<TitleId>, Problem> {
        let searcher = self.searcher();
        let columns = self.columns.of(&searcher).map_err(super::broken)?;
        let open = |reader| {
            let (ids, columns) = (SegmentReader::inverted_index(reader, self.fields().id)?, of_segment(&columns, reader)?);
            Ok::<_, TantivyError>(Segment { reader, ids, columns })
        };
        let mut segments: Vec<Segment<'_>> =
            searcher.segment_readers().iter().map(open).collect::<Result<_, _>>().map_err(super::broken)?;
        // Most are in the largest.
        segments.sort_by_key(|segment| Reverse(segment.reader.num_docs()));
        let mut shown = Vec::with_capacity(ids.len());
        for id in ids {
            if self.is_shown(&segments, &id, age).map_err(super::broken)? {
                shown.push(id);
            }
        }
        Ok(shown)
    }

    fn is_shown(&self, segments: &[Segment<'_>], id: &TitleId, age: Option<u8>) -> tantivy::Result<bool> {
        let key = self.fields().key(id.as_str());
        for segment in segments {
            if let Some(least) = segment.age_of(&key)? {
                return Ok(age.is_none_or(|age| least <= u64::from(age)));
            }
        }
        Ok(false)
    }
}
