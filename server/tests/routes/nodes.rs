//! Two servers on the same stores: what happens on one is seen on the other.

use std::time::{Duration, Instant};

use contract::{
    authorization::Resolution,
    catalog::SearchTitles,
    entitlements::{GetEntitlements, PutPlan},
    identity::{GetIdentity, SetUp, SignOut},
};
use serde_json::json;
use server::{config::Config, services::catalog::facts::NewTitle};
use storage::events::Change;
use tokio::{sync::broadcast::Receiver, time::timeout};

use crate::support::TestApp;

/// The Redis that all tests share, under a name of this test's own. What is stored under it is removed at the end.
struct Place {
    server: String,
    name: String,
}

impl Place {
    fn make() -> Self {
        let server = std::env::var("MARQUEE_TEST_REDIS");
        let server = server.expect("MARQUEE_TEST_REDIS names no server: run `cargo xtask test`, or name one in the variable");
        Self { server, name: format!("nodes-{:016x}", rand::random::<u64>()) }
    }

    fn configure(&self, config: &mut Config) {
        let url = format!("{}?prefix={}", self.server, self.name);
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

impl Drop for Place {
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
    let place = Place::make();
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
    let place = Place::make();
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
