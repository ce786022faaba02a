//! What is kept and what is not, and how often it is made.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use contract::Code;
use storage::events::Change;
use tokio::sync::Notify;

use super::*;

/// On what a reply depends where nothing else is said.
const ANY: (&[Topic], Option<Stamp>) = (Topic::ALL, None);

fn reply(text: &str) -> Prepared {
    Prepared::new("text/plain", "no-cache", text.to_owned())
}

async fn text(reply: &Prepared) -> String {
    let body = reply.respond(&axum::http::HeaderMap::new()).await.into_body();
    String::from_utf8(axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap()
}

#[test]
fn each_age_has_a_key_of_its_own_and_no_address_is_another_ages_key() {
    let uri: Uri = "/api/v1/titles?genre=Drama".parse().unwrap();
    let keys = [None, Some(0), Some(6), Some(16)].map(|age| key("catalog.v1.ListTitles", &uri, age));
    let distinct: std::collections::HashSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
    assert!("/api/v1/titles?genre=Drama 6".parse::<Uri>().is_err());
    let escaped: Uri = "/api/v1/titles?genre=Drama%206".parse().unwrap();
    assert_ne!(key("catalog.v1.ListTitles", &escaped, None), keys[2]);
}

/// Counts how often it is asked for a reply.
#[derive(Clone, Default)]
struct Maker(Arc<AtomicUsize>);

impl Maker {
    async fn make(self, outcome: Result<Prepared, Problem>) -> Result<Prepared, Problem> {
        self.0.fetch_add(1, Ordering::Relaxed);
        outcome
    }

    fn asked(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_success_is_made_once_until_something_changes() {
    let events = Events::default();
    let (replies, maker) = (SharedReplies::new(events.clone()), Maker::default());
    for _ in 0..3 {
        replies.get_or_make("a".into(), ANY, || maker.clone().make(Ok(reply("a")))).await.unwrap();
    }
    assert_eq!(maker.asked(), 1);
    events.publish(Change::CatalogueVisible);
    replies.get_or_make("a".into(), ANY, || maker.clone().make(Ok(reply("a")))).await.unwrap();
    assert_eq!(maker.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn ten_writes_a_second_drop_a_reply_once_a_second_and_nobody_is_given_one_that_is_older() {
    let events = Events::default();
    let (replies, maker) = (SharedReplies::new(events.clone()), Maker::default());
    let written = Arc::new(AtomicUsize::new(0));
    let mut history = Vec::new();
    for step in 0..100 {
        written.store(step, Ordering::Relaxed);
        events.publish(Change::CatalogueVisible);
        history.push(tokio::time::Instant::now());
        let (maker, written) = (maker.clone(), Arc::clone(&written));
        let make = async move { maker.make(Ok(reply(&written.load(Ordering::Relaxed).to_string()))).await };
        let given = replies.get_or_make("list".into(), (&[Topic::Catalogue], None), || make).await.unwrap();
        let has: usize = text(&given).await.parse().unwrap();
        if let Some(missed) = history.get(has + 1) {
            assert!(missed.elapsed() < Duration::from_secs(1), "{has} was given {:?} after the next write", missed.elapsed());
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert_eq!(maker.asked(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_last_of_many_writes_is_given_a_second_later_though_nothing_follows_it() {
    let events = Events::default();
    let (replies, maker) = (SharedReplies::new(events.clone()), Maker::default());
    let ask = async || {
        replies.get_or_make("list".into(), ANY, || maker.clone().make(Ok(reply("list")))).await.unwrap();
        maker.asked()
    };
    events.publish(Change::CatalogueVisible);
    assert_eq!(ask().await, 1);
    events.publish(Change::CatalogueVisible);
    assert_eq!(ask().await, 1);
    tokio::time::advance(Duration::from_millis(999)).await;
    assert_eq!(ask().await, 1);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(ask().await, 2);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(ask().await, 2, "and is kept for as long as nothing changes");
}

#[tokio::test]
async fn a_reply_is_dropped_by_its_own_topics_and_by_no_other() {
    let titles = || Change::Titles(Arc::from(["heat".to_owned()]));
    let cases: [(&[Topic], Change, usize); 6] = [
        (&[Topic::Catalogue], titles(), 1),
        (&[Topic::Catalogue], Change::Guests, 1),
        (&[Topic::Titles], titles(), 2),
        // A title that was written on another node, of which no word came: the index has it from the feed.
        (&[Topic::Titles], Change::CatalogueVisible, 2),
        (&[Topic::Guests], Change::CatalogueVisible, 1),
        (&[Topic::Guests], Change::Elsewhere, 2),
    ];
    for (topics, change, asked) in cases {
        let events = Events::default();
        let (replies, maker) = (SharedReplies::new(events.clone()), Maker::default());
        for _ in 0..2 {
            replies.get_or_make("a".into(), (topics, None), || maker.clone().make(Ok(reply("a")))).await.unwrap();
            events.publish(change.clone());
        }
        assert_eq!(maker.asked(), asked, "{topics:?} after {change:?}");
    }
}

#[tokio::test]
async fn what_guests_may_do_is_dropped_at_once_each_time() {
    let events = Events::default();
    let (replies, maker) = (SharedReplies::new(events.clone()), Maker::default());
    for _ in 0..5 {
        events.publish(Change::Guests);
        replies.get_or_make("page".into(), ANY, || maker.clone().make(Ok(reply("page")))).await.unwrap();
    }
    assert_eq!(maker.asked(), 5);
}

#[tokio::test]
async fn neither_a_failure_nor_a_failed_page_nor_a_part_nor_an_old_answer_is_kept() {
    let (replies, maker) = (SharedReplies::new(Events::default()), Maker::default());
    for _ in 0..2 {
        let failed = maker.clone().make(Err(Problem::new(Code::Overloaded)));
        assert!(replies.get_or_make("failure".into(), ANY, || failed).await.is_err());
        let page = reply("busy").with_status(StatusCode::SERVICE_UNAVAILABLE);
        let page = replies.get_or_make("page".into(), ANY, || maker.clone().make(Ok(page))).await.unwrap();
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        let part = maker.clone().make(Ok(reply("part"))).inspect(|_| stale::note_partial());
        replies.get_or_make("part".into(), ANY, || part).await.unwrap();
        let old = maker.clone().make(Ok(reply("old"))).inspect(|_| stale::note(Duration::from_secs(7)));
        let (_, age) = stale::observe(replies.get_or_make("old".into(), ANY, || old)).await;
        assert_eq!(age, Some(Duration::from_secs(7)), "whoever waits is told its age");
    }
    assert_eq!(maker.asked(), 8);
}

#[tokio::test]
async fn what_does_not_exist_is_kept_apart_so_that_it_pushes_nothing_else_out() {
    let (replies, maker) = (SharedReplies::within(256 * 1024, Events::default()), Maker::default());
    replies.get_or_make("home".into(), ANY, || maker.clone().make(Ok(reply("home")))).await.unwrap();
    for number in 0..200 {
        let missing = reply(&format!("{number}").repeat(1000)).with_status(StatusCode::NOT_FOUND);
        let missing = replies.get_or_make(format!("{number}").into(), ANY, || async move { Ok(missing) }).await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
    for cache in [&replies.0.found, &replies.0.missing] {
        cache.run_pending_tasks().await;
    }
    assert!(replies.0.missing.weighted_size() <= 256 * 1024 / MISSING_SHARE);
    replies.get_or_make("home".into(), ANY, || maker.clone().make(Ok(reply("home")))).await.unwrap();
    let missing = reply("gone").with_status(StatusCode::NOT_FOUND);
    for _ in 0..2 {
        replies.get_or_make("gone".into(), ANY, || maker.clone().make(Ok(missing.clone()))).await.unwrap();
    }
    assert_eq!(maker.asked(), 2, "home once, what is gone once");
}

#[tokio::test]
async fn fifty_who_miss_at_once_make_one_computation() {
    let (replies, maker, gate) = (SharedReplies::new(Events::default()), Maker::default(), Arc::new(Notify::new()));
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let (replies, maker, gate) = (replies.clone(), maker.clone(), Arc::clone(&gate));
            tokio::spawn(async move {
                let make = async move {
                    let made = maker.make(Ok(reply("home"))).await;
                    gate.notified().await;
                    made
                };
                replies.get_or_make("home".into(), ANY, || make).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    gate.notify_one();
    for reply in waiting {
        assert_eq!(reply.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(maker.asked(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_the_reply_from_nobody_who_waits() {
    let (replies, maker, gate) = (SharedReplies::new(Events::default()), Maker::default(), Arc::new(Notify::new()));
    let ask = || {
        let (replies, maker, gate) = (replies.clone(), maker.clone(), Arc::clone(&gate));
        tokio::spawn(async move {
            let make = async move {
                let made = maker.make(Ok(reply("home"))).await;
                gate.notified().await;
                made
            };
            replies.get_or_make("home".into(), ANY, || make).await
        })
    };
    let first = ask();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = ask();
    tokio::time::sleep(Duration::from_millis(20)).await;
    first.abort();
    gate.notify_one();
    assert!(second.await.unwrap().is_ok());
    assert_eq!(maker.asked(), 1);
}

#[tokio::test]
async fn a_panic_while_a_reply_is_made_is_a_failure_for_those_who_wait_and_the_next_may_succeed() {
    let replies = SharedReplies::new(Events::default());
    let broken = async { Err(explode()) };
    let problem = replies.get_or_make("home".into(), ANY, || broken).await.unwrap_err();
    assert_eq!(problem.code, Code::Internal);
    assert!(replies.get_or_make("home".into(), ANY, || async { Ok(reply("home")) }).await.is_ok());
}

fn explode() -> Problem {
    std::panic::panic_any("broken on purpose")
}
