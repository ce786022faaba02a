//! The vault from the outside: what was kept elsewhere is brought in, what was acknowledged survives that its store is
//! destroyed, and what an operator types.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use contract::{
    Code,
    identity::{GetBilling, ListProfiles, ReplaceProfile, SelectProfile, SetUp, SignIn},
    ids::{AccountId, ProfileId},
};
use serde_json::json;
use server::{
    assemble::{Surroundings, assemble},
    config::Config,
    seal::SealKey,
    secret::MasterSecret,
};
use storage::keyvalue::Expect;
use vault::{Access, Purpose, RecordKey};

use crate::{
    mover::Mover,
    process::{Running, fails, succeeds},
    support::{TestApp, new_profile},
};

const PASSWORD: &str = "correct horse battery";

/// Takes what the vault has and puts it where it was kept before there was one, in the forms of that time.
async fn as_it_was(app: &TestApp, account: &AccountId, profile: &ProfileId) {
    let (vault, old) = (&app.server.vault, &app.server.stores.keyvalue);
    let access = Access::local_admin(Purpose::Credentials);
    for (record, key) in [
        (RecordKey::of(account, "password"), format!("password/{account}")),
        (RecordKey::of_profile(account, "pin", profile), format!("pin/{profile}")),
    ] {
        let hash = vault.get(&access, &record).await.unwrap().unwrap().value;
        assert!(vault.delete(&access, &record, Expect::Anything).await.unwrap());
        old.put(&key, hash, Expect::Absent, None).await.unwrap();
    }
    let secret = MasterSecret::open(&app.data()).unwrap();
    let billing = json!({ "holder": "Ada", "street": "12 St James's Square", "postal_code": "", "city": "London",
        "country": "GB", "method": "" });
    let key = format!("billing/{account}");
    let sealed = SealKey::new(secret.derive("billing v1")).seal(&key, billing.to_string().as_bytes()).unwrap();
    old.put(&key, sealed.into(), Expect::Absent, None).await.unwrap();
    let key = format!("second-factor/{account}");
    let sealed = SealKey::new(secret.derive("totp secrets v1")).seal(&key, &[7; 20]).unwrap();
    let factor = json!({ "sealed": sealed, "last_step": 1, "recovery": [], "since": 1 });
    old.put(&key, factor.to_string().into(), Expect::Absent, None).await.unwrap();
    old.put("password/unreadable name", "somebody's".into(), Expect::Absent, None).await.unwrap();
}

#[tokio::test]
async fn what_was_kept_before_there_was_a_vault_is_brought_into_it_and_works_as_before() {
    let app = TestApp::start().await;
    let account = app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap().id;
    let profile = ReplaceProfile { colour: "#ffb547".into(), pin: Some("1234".into()), ..new_profile("Kid") };
    let profile = app.send(profile).await.unwrap().id;
    as_it_was(&app, &account, &profile).await;
    assert!(app.send(GetBilling {}).await.unwrap().holder.is_empty());

    // Another start on the same data; and one after that, which finds nothing to do.
    for _ in 0..2 {
        let config = Config { data: app.data(), ..Config::default() };
        assemble(&config, Surroundings { site: Some(app.data().join("no-site")), ..Surroundings::default() }).await.unwrap();
    }
    assert_eq!(app.send(GetBilling {}).await.unwrap().street, "12 St James's Square");
    let wrong = app.send(SelectProfile { id: profile.clone(), pin: Some("4321".into()) }).await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongCredentials);
    app.send(SelectProfile { id: profile, pin: Some("1234".into()) }).await.unwrap();
    assert_eq!(app.send(ListProfiles {}).await.unwrap().len(), 2);
    app.forget_cookies();
    let wrong = SignIn { login: "ada".into(), password: "another password".into(), ..SignIn::default() };
    assert_eq!(app.send(wrong).await.unwrap_err().code, Code::WrongCredentials);
    let right = SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() };
    assert_eq!(app.send(right).await.unwrap_err().code, Code::SecondFactorRequired, "the factor came along");
    for prefix in ["pin/", "billing/", "second-factor/"] {
        assert!(app.server.stores.keyvalue.scan(prefix, None, 1).await.unwrap().is_empty(), "{prefix}");
    }
    let left = app.server.stores.keyvalue.scan("password/", None, 10).await.unwrap();
    assert_eq!(left.len(), 1, "what cannot be read stays where it is: {left:?}");
}

#[test]
fn a_store_that_was_encrypted_by_somebody_else_is_rebuilt_with_every_acknowledged_change() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false"),
        ("MARQUEE_VAULT__COPY", "file:copy"),
        ("MARQUEE_VAULT__KEY_FILE", "keys/vault.key"),
    ];
    let mut movers = Mover::each(folder.path(), &settings, &["ada", "bob", "eve"]);
    let mut server = Running::start(folder.path(), &settings);
    let (address, stop) = (server.address.clone(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for mover in &mut movers {
            mover.sign_in(&address);
            scope.spawn(|| mover.change(&address, &stop));
        }
        std::thread::sleep(Duration::from_secs(2));
        server.kill();
        stop.store(true, Ordering::Relaxed);
    });
    assert!(movers.iter().map(|mover| mover.acknowledged).sum::<u32>() > 20);

    // Everything is lost but the copy and the keys.
    let verified = succeeds(folder.path(), &settings, &["vault", "verify"]);
    assert!(verified.starts_with("complete: "), "{verified}");
    for name in ["vault.db", "vault.db-wal", "vault.db-shm"] {
        let path = folder.path().join("data").join(name);
        if let Ok(bytes) = std::fs::read(&path) {
            std::fs::write(path, bytes.iter().map(|byte| byte ^ 0x5a).collect::<Vec<_>>()).unwrap();
        }
    }
    let refused = fails(folder.path(), &settings, &["vault", "audit"]);
    assert!(refused.contains("vault.store"), "{refused}");
    let restored = succeeds(folder.path(), &settings, &["vault", "restore", "--to", "sqlite:data/new.db"]);
    assert!(restored.starts_with("restored 4 accounts"), "{restored}");
    let new = [settings[0], settings[1], settings[2], ("MARQUEE_VAULT__STORE", "sqlite:data/new.db")];
    let server = Running::start(folder.path(), &new);
    for mover in &movers {
        mover.check(&server.address);
    }
}

#[test]
fn an_operator_looks_after_keys_log_and_copy_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let copied = [("MARQUEE_VAULT__COPY", "file:copy")];
    succeeds(folder.path(), &copied, &["account", "create", "ada"]);
    let said = succeeds(folder.path(), &copied, &["vault", "verify"]);
    assert!(said.starts_with("complete: ") && said.contains("records of 2 accounts"), "{said}");
    assert!(fails(folder.path(), &[], &["vault", "verify"]).contains("vault.copy is not set"));
    assert_eq!(succeeds(folder.path(), &[], &["vault", "status"]), "no copy\n");
    assert!(succeeds(folder.path(), &copied, &["vault", "status"]).contains("0 changes wait"));
    // The account's, and the log's own.
    assert_eq!(succeeds(folder.path(), &copied, &["vault", "rotate"]), "2 account keys are wrapped with a new master key\n");
    assert!(succeeds(folder.path(), &copied, &["vault", "verify"]).starts_with("complete: "));
    assert!(succeeds(folder.path(), &[], &["vault", "measure"]).contains("seal "));

    let log = std::fs::read_dir(folder.path().join("data/audit")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&log).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["act"].as_str(), first["who"].as_str(), first["why"].as_str()),
        (Some("put"), Some("machine"), Some("credentials"))
    );
    let account = first["what"].as_str().unwrap().split('/').next().unwrap();
    let said = succeeds(folder.path(), &copied, &["vault", "shred", account]);
    assert!(said.contains("1 records here and 2 forms of it in the copy"), "{said}");
    assert!(succeeds(folder.path(), &copied, &["vault", "shred", account]).contains("nothing to destroy"));
    assert!(succeeds(folder.path(), &copied, &["vault", "audit"]).starts_with("whole: "));

    // A second machine on the same store, with a log of its own.
    let second = [("MARQUEE_VAULT__AUDIT", "second"), ("MARQUEE_VAULT__NODE", "attic")];
    succeeds(folder.path(), &second, &["account", "create", "bob"]);
    let said = succeeds(folder.path(), &[], &["vault", "audit"]);
    assert!(
        said.starts_with("whole: ") && said.contains("kept by others and not read") && said.contains("attic: 2 lines"),
        "{said}"
    );
    assert!(succeeds(folder.path(), &second, &["vault", "audit"]).contains("data/audit: "));
    let missed = fails(folder.path(), &[], &["vault", "audit", "--folder", "data/audit"]);
    assert!(missed.contains("the file is gone, with 2 lines"), "{missed}");
    for entry in std::fs::read_dir(folder.path().join("second")).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), folder.path().join("data/audit").join(entry.file_name())).unwrap();
    }
    assert!(succeeds(folder.path(), &[], &["vault", "audit", "--folder", "data/audit"]).starts_with("whole: "));

    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replacen("\"put\"", "\"get\"", 1)).unwrap();
    let broken = fails(folder.path(), &copied, &["vault", "audit"]);
    assert!(broken.contains("line 2: it does not follow the line before"), "{broken}");
}

#[test]
fn an_account_that_is_deleted_is_let_in_no_more_and_nothing_of_it_comes_back_from_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("MARQUEE_VAULT__COPY", "file:copy")];
    succeeds(folder.path(), &settings, &["account", "create", "ada", "--operator"]);
    let last = fails(folder.path(), &settings, &["account", "delete", "ada"]);
    assert!(last.contains("the last operator"), "{last}");
    let mut movers = Mover::each(folder.path(), &settings, &["bob", "eve"]);
    let server = Running::start(folder.path(), &settings);
    for mover in &mut movers {
        mover.sign_in(&server.address);
        mover.change_once(&server.address);
    }
    let said = succeeds(folder.path(), &settings, &["account", "delete", "bob"]);
    assert_eq!(said, "bob is deleted, with the key of 2 records in the vault and 1 forms of it in the copy\n");
    assert!(fails(folder.path(), &settings, &["account", "delete", "bob"]).contains("no such account"));
    assert!(!succeeds(folder.path(), &settings, &["account", "list"]).contains("bob"));
    // What a server believes of who is signed in, it believes for five seconds.
    std::thread::sleep(Duration::from_millis(5500));
    assert!(!movers[0].is_signed_in(&server.address) && movers[1].is_signed_in(&server.address));
    drop(server);

    assert!(succeeds(folder.path(), &settings, &["vault", "audit"]).starts_with("whole: "));
    assert!(succeeds(folder.path(), &settings, &["vault", "verify"]).starts_with("complete: "));
    let restored = succeeds(folder.path(), &settings, &["vault", "restore", "--to", "sqlite:data/new.db"]);
    // Ada's, Eve's and the log's.
    assert!(restored.starts_with("restored 3 accounts") && restored.contains("1 accounts have no key"), "{restored}");
    // Somebody else may take the name.
    succeeds(folder.path(), &settings, &["account", "create", "bob"]);
}
