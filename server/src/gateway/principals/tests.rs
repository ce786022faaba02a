//! What is remembered, for how long, and what is noted on the way.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize},
    time::{Duration, UNIX_EPOCH},
};

use contract::identity::AccountRole;

use super::*;
use crate::secret::MasterSecret;

/// Knows everybody, until they end.
#[derive(Default)]
struct Counting {
    asked: AtomicUsize,
    ended: AtomicBool,
    confirmed: Mutex<Vec<u64>>,
    /// Nothing can be written.
    is_full: AtomicBool,
}

#[async_trait]
impl PrincipalResolver for Counting {
    async fn resolve(&self, _: &Bearer) -> Result<Option<Principal>, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let principal = Principal {
            role: AccountRole::Member,
            profile: "p1".parse().unwrap(),
            active_profile: ActiveProfile::Unrestricted,
            authorization: Arc::default(),
            scopes: None,
            confirmed: self.confirmed.lock().unwrap().last().copied().unwrap_or_default(),
        };
        Ok((!self.ended.load(Ordering::Relaxed)).then_some(principal))
    }

    async fn token(&self, _: &ApiToken) -> Result<Option<Principal>, StoreError> {
        Ok(None)
    }

    async fn guests(&self) -> Result<Arc<Authorization>, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::default())
    }

    async fn is_guests(&self, _: &ProfileId) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn refresh(&self, _: RefreshToken) -> Result<Option<(Bearer, Option<Tokens>)>, StoreError> {
        Ok(None)
    }

    async fn confirm(&self, _: &Bearer, generation: u64) -> Result<(), StoreError> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable { reason: "full".to_owned() });
        }
        tokio::task::yield_now().await;
        self.confirmed.lock().unwrap().push(generation);
        Ok(())
    }
}

/// A clock that is set by hand, in milliseconds.
#[derive(Clone)]
struct Hands(Arc<AtomicU64>);

impl Hands {
    fn forward(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

fn timed() -> (Arc<Counting>, KeyRing, PrincipalCache, Hands) {
    let folder = tempfile::tempdir().unwrap();
    let hands = Hands(Arc::new(AtomicU64::new(2_000_000_000_000)));
    let millis = hands.clone();
    let clock = Clock::new(move || UNIX_EPOCH + Duration::from_millis(millis.0.load(Ordering::Relaxed)));
    let keys = KeyRing::new(&MasterSecret::open(folder.path()).unwrap(), clock.clone());
    let principals = Arc::new(Counting::default());
    let events = Events::default();
    let remembered = PrincipalCache::new(Arc::clone(&principals) as Arc<dyn PrincipalResolver>, keys.clone(), events, clock);
    (principals, keys, remembered, hands)
}

fn remembered() -> (Arc<Counting>, KeyRing, PrincipalCache) {
    let (principals, keys, remembered, _) = timed();
    (principals, keys, remembered)
}

fn bearer(sign_in: &str) -> Bearer {
    Bearer { account: "a1".parse().unwrap(), sign_in: sign_in.parse().unwrap() }
}

#[tokio::test]
async fn a_session_is_looked_up_once_however_often_its_token_comes() {
    let (principals, keys, remembered) = remembered();
    let token = keys.sign(&bearer("s1"), 1).unwrap();
    for _ in 0..5 {
        assert_eq!(remembered.session(&token, true).await.unwrap().unwrap().0, bearer("s1"));
    }
    for _ in 0..3 {
        remembered.guests().await.unwrap();
    }
    assert_eq!(principals.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_guests_may_do_is_looked_up_again_as_soon_as_something_changed() {
    let (principals, _, remembered) = remembered();
    remembered.guests().await.unwrap();
    remembered.events.publish(storage::events::Change::Guests);
    for _ in 0..3 {
        remembered.guests().await.unwrap();
    }
    assert_eq!(principals.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn who_is_forgotten_is_looked_up_again_at_once_and_the_others_are_not() {
    let (principals, keys, remembered) = remembered();
    let (one, other) = (keys.sign(&bearer("s1"), 1).unwrap(), keys.sign(&bearer("s2"), 1).unwrap());
    assert!(remembered.session(&one, true).await.unwrap().is_some() && remembered.session(&other, true).await.unwrap().is_some());
    principals.ended.store(true, Ordering::Relaxed);
    assert!(remembered.session(&one, true).await.unwrap().is_some(), "nobody said that it ended");
    remembered.forget(&"s1".parse().unwrap()).await;
    assert!(remembered.session(&one, true).await.unwrap().is_none());
    assert!(remembered.session(&other, true).await.unwrap().is_some());
    assert_eq!(principals.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn who_changes_something_is_looked_up_each_time_and_one_who_ended_is_forgotten_for_reading_too() {
    let (principals, keys, remembered) = remembered();
    let token = keys.sign(&bearer("s1"), 1).unwrap();
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    assert!(remembered.session(&token, false).await.unwrap().is_some());
    assert_eq!(principals.asked.load(Ordering::Relaxed), 2);
    principals.ended.store(true, Ordering::Relaxed);
    assert!(remembered.session(&token, true).await.unwrap().is_some(), "for five seconds");
    assert!(remembered.session(&token, false).await.unwrap().is_none());
    assert!(remembered.session(&token, true).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_looked_up_is_believed_for_five_seconds_by_whichever_way_it_is_known() {
    let (principals, keys, remembered, hands) = timed();
    let token = keys.sign(&bearer("s1"), 1).unwrap();
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    principals.ended.store(true, Ordering::Relaxed);
    // Known anew by its text, from what was looked up before: that does not make it younger.
    hands.forward(FRESH / 2);
    remembered.sessions.invalidate(token.as_str());
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    hands.forward(FRESH / 2);
    assert!(remembered.session(&token, true).await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_that_is_changed_in_any_place_is_nobodys_even_after_the_right_one_was_known() {
    let (_, keys, remembered) = remembered();
    let token = keys.sign(&bearer("s1"), 1).unwrap();
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(remembered.session(&String::from_utf8(changed).unwrap(), true).await.unwrap(), None, "{at}");
    }
}

#[tokio::test]
async fn that_a_new_token_is_in_use_is_noted_once_however_many_requests_bear_it() {
    let (principals, keys, remembered, hands) = timed();
    let (first, second) = (keys.sign(&bearer("s1"), 1).unwrap(), keys.sign(&bearer("s1"), 2).unwrap());
    for token in [&first, &second, &first, &second] {
        let asked = (0..6).map(|_| remembered.session(token, true));
        assert!(futures::future::join_all(asked).await.into_iter().all(|found| found.unwrap().is_some()));
    }
    hands.forward(FRESH);
    assert!(
        remembered.session(&first, true).await.unwrap().is_some() && remembered.session(&second, true).await.unwrap().is_some()
    );
    assert_eq!(*principals.confirmed.lock().unwrap(), [1, 2]);
    // The first within what was looked up before there was a second: it is noted at once, not five seconds later.
    assert_eq!(principals.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn where_it_cannot_be_noted_the_request_goes_on_and_it_is_noted_at_the_next_look_up() {
    let (principals, keys, remembered, hands) = timed();
    let token = keys.sign(&bearer("s1"), 3).unwrap();
    principals.is_full.store(true, Ordering::Relaxed);
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    principals.is_full.store(false, Ordering::Relaxed);
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    assert_eq!(*principals.confirmed.lock().unwrap(), [0_u64; 0], "not on the way of each request");
    hands.forward(FRESH);
    assert!(remembered.session(&token, true).await.unwrap().is_some());
    assert_eq!(*principals.confirmed.lock().unwrap(), [3]);
}
