//! Whoever demotes whom, and wherever it breaks off: somebody runs the place.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use runtime::clock::Clock;
use storage::{
    StorageUrls,
    documents::{Documents, Write},
    events::Events,
    open,
};

use super::{
    super::{accounts::NewAccount, owners::ProfileOwners},
    *,
};

struct House {
    _folder: tempfile::TempDir,
    documents: Arc<dyn Documents>,
    accounts: Arc<Accounts>,
    /// Milliseconds.
    now: Arc<AtomicU64>,
}

async fn house(operators: &[&str]) -> House {
    let folder = tempfile::tempdir().unwrap();
    let urls = StorageUrls::embedded(folder.path());
    let stores = open(&urls, &Events::default()).await.unwrap();
    let now = Arc::new(AtomicU64::new(1_000_000_000));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.load(Ordering::Relaxed)))
    };
    let owners = Arc::new(ProfileOwners::new(Arc::clone(&stores.documents), clock.clone()));
    let accounts = Arc::new(Accounts::new(Arc::clone(&stores.documents), stores.keyvalue, owners, clock));
    for login in operators {
        let new = NewAccount {
            id: login.parse().unwrap(),
            login: (*login).to_owned(),
            name: (*login).to_owned(),
            role: AccountRole::Operator,
            email: None,
            profile: format!("p-{login}").parse().unwrap(),
            guest: None,
            subject: None,
        };
        accounts.create(new).await.unwrap();
    }
    House { _folder: folder, documents: stores.documents, accounts, now }
}

impl House {
    async fn demote(&self, id: &str) -> Result<StoredAccount, ChangeError> {
        demote(&self.accounts, id).await
    }

    async fn promote(&self, id: &str) {
        let id = id.parse().unwrap();
        let promoted = self.accounts.change(&id, |record| {
            record.role = AccountRole::Operator;
            record.is_disabled = false;
            Ok(())
        });
        promoted.await.unwrap();
    }

    async fn operators(&self, ids: &[&str]) -> usize {
        let mut count = 0;
        for id in ids {
            let account = self.accounts.get(&id.parse().unwrap()).await.unwrap().unwrap();
            count += usize::from(is_operator(&account.record));
        }
        count
    }

    /// As a process leaves it that is ended after it wrote its demotion down.
    async fn write_down(&self, id: &str, since: u64) {
        let demotion = Demotion { account: id.parse().unwrap(), since };
        let demotions = Demotions { number: 1, under_way: [("c".to_owned(), demotion)].into(), unknown: Map::new() };
        let body = serde_json::to_value(demotions).unwrap();
        let write = Write { id: DEMOTIONS.to_owned(), body, expect: Expect::Anything };
        self.documents.put(&OPERATORS, write).await.unwrap();
    }
}

async fn demote(accounts: &Accounts, id: &str) -> Result<StoredAccount, ChangeError> {
    let by_role = |record: &mut AccountRecord| {
        record.role = AccountRole::Member;
        Ok(())
    };
    accounts.try_change(&id.parse().unwrap(), by_role).await
}

async fn disable(accounts: &Accounts, id: &str) -> Result<StoredAccount, ChangeError> {
    let by_lock = |record: &mut AccountRecord| {
        record.is_disabled = true;
        Ok(())
    };
    accounts.try_change(&id.parse().unwrap(), by_lock).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_operators_who_demote_each_other_at_once_one_is_always_left() {
    let ids = ["ada", "bob"];
    let house = house(&ids).await;
    for round in 0..50 {
        let tasks = ids.map(|id| {
            let accounts = Arc::clone(&house.accounts);
            tokio::spawn(async move { if round % 2 == 0 { demote(&accounts, id).await } else { disable(&accounts, id).await } })
        });
        let mut done = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => done += 1,
                Err(error) => assert_eq!(error, ChangeError::LastOperator),
            }
        }
        assert_eq!(house.operators(&ids).await, 1, "round {round}: {done} were demoted");
        for id in ids {
            house.promote(id).await;
        }
    }
    assert!(house.accounts.demotions().await.unwrap().under_way.is_empty());
}

#[tokio::test]
async fn the_last_operator_stays_one_whatever_else_changes() {
    let house = house(&["ada"]).await;
    assert_eq!(house.demote("ada").await, Err(ChangeError::LastOperator));
    let ada = "ada".parse().unwrap();
    let renamed = house.accounts.change(&ada, |record| {
        record.name = "Countess".to_owned();
        Ok(())
    });
    assert_eq!(renamed.await.unwrap().record.role, AccountRole::Operator);
    let both = house.accounts.change(&ada, |record| {
        record.name = "Nobody".to_owned();
        record.is_disabled = true;
        Ok(())
    });
    assert_eq!(both.await.unwrap_err().code, Code::LimitReached);
    let stored = house.accounts.get(&"ada".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((stored.record.name.as_str(), stored.record.is_disabled), ("Countess", false));
}

#[tokio::test]
async fn whose_demotion_broke_off_does_not_count_until_it_is_settled_by_the_next_one_or_a_start() {
    let house = house(&["ada", "bob"]).await;
    house.write_down("bob", house.now.load(Ordering::Relaxed)).await;
    assert_eq!(house.demote("ada").await, Err(ChangeError::LastOperator), "bob may be gone any moment");
    house.now.fetch_add(BROKEN_OFF_MILLIS, Ordering::Relaxed);
    let before = house.accounts.get(&"bob".parse().unwrap()).await.unwrap().unwrap();
    house.demote("ada").await.unwrap();
    // Whoever still has the demotion under way can write no more.
    let late = house.accounts.put(&before.id, &before.record, Expect::Version(before.version)).await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "{late:?}");

    house.promote("ada").await;
    house.write_down("bob", 0).await;
    house.accounts.settle_demotions().await.unwrap();
    assert!(house.accounts.demotions().await.unwrap().under_way.is_empty());
    assert_eq!(house.operators(&["ada", "bob"]).await, 2);
}

#[tokio::test]
async fn an_operators_account_is_not_removed_before_it_is_disabled() {
    let house = house(&["ada", "bob"]).await;
    let bob = "bob".parse().unwrap();
    assert!(house.accounts.remove(&bob).await.is_err());
    disable(&house.accounts, "bob").await.unwrap();
    assert!(house.accounts.remove(&bob).await.unwrap());
    assert!(!house.accounts.remove(&bob).await.unwrap());
}
