//! What is kept of pages and replies while the documents are away: nothing that failed, and nothing that lacks a part.

use contract::discovery::GetHome;

use super::*;

struct Stage {
    bench: Bench,
    replies: Router,
    pages: Router,
    context: RequestContext,
}

impl Stage {
    async fn new() -> Self {
        let bench = filled().await;
        let (replies, dispatcher) = bench.mounted(&[Arc::new(Discovery::new(Jobs::default())), Arc::new(NothingBegun)]);
        let pages = Pages::new(PageAssets::default(), String::new(), Default::default(), bench.events.clone(), Jobs::default());
        let context = RequestContext { dispatcher, ..viewer(None) };
        let context = RequestContext { viewer: Viewer { is_new: true, ..context.viewer.clone() }, ..context };
        let replies = replies.layer(Extension(context.clone()));
        let pages = pages.routes().layer(Extension(context.clone()));
        Self { bench, replies, pages, context }
    }

    /// The status, whether caches may have it, and the text.
    async fn page(&self, path: &str) -> (u16, String, String) {
        let response = get(&self.pages, path).await;
        let (status, cache) =
            (response.status().as_u16(), response.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned());
        let body = to_bytes(response.into_body(), 8 << 20).await.unwrap();
        (status, cache, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn home(&self) -> Home {
        serde_json::from_value(json(get(&self.replies, "/api/v1/home").await).await).unwrap()
    }
}

#[tokio::test]
async fn a_page_whose_store_failed_is_given_to_whoever_asked_and_to_nobody_after() {
    let stage = Stage::new().await;
    let search = SearchTitles { q: "the godfather".into(), limit: None };
    let found = contract::DispatchExt::send(&stage.context, search).await.unwrap();
    let film = format!("/title/{}", found.titles[0].card.id);
    let revision = contract::Topic::ALL.iter().map(|topic| stage.bench.events.revision(*topic)).collect::<Vec<_>>();
    stage.bench.away.set(true);
    let (status, cache, _) = stage.page(&film).await;
    assert_eq!((status, cache.as_str()), (503, "no-store"));
    stage.bench.away.set(false);
    let (status, cache, html) = stage.page(&film).await;
    assert_eq!((status, cache.as_str()), (200, "private, no-cache"));
    assert!(html.contains("One."), "the synopsis");
    assert_eq!(
        contract::Topic::ALL.iter().map(|topic| stage.bench.events.revision(*topic)).collect::<Vec<_>>(),
        revision,
        "nothing was written in between"
    );
}

const SENTENCE: &str = "A part of this page could not be loaded just now.";

#[tokio::test]
async fn a_home_page_that_lacks_a_part_says_so_and_is_kept_for_nobody() {
    let stage = Stage::new().await;
    stage.bench.away.set(true);
    let part = stage.home().await;
    assert_eq!(part.missing, ["synopsis", "people"]);
    assert!(!part.rows.is_empty() && part.hero.iter().all(|hero| hero.synopsis.is_none()));
    let (status, cache, html) = stage.page("/").await;
    assert_eq!((status, cache.as_str(), html.contains(SENTENCE)), (200, "no-store", true));
    stage.bench.away.set(false);
    let whole = stage.home().await;
    assert!(whole.is_whole() && whole.hero.iter().all(|hero| hero.synopsis.is_some()));
    let (status, cache, html) = stage.page("/").await;
    assert_eq!((status, cache.as_str(), html.contains(SENTENCE)), (200, "private, no-cache", false));
    // Kept: the documents may go again, and nobody notices.
    stage.bench.away.set(true);
    assert!(stage.home().await.is_whole());
    assert!(!stage.page("/").await.2.contains(SENTENCE));
}

#[tokio::test]
async fn where_the_catalogue_runs_elsewhere_home_is_a_failure_and_no_empty_page() {
    let bench = Bench::new();
    let dispatcher = crate::mount::Dispatcher::default();
    let mut mount = crate::mount::Mount::new(dispatcher.clone(), bench.events.clone());
    super::super::Service::mount(Arc::new(Discovery::new(Jobs::default())), &mut mount);
    let router = mount.finish().router.layer(Extension(RequestContext { dispatcher: dispatcher.clone(), ..viewer(None) }));
    assert_eq!(get(&router, "/api/v1/home").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let context = RequestContext { dispatcher, ..viewer(None) };
    let problem = contract::DispatchExt::send(&context, GetHome {}).await.unwrap_err();
    assert_eq!(problem.code, contract::Code::Unreachable);
}

#[tokio::test]
async fn fifty_who_miss_the_home_page_at_once_ask_the_store_as_often_as_one() {
    let stage = Stage::new().await;
    let before = stage.bench.away.gets();
    stage.home().await;
    let once = stage.bench.away.gets() - before;
    // What everybody shares is dropped once a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    stage.bench.events.publish(storage::events::Change::CatalogueVisible);
    let before = stage.bench.away.gets();
    let homes = futures::future::join_all((0..50).map(|_| stage.home())).await;
    assert!(homes.iter().all(|home| *home == homes[0]));
    assert_eq!(stage.bench.away.gets() - before, once);
}
