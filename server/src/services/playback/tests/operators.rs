//! What operators see of what plays, and what stopping it leaves.

use contract::{
    Problem,
    device::DeviceClass,
    playback::{PLAYING, PlayingNow, PlayingStopPage},
};
use storage::documents::parse;

use super::*;
use crate::services::playback::{
    grant::SessionKey,
    record::{End, Presence, STOPS, SessionRecord, StopRecord},
};

const TV: &str = "Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/79.0";

fn operator() -> Seat {
    let mut seat = Seat::member("root", "p-root", "s-root", "");
    if let Some(member) = &mut seat.member {
        member.role = contract::identity::AccountRole::Operator;
    }
    seat
}

fn ada() -> Seat {
    let mut seat = Seat::member("ada", "p1", "s-tv", TV);
    seat.authorization.streams = Some(1);
    seat
}

async fn playing(world: &World) -> PlayingNow {
    let reply = world.call(&operator(), "GET", "/api/v1/playing", Value::Null).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.json()
}

fn record(started: u64) -> SessionRecord {
    SessionRecord {
        profile: "p1".parse().unwrap(),
        title: FILM.parse().unwrap(),
        duration_seconds: 60.0,
        position: 0.0,
        end: None,
        place: None,
        holder: None,
        metered: None,
        presence: Some(Presence {
            account: None,
            name: "The film".into(),
            device: "A device".into(),
            device_class: DeviceClass::Tv,
            class: 1080,
            started,
            heard: started,
            is_paused: false,
            buffered_millis: None,
            message: None,
        }),
        played: Vec::new(),
    }
}

#[tokio::test]
async fn of_more_sessions_than_are_told_of_the_latest_are_and_all_are_counted() {
    let world = World::new().await;
    let count = 2 * PLAYING as u64 + 50;
    let sessions = &world.playback.sessions;
    // Not in the order of their keys.
    let begun = (0..count).map(|number| async move {
        sessions.begin(SessionKey::random(), &record((number * 7919) % count)).await.unwrap();
    });
    futures::future::join_all(begun).await;
    let over = SessionKey::random();
    sessions.begin(over, &record(count + 1)).await.unwrap();
    sessions.end(over, End::Stopped).await.unwrap();
    let old = SessionRecord { presence: None, ..record(count + 2) };
    sessions.begin(SessionKey::random(), &old).await.unwrap();
    let told = playing(&world).await;
    assert_eq!((told.total, told.items.len()), (count, PLAYING));
    let started: Vec<u64> = told.items.iter().map(|session| session.started).collect();
    let latest: Vec<u64> = (0..count).rev().take(PLAYING).collect();
    assert_eq!(started, latest);
}

#[tokio::test]
async fn what_begins_ends_or_rests_is_seen_at_once_though_what_was_read_is_kept_for_a_second() {
    let world = World::new().await;
    assert_eq!(playing(&world).await.items, []);
    let session = world.start(&ada(), FILM).await;
    let seen = playing(&world).await.items;
    assert_eq!((seen.len(), seen[0].is_paused, seen[0].title.title.as_str()), (1, false, "The film"));
    assert_eq!((seen[0].device.as_str(), seen[0].device_class, seen[0].class), ("Chrome on LG TV", DeviceClass::Tv, 1080));
    world.progress(&ada(), &session, 20.0, "paused").await;
    let seen = playing(&world).await.items;
    assert_eq!((seen[0].is_paused, seen[0].position), (true, 20.0));
    world.call(&ada(), "DELETE", &format!("/api/v1/playback/{}", session.session), Value::Null).await;
    assert_eq!(playing(&world).await.items, []);
}

#[tokio::test]
async fn what_an_operator_stops_gives_its_place_away_keeps_its_position_and_is_noted_until_its_accounts_are_gone() {
    let world = World::new().await;
    let session = world.start(&ada(), FILM).await;
    world.progress(&ada(), &session, 30.0, "playing").await;
    let id = playing(&world).await.items.remove(0).id;
    let stop = world.call(&operator(), "POST", &format!("/api/v1/playing/{id}/stop"), json!({ "message": " " })).await;
    assert_eq!(stop.status, StatusCode::NO_CONTENT, "{stop:?}");
    // One place, which is free; and the last word on the position is still taken.
    let told = world.progress(&ada(), &session, 40.0, "playing").await;
    let problem: Problem = told.json();
    assert_eq!(problem.detail.as_deref(), Some("Stopped by the operator."), "spaces are no message");
    let next = world.start(&ada(), FILM).await;
    assert_eq!(next.resume_at, 40.0);

    let log = world.call(&operator(), "GET", "/api/v1/playing-stops", Value::Null).await.json::<PlayingStopPage>();
    let [noted] = &log.items[..] else { panic!("{log:?}") };
    assert_eq!((noted.account.as_ref().map(|id| id.as_str()), noted.is_done, noted.is_guest), (Some("ada"), true, false));
    for (account, own, other) in [("ada", "account", "by"), ("root", "by", "account")] {
        let kept = world.playback.export_account(&account.parse().unwrap()).await.unwrap();
        let [stop] = &kept["playback_stops"].as_array().unwrap()[..] else { panic!("{kept:?}") };
        assert_eq!((&stop[own], stop.get(other), &stop["title"]), (&json!(account), None, &json!(FILM)));
    }
    assert!(world.playback.export_account(&"eve".parse().unwrap()).await.unwrap().is_empty());
    for account in ["ada", "root"] {
        world.playback.forget_account(&account.parse().unwrap()).await.unwrap();
    }
    let kept = world.stores.documents.list(&STOPS, None, 10).await.unwrap().documents;
    let kept: Vec<StopRecord> = kept.iter().map(|document| parse(document).unwrap()).collect();
    assert_eq!(kept.len(), 1, "what was done stays");
    assert_eq!((&kept[0].by, &kept[0].account), (&None, &None));
}

#[tokio::test]
async fn a_session_of_an_older_build_plays_on_and_can_be_ended() {
    let world = World::new().await;
    let key = SessionKey::random();
    let old = SessionRecord { presence: None, ..record(1) };
    let stored = serde_json::to_value(&old).unwrap();
    assert!(stored.get("presence").is_none(), "{stored}");
    world.playback.sessions.begin(key, &old).await.unwrap();
    let seat = Seat::new("p1");
    let path = format!("/api/v1/playback/{}/progress", key.id().unwrap());
    let beat = world.call(&seat, "POST", &path, json!({ "position": 20.0, "state": "playing", "buffered_millis": 100 })).await;
    assert_eq!(beat.status, StatusCode::NO_CONTENT, "{beat:?}");
    let id = key.stream().unwrap();
    let stop = world.call(&operator(), "POST", &format!("/api/v1/playing/{id}/stop"), json!({ "message": "Good night" })).await;
    assert_eq!(stop.status, StatusCode::NO_CONTENT);
    let told: Problem = world.call(&seat, "POST", &path, json!({ "position": 21.0, "state": "playing" })).await.json();
    // It has no place for the message.
    assert_eq!(told.detail.as_deref(), Some("Stopped by the operator."));
}
