//! The life of a profile, broken off anywhere.

use std::time::Duration;

use contract::{
    Problem,
    entitlements::PutAccountEntitlements,
    identity::{DeleteProfile, GetIdentity, ListProfiles, Profile, ReplaceProfile, SelectProfile, SignIn},
    ids::{AccountId, ProfileId},
    library::{GetSnapshot, SaveSnapshot, SavedSnapshot},
    playback::GetProgress,
};
use runtime::clock::Clock;
use serde_json::{Map, Value, json};
use server::services::identity;
use storage::{
    SideUrls, StoreError,
    documents::{Change, Documents, Expect, update},
    open_each,
};

use super::{PASSWORD, Scenario, at_every_operation, set_up, sign_in_with};
use crate::{
    profile_life::{guest, kid},
    stored::{stays_forgotten, watched},
    support::{Ahead, TestApp, new_account},
};

fn sign_in() -> SignIn {
    sign_in_with(PASSWORD)
}

/// Everything that was asked for before is done when this returns.
async fn settled(app: &TestApp, clock: &Ahead) {
    for _ in 0..100 {
        let worked = app.server.identity.work_outbox().await;
        let accounts = &app.server.stores.documents;
        let page = accounts.list(identity::COLLECTIONS[0], None, 100).await.unwrap();
        if worked.is_ok() && page.documents.iter().all(|account| account.body.get("pending").is_none()) {
            return;
        }
        // Whoever was at it has had its time.
        clock.forward(Duration::from_secs(11));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("something is pending still");
}

struct DeletingAProfile {
    clock: Ahead,
    account: AccountId,
    kim: ProfileId,
}

impl Scenario for DeletingAProfile {
    fn clock(&self) -> Clock {
        self.clock.clock()
    }

    async fn prepare(app: &TestApp) -> Self {
        let account = app.send(set_up()).await.unwrap().id;
        let first = app.send(ListProfiles {}).await.unwrap().remove(0).id;
        let kim = app.send(kid()).await.unwrap().id;
        watched(&app.server.stores, &kim, 30.0, 1).await;
        app.send(SelectProfile { id: kim.clone(), pin: Some("1234".into()) }).await.unwrap();
        let snapshot = SavedSnapshot { format: 1, state: json!({}) };
        app.send(SaveSnapshot { after: 0, snapshot }).await.unwrap();
        app.send(SelectProfile { id: first, pin: None }).await.unwrap();
        Self { clock: Ahead::default(), account, kim }
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(DeleteProfile { id: self.kim.clone() }).await
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        settled(app, &self.clock).await;
        app.forget_cookies();
        app.send(sign_in()).await.unwrap();
        let there = app.send(ListProfiles {}).await.unwrap().iter().any(|profile| profile.id == self.kim);
        if there {
            assert!(outcome.is_none_or(|outcome| outcome.is_err()));
            // It did not happen: then nothing of it did.
            app.send(SelectProfile { id: self.kim.clone(), pin: Some("1234".into()) }).await.unwrap();
            assert!(app.send(GetSnapshot {}).await.unwrap().snapshot.is_some());
            assert!(app.send(GetProgress { id: "film".parse().unwrap() }).await.unwrap().progress.is_some());
            // And it can be tried again.
            app.send(DeleteProfile { id: self.kim.clone() }).await.unwrap();
        }
        stays_forgotten(app, &self.clock, &self.account, self.kim.as_str()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_whose_deletion_breaks_off_anywhere_is_there_as_it_was_or_nothing_is_left_of_it() {
    at_every_operation::<DeletingAProfile>().await;
}

struct TakingAGuestAlong {
    clock: Ahead,
    guest: ProfileId,
}

impl Scenario for TakingAGuestAlong {
    fn clock(&self) -> Clock {
        self.clock.clock()
    }

    async fn prepare(app: &TestApp) -> Self {
        app.send(GetIdentity {}).await.unwrap();
        let snapshot = SavedSnapshot { format: 1, state: json!({}) };
        app.send(SaveSnapshot { after: 0, snapshot }).await.unwrap();
        let guest = guest(&app.cookies());
        watched(&app.server.stores, &guest, 30.0, 1).await;
        Self { clock: Ahead::default(), guest }
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(set_up()).await.map(drop)
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        settled(app, &self.clock).await;
        if app.send(GetIdentity {}).await.unwrap().ways_in.needs_setup {
            // There is no account: the guest goes on as before.
            assert!(app.send(GetProgress { id: "film".parse().unwrap() }).await.unwrap().progress.is_some());
            return;
        }
        app.forget_cookies();
        let account = app.send(sign_in()).await.unwrap();
        let position = app.send(GetProgress { id: "film".parse().unwrap() }).await.unwrap().progress;
        assert_eq!(position.map(|progress| progress.position), Some(30.0));
        assert!(app.send(GetSnapshot {}).await.unwrap().snapshot.is_some());
        assert_ne!(app.send(ListProfiles {}).await.unwrap()[0].id, self.guest);
        stays_forgotten(app, &self.clock, &account.id, self.guest.as_str()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_taken_along_once_where_the_sign_up_breaks_off_anywhere_after_the_account_was_made() {
    at_every_operation::<TakingAGuestAlong>().await;
}

struct DeletingAnAccount {
    clock: Ahead,
    bob: AccountId,
    profile: ProfileId,
}

fn bob() -> SignIn {
    SignIn { login: "bob".into(), ..sign_in() }
}

impl Scenario for DeletingAnAccount {
    fn clock(&self) -> Clock {
        self.clock.clock()
    }

    async fn prepare(app: &TestApp) -> Self {
        let account = app.send(set_up()).await.unwrap();
        let made = new_account("bob", "Bob");
        let made = app.send(made).await.unwrap();
        let ada = app.forget_cookies();
        app.send(bob()).await.unwrap();
        let profile = app.send(ListProfiles {}).await.unwrap().remove(0).id;
        watched(&app.server.stores, &profile, 30.0, 1).await;
        let (place, minutes) = (format!("playback/place/{}/0", made.id), format!("playback/minutes/{}", made.id));
        let pointers = ["passkey-owner/a", "provider-session/p/b", "provider-subject/p/b", &place, &minutes];
        let pointers = pointers.into_iter().map(|key| (key, &made));
        for (key, owner) in pointers.chain([("provider-session/p/c", &account)]) {
            let value = owner.id.as_str().to_owned();
            app.server.stores.keyvalue.put(key, value.into(), Expect::Absent, None).await.unwrap();
        }
        app.be(ada);
        let plan = "member".parse().unwrap();
        let theirs = PutAccountEntitlements { account: made.id.clone(), plan, overrides: Map::new(), expected_version: 0 };
        app.send(theirs).await.unwrap();
        Self { clock: Ahead::default(), bob: made.id, profile }
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.server.identity.delete_from_here("bob").await.map(drop)
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        settled(app, &self.clock).await;
        let stored = app.server.stores.documents.get(identity::COLLECTIONS[0], self.bob.as_str()).await.unwrap();
        if stored.is_some() {
            assert!(outcome.is_none_or(|outcome| outcome.is_err()));
            app.forget_cookies();
            app.send(bob()).await.unwrap();
            assert!(app.send(GetProgress { id: "film".parse().unwrap() }).await.unwrap().progress.is_some());
            return;
        }
        stays_forgotten(app, &self.clock, &self.bob, self.bob.as_str()).await;
        stays_forgotten(app, &self.clock, &self.bob, self.profile.as_str()).await;
        let others = app.server.stores.keyvalue.get("provider-session/p/c").await.unwrap();
        assert!(others.is_some(), "another account's is another's");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_deletion_breaks_off_anywhere_is_there_as_it_was_or_nothing_is_left_of_it() {
    at_every_operation::<DeletingAnAccount>().await;
}

struct ChangingAPin {
    kim: Profile,
}

fn replaced(profile: &Profile, pin: &str) -> ReplaceProfile {
    let Profile { id, name, colour, .. } = profile.clone();
    ReplaceProfile {
        id,
        name,
        colour,
        maturity: None,
        language: None,
        pin: Some(pin.into()),
        current_pin: Some("1234".into()),
        expected_version: None,
    }
}

impl Scenario for ChangingAPin {
    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        Self { kim: app.send(ReplaceProfile { pin: None, ..kid() }).await.unwrap() }
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(replaced(&self.kim, "1234")).await?;
        app.send(replaced(&self.kim, "")).await?;
        app.send(replaced(&self.kim, "4321")).await.map(drop)
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        app.forget_cookies();
        app.send(sign_in()).await.unwrap();
        let profiles = app.send(ListProfiles {}).await.unwrap();
        let has_pin = profiles.iter().find(|profile| profile.id == self.kim.id).unwrap().has_pin;
        let select = |pin: Option<&str>| SelectProfile { id: self.kim.id.clone(), pin: pin.map(str::to_owned) };
        if has_pin {
            assert!(app.send(select(None)).await.is_err());
            let mut enters = app.send(select(Some("4321"))).await.is_ok();
            enters = enters || app.send(select(Some("1234"))).await.is_ok();
            assert!(enters, "a PIN is asked for, and there is none");
        } else {
            assert!(outcome.is_none_or(|outcome| outcome.is_err()));
            app.send(select(None)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_is_set_or_taken_away_and_breaks_off_anywhere_never_locks_everybody_out() {
    at_every_operation::<ChangingAPin>().await;
}

/// Two accounts as an older version made them in one browser: both have one profile, and nobody owns it.
#[derive(Default)]
struct MovingFromAnOlderVersion {
    clock: Ahead,
}

/// The documents, past whatever fails.
async fn documents(app: &TestApp) -> std::sync::Arc<dyn Documents> {
    let url = format!("sqlite:{}/marquee.db", app.data().display());
    let urls = SideUrls { documents: Some(url), entries: None, objects: None, flat_objects: None, vault: None };
    open_each(&urls).await.unwrap().documents.unwrap()
}

async fn profile_of(app: &TestApp, login: &str) -> Value {
    let page = documents(app).await.list(identity::COLLECTIONS[0], None, 100).await.unwrap();
    let account = page.documents.into_iter().find(|account| account.body["login"] == login).unwrap();
    account.body["profiles"][0].clone()
}

impl Scenario for MovingFromAnOlderVersion {
    fn clock(&self) -> Clock {
        self.clock.clock()
    }

    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        let made = new_account("bob", "Bob");
        app.send(made).await.unwrap();
        app.forget_cookies();
        app.send(bob()).await.unwrap();
        let own = app.send(ListProfiles {}).await.unwrap().remove(0);
        app.send(replaced(&own, "1234")).await.unwrap();
        watched(&app.server.stores, &own.id, 30.0, 1).await;
        Self::default()
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        let stores = documents(app).await;
        let shared = profile_of(app, "bob").await["id"].clone();
        let accounts = stores.list(identity::COLLECTIONS[0], None, 100).await.unwrap().documents;
        for account in accounts {
            let changed = update(&*stores, identity::COLLECTIONS[0], &account.id, |stored: Option<Value>| {
                let mut body = stored.unwrap();
                body["profiles"][0]["id"] = shared.clone();
                Ok::<_, StoreError>(Change::Put(body))
            });
            changed.await.unwrap();
        }
        for owner in stores.list(identity::COLLECTIONS[1], None, 100).await.unwrap().documents {
            stores.delete(identity::COLLECTIONS[1], &owner.id, Expect::Anything).await.unwrap();
        }
        app.server.identity.migrate_owners().await.map(drop)
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        app.server.identity.migrate_owners().await.unwrap();
        settled(app, &self.clock).await;
        let (ada, bob) = (profile_of(app, "ada").await, profile_of(app, "bob").await);
        assert_ne!(ada["id"], bob["id"]);
        assert_eq!(app.server.identity.migrate_owners().await.unwrap(), 0, "once");
        for profile in [&ada, &bob] {
            let owner = documents(app).await.get(identity::COLLECTIONS[1], profile["id"].as_str().unwrap()).await.unwrap();
            assert_eq!(owner.unwrap().body["life"], "owned");
        }
        // Bob, who was signed in, watches as himself, and his PIN is his.
        let watches = app.send(ListProfiles {}).await.unwrap();
        assert!(watches.iter().any(|profile| profile.is_current && json!(profile.id) == bob["id"]), "{watches:?}");
        let own: ProfileId = serde_json::from_value(bob["id"].clone()).unwrap();
        app.send(SelectProfile { id: own.clone(), pin: Some("1234".into()) }).await.unwrap();
        assert!(app.send(SelectProfile { id: own, pin: None }).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_an_older_version_each_have_a_profile_of_their_own_wherever_the_move_broke_off() {
    at_every_operation::<MovingFromAnOlderVersion>().await;
}
