//! What the household of an older build finds under this one: films, places, sign-ins, tokens, secrets, plans, and the vault.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    Code, Problem,
    authorization::Resolution,
    catalog::ListTitles,
    entitlements::{GetAccountEntitlements, PutPlan},
    identity::{
        Account, AccountRole, FinishPasskeySignIn, GetBilling, GetIdentity, GetSecurity, GetWatcher, ListAccounts, ListProfiles,
        ListSignIns, SelectProfile, SignIn, StartPasskeySignIn,
    },
    library::GetSnapshot,
    playback::{GetProgress, PlayState, SaveProgress, StartPlayback, StopPlayback},
};
use serde_json::json;
use server::session::ACCESS_SECONDS;
use storage::keyvalue::SCAN_LIMIT;
use totp_rs::Totp;

use super::fixture::Recorded;
use crate::{
    authenticator::Authenticator,
    support::{Cookies, Hands, TestApp},
    watching::{addresses, text, watchable},
};

/// Longer than anybody waits for another guess.
const LATER: Duration = Duration::from_secs(20 * 60);

/// All of it. The order counts: what signs in is used up last.
pub async fn is_whole(app: &TestApp, told: &Recorded, hands: &Hands) {
    finds_its_titles(app, told).await;
    let_guests_in(app, told).await;
    goes_on_as_a_guest(app, told).await;
    runs_its_place(app, told).await;
    keeps_its_children(app, told).await;
    keeps_its_places(app, told).await;
    stays_signed_in(app, told, hands).await;
    signs_in(app, told, hands).await;
    keeps_its_vault(app).await;
}

async fn finds_its_titles(app: &TestApp, told: &Recorded) {
    app.be(told.cookies["ada"].clone());
    assert_eq!(watchable(app).await.id, told.film);
    let page = app.send(ListTitles { limit: Some(20), ..ListTitles::default() }).await.unwrap();
    let mut titles: Vec<String> = page.items.into_iter().map(|card| card.title).collect();
    titles.sort();
    assert_eq!(titles, told.titles);
}

/// Guests could come in where nobody had decided it; now the operator says so.
pub async fn let_guests_in(app: &TestApp, told: &Recorded) {
    app.be(told.cookies["guest"].clone());
    if told.guests_are_in {
        app.send(ListTitles::default()).await.unwrap();
        return;
    }
    assert_eq!(app.send(ListTitles::default()).await.unwrap_err().code, Code::SignInRequired);
    app.be(told.cookies["ada"].clone());
    let authorization = json!({ "may_browse": true, "may_watch": true }).as_object().unwrap().clone();
    let plan = PutPlan { id: "guest".parse().unwrap(), name: "Guests".into(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
}

/// Where whoever is asking is in the film.
pub async fn place(app: &TestApp, told: &Recorded) -> Option<f64> {
    app.send(GetProgress { id: told.film.clone() }).await.unwrap().progress.map(|progress| progress.position)
}

/// From the master playlist to the first piece.
async fn plays(app: &TestApp, manifest: &str) {
    let variants = addresses(&text(app, manifest).await, manifest);
    let segments = addresses(&text(app, &variants[0]).await, &variants[0]);
    let segment = app.get(&segments[0]).await;
    assert_eq!((segment.status.as_u16(), segment.body.is_empty()), (200, false), "{}", segments[0]);
}

async fn goes_on_as_a_guest(app: &TestApp, told: &Recorded) {
    app.be(told.cookies["guest"].clone());
    assert_eq!(place(app, told).await, Some(1.2));
    // What was playing plays on.
    plays(app, &told.playing.manifest).await;
    let session = told.playing.session.clone();
    app.send(SaveProgress {
        session: session.clone(),
        position: 2.4,
        state: PlayState::Playing,
        quality: None,
        buffered_millis: None,
    })
    .await
    .unwrap();
    app.send(StopPlayback { session }).await.unwrap();
    assert_eq!(place(app, told).await, Some(2.4));
    let again = app.send(StartPlayback { title: told.film.clone(), replaces: None }).await.unwrap();
    plays(app, &again.manifest).await;
}

async fn runs_its_place(app: &TestApp, told: &Recorded) {
    app.be(told.cookies["ada"].clone());
    let ada = app.send(GetIdentity {}).await.unwrap().account.unwrap();
    assert_eq!((ada.login.as_str(), ada.role, &ada.id), ("ada", AccountRole::Operator, &told.accounts["ada"]));
    assert_eq!(place(app, told).await, Some(1.5), "begun as a guest");
    let saved = app.send(GetSnapshot {}).await.unwrap();
    assert_eq!((saved.revision, saved.snapshot.unwrap().state), (1, json!({ "theme": "light" })));
    let billing = app.send(GetBilling {}).await.unwrap();
    assert_eq!((billing.street.as_str(), billing.method.as_str()), ("12 St James's Square", "by invoice"));
    let accounts = app.send(ListAccounts { q: None, page_token: None, limit: None }).await.unwrap().items;
    assert_eq!(accounts.len(), told.accounts.len());
    let bobs = app.send(GetAccountEntitlements { account: told.accounts["bob"].clone() }).await.unwrap();
    assert_eq!((bobs.plan.as_str(), bobs.plan_name.as_str()), ("family", "Family"));
    assert_eq!(bobs.overrides, json!({ "streams": 1, "viewing_hours": { "to": 1440 } }).as_object().unwrap().clone());
    let may = bobs.authorization;
    assert_eq!((may.resolution, may.streams, may.devices), (Resolution::Hd, Some(1), Some(7)));
    assert_eq!((may.may_watch, may.viewing_minutes_per_day), (true, Some(600)));
    // Who has a plan is found by an index that older builds did not have.
    let authorization = json!({ "may_watch": true }).as_object().unwrap().clone();
    let plan = PutPlan { id: bobs.plan, name: "Family".into(), authorization, expected_version: 1 };
    let refused = app.send(plan).await.unwrap_err();
    assert!(refused.fields[0].message.contains("for bob"), "{refused:?}");
    let names: Vec<String> = app.send(GetSecurity {}).await.unwrap().passkeys.into_iter().map(|key| key.name).collect();
    assert_eq!(names, ["My phone"]);
    app.forget_cookies();
    assert_eq!(app.send_as(&told.token, ListProfiles {}).await.unwrap().len(), 2, "by an API token");
}

async fn keeps_its_children(app: &TestApp, told: &Recorded) {
    app.be(told.cookies["ada"].clone());
    let profiles = app.send(ListProfiles {}).await.unwrap();
    let shown: Vec<_> = profiles.iter().map(|it| (it.name.as_str(), it.maturity, it.language.as_deref(), it.has_pin)).collect();
    assert_eq!(shown, [("Ada", None, None, true), ("Kim", Some(6), Some("de"), false)]);
    app.be(told.cookies["tablet"].clone());
    let watcher = async || app.send(GetWatcher {}).await.unwrap().watcher.unwrap().name;
    assert_eq!(watcher().await, "Kim");
    let to_ada = |pin: &str| SelectProfile { id: told.profiles["ada"].clone(), pin: Some(pin.into()) };
    assert_eq!(app.send(to_ada("0000")).await.unwrap_err().code, Code::WrongCredentials);
    app.send(to_ada(&told.pin)).await.unwrap();
    assert_eq!(watcher().await, "Ada");
    app.send(SelectProfile { id: told.profiles["kim"].clone(), pin: None }).await.unwrap();
}

async fn keeps_its_places(app: &TestApp, told: &Recorded) {
    app.be(told.cookies["bob"].clone());
    assert_eq!(place(app, told).await, Some(2.5));
    let playing = app.send(StartPlayback { title: told.film.clone(), replaces: None }).await.unwrap();
    plays(app, &playing.manifest).await;
    app.send(StopPlayback { session: playing.session }).await.unwrap();
    // Two accounts that were given the same guest's profile: it stays with one of them at least.
    let mut places = Vec::new();
    for person in ["carol", "dora"] {
        app.be(told.cookies[person].clone());
        assert_eq!(app.send(ListProfiles {}).await.unwrap().len(), 1, "{person}");
        places.push(place(app, told).await);
    }
    assert!(places.contains(&Some(1.1)), "{places:?}");
}

/// Of a browser whose access token ran out.
fn refresh_alone(cookies: &Cookies) -> Cookies {
    cookies
        .iter()
        .filter(|(name, _)| name.ends_with("marquee_refresh"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

async fn stays_signed_in(app: &TestApp, told: &Recorded, hands: &Hands) {
    // The answer to the last refresh was lost, and then came the new build.
    app.be(refresh_alone(&told.cookies["bob before"]));
    assert_eq!(who(app).await.unwrap().id, told.accounts["bob"]);
    for person in ["bob", "ada", "carol", "dora"] {
        app.be(told.cookies[person].clone());
        let devices = app.send(ListSignIns {}).await.unwrap();
        assert_eq!(devices.iter().filter(|device| device.is_this).count(), 1, "{person}: {devices:?}");
    }
    hands.forward(Duration::from_secs(ACCESS_SECONDS + 60));
    for person in ["bob", "ada", "tablet", "carol", "dora"] {
        let before = &told.cookies[person];
        app.be(before.clone());
        let account = if person == "tablet" { "ada" } else { person };
        // The second time by the tokens that came with the first answer.
        for _ in 0..2 {
            assert_eq!(who(app).await.unwrap().id, told.accounts[account], "{person}");
        }
        let (before, after) = (refresh_alone(before), refresh_alone(&app.cookies()));
        assert!(after.len() == 1 && after.values().ne(before.values()), "{person}: {after:?}");
    }
    let entries = app.server.stores.keyvalue.scan("sign-in/", None, SCAN_LIMIT).await.unwrap();
    assert!(entries.len() >= 5);
    for (key, entry) in entries {
        let text = String::from_utf8(entry.value.to_vec()).unwrap();
        assert!(!text.contains(r#""id_token":"ey"#), "{key} holds an ID token in the clear");
    }
}

async fn who(app: &TestApp) -> Option<Account> {
    app.send(GetIdentity {}).await.unwrap().account
}

async fn signs_in(app: &TestApp, told: &Recorded, hands: &Hands) {
    let sign_in = async |login: &str, password: &str, code: Option<String>| -> Result<Account, Problem> {
        hands.forward(LATER);
        app.forget_cookies();
        app.send(SignIn { login: login.into(), password: password.into(), code, ..SignIn::default() }).await
    };
    // Two logins that fold to the same letters could be made then: each is found by its own.
    let are_two = told.accounts.contains_key("strasse");
    let folded = if are_two { "strasse" } else { "Stra\u{df}e" };
    for (typed, login) in
        [("ada", "ada"), ("Stra\u{df}e", "Stra\u{df}e"), ("STRASSE", folded), ("\u{ff3a}oe", "\u{ff3a}\u{ff2f}\u{ff25}")]
    {
        let account = sign_in(typed, &told.passwords[login], None).await.unwrap();
        assert_eq!(account.id, told.accounts[login], "{typed}");
    }
    // The same login and password as another keyboard writes them.
    let zoe = sign_in("zoe", "caf\u{e9} in the rain", None).await.unwrap();
    assert_eq!(zoe.id, told.accounts["\u{ff3a}\u{ff2f}\u{ff25}"]);
    let first = sign_in("strasse", "the first street", None).await;
    assert_eq!(
        first.map(|account| account.id).map_err(|problem| problem.code),
        match are_two {
            true => Err(Code::WrongCredentials),
            false => Ok(told.accounts["Stra\u{df}e"].clone()),
        }
    );

    let password = &told.passwords["bob"];
    assert_eq!(sign_in("bob", password, None).await.unwrap_err().code, Code::SecondFactorRequired);
    let app_of_bob = Totp::from_url(format!("otpauth://totp/Marquee:bob?secret={}&issuer=Marquee", told.totp)).unwrap();
    let shown = app_of_bob.generate((hands.millis() + LATER.as_secs() * 1000) / 1000).to_string();
    assert_eq!(sign_in("bob", password, Some(shown)).await.unwrap().id, told.accounts["bob"]);
    assert_eq!(app.send(GetSecurity {}).await.unwrap().recovery_codes_left, 10);
    let code = || Some(told.recovery_codes[3].clone());
    sign_in("bob", password, code()).await.unwrap();
    assert_eq!(app.send(GetSecurity {}).await.unwrap().recovery_codes_left, 9);
    assert_eq!(sign_in("bob", password, code()).await.unwrap_err().code, Code::WrongCredentials);

    hands.forward(LATER);
    app.forget_cookies();
    let mut key = passkey(told);
    let asked = app.send(StartPasskeySignIn {}).await.unwrap();
    let credential = key.get(&asked.options);
    let entered = app.send(FinishPasskeySignIn { ceremony: asked.id, credential, replaces_oldest: false }).await.unwrap();
    assert_eq!(entered.id, told.accounts["ada"]);
}

fn passkey(told: &Recorded) -> Authenticator {
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let (key, id) = (bytes(&told.passkey.key), bytes(&told.passkey.id));
    let handle = URL_SAFE_NO_PAD.decode(&told.passkey.handle).unwrap();
    Authenticator::kept("films.example", &key.try_into().unwrap(), id.try_into().unwrap(), handle)
}

/// Log and copy are complete.
pub async fn keeps_its_vault(app: &TestApp) {
    let log = app.server.vault.verify_audit().await.unwrap().unwrap_or_else(|finding| panic!("{finding:?}"));
    assert!(log.lines > 20, "{log:?}");
    // The copy follows a moment later, and takes up what a kill left undone.
    let mut copy = app.server.vault.verify_copy().await;
    for _ in 0..100 {
        if copy.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        copy = app.server.vault.verify_copy().await;
    }
    if let Some(proof) = copy.unwrap_or_else(|incomplete| panic!("{incomplete:?}")) {
        assert!(proof.records >= 10, "{proof:?}");
    }
}
