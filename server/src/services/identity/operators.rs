//! Who runs the place: that somebody always does.
//!
//! Whoever stops being an operator is written down first, in one document of which one writer at a time makes a new version:
//! a *demotion*. It is only written where another operator can sign in who is not written down there. Then the account is
//! changed, then the demotion is struck out. So of two operators who demote each other at the same time, the second finds
//! the first written down, and is refused.
//!
//! A demotion that broke off counts its account as gone until it is struck out by whoever comes across it, which is done
//! only after the account was given a new version: what a slow writer still has under way then meets a conflict. Nothing
//! here hangs on the clocks of several nodes: one that is off makes a demotion be tried again, no more.
//! Must never be gone round: [`Accounts::change`] is the only way to change an account.

use std::collections::BTreeMap;

use contract::{Code, Problem, identity::AccountRole, ids::AccountId};
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::{
    StoreError,
    documents::{self, Change, Collection, Expect, Find, update},
    guard::stale,
};

use super::{
    accounts::{Accounts, find, read},
    record::{ACCOUNTS, AccountRecord, BY_ROLE, StoredAccount},
};

/// One document: who stops being an operator now.
pub static OPERATORS: Collection = Collection::declared("operators", &[]);
const DEMOTIONS: &str = "demotions";
/// A demotion that is older was broken off: longer than any request may take.
const BROKEN_OFF_MILLIS: u64 = 2 * 60 * 1000;
/// Tries to be written down; each fails only where another was.
const TRIES: u8 = 16;
const PAGE: u32 = 100;

/// The document of [`OPERATORS`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Demotions {
    /// Counts up with each change, so that what was read before is known to be out of date.
    #[serde(default)]
    number: u64,
    /// Each under an id of its own: one account may be demoted by two at once.
    #[serde(default)]
    under_way: BTreeMap<String, Demotion>,
    /// What a later version stored beside.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Demotion {
    account: AccountId,
    /// Milliseconds since 1970.
    since: u64,
}

/// Why an account was not changed.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeError {
    /// Nobody else would run the place.
    LastOperator,
    Problem(Problem),
}

impl From<Problem> for ChangeError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::LastOperator => {
                Self::new(Code::LimitReached).with_detail("This is the last operator: make another one first.")
            }
            ChangeError::Problem(problem) => problem,
        }
    }
}

/// Somebody else changed the list of demotions in between.
enum Raced {
    Yes,
    Failed(StoreError),
}

impl From<StoreError> for Raced {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Whether whoever has this account runs the place.
pub fn is_operator(record: &AccountRecord) -> bool {
    record.role == AccountRole::Operator && !record.is_disabled
}

impl Accounts {
    /// Changes an account so that it may stop being an operator's, unless it is the last one's; nothing where somebody else
    /// changed it in between.
    pub(super) async fn demote(
        &self,
        id: &AccountId,
        act: impl FnOnce(&mut AccountRecord) -> Result<(), Problem>,
    ) -> Result<Option<StoredAccount>, ChangeError> {
        let claim = self.write_down(id).await?;
        // Read again, and written back once: what is written later than its demotion counts must meet a conflict.
        let outcome = async {
            let mut stored = self.get(id).await?.ok_or_else(|| Problem::not_found("account"))?;
            act(&mut stored.record)?;
            match self.put(id, &stored.record, Expect::Version(stored.version)).await {
                Ok(version) => Ok(Some(StoredAccount { version, ..stored })),
                Err(StoreError::Conflict { .. }) => Ok(None),
                Err(error) => Err(ChangeError::from(error)),
            }
        };
        let outcome = outcome.await;
        // Where it is not known what became of the account, its demotion stays written down until it is settled.
        if outcome.is_ok()
            && let Err(error) = self.strike_out(&claim).await
        {
            tracing::warn!(%error, account = %id, "a demotion is done and stays written down for now");
        }
        outcome
    }

    /// Strikes out what was broken off, by any node.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_demotions(&self) -> Result<(), StoreError> {
        let now = self.clock.millis();
        for (claim, demotion) in self.demotions().await?.under_way {
            if now.abs_diff(demotion.since) < BROKEN_OFF_MILLIS {
                continue;
            }
            // A new version, as it is: what is still under way with the one before is refused.
            if let Some(stored) = self.get(&demotion.account).await? {
                match self.put(&demotion.account, &stored.record, Expect::Version(stored.version)).await {
                    Ok(_) | Err(StoreError::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            tracing::warn!(account = %demotion.account, "a demotion was broken off: struck out");
            self.strike_out(&claim).await?;
        }
        Ok(())
    }

    /// Writes down that an account stops being an operator's; under which id.
    async fn write_down(&self, id: &AccountId) -> Result<String, ChangeError> {
        let claim = Alphanumeric.sample_string(&mut rand::rng(), 20);
        for _ in 0..TRIES {
            // What a store in its absence is remembered to have said is no ground to demote somebody on.
            let (found, age) = stale::observe(async {
                let seen = self.demotions().await?;
                let stays = self.another_operator(id, &seen).await?;
                Ok::<_, StoreError>((seen, stays))
            })
            .await;
            let (seen, stays) = found?;
            if age.is_some() {
                return Err(StoreError::Unavailable { reason: "who else is an operator is not known now".to_owned() }.into());
            }
            if !stays {
                let is_broken_off = |demotion: &Demotion| self.clock.millis().abs_diff(demotion.since) >= BROKEN_OFF_MILLIS;
                if !seen.under_way.values().any(is_broken_off) {
                    return Err(ChangeError::LastOperator);
                }
                self.settle_demotions().await?;
                continue;
            }
            let demotion = Demotion { account: id.clone(), since: self.clock.millis() };
            let written = update(&*self.documents, &OPERATORS, DEMOTIONS, |stored: Option<Demotions>| {
                let mut stored = stored.unwrap_or_default();
                if stored != seen {
                    return Err(Raced::Yes);
                }
                stored.number += 1;
                stored.under_way.insert(claim.clone(), demotion.clone());
                Ok(Change::Put(stored))
            });
            match written.await {
                Ok(_) => return Ok(claim),
                Err(Raced::Yes) => {}
                Err(Raced::Failed(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::Contended { key: format!("{}/{DEMOTIONS}", OPERATORS.name) }.into())
    }

    async fn strike_out(&self, claim: &str) -> Result<(), StoreError> {
        let struck = update(&*self.documents, &OPERATORS, DEMOTIONS, |stored: Option<Demotions>| {
            let mut stored = stored.unwrap_or_default();
            if stored.under_way.remove(claim).is_none() {
                return Ok::<_, StoreError>(Change::Keep);
            }
            stored.number += 1;
            Ok(Change::Put(stored))
        });
        struck.await.map(drop)
    }

    async fn demotions(&self) -> Result<Demotions, StoreError> {
        let found = documents::read::<Demotions>(&*self.documents, &OPERATORS, DEMOTIONS).await?;
        Ok(found.map(|(demotions, _)| demotions).unwrap_or_default())
    }

    /// Whether somebody else can sign in and run the place, and is not about to stop.
    async fn another_operator(&self, id: &AccountId, demotions: &Demotions) -> Result<bool, StoreError> {
        let is_leaving = |account: &AccountId| demotions.under_way.values().any(|demotion| demotion.account == *account);
        let mut after = None;
        loop {
            let find = Find { after: after.as_deref(), ..find(BY_ROLE, vec!["operator".into()], None, PAGE) };
            let page = self.documents.find(&ACCOUNTS, find).await?;
            // Who cannot be read cannot sign in.
            let stays = page.documents.into_iter().filter_map(|document| read(document).ok());
            if stays.into_iter().any(|other| other.id != *id && is_operator(&other.record) && !is_leaving(&other.id)) {
                return Ok(true);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(false),
            }
        }
    }
}

#[cfg(test)]
mod tests;
