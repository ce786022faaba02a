//! Security headers: on every response, whatever became of the request.

use axum::{body::Body, http::Request};

use crate::support::{Answer, TestApp};

const ALWAYS: [&str; 7] = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "x-request-id",
];

fn assert_secure(answer: &Answer, what: &str) {
    for name in ALWAYS {
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{what}: {name}: {answer:?}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("script-src 'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
}

#[tokio::test]
async fn every_response_carries_them() {
    let app = TestApp::start().await;
    let paths = ["/", "/healthz", "/readyz", "/api/openapi.json", "/api/docs", "/api/docs/", "/api/docs/swagger-ui.css"];
    let refused = ["/api/none", "/api/v1/titles?limit=999", "/media/x/y", "/media", "/pkg/none.js", "/art/none", "/no/page"];
    for path in paths.into_iter().chain(refused).chain(["/api/v1/titles", "/api/v1/device", "/api/v1/home"]) {
        assert_secure(&app.get(path).await, path);
    }
    let answer = app.ask(Request::delete("/api/v1/home").body(Body::empty()).unwrap()).await;
    assert_secure(&answer, "DELETE /api/v1/home");
}

#[tokio::test]
async fn a_refusal_for_too_many_requests_carries_them_too() {
    let app = TestApp::with(|config| {
        config.gateway.limit.burst = server::config::Bounded::of(1);
        config.gateway.limit.requests_per_second = server::config::Bounded::of(1);
    })
    .await;
    let mut refused = 0;
    for _ in 0..4 {
        let answer = app.get("/api/none").await;
        assert_secure(&answer, "/api/none");
        if answer.status == 429 {
            refused += 1;
            assert!(answer.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok_and(|after| after >= 1)));
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn browsers_are_told_to_stay_on_https_where_there_is_https() {
    let plain = TestApp::start().await;
    assert_eq!(plain.get("/healthz").await.header("strict-transport-security"), None);
    let secure = TestApp::with(|config| config.server.https = true).await;
    assert!(secure.get("/healthz").await.header("strict-transport-security").is_some());
}
