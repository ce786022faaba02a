//! Clocks that jump, stand, go back and differ, on real stores in a temporary directory; hours pass when a test says so.

use std::sync::atomic::{AtomicU64, Ordering};

use storage::{StorageUrls, Stores, documents::Index, events::Events, open};

use super::*;

/// 2026-11-29T20:00:00Z.
const NOW: u64 = 1_795_982_400_000;
const MINUTE: u64 = 60 * 1000;
const HOUR: u64 = 60 * MINUTE;

static SEEN: Collection = Collection::declared("test_seen", &[Index { name: "by_at", fields: &["kind", "at"], unique: false }]);
const DATED: &[Dated] = &[Dated { collection: &SEEN, index: "by_at", equals: &["day"], field: "at" }];

struct World {
    _folder: tempfile::TempDir,
    stores: Stores,
}

/// A process: its clock, its monotonic clock, and what it believes.
struct Node {
    clock: Arc<AtomicU64>,
    uptime: Arc<AtomicU64>,
    time: TrustedTime,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        Self { _folder: folder, stores }
    }

    fn node(&self, at: u64) -> Node {
        let (clock, uptime) = (Arc::new(AtomicU64::new(at)), Arc::new(AtomicU64::new(0)));
        let (said, passed) = (Arc::clone(&clock), Arc::clone(&uptime));
        let clock_of = Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(said.load(Ordering::SeqCst)));
        let time = TrustedTime::new(Arc::clone(&self.stores.documents), clock_of, DATED)
            .with_uptime(move || Duration::from_millis(passed.load(Ordering::SeqCst)));
        Node { clock, uptime, time }
    }

    async fn see(&self, id: &str, at: u64) {
        let write = Write { id: id.to_owned(), body: json!({ "kind": "day", "at": at }), expect: Expect::Anything };
        self.stores.documents.put(&SEEN, write).await.unwrap();
    }
}

impl Node {
    /// Time passes as both clocks say.
    fn pass(&self, millis: u64) {
        self.uptime.fetch_add(millis, Ordering::SeqCst);
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }

    fn set(&self, clock: u64) {
        self.clock.store(clock, Ordering::SeqCst);
    }

    async fn is_doubted(&self) -> bool {
        let told = self.time.check().await.unwrap();
        assert_eq!(
            (told.is_doubted, told.is_doubted),
            (self.time.doubt().is_some(), self.time.compare().await.unwrap().is_doubted)
        );
        told.is_doubted
    }

    /// Time passes, and it is looked every minute; whether the clock is doubted at the end.
    async fn live(&self, minutes: u64) -> bool {
        let mut is_doubted = self.is_doubted().await;
        for _ in 0..minutes {
            self.pass(MINUTE);
            is_doubted = self.is_doubted().await;
        }
        is_doubted
    }
}

#[tokio::test]
async fn a_clock_that_is_days_away_at_a_start_is_in_doubt_and_right_again_at_once_when_it_is_set() {
    let world = World::new().await;
    assert!(!world.node(NOW).live(10).await);
    for (at, is_doubted) in [
        (NOW + 6 * OF_A_DAY, false),
        (NOW + 35 * OF_A_DAY, true),
        (NOW + 4_000 * OF_A_DAY, true),
        (NOW + 5 * OF_A_DAY, false),
        (NOW + 3 * OF_A_DAY, true),
        (0, true),
    ] {
        assert_eq!(world.node(at).live(59).await, is_doubted, "{at}");
    }
    let node = world.node(NOW - 30 * OF_A_DAY);
    assert!(node.is_doubted().await);
    let words = node.time.doubt().unwrap();
    assert!(
        words.contains("2026-10-30") && words.contains("2026-12-05") && words.contains("until the clock is right"),
        "{words}"
    );
    assert_eq!(node.time.check().await.unwrap().believed(), NOW + 6 * OF_A_DAY + 55 * MINUTE);
    node.set(NOW + 6 * OF_A_DAY);
    assert!(!node.is_doubted().await);
}

#[tokio::test]
async fn servers_that_were_off_for_a_year_go_on_after_an_hour_and_all_of_them_at_once() {
    let world = World::new().await;
    world.node(NOW).live(1).await;
    let year = NOW + 365 * OF_A_DAY;
    let nodes = [world.node(year), world.node(year + MINUTE)];
    for node in &nodes {
        assert!(node.live(59).await);
    }
    assert!(!nodes[0].live(1).await);
    assert!(!nodes[1].is_doubted().await && !world.node(year + HOUR).is_doubted().await);
}

#[tokio::test]
async fn a_clock_that_is_set_while_it_is_in_doubt_is_in_doubt_anew() {
    let world = World::new().await;
    world.node(NOW).live(1).await;
    let node = world.node(NOW + 100 * OF_A_DAY);
    assert!(node.live(50).await);
    node.set(NOW + 200 * OF_A_DAY);
    assert!(node.live(59).await);
    assert!(!node.live(1).await);
}

/// They live side by side for some minutes; whether each is doubted at the end.
async fn live_together<const N: usize>(nodes: [&Node; N], minutes: u64) -> [bool; N] {
    let mut are_doubted = [true; N];
    for _ in 0..minutes {
        for (is_doubted, node) in are_doubted.iter_mut().zip(nodes) {
            *is_doubted = node.live(1).await;
        }
    }
    are_doubted
}

#[tokio::test]
async fn of_two_servers_that_run_and_whose_clocks_differ_neither_is_believed_and_both_say_so() {
    let world = World::new().await;
    for wrong in [NOW - 8 * OF_A_DAY, NOW - HOUR, NOW + HOUR, NOW + 13 * OF_A_DAY / 2, NOW + 40 * OF_A_DAY] {
        let world_of = World::new().await;
        let right = world_of.node(NOW);
        assert!(!right.live(10).await);
        let wrong = world_of.node(wrong);
        for minutes in [2, 60, 300] {
            assert_eq!(live_together([&right, &wrong], minutes).await, [true, true], "{minutes}");
        }
        let words = right.time.doubt().unwrap();
        assert!(words.contains("2026-11-3") && words.contains("by either") && wrong.time.doubt().is_some(), "{words}");
    }
    // As far as clocks of servers differ.
    let (one, other) = (world.node(NOW), world.node(NOW + 10 * MINUTE));
    assert_eq!(live_together([&one, &other], 300).await, [false, false]);
}

#[tokio::test]
async fn a_clock_that_was_ahead_among_others_costs_them_no_more_than_an_hour_once_it_is_right_or_off() {
    for is_set in [true, false] {
        let world = World::new().await;
        let right = world.node(NOW);
        right.live(10).await;
        let wrong = world.node(NOW + 6 * OF_A_DAY);
        assert_eq!(live_together([&right, &wrong], 30).await, [true, true]);
        if is_set {
            wrong.set(right.clock.load(Ordering::SeqCst));
            live_together([&right, &wrong], 80).await;
            assert_eq!(live_together([&right, &wrong], 1).await, [false, false]);
        } else {
            assert!(right.live(60).await);
            assert!(!right.live(30).await);
        }
        assert_eq!(right.time.check().await.unwrap().set_backs, 1);
    }
}

#[tokio::test]
async fn a_server_that_starts_anew_among_servers_that_differ_is_not_believed_for_what_it_wrote_itself() {
    let world = World::new().await;
    let (right, wrong) = (world.node(NOW), world.node(NOW + 6 * OF_A_DAY));
    right.live(10).await;
    live_together([&right, &wrong], 30).await;
    for _ in 0..10 {
        let again = world.node(wrong.clock.load(Ordering::SeqCst));
        assert!(again.is_doubted().await);
        assert_eq!(live_together([&right, &again], 20).await, [true, true]);
    }
}

#[tokio::test]
async fn a_server_that_starts_after_a_dispute_says_so_and_doubts_for_as_long_as_that_would_have_lasted_however_often_it_starts() {
    for minutes in [2, 4, 12, 20] {
        let world = World::new().await;
        let (right, wrong) = (world.node(NOW), world.node(NOW + HOUR));
        right.live(10).await;
        assert_eq!(live_together([&right, &wrong], 10).await, [true, true]);
        let (mut lived, mut clock) = (0, right.clock.load(Ordering::SeqCst));
        let mut doubted = 0;
        while lived < 40 {
            let again = world.node(clock);
            if again.is_doubted().await {
                let words = again.time.doubt().unwrap();
                assert!(words.contains("before this server started") && words.contains("nothing to do"), "{words}");
                doubted = lived + 1;
            }
            again.live(minutes).await;
            (lived, clock) = (lived + minutes, again.clock.load(Ordering::SeqCst));
        }
        assert!((1..=15).contains(&doubted), "{minutes}: {doubted}");
    }
}

#[tokio::test]
async fn a_server_that_takes_a_dispute_over_hears_who_agrees_and_who_differs() {
    let world = World::new().await;
    let (right, wrong) = (world.node(NOW), world.node(NOW + HOUR));
    right.live(10).await;
    live_together([&right, &wrong], 10).await;
    // Last said by the right one, which runs on, and has heard the wrong one just now.
    assert!(right.live(1).await);
    let again = world.node(right.clock.load(Ordering::SeqCst));
    assert!(again.is_doubted().await);
    assert_eq!(live_together([&right, &again], 8).await, [true, false], "it heard that they agree");
    assert_eq!(live_together([&right, &again], 8).await, [false, false]);
    let wrong = world.node(again.clock.load(Ordering::SeqCst) - HOUR);
    assert_eq!(live_together([&again, &wrong], 10).await, [true, true]);
    assert!(again.time.doubt().unwrap().contains("another server said"));
}

#[tokio::test]
async fn the_hour_in_which_a_clock_keeps_step_begins_when_nobody_says_another_time_any_more() {
    let world = World::new().await;
    world.node(NOW).live(1).await;
    let node = world.node(NOW + 100 * OF_A_DAY);
    assert!(node.live(50).await);
    let other = world.node(NOW + 200 * OF_A_DAY);
    assert_eq!(live_together([&node, &other], 10).await, [true, true]);
    assert!(node.live(60).await, "another time was said ten minutes of it ago");
    assert!(!node.live(20).await);
}

#[tokio::test]
async fn what_a_clock_made_that_was_ahead_is_made_up_once_it_is_put_back_and_real_where_it_comes_to_it_again() {
    let world = World::new().await;
    world.node(NOW).live(1).await;
    let year = NOW + 365 * OF_A_DAY;
    assert!(!world.node(year).live(60).await, "it is ahead for more than an hour");
    let node = world.node(NOW);
    assert!(node.live(59).await);
    let before = node.time.check().await.unwrap();
    assert!(!before.is_made_up(year - OF_A_DAY, 0));
    assert!(!node.live(1).await);
    let told = node.time.check().await.unwrap();
    assert_eq!(told.set_backs, 1);
    assert!(told.is_made_up(NOW / OF_A_DAY * OF_A_DAY, 0) && told.is_made_up(year, 0), "{told:?}");
    assert!(!told.is_made_up(NOW - 2 * OF_A_DAY, 0) && !told.is_made_up(year + OF_A_DAY, 0), "{told:?}");
    assert!(!told.is_made_up(year, told.set_backs), "what was made since");
    // A pause is none of its business; the time that was put back is.
    let later = world.node(NOW + 20 * OF_A_DAY);
    assert!(!later.live(60).await);
    assert!(later.time.check().await.unwrap().is_made_up(year, 0));
    let again = world.node(year - 5 * OF_A_DAY);
    assert!(!again.live(60).await);
    assert!(again.time.check().await.unwrap().is_made_up(year, 0));
    again.set(year + HOUR);
    assert!(!again.time.check().await.unwrap().is_made_up(year, 0));
}

#[tokio::test]
async fn before_there_is_a_mark_and_where_it_cannot_be_read_what_is_stored_says_until_when_time_passed() {
    let world = World::new().await;
    world.see("old", NOW - OF_A_DAY).await;
    world.see("new", NOW).await;
    assert!(world.node(NOW + 30 * OF_A_DAY).is_doubted().await);
    assert!(world.node(NOW - 3 * OF_A_DAY).is_doubted().await);
    assert!(!world.node(NOW + OF_A_DAY).is_doubted().await);
    let write = Write { id: CLOCK_ID.to_owned(), body: json!({ "time": "late" }), expect: Expect::Anything };
    world.stores.documents.put(&CLOCK, write).await.unwrap();
    assert!(world.node(NOW + 30 * OF_A_DAY).is_doubted().await);
    assert!(!world.node(NOW + OF_A_DAY).is_doubted().await);
    assert!(world.node(NOW + 30 * OF_A_DAY).is_doubted().await, "what could not be read was made anew");
}

#[tokio::test]
async fn what_a_later_version_stores_beside_survives() {
    let world = World::new().await;
    let write = Write { id: CLOCK_ID.to_owned(), body: json!({ "time": NOW, "later": 7 }), expect: Expect::Anything };
    world.stores.documents.put(&CLOCK, write).await.unwrap();
    world.node(NOW + 1).live(6).await;
    let stored = world.stores.documents.get(&CLOCK, CLOCK_ID).await.unwrap().unwrap();
    assert_eq!((stored.body["later"].clone(), stored.body["time"].as_u64().unwrap() > NOW), (json!(7), true));
}
