//! Who is told what, in which order, and what whoever comes back missed.

use contract::events::Event;
use storage::documents::{Collection, feed::State as Stored};

use super::*;

static ONE: Collection = Collection::declared("one", &[]).numbered("one");
static TWO: Collection = Collection::declared("two", &[]).numbered("two");

/// Ids are `profile/title`.
fn tell(entry: &Entry) -> Vec<Notice> {
    let (profile, title) = entry.id.split_once('/').unwrap();
    vec![Notice::of(profile.parse().unwrap(), Event::Favourite { id: title.parse().unwrap(), is_on: true })]
}

fn position(feed: &str, number: u64) -> Position {
    Position { feed: feed.to_owned(), number }
}

fn hub() -> Hub {
    let hub = Hub::new(vec![Feed { collection: &ONE, tell }, Feed { collection: &TWO, tell }], Arc::new(|_| {}));
    hub.begin(0, position("a", 10));
    hub.begin(1, position("b", 20));
    hub
}

impl Hub {
    fn changed(&self, feed: usize, number: u64, id: &str) {
        let entry = Entry { number, id: id.to_owned(), state: Stored::Deleted };
        self.tell(feed, &[entry], &position("", number));
    }

    fn follow(&self, profile: &str, after: Option<&str>) -> Subscription {
        self.subscribe(&profile.parse().unwrap(), Vec::new(), after).unwrap()
    }

    fn id(&self, message: &Message) -> String {
        message.cursor.to_id(&self.identity())
    }
}

fn title(message: &Message) -> String {
    match &message.announcement.event {
        Event::Favourite { id, .. } => id.to_string(),
        other => panic!("{other:?}"),
    }
}

fn titles(messages: &[Arc<Message>]) -> Vec<String> {
    messages.iter().map(|message| title(message)).collect()
}

#[tokio::test]
async fn each_is_told_of_their_own_and_an_id_says_how_far_every_feed_was_told() {
    let hub = hub();
    let (mut ada, mut bob) = (hub.follow("ada", None), hub.follow("bob", None));
    assert_eq!(ada.cursor.0.as_ref(), [10, 20]);
    hub.changed(0, 11, "bob/x");
    hub.changed(1, 25, "ada/heat");
    hub.changed(0, 12, "ada/ran");
    let (first, second) = (ada.next().await.unwrap(), ada.next().await.unwrap());
    assert_eq!((title(&first).as_str(), first.cursor.0.as_ref()), ("heat", [11, 25].as_slice()));
    assert_eq!((title(&second).as_str(), second.cursor.0.as_ref()), ("ran", [12, 25].as_slice()));
    assert_eq!(title(&bob.next().await.unwrap()), "x");
    assert!(bob.messages.try_recv().is_err() && ada.messages.try_recv().is_err());
}

#[tokio::test]
async fn whoever_comes_back_is_told_what_they_missed_once_and_whoever_was_told_elsewhere_nothing_twice() {
    let hub = hub();
    let mut ada = hub.follow("ada", None);
    hub.changed(0, 11, "ada/one");
    let last = hub.id(&ada.next().await.unwrap());
    drop(ada);
    hub.changed(1, 21, "ada/two");
    hub.changed(1, 22, "bob/other");
    hub.changed(0, 12, "ada/three");
    let back = hub.follow("ada", Some(&last));
    assert_eq!(titles(back.missed.as_deref().unwrap()), ["two", "three"]);
    let now = back.cursor.to_id(&hub.identity());
    assert_eq!(titles(hub.follow("ada", Some(&now)).missed.as_deref().unwrap()), [""; 0]);
}

#[tokio::test]
async fn what_is_not_known_any_more_or_was_never_is_asked_for_anew() {
    let hub = hub();
    let feeds = hub.identity();
    assert!(hub.follow("ada", Some(&format!("{feeds}.10.20"))).missed.is_some());
    for unknown in ["", "x", &format!("{feeds}.9.20"), &format!("{feeds}.10"), "other.10.20"] {
        assert!(hub.follow("ada", Some(unknown)).missed.is_none(), "{unknown}");
    }
    for number in 0..=RECENT as u64 {
        hub.changed(0, 100 + number, "bob/x");
    }
    assert!(hub.follow("ada", Some(&format!("{feeds}.10.20"))).missed.is_none(), "its first was let go");
    assert!(hub.follow("ada", Some(&format!("{feeds}.100.20"))).missed.is_some());
}

#[tokio::test]
async fn one_that_falls_behind_is_let_go_and_others_are_not_held_up() {
    let hub = hub();
    let (mut slow, mut other) = (hub.follow("ada", None), hub.follow("ada", None));
    for number in 0..=WAITING as u64 {
        hub.changed(0, 100 + number, "ada/x");
        assert!(other.next().await.is_some());
    }
    for _ in 0..WAITING {
        assert!(slow.next().await.is_some());
    }
    assert!(slow.next().await.is_none());
    assert_eq!(hub.followers(), 1);
    drop((slow, other));
    assert_eq!(hub.followers(), 0);
}

#[tokio::test]
async fn a_feed_that_is_another_one_lets_everybody_begin_anew() {
    let hub = hub();
    let mut ada = hub.follow("ada", None);
    hub.changed(0, 11, "ada/one");
    let last = hub.id(&ada.next().await.unwrap());
    hub.begin(0, position("restored", 5));
    assert!(ada.next().await.is_none());
    assert!(hub.follow("ada", Some(&last)).missed.is_none());
}

#[test]
fn nobody_follows_before_all_feeds_are_read_nor_from_too_many_places_nor_a_server_that_stops() {
    let hub = Hub::new(vec![Feed { collection: &ONE, tell }], Arc::new(|_| {}));
    let ada: ProfileId = "ada".parse().unwrap();
    let refused = |hub: &Hub| hub.subscribe(&ada, Vec::new(), None).err();
    assert_eq!(refused(&hub), Some(Refused::NotReady));
    hub.begin(0, position("a", 0));
    let streams: Vec<_> = (0..OF_ONE_PROFILE).map(|_| hub.subscribe(&ada, Vec::new(), None).unwrap()).collect();
    assert_eq!(refused(&hub), Some(Refused::TooMany));
    assert!(hub.subscribe(&"bob".parse().unwrap(), Vec::new(), None).is_ok());
    drop(streams);
    assert_eq!(refused(&hub), None);
    hub.stop();
    assert_eq!(refused(&hub), Some(Refused::NotReady));
}

#[tokio::test]
async fn what_concerns_an_account_is_told_to_its_profiles() {
    fn tell(entry: &Entry) -> Vec<Notice> {
        let audience = Audience::Account(entry.id.parse().unwrap());
        vec![Notice { audience, event: Some(Event::ListChanged { id: "l".parse().unwrap() }) }]
    }
    let hub = Hub::new(vec![Feed { collection: &ONE, tell }], Arc::new(|_| {}));
    hub.begin(0, position("a", 0));
    let house = || vec![Audience::Account("house".parse().unwrap())];
    let mut ada = hub.subscribe(&"ada".parse().unwrap(), house(), None).unwrap();
    let mut eve = hub.subscribe(&"eve".parse().unwrap(), vec![Audience::Account("other".parse().unwrap())], None).unwrap();
    hub.changed(0, 1, "house");
    assert!(ada.next().await.is_some());
    assert!(eve.messages.try_recv().is_err());
}

#[test]
fn a_listener_hears_whose_each_change_is_and_that_a_feed_begins_where_nothing_is_known() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = {
        let heard = Arc::clone(&heard);
        move |whose: Affected<'_>| heard.lock().unwrap().push(format!("{whose:?}"))
    };
    let hub = Hub::new(vec![Feed { collection: &ONE, tell }], Arc::new(listener));
    hub.begin(0, position("a", 10));
    hub.changed(0, 11, "ada/heat");
    let ada = format!("{:?}", Affected::One(&Audience::Profile("ada".parse().unwrap())));
    assert_eq!(*heard.lock().unwrap(), ["Anybody".to_owned(), ada]);
}

#[tokio::test]
async fn what_no_page_is_told_of_is_heard_by_the_listener_alone() {
    fn tell(entry: &Entry) -> Vec<Notice> {
        let profile = entry.id.parse().unwrap();
        vec![if entry.number == 1 { Notice::silent(profile) } else { Notice::of(profile, Event::Resync) }]
    }
    let heard = Arc::new(Mutex::new(0));
    let listener = {
        let heard = Arc::clone(&heard);
        move |whose: Affected<'_>| *heard.lock().unwrap() += usize::from(matches!(whose, Affected::One(Audience::Profile(_))))
    };
    let hub = Hub::new(vec![Feed { collection: &ONE, tell }], Arc::new(listener));
    hub.begin(0, position("a", 0));
    let mut ada = hub.subscribe(&"ada".parse().unwrap(), Vec::new(), None).unwrap();
    hub.changed(0, 1, "ada");
    assert!(ada.messages.try_recv().is_err());
    hub.changed(0, 2, "ada");
    assert_eq!(ada.next().await.unwrap().cursor.0.as_ref(), [2]);
    assert_eq!(*heard.lock().unwrap(), 2);
}

#[tokio::test]
async fn what_is_of_no_feed_is_told_to_those_who_follow_now_and_to_nobody_who_comes_back() {
    let hub = hub();
    let operators = || vec![Audience::Operators];
    let mut ada = hub.subscribe(&"ada".parse().unwrap(), operators(), None).unwrap();
    let mut bob = hub.follow("bob", None);
    let before = ada.cursor.to_id(&hub.identity());
    hub.announce(Audience::Operators, Event::PlayingChanged);
    let told = ada.next().await.unwrap();
    assert_eq!((&told.announcement.event, hub.id(&told)), (&Event::PlayingChanged, before.clone()), "no feed went on by it");
    assert!(bob.messages.try_recv().is_err());
    drop(ada);
    let back = hub.subscribe(&"ada".parse().unwrap(), operators(), Some(&before)).unwrap();
    assert!(back.missed.as_ref().is_some_and(Vec::is_empty));
    hub.changed(0, 11, "bob/x");
    assert_eq!(title(&bob.next().await.unwrap()), "x");
}
