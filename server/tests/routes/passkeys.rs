//! Passkeys over HTTP: added, signed in with, and every way in which an answer may be no good.

use contract::{
    Code, Problem,
    identity::{
        Account, AddPasskey, ConfirmTotp, DeletePasskey, FinishPasskeySignIn, GetIdentity, GetSecurity, Passkey, RenamePasskey,
        SetUp, SignIn, StartPasskey, StartPasskeySignIn, StartTotp, UpdateAccount,
    },
};
use server::config::WebOrigin;
use totp_rs::Totp;

use crate::{
    authenticator::Authenticator,
    support::{Cookies, TestApp, new_account},
};

const PASSWORD: &str = "correct horse battery";
const NAME: &str = "films.example";

/// A server at a name, with an operator who is signed in.
async fn with_operator() -> TestApp {
    let app = at(&format!("https://{NAME}")).await;
    app.send(SetUp { login: "Ada".into(), name: "Ada Lovelace".into(), password: PASSWORD.into() }).await.unwrap();
    app
}

async fn at(origin: &str) -> TestApp {
    TestApp::with(|config| config.server.public_url = WebOrigin::parse(origin)).await
}

async fn add(app: &TestApp, key: &mut Authenticator) -> Result<Passkey, Problem> {
    let asked = app.send(StartPasskey {}).await?;
    let credential = key.create(&asked.options);
    app.send(AddPasskey { ceremony: asked.id, name: Some("My phone".into()), credential }).await
}

/// A server, and a passkey of its operator, whom nobody is signed in as.
async fn with_passkey() -> (TestApp, Authenticator, Cookies) {
    let app = with_operator().await;
    let mut key = Authenticator::at(NAME);
    add(&app, &mut key).await.unwrap();
    let operator = app.forget_cookies();
    (app, key, operator)
}

async fn sign_in(app: &TestApp, key: &mut Authenticator) -> Result<Account, Problem> {
    let asked = app.send(StartPasskeySignIn {}).await?;
    let credential = key.get(&asked.options);
    app.send(FinishPasskeySignIn { ceremony: asked.id, credential, replaces_oldest: false }).await
}

async fn refusal(app: &TestApp, key: &mut Authenticator) -> Code {
    sign_in(app, key).await.unwrap_err().code
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_name_a_password_or_a_code() {
    let (app, mut key, operator) = with_passkey().await;
    app.be(operator);
    let totp = Totp::from_url(app.send(StartTotp {}).await.unwrap().uri).unwrap();
    app.send(ConfirmTotp { code: totp.generate_current().to_string() }).await.unwrap();
    app.forget_cookies();

    assert_eq!(sign_in(&app, &mut key).await.unwrap().login, "Ada");
    assert_eq!(app.send(GetIdentity {}).await.unwrap().account.unwrap().login, "Ada");
    let security = app.send(GetSecurity {}).await.unwrap();
    assert_eq!((security.passkeys.len(), security.passkeys_unavailable), (1, None));
    let listed = &security.passkeys[0];
    assert_eq!(listed.name, "My phone");
    assert!(listed.used.is_some_and(|used| used >= listed.created), "{listed:?}");
    sign_in(&app, &mut key).await.unwrap();
}

#[tokio::test]
async fn the_question_asks_for_a_key_that_knows_its_holder_and_names_no_account() {
    let app = with_operator().await;
    let mut key = Authenticator::at(NAME);
    let asked = app.send(StartPasskey {}).await.unwrap().options;
    assert_eq!(asked["rp"]["id"], NAME);
    assert_eq!(asked["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(asked["excludeCredentials"].as_array().map_or(0, Vec::len), 0);
    add(&app, &mut key).await.unwrap();
    let again = app.send(StartPasskey {}).await.unwrap().options;
    assert_eq!(again["excludeCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(again["user"]["id"], asked["user"]["id"], "an account has one handle");
    let entering = app.send(StartPasskeySignIn {}).await.unwrap().options;
    assert_eq!(entering["allowCredentials"].as_array().unwrap().len(), 0);
    assert_eq!((&entering["rpId"], &entering["userVerification"]), (&NAME.into(), &"required".into()));
}

#[tokio::test]
async fn an_answer_is_good_once_and_to_its_own_question() {
    let (app, mut key, _) = with_passkey().await;
    let asked = app.send(StartPasskeySignIn {}).await.unwrap();
    let answer = FinishPasskeySignIn { ceremony: asked.id.clone(), credential: key.get(&asked.options), replaces_oldest: false };
    app.send(answer.clone()).await.unwrap();
    app.forget_cookies();
    assert_eq!(app.send(answer.clone()).await.unwrap_err().code, Code::NotFound);
    let other = app.send(StartPasskeySignIn {}).await.unwrap().id;
    let replayed = app.send(FinishPasskeySignIn { ceremony: other, ..answer }).await.unwrap_err();
    assert_eq!(replayed.code, Code::WrongCredentials);
    assert_eq!(app.send(GetIdentity {}).await.unwrap().account, None);
}

#[tokio::test]
async fn of_many_who_bring_the_same_answer_at_once_one_is_let_in() {
    let (app, mut key, _) = with_passkey().await;
    let asked = app.send(StartPasskeySignIn {}).await.unwrap();
    let answer = FinishPasskeySignIn { ceremony: asked.id, credential: key.get(&asked.options), replaces_oldest: false };
    let one = || app.send(answer.clone());
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    let outcomes = [a, b, c, d].map(|outcome| outcome.map_err(|problem| problem.code));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Code::NotFound))), "{outcomes:?}");
}

#[tokio::test]
async fn a_copy_whose_counter_lags_behind_is_refused() {
    let (app, mut key, _) = with_passkey().await;
    let mut copy = key.clone();
    sign_in(&app, &mut key).await.unwrap();
    app.forget_cookies();
    assert_eq!(refusal(&app, &mut copy).await, Code::WrongCredentials);
    copy.counter = 10;
    sign_in(&app, &mut copy).await.unwrap();
    app.forget_cookies();
    assert_eq!(refusal(&app, &mut key).await, Code::WrongCredentials);
}

#[tokio::test]
async fn an_authenticator_that_did_not_see_its_holder_or_another_site_is_refused() {
    let (app, key, operator) = with_passkey().await;
    let lies: [fn(&mut Authenticator); 4] = [
        |key| key.verifies = false,
        |key| key.origin = "https://evil.example".into(),
        |key| key.party = "evil.example".into(),
        |key| key.handle[0] ^= 1,
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let mut liar = key.clone();
        lie(&mut liar);
        assert_eq!(refusal(&app, &mut liar).await, Code::WrongCredentials, "lie {number}");
    }
    app.be(operator);
    for lie in &lies[..3] {
        let mut liar = Authenticator::at(NAME);
        lie(&mut liar);
        assert_eq!(add(&app, &mut liar).await.unwrap_err().fields[0].field, "credential");
    }
    assert_eq!(app.send(GetSecurity {}).await.unwrap().passkeys.len(), 1);
}

#[tokio::test]
async fn keys_that_nobody_added_are_refused_and_trying_them_is_slowed_down() {
    let (app, key, _) = with_passkey().await;
    for _ in 0..5 {
        let mut stranger = Authenticator::at(NAME);
        stranger.handle.clone_from(&key.handle);
        assert_eq!(refusal(&app, &mut stranger).await, Code::WrongCredentials);
    }
    assert_eq!(app.send(StartPasskeySignIn {}).await.unwrap_err().code, Code::RateLimited);
}

#[tokio::test]
async fn a_question_is_answered_by_the_account_that_was_asked() {
    let (app, key, operator) = with_passkey().await;
    app.be(operator.clone());
    let call = new_account("bob", "Bob");
    app.send(call).await.unwrap();
    let asked = app.send(StartPasskey {}).await.unwrap();
    let credential = Authenticator::at(NAME).create(&asked.options);
    app.forget_cookies();
    app.send(SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let stolen = app.send(AddPasskey { ceremony: asked.id, name: None, credential }).await.unwrap_err();
    assert_eq!(stolen.code, Code::NotFound);

    // Ada's very key, shown by Bob.
    let theirs = add(&app, &mut key.clone()).await.unwrap_err();
    assert_eq!(theirs.code, Code::NameTaken);
    assert!(theirs.detail.unwrap().contains("another account"));
    app.be(operator);
    let twice = add(&app, &mut key.clone()).await.unwrap_err();
    assert_eq!(twice.fields[0].field, "credential", "the question said that this one is there");
    app.forget_cookies();
    assert_eq!(sign_in(&app, &mut key.clone()).await.unwrap().login, "Ada", "it is Ada's as before");
}

#[tokio::test]
async fn a_passkey_is_renamed_and_removed_and_then_signs_in_no_more() {
    let (app, mut key, operator) = with_passkey().await;
    app.be(operator);
    let id = app.send(GetSecurity {}).await.unwrap().passkeys.remove(0).id;
    assert_eq!(app.send(RenamePasskey { id: id.clone(), name: " Key ".into() }).await.unwrap().name, "Key");
    let unnamed = app.send(RenamePasskey { id: id.clone(), name: " ".into() }).await.unwrap_err();
    assert_eq!(unnamed.fields[0].field, "name");
    app.send(DeletePasskey { id: id.clone() }).await.unwrap();
    assert_eq!(app.send(DeletePasskey { id }).await.unwrap_err().code, Code::NotFound);
    let operator = app.forget_cookies();
    assert_eq!(refusal(&app, &mut key).await, Code::WrongCredentials);
    app.be(operator);
    add(&app, &mut key).await.unwrap();
}

#[tokio::test]
async fn an_account_has_twenty_and_no_more() {
    let app = with_operator().await;
    for _ in 0..20 {
        add(&app, &mut Authenticator::at(NAME)).await.unwrap();
    }
    assert_eq!(app.send(StartPasskey {}).await.unwrap_err().code, Code::LimitReached);
}

#[tokio::test]
async fn a_disabled_account_and_one_whose_factors_were_taken_away_are_not_let_in() {
    let (app, _, operator) = with_passkey().await;
    app.be(operator);
    let call = new_account("bob", "Bob");
    let bob = app.send(call).await.unwrap().id;
    let operator = app.forget_cookies();
    app.send(SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    let mut key = Authenticator::at(NAME);
    add(&app, &mut key).await.unwrap();

    let change = |is_disabled, removes_factors| UpdateAccount {
        id: bob.clone(),
        role: None,
        is_disabled: Some(is_disabled),
        removes_factors,
    };
    for (change, outcome) in [
        (change(true, false), Err(Code::WrongCredentials)),
        (change(false, false), Ok("bob".to_owned())),
        (change(false, true), Err(Code::WrongCredentials)),
    ] {
        app.be(operator.clone());
        app.send(change).await.unwrap();
        app.forget_cookies();
        let entered = sign_in(&app, &mut key).await.map(|account| account.login).map_err(|problem| problem.code);
        assert_eq!(entered, outcome);
    }
}

#[tokio::test]
async fn an_address_that_cannot_have_passkeys_says_why() {
    for (origin, why) in [("https://192.0.2.1", "IP address"), ("http://films.example", "https")] {
        let app = at(origin).await;
        app.send(SetUp { login: "Ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
        assert!(app.send(GetSecurity {}).await.unwrap().passkeys_unavailable.unwrap().contains(why));
        let refused = app.send(StartPasskey {}).await.unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed);
        assert!(refused.detail.unwrap().contains(why));
        assert_eq!(app.send(StartPasskeySignIn {}).await.unwrap_err().code, Code::NotAllowed);
    }
}

#[tokio::test]
async fn where_signing_in_here_is_switched_off_passkeys_are_too() {
    let app = TestApp::with(|config| {
        config.server.public_url = WebOrigin::parse("https://films.example");
        config.identity.local = false;
    });
    let app = app.await;
    assert_eq!(app.send(StartPasskeySignIn {}).await.unwrap_err().code, Code::NotAllowed);
}
