//! Nodes that hear each other, and what they do where they cannot.

use std::{sync::Arc, time::Instant};

use tokio::{sync::broadcast::Receiver, task::AbortHandle};

use super::*;
use testing::redis::{OwnCluster, OwnRedis, Prefix};

fn revision(events: &Events) -> u64 {
    contract::Topic::ALL.iter().map(|topic| events.revision(*topic)).sum()
}

struct Node {
    events: Events,
    heard: Receiver<Change>,
    running: AbortHandle,
}

impl Node {
    async fn join(url: &str) -> Self {
        let events = Events::default();
        let heard = events.listen();
        let mut feed = Feed::open(url, events.clone()).await.unwrap();
        let mut node = Self { events, heard, running: tokio::spawn(async move { feed.run().await }).abort_handle() };
        node.hears(Change::Elsewhere).await;
        node
    }

    /// Waits for this, whatever else is told; how long it took.
    async fn hears(&mut self, wanted: Change) -> Duration {
        let begun = Instant::now();
        let heard = async { while self.heard.recv().await.unwrap() != wanted {} };
        timeout(Duration::from_secs(15), heard).await.unwrap_or_else(|_| panic!("{wanted:?} was not heard"));
        begun.elapsed()
    }

    /// What was told so far, waited for a moment.
    async fn so_far(&mut self) -> Vec<Change> {
        sleep(Duration::from_millis(200)).await;
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn titles(names: &[&str]) -> Change {
    Change::Titles(names.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn what_changes_on_one_node_is_seen_by_the_others_within_a_second_and_not_told_back() {
    let place = Prefix::make();
    let (mut here, mut there) = (Node::join(&place.url()).await, Node::join(&place.url()).await);
    tokio::join!(here.so_far(), there.so_far());
    for change in [titles(&["heat", "é\"\n🎬"]), Change::Guests, titles(&[])] {
        let before = revision(&there.events);
        here.events.publish(change.clone());
        assert!(there.hears(change.clone()).await < Duration::from_secs(1));
        assert!(revision(&there.events) > before, "what is kept there is out of date");
        assert_eq!(here.so_far().await, [change], "told once, by itself");
    }
    // What concerns one node alone stays there.
    here.events.publish(Change::CatalogueVisible);
    here.events.publish(Change::Elsewhere);
    assert_eq!(there.so_far().await, []);
    let many: Arc<[String]> = (0..=TITLES).map(|number| number.to_string()).collect();
    here.events.publish(Change::Titles(many));
    there.hears(Change::Elsewhere).await;
}

#[tokio::test]
async fn whoever_follows_a_feed_is_woken_by_what_another_node_writes_and_by_what_was_lost() {
    let place = Prefix::make();
    let (here, there) = (Node::join(&place.url()).await, Node::join(&place.url()).await);
    let (mut lists, other) = (there.events.written("lists"), there.events.written("progress"));
    sleep(Duration::from_millis(300)).await;
    lists.mark_unchanged();
    let before = *other.borrow();
    for _ in 0..3 {
        here.events.wrote("lists");
        timeout(Duration::from_secs(1), lists.changed()).await.unwrap().unwrap();
    }
    assert_eq!(*other.borrow(), before, "another feed's followers sleep on");
    crate::announce(&place.url()).await.unwrap();
    timeout(Duration::from_secs(1), lists.changed()).await.unwrap().unwrap();
    assert!(*other.borrow() > before);
}

#[tokio::test]
async fn a_command_that_wrote_beside_the_servers_tells_them_to_look() {
    let place = Prefix::make();
    let mut node = Node::join(&place.url()).await;
    node.so_far().await;
    crate::announce(&place.url()).await.unwrap();
    assert!(node.hears(Change::Elsewhere).await < Duration::from_secs(1));
}

#[tokio::test]
async fn installations_with_other_prefixes_do_not_hear_each_other() {
    let (place, other) = (Prefix::make(), Prefix::make());
    let (here, mut there) = (Node::join(&place.url()).await, Node::join(&other.url()).await);
    there.so_far().await;
    here.events.publish(Change::Guests);
    assert_eq!(there.so_far().await, []);
}

#[tokio::test]
async fn after_the_server_was_away_everything_is_looked_at_again_and_changes_are_heard_again() {
    let mut server = OwnRedis::start(&[]);
    let (mut here, mut there) = (Node::join(&server.url()).await, Node::join(&server.url()).await);
    tokio::join!(here.so_far(), there.so_far());
    for _ in 0..2 {
        server.kill();
        // Told to nobody: it is made up for.
        here.events.publish(Change::Guests);
        sleep(Duration::from_millis(300)).await;
        server.resume();
        there.hears(Change::Elsewhere).await;
        here.hears(Change::Elsewhere).await;
        tokio::join!(here.so_far(), there.so_far());
        here.events.publish(titles(&["heat"]));
        assert!(there.hears(titles(&["heat"])).await < Duration::from_secs(1));
        there.events.publish(Change::Guests);
        assert!(here.hears(Change::Guests).await < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_noticed_though_nothing_is_said() {
    let server = OwnRedis::start(&[]);
    let mut node = Node::join(&server.url()).await;
    node.so_far().await;
    server.signal("-STOP");
    sleep(PING_EVERY + PATIENCE + Duration::from_millis(500)).await;
    server.signal("-CONT");
    node.hears(Change::Elsewhere).await;
}

#[tokio::test]
async fn nodes_hear_each_other_through_different_servers_of_a_cluster() {
    let cluster = OwnCluster::start();
    let (one, other) = cluster.urls_of_two();
    let (here, mut there) = (Node::join(&one).await, Node::join(&other).await);
    there.so_far().await;
    here.events.publish(titles(&["heat"]));
    assert!(there.hears(titles(&["heat"])).await < Duration::from_secs(1));
}

#[test]
fn what_a_later_version_says_means_that_something_changed() {
    for payload in [r#"{"from":7,"change":"reviews"}"#, r#"{"from":7,"change":"everything","why":1}"#] {
        let message: Message = serde_json::from_str(payload).unwrap();
        assert!(matches!(message.change, WireChange::Unknown | WireChange::Everything), "{payload}");
    }
    let said = Message { from: u64::MAX, change: WireChange::Titles(vec!["heat".into()]) };
    let text = serde_json::to_string(&said).unwrap();
    assert_eq!(text, r#"{"from":18446744073709551615,"change":{"titles":["heat"]}}"#);
    assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), said);
}
