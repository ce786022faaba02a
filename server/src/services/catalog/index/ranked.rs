//! Collects the best titles of a scored query: by score, then by how much they are liked.
//!
//! Must never rank by ordinals or addresses, which change when segments merge.

use std::sync::Arc;

use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
};

use super::{
    columns::{Columns, SegmentColumns, of_segment},
    top::{Positioned, SegmentTop, Top, merge},
};

/// Bits of a rank below the score.
const POPULARITY_BITS: u32 = 40;

/// The first `most` by score and popularity. Scores are 0 to 1,000 and count to a tenth.
pub struct Ranked {
    pub most: usize,
    pub columns: Columns,
}

/// Ranked within one segment.
pub struct SegmentRanked {
    columns: Arc<SegmentColumns>,
    top: Top,
}

/// The score that a rank was made of.
pub fn score_of(rank: u64) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a score in tenths is less than 2^24")]
    let tenths = ((u64::MAX - rank) >> POPULARITY_BITS) as f32;
    tenths / 10.0
}

impl Collector for Ranked {
    type Fruit = Vec<Positioned>;
    type Child = SegmentRanked;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentRanked> {
        let columns = of_segment(&self.columns, reader)?;
        Ok(SegmentRanked { columns: Arc::clone(&columns), top: Top::new(segment, columns, self.most, None)? })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<SegmentTop>) -> tantivy::Result<Vec<Positioned>> {
        merge(segments, 0, self.most)
    }
}

impl SegmentCollector for SegmentRanked {
    type Fruit = SegmentTop;

    fn collect(&mut self, doc: DocId, score: Score) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
        let tenths = (score * 10.0).round().clamp(0.0, 10_000.0) as u64;
        let popularity = self.columns.popularity.first(doc).unwrap_or(0).min((1 << POPULARITY_BITS) - 1);
        self.top.offer(doc, u64::MAX - ((tenths << POPULARITY_BITS) | popularity));
    }

    fn harvest(self) -> Self::Fruit {
        self.top.finish()
    }
}
