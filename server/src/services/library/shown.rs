//! What of lists and of the history whoever asks is shown: their counts, and their titles for marks.
//!
//! Titles above an age limit are counted no more than they are told. Which those are the catalogue's index says of a page of titles at a
//! time, and so few pages at once on this node, in turns by profile, that whoever has many long lists takes their own time alone, and not
//! the service's or another's. What is counted or marked up to an age is kept until something of that profile's changes, and found out once
//! for all who ask at once. Must never read the titles of whoever has no limit to count them: the store does.

use std::{
    collections::HashMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::{
    Problem,
    authorization::Right,
    ids::{ProfileId, TitleId},
    library::Marks,
};
use storage::{StoreError, documents::PAGE_LIMIT};

use super::{Library, lists::ListKey};
use crate::{
    context::{RequestContext, Viewer},
    services::{cards::shown_ids, fair_queue::FairQueue, feeds::Affected, followed_cache::FollowedCache},
};

/// Pages that are looked at on this node at once, and how many wait for those of one profile.
const PAGES: usize = 2;
const WAITING: usize = 64;
/// Bytes of counts that are kept, about.
const CAPACITY: u64 = 8 * 1024 * 1024;
/// What a count takes, about: its list and its numbers.
const COUNT: usize = 120;
/// Bytes of marks that are kept, about.
const MARKS_CAPACITY: u64 = 32 * 1024 * 1024;
/// Nothing is told for longer: the ratings of titles change, of which nobody tells here.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Titles in an order.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    List(&'a ListKey),
    History(&'a ProfileId),
}

/// Counts of one profile: of which shelf, up to which age; and when each was made.
type Counts = Arc<HashMap<(String, u8), (u64, Instant)>>;

/// The marks of one profile.
#[derive(Clone)]
struct KeptMarks {
    made_for: MarksFor,
    marks: Arc<Marks>,
}

/// What marks hang on beside what the profile keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct MarksFor {
    age: Option<u8>,
    /// To watchlists, favourites and the history.
    rights: [bool; 3],
}

/// What is kept of what was found out, and what is being found out.
pub struct Shown {
    counts: FollowedCache<ProfileId, Counts, (String, u8)>,
    marks: FollowedCache<ProfileId, KeptMarks, MarksFor>,
    /// By whoever asks.
    pages: FairQueue<ProfileId>,
}

impl Default for Shown {
    fn default() -> Self {
        let counts = FollowedCache::new(CAPACITY, LONGEST, |counts: &Counts| counts.len() * COUNT);
        let marks = FollowedCache::new(MARKS_CAPACITY, LONGEST, |kept: &KeptMarks| weight(&kept.marks));
        Self { counts, marks, pages: FairQueue::new(PAGES, WAITING) }
    }
}

fn weight(Marks { watchlist, favourites, watched }: &Marks) -> usize {
    let titles = [watchlist, favourites, watched].into_iter().flatten();
    size_of::<Marks>() + titles.map(|title| size_of::<TitleId>() + title.as_str().len()).sum::<usize>()
}

impl MarksFor {
    fn of(viewer: &Viewer) -> Self {
        let rights = [Right::Watchlists, Right::Favourites, Right::Browse].map(|right| viewer.authorization.grants(right));
        Self { age: viewer.authorization.maturity, rights }
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
    pub fn changed(&self, whose: Affected<'_>) {
        self.shown.counts.told(whose);
        self.shown.marks.told(whose);
    }

    /// The marks of whoever asks: as they are kept, or as `made`.
    ///
    /// # Errors
    /// Those of `made`.
    pub(super) async fn marks_once(
        &self,
        viewer: &Viewer,
        made: impl Future<Output = Result<Marks, Problem>>,
    ) -> Result<Arc<Marks>, Problem> {
        let (marks, profile, made_for) = (&self.shown.marks, &viewer.profile, MarksFor::of(viewer));
        if let Some(kept) = marks.get(profile).filter(|kept| kept.made_for == made_for) {
            return Ok(kept.marks);
        }
        let made = async { Ok(KeptMarks { made_for, marks: Arc::new(made.await?) }) };
        // What nobody has to look at title by title is read as it is in the store.
        let made = if made_for.age.is_some() {
            marks.read(profile, made_for, made).await
        } else {
            marks.join(profile, made_for, made).await
        };
        Ok(made?.marks)
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
        let counted = counts.read(profile, key.clone(), counted).await?;
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
        let viewer = &context.viewer;
        let is_limited = viewer.authorization.maturity.is_some();
        let (mut left, mut after) = (most, None::<String>);
        while left > 0 {
            // Whoever has few waits for a page of whoever has many, and not for all of them; the first page of whoever has no limit for none.
            let waits = is_limited || after.is_some();
            let turn = if waits { Some(self.shown.pages.turn(&viewer.profile).await?) } else { None };
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
