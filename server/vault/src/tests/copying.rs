//! The copy: complete, found out where it is not, and all there is after the store was destroyed.

use std::sync::Mutex;

use contract::ids::AccountId;
use storage::open_vault;
use testing::server;

use super::*;

/// Writers that put, change and delete, and what was acknowledged to them: by record, the value or its absence.
pub(super) async fn write_load(
    vault: &Arc<Vault>,
    writers: usize,
    changes: usize,
) -> std::collections::HashMap<String, (RecordKey, Option<String>)> {
    let acknowledged = Arc::new(Mutex::new(std::collections::HashMap::new()));
    let tasks = (0..writers).map(|writer| {
        let (vault, acknowledged) = (Arc::clone(vault), Arc::clone(&acknowledged));
        tokio::spawn(async move {
            for change in 0..changes {
                let account = format!("account{}-{}", writer, change % 7);
                let key = record(&account, if change % 2 == 0 { "password" } else { "billing" });
                let value = (change % 5 != 4).then(|| format!("{writer}.{change}"));
                match &value {
                    Some(value) => drop(vault.put(&access(), &key, value.as_bytes(), Expect::Anything).await.unwrap()),
                    None => drop(vault.delete(&access(), &key, Expect::Anything).await.unwrap()),
                }
                acknowledged.lock().unwrap().insert(key.to_string(), (key, value));
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap();
    }
    Arc::into_inner(acknowledged).unwrap().into_inner().unwrap()
}

/// What whoever encrypts a store for ransom leaves of it.
pub(super) async fn overwrite_with_garbage(vault: &Vault) {
    for (key, bytes) in entries(&vault.store, "").await {
        let garbage: Vec<u8> = bytes.iter().map(|_| rand::random()).collect();
        vault.store.put(&key, garbage.into(), Expect::Anything, None).await.unwrap();
    }
}

pub(super) async fn settled(vault: &Vault) {
    for _ in 0..400 {
        if vault.health().await.unwrap().copy.unwrap().changes == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the outbox is not empty: {:?}", vault.health().await);
}

pub(super) fn copy_of(vault: &Vault) -> &Copy {
    &vault.copy.as_ref().unwrap().copy
}

/// How many objects the log has. One for each change, and another where the task that copies begins after the change was
/// made, or a disk is slow: what is copied is copied at least once.
pub(super) async fn objects(vault: &Vault) -> u64 {
    settled(vault).await;
    copy_of(vault).last_number(0).await.unwrap().unwrap()
}

async fn ransom(config: Settings, folder: &Path) {
    let vault = open(folder, &config).await;
    let acknowledged = write_load(&vault, 8, 40).await;
    vault.close().await;
    let health = vault.health().await.unwrap();
    assert_eq!(health.unconfirmed, 0, "{health:?}");
    let proof = vault.verify_copy().await.unwrap().unwrap();
    assert!(proof.objects > 1 && proof.changes >= 250 && proof.records >= acknowledged.len() as u64, "{proof:?}");

    overwrite_with_garbage(&vault).await;
    assert!(vault.get(&access(), &record("account0-0", "password")).await.is_err());
    let refused = vault.verify_copy().await.unwrap_err().to_string();
    assert!(refused.contains("does not open"), "{refused}");
    drop(vault);

    let restored_url = format!("sqlite:{}", folder.join("restored.db").display());
    let copy = open_copy(&config).await.unwrap();
    let to = open_vault(&restored_url).await.unwrap();
    let restored = restore(&copy, masters(&config, folder).await.unwrap(), None, Arc::clone(&to)).await.unwrap();
    // The log's own account is one more.
    assert_eq!((restored.accounts, restored.without_key, restored.refused), (8 * 7 + 1, 0, 0), "{restored:?}");
    let again = restore(&copy, masters(&config, folder).await.unwrap(), None, to).await.unwrap_err();
    assert!(matches!(again, RestoreError::NotEmpty), "{again}");

    let config = Settings { store: Some(restored_url), ..config };
    let vault = open(folder, &config).await;
    for (key, expected) in acknowledged.values() {
        let found = value(&vault, key).await;
        assert_eq!(found.as_deref(), expected.as_ref().map(String::as_bytes), "{key}");
    }
    assert!(vault.verify_audit().await.unwrap().is_ok(), "the log is whole as far as the restored vault remembers");
    settled(&vault).await;
    vault.verify_copy().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_encrypted_by_somebody_else_comes_back_from_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    ransom(with_copy(folder.path()), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_encrypted_by_somebody_else_comes_back_from_a_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let url = server("MARQUEE_TEST_S3");
    let (place, options) = url.split_once('?').unwrap_or((&url, ""));
    let below = format!("{}/vault-{:016x}", place.trim_end_matches('/'), rand::random::<u64>());
    let at = format!("{below}?{options}");
    ransom(Settings { copy: Some(at.clone()), ..Settings::default() }, folder.path()).await;
    let left = storage::objects::open_store(&at).await.unwrap();
    use futures::TryStreamExt as _;
    use object_store::ObjectStoreExt as _;
    for object in left.list(None).try_collect::<Vec<_>>().await.unwrap() {
        left.delete(&object.location).await.unwrap();
    }
}

#[tokio::test]
async fn the_store_comes_back_as_it_was_at_a_time_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_copy(folder.path());
    let vault = open(folder.path(), &config).await;
    let (kept, changed, gone, later) =
        (record("ada", "password"), record("ada", "billing"), record("bob", "password"), record("bob", "billing"));
    for key in [&kept, &changed, &gone] {
        vault.put(&access(), key, b"before", Expect::Absent).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    let then = now_millis();
    tokio::time::sleep(Duration::from_millis(5)).await;
    vault.put(&access(), &changed, b"after", Expect::Anything).await.unwrap();
    vault.delete(&access(), &gone, Expect::Anything).await.unwrap();
    vault.put(&access(), &later, b"after", Expect::Absent).await.unwrap();
    settled(&vault).await;
    drop(vault);

    let url = format!("sqlite:{}", folder.path().join("restored.db").display());
    let to = open_vault(&url).await.unwrap();
    let (copy, masters) = (open_copy(&config).await.unwrap(), masters(&config, folder.path()).await.unwrap());
    let restored = restore(&copy, masters, Some(then), to).await.unwrap();
    assert_eq!(restored.undone, 3, "{restored:?}");
    let vault = open(folder.path(), &Settings { store: Some(url), ..config }).await;
    for (key, expected) in [(&kept, Some("before")), (&changed, Some("before")), (&gone, Some("before")), (&later, None)] {
        assert_eq!(value(&vault, key).await.as_deref(), expected.map(str::as_bytes), "{key}");
    }
    // Set back by changes of their own: the copy follows, and its newest is what is live.
    vault.put(&access(), &later, b"anew", Expect::Absent).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    settled(&vault).await;
    let proof = vault.verify_copy().await.unwrap().unwrap();
    assert_eq!(proof.waiting, 0, "{proof:?}");
}

#[tokio::test]
async fn a_copy_that_somebody_changed_cut_or_thinned_out_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &with_copy(folder.path())).await;
    // Objects are counted here: the log's own change stays away.
    vault._house.abort();
    let change = async |value: &[u8]| vault.put(&access(), &record("ada", "password"), value, Expect::Anything).await.unwrap();
    change(b"0").await;
    let first = objects(&vault).await;
    for value in ["1", "2", "3"] {
        change(value.as_bytes()).await;
    }
    settled(&vault).await;
    let proof = vault.verify_copy().await.unwrap().unwrap();
    let (middle, newest) = (first + 1, first + 3);
    assert_eq!((proof.objects, proof.changes, proof.records, proof.accounts), (newest, newest, 1, 1));
    let object = |number: u64| folder.path().join(format!("copy/log/{number:020}"));
    let whole = std::fs::read(object(middle)).unwrap();
    let last = std::fs::read(object(newest)).unwrap();
    let words = async || vault.verify_copy().await.unwrap_err().to_string();

    std::fs::remove_file(object(middle)).unwrap();
    assert!(words().await.contains(&format!("object {middle} is missing")));
    std::fs::write(object(middle), &whole[..whole.len() - 2]).unwrap();
    assert!(words().await.contains(&format!("object {middle} of the copy")));
    let mut flipped = whole.clone();
    let place = flipped.len() - 30;
    flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
    std::fs::write(object(middle), &flipped).unwrap();
    assert!(words().await.contains(&format!("object {} of the copy: it does not follow", middle + 1)));
    std::fs::write(object(middle), &whole).unwrap();
    std::fs::remove_file(object(newest)).unwrap();
    assert!(words().await.contains("ada/password: revision 4 is live, 3 is in the copy"));
    std::fs::write(object(newest), &last).unwrap();
    std::fs::rename(folder.path().join("copy/keys/ada"), folder.path().join("copy/keys/eve")).unwrap();
    assert!(words().await.contains("ada: its key is not in the copy"));
    std::fs::rename(folder.path().join("copy/keys/eve"), folder.path().join("copy/keys/ada")).unwrap();
    vault.verify_copy().await.unwrap();

    // An older version of a record, which opens as well as the newest.
    let old = vault.records.find(&record("ada", "password")).await.unwrap().unwrap().envelope;
    vault.put(&access(), &record("ada", "password"), b"new", Expect::Anything).await.unwrap();
    settled(&vault).await;
    vault.store.put("record/ada/password", old, Expect::Anything, None).await.unwrap();
    assert!(words().await.contains("revision 4 is live, 5 is in the copy"));
    vault.store.delete("record/ada/password", Expect::Anything).await.unwrap();
    assert!(words().await.contains("the live store has lost it"));
}

#[tokio::test]
async fn a_shredded_account_does_not_come_back_from_the_copy_and_the_others_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_copy(folder.path());
    let vault = open(folder.path(), &config).await;
    for account in ["ada", "bob"] {
        vault.put(&access(), &record(account, "password"), account.as_bytes(), Expect::Absent).await.unwrap();
    }
    // Wrapped by two master keys, both in the copy.
    vault.rotate(&Access::local_admin(Purpose::Rotation), |_| ()).await.unwrap();
    let account: AccountId = "ada".parse().unwrap();
    let shredded = vault.shred(&Access::local_admin(Purpose::Shred), &account).await.unwrap();
    assert_eq!(shredded, Shredded { key: true, records: 1, copies: 2 });
    settled(&vault).await;
    vault.verify_copy().await.unwrap();
    drop(vault);
    let to = open_vault(&format!("sqlite:{}", folder.path().join("restored.db").display())).await.unwrap();
    let (copy, masters) = (open_copy(&config).await.unwrap(), masters(&config, folder.path()).await.unwrap());
    let restored = restore(&copy, masters, None, Arc::clone(&to)).await.unwrap();
    assert_eq!((restored.accounts, restored.without_key), (1, 1), "{restored:?}");
    assert!(to.get("record/ada/password").await.unwrap().is_none());
    assert!(to.get("record/bob/password").await.unwrap().is_some());
}

#[tokio::test]
async fn what_was_written_before_there_was_a_copy_and_while_it_was_away_gets_there() {
    let folder = tempfile::tempdir().unwrap();
    let (ada, bob) = (record("ada", "password"), record("bob", "password"));
    open(folder.path(), &Settings::default()).await.put(&access(), &ada, b"early", Expect::Absent).await.unwrap();
    let config = with_copy(folder.path());
    let vault = open(folder.path(), &config).await;
    // Queued behind what was there before.
    vault.put(&access(), &bob, b"1", Expect::Absent).await.unwrap();
    settled(&vault).await;
    assert!(vault.verify_copy().await.unwrap().unwrap().records >= 2);

    // Where a directory should be, there is a file: nothing can be put below it.
    let (log, aside) = (folder.path().join("copy/log"), folder.path().join("aside"));
    std::fs::rename(&log, &aside).unwrap();
    std::fs::write(&log, "in the way").unwrap();
    let begun = std::time::Instant::now();
    vault.put(&access(), &bob, b"2", Expect::Anything).await.unwrap();
    let waited = begun.elapsed();
    assert!((Duration::from_millis(1900)..Duration::from_secs(8)).contains(&waited), "{waited:?}");
    let health = vault.health().await.unwrap();
    assert_eq!((health.unconfirmed, health.copy.unwrap().changes), (1, 1), "{health:?}");
    assert!(health.copy.unwrap().seconds >= 1, "{health:?}");
    // Whoever is killed now left it in the outbox.
    drop(vault);
    std::fs::remove_file(&log).unwrap();
    std::fs::rename(&aside, &log).unwrap();
    let vault = open(folder.path(), &config).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    settled(&vault).await;
    assert!(vault.verify_copy().await.unwrap().unwrap().records >= 2);
}

#[tokio::test]
async fn a_key_that_nothing_is_kept_with_is_not_missed_in_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &with_copy(folder.path())).await;
    vault.put(&access(), &record("ada", "password"), b"1", Expect::Absent).await.unwrap();
    assert!(!vault.delete(&access(), &record("bob", "pin"), Expect::Anything).await.unwrap());
    assert!(entries(&vault.store, "key/bob").await.is_empty(), "nothing was there to delete, and no key was made for it");
    // Whoever was killed between a key and its first record.
    vault.keys.make("dora").await.unwrap();
    settled(&vault).await;
    vault.verify_copy().await.unwrap();
    vault.put(&access(), &record("dora", "password"), b"2", Expect::Absent).await.unwrap();
    settled(&vault).await;
    assert!(vault.verify_copy().await.unwrap().is_some_and(|proof| proof.records >= 2));
    std::fs::remove_dir_all(folder.path().join("copy/keys/dora")).unwrap();
    assert!(vault.verify_copy().await.unwrap_err().to_string().contains("dora: its key is not in the copy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_write_one_log_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_copy(folder.path());
    let (one, other) = (open(folder.path(), &config).await, open(folder.path(), &config).await);
    let (mine, theirs) = tokio::join!(write_load(&one, 3, 20), write_load(&other, 3, 20));
    assert_eq!(mine.len(), theirs.len());
    settled(&one).await;
    let proof = one.verify_copy().await.unwrap().unwrap();
    assert!(proof.changes >= 90 && proof.records >= 21 + 14, "{proof:?}");
}

#[tokio::test]
async fn what_somebody_else_puts_into_the_copy_is_never_restored() {
    let folder = tempfile::tempdir().unwrap();
    let config = with_copy(folder.path());
    let vault = open(folder.path(), &config).await;
    let (ada, bob) = (record("ada", "password"), record("bob", "password"));
    vault.put(&access(), &ada, b"ada's", Expect::Absent).await.unwrap();
    vault.put(&access(), &bob, b"bob's", Expect::Absent).await.unwrap();
    settled(&vault).await;
    // With the right to add, and without a key: bob's envelope in ada's place, with a chain that is right.
    let envelope = vault.records.find(&bob).await.unwrap().unwrap().envelope;
    drop(vault);
    let copy = open_copy(&config).await.unwrap();
    let mut reader = copy::Reader::new(&copy);
    while reader.next().await.unwrap().is_some() {}
    copy.forge(&reader.at, &[("ada/password".to_owned(), envelope)]).await;
    let to = open_vault(&format!("sqlite:{}", folder.path().join("restored.db").display())).await.unwrap();
    let restored = restore(&copy, masters(&config, folder.path()).await.unwrap(), None, Arc::clone(&to)).await.unwrap();
    assert_eq!(restored.refused, 1, "{restored:?}");
    let restored_store = Settings { store: Some(format!("sqlite:{}", folder.path().join("restored.db").display())), ..config };
    let vault = open(folder.path(), &restored_store).await;
    assert_eq!(value(&vault, &ada).await.unwrap(), "ada's");
}
