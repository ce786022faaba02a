//! How titles are rated: counts of reviews by their stars, kept in one document a title.
//!
//! Counts are never added to: each is counted in the index of the reviews ([`Totals::recount`]). That is exact in the end, whoever
//! writes at once and wherever a process is killed, by two rules. First, the document's version is read *before* the reviews are
//! counted, and the counts are written only onto that version: what was counted earlier never replaces what was counted later.
//! Second, every write of a review is followed by a count that begins after it: by the change feed ([`super::follow`]), whose position
//! is kept when its counts are, so that a kill in between only delays. So after the last write somebody's count begins that sees all
//! of it, and where its write is refused another's is there, after which it counts again; none that began before can be written later.
//! The ten counts of one try are not of one instant: where a review changed between them that change is counted for by itself.
//! What a store only remembers while it is away is never taken for a count.

use std::sync::Arc;

use contract::{
    catalog::HouseRating,
    ids::TitleId,
    reviews::{HALF_STARS, ReviewSummary},
};
use futures::future::try_join_all;
use serde_json::Value;
use storage::{
    StoreError,
    documents::{Documents, Expect, Find, Write, all_of, get_readable, parse, read},
    guard::stale,
};

use super::record::{BY_RATING, REVIEWS, TOTALS, TotalsRecord};

/// Tries of a recount; each fails only where another's was written in between.
const TRIES: u8 = 16;

/// Cheap to clone.
#[derive(Clone)]
pub struct Totals {
    store: Arc<dyn Documents>,
}

impl Totals {
    pub fn new(store: Arc<dyn Documents>) -> Self {
        Self { store }
    }

    /// As counted last: one document is read, however many reviews there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(&self, title: &TitleId) -> Result<TotalsRecord, StoreError> {
        let mut found = read::<TotalsRecord>(&*self.store, &TOTALS, title.as_str()).await;
        if let Err(StoreError::Corrupt { .. }) = found {
            self.recount(title).await?;
            found = read(&*self.store, &TOTALS, title.as_str()).await;
        }
        Ok(found?.map(|(totals, _)| totals).unwrap_or_default())
    }

    /// How many half stars were given in all, and by how many; nothing where nobody rated the title.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Unavailable`] also where the store only remembers.
    pub async fn sum(&self, title: &TitleId) -> Result<Option<(u64, u64)>, StoreError> {
        let (totals, age) = stale::observe(self.of(title)).await;
        if age.is_some() {
            return Err(unknown());
        }
        Ok(Some(totals?.sum()).filter(|(_, count)| *count > 0))
    }

    /// Counts a title's reviews, and keeps what was counted.
    ///
    /// # Errors
    /// [`StoreError::Contended`] where others were faster every time; [`StoreError::Unavailable`] also where the store only
    /// remembers.
    pub async fn recount(&self, title: &TitleId) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            if self.try_recount(title).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended { key: format!("{}/{title}", TOTALS.name) })
    }

    /// As [`Totals::recount`], once; whether what was counted is kept. It is not where another count was kept meanwhile.
    ///
    /// # Errors
    /// As [`Totals::recount`].
    pub async fn try_recount(&self, title: &TitleId) -> Result<bool, StoreError> {
        let counted = async {
            // In this order: the version first.
            let stored = get_readable(&*self.store, &TOTALS, title.as_str()).await?;
            Ok::<_, StoreError>((stored, self.count(title).await?))
        };
        let (counted, age) = stale::observe(counted).await;
        let (stored, counts) = counted?;
        if age.is_some() {
            return Err(unknown());
        }
        // What cannot be read is counted as all is, and replaced.
        let unreadable = |error: &StoreError| tracing::error!(%error, "the ratings of a title cannot be read");
        let (totals, expect) = match stored.map(|stored| (parse::<TotalsRecord>(&stored).inspect_err(unreadable), stored.version))
        {
            Some((Ok(totals), _)) if totals.counts == counts => return Ok(true),
            Some((totals, version)) => (TotalsRecord { counts, ..totals.unwrap_or_default() }, Expect::Version(version)),
            // Nothing is left of a title that is gone, nor made for one that nobody rates.
            None if counts.iter().all(|count| *count == 0) => return Ok(true),
            None => (TotalsRecord { counts, ..TotalsRecord::default() }, Expect::Absent),
        };
        let body = serde_json::to_value(totals).map_err(|error| StoreError::corrupt(title, error))?;
        match self.store.put(&TOTALS, Write { id: title.to_string(), body, expect }).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn count(&self, title: &TitleId) -> Result<[u64; HALF_STARS as usize], StoreError> {
        let classes = (1..=HALF_STARS).map(|half_stars| {
            let equals = vec![Value::from(title.as_str()), Value::from(half_stars)];
            self.store.count_found(&REVIEWS, Find { equals, ..all_of(BY_RATING, &[]) })
        });
        let counted = try_join_all(classes).await?;
        let mut counts = [0; HALF_STARS as usize];
        counts.iter_mut().zip(counted).for_each(|(count, counted)| *count = counted);
        Ok(counts)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, title: &TitleId) -> Result<(), StoreError> {
        self.store.delete(&TOTALS, title.as_str(), Expect::Anything).await.map(drop)
    }
}

fn unknown() -> StoreError {
    StoreError::Unavailable { reason: "how reviews count is not known now".to_owned() }
}

impl TotalsRecord {
    /// Half stars that were given in all, and by how many.
    fn sum(&self) -> (u64, u64) {
        let given = (1..).zip(&self.counts).map(|(half_stars, count): (u64, &u64)| half_stars * count);
        (given.sum(), self.counts.iter().sum())
    }

    /// Nothing where nobody rated it.
    fn rating(&self) -> Option<HouseRating> {
        let (half_stars, count) = self.sum();
        #[expect(clippy::cast_precision_loss, reason = "sums of ratings are far below 2^52")]
        let mean = half_stars as f64 / 2.0 / count as f64;
        (count > 0).then_some(HouseRating { mean, count })
    }
}

impl From<TotalsRecord> for ReviewSummary {
    fn from(totals: TotalsRecord) -> Self {
        let rating = totals.rating();
        Self {
            mean: rating.map(|rating| rating.mean),
            count: rating.map_or(0, |rating| rating.count),
            distribution: totals.counts.to_vec(),
            is_closed: false,
        }
    }
}
