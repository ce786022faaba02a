//! What services keep of accounts, put together beside the requests that ask for it.
//!
//! Whoever asks waits some seconds, and where it takes longer is told in words to ask again: then it is there, or is being put
//! together still. A few accounts' are put together at a time, because all of somebody's years are in memory for it; nobody waits
//! in a request for others' to be done. What was put together is given once, and let go of after some minutes where nobody comes
//! for it. Must never give one account's to another.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use contract::{
    Code, Problem,
    ids::{AccountId, ProfileId},
};
use runtime::clock::Clock;
use storage::StoreError;
use tokio::{
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use crate::services::{exporting::Exported, keepers::Keepers};

/// How long a request waits: less than the gateway gives it.
const PATIENCE: Duration = Duration::from_secs(20);
/// When whoever was told to ask again should, in seconds.
const ASK_AGAIN_IN: u32 = 5;
/// For how long it waits for whoever asked for it.
const KEPT_FOR: Duration = Duration::from_secs(5 * 60);
/// Accounts whose documents are read at a time.
const AT_ONCE: usize = 2;
/// Accounts that wait for it, or for which it waits.
const AT_MOST: usize = 16;

/// What services keep of an account and of its profiles.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountDocuments {
    /// When it was put together, in milliseconds since 1970.
    pub made: u64,
    pub of_account: Exported,
    /// In the order of the profiles that were asked for.
    pub of_profiles: Vec<Exported>,
}

/// Nothing while it is being put together.
type Outcome = Option<Result<Arc<AccountDocuments>, Problem>>;

/// Of one account.
struct Making {
    profiles: Vec<ProfileId>,
    number: u64,
    outcome: watch::Receiver<Outcome>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    keepers: Keepers,
    clock: Clock,
    turns: Arc<Semaphore>,
    making: Arc<Mutex<HashMap<AccountId, Making>>>,
}

impl Exports {
    pub fn new(keepers: Keepers, clock: Clock) -> Self {
        Self { keepers, clock, turns: Arc::new(Semaphore::new(AT_ONCE)), making: Arc::default() }
    }

    /// What is kept of an account and of its profiles, once it is put together.
    ///
    /// # Errors
    /// `overloaded`, in words, where it takes longer than a request should, and goes on; or where too many wait. What the stores
    /// say.
    pub async fn of(&self, account: &AccountId, profiles: &[ProfileId]) -> Result<AccountDocuments, Problem> {
        let (number, mut outcome) = self.begin(account, profiles)?;
        let Ok(made) = timeout(PATIENCE, outcome.wait_for(Option::is_some)).await else {
            return Err(later("Everything that is kept of you is still being put together: ask for it again in a moment."));
        };
        // Whoever put it together is gone where there is none.
        let made = made.ok().and_then(|made| made.clone()).unwrap_or_else(|| Err(Problem::internal()));
        self.let_go(account, number);
        made.map(Arc::unwrap_or_clone)
    }

    /// Puts it together, however long that takes: for whoever waits for nothing else.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn make(&self, account: &AccountId, profiles: &[ProfileId]) -> Result<AccountDocuments, StoreError> {
        let of_profiles = self.keepers.export(profiles).await?;
        let of_account = self.keepers.export_account(account).await?;
        Ok(AccountDocuments { made: self.clock.millis(), of_account, of_profiles })
    }

    /// Has it put together, where that is not under way or done.
    fn begin(&self, account: &AccountId, profiles: &[ProfileId]) -> Result<(u64, watch::Receiver<Outcome>), Problem> {
        let mut making = self.making();
        let is_good = |making: &&Making| {
            let failed = matches!(&*making.outcome.borrow(), Some(Err(_)));
            making.profiles == profiles && !failed && making.outcome.has_changed().is_ok()
        };
        if let Some(there) = making.get(account).filter(is_good) {
            return Ok((there.number, there.outcome.clone()));
        }
        if making.len() >= AT_MOST {
            let done = making.iter().find(|(_, making)| making.outcome.borrow().is_some());
            let Some(done) = done.map(|(account, _)| account.clone()) else {
                return Err(later("Too many accounts are being put together just now: ask again in a moment."));
            };
            making.remove(&done);
        }
        let (number, (sender, outcome)) = (rand::random(), watch::channel(None));
        making.insert(account.clone(), Making { profiles: profiles.to_vec(), number, outcome: outcome.clone() });
        drop(making);
        let (exports, account, profiles) = (self.clone(), account.clone(), profiles.to_vec());
        tokio::spawn(async move {
            let made = {
                let _turn = exports.turns.acquire().await;
                exports.make(&account, &profiles).await
            };
            sender.send_replace(Some(made.map(Arc::new).map_err(Problem::from)));
            tokio::select! {
                () = sleep(KEPT_FOR) => exports.let_go(&account, number),
                () = sender.closed() => {}
            }
        });
        Ok((number, outcome))
    }

    fn let_go(&self, account: &AccountId, number: u64) {
        let mut making = self.making();
        if making.get(account).is_some_and(|making| making.number == number) {
            making.remove(account);
        }
    }

    fn making(&self) -> MutexGuard<'_, HashMap<AccountId, Making>> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn later(words: &str) -> Problem {
    Problem::new(Code::Overloaded).with_detail(words).with_retry_after(ASK_AGAIN_IN)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use async_trait::async_trait;

    use super::*;
    use crate::{mount::Mount, services::Service};

    /// Takes as long as it is told to for an account whose name begins with `slow`, and counts how often it is asked.
    struct Slow {
        takes: Duration,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Service for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn mount(self: Arc<Self>, _: &mut Mount) {}

        async fn export_account(&self, account: &AccountId) -> Result<Exported, StoreError> {
            let before = self.asked.fetch_add(1, Relaxed);
            match account.as_str() {
                name if name.starts_with("slow") => sleep(self.takes).await,
                "fails" if before == 0 => return Err(StoreError::Unavailable { reason: "it is away".into() }),
                _ => {}
            }
            Ok([("whose".to_owned(), account.as_str().into())].into_iter().collect())
        }
    }

    fn exports(takes: Duration) -> (Arc<Slow>, Exports) {
        let slow = Arc::new(Slow { takes, asked: AtomicUsize::new(0) });
        let service: Arc<dyn Service> = Arc::<Slow>::clone(&slow);
        (slow, Exports::new(Keepers::new(vec![service]), Clock::default()))
    }

    async fn whose(exports: &Exports, account: &str) -> Result<String, Problem> {
        let kept = exports.of(&account.parse().unwrap(), &["p1".parse().unwrap()]).await?;
        assert_eq!(kept.of_profiles.len(), 1);
        Ok(kept.of_account["whose"].as_str().unwrap().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_longer_than_a_request_is_told_in_words_and_is_there_when_it_is_asked_for_again() {
        let (slow, exports) = exports(Duration::from_secs(50));
        for _ in 0..2 {
            let problem = whose(&exports, "slow").await.unwrap_err();
            assert_eq!((problem.code, problem.retry_after), (Code::Overloaded, Some(ASK_AGAIN_IN)));
            assert!(problem.detail.unwrap().contains("ask for it again"));
        }
        assert_eq!(whose(&exports, "slow").await.unwrap(), "slow");
        assert_eq!(slow.asked.load(Relaxed), 1, "it is put together once");
        assert!(exports.making().is_empty(), "it is given once");
        whose(&exports, "slow").await.unwrap_err();
        assert_eq!(slow.asked.load(Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_takes_long_keeps_nobody_elses_from_being_put_together() {
        let (_, exports) = exports(Duration::from_secs(1_000));
        whose(&exports, "slow").await.unwrap_err();
        assert_eq!(whose(&exports, "fast").await.unwrap(), "fast");
        whose(&exports, "slow-2").await.unwrap_err();
        // Both turns are taken: whoever comes is told so in words, and not by the gateway's clock.
        let problem = whose(&exports, "third").await.unwrap_err();
        assert_eq!(problem.code, Code::Overloaded);
        sleep(Duration::from_secs(1_000)).await;
        assert_eq!(whose(&exports, "third").await.unwrap(), "third");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_comes_for_is_let_go_of_and_what_failed_is_tried_anew() {
        let (slow, exports) = exports(Duration::from_secs(30));
        whose(&exports, "slow").await.unwrap_err();
        sleep(KEPT_FOR + Duration::from_secs(60)).await;
        assert!(exports.making().is_empty());
        slow.asked.store(0, Relaxed);
        assert_eq!(whose(&exports, "fails").await.unwrap_err().detail, None, "the store is away");
        assert_eq!(whose(&exports, "fails").await.unwrap(), "fails");
    }
}
