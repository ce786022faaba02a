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

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

#[tokio::test]
async fn a_browser_that_goes_somewhere_is_shown_a_page_and_a_call_is_answered_with_json() {
    let app = TestApp::start().await;
    let page = app.get_with("/no/page", &[("accept", BROWSER), ("sec-fetch-mode", "navigate")]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    let id = page.header("x-request-id").unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains(id) && html.contains("<h1>"), "{html}");
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("src="), "it needs nothing else: {html}");
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'; style-src"), "{page:?}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for (path, headers) in [
        ("/api/v1/nothing", vec![("accept", BROWSER)]),
        ("/api/v1/titles/none", vec![("accept", BROWSER)]),
        ("/media/x/y", vec![("accept", BROWSER)]),
        ("/no/page", vec![("accept", "*/*")]),
        ("/no/page", vec![("accept", "application/json, text/html;q=0.5")]),
        ("/no/page", vec![("accept", BROWSER), ("sec-fetch-mode", "cors")]),
        ("/no/page", vec![]),
    ] {
        let answer = app.get_with(path, &headers).await;
        assert_eq!(answer.problem().status, answer.status.as_u16(), "{path} {headers:?}");
    }
}

#[tokio::test]
async fn a_refusal_for_who_one_is_says_how_to_show_it() {
    let app = TestApp::start().await;
    let challenges = |answer: &crate::support::Answer| -> Vec<String> {
        answer.headers.get_all("www-authenticate").iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    };
    let nobody = app.get("/api/v1/sign-ins").await;
    assert_eq!((nobody.status.as_u16(), nobody.problem().code), (401, Code::SignInRequired));
    let said = challenges(&nobody);
    assert!(said.iter().any(|one| one.starts_with("Bearer ")) && said.iter().any(|one| one.starts_with("Cookie ")), "{said:?}");
    let token = app.get_with("/api/v1/titles", &[("authorization", "Bearer mq_nothing")]).await;
    assert_eq!((token.status.as_u16(), token.problem().code), (401, Code::TokenRefused));
    assert!(challenges(&token).iter().any(|one| one.contains("error=\"invalid_token\"")), "{token:?}");
    for answer in [nobody, token] {
        assert!(challenges(&answer).iter().all(|one| !one.starts_with("Basic") && !one.starts_with("Digest")), "no dialog");
    }
    assert!(challenges(&app.get("/api/v1/titles/none").await).is_empty(), "showing who one is would not help");
}

#[tokio::test]
async fn a_reply_has_one_weak_tag_however_it_is_encoded_and_every_line_of_tags_is_read() {
    let app = TestApp::start().await;
    let plain = app.get("/api/openapi.json").await;
    let brotli = app.get_with("/api/openapi.json", &[("accept-encoding", "br")]).await;
    assert_eq!((plain.header("content-encoding"), brotli.header("content-encoding")), (None, Some("br")));
    let tag = plain.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\"") && brotli.header("etag") == Some(tag.as_str()), "{tag} {brotli:?}");
    let strong = tag.trim_start_matches("W/").to_owned();
    for known in [&tag, &strong] {
        let again = app.get_with("/api/openapi.json", &[("if-none-match", "\"other\""), ("if-none-match", known)]).await;
        assert_eq!(again.status, 304, "{known}");
    }
    assert_eq!(app.get_with("/api/openapi.json", &[("if-none-match", "\"other\"")]).await.status, 200);
}
