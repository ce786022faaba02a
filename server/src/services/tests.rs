//! What services do together: the home page out of a real catalogue, pages as they are rendered, and the library's files.

mod failing;
mod transfer;

use std::{collections::HashSet, sync::Arc};

use app::shell::PageAssets;
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use contract::{
    Code, Problem,
    catalog::{SearchTitles, VideoFacts},
    discovery::{Home, ListRelatedTitles},
    maturity::is_for,
    playback::ListContinueWatching,
};
use tower::ServiceExt;

use super::{
    Service,
    catalog::{
        Pictures,
        facts::NewTitle,
        tests::{
            Bench, FILMS, film,
            routes::{get, json, viewer},
        },
    },
    discovery::Discovery,
    library::Library,
};
use crate::{
    context::{RequestContext, Viewer},
    jobs::Jobs,
    mount::Mount,
    page::Pages,
};

/// What the home page asks of playback: nobody here began a film.
struct NothingBegun;

impl Service for NothingBegun {
    fn name(&self) -> &'static str {
        "playback"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        mount.call(|_: RequestContext, _: ListContinueWatching| async { Ok(Vec::new()) });
        // What is like a title is what that is about.
        mount.call(|_: RequestContext, _: ListRelatedTitles| async { Err(Problem::new(Code::NotAllowed)) });
    }
}

/// Enough films to fill rows, beside the real ones.
async fn filled() -> Bench {
    let mut bench = Bench::with_films().await;
    let genres = ["Drama", "Comedy", "Horror", "Action"];
    let more = (0..160_u16).map(|n| {
        let genre = genres[usize::from(n) % genres.len()];
        let director = if n % 10 == 0 { "Steven Spielberg" } else { "" };
        let score = 30 + u8::try_from(n % 60).unwrap();
        let film = film(&("Filler", 1960 + n % 50, genre, director, "R", 100, score, 500 + u32::from(n)));
        NewTitle { source: format!("test:filler {n}"), title: format!("Filler {n}"), ..film }
    });
    bench.add(more.collect()).await;
    let video = VideoFacts { height: 720, duration_seconds: 60, ..VideoFacts::default() };
    for (film, synopsis) in FILMS.iter().map(super::catalog::tests::film).zip(["One.", "Two."]) {
        let id = bench.add_one(NewTitle { synopsis: Some(synopsis.to_owned()), ..film }).await;
        bench.catalog.ingest().attach_video(&id, video.clone(), Pictures::default()).await.unwrap();
    }
    bench.follower.catch_up().await.unwrap();
    bench
}

async fn home(bench: &Bench) -> Home {
    let router = bench.router_with(&[Arc::new(Discovery::new(Jobs::default()))]);
    serde_json::from_value(json(get(&router, "/api/v1/home").await).await).unwrap()
}

#[tokio::test]
async fn the_home_page_shows_what_can_be_watched_first_and_no_title_in_two_rows() {
    let bench = filled().await;
    let home = home(&bench).await;
    let heroes: Vec<_> = home.hero.iter().map(|hero| (hero.card.title.as_str(), hero.synopsis.as_deref())).collect();
    assert_eq!(heroes, [("The Godfather", Some("One.")), ("The Godfather: Part II", Some("Two."))]);
    assert_eq!((home.rows[0].heading.as_str(), home.rows[0].items.len()), ("Ready to watch", 2));
    let mut seen = HashSet::new();
    for row in &home.rows {
        assert!(row.items.len() <= 20);
        for card in &row.items {
            assert!(seen.insert(card.id.clone()), "{} twice", card.title);
        }
    }
    let headings: Vec<&str> = home.rows.iter().map(|row| row.heading.as_str()).collect();
    assert!(headings.len() <= 12 && headings.contains(&"Acclaimed dramas"), "{headings:?}");
    assert!(headings.contains(&"The films of Steven Spielberg"), "{headings:?}");
    assert!(headings.iter().any(|heading| heading.starts_with("From the ")), "{headings:?}");
}

#[tokio::test]
async fn each_row_leads_to_a_list_that_holds_its_titles() {
    let bench = filled().await;
    let router = bench.router();
    for row in home(&bench).await.rows {
        let query = serde_urlencoded::to_string(&row.more).unwrap();
        let list = json(get(&router, &format!("/api/v1/titles?limit=100&{query}")).await).await;
        let listed: HashSet<&str> = list["items"].as_array().unwrap().iter().filter_map(|card| card["id"].as_str()).collect();
        for card in row.items {
            assert!(listed.contains(card.id.as_str()), "{} is not in {query}", card.title);
        }
    }
}

#[tokio::test]
async fn the_same_catalogue_has_the_same_home_page_and_an_empty_one_has_none() {
    let bench = filled().await;
    assert_eq!(home(&bench).await, home(&bench).await);
    assert_eq!(home(&Bench::new()).await, Home::default());
}

#[tokio::test]
async fn what_is_being_prepared_is_told_while_it_lasts() {
    let jobs = Jobs::default();
    let bench = Bench::new();
    let router = bench.router_with(&[Arc::new(Discovery::new(jobs.clone()))]);
    let job = jobs.begin("The Sierpinski Walk");
    job.report("preparing 720p", 40);
    let told = json(get(&router, "/api/v1/preparation").await).await;
    assert_eq!(told["jobs"][0]["stage"], "preparing 720p");
    drop(job);
    assert_eq!(json(get(&router, "/api/v1/preparation").await).await["jobs"], serde_json::json!([]));
}

#[tokio::test]
async fn a_film_that_is_being_made_is_named_to_whoever_is_shown_it_and_unrated_to_nobody_of_an_age() {
    let (jobs, mut bench) = (Jobs::default(), Bench::with_films().await);
    let mut add = async |name: &str, rated: &'static str| {
        let film = film(&("Film", 1990, "Drama", "", rated, 100, 70, 900));
        bench.add_one(NewTitle { source: format!("test:{name}"), title: name.to_owned(), ..film }).await
    };
    let titles = [
        ("For all", add("For all", "G").await),
        ("For adults", add("For adults", "R").await),
        ("Unrated", add("Unrated", "").await),
    ];
    let router_of = bench.router_for(&[Arc::new(Discovery::new(jobs.clone()))]);
    let mut running = vec![jobs.begin("Films to browse"), jobs.begin_title("tomorrow".parse().unwrap(), "Tomorrow")];
    running.extend(titles.into_iter().map(|(name, id)| jobs.begin_title(id, name)));
    let named = async |age: Option<u8>| {
        let told = json(get(&router_of(age), "/api/v1/preparation").await).await;
        told["jobs"].as_array().unwrap().iter().map(|job| job["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(None).await, ["Films to browse", "Tomorrow", "For all", "For adults", "Unrated"]);
    assert_eq!(named(Some(6)).await, ["Films to browse", "For all"]);
    drop(running);
    assert!(named(Some(6)).await.is_empty());
}

/// A page as somebody without a cookie is given it, and whether it was made for them alone.
async fn page(pages: &Router, context: RequestContext, path: &str) -> (StatusCode, String) {
    let viewer = Viewer { is_new: true, ..context.viewer };
    let router = pages.clone().layer(Extension(RequestContext { viewer, ..context }));
    let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-cache", "{path}");
    let status = response.status();
    let body = to_bytes(response.into_body(), 8 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_page_for_a_child_names_no_film_above_its_age_and_is_kept_for_nobody_else() {
    let bench = filled().await;
    let (_, dispatcher) = bench.mounted(&[Arc::new(Discovery::new(Jobs::default())), Arc::new(NothingBegun)]);
    let pages = Pages::new(PageAssets::default(), String::new(), Default::default(), bench.events.clone(), Jobs::default());
    let pages = pages.routes();
    let asks = |age| RequestContext { dispatcher: dispatcher.clone(), ..viewer(age) };
    let search = SearchTitles { q: "the godfather".into(), limit: None };
    let found = contract::DispatchExt::send(&asks(None), search).await.unwrap();
    let film = format!("/title/{}", found.titles[0].card.id);
    for path in ["/", "/browse", "/search?q=alien", &film] {
        // The child before and after everybody: neither is given the page of the other.
        let mut of_child = Vec::new();
        for age in [Some(12), None, Some(12), None] {
            let (status, html) = page(&pages, asks(age), path).await;
            let hidden = FILMS.iter().filter(|film| !is_for(Some(film.4), Some(12))).map(|film| film.0);
            let named: Vec<_> = hidden.filter(|title| html.contains(&format!("\"{title}\""))).collect();
            assert_eq!(named.is_empty(), age.is_some(), "{path} {age:?} names {named:?}");
            let is_refused = age.is_some() && path == film;
            assert_eq!(status, if is_refused { StatusCode::NOT_FOUND } else { StatusCode::OK }, "{path} {age:?}");
            assert_eq!(html.contains("One."), age.is_none() && (path == film || path == "/"), "the synopsis: {path} {age:?}");
            if age.is_some() {
                of_child.push(html);
            }
        }
        assert_eq!(of_child[0], of_child[1], "{path}");
    }
}

#[tokio::test]
async fn replies_are_kept_by_age_and_only_everybodys_may_be_kept_on_the_way() {
    let bench = Bench::with_films().await;
    let child = Some(12);
    let router_of = bench.router_for(&[Arc::new(Discovery::new(Jobs::default()))]);
    for path in ["/api/v1/titles?limit=100", "/api/v1/search?q=alien", "/api/v1/home"] {
        let mut tags = HashSet::new();
        // The child first, and again after everybody: neither is given the other's.
        for age in [child, None, child, None, Some(17)] {
            let response = get(&router_of(age), path).await;
            let headers = response.headers().clone();
            let cache = headers[header::CACHE_CONTROL].to_str().unwrap();
            assert_eq!(cache, if age.is_none() { "public, no-cache" } else { "private, no-cache" }, "{path} {age:?}");
            tags.insert((age, headers[header::ETAG].to_str().unwrap().to_owned()));
            let text = json(response).await.to_string();
            for film in FILMS.iter().filter(|film| !is_for(Some(film.4), age)) {
                assert!(!text.contains(&format!("\"{}\"", film.0)), "{path} {age:?} names {}", film.0);
            }
        }
        assert_eq!(tags.iter().filter(|(age, _)| age.is_none()).count(), 1, "{path}");
        assert_eq!(tags.iter().filter(|(age, _)| *age == child).count(), 1, "{path}");
        let distinct: HashSet<&String> = tags.iter().map(|(_, tag)| tag).collect();
        assert!(distinct.len() >= 2, "{path}: {tags:?}");
        // A tag that a browser has from one profile is no answer to another.
        let (_, everybodys) = tags.iter().find(|(age, _)| age.is_none()).unwrap();
        let request = Request::get(path).header(header::IF_NONE_MATCH, everybodys).body(Body::empty());
        let response = router_of(child).oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}
