//! Bases of the copy: what they give back, and who cannot make one.

use std::collections::BTreeMap;

use contract::ids::AccountId;
use object_store::ObjectStoreExt;
use storage::open_vault;

use super::{
    super::{
        copy::{Base, Compactor, Reader},
        envelope::Key,
    },
    copying::{copy_of, objects, overwrite_with_garbage, settled, write_load},
    locked::locked_bucket,
    *,
};

const WEEK: u64 = 7 * 24 * 60 * 60 * 1000;

fn compactor(vault: &Vault) -> Compactor {
    Compactor::new(copy_of(vault).clone(), Arc::clone(&vault.keys))
}

/// Makes a base of all that is there.
async fn compact(vault: &Vault) -> u64 {
    settled(vault).await;
    compactor(vault).compact(1, now_millis()).await.unwrap().unwrap()
}

/// A vault whose own changes stay away, so that objects can be counted.
async fn quiet(folder: &Path) -> (Arc<Vault>, Settings) {
    let config = with_copy(folder);
    let vault = open(folder, &config).await;
    vault._house.abort();
    (vault, config)
}

/// What is restored, but for keys in other wrappings: records by where they are kept.
async fn restored(config: &Settings, folder: &Path, at: Option<u64>, begin: Begin) -> (Restored, BTreeMap<String, Bytes>) {
    let url = format!("sqlite:{}", folder.join(format!("restored-{:016x}.db", rand::random::<u64>())).display());
    let to = open_vault(&url).await.unwrap();
    let (copy, masters) = (open_copy(config).await.unwrap(), masters(config, folder).await.unwrap());
    let restored = restore_from(&copy, masters, at, Arc::clone(&to), begin).await.unwrap();
    (restored, entries(&to, RECORDS).await.into_iter().collect())
}

async fn put(vault: &Vault, account: &str, value: &str) {
    vault.put(&access(), &record(account, "password"), value.as_bytes(), Expect::Anything).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_from_the_newest_base_gives_what_one_of_every_object_gives_also_when_those_before_it_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, config) = quiet(folder.path()).await;
    write_load(&vault, 4, 30).await;
    let first = compact(&vault).await;
    write_load(&vault, 2, 20).await;
    let account: AccountId = "account0-0".parse().unwrap();
    vault.shred(&Access::local_admin(Purpose::Shred), &account).await.unwrap();
    put(&vault, "zoe", "between").await;
    let second = compact(&vault).await;
    put(&vault, "zoe", "after").await;
    settled(&vault).await;
    assert!(second > first);
    let (short, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    let (long, all) = restored(&config, folder.path(), None, Begin::FirstObject).await;
    assert_eq!((short.base, short.objects, long.base, long.objects), (Some(second), 1, None, second + 1));
    assert!(records == all && records.len() > 20, "{} and {} records", records.len(), all.len());
    assert!(short.changes < long.changes && short.refused == 0 && short.without_key == 0, "{short:?}");

    let proof = vault.verify_copy().await.unwrap().unwrap();
    assert_eq!((proof.base, proof.objects, proof.bases), (Some(second), second + 1, 0));
    let proof = vault.verify_copy_from(Begin::FirstObject).await.unwrap().unwrap();
    assert_eq!((proof.base, proof.objects, proof.bases), (None, second + 1, 2));

    // As a rule of the bucket's deletes what is old.
    for number in 1..=second {
        std::fs::remove_file(folder.path().join(format!("copy/log/{number:020}"))).unwrap();
    }
    assert_eq!(restored(&config, folder.path(), None, Begin::NewestBase).await.1, records);
    vault.verify_copy().await.unwrap();
    let refused = vault.verify_copy_from(Begin::FirstObject).await.unwrap_err().to_string();
    assert!(refused.contains("object 1 is missing"), "{refused}");
}

#[tokio::test]
async fn a_base_that_somebody_changed_cut_moved_or_made_without_the_key_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, config) = quiet(folder.path()).await;
    put(&vault, "ada", "1").await;
    let good = compact(&vault).await;
    for account in ["bob", "ada", "eve"] {
        put(&vault, account, "2").await;
    }
    let newest = compact(&vault).await;
    let at = |number: u64| folder.path().join(format!("copy/base/{number:020}"));
    let whole = std::fs::read(at(newest)).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let (_, expected) = restored(&config, folder.path(), None, Begin::FirstObject).await;
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let without_a_record = [&lines[..1], &lines[2..]].concat().concat();
    for (what, bytes) in [
        ("changed", flipped),
        ("cut short", whole[..whole.len() - 40].to_vec()),
        ("without a record", without_a_record),
        ("without its seal", lines[..lines.len() - 1].concat()),
        ("an older one under its name", std::fs::read(at(good)).unwrap()),
        ("empty", Vec::new()),
    ] {
        std::fs::write(at(newest), bytes).unwrap();
        let (restored, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
        assert_eq!((restored.base, restored.objects), (Some(good), newest - good), "{what}");
        assert_eq!(records, expected, "{what}");
        let named = vault.verify_copy_from(Begin::FirstObject).await.unwrap_err().to_string();
        assert!(named.contains(&format!("base {newest}: ")), "{what}: {named}");
    }
    std::fs::write(at(newest), &whole).unwrap();
    // By somebody who may add, and has a key of their own.
    let mut reader = Reader::new(copy_of(&vault));
    while reader.step().await.unwrap().is_some() {}
    put(&vault, "ada", "3").await;
    settled(&vault).await;
    while reader.step().await.unwrap().is_some() {}
    let forged = Base::of(reader.at.clone(), now_millis(), std::collections::HashMap::new());
    assert!(copy_of(&vault).add_base(&forged, &Key::random()).await.unwrap());
    let (restored, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    assert_eq!((restored.base, records.len()), (Some(newest), expected.len()));
}

#[tokio::test]
async fn a_base_whose_object_in_the_log_is_another_is_passed_over_and_one_that_lacks_a_record_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, config) = quiet(folder.path()).await;
    put(&vault, "ada", "1").await;
    put(&vault, "bob", "1").await;
    settled(&vault).await;
    let mut reader = Reader::new(copy_of(&vault));
    while reader.step().await.unwrap().is_some() {}
    // Only whoever had the keys could make this one.
    let key = vault.keys.make("_vault").await.unwrap();
    copy_of(&vault).copy_key("_vault", vault.keys.wrapped("_vault").await.unwrap().unwrap()).await.unwrap();
    let lacking = Base::of(reader.at.clone(), now_millis(), std::collections::HashMap::new());
    assert!(copy_of(&vault).add_base(&lacking, &key).await.unwrap());
    let named = vault.verify_copy_from(Begin::FirstObject).await.unwrap_err().to_string();
    assert!(named.contains(": ada/password is missing") && named.contains(": bob/password is missing"), "{named}");
    assert!(vault.verify_copy().await.is_err(), "what is live is not in it");
    let mut elsewhere = reader.at.clone();
    elsewhere.hash = elsewhere.hash.chars().rev().collect();
    std::fs::remove_file(folder.path().join(format!("copy/base/{:020}", elsewhere.number))).unwrap();
    let other = Base::of(elsewhere, now_millis(), std::collections::HashMap::new());
    assert!(copy_of(&vault).add_base(&other, &key).await.unwrap());
    let (restored, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    assert_eq!((restored.base, records.len()), (None, 2));
}

#[tokio::test]
async fn a_base_is_made_of_the_log_and_forgets_nothing_that_the_live_store_forgot_nor_takes_what_was_added() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, config) = quiet(folder.path()).await;
    for account in ["ada", "bob"] {
        put(&vault, account, "1").await;
    }
    settled(&vault).await;
    let (_, expected) = restored(&config, folder.path(), None, Begin::FirstObject).await;
    // Somebody who writes the live store, and somebody who adds to the copy.
    vault.store.delete("record/ada/password", Expect::Anything).await.unwrap();
    vault.store.delete("key/ada", Expect::Anything).await.unwrap();
    let mut reader = Reader::new(copy_of(&vault));
    while reader.step().await.unwrap().is_some() {}
    let mut envelope = vault.records.find(&record("bob", "password")).await.unwrap().unwrap().envelope.to_vec();
    envelope[9] = 200;
    let changes = [("bob/password".to_owned(), envelope.clone().into()), ("mallory/password".to_owned(), envelope.into())];
    copy_of(&vault).forge(&reader.at, &changes).await;
    let base = compactor(&vault).compact(1, now_millis()).await.unwrap().unwrap();
    assert_eq!(base, reader.at.number + 1, "with what was added");
    overwrite_with_garbage(&vault).await;
    let (restored, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    assert_eq!((restored.base, restored.refused), (Some(base), 0), "{restored:?}");
    assert_eq!(records, expected);
}

#[tokio::test]
async fn a_restore_as_of_a_time_begins_with_no_base_that_holds_something_later() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, config) = quiet(folder.path()).await;
    put(&vault, "ada", "before").await;
    let before = compact(&vault).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let then = now_millis();
    tokio::time::sleep(Duration::from_millis(5)).await;
    put(&vault, "ada", "after").await;
    let after = compact(&vault).await;
    let (now, _) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    let (past, _) = restored(&config, folder.path(), Some(then), Begin::NewestBase).await;
    assert_eq!((now.base, now.undone, past.base, past.undone), (Some(after), 0, Some(before), 1));
}

#[tokio::test]
async fn a_base_is_due_after_many_objects_or_a_week_and_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, _) = quiet(folder.path()).await;
    let compactor = compactor(&vault);
    assert_eq!(compactor.compact(1, now_millis()).await.unwrap(), None, "of nothing");
    for value in 0..4 {
        put(&vault, "ada", &value.to_string()).await;
    }
    let first = objects(&vault).await;
    assert_eq!(compactor.compact(first + 1, now_millis()).await.unwrap(), None);
    assert_eq!(compactor.compact(first, now_millis()).await.unwrap(), Some(first));
    put(&vault, "ada", "5").await;
    let second = objects(&vault).await;
    assert_eq!(compactor.compact(second - first + 1, now_millis() + WEEK / 2).await.unwrap(), None);
    assert_eq!(compactor.compact(second - first + 1, now_millis() + WEEK + 1000).await.unwrap(), Some(second));
    assert_eq!(compactor.compact(1, now_millis() + 2 * WEEK).await.unwrap(), None, "nothing came since");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_in_a_locked_bucket_is_read_as_it_was_made_whatever_is_put_over_it_or_hides_it() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = locked_bucket().await;
    let keys = format!("file:{}", folder.path().join("keys").display());
    let config = Settings { copy: Some(url.clone()), copy_keys: Some(keys), ..Settings::default() };
    let vault = open(folder.path(), &config).await;
    write_load(&vault, 2, 20).await;
    let first = compact(&vault).await;
    write_load(&vault, 2, 20).await;
    let second = compact(&vault).await;
    vault.close().await;
    let (_, expected) = restored(&config, folder.path(), None, Begin::FirstObject).await;
    let store = storage::objects::open_store(&url).await.unwrap();
    let at = |number: u64| object_store::path::Path::from(format!("base/{number:020}"));
    store.put(&at(first), "noise".into()).await.unwrap();
    store.delete(&at(second)).await.unwrap();
    let (restored, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    assert_eq!((restored.base, records), (Some(second), expected));
    let proof = vault.verify_copy_from(Begin::FirstObject).await.unwrap().unwrap();
    assert_eq!(proof.bases, 2);
}

#[tokio::test]
async fn no_base_is_made_without_an_account_whose_key_is_here_and_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, config) = quiet(folder.path()).await;
    for account in ["ada", "bob"] {
        put(&vault, account, "1").await;
    }
    settled(&vault).await;
    let (aside, keys) = (folder.path().join("aside"), folder.path().join("copy/keys/ada"));
    std::fs::rename(&keys, &aside).unwrap();
    let wrapped = vault.keys.wrapped("ada").await.unwrap().unwrap();
    vault.store.put("key/ada", wrapped.iter().map(|byte| !byte).collect(), Expect::Anything, None).await.unwrap();
    assert!(compactor(&vault).compact(1, now_millis()).await.is_err());
    assert!(!folder.path().join("copy/base").exists());
    // Where the key is only away from the copy, what it opens is in the base.
    vault.store.put("key/ada", wrapped, Expect::Anything, None).await.unwrap();
    let base = compactor(&vault).compact(1, now_millis()).await.unwrap();
    assert!(base.is_some_and(|base| base >= 2), "{base:?}: each change is copied once at least");
    std::fs::rename(&aside, &keys).unwrap();
    let (restored, records) = restored(&config, folder.path(), None, Begin::NewestBase).await;
    assert_eq!((restored.base, records.len()), (base, 2));
}
