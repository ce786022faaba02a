//! The catalogue's calls as they go over HTTP.

use std::time::{Duration, Instant};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    response::Response,
};
use contract::authorization::Authorization;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::{
    context::{RequestContext, Viewer},
    mount::{Dispatcher, Mount},
    services::Service,
};

impl Bench {
    /// The routes as the gateway has them.
    pub fn router(&self) -> Router {
        self.router_with(&[])
    }

    /// With other services beside the catalogue.
    pub fn router_with(&self, others: &[Arc<dyn Service>]) -> Router {
        self.router_for(others)(None)
    }

    /// One router for each age that films are limited to, over the same replies.
    pub fn router_for(&self, others: &[Arc<dyn Service>]) -> impl Fn(Option<u8>) -> Router + use<> {
        let (mounted, dispatcher) = self.mounted(others);
        let pictures = Arc::clone(&self.catalog).routes();
        move |age| {
            let context = RequestContext { dispatcher: dispatcher.clone(), ..viewer(age) };
            mounted.clone().merge(pictures.clone()).layer(Extension(context))
        }
    }
}

impl Bench {
    /// The calls of the catalogue and of others, from the outside and from the inside.
    pub fn mounted(&self, others: &[Arc<dyn Service>]) -> (Router, Dispatcher) {
        let dispatcher = Dispatcher::default();
        let mut mount = Mount::new(dispatcher.clone(), self.events.clone());
        Arc::clone(&self.catalog).mount(&mut mount);
        for other in others {
            Arc::clone(other).mount(&mut mount);
        }
        (mount.finish().router, dispatcher)
    }
}

/// Somebody to whom films for people up to an age are shown.
pub fn viewer(age: Option<u8>) -> RequestContext {
    let authorization = Arc::new(Authorization { maturity: age, ..Authorization::default() });
    RequestContext::of(Viewer::guest("viewer".parse().unwrap(), false, authorization), Dispatcher::default())
}

pub async fn get(router: &Router, path: &str) -> Response {
    router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

pub async fn json(response: Response) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_list_is_answered_with_a_tag_and_not_again_until_something_changes() {
    let mut bench = Bench::with_films().await;
    let router = bench.router();
    let path = "/api/v1/titles?genre=Drama&sort=newest&limit=2";
    let first = get(&router, path).await;
    assert_eq!(first.status(), StatusCode::OK);
    let etag = first.headers()[header::ETAG].clone();
    let page = json(first).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let known = Request::get(path).header(header::IF_NONE_MATCH, etag.clone()).body(Body::empty()).unwrap();
    assert_eq!(router.clone().oneshot(known).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let new = NewTitle {
        source: "test:new".into(),
        title: "New".into(),
        year: Some(2026),
        genres: vec!["Drama".into()],
        ..NewTitle::default()
    };
    bench.add_one(new).await;
    let written = Instant::now();
    let mut after = get(&router, path).await;
    while after.headers()[header::ETAG] == etag {
        assert!(written.elapsed() < Duration::from_millis(1500), "what is kept is good for a second");
        tokio::time::sleep(Duration::from_millis(20)).await;
        after = get(&router, path).await;
    }
    assert_eq!(json(after).await["items"][0]["title"], "New");
}

#[tokio::test]
async fn a_title_and_its_likes_are_found_by_id_and_a_stranger_is_not() {
    let mut bench = Bench::new();
    let outcomes = bench.add(FILMS.iter().map(film).collect()).await;
    let router = bench.router();
    let id = &outcomes[0].id;
    let title = json(get(&router, &format!("/api/v1/titles/{id}")).await).await;
    assert_eq!((&title["title"], &title["people"][0]["role"]), (&"The Godfather".into(), &"director".into()));
    let similar = json(get(&router, &format!("/api/v1/titles/{id}/similar")).await).await;
    assert!(!similar.as_array().unwrap().is_empty());
    for (path, status) in [
        ("/api/v1/titles/nobody", StatusCode::NOT_FOUND),
        ("/api/v1/titles/nobody/similar", StatusCode::NOT_FOUND),
        ("/api/v1/titles/..%2fx", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/titles?decade=soon", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/titles?limit=101", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/titles?page_token=x", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/titles?colour=red", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/search", StatusCode::UNPROCESSABLE_ENTITY),
        ("/api/v1/search?q=", StatusCode::OK),
    ] {
        assert_eq!(get(&router, path).await.status(), status, "{path}");
    }
    let long = format!("/api/v1/search?q={}", "x".repeat(201));
    let problem = get(&router, &long).await;
    assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(json(problem).await["fields"][0]["field"], "q");
}

#[tokio::test]
async fn a_search_with_a_typo_answers_over_http_with_what_matched() {
    let bench = Bench::with_films().await;
    let found = json(get(&bench.router(), "/api/v1/search?q=the%20godfathr&limit=3").await).await;
    assert_eq!(found["titles"][0]["title"], "The Godfather");
    assert_eq!(found["titles"][0]["matches"][1]["start"], 4);
    assert_eq!(found["titles"].as_array().unwrap().len(), 3);
}
