//! `/healthz` and `/readyz`

use axum::http::StatusCode;

use crate::support::TestApp;

#[tokio::test]
async fn a_server_that_started_is_alive_and_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["ready"].as_bool()), (StatusCode::OK, Some(true)));
}

#[tokio::test]
async fn a_server_that_drains_is_alive_but_not_ready_and_says_why() {
    let app = TestApp::start().await;
    app.server.readiness.drain();
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK);
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["reasons"][0], "the server is stopping");
    assert_eq!(ready.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn health_is_answered_under_load_and_makes_no_profile() {
    let app = TestApp::with(|config| config.gateway.limit.burst = server::config::Bounded::of(1)).await;
    for _ in 0..5 {
        let answer = app.get("/healthz").await;
        assert_eq!((answer.status, answer.cookie()), (StatusCode::OK, None));
    }
}
