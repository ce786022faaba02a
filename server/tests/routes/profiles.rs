//! What a profile may do: one with an age limit, and a session whose profile is gone, over HTTP.

use std::time::Duration;

use axum::http::StatusCode;
use contract::{
    Code,
    entitlements::{ListPlans, PutPlan},
    identity::{
        AccountRole, Confirm, DeleteProfile, EndOtherSignIns, GetBilling, GetIdentity, GetWatcher, ListAccounts, ListApiTokens,
        ListProfiles, ListSignIns, Profile, PutAccount, PutApiToken, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut,
        StartTotp,
    },
    library::GetSnapshot,
};

use crate::support::{Cookies, TestApp, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";

/// An operator's account whose first profile watches.
async fn family() -> (TestApp, Profile) {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    let parent = app.send(ListProfiles {}).await.unwrap().remove(0);
    (app, parent)
}

async fn profile(app: &TestApp, name: &str, maturity: Option<u8>, pin: Option<&str>) -> Profile {
    let pin = pin.map(str::to_owned);
    let call = ReplaceProfile { maturity, pin, ..new_profile(name) };
    app.send(call).await.unwrap()
}

fn choose(profile: &Profile) -> SelectProfile {
    SelectProfile { id: profile.id.clone(), pin: None }
}

fn unchanged(profile: &Profile) -> ReplaceProfile {
    ReplaceProfile {
        id: profile.id.clone(),
        name: profile.name.clone(),
        colour: profile.colour.clone(),
        maturity: profile.maturity,
        language: None,
        pin: None,
        current_pin: None,
        expected_version: None,
    }
}

fn factor(password: &str) -> Confirm {
    Confirm { password: Some(password.into()), ..Confirm::default() }
}

/// A second device of the same account.
async fn another_device(app: &TestApp) -> Cookies {
    let here = app.forget_cookies();
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    app.be(here)
}

macro_rules! refused {
    ($app:expr, $code:expr, $($call:expr),+ $(,)?) => {
        $(assert_eq!($app.send($call).await.err().map(|problem| problem.code), Some($code), "{}", stringify!($call));)+
    };
}

#[tokio::test]
async fn a_childs_profile_on_an_operators_account_runs_nothing_and_changes_nothing_of_the_account() {
    let (app, parent) = family().await;
    let child = profile(&app, "Kim", Some(6), None).await;
    app.send(choose(&child)).await.unwrap();
    let account = PutAccount { role: AccountRole::Operator, ..new_account("eve", "Eve") };
    let plan =
        PutPlan { id: "guest".parse().unwrap(), name: "Guests".into(), authorization: Default::default(), expected_version: 0 };
    let token =
        PutApiToken { id: new_id(), name: "script".into(), scopes: vec![contract::Scope::Operate], expires_in_days: None };
    refused!(
        app,
        Code::NotAllowed,
        account,
        plan,
        token,
        ListPlans {},
        ListAccounts::default(),
        ListApiTokens {},
        GetBilling {},
        StartTotp {},
        ListSignIns {},
        EndOtherSignIns {},
        DeleteProfile { id: parent.id.clone() },
        unchanged(&parent),
    );
    let identity = app.send(GetIdentity {}).await.unwrap();
    assert_eq!(identity.account.unwrap().role, AccountRole::Member, "no operator's page is shown");
    assert!(app.send(GetWatcher {}).await.unwrap().watcher.unwrap().has_age_limit);
    assert!(app.send(ListProfiles {}).await.unwrap().len() == 2 && app.send(GetSnapshot {}).await.is_ok());
    app.send(SignOut {}).await.unwrap();
}

#[tokio::test]
async fn a_childs_profile_is_left_with_the_other_ones_pin_or_else_with_a_factor_of_the_account() {
    let (app, parent) = family().await;
    let (child, guarded) = (profile(&app, "Kim", Some(6), None).await, profile(&app, "Grace", None, Some("2468")).await);
    app.send(choose(&child)).await.unwrap();
    app.send(choose(&child)).await.unwrap();
    refused!(app, Code::ConfirmationRequired, choose(&parent));
    refused!(app, Code::WrongCredentials, factor("wrong horse battery"));
    refused!(app, Code::ConfirmationRequired, choose(&parent));
    app.send(factor(PASSWORD)).await.unwrap();
    refused!(app, Code::WrongCredentials, choose(&guarded));
    refused!(app, Code::NotAllowed, GetBilling {}, StartTotp {}, unchanged(&parent));
    assert_eq!(app.send(GetWatcher {}).await.unwrap().watcher.unwrap().name, "Kim");

    app.send(SelectProfile { pin: Some("2468".into()), ..choose(&guarded) }).await.unwrap();
    app.send(choose(&parent)).await.unwrap();
    app.send(choose(&child)).await.unwrap();
    app.send(factor(PASSWORD)).await.unwrap();
    app.send(choose(&parent)).await.unwrap();
    assert!(!app.send(GetWatcher {}).await.unwrap().watcher.unwrap().has_age_limit);
}

#[tokio::test]
async fn a_factor_that_a_parent_showed_counts_no_more_once_a_child_has_the_device() {
    let (app, parent) = family().await;
    let child = profile(&app, "Kim", Some(6), None).await;
    app.send(factor(PASSWORD)).await.unwrap();
    app.send(choose(&child)).await.unwrap();
    refused!(app, Code::ConfirmationRequired, choose(&parent));
    app.send(factor(PASSWORD)).await.unwrap();
    app.send(choose(&parent)).await.unwrap();
    app.send(choose(&child)).await.unwrap();
    refused!(app, Code::ConfirmationRequired, choose(&parent));
}

#[tokio::test]
async fn nobody_leaves_a_profile_by_a_factor_that_was_shown_before_it_had_a_limit_or_to_sign_in_with() {
    let (app, parent) = family().await;
    let sam = profile(&app, "Sam", None, None).await;
    let tablet = another_device(&app).await;
    let phone = app.be(tablet);
    app.send(choose(&sam)).await.unwrap();
    let tablet = app.be(phone);
    // The limit comes from elsewhere, a moment after the tablet signed in.
    app.send(ReplaceProfile { maturity: Some(6), ..unchanged(&sam) }).await.unwrap();
    let phone = app.be(tablet);
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    refused!(app, Code::ConfirmationRequired, choose(&parent));
    app.be(phone);
    // The first profile, which whoever signs in gets, is a child's.
    app.send(choose(&parent)).await.unwrap();
    let grace = profile(&app, "Grace", None, None).await;
    app.send(ReplaceProfile { maturity: Some(6), ..unchanged(&parent) }).await.unwrap();
    let tablet = another_device(&app).await;
    app.be(tablet);
    assert!(app.send(GetWatcher {}).await.unwrap().watcher.unwrap().has_age_limit);
    refused!(app, Code::ConfirmationRequired, choose(&grace));
    app.send(factor(PASSWORD)).await.unwrap();
    app.send(choose(&grace)).await.unwrap();
}

#[tokio::test]
async fn an_account_keeps_a_profile_without_an_age_limit_whatever_is_changed_or_deleted() {
    let (app, parent) = family().await;
    let limited = || ReplaceProfile { maturity: Some(6), ..unchanged(&parent) };
    refused!(app, Code::LimitReached, limited());
    let child = profile(&app, "Kim", Some(6), None).await;
    refused!(app, Code::LimitReached, limited(), DeleteProfile { id: parent.id.clone() });
    profile(&app, "Grace", None, None).await;
    app.send(DeleteProfile { id: child.id }).await.unwrap();
    app.send(limited()).await.unwrap();
}

#[tokio::test]
async fn who_guesses_the_way_out_of_a_childs_profile_waits() {
    let (app, parent) = family().await;
    let (child, guarded) = (profile(&app, "Kim", Some(6), None).await, profile(&app, "Grace", None, Some("2468")).await);
    app.send(choose(&child)).await.unwrap();
    macro_rules! guesses {
        ($wrong:expr, $right:expr) => {
            let mut codes = Vec::new();
            for _ in 0..8 {
                codes.push(app.send($wrong).await.unwrap_err().code);
            }
            assert_eq!((codes[0], codes[7]), (Code::WrongCredentials, Code::RateLimited), "{codes:?}");
            // Whoever knows it waits as well: a guess is counted whatever it is.
            refused!(app, Code::RateLimited, $right);
        };
    }
    let with_pin = |pin: &str| SelectProfile { pin: Some(pin.into()), ..choose(&guarded) };
    guesses!(with_pin("1111"), with_pin("2468"));
    guesses!(factor("wrong horse battery"), factor(PASSWORD));
    refused!(app, Code::ConfirmationRequired, choose(&parent));
}

#[tokio::test]
async fn the_tablet_of_a_child_whose_profile_was_deleted_gets_three_answers_until_somebody_is_chosen() {
    let (app, parent) = family().await;
    let child = profile(&app, "Kim", None, None).await;
    let tablet = another_device(&app).await;
    let phone = app.be(tablet);
    app.send(choose(&child)).await.unwrap();
    let scopes = vec![contract::Scope::Write];
    let token = app.send(PutApiToken { id: new_id(), name: "script".into(), scopes, expires_in_days: None }).await.unwrap().token;
    let tablet = app.be(phone);
    app.send(ReplaceProfile { maturity: Some(6), ..unchanged(&child) }).await.unwrap();
    let phone = app.be(tablet);
    app.send(choose(&child)).await.unwrap();
    let tablet = app.be(phone);
    app.send(DeleteProfile { id: child.id.clone() }).await.unwrap();
    app.be(tablet);
    // What the gateway knew of the tablet is at most five seconds old.
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    refused!(app, Code::ProfileRequired, GetSnapshot {}, ListPlans {}, GetBilling {}, ListSignIns {}, StartTotp {});
    for path in ["/api/v1/titles", "/api/v1/home", "/api/v1/search?q=a"] {
        assert_eq!(app.get(path).await.problem().code, Code::ProfileRequired, "{path}");
    }
    assert_eq!(app.send_as(&token, GetIdentity {}).await.unwrap_err().code, Code::TokenRefused);
    let watching = app.send(GetWatcher {}).await.unwrap();
    assert!(watching.must_choose && watching.watcher.is_none());
    let identity = app.send(GetIdentity {}).await.unwrap();
    assert_eq!(identity.account.unwrap().role, AccountRole::Member);
    assert!(!identity.authorization.may_browse && !identity.authorization.may_watch);
    assert!(app.send(ListProfiles {}).await.unwrap().iter().all(|profile| !profile.is_current));

    refused!(app, Code::ConfirmationRequired, choose(&parent));
    app.send(factor(PASSWORD)).await.unwrap();
    app.send(choose(&parent)).await.unwrap();
    assert_eq!(app.get("/api/v1/titles").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_without_a_profile_can_be_signed_out() {
    let (app, parent) = family().await;
    let spare = profile(&app, "Kim", None, None).await;
    app.send(DeleteProfile { id: parent.id }).await.unwrap();
    refused!(app, Code::ProfileRequired, GetSnapshot {}, DeleteProfile { id: spare.id.clone() });
    app.send(SignOut {}).await.unwrap();
    assert!(app.send(GetSnapshot {}).await.is_ok(), "a guest");
}

#[tokio::test]
async fn another_profiles_pin_is_changed_by_who_knows_it_or_shows_a_factor_of_the_account() {
    let (app, parent) = family().await;
    let grace = profile(&app, "Grace", None, Some("2468")).await;
    let put = |pin: &str| ReplaceProfile { pin: Some(pin.into()), ..unchanged(&grace) };
    let child = profile(&app, "Kim", Some(6), None).await;
    // What was shown to sign in counts no more afterwards.
    app.send(choose(&child)).await.unwrap();
    app.send(SelectProfile { pin: Some("2468".into()), ..choose(&grace) }).await.unwrap();
    app.send(choose(&parent)).await.unwrap();
    for pin in ["", "1357"] {
        refused!(app, Code::ConfirmationRequired, put(pin));
        refused!(app, Code::WrongCredentials, ReplaceProfile { current_pin: Some("1111".into()), ..put(pin) });
    }
    refused!(app, Code::WrongCredentials, choose(&grace));
    app.send(ReplaceProfile { name: "Grace H.".into(), ..unchanged(&grace) }).await.unwrap();
    app.send(ReplaceProfile { current_pin: Some("2468".into()), ..put("1357") }).await.unwrap();
    app.send(SelectProfile { pin: Some("1357".into()), ..choose(&grace) }).await.unwrap();
    app.send(put("8642")).await.unwrap();
    app.send(choose(&parent)).await.unwrap();
    app.send(factor(PASSWORD)).await.unwrap();
    assert!(!app.send(put("")).await.unwrap().has_pin);
    app.send(choose(&grace)).await.unwrap();
}
