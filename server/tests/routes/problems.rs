//! What goes wrong is said as a problem (RFC 9457), with a code, and with the request it belongs to.

use axum::{body::Body, http::Request};
use contract::Code;

use crate::support::TestApp;

#[tokio::test]
async fn an_address_that_nobody_answers_is_call_not_found() {
    let app = TestApp::start().await;
    for path in ["/api", "/api/", "/api/v1/nothing", "/api/v9/titles"] {
        let answer = app.get(path).await;
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code), (404, Code::CallNotFound), "{path}");
        assert_eq!(problem.request_id.as_deref(), answer.header("x-request-id"), "{path}");
        assert!(problem.request_id.is_some_and(|id| id.len() == 16), "{path}");
    }
}

#[tokio::test]
async fn a_verb_that_does_not_fit_says_which_do() {
    let app = TestApp::start().await;
    let answer = app.ask(Request::delete("/api/v1/titles").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.problem().code, Code::MethodNotAllowed);
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = TestApp::start().await;
    let request = Request::put("/api/v1/snapshot").header("content-type", "application/json");
    let answer = app.ask(request.body(Body::from(vec![b' '; 100_000])).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.problem().code), (413, Code::TooLarge));
}

#[tokio::test]
async fn a_field_that_is_off_is_named() {
    let app = TestApp::start().await;
    let answer = app.get("/api/v1/titles?decade=soon").await;
    let problem = answer.problem();
    assert_eq!((problem.status, problem.fields[0].field.as_str()), (422, "decade"));
    for body in ["", "[]", "{\"title\":3}", "{\"title\":\"../x\"}", "not json"] {
        let request = Request::post("/api/v1/playback").header("content-type", "application/json");
        let answer = app.ask(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        assert!(!answer.problem().fields.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_title_that_does_not_exist_is_not_found() {
    let app = TestApp::start().await;
    let problem = app.get("/api/v1/titles/none").await.problem();
    assert_eq!((problem.status, problem.code), (404, Code::NotFound));
}
