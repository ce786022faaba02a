//! Guessing at secrets over HTTP: by many at once, from many addresses, by the owner's side, and with a clock that is set.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use contract::{
    Code,
    identity::{ChangePassword, ConfirmTotp, ReplaceProfile, SelectProfile, SetUp, SignIn, StartPasskeySignIn, StartTotp},
};
use runtime::clock::Clock;
use server::config::WebOrigin;
use storage::keyvalue::SCAN_LIMIT;
use totp_rs::Totp;

use crate::support::{Answer, Cookies, TestApp, ask, new_account, new_profile};

const PASSWORD: &str = "correct horse battery";
const WRONG: &str = "wrong horse battery";

/// A time that tests set, in milliseconds since 1970.
#[derive(Clone)]
pub struct Time(Arc<AtomicU64>);

impl Time {
    pub fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self(Arc::new(AtomicU64::new(u64::try_from(now.as_millis()).unwrap())))
    }

    pub fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || UNIX_EPOCH + Duration::from_millis(now.load(Ordering::Relaxed)))
    }

    pub fn later(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

/// A server with an operator, whose browser's cookies come back, and whose time is set.
async fn with_operator() -> (TestApp, Cookies, Time) {
    let time = Time::new();
    let clock = time.clock();
    let configure = |config: &mut server::config::Config| {
        config.gateway.middleware.rate_limit = false;
        config.server.public_url = WebOrigin::parse("https://films.example");
    };
    let app = TestApp::surrounded(configure, |surroundings| surroundings.clock = clock).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    let cookies = app.forget_cookies();
    (app, cookies, time)
}

/// What a browser keeps that was signed out: that it was there.
fn known(cookies: &Cookies) -> Cookies {
    let known: Cookies = cookies.clone().into_iter().filter(|(name, _)| name.contains("marquee_known_")).collect();
    assert_eq!(known.len(), 1, "{cookies:?}");
    known
}

/// One try at signing in from an address.
async fn sign_in(app: &TestApp, from: IpAddr, cookies: &Cookies, call: &SignIn) -> Answer {
    let carried: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Request::post("/api/v1/sign-in")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, carried.join("; "))
        .extension(ConnectInfo(SocketAddr::new(from, 1)))
        .body(Body::from(serde_json::to_vec(call).unwrap()))
        .unwrap();
    ask(&app.server.router, request).await
}

fn with(password: &str) -> SignIn {
    SignIn { login: "ada".into(), password: password.into(), ..SignIn::default() }
}

fn address(number: u32) -> IpAddr {
    IpAddr::V4((0x0a00_0000 + number).into())
}

/// Whether it was tried at all.
fn was_tried(answer: &Answer) -> bool {
    match answer.problem().code {
        Code::WrongCredentials => true,
        Code::RateLimited => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_a_hundred_wrong_passwords_at_once_no_more_are_tried_than_are_due() {
    let (app, cookies, _) = with_operator().await;
    let (nobody, wrong) = (Cookies::new(), with(WRONG));
    for carried in [&nobody, &known(&cookies)] {
        let tries = futures::future::join_all((0..100).map(|_| sign_in(&app, address(1), carried, &wrong))).await;
        assert!(tries.iter().filter(|answer| answer.problem().code == Code::WrongCredentials).count() <= 5);
    }
}

#[tokio::test]
async fn of_a_hundred_wrong_pins_or_current_passwords_at_once_no_more_are_tried_than_are_due() {
    let (app, cookies, _) = with_operator().await;
    app.be(cookies);
    let profile = ReplaceProfile { colour: "#ffb547".into(), pin: Some("1234".into()), ..new_profile("Kid") };
    let id = app.send(profile).await.unwrap().id;
    let pins = (0..100).map(|pin| app.send(SelectProfile { id: id.clone(), pin: Some(format!("{:04}", 9000 + pin)) }));
    let pins = futures::future::join_all(pins).await;
    assert!(pins.iter().filter(|pin| pin.as_ref().is_err_and(|it| it.code == Code::WrongCredentials)).count() <= 5);
    let change = || app.send(ChangePassword { current: WRONG.into(), new: "another horse battery".into() });
    let changes = futures::future::join_all((0..100).map(|_| change())).await;
    assert!(changes.iter().filter(|change| change.as_ref().is_err_and(|it| it.code == Code::WrongCredentials)).count() <= 5);
}

#[tokio::test]
async fn guesses_that_are_cut_off_count() {
    let (app, _, _) = with_operator().await;
    let (nobody, wrong) = (Cookies::new(), with(WRONG));
    for number in 1..=5_u64 {
        // Left as soon as it is counted, before it is answered.
        let counted = async {
            loop {
                let counters = app.server.stores.keyvalue.scan("throttle/address/", None, SCAN_LIMIT).await.unwrap();
                let is_there = counters
                    .iter()
                    .any(|(_, entry)| serde_json::from_slice::<serde_json::Value>(&entry.value).unwrap()["wrong"] == number);
                if is_there {
                    return;
                }
            }
        };
        tokio::select! {
            _ = sign_in(&app, address(1), &nobody, &wrong) => {}
            () = counted => {}
        }
    }
    let refused = sign_in(&app, address(1), &Cookies::new(), &with(PASSWORD)).await.problem();
    assert_eq!(refused.code, Code::RateLimited);
}

#[tokio::test]
async fn a_thousand_addresses_have_a_hundred_guesses_an_hour_and_the_owners_browser_enters_at_once() {
    let (app, cookies, time) = with_operator().await;
    let (nobody, wrong) = (Cookies::new(), with(WRONG));
    let mut tried = 0;
    for number in 0..1000 {
        tried += u32::from(was_tried(&sign_in(&app, address(number), &nobody, &wrong).await));
        // In the end, an hour is over.
        if number % 5 == 4 {
            time.later(18);
        }
        if number % 250 == 100 {
            let entered = sign_in(&app, address(number), &known(&cookies), &with(PASSWORD)).await;
            assert_eq!(entered.status, StatusCode::CREATED, "after {number}: {entered:?}");
        }
    }
    assert!((50..=100).contains(&tried), "{tried}");

    let mut next = 2000;
    while was_tried(&sign_in(&app, address(next), &nobody, &wrong).await) {
        next += 1;
    }
    let refused = sign_in(&app, address(5000), &nobody, &with(PASSWORD)).await.problem();
    assert_eq!((refused.code, refused.retry_after.is_some()), (Code::RateLimited, true));
    let words = refused.detail.unwrap();
    assert!(words.contains(", or use a browser that has signed in here before"), "{words}");
    time.later(refused.retry_after.unwrap().into());
    assert_eq!(sign_in(&app, address(5000), &nobody, &with(PASSWORD)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_login_that_nobody_has_is_refused_and_slowed_down_like_one_that_somebody_has() {
    let (app, _, _) = with_operator().await;
    let nobody = Cookies::new();
    let mut refusals = Vec::new();
    for login in ["ada", "nobody"] {
        let wrong = SignIn { login: login.into(), ..with(WRONG) };
        let mut codes = Vec::new();
        for number in 0..60 {
            let problem = sign_in(&app, address(number), &nobody, &wrong).await.problem();
            codes.push((problem.code, problem.detail.map(|words| words.split(" Wait ").next().unwrap().to_owned())));
        }
        refusals.push(codes);
    }
    assert_eq!(refusals[0], refusals[1]);
    assert!(refusals[0].iter().any(|(code, _)| *code == Code::RateLimited));
}

#[tokio::test]
async fn a_network_of_one_subscriber_is_one_address_and_a_known_browser_in_it_is_not_held_up() {
    let (app, cookies, _) = with_operator().await;
    let nobody = Cookies::new();
    let mut tried = 0;
    for number in 0..40_u16 {
        let from: IpAddr = format!("2001:db8:1:2:{number:x}::1").parse().unwrap();
        // Whatever the login: it is the address that is counted.
        let wrong = SignIn { login: format!("nobody {number}"), ..with(WRONG) };
        tried += u32::from(was_tried(&sign_in(&app, from, &nobody, &wrong).await));
    }
    assert_eq!(tried, 5);
    let from: IpAddr = "2001:db8:1:2:ffff::1".parse().unwrap();
    assert_eq!(sign_in(&app, from, &nobody, &with(PASSWORD)).await.problem().code, Code::RateLimited);
    assert_eq!(sign_in(&app, from, &known(&cookies), &with(PASSWORD)).await.status, StatusCode::CREATED);
    let elsewhere: IpAddr = "2001:db8:1:3::1".parse().unwrap();
    assert_eq!(sign_in(&app, elsewhere, &nobody, &with(PASSWORD)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_known_browser_has_a_budget_of_its_own_for_its_own_login() {
    let (app, cookies, time) = with_operator().await;
    let ours = known(&cookies);
    let again = sign_in(&app, address(1), &ours, &with(PASSWORD)).await;
    let lines: Vec<_> = again.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
    let line = lines.iter().find(|line| line.contains("marquee_known_")).unwrap();
    assert!(line.contains("HttpOnly; SameSite=Lax") && !line.contains("ada"), "{line}");
    for _ in 0..5 {
        assert!(was_tried(&sign_in(&app, address(1), &ours, &with(WRONG)).await));
    }
    let held = sign_in(&app, address(1), &ours, &with(PASSWORD)).await.problem();
    assert_eq!((held.code, held.retry_after), (Code::RateLimited, Some(2)));
    // A stranger from the same address is none of it, nor is this browser with another login.
    let bob = SignIn { login: "bob".into(), ..with(WRONG) };
    assert!(was_tried(&sign_in(&app, address(1), &ours, &bob).await));
    assert_eq!(sign_in(&app, address(1), &Cookies::new(), &with(PASSWORD)).await.status, StatusCode::CREATED);
    time.later(2);
    assert_eq!(sign_in(&app, address(1), &ours, &with(PASSWORD)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_recovery_code_and_a_passkey_have_budgets_of_their_own() {
    let (app, cookies, _) = with_operator().await;
    app.be(cookies);
    let totp = Totp::from_url(app.send(StartTotp {}).await.unwrap().uri).unwrap();
    let codes = app.send(ConfirmTotp { code: totp.generate_current().to_string() }).await.unwrap().recovery_codes;
    app.forget_cookies();
    let nobody = Cookies::new();
    for number in 0..60 {
        sign_in(&app, address(number), &nobody, &with(WRONG)).await;
    }
    let code = |code: &str, password: &str| SignIn { code: Some(code.into()), ..with(password) };
    let app_code = sign_in(&app, address(1000), &nobody, &code("000000", PASSWORD)).await.problem();
    assert_eq!(app_code.code, Code::RateLimited, "a code of the app is no budget for passwords");
    let wrong = sign_in(&app, address(1001), &nobody, &code("0000-0000-0000", PASSWORD)).await.problem();
    let other = sign_in(&app, address(1002), &nobody, &code(&codes[0], WRONG)).await.problem();
    assert_eq!(wrong.code, Code::WrongCredentials);
    assert_eq!((&wrong.detail, wrong.code), (&other.detail, other.code), "which of the two was wrong is not said");
    let entered = sign_in(&app, address(1003), &nobody, &code(&codes[0], PASSWORD)).await;
    assert_eq!(entered.status, StatusCode::CREATED, "{entered:?}");
    app.send(StartPasskeySignIn {}).await.unwrap();
}

#[tokio::test]
async fn an_account_without_a_second_factor_has_no_second_budget_of_guesses() {
    let (app, _, _) = with_operator().await;
    let call = SignIn { code: Some("0000-0000-0000".into()), ..with(PASSWORD) };
    let refused = sign_in(&app, address(1), &Cookies::new(), &call).await.problem();
    assert_eq!(refused.code, Code::WrongCredentials);
}

#[tokio::test]
async fn questions_for_a_passkey_that_guests_ask_leave_nothing_behind() {
    let (app, _, _) = with_operator().await;
    for _ in 0..400 {
        app.send_afresh(StartPasskeySignIn {}).await.unwrap();
    }
    for kind in ["passkey", "throttle"] {
        assert_eq!(app.server.stores.keyvalue.scan(kind, None, SCAN_LIMIT).await.unwrap().len(), 0, "{kind}");
    }
}

#[tokio::test]
async fn a_member_who_signs_in_buys_no_guesses_at_others() {
    let (app, cookies, _) = with_operator().await;
    app.be(cookies);
    let bob = new_account("bob", "Bob");
    app.send(bob).await.unwrap();
    let nobody = Cookies::new();
    for _ in 0..4 {
        assert!(was_tried(&sign_in(&app, address(1), &nobody, &with(WRONG)).await));
    }
    let own = SignIn { login: "bob".into(), ..with(PASSWORD) };
    assert_eq!(sign_in(&app, address(1), &nobody, &own).await.status, StatusCode::CREATED);
    assert!(was_tried(&sign_in(&app, address(1), &nobody, &with(WRONG)).await));
    assert!(!was_tried(&sign_in(&app, address(1), &nobody, &with(WRONG)).await));
}
