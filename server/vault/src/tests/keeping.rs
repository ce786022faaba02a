//! What is kept, read, changed, rotated and shredded, without a copy.

use std::sync::atomic::AtomicBool;

use super::*;

#[tokio::test]
async fn what_is_put_is_read_back_and_the_store_and_its_file_hold_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    let billing = record("ada", "billing");
    assert_eq!(value(&vault, &billing).await, None);
    let version = vault.put(&access(), &billing, b"12 St James's Square", Expect::Absent).await.unwrap();
    assert_eq!(vault.get(&access(), &billing).await.unwrap().unwrap().version, version);
    assert_eq!(value(&vault, &billing).await.unwrap(), "12 St James's Square");
    assert_eq!(value(&vault, &record("bob", "billing")).await, None);
    vault.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"St James"), "{file:?}");
    }
}

#[tokio::test]
async fn a_write_holds_to_what_it_expects_also_after_a_record_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    let key = record("ada", "password");
    let first = vault.put(&access(), &key, b"1", Expect::Absent).await.unwrap();
    let second = vault.put(&access(), &key, b"2", Expect::Version(first)).await.unwrap();
    for expect in [Expect::Absent, Expect::Version(first)] {
        let refused = vault.put(&access(), &key, b"3", expect).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    }
    assert!(matches!(vault.delete(&access(), &key, Expect::Version(first)).await, Err(StoreError::Conflict { .. })));
    assert!(vault.delete(&access(), &key, Expect::Version(second)).await.unwrap());
    assert!(!vault.delete(&access(), &key, Expect::Anything).await.unwrap());
    assert_eq!(value(&vault, &key).await, None);
    assert_eq!(vault.list(&access(), "ada").await.unwrap(), Vec::<String>::new());
    assert!(matches!(vault.put(&access(), &key, b"4", Expect::Version(second)).await, Err(StoreError::Conflict { .. })));
    vault.put(&access(), &key, b"4", Expect::Absent).await.unwrap();
    assert_eq!(vault.records.find(&key).await.unwrap().unwrap().header.revision, 4, "revisions go on");
    assert_eq!(vault.list(&access(), "ada").await.unwrap(), ["password"]);
}

#[tokio::test]
async fn of_many_who_change_the_same_record_at_once_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    let key = record("ada", "counter");
    vault.put(&access(), &key, b"0", Expect::Absent).await.unwrap();
    let adders = (0..8).map(|_| {
        let (vault, key) = (Arc::clone(&vault), key.clone());
        tokio::spawn(async move {
            let mut added = 0;
            while added < 10 {
                let found = vault.get(&access(), &key).await.unwrap().unwrap();
                let next = std::str::from_utf8(&found.value).unwrap().parse::<u32>().unwrap() + 1;
                match vault.put(&access(), &key, next.to_string().as_bytes(), Expect::Version(found.version)).await {
                    Ok(_) => added += 1,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for adder in futures::future::join_all(adders).await {
        adder.unwrap();
    }
    assert_eq!(value(&vault, &key).await.unwrap(), "80");
}

#[tokio::test]
async fn a_record_that_was_changed_moved_or_given_to_another_account_in_the_store_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    let (ada, bob, other) = (record("ada", "password"), record("bob", "password"), record("ada", "billing"));
    vault.put(&access(), &ada, b"ada's", Expect::Absent).await.unwrap();
    vault.put(&access(), &bob, b"bob's", Expect::Absent).await.unwrap();
    let sealed = vault.store.get("record/ada/password").await.unwrap().unwrap().value;
    let mut flipped = sealed.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    for (place, bytes, asked) in [
        ("record/ada/password", Bytes::from(flipped), &ada),
        ("record/bob/password", sealed.clone(), &bob),
        ("record/ada/billing", sealed.clone(), &other),
        ("record/ada/password", Bytes::from_static(b"garbage"), &ada),
    ] {
        vault.store.put(place, bytes, Expect::Anything, None).await.unwrap();
        let refused = vault.get(&access(), asked).await.unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "{place}: {refused}");
        let refused = vault.put(&access(), asked, b"over it", Expect::Anything).await.unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "{place}: {refused}");
    }
}

#[tokio::test]
async fn keys_are_rotated_while_others_read_and_write_and_a_server_that_runs_learns_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = Settings::default();
    let (server, operator) = (open(folder.path(), &config).await, open(folder.path(), &config).await);
    for number in 0..40 {
        server.put(&access(), &record(&format!("account{number}"), "password"), b"right", Expect::Absent).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let load = {
        let (server, stop) = (Arc::clone(&server), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut rounds = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                let key = record(&format!("account{}", rounds % 60), "password");
                match server.get(&access(), &key).await {
                    Ok(found) => assert!(found.is_none_or(|found| found.value == "right")),
                    // Between two looks at the file of keys: a moment in which a login is refused, and none is wrong.
                    Err(StoreError::Corrupt { reason, .. }) => assert!(reason.contains("master key"), "{reason}"),
                    Err(error) => panic!("{error}"),
                }
                match server.put(&access(), &key, b"right", Expect::Anything).await {
                    Ok(_) | Err(StoreError::Corrupt { .. }) => rounds += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            rounds
        })
    };
    let before = operator.keys.masters().ring().current().0;
    let rotated = operator.rotate(&Access::local_admin(Purpose::Rotation), |_| ()).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    assert!(load.await.unwrap() > 0);
    assert!(rotated.rewrapped >= 40 && !rotated.resumed, "{rotated:?}");
    let now = operator.keys.masters().ring().current().0;
    assert_ne!(before, now);
    // Accounts that the server made with the old key meanwhile are wrapped by whoever rotates again.
    let again = operator.rotate(&Access::local_admin(Purpose::Rotation), |_| ()).await.unwrap();
    let now = if again.resumed { now } else { operator.keys.masters().ring().current().0 };
    for (key, wrapped) in entries(&operator.store, "key/").await {
        assert_eq!(envelope::wrapped_by(&wrapped).unwrap(), now, "{key}");
    }
    tokio::time::sleep(Duration::from_millis(2100)).await;
    for number in 0..40 {
        assert_eq!(value(&server, &record(&format!("account{number}"), "password")).await.unwrap(), "right");
    }
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_goes_on_with_the_key_that_it_made() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    for account in ["ada", "bob", "eve"] {
        vault.put(&access(), &record(account, "password"), b"right", Expect::Absent).await.unwrap();
    }
    vault.keys.masters().renew().await.unwrap();
    let made = vault.keys.masters().ring().current().0;
    vault.keys.rewrap("bob").await.unwrap();
    let rotated = vault.rotate(&Access::local_admin(Purpose::Rotation), |_| ()).await.unwrap();
    assert_eq!(rotated, Rotated { rewrapped: 2, resumed: true });
    assert_eq!(vault.keys.masters().ring().current().0, made);
    assert_eq!(value(&vault, &record("ada", "password")).await.unwrap(), "right");
}

#[tokio::test]
async fn a_shredded_account_is_gone_for_good_and_nothing_is_kept_for_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    let (ada, bob) = (record("ada", "password"), record("bob", "password"));
    vault.put(&access(), &ada, b"ada's", Expect::Absent).await.unwrap();
    vault.put(&access(), &bob, b"bob's", Expect::Absent).await.unwrap();
    let sealed = vault.store.get("record/ada/password").await.unwrap().unwrap().value;
    let shredded = vault.shred(&Access::local_admin(Purpose::Shred), &"ada".parse().unwrap()).await.unwrap();
    assert_eq!(shredded, Shredded { key: true, records: 1, copies: 0 });
    assert_eq!(value(&vault, &ada).await, None);
    // Out of a backup, say.
    vault.store.put("record/ada/password", sealed, Expect::Anything, None).await.unwrap();
    assert_eq!(value(&vault, &ada).await, None);
    let refused = vault.put(&access(), &ada, b"again", Expect::Anything).await.unwrap_err();
    assert!(matches!(refused, StoreError::Invalid { .. }), "{refused}");
    assert_eq!(value(&vault, &bob).await.unwrap(), "bob's");
}

#[tokio::test]
async fn every_access_is_a_line_and_the_log_is_whole_until_somebody_touches_it() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), &Settings::default()).await;
    let ada = record("ada", "password");
    let access = Access { who: Who::Guest("192.0.2.7".into()), why: Purpose::SignIn, request: Some("0123456789abcdef".into()) };
    vault.put(&access, &ada, b"1", Expect::Absent).await.unwrap();
    vault.get(&access, &ada).await.unwrap();
    vault.list(&access, "ada").await.unwrap();
    vault.delete(&access, &ada, Expect::Anything).await.unwrap();
    vault.close().await;
    let summary = vault.verify_audit().await.unwrap().unwrap();
    assert_eq!((summary.lines, summary.reads, summary.changes, summary.without_request), (4, 2, 2, 0));
    let file = std::fs::read_dir(folder.path().join("audit")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    for words in [r#""act":"delete""#, r#""what":"ada/password""#, r#""why":"sign_in""#, "0123456789abcdef", "192.0.2.7"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    std::fs::write(&file, text.replacen("192.0.2.7", "192.0.2.8", 1)).unwrap();
    let finding = vault.verify_audit().await.unwrap().unwrap_err();
    assert_eq!(finding.line, 2, "{finding}");
    // Whole by itself, but shorter than the vault remembers.
    std::fs::write(&file, text.lines().take(2).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let finding = vault.verify_audit().await.unwrap().unwrap_err();
    assert!(finding.what.contains("remembers 4 lines"), "{finding}");
}
