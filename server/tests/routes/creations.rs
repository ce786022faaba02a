//! What a client makes under an id of its own, asked for again because an answer was lost: there is one, and no secret is
//! told twice.

use contract::{
    Call, Code, Scope,
    identity::{
        Account, CreateAccount, CreateApiToken, CreateProfile, DeleteApiToken, DeleteProfile, ListAccounts, ListApiTokens,
        ListProfiles, PutAccount, PutApiToken, ReplaceProfile, SelectProfile, SetUp, SignIn,
    },
};

use crate::support::{TestApp, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";

async fn set_up(app: &TestApp) -> Account {
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap()
}

async fn code<C: Call>(app: &TestApp, call: C) -> Option<Code> {
    app.send(call).await.err().map(|problem| problem.code)
}

fn bob() -> PutAccount {
    new_account("bob", "Bob")
}

fn sign_in(password: &str) -> SignIn {
    SignIn { login: "bob".into(), password: password.into(), ..SignIn::default() }
}

fn token() -> PutApiToken {
    PutApiToken { id: new_id(), name: "backup".into(), scopes: vec![Scope::Read], expires_in_days: None }
}

#[tokio::test]
async fn a_profile_that_is_asked_for_twice_is_one_and_stays_gone_once_it_is_deleted() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let kim = ReplaceProfile { pin: Some("1234".into()), ..new_profile("Kim") };
    let made = app.send(kim.clone()).await.unwrap();
    assert_eq!((made.id.clone(), made.version), (kim.id.clone(), 1));
    let again = ReplaceProfile { name: "Another".into(), pin: Some("4321".into()), ..kim.clone() };
    assert_eq!(code(&app, again).await, Some(Code::VersionConflict));
    let profiles = app.send(ListProfiles {}).await.unwrap();
    assert_eq!(profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), ["Ada", "Kim"]);
    let select = |pin: &str| SelectProfile { id: kim.id.clone(), pin: Some(pin.into()) };
    assert_eq!(code(&app, select("4321")).await, Some(Code::WrongCredentials));
    assert_eq!(code(&app, select("1234")).await, None);
    app.send(SelectProfile { id: profiles[0].id.clone(), pin: None }).await.unwrap();
    app.send(DeleteProfile { id: kim.id.clone() }).await.unwrap();
    assert_eq!(code(&app, kim).await, Some(Code::VersionConflict));
    assert_eq!(app.send(ListProfiles {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_who_change_a_profile_the_second_is_told() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let kim = new_profile("Kim");
    app.send(kim.clone()).await.unwrap();
    let named = |name: &str, version| ReplaceProfile { name: name.into(), expected_version: version, ..kim.clone() };
    assert_eq!(app.send(named("Kim B.", Some(1))).await.unwrap().version, 2);
    let late = ReplaceProfile { pin: Some("1234".into()), ..named("Kim C.", Some(1)) };
    assert_eq!(code(&app, late).await, Some(Code::VersionConflict));
    let kept = app.send(ListProfiles {}).await.unwrap().remove(1);
    assert_eq!((kept.name.as_str(), kept.version, kept.has_pin), ("Kim B.", 2, false));
    assert_eq!(app.send(named("Kim D.", None)).await.unwrap().version, 3, "whoever gives no version replaces whatever there is");
    let ada = app.send(ListProfiles {}).await.unwrap().remove(0);
    app.send(DeleteProfile { id: kim.id.clone() }).await.unwrap();
    let limited = ReplaceProfile {
        id: ada.id.clone(),
        expected_version: Some(1),
        maturity: Some(6),
        pin: Some("1234".into()),
        ..new_profile("Ada")
    };
    assert_eq!(code(&app, limited.clone()).await, Some(Code::LimitReached));
    let put_right = app.send(ReplaceProfile { maturity: None, ..limited }).await.unwrap();
    assert!(put_right.has_pin && put_right.version > 1, "what was refused took no version away");
}

#[tokio::test]
async fn an_id_that_can_be_guessed_or_is_somebody_elses_makes_nothing() {
    let app = TestApp::start().await;
    set_up(&app).await;
    for id in ["kim", "nobody", "Kim0Kim0Kim0Kim0Kim_"] {
        let profile = ReplaceProfile { id: id.parse().unwrap(), ..new_profile("Kim") };
        let account = PutAccount { id: id.parse().unwrap(), ..bob() };
        let token = PutApiToken { id: id.parse().unwrap(), ..token() };
        for refused in [code(&app, profile).await, code(&app, account).await, code(&app, token).await] {
            assert_eq!(refused, Some(Code::InvalidRequest), "{id}");
        }
    }
    let kim = new_profile("Kim");
    app.send(kim.clone()).await.unwrap();
    app.send(bob()).await.unwrap();
    app.forget_cookies();
    app.send(sign_in(PASSWORD)).await.unwrap();
    assert_eq!(code(&app, kim).await, Some(Code::VersionConflict));
    assert_eq!(app.send(ListProfiles {}).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_that_is_asked_for_twice_is_one_with_the_first_password_and_stays_gone_once_it_is_deleted() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let asked = bob();
    let made = app.send(asked.clone()).await.unwrap();
    assert_eq!(made.id, asked.id);
    for password in [PASSWORD, "another horse battery"] {
        let again = PutAccount { password: password.into(), ..asked.clone() };
        assert_eq!(code(&app, again).await, Some(Code::VersionConflict));
    }
    assert_eq!(code(&app, bob()).await, Some(Code::NameTaken), "another account of this login");
    let operator = app.cookies();
    app.forget_cookies();
    app.send(sign_in(PASSWORD)).await.unwrap();
    app.server.identity.delete_from_here("bob").await.unwrap();
    app.be(operator);
    assert_eq!(code(&app, asked).await, Some(Code::VersionConflict));
    assert_eq!(app.send(ListAccounts::default()).await.unwrap().items.len(), 1);
    app.send(bob()).await.unwrap();
}

#[tokio::test]
async fn an_account_that_is_asked_for_many_times_at_once_is_one_and_opens() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let asked = bob();
    let made = futures::future::join_all((0..8).map(|_| app.send(asked.clone()))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
    for refused in made.into_iter().filter_map(Result::err) {
        assert_eq!(refused.code, Code::VersionConflict);
    }
    app.forget_cookies();
    app.send(sign_in(PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_asked_for_twice_is_told_once_and_stays_gone_once_it_is_deleted() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let asked = token();
    let made = app.send(asked.clone()).await.unwrap();
    assert_eq!(made.about.id, asked.id);
    assert_eq!(code(&app, asked.clone()).await, Some(Code::VersionConflict));
    assert_eq!(app.send(ListApiTokens {}).await.unwrap().len(), 1);
    app.send(DeleteApiToken { id: asked.id.clone() }).await.unwrap();
    assert_eq!(code(&app, asked).await, Some(Code::VersionConflict));
    assert_eq!(app.send(ListApiTokens {}).await.unwrap().len(), 0);
    let answer = app.get_with("/api/v1/identity", &[("authorization", &format!("Bearer {}", made.token))]).await;
    assert_eq!(answer.problem().code, Code::TokenRefused);
}

#[tokio::test]
async fn who_leaves_the_id_to_the_server_gets_another_each_time() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let PutAccount { login, name, password, role, .. } = bob();
    let account = app.send(CreateAccount { login, name, password, role }).await.unwrap();
    let token = || CreateApiToken { name: "backup".into(), scopes: vec![Scope::Read], expires_in_days: None };
    let tokens = [app.send(token()).await.unwrap().token, app.send(token()).await.unwrap().token];
    let ReplaceProfile { name, colour, maturity, language, .. } = new_profile("Kim");
    let kim = CreateProfile { name, colour, maturity, language, pin: Some("1234".into()) };
    let profiles = [app.send(kim.clone()).await.unwrap(), app.send(kim).await.unwrap()];
    assert!(tokens[0] != tokens[1] && profiles[0].id != profiles[1].id);
    assert!(profiles.iter().all(|profile| profile.has_pin && profile.version == 1));
    app.forget_cookies();
    assert_eq!(app.send(sign_in(PASSWORD)).await.unwrap().id, account.id);
}
