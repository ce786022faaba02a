//! Counts are exact in the end: whoever writes at once, wherever it is broken off, whatever was counted before.

use std::time::{Duration, Instant};

use storage::documents::{
    Expect, Find, Write, all_of,
    feed::{Position, Since, State},
    parse,
};
use tokio::task::JoinSet;

use super::{
    super::record::{BY_KIND, FOLLOWED, FOLLOWED_ID, FollowedRecord, REACTIONS, REVIEWS, ReviewRecord, TOTALS, TotalsRecord},
    *,
};
use crate::services::trimming::{AFTER, Trimming};

impl World {
    /// The stars of `heat` one by one, as they are stored.
    async fn by_hand(&self) -> [u64; 10] {
        let mut counts = [0; 10];
        let mut after = None::<String>;
        loop {
            let page = self.stores.documents.list(&REVIEWS, after.as_deref(), 1000).await.unwrap();
            for review in page.documents.iter().map(|document| parse::<ReviewRecord>(document).unwrap()) {
                if review.hidden.is_none() && review.half_stars > 0 {
                    counts[usize::from(review.half_stars) - 1] += 1;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return counts,
            }
        }
    }
}

/// As many clients edit, rate, take back and vote as are said, are broken off again and again wherever they are, and so are two
/// that count, until the time is over; then one counts what is left.
async fn clients(count: usize, time: Duration) {
    let world = Arc::new(World::new().await);
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < time {
        let mut running = JoinSet::new();
        for _ in 0..2 {
            let follower = world.follower();
            running.spawn(async move {
                let ended = follower.run().await;
                panic!("a follower ended: {ended:?}");
            });
        }
        for client in 0..count {
            let world = Arc::clone(&world);
            running.spawn(async move {
                let viewer = member(&format!("p{client}"));
                loop {
                    let (act, half_stars) = (rand::random_range(0..10), rand::random_range(1..=10_u8));
                    let path = "/titles/heat/review";
                    let (status, answer) = match act {
                        0 => world.ask(&viewer, "DELETE", path, Value::Null).await,
                        _ => world.ask(&viewer, "PUT", path, json!({ "half_stars": half_stars })).await,
                    };
                    // Others may be faster each time, and then nothing was written.
                    assert!(matches!(status, 200 | 204 | 429 | 503), "{status} {answer}");
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(50..400))).await;
        running.abort_all();
        while let Some(ended) = running.join_next().await {
            assert!(ended.is_err_and(|error| error.is_cancelled()), "nobody ends by themselves");
        }
        rounds += 1;
    }
    // The store has one queue of writes: what was in it when its client went is written before this is.
    let body = serde_json::to_value(TotalsRecord::default()).unwrap();
    world.stores.documents.put(&TOTALS, Write { id: "other".into(), body, expect: Expect::Anything }).await.unwrap();
    world.follower().catch_up().await.unwrap();
    let counted = world.by_hand().await;
    let kept = world.reviews.totals.of(&"heat".parse().unwrap()).await.unwrap();
    assert_eq!(kept.counts, counted, "after {rounds} rounds");
    let sum: u64 = (1..).zip(counted).map(|(half_stars, count): (u64, u64)| half_stars * count).sum();
    let count: u64 = counted.iter().sum();
    assert_eq!(world.shown.0.lock().unwrap()[&"heat".parse().unwrap()], (count > 0).then_some((sum, count)));
    assert!(rounds > 1 && count > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_clients_that_edit_and_are_killed_and_start_again_leave_counts_that_are_exact() {
    let seconds = testing::cases(3, 60);
    clients(100, Duration::from_secs(u64::from(seconds))).await;
}

#[tokio::test]
async fn a_count_that_was_begun_before_a_write_never_replaces_one_that_was_begun_after_it() {
    let world = World::new().await;
    let title: TitleId = "heat".parse().unwrap();
    world.rate(&member("ada"), 4).await;
    // What somebody counted before Bob's rating, and writes after it was counted.
    let stale = world.stores.documents.get(&TOTALS, "heat").await.unwrap().unwrap();
    world.rate(&member("bob"), 8).await;
    let write = Write { id: stale.id, body: stale.body, expect: Expect::Version(stale.version) };
    assert!(matches!(world.stores.documents.put(&TOTALS, write).await, Err(StoreError::Conflict { .. })));
    assert_eq!(world.reviews.totals.of(&title).await.unwrap().counts, [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
}

#[tokio::test]
async fn counts_that_cannot_be_read_are_counted_anew_and_hold_nobody_else_up() {
    let world = World::new().await;
    let broken = |id: &str| Write { id: id.into(), body: json!({ "counts": "x", "reviews": 5 }), expect: Expect::Anything };
    for half_stars in [4, 6] {
        world.stores.documents.put(&TOTALS, broken("heat")).await.unwrap();
        world.stores.documents.put(&FOLLOWED, broken(FOLLOWED_ID)).await.unwrap();
        world.rate(&member("ada"), half_stars).await;
        world.follower().catch_up().await.unwrap();
        assert_eq!(world.shown.0.lock().unwrap()[&"heat".parse().unwrap()], Some((u64::from(half_stars), 1)));
    }
    world.stores.documents.put(&TOTALS, broken("heat")).await.unwrap();
    assert_eq!(world.reviews.totals.of(&"heat".parse().unwrap()).await.unwrap().counts[5], 1, "whoever asks has it counted");
}

#[tokio::test]
async fn what_nobody_counted_is_counted_by_the_next_start_and_once() {
    let world = World::new().await;
    let title: TitleId = "heat".parse().unwrap();
    let ada = member("ada");
    let account = ada.member.as_ref().unwrap().account.clone();
    let writer = |profile| store::Writer { profile, account: &account };
    let call = |half_stars| PutReview::stars(title.clone(), half_stars);
    // Killed between the review and its count, at first and when the feed is followed.
    for half_stars in [3, 9] {
        world.reviews.reviews.put(writer(&ada.profile), &call(half_stars)).await.unwrap();
        world.follower().catch_up().await.unwrap();
        assert_eq!(world.reviews.totals.of(&title).await.unwrap().counts[usize::from(half_stars) - 1], 1, "{half_stars}");
        assert_eq!(world.shown.0.lock().unwrap()[&title], Some((u64::from(half_stars), 1)));
    }
    let kept = world.stores.documents.get(&TOTALS, "heat").await.unwrap().unwrap().version;
    world.follower().catch_up().await.unwrap();
    assert_eq!(world.stores.documents.get(&TOTALS, "heat").await.unwrap().unwrap().version, kept, "nothing was written");
}

#[tokio::test]
async fn a_store_that_was_put_back_is_counted_anew_and_so_are_titles_whose_reviews_are_gone() {
    let world = World::new().await;
    world.rate(&member("ada"), 4).await;
    world.follower().catch_up().await.unwrap();
    let counts = TotalsRecord { counts: [7; 10], ..TotalsRecord::default() };
    for title in ["heat", "nobody-rates-this"] {
        let body = serde_json::to_value(&counts).unwrap();
        world.stores.documents.put(&TOTALS, Write { id: title.into(), body, expect: Expect::Anything }).await.unwrap();
    }
    let mut followed: FollowedRecord =
        parse(&world.stores.documents.get(&FOLLOWED, FOLLOWED_ID).await.unwrap().unwrap()).unwrap();
    followed.reviews.as_mut().unwrap().number += 1_000;
    let body = serde_json::to_value(&followed).unwrap();
    world.stores.documents.put(&FOLLOWED, Write { id: FOLLOWED_ID.into(), body, expect: Expect::Anything }).await.unwrap();
    for _ in 0..2 {
        world.follower().catch_up().await.unwrap();
    }
    let of = async |title: &str| world.reviews.totals.of(&title.parse().unwrap()).await.unwrap().counts.iter().sum::<u64>();
    assert_eq!((of("heat").await, of("nobody-rates-this").await), (1, 0));
    let kept: FollowedRecord = parse(&world.stores.documents.get(&FOLLOWED, FOLLOWED_ID).await.unwrap().unwrap()).unwrap();
    assert!(kept.reviews.unwrap().number < 1_000, "it stands in this store");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_of_many_at_once_are_counted_exactly_while_the_review_is_edited() {
    let world = Arc::new(World::new().await);
    let id = world.write(&member("ada"), 8, "Text").await;
    let mut running = JoinSet::new();
    for voter in 0..40 {
        let (world, id) = (Arc::clone(&world), id.clone());
        running.spawn(async move {
            let viewer = member(&format!("p{voter}"));
            for method in ["PUT", "DELETE", "PUT"] {
                let body = if method == "PUT" { json!({}) } else { Value::Null };
                let (status, answer) = world.ask(&viewer, method, &format!("/reviews/{id}/helpful"), body).await;
                assert!(matches!(status, 204 | 503), "{status} {answer}");
            }
        });
    }
    for half_stars in 1..=10 {
        let (status, _) =
            world.ask(&member("ada"), "PUT", "/titles/heat/review", json!({ "half_stars": half_stars, "text": "Text" })).await;
        assert!(matches!(status, 200 | 503));
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    world.follower().catch_up().await.unwrap();
    let votes =
        world.stores.documents.count_found(&REACTIONS, Find { limit: 1, ..all_of(BY_KIND, &[&id, "helpful"]) }).await.unwrap();
    let told = world.get(&member("bob"), "/titles/heat/reviews").await["items"][0]["helpful"].as_u64().unwrap();
    assert_eq!((told, votes > 30), (votes, true), "{votes}");
}

#[tokio::test]
async fn a_vote_that_was_taken_back_is_remembered_for_an_hour_and_then_by_nobody() {
    let world = World::new().await;
    let id = world.write(&member("ada"), 8, "Text").await;
    let vote = format!("/reviews/{id}/helpful");
    world.done(&member("bob"), "PUT", &vote, json!({})).await;
    let listing = world.stores.documents.changes(&REACTIONS, Since::Listing(""), 9).await.unwrap().unwrap();
    let whose = listing.entries[0].id.clone();
    world.done(&member("bob"), "DELETE", &vote, Value::Null).await;

    let (follower, mut trimming) = (world.follower(), Trimming::default());
    let remembered = async |since: &Position| {
        let changes = world.stores.documents.changes(&REACTIONS, Since::Position(since), 9).await.unwrap();
        changes.is_some_and(|changes| changes.entries.iter().any(|entry| entry.id == whose && entry.state == State::Deleted))
    };
    follower.catch_up().await.unwrap();
    follower.trim(&mut trimming).await.unwrap();
    assert!(remembered(&listing.position).await, "an hour is not over");
    tokio::time::pause();
    tokio::time::advance(AFTER).await;
    tokio::time::resume();
    follower.trim(&mut trimming).await.unwrap();
    assert!(!remembered(&listing.position).await);
}

#[tokio::test]
async fn what_a_follower_waits_for_wakes_it_within_a_second() {
    let world = World::new().await;
    let running = tokio::spawn(world.follower().run());
    world.rate(&member("ada"), 10).await;
    let title: TitleId = "heat".parse().unwrap();
    let shown = async {
        while world.shown.0.lock().unwrap().get(&title).copied().flatten() != Some((10, 1)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), shown).await.expect("within a second");
    running.abort();
}
