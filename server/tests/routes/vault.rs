//! The vault from the outside: what was kept elsewhere is brought in, what was acknowledged survives `kill -9`, and what an
//! operator types.

use std::{
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use contract::{
    Code,
    identity::{CreateProfile, GetBilling, ListProfiles, SelectProfile, SetUp, SignIn},
    ids::{AccountId, ProfileId},
};
use serde_json::json;
use server::{
    assemble::{Surroundings, assemble},
    config::Config,
    seal::SealKey,
    secret::MasterSecret,
    storage::keyvalue::Expect,
    vault::{Access, Purpose, RecordKey},
};

use crate::{
    process::{Running, ask, marquee},
    support::TestApp,
};

const PASSWORD: &str = "correct horse battery";
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Takes what the vault has and puts it where it was kept before there was one, in the forms of that time.
async fn as_it_was(app: &TestApp, account: &AccountId, profile: &ProfileId) {
    let (vault, old) = (&app.server.vault, &app.server.stores.keyvalue);
    let access = Access::from_here(Purpose::Credentials);
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
    let profile =
        CreateProfile { name: "Kid".into(), colour: "#ffb547".into(), maturity: None, language: None, pin: Some("1234".into()) };
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

/// Somebody who changes their address again and again, and remembers what was acknowledged.
struct Mover {
    cookie: String,
    acknowledged: u32,
    sent: u32,
}

impl Mover {
    fn new(address: &str, login: &str, password: &str) -> Self {
        let body = json!({ "login": login, "password": password }).to_string();
        let answer = ask(address, "POST", "/api/v1/sign-in", &[JSON], &body).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookies.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
        Self { cookie, acknowledged: 0, sent: 0 }
    }

    fn change(&mut self, address: &str, until: &AtomicBool) {
        while !until.load(Ordering::Relaxed) {
            self.sent += 1;
            let body = json!({ "holder": "Ada", "street": format!("{} Square", self.sent), "postal_code": "", "city": "London",
                "country": "GB", "method": "" });
            let headers = [JSON, ("Cookie", self.cookie.as_str())];
            let Some(answer) = ask(address, "PUT", "/api/v1/account/billing", &headers, &body.to_string()) else { return };
            if answer.contains("\r\n\r\n") {
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                self.acknowledged = self.sent;
            }
        }
    }

    fn kept(&self, address: &str) -> u32 {
        let answer = ask(address, "GET", "/api/v1/account/billing", &[("Cookie", &self.cookie)], "").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        let billing: serde_json::Value = serde_json::from_str(body).unwrap();
        let street = billing["street"].as_str().unwrap();
        street.strip_suffix(" Square").map_or(0, |number| number.parse().unwrap())
    }
}

fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    marquee(folder).envs(settings.iter().copied()).args(arguments).output().unwrap()
}

fn succeeds(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run(folder, settings, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run(folder, settings, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn no_acknowledged_change_is_lost_when_the_server_is_killed_and_log_and_copy_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false"),
        ("MARQUEE_VAULT__COPY", "file:copy"),
        ("MARQUEE_VAULT__KEY_FILE", "keys/vault.key"),
    ];
    let logins = ["ada", "bob", "eve"];
    let passwords: Vec<String> = logins
        .iter()
        .map(|login| succeeds(folder.path(), &settings, &["account", "create", login]))
        .map(|said| said.trim().rsplit_once(": ").unwrap().1.to_owned())
        .collect();
    let mut server = Running::start(folder.path(), &settings);
    let mut movers: Vec<Mover> =
        logins.iter().zip(&passwords).map(|(login, password)| Mover::new(&server.address, login, password)).collect();
    for round in 0..8_u64 {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for mover in &mut movers {
                scope.spawn(|| mover.change(&server.address, &stop));
            }
            std::thread::sleep(Duration::from_millis(150 + 61 * round));
            let process = rustix::process::Pid::from_child(&server.child);
            rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        server.kill();
        let said = succeeds(folder.path(), &settings, &["vault", "audit"]);
        assert!(said.starts_with("whole: "), "round {round}: {said}");
        server = Running::start(folder.path(), &settings);
        for mover in &movers {
            let (kept, range) = (mover.kept(&server.address), mover.acknowledged..=mover.sent);
            assert!(range.contains(&kept), "round {round}: {kept} is kept, {range:?} was acknowledged and sent");
        }
    }
    assert!(movers.iter().map(|mover| mover.acknowledged).sum::<u32>() > 20);
    server.kill();

    // Everything is lost but the copy and the keys.
    let kept: Vec<u32> = movers.iter().map(|mover| mover.acknowledged).collect();
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
    for (mover, acknowledged) in movers.iter().zip(kept) {
        assert!(mover.kept(&server.address) >= acknowledged);
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

    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replacen("\"put\"", "\"get\"", 1)).unwrap();
    let broken = fails(folder.path(), &copied, &["vault", "audit"]);
    assert!(broken.contains("line 2: it does not follow the line before"), "{broken}");
}
