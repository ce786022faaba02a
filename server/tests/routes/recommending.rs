//! Who changes their history is recommended what follows from it: in the next answer on the server where they did, and a moment later on
//! the others.

use std::time::{Duration, Instant};

use contract::{
    discovery::GetMyRows,
    identity::{GetWatcher, ListProfiles, SetUp},
    ids::TitleId,
    library::{AddFavourite, AddToList, MarkWatched},
    reviews::PutReview,
};
use server::config::ServiceName;

use crate::{
    events::{film, watchlist},
    nodes::RedisNamespace,
    support::TestApp,
};

/// So that a row is told also when some of them are not.
const FILMS: usize = 14;

/// Films, somebody who has watched one of them, and a model.
async fn learnt(app: &TestApp) {
    let mut films = Vec::new();
    for number in 0..FILMS {
        films.push(film(app, &format!("Film {number}"), None).await);
    }
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    app.send(MarkWatched::now(films[0].clone())).await.unwrap();
    app.server.recommendations.look().await.unwrap();
}

async fn told(app: &TestApp) -> Vec<TitleId> {
    let rows = app.send(GetMyRows {}).await.unwrap().rows;
    rows.into_iter().flat_map(|row| row.items).map(|item| item.card.id).collect()
}

/// The first that is recommended, once what was picked is kept: what the feeds tell of earlier changes comes a moment later.
async fn first_pick(app: &TestApp) -> TitleId {
    let profile = app.send(ListProfiles {}).await.unwrap().remove(0).id;
    let begun = Instant::now();
    loop {
        let first = told(app).await.into_iter().next().expect("something is recommended");
        if app.server.recommendations.has_picks(&profile) {
            return first;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "nothing is kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_just_watched_listed_liked_or_rated_is_in_the_next_answer_no_more() {
    let app = TestApp::start().await;
    learnt(&app).await;
    for change in 0..4 {
        let id = first_pick(&app).await;
        match change {
            0 => {
                app.send(MarkWatched::now(id.clone())).await.unwrap();
            }
            1 => {
                app.send(AddToList { list: watchlist(), id: id.clone(), note: None, change: None, restores: None })
                    .await
                    .unwrap();
            }
            2 => {
                app.send(AddFavourite { id: id.clone() }).await.unwrap();
            }
            _ => {
                let stars = PutReview::stars(id.clone(), 9);
                app.send(stars).await.unwrap();
            }
        }
        assert!(!told(&app).await.contains(&id), "change {change}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_watched_on_one_server_is_soon_recommended_no_more_by_another_that_keeps_no_histories() {
    let place = RedisNamespace::make();
    let here = TestApp::with(|config| place.configure(config)).await;
    let there = here.beside(|config| {
        place.configure(config);
        config.services = vec![ServiceName::Catalog, ServiceName::Discovery, ServiceName::Identity, ServiceName::Entitlements];
    });
    let there = there.await;
    learnt(&here).await;
    there.server.recommendations.look().await.unwrap();
    there.be(here.cookies());
    there.send(GetWatcher {}).await.unwrap();
    let id = first_pick(&there).await;
    here.send(MarkWatched::now(id.clone())).await.unwrap();
    let begun = Instant::now();
    while told(&there).await.contains(&id) {
        assert!(begun.elapsed() < Duration::from_secs(5), "it is still recommended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
