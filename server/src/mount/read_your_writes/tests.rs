//! Who is given what after a write.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use contract::{Topic, authorization::Authorization};
use storage::events::Change;

use super::*;
use crate::mount::reply::Prepared;

const LISTS: &[Topic] = &[Topic::Catalogue];

fn guest(id: &str) -> Viewer {
    Viewer::guest(id.parse().unwrap(), false, Arc::new(Authorization::default()))
}

fn position(number: u64) -> Position {
    Position { feed: "0f".to_owned(), number }
}

fn carrying(headers: &HeaderMap) -> HeaderMap {
    let line = headers[header::SET_COOKIE].to_str().unwrap();
    let pair = line.split(';').next().unwrap();
    HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&format!("a=b; {pair}")).unwrap())])
}

/// A node, and how often it made a list.
struct Node {
    events: Events,
    replies: SharedReplies,
    made: Arc<AtomicUsize>,
}

impl Node {
    fn new() -> Self {
        let events = Events::default();
        Self { replies: SharedReplies::new(events.clone()), events, made: Arc::default() }
    }

    /// Asks for the list; whether it was made for this.
    async fn is_made_for(&self, viewer: &Viewer, headers: &HeaderMap) -> bool {
        let (before, made) = (self.made.load(Ordering::Relaxed), Arc::clone(&self.made));
        let at_least = self.replies.at_least(viewer, headers).await;
        let make = async move {
            made.fetch_add(1, Ordering::Relaxed);
            Ok(Prepared::new("text/plain", "no-cache", "list"))
        };
        self.replies.get_or_make("list".into(), (LISTS, at_least), || make).await.unwrap();
        self.made.load(Ordering::Relaxed) > before
    }

    /// The index finds what was written up to here.
    fn shows(&self, number: u64) {
        self.events.publish(Change::CatalogueVisible);
        self.events.show(&position(number));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_wrote_is_given_a_list_from_after_the_write_and_everybody_else_within_a_second() {
    let (node, nothing) = (Node::new(), HeaderMap::new());
    let (writer, reader) = (guest("writer"), guest("reader"));
    node.shows(1);
    assert!(node.is_made_for(&reader, &nothing).await);
    node.shows(2);
    node.replies.wrote(&writer, false, &mut HeaderMap::new());
    assert!(!node.is_made_for(&reader, &nothing).await, "what is kept is good for a second");
    assert!(node.is_made_for(&writer, &nothing).await);
    assert!(!node.is_made_for(&writer, &nothing).await, "and is kept for them, too");
    tokio::time::advance(Duration::from_millis(1001)).await;
    assert!(!node.is_made_for(&reader, &nothing).await, "everybody is given what was made for the writer");
}

#[tokio::test(start_paused = true)]
async fn another_node_waits_until_its_index_has_what_the_browser_wrote() {
    let (here, there) = (Node::new(), Node::new());
    let writer = guest("writer");
    there.shows(1);
    assert!(there.is_made_for(&guest("reader"), &HeaderMap::new()).await);
    here.shows(7);
    let mut told = HeaderMap::new();
    here.replies.wrote(&writer, true, &mut told);
    let carried = carrying(&told);
    let asked = tokio::time::Instant::now();
    let late = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        there.shows(6);
        tokio::time::sleep(Duration::from_millis(300)).await;
        there.shows(7);
    };
    let (is_made, ()) = tokio::join!(there.is_made_for(&writer, &carried), late);
    assert!(is_made, "not the one that is kept");
    assert_eq!(asked.elapsed(), Duration::from_millis(600), "when the index has the write, and not before");
}

#[tokio::test(start_paused = true)]
async fn who_wrote_here_and_then_elsewhere_waits_for_what_they_wrote_elsewhere() {
    let (here, there) = (Node::new(), Node::new());
    let writer = guest("writer");
    there.shows(1);
    there.replies.wrote(&writer, false, &mut HeaderMap::new());
    here.shows(2);
    let mut told = HeaderMap::new();
    here.replies.wrote(&writer, false, &mut told);
    let carried = carrying(&told);
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        there.shows(2);
    };
    let asked = tokio::time::Instant::now();
    tokio::join!(there.is_made_for(&writer, &carried), late);
    assert_eq!(asked.elapsed(), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_position_that_no_index_reaches_delays_whoever_carries_it_by_two_seconds_and_one_of_another_feed_by_nothing() {
    let node = Node::new();
    node.shows(1);
    let carry = |value: &str| {
        let line = HeaderValue::from_str(&format!("{NAME}={value}")).unwrap();
        HeaderMap::from_iter([(header::COOKIE, line)])
    };
    let took = async |value: &str| {
        let asked = tokio::time::Instant::now();
        node.is_made_for(&guest("reader"), &carry(value)).await;
        asked.elapsed()
    };
    assert!(took(&format!("{}.0f", u64::MAX)).await.abs_diff(PATIENCE) < Duration::from_millis(5));
    for value in ["9.another", "1.0f", "9", "x.0f", ""] {
        assert_eq!(took(value).await, Duration::ZERO, "{value}");
    }
}

#[test]
fn where_very_many_wrote_at_once_the_newest_is_everybody_and_nobody_is_given_less_than_they_wrote() {
    let (writers, events) = (Writers::default(), Events::default());
    let replies = SharedReplies::new(events.clone());
    for number in 0..=MOST {
        events.publish(Change::CatalogueVisible);
        writers.note(&number.to_string(), replies.now(), None);
    }
    assert!(writers.0.lock().unwrap().len() <= MOST + 1);
    for who in ["0", &MOST.to_string(), "who never wrote"] {
        assert!(writers.get(who).unwrap().stamp == replies.now(), "{who}");
    }
}
