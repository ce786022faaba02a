//! Cards as the documents have them, kept in memory: whoever is recommended something is told a hundred at a time.
//!
//! The index's follower reads the change feed of the titles and lets go of each card that may be another; what is kept is out of date by no
//! more than lists are.

use std::{sync::Arc, time::Duration};

use contract::{catalog::TitleCard, ids::TitleId};

use crate::services::followed_cache::FollowedCache;

pub type KeptCards = FollowedCache<TitleId, Arc<TitleCard>>;

/// Bytes of cards that are kept, about.
const CAPACITY: u64 = 32 * 1024 * 1024;
/// What a card takes beside its struct, about: its texts.
const TEXTS: usize = 300;
/// Nothing is kept for longer, should nobody follow the feed.
const LONGEST: Duration = Duration::from_secs(60);

pub fn kept_cards() -> KeptCards {
    FollowedCache::new(CAPACITY, LONGEST, |_| size_of::<TitleCard>() + TEXTS)
}
