//! Minutes of viewing a day and viewing hours, over HTTP, by a clock that the tests set.

use contract::{Code, Problem};

use super::*;

/// Somebody of the account `ada`, who may watch so many minutes a day.
fn seat(profile: &'static str, minutes: u16) -> Seat {
    let mut seat = Seat::member("ada", profile, profile, "");
    seat.authorization.viewing_minutes_per_day = Some(minutes);
    seat
}

/// Plays for so long, with a heartbeat every 15 seconds; the answer to the last.
async fn play(world: &World, seat: &Seat, session: &PlaybackSession, from: f64, seconds: u32) -> Reply {
    let mut reply = None;
    for step in 1..=seconds / 15 {
        world.pass(15);
        reply = Some(world.progress(seat, session, from + f64::from(step * 15), "playing").await);
    }
    reply.unwrap()
}

async fn refusal(world: &World, seat: &Seat) -> Problem {
    let refused = world.call(seat, "POST", "/api/v1/playback", json!({ "title": FILM })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    refused.json()
}

#[tokio::test]
async fn when_the_minutes_are_used_up_the_film_ends_in_words_and_no_other_begins_until_midnight() {
    let world = World::new().await;
    world.noon();
    let seat = seat("p1", 2);
    let session = world.start(&seat, FILM).await;
    assert_eq!(play(&world, &seat, &session, 0.0, 105).await.status, StatusCode::NO_CONTENT);
    let told = play(&world, &seat, &session, 105.0, 15).await;
    told.assert_refused(410, "session_ended", "the minutes are used up");
    let problem: Problem = told.json();
    assert_eq!(
        problem.detail.as_deref(),
        Some("This account plays 2 minutes of film a day, and today's are used up. More from 00:00 UTC, in 11 h 58 min.")
    );
    assert_eq!(problem.retry_after, Some(43_080));
    world.get(&session.manifest, &[]).await.assert_refused(410, "session_ended", "no more video");
    // What was watched is saved all the same, and said again to whoever asks again.
    world.progress(&seat, &session, 121.0, "playing").await.assert_refused(410, "session_ended", "again");
    let problem = refusal(&world, &seat).await;
    assert_eq!((problem.code, problem.retry_after), (Code::LimitReached, Some(43_080)));
    assert!(problem.detail.unwrap().contains("2 minutes of film a day"));
    world.pass(43_079);
    assert_eq!(refusal(&world, &seat).await.retry_after, Some(1));
    world.pass(1);
    assert_eq!(world.start(&seat, FILM).await.resume_at, 121.0);
}

#[tokio::test]
async fn a_heartbeat_that_is_said_twice_counts_once_and_a_pause_does_not_count() {
    let world = World::new().await;
    world.noon();
    let seat = seat("p1", 3);
    let session = world.start(&seat, FILM).await;
    play(&world, &seat, &session, 0.0, 60).await;
    for _ in 0..20 {
        assert_eq!(world.progress(&seat, &session, 60.0, "playing").await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.progress(&seat, &session, 60.0, "paused").await.status, StatusCode::NO_CONTENT);
    world.pass(80);
    assert_eq!(world.progress(&seat, &session, 60.0, "paused").await.status, StatusCode::NO_CONTENT);
    world.pass(75);
    // One minute so far; on it goes for 15 seconds, then for 90 more, and the third minute is not full yet.
    assert_eq!(world.progress(&seat, &session, 75.0, "playing").await.status, StatusCode::NO_CONTENT);
    assert_eq!(play(&world, &seat, &session, 75.0, 90).await.status, StatusCode::NO_CONTENT);
    play(&world, &seat, &session, 165.0, 15).await.assert_refused(410, "session_ended", "three minutes");
}

#[tokio::test]
async fn two_screens_use_the_minutes_up_twice_as_fast_and_both_end() {
    let world = World::new().await;
    world.noon();
    let (one, two) = (seat("p1", 2), seat("p2", 2));
    let (first, second) = (world.start(&one, FILM).await, world.start(&two, OTHER).await);
    for step in 1..=3 {
        world.pass(15);
        for (seat, session) in [(&one, &first), (&two, &second)] {
            let reply = world.progress(seat, session, f64::from(step) * 15.0, "playing").await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{step}");
        }
    }
    world.pass(15);
    assert_eq!(world.progress(&one, &first, 60.0, "playing").await.status, StatusCode::NO_CONTENT, "105 seconds");
    for (seat, session) in [(&two, &second), (&one, &first)] {
        world.progress(seat, session, 60.0, "playing").await.assert_refused(410, "session_ended", seat.profile);
    }
    let other = Seat::member("eve", "p9", "s9", "");
    let other = Seat { authorization: one.authorization.clone(), ..other };
    world.start(&other, FILM).await;
}

#[tokio::test]
async fn who_begins_again_and_again_without_a_heartbeat_hides_nothing() {
    let world = World::new().await;
    world.noon();
    let seat = seat("p1", 5);
    for _ in 0..4 {
        world.start(&seat, FILM).await;
        world.pass(91);
    }
    assert!(refusal(&world, &seat).await.detail.is_some(), "four times 90 seconds are six minutes");
}

#[tokio::test]
async fn who_stops_at_once_is_charged_for_the_seconds_alone() {
    let world = World::new().await;
    world.noon();
    let seat = seat("p1", 1);
    for round in 0..10 {
        let session = world.start(&seat, FILM).await;
        world.pass(5);
        let path = format!("/api/v1/playback/{}", session.session);
        assert_eq!(world.call(&seat, "DELETE", &path, Value::Null).await.status, StatusCode::NO_CONTENT, "{round}");
        world.pass(1000);
    }
    let session = world.start(&seat, FILM).await;
    play(&world, &seat, &session, 0.0, 15).await.assert_refused(410, "session_ended", "50 seconds and 15");
}

#[tokio::test]
async fn a_limit_that_comes_while_a_film_plays_counts_from_then_on_and_none_counts_nothing() {
    let world = World::new().await;
    world.noon();
    let limited = seat("p1", 1);
    let unlimited = Seat { authorization: Authorization::default(), ..limited.clone() };
    let session = world.start(&unlimited, FILM).await;
    play(&world, &unlimited, &session, 0.0, 75).await;
    let ledger = world.stores.keyvalue.get("playback/minutes/ada").await.unwrap();
    assert_eq!(ledger, None, "nobody is counted without a limit");
    assert_eq!(play(&world, &limited, &session, 75.0, 60).await.status, StatusCode::NO_CONTENT);
    play(&world, &limited, &session, 135.0, 15).await.assert_refused(410, "session_ended", "a minute later");
}

#[tokio::test]
async fn a_refusal_for_the_minutes_takes_no_place() {
    let world = World::new().await;
    world.noon();
    let mut seat = seat("p1", 0);
    seat.authorization.streams = Some(1);
    for _ in 0..3 {
        assert!(refusal(&world, &seat).await.detail.unwrap().contains("0 minutes"));
    }
    seat.authorization.viewing_minutes_per_day = Some(60);
    world.start(&seat, FILM).await;
}

#[tokio::test]
async fn heartbeats_at_the_same_instant_are_all_counted() {
    let world = World::new().await;
    world.noon();
    let seats: Vec<Seat> = ["p1", "p2", "p3", "p4", "p5", "p6"].into_iter().map(|profile| seat(profile, 7)).collect();
    let mut sessions = Vec::new();
    for seat in &seats {
        sessions.push(world.start(seat, FILM).await);
    }
    world.pass(60);
    let beats = seats.iter().zip(&sessions).map(|(seat, session)| world.progress(seat, session, 60.0, "playing"));
    let replies = futures::future::join_all(beats).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::NO_CONTENT), "{replies:?}");
    let ledger = world.stores.keyvalue.get("playback/minutes/ada").await.unwrap().unwrap();
    let ledger: Value = serde_json::from_slice(&ledger.value).unwrap();
    assert_eq!(ledger["played"], 6 * 60_000);
}

#[tokio::test]
async fn a_film_ends_with_the_hours_in_which_it_may_be_played() {
    let world = World::new().await;
    world.noon();
    let mut seat = seat("p1", 60);
    seat.authorization.viewing_hours = Some(contract::authorization::ViewingHours { from: 11 * 60, to: 12 * 60 + 1 });
    let session = world.start(&seat, FILM).await;
    assert_eq!(play(&world, &seat, &session, 0.0, 45).await.status, StatusCode::NO_CONTENT);
    let told = play(&world, &seat, &session, 45.0, 15).await;
    told.assert_refused(410, "session_ended", "it is a minute past noon");
    assert_eq!(told.json::<Problem>().detail.as_deref(), Some("This account plays films from 11:00 to 12:01 UTC."));
    world.get(&session.manifest, &[]).await.assert_refused(410, "session_ended", "no more video");
    let report: Value = world.call(&seat, "GET", &format!("/api/v1/titles/{FILM}/progress"), Value::Null).await.json();
    assert_eq!(report["progress"]["position"], 60.0);
    // What was ended is not taken for a player that vanished.
    world.pass(600);
    assert_eq!(world.call(&seat, "POST", "/api/v1/playback", json!({ "title": FILM })).await.status, StatusCode::FORBIDDEN);
    seat.authorization.viewing_hours = None;
    world.start(&seat, FILM).await;
    let ledger = world.stores.keyvalue.get("playback/minutes/ada").await.unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&ledger.value).unwrap()["played"], 60_000);
}
