//! The log of what operators stopped.
//!
//! A stop is noted before it is done and marked when it is: no film ends by an operator of which no entry tells. Must never be changed by what
//! it tells of, but for the accounts that are gone.

use std::{future::Future, sync::Arc};

use contract::{Problem, ids::AccountId};
use rand::distr::{Alphanumeric, SampleString};
use storage::{
    StoreError,
    documents::{Change, Direction, Documents, Find, PAGE_LIMIT, all_of, parse, update},
};

use super::record::{STOPS, STOPS_BY_ACCOUNT, STOPS_BY_AT, STOPS_BY_OPERATOR, StopRecord};

/// Letters that are drawn for the id of an entry.
const ID: usize = 20;

/// Cheap to clone.
#[derive(Clone)]
pub struct StopLog(Arc<dyn Documents>);

impl StopLog {
    pub fn new(store: Arc<dyn Documents>) -> Self {
        Self(store)
    }

    /// Does `work` with an entry of it; whether it found something to do.
    ///
    /// # Errors
    /// What `work` says, and then its entry says that it is not known to be done; what the store says, and then nothing was done.
    pub async fn noted<F>(&self, entry: StopRecord, work: F) -> Result<bool, Problem>
    where
        F: Future<Output = Result<bool, StoreError>> + Send,
    {
        let id = format!("{:013}-{}", entry.at, Alphanumeric.sample_string(&mut rand::rng(), ID));
        let written = update(&*self.0, &STOPS, &id, |_: Option<StopRecord>| Ok::<_, StoreError>(Change::Put(entry.clone())));
        written.await?;
        let is_done = work.await?;
        if is_done {
            self.revise(&id, |entry| StopRecord { is_done, ..entry }).await?;
        }
        Ok(is_done)
    }

    /// A page of the log, the latest first, with where the next begins.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Invalid`] where the cursor is of something else.
    pub async fn page(&self, after: Option<&str>, limit: u32) -> Result<(Vec<StopRecord>, Option<String>), StoreError> {
        let find = Find { direction: Direction::Descending, after, limit, ..all_of(STOPS_BY_AT, &[]) };
        let page = self.0.find(&STOPS, find).await?;
        Ok((page.documents.iter().map(parse).collect::<Result<_, _>>()?, page.next))
    }

    /// Takes an account that is gone out of the log: what was done stays there.
    ///
    /// # Errors
    /// [`StoreError`]; then some may be left.
    pub async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        for (index, strip) in [
            (STOPS_BY_OPERATOR, (|entry| StopRecord { by: None, ..entry }) as fn(StopRecord) -> StopRecord),
            (STOPS_BY_ACCOUNT, |entry| StopRecord { account: None, ..entry }),
        ] {
            loop {
                let find = Find { limit: PAGE_LIMIT, ..all_of(index, &[account.as_str()]) };
                let some = self.0.find(&STOPS, find).await?.documents;
                if some.is_empty() {
                    break;
                }
                for entry in some {
                    self.revise(&entry.id, strip).await?;
                }
            }
        }
        Ok(())
    }

    async fn revise(&self, id: &str, with: impl Fn(StopRecord) -> StopRecord) -> Result<(), StoreError> {
        let revised = update(&*self.0, &STOPS, id, |stored: Option<StopRecord>| {
            Ok::<_, StoreError>(stored.map_or(Change::Keep, |stored| Change::Put(with(stored))))
        });
        revised.await.map(drop)
    }
}
