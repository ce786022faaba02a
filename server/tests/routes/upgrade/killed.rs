//! An upgrade that is killed: the first opening of what an older build left ends at each of its operations in turn, and the next
//! one ends it.

use std::{path::Path, sync::Arc};

use contract::{
    Call,
    identity::{GetBilling, GetIdentity, GetSecurity, GetWatcher, ListAccounts, ListProfiles, ListSignIns},
    library::GetSnapshot,
    playback::GetProgress,
};
use rusqlite::params;
use serde_json::{Value, json};
use server::config::Config;
use testing::Steps;
use vault::{Access, Purpose, RecordKey};

use super::{
    elsewhere::Elsewhere,
    embedded,
    fixture::{BEFORE_GENERATIONS, FIRST, Recorded, unpack},
    household::{is_whole, keeps_its_vault, let_guests_in},
};
use crate::{
    faults::{
        copy_all,
        injector::{Fault, Injector},
    },
    support::TestApp,
};

/// More operations than any opening needs.
const AT_MOST: u32 = 300;

/// Where builds before 6101c31 kept what signs in; one that was never opened by a later build is brought along, too.
const BEFORE_THE_VAULT: [&str; 6] =
    ["password/", "pin/", "second-factor/", "second-factor-unconfirmed/", "passkeys/", "billing/"];

fn access() -> Access {
    Access::own(Purpose::Migration)
}

/// Opens while a store fails at the `nth` operation; which one that was, if it came to that.
async fn open_failing(
    folder: &Arc<tempfile::TempDir>,
    configure: impl FnOnce(&mut Config),
    told: &Recorded,
    (nth, fault): (u32, Fault),
) -> Option<String> {
    let injector = Injector::default();
    injector.arm(nth, fault);
    let layer = injector.clone();
    let opening = TestApp::opened(Arc::clone(folder), configure, |surroundings| {
        surroundings.clock = told.hands().clock();
        surroundings.stores = Some(Arc::new(layer));
    });
    let how = tokio::select! {
        outcome = opening => match outcome {
            Ok(_) => "opened".to_owned(),
            Err(error) => error.to_string(),
        },
        () = injector.stopped() => "ended".to_owned(),
    };
    let hit = injector.disarm();
    if let Some(hit) = &hit {
        eprintln!("{fault:?} at {nth}: {hit}: {how}");
    }
    hit
}

/// The same beginning once more.
fn copied(beginning: &Path) -> Arc<tempfile::TempDir> {
    let copy = Arc::new(tempfile::tempdir().unwrap());
    copy_all(beginning, copy.path());
    copy
}

/// What a build before 6101c31 left for it, which is brought into the vault as well.
async fn add_what_is_older(beginning: &Path, told: &Recorded) {
    // Looked up in a copy: at the beginning nothing is moved yet.
    let app = embedded(&copied(beginning), told).await;
    let ring = app.server.vault.get(&access(), &RecordKey::of(&told.accounts["ada"], "passkeys")).await.unwrap().unwrap();
    let database = rusqlite::Connection::open(beginning.join("data/marquee.db")).unwrap();
    let entries = [
        (format!("passkeys/{}", told.accounts["bob"]), ring.value.to_vec()),
        (format!("password/{}", told.accounts["carol"]), b"$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA".to_vec()),
        (format!("pin/{}", told.profiles["ada"]), b"an older PIN".to_vec()),
        (format!("second-factor-unconfirmed/{}", told.accounts["ada"]), b"{}".to_vec()),
    ];
    for (key, value) in entries {
        let insert = "INSERT INTO keyvalue (key, version, expires, value) VALUES (?1, 1, NULL, ?2)";
        database.execute(insert, params![key, value]).unwrap();
    }
}

async fn said<C: Call>(app: &TestApp, call: C) -> Value {
    match app.send(call).await {
        Ok(reply) => serde_json::to_value(reply).unwrap(),
        Err(problem) => json!(problem.code.as_str()),
    }
}

/// What everybody sees who was signed in, and what the vault keeps of them: the same whichever way the opening went.
async fn picture(app: &TestApp, told: &Recorded) -> Vec<(String, Value)> {
    let mut seen = Vec::new();
    let_guests_in(app, told).await;
    for (browser, cookies) in &told.cookies {
        if browser == "bob before" {
            continue;
        }
        app.be(cookies.clone());
        let devices = app.send(ListSignIns {}).await.map(|devices| devices.len()).map_err(|problem| problem.code);
        seen.push((
            browser.clone(),
            json!({
                "identity": said(app, GetIdentity {}).await["account"],
                "watcher": said(app, GetWatcher {}).await,
                "profiles": said(app, ListProfiles {}).await,
                "place": said(app, GetProgress { id: told.film.clone() }).await,
                "snapshot": said(app, GetSnapshot {}).await,
                "billing": said(app, GetBilling {}).await,
                "security": said(app, GetSecurity {}).await,
                "devices": format!("{devices:?}"),
            }),
        ));
    }
    app.be(told.cookies["ada"].clone());
    for login in ["zoe", "stra"] {
        let found = ListAccounts { q: Some(login.to_owned()), page_token: None, limit: None };
        seen.push((login.to_owned(), said(app, found).await["items"].clone()));
    }
    for (login, account) in &told.accounts {
        let mut records = app.server.vault.list(&access(), account.as_str()).await.unwrap();
        records.sort();
        seen.push((format!("vault of {login}"), json!(records)));
    }
    for prefix in BEFORE_THE_VAULT {
        let left = app.server.stores.keyvalue.scan(prefix, None, 1).await.unwrap();
        seen.push((prefix.to_owned(), json!(left.len())));
    }
    keeps_its_vault(app).await;
    seen
}

/// Opens it from the same beginning with `fault` at each operation in turn, and then once more. At every third operation in
/// `cargo xtask test`, the first of which each run draws.
async fn is_whole_after_each(commit: &'static str, fault: Fault) {
    let told = Recorded::read(commit, "embedded");
    let beginning = super::unpacked(&told);
    add_what_is_older(beginning.path(), &told).await;
    let copy = || copied(beginning.path());
    let undisturbed = picture(&embedded(&copy(), &told).await, &told).await;
    let of = |name: &str| undisturbed.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(of("zoe").as_array().map(Vec::len), Some(1), "logins have new keys");
    assert_eq!((of("passkeys/"), of("pin/"), of("vault of carol")), (json!(0), json!(0), json!(["password"])), "moved");
    assert_eq!(of("bob")["security"]["passkeys"].as_array().map(Vec::len), Some(1), "moved");

    let mut tried = 0;
    let steps = Steps::draw(3);
    for nth in (1..AT_MOST).filter(|nth| steps.take(*nth)) {
        let folder = copy();
        let configure = |config: &mut Config| super::configure(folder.path(), config);
        if open_failing(&folder, configure, &told, (nth, fault)).await.is_none() {
            break;
        }
        tried = nth;
        // In a copy: of what was killed a connection may still be open, which the end of a process would have closed.
        let after = picture(&embedded(&copied(folder.path()), &told).await, &told).await;
        assert_eq!(after, undisturbed, "{fault:?} at {nth}");
    }
    assert!((10..AT_MOST - 1).contains(&tried), "{fault:?} was tried at {tried} operations");
}

// An answer that is lost is to a start what a kill after the operation is.

#[tokio::test(flavor = "multi_thread")]
async fn what_6101c31_left_is_whole_however_often_its_first_opening_is_killed() {
    is_whole_after_each(FIRST, Fault::Ends).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_6101c31_left_is_whole_however_often_its_first_opening_fails() {
    is_whole_after_each(FIRST, Fault::Refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_e1030ad_left_is_whole_however_often_its_first_opening_is_killed() {
    is_whole_after_each(BEFORE_GENERATIONS, Fault::Ends).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_6101c31_left_on_real_stores_is_whole_after_openings_that_are_killed_ever_later() {
    let told = Recorded::read(FIRST, "elsewhere");
    let stores = Elsewhere::load(&told).await;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    unpack(told.commit, "elsewhere", folder.path());
    let configure = |config: &mut Config| configure_elsewhere(&stores, folder.path(), config);
    let mut killed = 0;
    for nth in 1..AT_MOST {
        // What is done already is not done again.
        if open_failing(&folder, configure, &told, (nth, Fault::Ends)).await.is_none() {
            break;
        }
        killed = nth;
    }
    assert!(killed >= 10, "the opening ended after {killed} kills");
    let hands = told.hands();
    let app = TestApp::opened(Arc::clone(&folder), configure, |surroundings| surroundings.clock = hands.clock()).await.unwrap();
    is_whole(&app, &told, &hands).await;
}

fn configure_elsewhere(stores: &Elsewhere, folder: &Path, config: &mut Config) {
    stores.configure(folder, config);
    super::at_its_address(config);
}
