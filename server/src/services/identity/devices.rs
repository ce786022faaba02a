//! How many devices of an account are signed in at once: as many as its plan allows, also where two of them sign in at
//! the same instant.
//!
//! Must never tell anybody which devices there are who did not show that the account is theirs.

use std::cmp::Reverse;

use async_trait::async_trait;
use contract::{
    Code, FieldError, Problem,
    ids::{AccountId, SignInId},
};
use storage::StoreError;

use super::{record::SignInRecord, sign_ins::SignIns};

/// Devices that a refusal names.
const NAMED: usize = 10;
/// How long a sign-in that was never used has a place. A browser uses what it is given at once; the answer to one that does not
/// was lost.
const UNUSED_MILLIS: u64 = 2 * 60 * 1000;

/// Who knows what an account may do: another service, which this one does not know.
#[async_trait]
pub trait Plans: Send + Sync + 'static {
    /// Devices that may be signed in at once; absent without a limit.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn devices(&self, account: &AccountId) -> Result<Option<u16>, StoreError>;
}

/// What becomes of one device more than there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused.
    Refuse,
    /// It takes the place of the one that was seen longest ago.
    ReplaceOldest,
}

impl WhenFull {
    /// As it is asked for.
    pub const fn of(replaces_oldest: bool) -> Self {
        if replaces_oldest { Self::ReplaceOldest } else { Self::Refuse }
    }
}

type Devices = Vec<(SignInId, SignInRecord)>;

impl SignIns {
    /// Whether another device may sign in, where `leaving` signs out for it.
    ///
    /// # Errors
    /// `limit_reached`, with the devices by name; what the store says.
    pub async fn check_room(
        &self,
        account: &AccountId,
        limit: u16,
        leaving: Option<&SignInId>,
        when_full: WhenFull,
    ) -> Result<(), Problem> {
        let mut there = self.all(account).await?;
        there.retain(|(id, record)| Some(id) != leaving && !self.is_lost(record));
        let is_full = there.len() >= usize::from(limit);
        match when_full {
            WhenFull::Refuse if is_full => Err(full(limit, there)),
            WhenFull::ReplaceOldest if limit == 0 => Err(full(limit, there)),
            WhenFull::Refuse | WhenFull::ReplaceOldest => Ok(()),
        }
    }

    /// Signs out what is beyond `limit`, now that `new` is signed in, and `leaving` is about to go for it.
    ///
    /// Of devices that sign in at the same instant, the last one to come here sees them all, and all of them agree on
    /// who stays.
    ///
    /// # Errors
    /// `limit_reached` where `new` is one of those that had to go; what the store says.
    pub async fn keep_within(
        &self,
        account: &AccountId,
        limit: u16,
        (new, leaving): (&SignInId, Option<&SignInId>),
        when_full: WhenFull,
    ) -> Result<(), Problem> {
        let mut there = self.all(account).await?;
        there.retain(|(id, _)| Some(id) != leaving);
        if there.len() > usize::from(limit) {
            for (id, _) in there.extract_if(.., |(_, record)| self.is_lost(record)) {
                self.end(account, &id).await?;
            }
        }
        match when_full {
            WhenFull::Refuse => there.sort_by(|(a, one), (b, other)| (one.created, a).cmp(&(other.created, b))),
            WhenFull::ReplaceOldest => {
                there.sort_by(|(a, one), (b, other)| Reverse((one.seen, a)).cmp(&Reverse((other.seen, b))))
            }
        }
        let beyond = there.split_off(there.len().min(limit.into()));
        for (id, _) in &beyond {
            self.end(account, id).await?;
        }
        if beyond.iter().any(|(id, _)| id == new) { Err(full(limit, there)) } else { Ok(()) }
    }

    /// Whether this is a sign-in whose answer never arrived.
    fn is_lost(&self, record: &SignInRecord) -> bool {
        !record.is_used() && self.clock.millis().saturating_sub(record.created) > UNUSED_MILLIS
    }
}

fn full(limit: u16, mut there: Devices) -> Problem {
    there.sort_by_key(|(_, record)| record.seen);
    let oldest = there.first().map(|(_, record)| record.device.clone());
    let names: Vec<String> = there.into_iter().rev().take(NAMED).map(|(_, record)| record.device).collect();
    let devices = if limit == 1 { "device" } else { "devices" };
    let signed_in = if names.is_empty() { String::new() } else { format!(" Signed in: {}.", names.join(", ")) };
    let mut problem =
        Problem::new(Code::LimitReached).with_detail(format!("This account's plan allows {limit} {devices} at once.{signed_in}"));
    // What to send for going on all the same, and whom it signs out.
    problem.fields.extend(oldest.map(|message| FieldError { field: "replaces_oldest".to_owned(), message }));
    problem
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use runtime::clock::Clock;
    use storage::{StorageUrls, events::Events, open};

    use super::*;
    use crate::{
        seal::SealKey,
        secret::MasterSecret,
        services::identity::sign_ins::{Keys, SEALED},
        session::{KeyRing, RefreshKey},
    };

    async fn sign_ins() -> (tempfile::TempDir, Arc<SignIns>) {
        let folder = tempfile::tempdir().unwrap();
        let urls = StorageUrls::embedded(folder.path());
        let stores = open(&urls, &Events::default()).await.unwrap();
        let secret = MasterSecret::open(folder.path()).unwrap();
        let keys = Keys {
            access: KeyRing::new(&secret, Clock::default()),
            refresh: RefreshKey::new(&secret),
            seal: SealKey::new(secret.derive(SEALED)),
        };
        let sign_ins = SignIns::new(stores.keyvalue, keys, Clock::default());
        (folder, Arc::new(sign_ins))
    }

    /// As `enter` does it; the device that is signed in now.
    async fn enter(sign_ins: &SignIns, limit: u16, when_full: WhenFull) -> Result<SignInId, Problem> {
        let account = "a".parse().unwrap();
        sign_ins.check_room(&account, limit, None, when_full).await?;
        let (new, _) = sign_ins.begin(&account, &"p".parse().unwrap(), "Firefox on Linux".into(), None).await?;
        sign_ins.keep_within(&account, limit, (&new, None), when_full).await?;
        Ok(new)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn however_many_come_at_once_and_however_they_ask_no_more_stay_than_there_is_room_for() {
        for round in 0..20_u16 {
            let (_folder, sign_ins) = sign_ins().await;
            let limit = 1 + round % 3;
            let entering: Vec<_> = (0..8)
                .map(|device| {
                    let mixed = if device % 2 == 0 { WhenFull::Refuse } else { WhenFull::ReplaceOldest };
                    let when_full = match round % 4 {
                        0 => WhenFull::Refuse,
                        1 => WhenFull::ReplaceOldest,
                        _ => mixed,
                    };
                    let sign_ins = Arc::clone(&sign_ins);
                    tokio::spawn(async move { enter(&sign_ins, limit, when_full).await })
                })
                .collect();
            for outcome in futures::future::join_all(entering).await {
                if let Err(problem) = outcome.unwrap() {
                    assert_eq!(problem.code, Code::LimitReached);
                }
            }
            let there = sign_ins.all(&"a".parse().unwrap()).await.unwrap().len();
            assert!(there <= usize::from(limit), "{there} of {limit}");
            enter(&sign_ins, limit, WhenFull::ReplaceOldest).await.unwrap();
        }
    }

    #[tokio::test]
    async fn who_asks_no_place_of_others_never_takes_one() {
        let (_folder, sign_ins) = sign_ins().await;
        let first = enter(&sign_ins, 2, WhenFull::Refuse).await.unwrap();
        let second = enter(&sign_ins, 2, WhenFull::Refuse).await.unwrap();
        assert_eq!(enter(&sign_ins, 2, WhenFull::Refuse).await.unwrap_err().code, Code::LimitReached);
        let mut there: Vec<SignInId> = sign_ins.all(&"a".parse().unwrap()).await.unwrap().into_iter().map(|(id, _)| id).collect();
        there.sort();
        let mut both = [first, second];
        both.sort();
        assert_eq!(there, both);
    }

    #[tokio::test]
    async fn the_device_that_is_replaced_keeps_its_place_until_the_new_one_is_let_in() {
        let (_folder, sign_ins) = sign_ins().await;
        let account = "a".parse().unwrap();
        let before = enter(&sign_ins, 1, WhenFull::Refuse).await.unwrap();
        sign_ins.check_room(&account, 1, Some(&before), WhenFull::Refuse).await.unwrap();
        let (new, _) = sign_ins.begin(&account, &"p".parse().unwrap(), "Firefox on Linux".into(), None).await.unwrap();
        sign_ins.keep_within(&account, 1, (&new, Some(&before)), WhenFull::Refuse).await.unwrap();
        assert!(sign_ins.get(&account, &before).await.unwrap().is_some());

        // Where somebody else was faster, the new one goes and not the one before.
        // Of two within the same millisecond their ids decide, which are drawn.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let (late, _) = sign_ins.begin(&account, &"p".parse().unwrap(), "Firefox on Linux".into(), None).await.unwrap();
        let refused = sign_ins.keep_within(&account, 1, (&late, Some(&before)), WhenFull::Refuse).await;
        assert_eq!(refused.unwrap_err().code, Code::LimitReached);
        assert!(sign_ins.get(&account, &before).await.unwrap().is_some());
        assert!(sign_ins.get(&account, &late).await.unwrap().is_none());
    }
}
