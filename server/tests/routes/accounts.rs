//! Accounts over HTTP: set up, sign in, refresh, sign out, profiles, operators.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use contract::{
    Code,
    identity::{
        AccountRole, ChangePassword, Confirm, DeleteProfile, EndOtherSignIns, EndSignIn, GetIdentity, GetWatcher, ListAccounts,
        ListProfiles, ListSignIns, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut, UpdateAccount,
    },
};

use serde_json::json;

use crate::{
    entitlements::overwrite,
    support::{Cookies, TestApp, new_account, new_profile},
};

const PASSWORD: &str = "correct horse battery";

fn set_up() -> SetUp {
    SetUp { login: "Ada".into(), name: "Ada Lovelace".into(), password: PASSWORD.into() }
}

fn sign_in(login: &str, password: &str) -> SignIn {
    SignIn { login: login.into(), password: password.into(), ..SignIn::default() }
}

/// A server with an operator, who is signed in.
async fn with_operator() -> TestApp {
    let app = TestApp::start().await;
    app.send(set_up()).await.unwrap();
    app
}

/// The same with a member; the operator's cookies and the member's, who is the one that asks from now on.
async fn with_member() -> (TestApp, Cookies) {
    let app = with_operator().await;
    let call = new_account("bob", "Bob");
    app.send(call).await.unwrap();
    let operator = app.forget_cookies();
    app.send(sign_in("bob", PASSWORD)).await.unwrap();
    (app, operator)
}

async fn who(app: &TestApp) -> Option<String> {
    app.send(GetIdentity {}).await.unwrap().account.map(|account| account.login)
}

#[tokio::test]
async fn the_first_to_set_up_is_the_operator_and_there_is_no_second() {
    let app = TestApp::start().await;
    assert!(app.send(GetIdentity {}).await.unwrap().ways_in.needs_setup);
    let account = app.send(set_up()).await.unwrap();
    assert_eq!((account.login.as_str(), account.role), ("Ada", AccountRole::Operator));
    let identity = app.send(GetIdentity {}).await.unwrap();
    assert_eq!(identity.account, Some(account));
    assert!(!identity.ways_in.needs_setup && identity.ways_in.local);
    app.forget_cookies();
    assert_eq!(app.send(set_up()).await.unwrap_err().code, Code::AlreadySetUp);
}

#[tokio::test]
async fn of_two_who_set_up_at_once_one_does() {
    let app = TestApp::start().await;
    let (one, two) = tokio::join!(app.send(set_up()), app.send(SetUp { login: "Eve".into(), ..set_up() }));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
}

#[tokio::test]
async fn one_signs_in_and_out_whatever_the_case_of_the_name() {
    let app = with_operator().await;
    app.send(SignOut {}).await.unwrap();
    assert_eq!(who(&app).await, None);
    app.send(sign_in(" ADA ", PASSWORD)).await.unwrap();
    assert_eq!(who(&app).await.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_refused_alike_and_guessing_is_slowed_down() {
    let app = with_operator().await;
    app.forget_cookies();
    let one = app.send(sign_in("Ada", "wrong horse battery")).await.unwrap_err();
    let other = app.send(sign_in("Nobody", PASSWORD)).await.unwrap_err();
    assert_eq!((one.code, &one.detail, one.status), (other.code, &other.detail, other.status));
    assert_eq!(one.code, Code::WrongCredentials);
    for _ in 0..3 {
        app.send(sign_in("Ada", "wrong horse battery")).await.unwrap_err();
    }
    let slowed = app.send(sign_in("Ada", PASSWORD)).await.unwrap_err();
    assert_eq!(slowed.code, Code::RateLimited);
    assert!(slowed.retry_after.is_some_and(|seconds| seconds <= 2), "{slowed:?}");
    assert_eq!(who(&app).await, None);
}

#[tokio::test]
async fn what_cannot_be_a_name_or_a_password_is_said_by_its_field() {
    let app = TestApp::start().await;
    for (call, field) in [
        (SetUp { login: "  ".into(), ..set_up() }, "login"),
        (SetUp { login: "a\nb".into(), ..set_up() }, "login"),
        (SetUp { name: "x".repeat(65), ..set_up() }, "name"),
        (SetUp { password: "too short".into(), ..set_up() }, "password"),
    ] {
        let problem = app.send(call).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, field));
    }
    assert!(app.send(GetIdentity {}).await.unwrap().ways_in.needs_setup);
}

/// What a browser carries once its access token ran out.
fn without_access(mut cookies: Cookies) -> Cookies {
    cookies.remove("marquee_access").unwrap();
    cookies
}

#[tokio::test]
async fn tokens_that_are_no_good_are_taken_back() {
    let app = TestApp::start().await;
    app.be(Cookies::from([("marquee_access".into(), "a.b.c".into()), ("marquee_refresh".into(), "x.y.1.z".into())]));
    assert_eq!(who(&app).await, None);
    let kept = app.forget_cookies();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["marquee_profile"]);
}

#[tokio::test]
async fn a_device_is_listed_and_signed_out_from_another() {
    let app = with_operator().await;
    let mine = app.forget_cookies();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let body = format!(r#"{{"login":"ada","password":"{PASSWORD}"}}"#);
    let request = Request::post("/api/v1/sign-in").header("content-type", "application/json").header("user-agent", agent);
    assert_eq!(app.ask(request.body(Body::from(body)).unwrap()).await.status, StatusCode::CREATED);
    let theirs = app.be(mine);

    let devices = app.send(ListSignIns {}).await.unwrap();
    let other = devices.iter().find(|device| !device.is_this).unwrap();
    assert_eq!((devices.len(), other.device.as_str()), (2, "Firefox on Linux"));
    app.send(EndSignIn { id: other.id.clone() }).await.unwrap();
    assert_eq!(app.send(EndSignIn { id: other.id.clone() }).await.unwrap_err().code, Code::NotFound);
    let mine = app.be(without_access(theirs));
    assert_eq!(who(&app).await, None);

    app.be(mine);
    app.send(EndOtherSignIns {}).await.unwrap();
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 1);
    let this = app.send(ListSignIns {}).await.unwrap().remove(0).id;
    app.send(EndSignIn { id: this }).await.unwrap();
    assert_eq!(who(&app).await, None);
}

#[tokio::test]
async fn a_new_password_signs_every_other_device_out() {
    let app = with_operator().await;
    let mine = app.forget_cookies();
    app.send(sign_in("ada", PASSWORD)).await.unwrap();
    let theirs = app.be(mine);
    let new = "another horse entirely";
    let wrong = app.send(ChangePassword { current: "not the password".into(), new: new.into() }).await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongCredentials);
    app.send(ChangePassword { current: PASSWORD.into(), new: new.into() }).await.unwrap();
    assert_eq!(who(&app).await.as_deref(), Some("Ada"));
    app.be(without_access(theirs));
    assert_eq!(who(&app).await, None);
    assert_eq!(app.send(sign_in("ada", PASSWORD)).await.unwrap_err().code, Code::WrongCredentials);
    app.send(sign_in("ada", new)).await.unwrap();
}

#[tokio::test]
async fn a_disabled_account_is_out_everywhere_and_the_last_operator_cannot_be() {
    let (app, operator) = with_member().await;
    let member = app.be(operator);
    let accounts = app.send(ListAccounts::default()).await.unwrap().items;
    let logins: Vec<&str> = accounts.iter().map(|account| account.login.as_str()).collect();
    assert_eq!(logins, ["Ada", "bob"]);
    let found = app.send(ListAccounts { q: Some("B".into()), ..ListAccounts::default() }).await.unwrap().items;
    assert_eq!(found, accounts[1..]);

    let off = |id| UpdateAccount { id, role: None, is_disabled: Some(true), removes_factors: false };
    assert_eq!(app.send(off(accounts[0].id.clone())).await.unwrap_err().code, Code::LimitReached);
    let demoted =
        UpdateAccount { id: accounts[0].id.clone(), role: Some(AccountRole::Member), is_disabled: None, removes_factors: false };
    assert_eq!(app.send(demoted).await.unwrap_err().code, Code::LimitReached);
    assert!(app.send(off(accounts[1].id.clone())).await.unwrap().is_disabled);
    app.be(without_access(member));
    assert_eq!(who(&app).await, None);
    assert_eq!(app.send(sign_in("bob", PASSWORD)).await.unwrap_err().code, Code::WrongCredentials);
}

#[tokio::test]
async fn who_watches_is_chosen_on_each_device_and_kept_by_a_pin() {
    let (app, _) = with_member().await;
    let first = app.send(ListProfiles {}).await.unwrap();
    assert_eq!((first.len(), first[0].name.as_str(), first[0].is_current), (1, "Bob", true));
    let only = DeleteProfile { id: first[0].id.clone() };
    assert_eq!(app.send(only).await.unwrap_err().code, Code::LimitReached);

    let child = ReplaceProfile { colour: "#57D39B".into(), maturity: Some(6), pin: Some("1234".into()), ..new_profile("Kim") };
    let child = app.send(child).await.unwrap();
    assert_eq!((child.colour.as_str(), child.has_pin, child.is_current), ("#57d39b", true, false));
    for pin in [None, Some("9999".to_owned()), Some("12345678901".to_owned())] {
        let refused = app.send(SelectProfile { id: child.id.clone(), pin }).await.unwrap_err();
        assert_eq!(refused.code, Code::WrongCredentials);
    }
    app.send(SelectProfile { id: child.id.clone(), pin: Some("1234".into()) }).await.unwrap();
    let profiles = app.send(ListProfiles {}).await.unwrap();
    assert_eq!(profiles.iter().find(|profile| profile.is_current).map(|profile| &profile.id), Some(&child.id));

    assert_eq!(app.send(GetWatcher {}).await.unwrap().watcher.map(|watcher| watcher.name).as_deref(), Some("Kim"));
    let grown = ReplaceProfile {
        id: child.id.clone(),
        name: "Kim".into(),
        colour: "#57d39b".into(),
        maturity: None,
        language: None,
        pin: None,
        current_pin: None,
        expected_version: None,
    };
    assert_eq!(app.send(grown.clone()).await.unwrap_err().code, Code::NotAllowed, "a child does not lift its own limit");
    assert_eq!(app.send(DeleteProfile { id: first[0].id.clone() }).await.unwrap_err().code, Code::NotAllowed);

    app.send(Confirm { password: Some(PASSWORD.into()), ..Confirm::default() }).await.unwrap();
    app.send(SelectProfile { id: first[0].id.clone(), pin: None }).await.unwrap();
    let klingon = ReplaceProfile { language: Some("a language".into()), ..grown.clone() };
    assert_eq!(app.send(klingon).await.unwrap_err().fields[0].field, "language");
    let grown = app.send(ReplaceProfile { language: Some("pt-BR".into()), ..grown }).await.unwrap();
    assert_eq!((grown.maturity, grown.language.as_deref(), grown.has_pin), (None, Some("pt-BR"), true));
    app.send(SelectProfile { id: child.id.clone(), pin: Some("1234".into()) }).await.unwrap();
    app.send(DeleteProfile { id: child.id }).await.unwrap();
    let left = app.send(ListProfiles {}).await.unwrap();
    assert_eq!((left.len(), left[0].is_current), (1, false), "a profile that is gone gives way to nobody");
    let watching = app.send(GetWatcher {}).await.unwrap();
    assert!(watching.watcher.is_none() && watching.must_choose);
}

#[tokio::test]
async fn an_account_has_so_many_profiles_and_no_more() {
    let app = TestApp::with(|config| config.identity.profiles_per_account = server::config::Bounded::of(2)).await;
    app.send(set_up()).await.unwrap();
    let another = || new_profile("Kim");
    app.send(another()).await.unwrap();
    assert_eq!(app.send(another()).await.unwrap_err().code, Code::LimitReached);
}

#[tokio::test]
async fn another_sites_page_can_neither_sign_in_nor_out() {
    let app = with_operator().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::delete("/api/v1/sign-in").header(name, value).body(Body::empty()).unwrap();
        assert_eq!(app.ask(request).await.problem().code, Code::CrossSite);
    }
    assert_eq!(who(&app).await.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn local_accounts_can_be_switched_off() {
    let app = TestApp::with(|config| config.identity.local = false).await;
    assert!(!app.send(GetIdentity {}).await.unwrap().ways_in.local);
    assert_eq!(app.send(sign_in("ada", PASSWORD)).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn an_account_that_cannot_be_read_keeps_no_server_from_starting_and_the_others_from_no_list() {
    let app = with_operator().await;
    for login in ["bob", "kim"] {
        app.send(new_account(login, login)).await.unwrap();
    }
    let accounts = app.send(ListAccounts::default()).await.unwrap().items;
    let bob = accounts.iter().find(|account| account.login == "bob").unwrap().id.as_str();
    overwrite(&app, "accounts", bob, json!({ "login": "bob", "login_key": "bob", "role": 7 })).await;

    let beside = app.beside(|_| {}).await;
    beside.send(sign_in("kim", PASSWORD)).await.unwrap();
    let listed = app.send(ListAccounts::default()).await.unwrap().items;
    assert_eq!(listed.iter().map(|account| account.login.as_str()).collect::<Vec<_>>(), ["Ada", "kim"]);
}
