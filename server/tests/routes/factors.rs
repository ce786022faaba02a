//! Second factors over HTTP: an authenticator app, recovery codes, and who helps when both are lost.

use std::time::{SystemTime, UNIX_EPOCH};

use contract::{
    Code, Problem,
    entitlements::PutPlan,
    identity::{
        Account, ConfirmTotp, GetSecurity, ListAccounts, NewTotp, RemoveTotp, RenewRecoveryCodes, SetUp, SignIn, SignOut,
        StartTotp, UpdateAccount,
    },
};
use storage::keyvalue::SCAN_LIMIT;
use totp_rs::Totp;

use crate::support::{TestApp, new_account};

const PASSWORD: &str = "correct horse battery";

/// A server with an operator, who is signed in.
async fn with_operator() -> TestApp {
    let app = TestApp::start().await;
    app.send(SetUp { login: "Ada".into(), name: "Ada Lovelace".into(), password: PASSWORD.into() }).await.unwrap();
    app
}

/// What the app shows now, and what it shows so many steps later.
fn code(totp: &NewTotp, later: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Totp::from_url(&totp.uri).unwrap().generate(now + 30 * later).to_string()
}

/// Turns the second factor on with the code of now; the recovery codes.
async fn turn_on(app: &TestApp) -> (NewTotp, Vec<String>) {
    let totp = app.send(StartTotp {}).await.unwrap();
    let codes = app.send(ConfirmTotp { code: code(&totp, 0) }).await.unwrap().recovery_codes;
    (totp, codes)
}

async fn sign_in(app: &TestApp, code: Option<&str>) -> Result<Account, Problem> {
    app.forget_cookies();
    app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), code: code.map(str::to_owned), ..SignIn::default() }).await
}

#[tokio::test]
async fn a_password_alone_is_enough_until_an_app_has_proved_itself() {
    let app = with_operator().await;
    let nothing = app.send(GetSecurity {}).await.unwrap();
    assert_eq!((nothing.has_totp, nothing.recovery_codes_left, nothing.unavailable), (false, 0, None));
    let totp = app.send(StartTotp {}).await.unwrap();
    assert!(totp.qr_svg.starts_with("<svg "), "{}", totp.qr_svg);
    let wrong = app.send(ConfirmTotp { code: "12345".into() }).await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongCredentials);
    assert!(!app.send(GetSecurity {}).await.unwrap().has_totp);
    sign_in(&app, None).await.unwrap();

    let codes = app.send(ConfirmTotp { code: code(&totp, 0) }).await.unwrap().recovery_codes;
    let on = app.send(GetSecurity {}).await.unwrap();
    assert_eq!((codes.len(), on.has_totp, on.recovery_codes_left), (10, true, 10));
    assert_eq!(app.send(StartTotp {}).await.unwrap_err().code, Code::LimitReached);
    assert_eq!(app.send(ConfirmTotp { code: code(&totp, 1) }).await.unwrap_err().code, Code::LimitReached);
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_is_good_once() {
    let app = with_operator().await;
    let (totp, _) = turn_on(&app).await;
    assert_eq!(sign_in(&app, None).await.unwrap_err().code, Code::SecondFactorRequired);
    assert_eq!(sign_in(&app, Some(" ")).await.unwrap_err().status, 401);
    let used = code(&totp, 0);
    assert_eq!(sign_in(&app, Some(&used)).await.unwrap_err().code, Code::WrongCredentials, "it turned the factor on");
    let next = code(&totp, 1);
    let shown = format!("{} {}", &next[..3], &next[3..]);
    assert_eq!(sign_in(&app, Some(&shown)).await.unwrap().login, "Ada");
    let replayed = sign_in(&app, Some(&next)).await.unwrap_err();
    assert_eq!(replayed.code, Code::WrongCredentials);
    assert!(replayed.detail.unwrap().contains("used already"));
}

#[tokio::test]
async fn whether_there_is_a_second_factor_is_said_to_whoever_knows_the_password_alone() {
    let app = with_operator().await;
    turn_on(&app).await;
    app.forget_cookies();
    let guess = |login: &str| SignIn { login: login.into(), password: "wrong horse battery".into(), ..SignIn::default() };
    let (known, unknown) = (app.send(guess("ada")).await.unwrap_err(), app.send(guess("nobody")).await.unwrap_err());
    assert_eq!((known.code, &known.detail), (Code::WrongCredentials, &None));
    assert_eq!((unknown.code, unknown.detail), (known.code, known.detail));
}

/// Signs in four times at once with the same code; the outcomes.
async fn at_once(app: &TestApp, code: &str) -> [Result<Account, Code>; 4] {
    app.forget_cookies();
    let one =
        || app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), code: Some(code.into()), ..SignIn::default() });
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    [a, b, c, d].map(|outcome| outcome.map_err(|problem| problem.code))
}

#[tokio::test]
async fn of_many_who_bring_the_same_code_at_once_one_is_let_in() {
    let app = with_operator().await;
    let (totp, _) = turn_on(&app).await;
    let outcomes = at_once(&app, &code(&totp, 1)).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Code::WrongCredentials))), "{outcomes:?}");
}

#[tokio::test]
async fn of_many_who_bring_the_same_recovery_code_at_once_one_is_let_in() {
    let app = with_operator().await;
    let (_, codes) = turn_on(&app).await;
    let outcomes = at_once(&app, &codes[0]).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Code::WrongCredentials))), "{outcomes:?}");
    sign_in(&app, Some(&codes[1])).await.unwrap();
    assert_eq!(app.send(GetSecurity {}).await.unwrap().recovery_codes_left, 8);
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_for_the_account_whatever_the_number_of_hands() {
    let app = with_operator().await;
    let (_, codes) = turn_on(&app).await;
    app.forget_cookies();
    let guess =
        || app.send(SignIn { login: "ada".into(), password: PASSWORD.into(), code: Some("000000".into()), ..SignIn::default() });
    let guesses = futures::future::join_all((0..12).map(|_| guess())).await;
    let checked = guesses.iter().filter(|guess| guess.as_ref().is_err_and(|it| it.code == Code::WrongCredentials)).count();
    assert!(checked <= 5, "{checked} of twelve at once were checked");
    assert_eq!(guess().await.unwrap_err().code, Code::RateLimited);
    let slowed = sign_in(&app, Some(&codes[0])).await.unwrap_err();
    assert_eq!(slowed.code, Code::RateLimited, "a right one waits as well");
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_however_it_is_typed() {
    let app = with_operator().await;
    let (_, codes) = turn_on(&app).await;
    assert!(codes.iter().all(|code| code.len() == 14), "{codes:?}");
    sign_in(&app, Some(&codes[3].to_uppercase().replace('-', " "))).await.unwrap();
    assert_eq!(app.send(GetSecurity {}).await.unwrap().recovery_codes_left, 9);
    assert_eq!(sign_in(&app, Some(&codes[3])).await.unwrap_err().code, Code::WrongCredentials);
    sign_in(&app, Some(&codes[4])).await.unwrap();

    let refused = app.send(RenewRecoveryCodes { password: "not the password".into() }).await.unwrap_err();
    assert_eq!(refused.code, Code::WrongCredentials);
    let renewed = app.send(RenewRecoveryCodes { password: PASSWORD.into() }).await.unwrap().recovery_codes;
    assert_eq!(app.send(GetSecurity {}).await.unwrap().recovery_codes_left, 10);
    assert_eq!(sign_in(&app, Some(&codes[5])).await.unwrap_err().code, Code::WrongCredentials);
    sign_in(&app, Some(&renewed[0])).await.unwrap();
}

#[tokio::test]
async fn it_is_turned_off_with_the_password_and_can_be_turned_on_again() {
    let app = with_operator().await;
    let (before, _) = turn_on(&app).await;
    assert_eq!(app.send(RemoveTotp { password: "not it at all".into() }).await.unwrap_err().code, Code::WrongCredentials);
    app.send(RemoveTotp { password: PASSWORD.into() }).await.unwrap();
    assert_eq!(app.send(RemoveTotp { password: PASSWORD.into() }).await.unwrap_err().code, Code::NotFound);
    assert_eq!(app.send(RenewRecoveryCodes { password: PASSWORD.into() }).await.unwrap_err().code, Code::NotFound);
    sign_in(&app, None).await.unwrap();
    let (after, _) = turn_on(&app).await;
    assert_ne!(before.secret, after.secret);
    assert_eq!(sign_in(&app, Some(&code(&before, 1))).await.unwrap_err().code, Code::WrongCredentials);
    sign_in(&app, Some(&code(&after, 1))).await.unwrap();
}

#[tokio::test]
async fn an_operator_helps_somebody_who_lost_both() {
    let app = with_operator().await;
    let bob = new_account("bob", "Bob");
    app.send(bob).await.unwrap();
    let operator = app.forget_cookies();
    let bob = || SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() };
    app.send(bob()).await.unwrap();
    turn_on(&app).await;
    app.send(SignOut {}).await.unwrap();
    assert_eq!(app.send(bob()).await.unwrap_err().code, Code::SecondFactorRequired);

    app.be(operator);
    let accounts = app.send(ListAccounts { q: Some("bob".into()), ..ListAccounts::default() }).await.unwrap().items;
    let help = UpdateAccount { id: accounts[0].id.clone(), role: None, is_disabled: None, removes_factors: true };
    app.send(help).await.unwrap();
    app.forget_cookies();
    app.send(bob()).await.unwrap();
    assert!(!app.send(GetSecurity {}).await.unwrap().has_totp);
}

#[tokio::test]
async fn neither_a_secret_nor_a_code_is_kept_as_it_is() {
    let app = with_operator().await;
    let (totp, codes) = turn_on(&app).await;
    let raw = Totp::from_url(&totp.uri).unwrap().secret().as_bytes().to_vec();
    let kept = app.server.stores.keyvalue.scan("second-factor", None, SCAN_LIMIT).await.unwrap();
    assert!(kept.is_empty(), "it is the vault's alone");
    let files = std::fs::read_dir(app.data()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.is_file()).collect();
    assert!(files.iter().any(|path| path.ends_with("vault.db")), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!bytes.windows(raw.len()).any(|window| window == raw), "{file:?}");
        assert!(!text.contains(&totp.secret.to_lowercase()), "{file:?}");
        assert!(!codes.iter().any(|code| text.contains(code) || text.contains(&code.replace('-', ""))), "{file:?}");
    }
}

#[tokio::test]
async fn where_signing_in_here_is_switched_off_there_is_nothing_to_protect() {
    let app = TestApp::with(|config| config.identity.local = false).await;
    app.send(SetUp { login: "Ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    assert!(app.send(GetSecurity {}).await.unwrap().unavailable.unwrap().contains("switched off"));
    assert_eq!(app.send(StartTotp {}).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(app.send(ConfirmTotp { code: "123456".into() }).await.unwrap_err().code, Code::NotAllowed);
    assert_eq!(app.send(RemoveTotp { password: PASSWORD.into() }).await.unwrap_err().code, Code::NotAllowed);
}

#[tokio::test]
async fn who_must_choose_what_gives_way_comes_again_with_the_same_code() {
    let app = with_operator().await;
    let call = new_account("bob", "Bob");
    app.send(call).await.unwrap();
    let authorization = serde_json::json!({ "devices": 1 }).as_object().unwrap().clone();
    let plan = PutPlan { id: "member".parse().unwrap(), name: "Members".into(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    app.forget_cookies();
    let bob = |code: Option<&str>, replaces_oldest| SignIn {
        login: "bob".into(),
        password: PASSWORD.into(),
        code: code.map(str::to_owned),
        replaces_oldest,
    };
    app.send(bob(None, false)).await.unwrap();
    let (_, codes) = turn_on(&app).await;
    app.forget_cookies();
    let wrong = app.send(bob(Some("0000-0000-0000"), false)).await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongCredentials, "which devices there are is not for who lacks a code");
    assert_eq!(app.send(bob(Some(&codes[0]), false)).await.unwrap_err().code, Code::LimitReached);
    app.send(bob(Some(&codes[0]), true)).await.unwrap();
    app.forget_cookies();
    assert_eq!(app.send(bob(Some(&codes[0]), true)).await.unwrap_err().code, Code::WrongCredentials);
}
