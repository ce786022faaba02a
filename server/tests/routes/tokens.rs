//! API tokens over HTTP: made, used, refused, deleted.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use contract::{
    Code, Problem, Scope,
    entitlements::ListPlans,
    identity::{
        AccountRole, ChangeAccount, DeleteApiToken, GetIdentity, ListAccounts, ListApiTokens, ListProfiles, NewApiToken,
        PutAccount, PutApiToken, ReplaceProfile, SetUp, SignIn, SignOut, UpdateAccount,
    },
    playback::GetDevice,
};

use crate::support::{TestApp, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";

async fn with_operator() -> TestApp {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    app
}

/// The same, with a member who asks from now on.
async fn with_member() -> TestApp {
    let app = with_operator().await;
    let role = AccountRole::Member;
    app.send(PutAccount { role, ..new_account("bob", "Bob") }).await.unwrap();
    app.forget_cookies();
    app.send(SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    app
}

fn asked(scopes: &[Scope]) -> PutApiToken {
    PutApiToken { id: new_id(), name: "backup".into(), scopes: scopes.to_vec(), expires_in_days: None }
}

async fn token(app: &TestApp, scopes: &[Scope]) -> NewApiToken {
    app.send(asked(scopes)).await.unwrap()
}

async fn who(app: &TestApp, token: &str) -> Result<Option<String>, Problem> {
    app.send_as(token, GetIdentity {}).await.map(|identity| identity.account.map(|account| account.login))
}

#[tokio::test]
async fn a_token_is_shown_once_and_listed_without_what_it_is() {
    let app = with_operator().await;
    let call = PutApiToken { scopes: vec![Scope::Operate, Scope::Read, Scope::Read], expires_in_days: Some(90), ..asked(&[]) };
    let made = app.send(call).await.unwrap();
    assert_eq!((made.about.name.as_str(), &made.about.scopes[..]), ("backup", &[Scope::Read, Scope::Operate][..]));
    assert_eq!(made.about.expires, Some(made.about.created + 90 * 86_400_000));
    assert_eq!(made.about.used, None);
    assert_eq!(who(&app, &made.token).await.unwrap().as_deref(), Some("ada"));
    let listed = app.send(ListApiTokens {}).await.unwrap();
    assert!(listed[0].used.is_some_and(|used| used >= made.about.created), "{listed:?}");
    assert_eq!((listed.len(), &listed[0].id), (1, &made.about.id));
    assert!(!format!("{made:?}").contains(&made.token), "it may end up in a log");
}

#[tokio::test]
async fn a_token_goes_as_far_as_its_scopes_and_its_account() {
    let app = with_operator().await;
    let [read, write, operate] = [Scope::Read, Scope::Write, Scope::Operate].map(|scope| [scope]);
    let (read, write, operate) = (token(&app, &read).await, token(&app, &write).await, token(&app, &operate).await);
    let rename = || ChangeAccount { name: "Ada King".into() };
    assert!(app.send_as(&read.token, GetDevice {}).await.is_ok());
    let refused = app.send_as(&read.token, rename()).await.unwrap_err();
    assert_eq!((refused.code, refused.status), (Code::NotAllowed, 403));
    assert!(refused.detail.unwrap().contains("`write`"));
    assert!(app.send_as(&write.token, rename()).await.is_ok());
    assert!(app.send_as(&write.token, GetDevice {}).await.is_ok(), "writing includes reading");
    assert_eq!(app.send_as(&write.token, ListPlans {}).await.unwrap_err().code, Code::NotAllowed);
    assert!(app.send_as(&operate.token, ListPlans {}).await.is_ok());
    assert_eq!(app.send_as(&operate.token, GetDevice {}).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn no_token_touches_credentials_not_even_its_own() {
    let app = with_operator().await;
    let all = token(&app, &Scope::ALL).await;
    let refused = app.send_as(&all.token, asked(&[Scope::Read])).await.unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
    assert!(refused.detail.unwrap().contains("browser"));
    let delete = DeleteApiToken { id: all.about.id.clone() };
    assert_eq!(app.send_as(&all.token, delete).await.unwrap_err().code, Code::NotAllowed);
    let sign_in = SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() };
    assert_eq!(app.send_as(&all.token, sign_in).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(app.send_as(&all.token, SignOut {}).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn the_token_counts_and_not_the_cookies_beside_it_and_none_are_set() {
    let app = with_operator().await;
    let theirs = token(&app, &[Scope::Read]).await;
    let operator = app.forget_cookies();
    app.be(operator.clone());
    let call = || Request::get("/api/v1/plans").header(header::AUTHORIZATION, format!("Bearer {}", theirs.token));
    let answer = app.ask(call().body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.cookie()), (StatusCode::FORBIDDEN, None), "the operator's cookies do not help");

    app.be([("marquee_access".into(), "a.b.c".into())].into());
    let answer = app.ask(call().body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.cookie()), (StatusCode::FORBIDDEN, None), "nor are they taken back");
}

#[tokio::test]
async fn a_token_that_is_no_good_is_refused_and_no_guest() {
    let app = with_operator().await;
    let elsewhere = with_operator().await;
    let good = token(&app, &[Scope::Read]).await.token;
    let foreign = token(&elsewhere, &[Scope::Read]).await.token;
    let cut = &good[..good.len() - 1];
    let flipped = good.replacen("mq_", "mQ_", 1);
    for wrong in ["", "nonsense", "mq_", "mq_a_b_c", cut, &flipped, &format!("{good}0"), &foreign, &"x".repeat(5000)] {
        let request = Request::get("/api/v1/device").header(header::AUTHORIZATION, format!("Bearer {wrong}"));
        let answer = app.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert_eq!((answer.problem().code, answer.cookie()), (Code::TokenRefused, None));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"Marquee\", error=\"invalid_token\""));
    }
    let basic = Request::get("/api/v1/device").header(header::AUTHORIZATION, "Basic YTpi").body(Body::empty()).unwrap();
    assert_eq!(app.ask(basic).await.status, StatusCode::OK, "a proxy's own password is none of ours");
}

#[tokio::test]
async fn what_ends_a_token_bites_within_five_seconds() {
    let app = with_member().await;
    let (deleted, orphaned) = (token(&app, &[Scope::Read]).await, token(&app, &[Scope::Read]).await);
    for token in [&deleted, &orphaned] {
        assert_eq!(who(&app, &token.token).await.unwrap().as_deref(), Some("bob"));
    }
    app.send(DeleteApiToken { id: deleted.about.id.clone() }).await.unwrap();
    assert_eq!(app.send(DeleteApiToken { id: deleted.about.id }).await.unwrap_err().code, Code::NotFound);
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    assert_eq!(who(&app, &deleted.token).await.unwrap_err().code, Code::TokenRefused);
    assert_eq!(who(&app, &orphaned.token).await.unwrap().as_deref(), Some("bob"));

    app.forget_cookies();
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let bob = app.send(ListAccounts { q: Some("bob".into()), ..ListAccounts::default() }).await.unwrap().items.remove(0);
    app.send(UpdateAccount { id: bob.id, role: None, is_disabled: Some(true), removes_factors: false }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    assert_eq!(who(&app, &orphaned.token).await.unwrap_err().code, Code::TokenRefused);
}

#[tokio::test]
async fn what_cannot_be_a_token_is_said_by_its_field() {
    let app = with_member().await;
    for (call, field) in [
        (PutApiToken { id: new_id(), name: " ".into(), ..asked(&[Scope::Read]) }, "name"),
        (asked(&[]), "scopes"),
        (asked(&[Scope::Operate]), "scopes"),
        (PutApiToken { expires_in_days: Some(0), ..asked(&[Scope::Read]) }, "expires_in_days"),
        (PutApiToken { expires_in_days: Some(367), ..asked(&[Scope::Read]) }, "expires_in_days"),
    ] {
        let problem = app.send(call).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, field));
    }
    assert_eq!(app.send(ListApiTokens {}).await.unwrap(), []);
}

#[tokio::test]
async fn a_childs_profile_makes_no_token_and_one_that_was_made_keeps_to_the_limit_of_its_profile() {
    let app = with_member().await;
    let made = token(&app, &[Scope::Read, Scope::Write]).await;
    let profile = app.send(ListProfiles {}).await.unwrap().remove(0);
    // An account keeps one profile without an age limit.
    let spare = new_profile("Grace");
    app.send(spare).await.unwrap();
    let limited = ReplaceProfile {
        id: profile.id,
        name: profile.name,
        colour: profile.colour,
        maturity: Some(6),
        language: None,
        pin: None,
        current_pin: None,
        expected_version: None,
    };
    app.send(limited).await.unwrap();
    assert_eq!(app.send(asked(&[Scope::Read])).await.unwrap_err().code, Code::NotAllowed);
    let identity = app.send_as(&made.token, GetIdentity {}).await.unwrap();
    assert_eq!(identity.authorization.maturity, Some(6));
    let renamed = app.send_as(&made.token, ChangeAccount { name: "Mallory".into() }).await;
    assert_eq!(renamed.unwrap_err().code, Code::NotAllowed, "the account is out of its reach, whatever its scopes");
}
