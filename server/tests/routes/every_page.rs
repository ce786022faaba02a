//! A server with films, people, an account, a plan and a token, and the address of every kind of page that shows them.

use contract::{
    entitlements::PutPlan,
    identity::{GetIdentity, PutApiToken, PutBilling, SelectProfile, SetUp},
    ids::{ListId, TitleId},
    library::{AddFavourite, AddToList, ReplaceList},
    reviews::{GetMyReview, HideReview, PutReview, ReplaceReviewerName},
    wire,
};
use serde_json::{Value, json};

use crate::support::{TestApp, new_account, new_id, new_profile};

pub const PASSWORD: &str = "correct horse battery";

/// A server with something to show on every page.
pub struct EveryPage {
    pub app: TestApp,
    /// The address of each kind.
    pub pages: Vec<String>,
    /// Of the film that has a page.
    pub title: String,
    _site: tempfile::TempDir,
}

/// A front end of which there is no more than its manifest: pages are rendered as ever.
pub fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = json!({ "build": "h", "pkg": "/pkg/h", "css": "/pkg/h/a.css", "page_css": "/pkg/h/b.css", "js": "/pkg/h/a.js",
        "wasm": "/pkg/h/a.wasm", "hls": "/pkg/h/hls.mjs", "font": "/fonts/f/a.woff2", "fonts": [] });
    std::fs::write(folder.path().join("site.json"), manifest.to_string()).unwrap();
    folder
}

impl EveryPage {
    /// Whose every text has `text` in it.
    pub async fn open(text: &str) -> Self {
        let site = site();
        let path = site.path().to_owned();
        let app = TestApp::surrounded(
            |config| config.gateway.middleware.rate_limit = false,
            |surroundings| surroundings.site = Some(path),
        )
        .await;
        let title = format!("Meadow {text}");
        let film = films(&app, text).await;
        let pages = people(&app, text).await;
        let list = own(&app, text, &film).await;
        let asked = wire::encode(text);
        let mut pages: Vec<String> = pages.into_iter().chain(PAGES.map(str::to_owned)).collect();
        pages.extend([format!("/title/{film}"), format!("/watch/{film}"), format!("/my-list?list={list}")]);
        for asking in [
            "/search?q=",
            "/search?q=meadow%20",
            "/browse?genre=",
            "/browse?person=",
            "/browse?maturity=",
            "/sign-in?refused=",
            "/sign-in?from=",
            "/sign-in?from=%2Fsearch%3Fq%3D",
            "/profiles?chosen=",
        ] {
            pages.push(format!("{asking}{asked}"));
        }
        pages.extend([format!("/operator/accounts?q={asked}"), format!("/nowhere/{asked}"), format!("/title/{asked}")]);
        Self { app, pages, title, _site: site }
    }
}

/// Those that are at the same address for everybody.
const PAGES: [&str; 17] = [
    "/",
    "/browse",
    "/browse?sort=newest",
    "/search",
    "/search?q=meadow",
    "/my-list",
    "/my-list?list=favourites",
    "/my-list?list=history",
    "/settings",
    "/sign-in",
    "/account",
    "/profiles",
    "/operator",
    "/operator/accounts",
    "/operator/plans",
    "/operator/reviews",
    "/operator/reviews/hidden",
];

async fn films(app: &TestApp, text: &str) -> TitleId {
    let film = |number: usize| {
        let role = ["director", "writer", "actor", "composer"];
        let people: Vec<Value> =
            role.map(|role| json!({ "name": format!("{role} {text}"), "role": role, "character": format!("as {text}") })).into();
        json!({
            "id": format!("film-{number}"), "title": format!("Meadow {text}"), "original_title": format!("Prairie {text}"),
            "year": 1990 + number, "runtime_minutes": 90, "synopsis": format!("What happens: {text}"), "genres": ["Drama"],
            "people": people, "maturity": if text.len() <= 40 { text } else { "G" }, "languages": ["en"],
            "scores": [{ "source": &text.chars().take(60).collect::<String>(), "value": 7.0, "out_of": 10.0 }],
            "details": [{ "label": &text.chars().take(60).collect::<String>(), "value": text }], "attribution": text,
        })
    };
    let file = Value::Array((0..3).map(film).collect()).to_string();
    let ingest = app.server.catalog.ingest();
    let reader = std::io::Cursor::new(file.into_bytes());
    server::services::catalog::import::import_catalogue(reader, &ingest, |bad| panic!("{bad}"), |_| {}).await.unwrap();
    for _ in 0..200 {
        if app.server.catalog.visible() == 3 {
            return ingest.find_source("import:film-0").await.unwrap().unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the films that were imported are not found");
}

/// An operator, a profile, an account, a plan and a token whose names are the text, and their pages.
async fn people(app: &TestApp, text: &str) -> Vec<String> {
    let short = text.chars().take(31).collect::<String>().trim().to_owned();
    let name = text.chars().take(64).collect::<String>().trim().to_owned();
    let login = |rest: &str| format!("{short}{rest}");
    app.send(SetUp { login: login("a"), name: name.clone(), password: PASSWORD.into() }).await.unwrap();
    let profile = new_profile(&short);
    let profile = app.send(profile).await.unwrap();
    app.send(SelectProfile { id: profile.id, pin: None }).await.unwrap();
    let other = new_account(&login("b"), &name);
    let other = app.send(other).await.unwrap();
    let authorization = serde_json::Map::from_iter([("resolution".to_owned(), Value::from("HD"))]);
    let plan = PutPlan { id: "mine".parse().unwrap(), name: name.clone(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    app.send(PutApiToken { id: new_id(), name: name.clone(), scopes: vec![contract::Scope::Read], expires_in_days: None })
        .await
        .unwrap();
    let field = || name.clone();
    let billing = PutBilling {
        holder: field(),
        street: field(),
        postal_code: short.chars().take(20).collect(),
        city: field(),
        country: "gb".into(),
        method: field(),
    };
    app.send(billing).await.unwrap();
    assert_eq!(app.send(GetIdentity {}).await.unwrap().account.map(|account| account.name), Some(name));
    vec![format!("/operator/accounts/{}", other.id), "/operator/plans/mine".to_owned()]
}

/// A list with a note and a film on it, a review of the film, and one of another that an operator hid.
async fn own(app: &TestApp, text: &str, film: &TitleId) -> ListId {
    let short = text.chars().take(31).collect::<String>().trim().to_owned();
    let list: ListId = new_id();
    let made = ReplaceList { id: list.clone(), name: short.clone(), note: text.to_owned(), is_shared: true };
    app.send(made).await.unwrap();
    app.send(AddToList { list: list.clone(), id: film.clone(), note: Some(text.to_owned()), change: None, restores: None })
        .await
        .unwrap();
    app.send(AddFavourite { id: film.clone() }).await.unwrap();
    app.send(ReplaceReviewerName { name: short }).await.unwrap();
    let other = app.server.catalog.ingest().find_source("import:film-1").await.unwrap().unwrap();
    for id in [film, &other] {
        let review = PutReview { text: text.to_owned(), has_spoilers: true, ..PutReview::stars(id.clone(), 7) };
        app.send(review).await.unwrap();
    }
    let hidden = app.send(GetMyReview { id: other }).await.unwrap().review.unwrap().id;
    app.send(HideReview { review: hidden }).await.unwrap();
    list
}
