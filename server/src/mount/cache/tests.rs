//! What is kept and what is not, and how often it is made.

use std::sync::atomic::{AtomicUsize, Ordering};

use contract::Code;
use storage::events::Change;
use tokio::sync::Notify;

use super::*;

fn reply(text: &str) -> Prepared {
    Prepared::new("text/plain", "no-cache", text.to_owned())
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
        replies.get_or_make("a".into(), || maker.clone().make(Ok(reply("a")))).await.unwrap();
    }
    assert_eq!(maker.asked(), 1);
    events.publish(Change::CatalogueVisible);
    replies.get_or_make("a".into(), || maker.clone().make(Ok(reply("a")))).await.unwrap();
    assert_eq!(maker.asked(), 2);
}

#[tokio::test]
async fn neither_a_failure_nor_a_failed_page_nor_a_part_nor_an_old_answer_is_kept() {
    let (replies, maker) = (SharedReplies::new(Events::default()), Maker::default());
    for _ in 0..2 {
        let failed = maker.clone().make(Err(Problem::new(Code::Overloaded)));
        assert!(replies.get_or_make("failure".into(), || failed).await.is_err());
        let page = reply("busy").with_status(StatusCode::SERVICE_UNAVAILABLE);
        let page = replies.get_or_make("page".into(), || maker.clone().make(Ok(page))).await.unwrap();
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        let part = maker.clone().make(Ok(reply("part"))).inspect(|_| stale::note_partial());
        replies.get_or_make("part".into(), || part).await.unwrap();
        let old = maker.clone().make(Ok(reply("old"))).inspect(|_| stale::note(Duration::from_secs(7)));
        let (_, age) = stale::observe(replies.get_or_make("old".into(), || old)).await;
        assert_eq!(age, Some(Duration::from_secs(7)), "whoever waits is told its age");
    }
    assert_eq!(maker.asked(), 8);
}

#[tokio::test]
async fn what_does_not_exist_is_kept_apart_so_that_it_pushes_nothing_else_out() {
    let (replies, maker) = (SharedReplies::within(256 * 1024, Events::default()), Maker::default());
    replies.get_or_make("home".into(), || maker.clone().make(Ok(reply("home")))).await.unwrap();
    for number in 0..200 {
        let missing = reply(&format!("{number}").repeat(1000)).with_status(StatusCode::NOT_FOUND);
        let missing = replies.get_or_make(format!("{number}").into(), || async move { Ok(missing) }).await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
    for cache in [&replies.found, &replies.missing] {
        cache.run_pending_tasks().await;
    }
    assert!(replies.missing.weighted_size() <= 256 * 1024 / MISSING_SHARE);
    replies.get_or_make("home".into(), || maker.clone().make(Ok(reply("home")))).await.unwrap();
    let missing = reply("gone").with_status(StatusCode::NOT_FOUND);
    for _ in 0..2 {
        replies.get_or_make("gone".into(), || maker.clone().make(Ok(missing.clone()))).await.unwrap();
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
                replies.get_or_make("home".into(), || make).await
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
            replies.get_or_make("home".into(), || make).await
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
    let problem = replies.get_or_make("home".into(), || broken).await.unwrap_err();
    assert_eq!(problem.code, Code::Internal);
    assert!(replies.get_or_make("home".into(), || async { Ok(reply("home")) }).await.is_ok());
}

fn explode() -> Problem {
    std::panic::panic_any("broken on purpose")
}
