//! A children's profile of an account: what it is shown of the catalogue, over HTTP.

use axum::http::StatusCode;
use contract::{
    Code,
    authorization::Authorization,
    catalog::{GetTitle, GetTitleCards, ListSimilarTitles, ListTitles, SearchTitles},
    discovery::GetHome,
    entitlements::{GetAccountEntitlements, PutAccountEntitlements},
    identity::{Confirm, ReplaceProfile, SelectProfile, SetUp},
    ids::{ProfileId, TitleId},
    playback::StartPlayback,
};
use serde_json::{Value, json};

use crate::support::{TestApp, new_profile};

const FOR_ALL: [&str; 2] = ["Meadow", "Orchard"];
const FOR_ADULTS: [&str; 3] = ["Abattoir", "Bloodbath", "Unrated Cut"];

/// Five dramas: two for everybody, two for adults, one that nobody rated.
async fn catalogue(app: &TestApp) -> Vec<TitleId> {
    let film = |title: &str, maturity: Value| {
        let people = json!([{ "name": "Agnes Grey", "role": "director" }]);
        json!({ "title": title, "year": 1999, "genres": ["Drama"], "maturity": maturity, "people": people,
                "synopsis": format!("What happens in {title}.") })
    };
    let ratings = [json!("G"), json!("PG"), json!("R"), json!("NC-17"), Value::Null];
    let titles = FOR_ALL.into_iter().chain(FOR_ADULTS);
    let file = Value::Array(titles.clone().zip(ratings).map(|(title, rating)| film(title, rating)).collect()).to_string();
    let ingest = app.server.catalog.ingest();
    let reader = std::io::Cursor::new(file.into_bytes());
    server::services::catalog::import::import_catalogue(reader, &ingest, |bad| panic!("{bad}"), |_| {}).await.unwrap();
    for _ in 0..200 {
        if app.server.catalog.visible() == 5 {
            let mut ids = Vec::new();
            for title in titles {
                ids.push(ingest.find_source(&format!("import:{title} (1999)")).await.unwrap().unwrap());
            }
            return ids;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the films that were imported are not found");
}

async fn profile(app: &TestApp, name: &str, maturity: Option<u8>) -> ProfileId {
    let call = ReplaceProfile { maturity, ..new_profile(name) };
    app.send(call).await.unwrap().id
}

async fn watch_as(app: &TestApp, id: &ProfileId) {
    // To leave a child's profile takes it.
    app.send(Confirm { password: Some("correct horse battery".into()), ..Confirm::default() }).await.unwrap();
    app.send(SelectProfile { id: id.clone(), pin: None }).await.unwrap();
}

/// Everything that names films, as text.
async fn everything(app: &TestApp) -> String {
    let mut text = String::new();
    for path in ["/api/v1/titles", "/api/v1/titles?genre=Drama&maturity=R", "/api/v1/search?q=agnes", "/api/v1/home"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        text.push_str(&String::from_utf8_lossy(&answer.body));
    }
    text
}

#[tokio::test]
async fn a_childs_profile_is_shown_nothing_above_its_age_and_the_rest_of_the_family_everything() {
    let app = TestApp::start().await;
    let ids = catalogue(&app).await;
    let login = SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let account = app.send(login).await.unwrap();
    let (parent, child) = (profile(&app, "Ada", None).await, profile(&app, "Kim", Some(8)).await);
    for round in 0..2 {
        watch_as(&app, &parent).await;
        let all = everything(&app).await;
        assert!(FOR_ALL.into_iter().chain(FOR_ADULTS).all(|title| all.contains(title)), "{round}: {all}");
        watch_as(&app, &child).await;
        let some = everything(&app).await;
        assert!(FOR_ALL.iter().all(|title| some.contains(title)), "{round}: {some}");
        assert!(!FOR_ADULTS.iter().any(|title| some.contains(title)), "{round}: {some}");
    }
    let page = app.send(ListTitles::default()).await.unwrap();
    assert_eq!((page.total, page.facets.genre[0].count, page.facets.maturity.len()), (2, 2, 2));
    let found = app.send(SearchTitles { q: "agnes grey".into(), limit: None }).await.unwrap();
    assert_eq!(found.people[0].titles, 2);
    for hidden in &ids[2..] {
        assert_eq!(app.send(GetTitle { id: hidden.clone() }).await.unwrap_err().code, Code::NotFound);
        assert_eq!(app.send(ListSimilarTitles { id: hidden.clone() }).await.unwrap_err().code, Code::NotFound);
        assert_eq!(app.send(StartPlayback { title: hidden.clone(), replaces: None }).await.unwrap_err().code, Code::NotFound);
    }
    let similar = app.send(ListSimilarTitles { id: ids[0].clone() }).await.unwrap();
    assert_eq!(similar.iter().map(|card| card.title.as_str()).collect::<Vec<_>>(), ["Orchard"]);
    assert_eq!(app.send(GetTitleCards { ids: ids.clone(), is_fresh: false }).await.unwrap().len(), 2);
    assert!(app.send(GetHome {}).await.is_ok());

    // The account's own limit counts for the parent, too, within five seconds.
    watch_as(&app, &parent).await;
    assert!(app.send(GetTitle { id: ids[3].clone() }).await.is_ok());
    let shown = app.send(GetAccountEntitlements { account: account.id.clone() }).await.unwrap();
    let limit = json!({ "maturity": 17 }).as_object().unwrap().clone();
    let put = PutAccountEntitlements { account: account.id, plan: shown.plan, overrides: limit, expected_version: shown.version };
    let Authorization { maturity, .. } = app.send(put).await.unwrap().authorization;
    assert_eq!(maturity, Some(17));
    for _ in 0..70 {
        if app.send(GetTitle { id: ids[3].clone() }).await.is_err() {
            assert!(app.send(GetTitle { id: ids[2].clone() }).await.is_ok(), "R is for 17");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the account's limit does not bite within seven seconds");
}

#[tokio::test]
async fn the_replies_for_everybody_stay_the_same_bytes_for_guest_and_member() {
    let app = TestApp::start().await;
    catalogue(&app).await;
    let paths = ["/api/v1/titles?genre=Drama", "/api/v1/search?q=meadow", "/api/v1/home"];
    let mut of_guest = Vec::new();
    for path in paths {
        of_guest.push(app.get(path).await);
    }
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let child = profile(&app, "Kim", Some(8)).await;
    for (path, guest) in paths.into_iter().zip(&of_guest) {
        let member = app.get(path).await;
        assert_eq!((&member.body, member.header("etag")), (&guest.body, guest.header("etag")), "{path}");
        assert_eq!(member.header("cache-control"), Some("public, no-cache"), "{path}");
    }
    watch_as(&app, &child).await;
    for (path, guest) in paths.into_iter().zip(&of_guest).take(2) {
        let etag = guest.header("etag").unwrap();
        let limited = app.get_with(path, &[("if-none-match", etag)]).await;
        assert_eq!(limited.header("cache-control"), Some("private, no-cache"), "{path}");
        // "Meadow" is for both: there the bytes are the same, and a browser may go on with what it has.
        assert_eq!(limited.status == StatusCode::NOT_MODIFIED, path.contains("meadow"), "{path}: {limited:?}");
    }
}
