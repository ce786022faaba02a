//! Two servers on the same stores: what happens on one is seen on the other.

use std::time::{Duration, Instant};

use contract::{
    Code,
    authorization::Resolution,
    catalog::{DeleteTitle, GetTitle, ListTitles, SearchTitles},
    entitlements::{GetEntitlements, PutPlan},
    events::Event,
    identity::{GetIdentity, SetUp, SignOut},
    library::{AddFavourite, RemoveFavourite},
};
use serde_json::json;
use server::{config::Config, services::catalog::facts::NewTitle};
use storage::events::Change;
use tokio::{sync::broadcast::Receiver, time::timeout};

use crate::{events::Following, support::TestApp};

/// The Redis that all tests share, under a name of this test's own. What is stored under it is removed at the end.
pub struct RedisNamespace {
    server: String,
    name: String,
}

impl RedisNamespace {
    pub fn make() -> Self {
        let server = std::env::var("MARQUEE_TEST_REDIS");
        let server = server.expect("MARQUEE_TEST_REDIS names no server: run `cargo xtask test`, or name one in the variable");
        Self { server, name: format!("nodes-{:016x}", rand::random::<u64>()) }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}?prefix={}", self.server, self.name)
    }

    pub fn configure(&self, config: &mut Config) {
        let url = self.url();
        config.storage.keyvalue = Some(url.clone());
        config.storage.events = Some(url);
    }

    /// Both servers.
    async fn two(&self) -> (TestApp, TestApp) {
        let here = TestApp::with(|config| self.configure(config)).await;
        let there = here.beside(|config| self.configure(config)).await;
        (here, there)
    }
}

impl Drop for RedisNamespace {
    fn drop(&mut self) {
        let mut connection = redis::Client::open(self.server.as_str()).unwrap().get_connection().unwrap();
        let mut scan = redis::cmd("SCAN");
        scan.arg(0).arg("MATCH").arg(format!("{{{}:*", self.name)).arg("COUNT").arg(1_000_000);
        let (_, keys): (u64, Vec<Vec<u8>>) = scan.query(&mut connection).unwrap();
        assert!(!keys.is_empty(), "nothing was kept in Redis");
        redis::cmd("UNLINK").arg(keys).query::<()>(&mut connection).unwrap();
    }
}

fn set_up() -> SetUp {
    SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }
}

/// How long it takes until this is told.
async fn hears(feed: &mut Receiver<Change>, wanted: impl Fn(&Change) -> bool) -> Duration {
    let begun = Instant::now();
    let heard = async { while !wanted(&feed.recv().await.unwrap()) {} };
    timeout(Duration::from_secs(10), heard).await.expect("it was not heard");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_on_one_server_is_seen_on_the_other() {
    let place = RedisNamespace::make();
    let (here, there) = place.two().await;
    let mut feed = there.server.events.listen();
    assert!(there.send_afresh(GetIdentity {}).await.unwrap().ways_in.needs_setup);
    here.send(set_up()).await.unwrap();
    assert!(hears(&mut feed, |change| *change == Change::Guests).await < Duration::from_secs(1));
    assert!(!there.send_afresh(GetIdentity {}).await.unwrap().ways_in.needs_setup);

    // What guests may do, at once, though it was looked up a moment ago.
    assert_eq!(there.send_afresh(GetEntitlements {}).await.unwrap().authorization.resolution, Resolution::EightK);
    let authorization = json!({ "resolution": "HD", "may_browse": true }).as_object().unwrap().clone();
    let plan = PutPlan { id: "guest".parse().unwrap(), name: "Guest".into(), authorization, expected_version: 0 };
    here.send(plan).await.unwrap();
    assert!(hears(&mut feed, |change| *change == Change::Guests).await < Duration::from_secs(1));
    let guest = there.send_afresh(GetIdentity {}).await.unwrap().authorization;
    assert_eq!(guest.resolution, Resolution::Hd);

    // A title, in the other's own index.
    let film = NewTitle { source: "test:heat".into(), title: "Heat".into(), year: Some(1995), ..NewTitle::default() };
    here.server.catalog.ingest().upsert_many(vec![film]).await.unwrap();
    assert!(hears(&mut feed, |change| matches!(change, Change::Titles(_))).await < Duration::from_secs(1));
    hears(&mut feed, |change| *change == Change::CatalogueVisible).await;
    let found = there.send_afresh(SearchTitles { q: "heat".into(), limit: None }).await.unwrap();
    assert_eq!(found.titles.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_out_on_one_server_is_signed_out_on_the_other_within_five_seconds() {
    let place = RedisNamespace::make();
    let (here, there) = place.two().await;
    here.send(set_up()).await.unwrap();
    let cookies = here.forget_cookies();
    here.be(cookies.clone());
    there.be(cookies.clone());
    let is_in = async || {
        there.be(cookies.clone());
        there.send(GetIdentity {}).await.unwrap().account.is_some()
    };
    assert!(is_in().await, "signed in on one is signed in on both");
    here.send(SignOut {}).await.unwrap();
    let begun = Instant::now();
    while is_in().await {
        assert!(begun.elapsed() < Duration::from_millis(5500), "still signed in on the other");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_viewer_does_on_one_server_their_other_device_is_told_by_the_other_within_a_second() {
    let place = RedisNamespace::make();
    let (here, there) = place.two().await;
    here.send(set_up()).await.unwrap();
    let mut following = Following::begin(&there, &here.cookies(), None).await;
    let ingest = here.server.catalog.ingest();
    ingest.upsert_many(vec![film("Heat")]).await.unwrap();
    let heat = ingest.find_source("test:Heat").await.unwrap().unwrap();
    for is_on in [true, false] {
        let begun = Instant::now();
        if is_on {
            here.send(AddFavourite { id: heat.clone() }).await.unwrap();
        } else {
            here.send(RemoveFavourite { id: heat.clone(), change: None, undoes: None }).await.unwrap();
        }
        assert_eq!(following.next().await, Some(Event::Favourite { id: heat.clone(), is_on }));
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    // It goes on from the one where it left off at the other.
    let last = following.id.clone();
    drop(following);
    here.send(AddFavourite { id: heat.clone() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut back = Following::begin(&here, &here.cookies(), Some(&last)).await;
    assert_eq!(back.next().await, Some(Event::Favourite { id: heat, is_on: true }));
    assert_eq!(back.next().await, Some(Event::Begun));
}

/// Two servers on one MongoDB between which no word of any change comes through, as if Redis lost each: three films, and what
/// browsers were told on the first.
async fn two_that_hear_nothing(documents: &str, place: &RedisNamespace) -> (TestApp, TestApp) {
    let configure = |config: &mut Config| {
        place.configure(config);
        config.storage.documents = Some(documents.to_owned());
        config.storage.events = None;
    };
    let here = TestApp::with(configure).await;
    here.server.catalog.ingest().upsert_many(["Heat", "Ronin", "Thief"].map(film).to_vec()).await.unwrap();
    let there = here.beside(configure).await;
    (here, there)
}

fn film(name: &str) -> NewTitle {
    NewTitle { source: format!("test:{name}"), title: name.into(), year: Some(1995), ..NewTitle::default() }
}

/// What somebody who never wrote finds there.
async fn names(app: &TestApp) -> Vec<String> {
    let listed = app.send_afresh(ListTitles::default()).await.unwrap();
    let mut names: Vec<String> = listed.items.into_iter().map(|card| card.title).collect();
    names.sort();
    names
}

/// How long it takes until everybody finds these.
async fn until(app: &TestApp, wanted: &[&str]) -> Duration {
    let begun = Instant::now();
    while names(app).await != wanted {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?} in place of {wanted:?}", names(app).await);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_server_writes_changes_and_deletes_is_found_in_the_feed_where_every_word_of_it_was_lost() {
    let documents = testing::mongodb::Scratch::new();
    let place = RedisNamespace::make();
    let (here, there) = two_that_hear_nothing(documents.url(), &place).await;
    until(&there, &["Heat", "Ronin", "Thief"]).await;
    let add = async |film: NewTitle| here.server.catalog.ingest().upsert_many(vec![film]).await.unwrap().remove(0).id;
    let heat = add(film("Heat")).await;
    // Kept there, as it is.
    let year = async || there.send_afresh(GetTitle { id: heat.clone() }).await.map(|title| title.card.year);
    assert_eq!(year().await, Ok(Some(1995)));

    // The look every two seconds, the index, and what is kept for a second.
    let most = Duration::from_millis(3800);
    add(film("Drive")).await;
    add(NewTitle { year: Some(2025), ..film("Heat") }).await;
    assert!(until(&there, &["Drive", "Heat", "Ronin", "Thief"]).await < most);
    let begun = Instant::now();
    while year().await != Ok(Some(2025)) {
        assert!(begun.elapsed() < most, "the old one is kept");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    here.server.title_deletions.delete(&heat).await.unwrap();
    assert!(until(&there, &["Drive", "Ronin", "Thief"]).await < most);
    let begun = Instant::now();
    while year().await.map_err(|problem| problem.code) != Err(Code::NotFound) {
        assert!(begun.elapsed() < most, "what was deleted is kept");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_deletes_a_title_on_one_server_finds_it_on_none_in_their_next_list() {
    let documents = testing::mongodb::Scratch::new();
    let place = RedisNamespace::make();
    let (here, there) = two_that_hear_nothing(documents.url(), &place).await;
    until(&there, &["Heat", "Ronin", "Thief"]).await;
    here.send(set_up()).await.unwrap();
    there.be(here.cookies());
    let ids: Vec<_> = here.send(ListTitles::default()).await.unwrap().items.into_iter().map(|card| card.id).collect();
    for (gone, id) in ids.into_iter().enumerate() {
        assert_eq!(there.send(ListTitles::default()).await.unwrap().total, 3 - gone as u64);
        here.send(DeleteTitle { id: id.clone() }).await.unwrap();
        for app in [&here, &there] {
            app.be(here.cookies());
            let listed = app.send(ListTitles::default()).await.unwrap();
            assert!(listed.items.iter().all(|card| card.id != id), "it is listed");
            assert_eq!(app.send(GetTitle { id: id.clone() }).await.unwrap_err().code, Code::NotFound);
        }
    }
}
