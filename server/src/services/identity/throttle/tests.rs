//! What a counter promises, on a store of its own and with a clock that is set.

use std::sync::atomic::{AtomicU64, Ordering};

use storage::{StorageUrls, events::Events, open};

use super::*;
use crate::services::identity::failing::Failing;

struct Scene {
    throttle: Arc<Throttle>,
    now: Arc<AtomicU64>,
    store: Arc<dyn KeyValue>,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        Self::over(|store| store).await
    }

    async fn over(wrap: impl FnOnce(Arc<dyn KeyValue>) -> Arc<dyn KeyValue>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let urls = StorageUrls::embedded(folder.path());
        let store = wrap(open(&urls, &Events::default()).await.unwrap().keyvalue);
        let now = Arc::new(AtomicU64::new(1_800_000_000_000));
        let clock = {
            let now = Arc::clone(&now);
            Clock::new(move || std::time::UNIX_EPOCH + Duration::from_millis(now.load(Ordering::Relaxed)))
        };
        let secret = MasterSecret::open(folder.path()).unwrap();
        let throttle = Arc::new(Throttle::new(&secret, Arc::clone(&store), clock));
        Self { throttle, now, store, _folder: folder }
    }

    fn later(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    fn earlier(&self, millis: u64) {
        self.now.fetch_sub(millis, Ordering::Relaxed);
    }

    /// The wait in seconds, where there is one.
    async fn claim(&self, counted: Counted<'_>) -> Result<(), u32> {
        self.throttle.claim(counted).await.map_err(|problem| {
            assert_eq!(problem.code, Code::RateLimited);
            problem.retry_after.unwrap()
        })
    }

    /// How many in a row are due.
    async fn due(&self, counted: Counted<'_>) -> u32 {
        let mut due = 0;
        while self.claim(counted).await.is_ok() {
            due += 1;
        }
        due
    }
}

const SECRET: Counted<'_> = Counted::Secret("pin of p");
const LOGIN: Counted<'_> = Counted::Login("ada");

#[test]
fn the_wait_grows_from_nothing_to_a_quarter_of_an_hour() {
    let waits: Vec<u64> = [0, 4, 5, 6, 10, 14, 100, u32::MAX].into_iter().map(|wrong| wait(wrong) / 1000).collect();
    assert_eq!(waits, [0, 0, 2, 4, 64, 900, 900, 900]);
}

#[tokio::test]
async fn of_a_hundred_at_once_no_more_are_tried_than_are_due() {
    let scene = Scene::new().await;
    for counted in [SECRET, Counted::Browser("b"), Counted::Address([1, 1, 1, 1].into())] {
        let claims = futures::future::join_all((0..100).map(|_| scene.throttle.claim(counted))).await;
        assert!(claims.iter().filter(|claim| claim.is_ok()).count() <= 5, "{counted:?}");
        assert!(claims.into_iter().filter_map(Result::err).all(|problem| problem.code == Code::RateLimited));
    }
    assert_eq!(scene.claim(SECRET).await, Err(2));
}

#[tokio::test]
async fn strangers_have_a_hundred_tries_at_a_login_in_any_hour() {
    let scene = Scene::new().await;
    let mut tried = Vec::new();
    for second in 0..3 * 3600 {
        while scene.claim(LOGIN).await.is_ok() {
            tried.push(second);
        }
        scene.later(1000);
    }
    for from in &tried {
        let within = tried.iter().filter(|at| (*from..*from + 3600).contains(*at)).count();
        assert!(within <= 100, "{within} from second {from}");
    }
    assert!(tried.len() >= 180, "they are given back: {}", tried.len());
}

#[tokio::test]
async fn who_was_right_gives_back_their_own_try_and_nobody_elses() {
    let scene = Scene::new().await;
    assert_eq!(scene.due(LOGIN).await, 50);
    scene.throttle.right(LOGIN).await;
    assert_eq!(scene.due(LOGIN).await, 1);
    assert_eq!(scene.due(SECRET).await, 5);
    scene.throttle.right(SECRET).await;
    assert_eq!(scene.due(SECRET).await, 5, "nobody else counts there");
}

#[tokio::test]
async fn a_try_that_another_counter_refuses_is_not_made_and_not_counted() {
    let scene = Scene::new().await;
    let address = Counted::Address([1, 1, 1, 1].into());
    scene.due(LOGIN).await;
    for _ in 0..20 {
        assert!(scene.throttle.claim_all(&[address, LOGIN]).await.is_err());
    }
    assert_eq!(scene.due(address).await, 5);
}

#[tokio::test]
async fn a_network_of_one_subscriber_counts_as_one_and_an_address_is_one_however_it_is_written() {
    let scene = Scene::new().await;
    let six = |last: u16| Counted::Address(format!("2001:db8:1:2:3::{last:x}").parse().unwrap());
    let mut due = 0;
    for last in 0..40 {
        due += u32::from(scene.claim(six(last)).await.is_ok());
    }
    assert_eq!(due, 5);
    assert!(scene.claim(Counted::Address("2001:db8:1:3::1".parse().unwrap())).await.is_ok(), "another network");
    assert_eq!(scene.due(Counted::Address("10.1.2.3".parse().unwrap())).await, 5);
    assert!(scene.claim(Counted::Address("::ffff:10.1.2.3".parse().unwrap())).await.is_err());
}

#[tokio::test]
async fn a_clock_that_is_put_back_makes_no_wait_longer() {
    let scene = Scene::new().await;
    for counted in [SECRET, LOGIN] {
        scene.due(counted).await;
        scene.earlier(10 * 24 * HOUR);
        let seconds = scene.claim(counted).await.unwrap_err();
        assert!(seconds <= 900, "{counted:?}: {seconds}");
        scene.later(u64::from(seconds) * 1000);
        assert_eq!(scene.claim(counted).await, Ok(()), "{counted:?}");
    }
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_hands_out_one_window_and_no_more() {
    let scene = Scene::new().await;
    for (counted, window) in [(SECRET, 5), (LOGIN, 50)] {
        assert_eq!(scene.due(counted).await, window);
        scene.later(1000 * 24 * HOUR);
        assert_eq!(scene.due(counted).await, window, "{counted:?}");
        scene.earlier(1000 * 24 * HOUR);
        assert!(scene.due(counted).await == 0, "{counted:?}: nothing for putting it back");
    }
}

#[tokio::test]
async fn however_many_names_are_tried_there_are_so_many_counters() {
    let scene = Scene::new().await;
    let key = |counted: Counted<'_>| scene.throttle.key_of(counted);
    let logins: std::collections::HashSet<String> =
        (0..200_000).map(|login| key(Counted::Login(&format!("nobody {login}")))).collect();
    assert!(logins.len() <= 1 << 16, "{}", logins.len());
    assert!(key(Counted::Address([1, 2, 3, 4].into())).len() <= "throttle/address/fffff".len());
    assert_ne!(key(Counted::Login("ada")), key(Counted::RecoveryCodes("ada")));
    assert_ne!(key(Counted::Address([1, 1, 1, 1].into())), key(Counted::Passkeys([1, 1, 1, 1].into())));
    scene.claim(Counted::Login("ada")).await.unwrap();
    let (_, left) = scene.store.get_expiring(&key(Counted::Login("ada"))).await.unwrap().unwrap();
    assert!(left.is_some_and(|left| left <= Duration::from_millis(HOUR)), "{left:?}");
}

#[tokio::test]
async fn a_store_that_fails_makes_no_try_free() {
    for (is_away, does_read) in [(true, true), (true, false), (false, true)] {
        let scene = Scene::over(|store| Arc::new(Failing::new(store, does_read, is_away))).await;
        for counted in [SECRET, LOGIN, Counted::Address([1, 1, 1, 1].into())] {
            assert!(scene.throttle.claim(counted).await.is_err(), "{counted:?}");
            scene.throttle.right(counted).await;
        }
    }
}

#[test]
fn whoever_waits_is_told_how_long_in_words() {
    let told = |counted, seconds| too_many(counted, seconds).detail.unwrap();
    assert!(told(LOGIN, 72).starts_with("Too many tries to sign in. Wait a minute, or "), "{}", told(LOGIN, 72));
    assert!(told(LOGIN, 900).contains("Wait 15 minutes, or "));
    assert_eq!(told(SECRET, 2), "Too many wrong tries. Wait 2 seconds.");
}
