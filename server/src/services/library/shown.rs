//! What of lists and of the history whoever asks is shown: their counts, and their titles for marks.
//!
//! Titles above an age limit are counted no more than they are told. Which those are the catalogue's index says of a page of titles at a
//! time, and so few pages at once on this node that whoever has many long lists takes the time alone, and not the service. A count is kept
//! until something of that profile's changes. Must never read the titles of whoever has no limit to count them: the store does.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::{
    Problem,
    ids::{ProfileId, TitleId},
};
use storage::{StoreError, documents::PAGE_LIMIT};
use tokio::sync::Semaphore;

use super::{Library, lists::ListKey};
use crate::{
    context::RequestContext,
    services::{cards::shown_ids, feeds::Told, followed_cache::FollowedCache},
};

/// Pages that are looked at on this node at once.
const PAGES: usize = 2;
/// Bytes of counts that are kept, about.
const CAPACITY: u64 = 8 * 1024 * 1024;
/// What a count takes, about: its list and its numbers.
const COUNT: usize = 120;
/// No count is told for longer: the ratings of titles change, of which nobody tells here.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Titles in an order.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    List(&'a ListKey),
    History(&'a ProfileId),
}

/// Counts of one profile: of which shelf, up to which age; and when each was made.
type Counts = Arc<HashMap<(String, u8), (u64, Instant)>>;

/// What is kept of what was counted.
pub struct ShownCounts {
    counts: FollowedCache<ProfileId, Counts>,
    pages: Semaphore,
}

impl Default for ShownCounts {
    fn default() -> Self {
        let counts = FollowedCache::new(CAPACITY, LONGEST, |counts: &Counts| counts.len() * COUNT);
        Self { counts, pages: Semaphore::new(PAGES) }
    }
}

impl<'a> Counted<'a> {
    const fn profile(self) -> &'a ProfileId {
        match self {
            Self::List(key) => &key.profile,
            Self::History(profile) => profile,
        }
    }

    fn name(self) -> String {
        match self {
            Self::List(key) => key.id(),
            Self::History(_) => "history".to_owned(),
        }
    }
}

impl Library {
    /// What a profile keeps is another, or whose is not known.
    pub fn changed(&self, whose: Told<'_>) {
        self.shown.counts.told(whose);
    }

    /// How many titles are there for whoever asks.
    ///
    /// # Errors
    /// The store's, and the catalogue's.
    pub(super) async fn shown_count(&self, context: &RequestContext, shelf: Counted<'_>) -> Result<u64, Problem> {
        let Some(age) = context.viewer.authorization.maturity else {
            return Ok(match shelf {
                Counted::List(key) => self.lists.count(key).await?,
                Counted::History(profile) => self.history.count(profile).await?,
            });
        };
        let (counts, profile, key) = (&self.shown.counts, shelf.profile(), (shelf.name(), age));
        let kept = counts.get(profile).and_then(|counts| counts.get(&key).copied());
        if let Some((count, _)) = kept.filter(|(_, made)| made.elapsed() < LONGEST) {
            return Ok(count);
        }
        let counted = async {
            let mut count = 0_u64;
            self.each_shown(context, shelf, usize::MAX, |titles| count += u64::try_from(titles.len()).unwrap_or(0)).await?;
            let mut all = counts.get(profile).map(|counts| HashMap::clone(&counts)).unwrap_or_default();
            all.insert(key.clone(), (count, Instant::now()));
            Ok::<_, Problem>(Arc::new(all))
        };
        let counted = counts.read(profile, counted).await?;
        Ok(counted.get(&key).map_or(0, |(count, _)| *count))
    }

    /// The titles that are there for whoever asks, in their order; of the first `most`.
    ///
    /// # Errors
    /// As [`Library::shown_count`].
    pub(super) async fn shown_titles(
        &self,
        context: &RequestContext,
        shelf: Counted<'_>,
        most: usize,
    ) -> Result<Vec<TitleId>, Problem> {
        let mut all = Vec::new();
        self.each_shown(context, shelf, most, |titles| all.extend(titles)).await?;
        Ok(all)
    }

    /// Has `each` see the titles that are there for whoever asks, a page after the other; of the first `most`.
    async fn each_shown(
        &self,
        context: &RequestContext,
        shelf: Counted<'_>,
        most: usize,
        mut each: impl FnMut(Vec<TitleId>) + Send,
    ) -> Result<(), Problem> {
        let is_limited = context.viewer.authorization.maturity.is_some();
        let (mut left, mut after) = (most, None::<String>);
        while left > 0 {
            // In turns: whoever has few waits for a page of whoever has many, and not for all of them.
            let turn = if is_limited { Some(self.shown.pages.acquire().await.map_err(|_| Problem::internal())?) } else { None };
            let limit = u32::try_from(left).unwrap_or(PAGE_LIMIT).min(PAGE_LIMIT);
            let (titles, next) = self.shelf_page(shelf, after.as_deref(), limit).await?;
            left = left.saturating_sub(titles.len());
            each(if is_limited && !titles.is_empty() { shown_ids(context, &titles).await? } else { titles });
            drop(turn);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(())
    }

    async fn shelf_page(
        &self,
        shelf: Counted<'_>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<TitleId>, Option<String>), StoreError> {
        match shelf {
            Counted::List(key) => {
                let (records, next) = self.lists.page(key, after, limit).await?;
                Ok((records.into_iter().map(|record| record.title).collect(), next))
            }
            Counted::History(profile) => {
                let (records, next) = self.history.page(profile, after, limit).await?;
                Ok((records.into_iter().map(|record| record.title).collect(), next))
            }
        }
    }
}
