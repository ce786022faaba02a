//! What each profile is in the middle of, kept in memory: every visit to the home page asks for it.

use std::{sync::Arc, time::Duration};

use contract::{Problem, ids::ProfileId};

use super::{
    Playback,
    progress::{is_begun, is_finished},
    record::ProgressRecord,
};
use crate::services::followed_cache::FollowedCache;

pub type Begun = FollowedCache<ProfileId, Arc<[ProgressRecord]>>;

/// Titles that are told of.
pub const AT_MOST: usize = 20;
/// Some more are kept, for titles that are gone since.
const KEPT: usize = AT_MOST + 10;
/// Titles that are looked at for those: some were hardly begun.
const LATEST: u32 = 100;
/// Bytes that are kept, about: of fifty thousand profiles with three titles each.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// What a record takes beside its struct, about: its texts.
const TEXTS: usize = 100;
/// Nothing is kept for longer, should nobody follow the feed.
const LONGEST: Duration = Duration::from_secs(10 * 60);

pub fn cache() -> Begun {
    FollowedCache::new(CAPACITY, LONGEST, |begun| begun.len() * (size_of::<ProgressRecord>() + TEXTS))
}

impl Playback {
    /// The titles that a profile has begun and not finished, the latest first.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn begun(&self, profile: &ProfileId) -> Result<Arc<[ProgressRecord]>, Problem> {
        if let Some(begun) = self.begun.get(profile) {
            return Ok(begun);
        }
        let goes_on = |record: &ProgressRecord| {
            let (position, duration) = (record.position, record.duration_seconds);
            is_begun(position, duration) && !is_finished(position, duration)
        };
        let read = async { Ok(self.progress.latest(profile, LATEST).await?.into_iter().filter(goes_on).take(KEPT).collect()) };
        self.begun.read(profile, (), read).await
    }
}
