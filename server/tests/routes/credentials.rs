//! What signs in, and changing it: who has to confirm first, what a new password ends, and how Unicode writes it all down.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use contract::{
    Code, Problem, Scope,
    identity::{
        AccountRole, AddPasskey, ChangePassword, Confirm, ConfirmTotp, DeleteApiToken, DeletePasskey, GetBilling,
        GetConfirmation, GetIdentity, GetSecurity, ListAccounts, ListApiTokens, ListSignIns, PasskeyAnswer, PutAccount,
        PutApiToken, PutBilling, SetUp, SignIn, StartConfirmation, StartPasskey, StartTotp,
    },
};
use serde_json::json;
use server::config::WebOrigin;
use storage::documents::{Expect, Write};
use totp_rs::Totp;

use crate::{
    authenticator::Authenticator,
    guesses::Time,
    support::{TestApp, new_account, new_id},
};

const PASSWORD: &str = "correct horse battery";
const NAME: &str = "films.example";

/// A server with an operator, who is signed in, and whose time is set.
async fn with_operator() -> (TestApp, Time) {
    let time = Time::new();
    let clock = time.clock();
    let configure = |config: &mut server::config::Config| {
        config.gateway.middleware.rate_limit = false;
        config.server.public_url = WebOrigin::parse(&format!("https://{NAME}"));
    };
    let app = TestApp::surrounded(configure, |surroundings| surroundings.clock = clock).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    (app, time)
}

fn sign_in(login: &str, password: &str) -> SignIn {
    SignIn { login: login.into(), password: password.into(), ..SignIn::default() }
}

fn token() -> PutApiToken {
    PutApiToken { id: new_id(), name: "backup".into(), scopes: vec![Scope::Read], expires_in_days: None }
}

fn billing() -> PutBilling {
    let [holder, street, postal_code, city, country, method] = ["Ada", "A street", "1", "London", "GB", ""].map(str::to_owned);
    PutBilling { holder, street, postal_code, city, country, method }
}

fn password(password: &str) -> Confirm {
    Confirm { password: Some(password.into()), ..Confirm::default() }
}

async fn add_passkey(app: &TestApp) -> (Authenticator, AddPasskey) {
    let mut key = Authenticator::at(NAME);
    let asked = app.send(StartPasskey {}).await.unwrap();
    let credential = key.create(&asked.options);
    (key, AddPasskey { ceremony: asked.id, name: None, credential })
}

/// What each call that changes a credential answers now.
async fn answers(app: &TestApp, added: AddPasskey) -> Vec<(&'static str, Option<Code>)> {
    let code = |outcome: Result<(), Problem>| outcome.err().map(|problem| problem.code);
    let [key, token_id] = ["nothing", "nothing"];
    vec![
        ("StartTotp", code(app.send(StartTotp {}).await.map(drop))),
        ("ConfirmTotp", code(app.send(ConfirmTotp { code: "000000".into() }).await.map(drop))),
        ("StartPasskey", code(app.send(StartPasskey {}).await.map(drop))),
        ("AddPasskey", code(app.send(added).await.map(drop))),
        ("DeletePasskey", code(app.send(DeletePasskey { id: key.parse().unwrap() }).await)),
        ("PutApiToken", code(app.send(token()).await.map(drop))),
        ("DeleteApiToken", code(app.send(DeleteApiToken { id: token_id.parse().unwrap() }).await)),
        ("PutBilling", code(app.send(billing()).await.map(drop))),
    ]
}

#[tokio::test]
async fn every_change_of_a_credential_asks_for_a_factor_of_the_last_five_minutes() {
    let (app, time) = with_operator().await;
    let (_, added) = add_passkey(&app).await;
    time.later(5 * 60);
    assert!(!app.send(GetConfirmation {}).await.unwrap().is_confirmed);
    for (call, refused) in answers(&app, added.clone()).await {
        assert_eq!(refused, Some(Code::ConfirmationRequired), "{call}");
    }
    assert_eq!(app.send(ListApiTokens {}).await.unwrap().len(), 0);
    // What shows the password itself asks for nothing more.
    let change = ChangePassword { current: PASSWORD.into(), new: "another horse battery".into() };
    app.send(change).await.unwrap();
    assert!(app.send(GetConfirmation {}).await.unwrap().is_confirmed);
    for (call, refused) in answers(&app, added).await {
        assert_ne!(refused, Some(Code::ConfirmationRequired), "{call}");
    }
}

#[tokio::test]
async fn a_passkey_that_was_made_in_the_meantime_is_added_once_its_holder_has_confirmed() {
    let (app, time) = with_operator().await;
    time.later(4 * 60);
    let (_, added) = add_passkey(&app).await;
    time.later(2 * 60);
    assert_eq!(app.send(added.clone()).await.unwrap_err().code, Code::ConfirmationRequired);
    app.send(password(PASSWORD)).await.unwrap();
    app.send(added).await.unwrap();
}

#[tokio::test]
async fn each_factor_confirms_and_what_is_wrong_or_another_accounts_does_not() {
    let (app, time) = with_operator().await;
    let (mut key, added) = add_passkey(&app).await;
    app.send(added).await.unwrap();
    let totp = Totp::from_url(app.send(StartTotp {}).await.unwrap().uri).unwrap();
    let codes = app.send(ConfirmTotp { code: totp.generate_current().to_string() }).await.unwrap().recovery_codes;
    let ways = app.send(GetConfirmation {}).await.unwrap();
    assert!(ways.takes_password && ways.takes_code && ways.takes_passkey && ways.is_confirmed, "{ways:?}");
    assert_eq!(ways.provider, None);

    let is_confirmed = async || app.send(GetConfirmation {}).await.unwrap().is_confirmed;
    let code = |code: &str| Confirm { code: Some(code.into()), ..Confirm::default() };
    time.later(5 * 60);
    for wrong in [password("wrong horse battery"), code("000000"), code("0000-0000-0000")] {
        assert_eq!(app.send(wrong).await.unwrap_err().code, Code::WrongCredentials);
    }
    for unclear in [Confirm::default(), Confirm { code: Some(codes[0].clone()), ..password(PASSWORD) }] {
        assert_eq!(app.send(unclear).await.unwrap_err().code, Code::InvalidRequest);
    }
    assert!(!is_confirmed().await);
    app.send(code(&codes[0])).await.unwrap();
    assert!(is_confirmed().await);
    time.later(5 * 60);
    assert_eq!(app.send(code(&codes[0])).await.unwrap_err().code, Code::WrongCredentials, "it is used up");
    let asked = app.send(StartConfirmation {}).await.unwrap();
    let passkey = Some(PasskeyAnswer { ceremony: asked.id, credential: key.get(&asked.options) });
    let answer = Confirm { passkey, ..Confirm::default() };
    app.send(answer.clone()).await.unwrap();
    assert!(is_confirmed().await);
    time.later(60);
    assert_eq!(app.send(answer).await.unwrap_err().code, Code::NotFound, "an answer is good once");

    // The same key confirms nothing for another account.
    let bob = new_account("bob", "Bob");
    app.send(bob).await.unwrap();
    app.forget_cookies();
    app.send(sign_in("bob", PASSWORD)).await.unwrap();
    time.later(5 * 60);
    let asked = app.send(StartConfirmation {}).await.unwrap();
    let passkey = Some(PasskeyAnswer { ceremony: asked.id, credential: key.get(&asked.options) });
    let theirs = app.send(Confirm { passkey, ..Confirm::default() }).await.unwrap_err();
    assert_eq!(theirs.code, Code::WrongCredentials);
    assert!(!is_confirmed().await);
    assert!(!app.send(GetConfirmation {}).await.unwrap().takes_passkey);
}

#[tokio::test]
async fn one_device_confirms_nothing_for_another_and_no_token_confirms_anything() {
    let (app, time) = with_operator().await;
    let made = app.send(token()).await.unwrap().token;
    let first = app.forget_cookies();
    app.send(sign_in("ada", PASSWORD)).await.unwrap();
    time.later(5 * 60);
    app.send(password(PASSWORD)).await.unwrap();
    assert!(app.send(GetConfirmation {}).await.unwrap().is_confirmed);
    app.be(first);
    assert!(!app.send(GetConfirmation {}).await.unwrap().is_confirmed);
    app.forget_cookies();
    assert_eq!(app.send_as(&made, password(PASSWORD)).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(app.send_as(&made, GetConfirmation {}).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn a_new_password_ends_api_tokens_and_every_other_device() {
    let (app, _) = with_operator().await;
    let made = app.send(token()).await.unwrap().token;
    let first = app.forget_cookies();
    app.send(sign_in("ada", PASSWORD)).await.unwrap();
    let change = |current: &str| ChangePassword { current: current.into(), new: "another horse battery".into() };
    assert_eq!(app.send(change("wrong horse battery")).await.unwrap_err().code, Code::WrongCredentials);
    assert_eq!(app.send(ListApiTokens {}).await.unwrap().len(), 1, "who is wrong ends nothing");
    app.send(change(PASSWORD)).await.unwrap();
    assert_eq!(app.send(ListApiTokens {}).await.unwrap(), []);
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 1);
    let mut first = first;
    // What a session stands for is remembered for five seconds.
    first.remove("marquee_access");
    let this = app.be(first);
    assert_eq!(app.send(GetIdentity {}).await.unwrap().account, None);
    app.forget_cookies();
    assert_eq!(app.send_as(&made, GetIdentity {}).await.unwrap_err().code, Code::TokenRefused);
    app.be(this);
    assert!(app.send(GetIdentity {}).await.unwrap().account.is_some());
}

#[tokio::test]
async fn a_login_and_a_password_open_however_unicode_writes_them_down() {
    let (app, _) = with_operator().await;
    let composed = "caf\u{e9} noir, please";
    let zoe = PutAccount {
        id: new_id(),
        login: "Zo\u{eb}".into(),
        name: "Zo\u{eb}".into(),
        password: composed.into(),
        role: AccountRole::Member,
    };
    app.send(zoe.clone()).await.unwrap();
    let same = PutAccount { id: new_id(), login: "ZOE\u{308}".into(), ..zoe };
    assert_eq!(app.send(same).await.unwrap_err().code, Code::NameTaken);
    app.forget_cookies();
    for login in ["Zo\u{eb}", "zoe\u{308}", " \u{ff3a}OE\u{308} "] {
        for typed in [composed, "cafe\u{301} noir, please"] {
            app.send(sign_in(login, typed)).await.unwrap();
            app.forget_cookies();
        }
    }
}

/// Keeps a login as it was typed, and by a key as older builds made it.
async fn keep_by(app: &TestApp, (login, typed): (&str, &str), old_key: &str) {
    let accounts = server::collections::all().into_iter().find(|collection| collection.name == "accounts").unwrap();
    let all = app.server.stores.documents.list(accounts, None, 100).await.unwrap().documents;
    let mut document = all.into_iter().find(|document| document.body["login"] == login).unwrap();
    document.body["login"] = json!(typed);
    document.body["login_key"] = json!(old_key);
    let write = Write { id: document.id, body: document.body, expect: Expect::Version(document.version) };
    app.server.stores.documents.put(accounts, write).await.unwrap();
}

#[tokio::test]
async fn accounts_that_an_older_build_made_are_found_and_of_two_that_are_one_now_both() {
    let (app, _) = with_operator().await;
    let decomposed = new_account("Zoe\u{308}", "The first");
    app.send(decomposed.clone()).await.unwrap();
    keep_by(&app, ("Zo\u{eb}", "Zoe\u{308}"), "zoe\u{308}").await;
    // Before it is given its new key, as it was typed; afterwards, in every form.
    app.send_afresh(sign_in("ZOE\u{308}", PASSWORD)).await.unwrap();
    app.send(PutAccount { id: new_id(), login: "stra\u{df}e".into(), name: "Another".into(), ..decomposed.clone() })
        .await
        .unwrap();
    keep_by(&app, ("stra\u{df}e", "stra\u{df}e"), "stra\u{df}e").await;
    let folder = app.folder();
    let cookies = app.forget_cookies();
    drop(app);
    let app = TestApp::reopened(folder, |_| {}).await;
    for login in ["Zo\u{eb}", "zoe\u{308}", "Stra\u{df}e", "STRASSE"] {
        app.send_afresh(sign_in(login, PASSWORD)).await.unwrap();
    }

    // Two that older builds told apart.
    keep_by(&app, ("Zoe\u{308}", "Zoe\u{308}"), "zoe\u{308}").await;
    app.be(cookies);
    app.send(PutAccount { id: new_id(), login: "Zo\u{eb}".into(), name: "The second".into(), ..decomposed }).await.unwrap();
    let folder = app.folder();
    drop(app);
    let app = TestApp::reopened(folder, |_| {}).await;
    for (login, name) in [("Zoe\u{308}", "The first"), ("Zo\u{eb}", "The second"), ("zoe\u{308}", "The first")] {
        assert_eq!(app.send_afresh(sign_in(login, PASSWORD)).await.unwrap().name, name, "{login}");
    }
    app.send(sign_in("ada", PASSWORD)).await.unwrap();
    assert_eq!(app.send(ListAccounts::default()).await.unwrap().items.len(), 4);
}

#[tokio::test]
async fn what_an_account_lives_by_is_kept_by_no_cache_not_even_the_browsers() {
    let (app, _) = with_operator().await;
    app.send(GetBilling {}).await.unwrap();
    app.send(GetSecurity {}).await.unwrap();
    for path in ["billing", "security", "tokens", "confirmation"] {
        let answer = app.get(&format!("/api/v1/account/{path}")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, Some("no-store")), "{path}");
        assert_eq!(answer.header("etag"), None, "{path}");
    }
    let body = serde_json::to_vec(&billing()).unwrap();
    let request = Request::put("/api/v1/account/billing").header(header::CONTENT_TYPE, "application/json");
    let answer = app.ask(request.body(Body::from(body)).unwrap()).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, Some("no-store")));
}
