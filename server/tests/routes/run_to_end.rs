//! Calls that change something, from browsers that are gone as soon as they have sent them: each is made whole.

use contract::{
    Scope,
    entitlements::{ListPlans, PutPlan},
    identity::{
        AccountRole, ChangePassword, DeleteApiToken, DeleteProfile, EndOtherSignIns, EndSignIn, GetIdentity, ListAccounts,
        ListApiTokens, ListProfiles, ListSignIns, PutAccount, PutApiToken, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut,
        UpdateAccount,
    },
    library::{GetSnapshot, SaveSnapshot, SavedSnapshot},
};
use serde_json::json;

use crate::support::{TestApp, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";

fn set_up() -> SetUp {
    SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }
}

fn sign_in() -> SignIn {
    SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }
}

async fn with_operator() -> TestApp {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    app.send(set_up()).await.unwrap();
    app
}

async fn is_in(app: &TestApp) -> bool {
    app.send(GetIdentity {}).await.unwrap().account.is_some()
}

#[tokio::test]
async fn whoever_sets_up_and_leaves_can_sign_in() {
    let app = TestApp::start().await;
    app.send_and_leave(set_up()).await;
    app.send(sign_in()).await.unwrap();
}

#[tokio::test]
async fn whoever_signs_in_and_out_and_leaves_is_in_and_out_and_this_server_knows_it_at_once() {
    let app = with_operator().await;
    let mine = app.forget_cookies();
    app.send_and_leave(sign_in()).await;
    app.be(mine);
    let devices = app.send(ListSignIns {}).await.unwrap();
    assert_eq!(devices.len(), 2);
    let other = devices.into_iter().find(|device| !device.is_this).unwrap().id;
    app.send_and_leave(EndSignIn { id: other }).await;
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 1);
    let mine = app.forget_cookies();
    app.send(sign_in()).await.unwrap();
    app.send_and_leave(EndOtherSignIns {}).await;
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 1);
    app.send_and_leave(SignOut {}).await;
    assert!(!is_in(&app).await);
    app.be(mine.into_iter().filter(|(name, _)| name == "marquee_refresh").collect());
    assert!(!is_in(&app).await);
}

#[tokio::test]
async fn whoever_changes_a_password_and_leaves_has_the_new_one_and_the_others_are_signed_out_with_it() {
    let app = with_operator().await;
    let mine = app.forget_cookies();
    app.send(sign_in()).await.unwrap();
    let theirs = app.be(mine);
    let new = "another horse entirely";
    app.send_and_leave(ChangePassword { current: PASSWORD.into(), new: new.into() }).await;
    app.be(theirs.into_iter().filter(|(name, _)| name == "marquee_refresh").collect());
    assert!(!is_in(&app).await);
    app.send_afresh(sign_in()).await.unwrap_err();
    app.send_afresh(SignIn { password: new.into(), ..sign_in() }).await.unwrap();
}

#[tokio::test]
async fn whoever_changes_profiles_and_leaves_has_whole_ones() {
    let app = with_operator().await;
    let pin = Some("1234".to_owned());
    let kim = ReplaceProfile { pin: pin.clone(), ..new_profile("Kim") };
    app.send_and_leave(kim).await;
    let profiles = app.send(ListProfiles {}).await.unwrap();
    let (kim, first) = (profiles.iter().find(|one| one.has_pin).unwrap(), profiles.iter().find(|one| one.is_current).unwrap());
    app.send_and_leave(SelectProfile { id: kim.id.clone(), pin: pin.clone() }).await;
    let current = async || app.send(ListProfiles {}).await.unwrap().into_iter().find(|one| one.is_current).unwrap().id;
    assert_eq!(current().await, kim.id, "this server knows it at once");
    app.send(SelectProfile { id: first.id.clone(), pin: None }).await.unwrap();
    app.send_and_leave(DeleteProfile { id: kim.id.clone() }).await;
    assert_eq!(app.send(ListProfiles {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_changes_accounts_tokens_plans_and_settings_and_leaves_has_changed_them() {
    let app = with_operator().await;
    let role = AccountRole::Member;
    let bob = PutAccount { role, ..new_account("bob", "Bob") };
    app.send_and_leave(bob).await;
    let bob = || SignIn { login: "bob".into(), ..sign_in() };
    app.send_afresh(bob()).await.unwrap();
    let id = app.send(ListAccounts::default()).await.unwrap().items.remove(1).id;
    app.send_and_leave(UpdateAccount { id, role: None, is_disabled: Some(true), removes_factors: false }).await;
    app.send_afresh(bob()).await.unwrap_err();

    app.send_and_leave(PutApiToken { id: new_id(), name: "script".into(), scopes: vec![Scope::Read], expires_in_days: None })
        .await;
    let token = app.send(ListApiTokens {}).await.unwrap().remove(0).id;
    app.send_and_leave(DeleteApiToken { id: token }).await;
    assert!(app.send(ListApiTokens {}).await.unwrap().is_empty());

    let authorization = json!({ "resolution": "HD" }).as_object().unwrap().clone();
    let plan = PutPlan { id: "guest".parse().unwrap(), name: "Nobody".into(), authorization, expected_version: 0 };
    app.send_and_leave(plan).await;
    assert!(app.send(ListPlans {}).await.unwrap().iter().any(|plan| plan.name == "Nobody"));
    let snapshot = SavedSnapshot { format: 1, state: json!({ "theme": "dark" }) };
    app.send_and_leave(SaveSnapshot { after: 0, snapshot }).await;
    assert!(app.send(GetSnapshot {}).await.unwrap().snapshot.is_some());
}
