//! Posters that are drawn and pictures that were brought: asked for once, kept for ever.

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use contract::catalog::{GetTitle, VideoFacts};
use storage::objects::ObjectKey;
use tower::ServiceExt;

use super::{
    super::{Pictures, artwork},
    routes::get,
    *,
};

async fn shown(bench: &Bench, id: &TitleId) -> (String, String, String) {
    let artwork = bench.catalog.get_title(viewer(None), GetTitle { id: id.clone() }).await.unwrap().card.artwork;
    (artwork.poster, artwork.backdrop.unwrap(), artwork.colour)
}

fn text(response: &Response, name: header::HeaderName) -> &str {
    response.headers()[name].to_str().unwrap()
}

async fn bytes(response: Response) -> Bytes {
    to_bytes(response.into_body(), usize::MAX).await.unwrap()
}

#[tokio::test]
async fn a_poster_is_drawn_when_asked_for_and_stays_the_same_for_ever() {
    let mut bench = Bench::new();
    let id = bench.add_one(film(&FILMS[4])).await;
    let router = bench.router();
    let (poster, backdrop, colour) = shown(&bench, &id).await;
    let response = get(&router, &poster).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(&response, header::CONTENT_TYPE), "image/png");
    assert_eq!(text(&response, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(text(&response, header::CONTENT_SECURITY_POLICY), "default-src 'none'; style-src 'unsafe-inline'");
    let etag = response.headers()[header::ETAG].clone();
    let points = bytes(response).await;
    assert!(points.starts_with(b"\x89PNG\r\n"));
    assert_eq!(bytes(get(&router, &poster).await).await, points);

    let known = Request::get(&poster).header(header::IF_NONE_MATCH, etag.clone()).body(Body::empty()).unwrap();
    let known = router.clone().oneshot(known).await.unwrap();
    assert_eq!((known.status(), known.headers()[header::ETAG].clone()), (StatusCode::NOT_MODIFIED, etag));
    let head = Request::builder().method(Method::HEAD).uri(&poster).body(Body::empty()).unwrap();
    let head = router.clone().oneshot(head).await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(text(&head, header::CONTENT_TYPE), "image/png");
    assert!(bytes(head).await.is_empty());
    let encoded = compressed(&router, &poster).await;
    assert!(!encoded.headers().contains_key(header::CONTENT_ENCODING), "points are compressed already");
    assert!(!encoded.headers().contains_key(header::VARY), "and nobody tries");

    let response = get(&router, &backdrop).await;
    assert_eq!(text(&response, header::CONTENT_TYPE), "image/svg+xml");
    let svg = bytes(response).await;
    assert!(svg.starts_with(b"<svg") && String::from_utf8_lossy(&svg).contains(&colour));
}

async fn compressed(router: &axum::Router, address: &str) -> Response {
    let request = Request::get(address).header(header::ACCEPT_ENCODING, "gzip, br").body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_poster_whose_letters_are_the_viewers_is_a_drawing_and_an_address_of_earlier_builds_leads_to_the_same() {
    let mut bench = Bench::new();
    let id = bench.add_one(NewTitle { title: "東京物語".into(), ..film(&FILMS[4]) }).await;
    let router = bench.router();
    let (poster, ..) = shown(&bench, &id).await;
    let response = get(&router, &poster).await;
    assert_eq!(text(&response, header::CONTENT_TYPE), "image/svg+xml");
    let svg = bytes(response).await;
    assert!(String::from_utf8_lossy(&svg).contains("東京物語"));
    let small = compressed(&router, &poster).await;
    assert_eq!(text(&small, header::CONTENT_ENCODING), "br");
    assert!(bytes(small).await.len() < svg.len() / 2);
    assert_eq!(bytes(get(&router, &format!("{poster}.svg")).await).await, svg);
}

#[tokio::test]
async fn a_picture_of_a_title_above_the_viewers_age_does_not_exist_for_them_even_where_it_is_kept() {
    let mut bench = Bench::new();
    let rated = |title: &str, rating: &str| NewTitle { maturity: Some(rating.into()), source: title.into(), ..film(&FILMS[4]) };
    let (for_all, for_adults) = (bench.add_one(rated("a", "G")).await, bench.add_one(rated("b", "R")).await);
    let router = bench.router_for(&[]);
    let (allowed, hidden) = (shown(&bench, &for_all).await.0, shown(&bench, &for_adults).await.0);
    assert_eq!(get(&router(None), &hidden).await.status(), StatusCode::OK);
    assert_eq!(get(&router(Some(6)), &hidden).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&router(Some(18)), &hidden).await.status(), StatusCode::OK);
    let shown = get(&router(Some(6)), &allowed).await;
    assert_eq!(text(&shown, header::CACHE_CONTROL), "private, max-age=31536000, immutable");
}

#[tokio::test]
async fn an_old_version_leads_to_the_current_one_and_a_stranger_to_nothing() {
    let mut bench = Bench::new();
    let id = bench.add_one(film(&FILMS[0])).await;
    let (old, ..) = shown(&bench, &id).await;
    let router = bench.router();
    get(&router, &old).await;
    bench.add_one(NewTitle { year: Some(1973), ..film(&FILMS[0]) }).await;
    let (new, ..) = shown(&bench, &id).await;
    assert_ne!(old, new);
    let never = get(&router, &format!("/art/{id}/0123456789ab/poster.svg")).await;
    assert_eq!((never.status(), text(&never, header::LOCATION)), (StatusCode::FOUND, new.as_str()));
    let taken = get(&router, &format!("/art/{id}/p1/poster.jpg")).await;
    assert_eq!((taken.status(), text(&taken, header::LOCATION)), (StatusCode::FOUND, new.as_str()));
    for path in [
        "/art/nobody/x/poster.svg",
        "/art/..%2f..%2fetc/x/poster.svg",
        &format!("/art/{id}/x/poster.png"),
        &format!("/art/{id}/x/..%2fmanifest.json"),
    ] {
        assert_eq!(get(&router, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

const PICTURE: &[u8] = b"\xff\xd8\xff picture";

/// Says that this backdrop was taken from the title's video; its address.
async fn attach(bench: &Bench, id: &TitleId, backdrop: &str) -> String {
    let video = VideoFacts { height: 720, duration_seconds: 30, ..VideoFacts::default() };
    let pictures = Pictures { poster: None, backdrop: Some(backdrop.to_owned()) };
    bench.catalog.ingest().attach_video(id, video, pictures).await.unwrap();
    format!("/art/{id}/{backdrop}/backdrop.jpg")
}

#[tokio::test]
async fn pictures_that_were_taken_from_the_video_are_served_as_they_are() {
    let mut bench = Bench::new();
    let id = bench.add_one(film(&FILMS[0])).await;
    let version = artwork::version_of(PICTURE);
    let address = attach(&bench, &id, &version).await;
    let (poster, backdrop, _) = shown(&bench, &id).await;
    assert!(poster.ends_with("/poster"));
    assert_eq!(backdrop, address);
    let router = bench.router();
    assert_eq!(get(&router, &backdrop).await.status(), StatusCode::NOT_FOUND, "named, and not stored yet");
    bench.objects.put(&artwork::key(&id, &version).unwrap(), Bytes::from_static(PICTURE)).await.unwrap();
    let response = get(&router, &backdrop).await;
    assert_eq!(text(&response, header::CONTENT_TYPE), "image/jpeg");
    assert_eq!(bytes(response).await, *PICTURE);
}

#[tokio::test]
async fn what_an_older_build_stored_beside_the_film_is_the_picture_only_where_it_is_that_content() {
    let mut bench = Bench::new();
    let id = bench.add_one(film(&FILMS[0])).await;
    let backdrop = attach(&bench, &id, &artwork::version_of(PICTURE)).await;
    let router = bench.router();
    let key = ObjectKey::media(&id, &["backdrop.jpg"]).unwrap();
    bench.objects.put(&key, Bytes::from_static(b"\xff\xd8\xff of the film that replaced it")).await.unwrap();
    assert_eq!(get(&router, &backdrop).await.status(), StatusCode::NOT_FOUND);
    bench.objects.put(&key, Bytes::from_static(PICTURE)).await.unwrap();
    assert_eq!(bytes(get(&router, &backdrop).await).await, *PICTURE);
}
