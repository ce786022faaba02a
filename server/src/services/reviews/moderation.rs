//! Bans, and the log of what operators do about reviews.
//!
//! An act is noted before it is done and marked when it is: nothing is done that no note tells of. The log is a collection of its own,
//! because the vault's audit log tells of accesses of the vault alone, and what follows from a note has to be found by account when that
//! account goes. Must never be changed by what it tells of.

use std::{future::Future, sync::Arc};

use contract::{
    Problem,
    ids::{AccountId, ReviewId, TitleId},
    reviews::ModerationAct,
};
use rand::distr::{Alphanumeric, SampleString};
use runtime::clock::Clock;
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{Change, Direction, Documents, Expect, Find, PAGE_LIMIT, Write, all_of, update},
};

use super::record::{BANS, BY_ACCOUNT, BY_AT, BY_OPERATOR, BanRecord, MODERATION, ModerationRecord};
use crate::{context::RequestContext, services::readable::readable};

/// Letters that are drawn for the id of a note.
const ID: usize = 20;

/// Cheap to clone.
#[derive(Clone)]
pub struct Moderation {
    store: Arc<dyn Documents>,
    clock: Clock,
}

/// About what an operator acts.
#[derive(Clone, Debug)]
pub struct Subject {
    pub review: Option<ReviewOf>,
    pub account: AccountId,
}

/// A review as it is before something is done about it.
#[derive(Clone, Debug)]
pub struct ReviewOf {
    pub id: ReviewId,
    pub title: TitleId,
    pub is_hidden: bool,
}

impl Moderation {
    pub fn new(store: Arc<dyn Documents>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Does `work` as an operator, with a note of it.
    ///
    /// # Errors
    /// What `work` says, and then its note says that it is not known to be done; what the store says, and then nothing was done.
    pub async fn noted<F>(&self, context: &RequestContext, act: ModerationAct, subject: Subject, work: F) -> Result<(), Problem>
    where
        F: Future<Output = Result<(), StoreError>> + Send,
    {
        let at = self.clock.millis();
        let by = context.viewer.member()?.account.clone();
        let id = format!("{at:013}-{}", Alphanumeric.sample_string(&mut rand::rng(), ID));
        tracing::info!(operator = %by, ?act, review = subject.review.as_ref().map(|review| review.id.as_str()), "reviews are moderated");
        let note = ModerationRecord {
            at,
            by: Some(by),
            act,
            was_hidden: subject.review.as_ref().map(|review| review.is_hidden),
            title: subject.review.as_ref().map(|review| review.title.clone()),
            review: subject.review.map(|review| review.id),
            account: Some(subject.account),
            request: context.request_id.to_string(),
            is_done: false,
            unknown: Map::new(),
        };
        let noted =
            update(&*self.store, &MODERATION, &id, |_: Option<ModerationRecord>| Ok::<_, StoreError>(Change::Put(note.clone())));
        noted.await?;
        work.await?;
        self.revise(&id, |note| drop(note.insert("is_done".to_owned(), Value::Bool(true)))).await?;
        Ok(())
    }

    /// A page of the log, the latest first, with where the next begins. What cannot be read is left out.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Invalid`] where the cursor is of something else.
    pub async fn page(&self, after: Option<&str>, limit: u32) -> Result<(Vec<ModerationRecord>, Option<String>), StoreError> {
        let find = Find { direction: Direction::Descending, after, limit, ..all_of(BY_AT, &[]) };
        let page = self.store.find(&MODERATION, find).await?;
        Ok((page.documents.iter().filter_map(readable).collect(), page.next))
    }

    /// By whether there is a ban, which need not be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_banned(&self, account: &AccountId) -> Result<bool, StoreError> {
        Ok(self.store.get(&BANS, account.as_str()).await?.is_some())
    }

    /// Which of these accounts are banned.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn banned(&self, mut accounts: Vec<String>) -> Result<Vec<String>, StoreError> {
        accounts.sort_unstable();
        accounts.dedup();
        if accounts.is_empty() {
            return Ok(accounts);
        }
        Ok(self.store.get_many(&BANS, &accounts).await?.into_iter().map(|document| document.id).collect())
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn ban(&self, account: &AccountId) -> Result<(), StoreError> {
        let ban = BanRecord { since: self.clock.millis(), unknown: Map::new() };
        let body = serde_json::to_value(ban).map_err(|error| StoreError::corrupt(account, error))?;
        match self.store.put(&BANS, Write { id: account.to_string(), body, expect: Expect::Absent }).await {
            // One that is there stays.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn unban(&self, account: &AccountId) -> Result<(), StoreError> {
        self.store.delete(&BANS, account.as_str(), Expect::Anything).await.map(drop)
    }

    /// Lifts what is on an account that is gone, and takes its name out of the log: what was done stays there.
    ///
    /// # Errors
    /// [`StoreError`]; then some may be left.
    pub async fn forget_account(&self, account: &AccountId) -> Result<(), StoreError> {
        self.unban(account).await?;
        for (index, field) in [(BY_OPERATOR, "by"), (BY_ACCOUNT, "account")] {
            loop {
                let find = Find { limit: PAGE_LIMIT, ..all_of(index, &[account.as_str()]) };
                let some = self.store.find(&MODERATION, find).await?.documents;
                if some.is_empty() {
                    break;
                }
                for note in some {
                    self.revise(&note.id, |note| drop(note.remove(field))).await?;
                }
            }
        }
        Ok(())
    }

    /// Changes a note, field by field: also one that cannot be read goes without an account's name.
    async fn revise(&self, id: &str, change: impl Fn(&mut Map<String, Value>)) -> Result<(), StoreError> {
        let revised = update(&*self.store, &MODERATION, id, |stored: Option<Map<String, Value>>| {
            let Some(mut note) = stored else { return Ok::<_, StoreError>(Change::Keep) };
            change(&mut note);
            Ok(Change::Put(note))
        });
        revised.await.map(drop)
    }
}
