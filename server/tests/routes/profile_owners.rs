//! Whose a profile is: of those who sign up in one browser, and of guests, whom nobody counts.

use std::time::Duration;

use contract::{
    Code,
    identity::{AccountRole, GetIdentity, ListProfiles, SignIn, SignOut},
    ids::ProfileId,
    playback::{PlayState, SaveProgress, StartPlayback},
};
use serde_json::{Value, json};
use server::services::{identity, library, playback};
use storage::{
    StoreError,
    documents::{Change, Collection, Expect, Write, update},
};

use crate::{
    profile_life::{guest, position, set_up, snapshot, text, timed},
    providers::House,
    stored::{is_forgotten, watched, watched_at},
    support::TestApp,
    watching,
};

async fn profile(app: &TestApp) -> ProfileId {
    app.send(ListProfiles {}).await.unwrap().remove(0).id
}

#[tokio::test]
async fn two_first_sign_ins_by_a_provider_in_one_browser_share_nothing() {
    let house = House::new(json!({})).await;
    let app = &house.app;
    app.send(GetIdentity {}).await.unwrap();
    let began = guest(&app.cookies());
    // By the clock of the house: what a guest began long before is swept away.
    watched_at(&app.server.stores, &began, 30.0, house.millis()).await;
    app.send(snapshot("of who was here first")).await.unwrap();

    house.says(json!({ "sub": "a", "preferred_username": "ada", "name": "Ada" }));
    let ada = house.enter().await;
    let adas = profile(app).await;
    assert_eq!((position(app).await, text(app).await.as_deref()), (Some(30.0), Some("of who was here first")));
    // Straight on, and after a sign-out: whoever comes next begins with nothing.
    for (subject, signs_out) in [("b", false), ("c", true)] {
        if signs_out {
            app.send(SignOut {}).await.unwrap();
        }
        house.says(json!({ "sub": subject, "preferred_username": subject, "name": subject }));
        let other = house.enter().await;
        let others = profile(app).await;
        assert!(other.id != ada.id && others != adas && others != began, "{subject}");
        assert_eq!((position(app).await, text(app).await), (None, None), "{subject}");
        watched(&app.server.stores, &others, 70.0, 9).await;
        app.send(snapshot("of another")).await.unwrap();
    }

    // What one leaves is nothing to the other.
    app.server.identity.delete_from_here("c").await.unwrap();
    house.says(json!({ "sub": "b", "preferred_username": "b", "name": "b" }));
    house.enter().await;
    assert_eq!((position(app).await, text(app).await.as_deref()), (Some(70.0), Some("of another")));
    house.says(json!({ "sub": "a", "preferred_username": "ada", "name": "Ada" }));
    house.enter().await;
    assert_eq!((position(app).await, text(app).await.as_deref()), (Some(30.0), Some("of who was here first")));
}

#[tokio::test]
async fn a_profile_belongs_to_the_first_account_that_names_it() {
    let (app, _) = timed().await;
    app.send(set_up()).await.unwrap();
    let profile = profile(&app).await;
    let owner = app.server.stores.documents.get(owners(), profile.as_str()).await.unwrap().unwrap();
    let account = app.send(GetIdentity {}).await.unwrap().account.unwrap().id;
    assert_eq!((owner.body["life"].as_str(), owner.body["account"].as_str()), (Some("owned"), Some(account.as_str())));
    // Nor is a cookie good that names it: it would be a way in without a password.
    assert!(!app.server.identity.is_guests(&profile).await.unwrap());
    assert!(app.server.identity.is_guests(&"nobodys".parse().unwrap()).await.unwrap());
}

#[tokio::test]
async fn three_hundred_guests_leave_nothing_behind_for_good() {
    let (app, clock) = timed().await;
    for n in 0..300 {
        app.forget_cookies();
        app.send(snapshot("of a guest")).await.unwrap();
        let body = json!({ "profile": guest(&app.cookies()), "title": "film", "position": 9.0, "duration_seconds": 90.0,
            "updated": n, "guest_updated": clock.clock().millis() });
        let id = format!("{}/film", guest(&app.cookies()));
        let write = Write { id, body, expect: Expect::Absent };
        app.server.stores.documents.put(playback::COLLECTIONS[0], write).await.unwrap();
    }
    let left = async || {
        let documents = &app.server.stores.documents;
        let snapshots = documents.count(library::COLLECTIONS[0]).await.unwrap();
        (snapshots, documents.count(playback::COLLECTIONS[0]).await.unwrap())
    };
    assert_eq!(left().await, (300, 300));
    assert_eq!(app.server.identity.expire_guests().await.unwrap(), 0);
    clock.forward(Duration::from_secs(91 * 24 * 60 * 60));
    assert_eq!(app.server.identity.expire_guests().await.unwrap(), 600);
    assert_eq!(left().await, (0, 0));
}

#[tokio::test]
async fn what_an_older_build_left_of_guests_and_of_deleted_profiles_expires_and_what_it_left_of_members_stays() {
    let (app, clock) = timed().await;
    app.send(set_up()).await.unwrap();
    let adas = profile(&app).await;
    let documents = &app.server.stores.documents;
    for whose in ["a-guest", adas.as_str()] {
        watched_at(&app.server.stores, &whose.parse().unwrap(), 30.0, clock.clock().millis()).await;
        let body = json!({ "format": 1, "state": {}, "of": "a later build" });
        let write = Write { id: whose.to_owned(), body, expect: Expect::Absent };
        documents.put(library::COLLECTIONS[0], write).await.unwrap();
    }
    // As at the first start of this build; the sweep of the server's own start found nothing.
    while !app.server.stores.keyvalue.delete("identity/guests-dated", Expect::Anything).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(app.server.identity.date_guests().await.unwrap(), 2);
    assert_eq!(app.server.identity.date_guests().await.unwrap(), 0, "once for good");
    let snapshot = documents.get(library::COLLECTIONS[0], "a-guest").await.unwrap().unwrap();
    assert_eq!(snapshot.body["of"], "a later build");
    clock.forward(Duration::from_secs(89 * 24 * 60 * 60));
    assert_eq!(app.server.identity.expire_guests().await.unwrap(), 0);
    clock.forward(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(app.server.identity.expire_guests().await.unwrap(), 2);
    assert!(documents.get(library::COLLECTIONS[0], adas.as_str()).await.unwrap().is_some());
    assert_eq!(documents.count(playback::COLLECTIONS[0]).await.unwrap(), 1);
}

#[tokio::test]
async fn a_guest_has_a_hundred_titles_and_the_oldest_give_way() {
    let (app, _) = timed().await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let film = watching::watchable(&app).await.id;
    app.send(GetIdentity {}).await.unwrap();
    let profile = guest(&app.cookies());
    for n in 0..100 {
        let body = json!({ "profile": profile, "title": format!("t{n}"), "position": 9.0, "duration_seconds": 90.0,
            "updated": n, "guest_updated": n });
        let write = Write { id: format!("{profile}/t{n}"), body, expect: Expect::Absent };
        app.server.stores.documents.put(playback::COLLECTIONS[0], write).await.unwrap();
    }
    let session = app.send(StartPlayback { title: film, replaces: None }).await.unwrap().session;
    let state = PlayState::Playing;
    app.send(SaveProgress { session, position: 2.0, state, quality: None, buffered_millis: None }).await.unwrap();
    let documents = &app.server.stores.documents;
    assert_eq!(documents.count(playback::COLLECTIONS[0]).await.unwrap(), 100);
    assert!(documents.get(playback::COLLECTIONS[0], &format!("{profile}/t0")).await.unwrap().is_none());
    assert!(documents.get(playback::COLLECTIONS[0], &format!("{profile}/t1")).await.unwrap().is_some());
}

#[tokio::test]
async fn an_account_that_was_deleted_is_let_in_by_nobody_while_it_is_forgotten() {
    let (app, clock) = timed().await;
    let ada = app.send(set_up()).await.unwrap();
    let profile = profile(&app).await;
    assert_eq!(app.server.identity.delete_from_here("ada").await.unwrap_err().code, Code::LimitReached, "nobody else runs it");
    app.server.identity.create_from_here("eve", "Eve", AccountRole::Operator).await.unwrap();
    // As it stands where the process ended right after the first write.
    let accounts = identity::COLLECTIONS[0];
    let deleted = update(&*app.server.stores.documents, accounts, ada.id.as_str(), |stored| {
        let mut body: Value = stored.unwrap();
        body["is_disabled"] = json!(true);
        body["pending"] = json!({ "is_account": true });
        body["pending_due"] = json!(clock.clock().millis() + 10_000);
        Ok::<_, StoreError>(Change::Put(body))
    });
    deleted.await.unwrap();
    let password = app.server.identity.renew_password("ada").await;
    let sign_in = SignIn { login: "ada".into(), password: password.unwrap_or_default(), ..Default::default() };
    assert!(app.send(sign_in).await.is_err(), "a new password does not bring it back");
    clock.forward(Duration::from_secs(11));
    is_forgotten(&app, &clock, &ada.id, ada.id.as_str()).await;
    is_forgotten(&app, &clock, &ada.id, profile.as_str()).await;
}

fn owners() -> &'static Collection {
    identity::COLLECTIONS[1]
}
