//! The cookie that keeps an anonymous profile.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Request, header},
};

use crate::support::{Answer, TestApp, ask};

const PERSONAL: &str = "/api/v1/device";

fn value(answer: &Answer) -> String {
    let cookie = answer.cookie().unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    cookie.split(';').next().unwrap().strip_prefix("marquee_profile=").unwrap().to_owned()
}

fn profile(value: &str) -> String {
    value.split('.').nth(1).unwrap().to_owned()
}

async fn ask_as(app: &TestApp, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path).header(header::COOKIE, format!("marquee_profile={cookie}"));
    ask(&app.server.router, request.body(Body::empty()).unwrap()).await
}

async fn ask_as_stranger(app: &TestApp, path: &str) -> Answer {
    ask(&app.server.router, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_stranger_is_given_a_profile_and_known_by_it() {
    let app = TestApp::start().await;
    let first = ask_as_stranger(&app, PERSONAL).await;
    let cookie = first.cookie().unwrap();
    for part in ["Path=/", "Max-Age=34560000", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert_eq!(ask_as(&app, PERSONAL, &value(&first)).await.cookie(), None);
}

#[tokio::test]
async fn the_cookie_is_for_https_alone_where_there_is_https() {
    let app = TestApp::with(|config| config.server.https = true).await;
    assert!(ask_as_stranger(&app, PERSONAL).await.cookie().unwrap().ends_with("; Secure"));
    let app = TestApp::with(|config| config.gateway.trust_forwarded = true).await;
    let request = Request::get(PERSONAL)
        .header("host", "films.example")
        .header("x-forwarded-for", "192.0.2.1")
        .header("x-forwarded-proto", "https");
    let request = request.body(Body::empty()).unwrap();
    assert!(ask(&app.server.router, request).await.cookie().unwrap().ends_with("; Secure"));
}

#[tokio::test]
async fn a_cookie_with_any_bit_flipped_is_somebody_new() {
    let app = TestApp::with(|config| config.gateway.middleware.rate_limit = false).await;
    let good = value(&ask_as_stranger(&app, PERSONAL).await);
    let mut seen = BTreeSet::from([profile(&good)]);
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(bytes).unwrap();
        let answer = ask_as(&app, PERSONAL, &forged).await;
        assert!(seen.insert(profile(&value(&answer))), "{forged} was believed");
    }
}

#[tokio::test]
async fn a_cookie_of_another_installation_is_somebody_new() {
    let (here, elsewhere) = (TestApp::start().await, TestApp::start().await);
    let foreign = value(&ask_as_stranger(&elsewhere, PERSONAL).await);
    assert_ne!(profile(&value(&ask_as(&here, PERSONAL, &foreign).await)), profile(&foreign));
}

#[tokio::test]
async fn a_cookie_that_makes_no_sense_does_no_harm() {
    let app = TestApp::start().await;
    for nonsense in ["", "v1", "v1...", "v1.a.b.c", "....", &"x".repeat(4000), "v1.%00.1.AAAA"] {
        let answer = ask_as(&app, PERSONAL, nonsense).await;
        assert!(answer.status.is_success() && answer.cookie().is_some(), "{nonsense}");
    }
}

#[tokio::test]
async fn what_everybody_shares_carries_no_cookie() {
    let app = TestApp::start().await;
    for path in ["/api/v1/titles", "/api/v1/home", "/api/openapi.json", "/art/none/v1/poster.svg", "/media/x/y", "/healthz"] {
        let answer = ask_as_stranger(&app, path).await;
        assert_eq!(answer.cookie(), None, "{path}");
    }
}
