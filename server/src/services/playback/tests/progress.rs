//! Saving, resuming, listing and forgetting progress.

use contract::playback::ContinueItem;

use super::*;

async fn list(world: &World, seat: &Seat) -> Vec<ContinueItem> {
    let reply = world.call(seat, "GET", "/api/v1/continue-watching", Value::Null).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.json()
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_the_process_is_gone() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    assert_eq!(world.progress(&seat, &session, 312.25, "playing").await.status, StatusCode::NO_CONTENT);
    let world = world.restart().await;
    assert_eq!(world.resume_at(&seat, FILM).await, 312.25);
    // The session survived as well: the player goes on without noticing.
    assert_eq!(world.progress(&seat, &session, 320.0, "playing").await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&session.manifest, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_beacon_says_that_it_is_json_and_one_that_does_not_is_refused() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    let path = format!("/api/v1/playback/{}/progress", session.session);
    let body = json!({ "position": 40.5, "state": "paused" });
    let text = [("content-type", "text/plain;charset=UTF-8")];
    world.ask(&seat, "POST", &path, &text, body.clone()).await.assert_refused(415, "not_json", "text");
    let reply = world.ask(&seat, "POST", &path, &[("content-type", "application/json")], body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{reply:?}");
    assert_eq!(world.resume_at(&seat, FILM).await, 40.5);
}

#[tokio::test]
async fn a_position_outside_the_film_is_refused_with_its_field() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    let path = format!("/api/v1/playback/{}/progress", session.session);
    for position in [json!(-0.1), json!(644.6), json!(1e300), json!("12"), json!(null)] {
        let reply = world.call(&seat, "POST", &path, json!({ "position": position, "state": "playing" })).await;
        reply.assert_refused(422, "invalid_request", &position.to_string());
        assert_eq!(reply.json::<Value>()["fields"][0]["field"], "position", "{position}");
    }
    let body = r#"{"position":1e999,"state":"playing"}"#;
    let request = Request::builder().method("POST").uri(&path).body(axum::body::Body::from(body)).unwrap();
    assert!(!world.mounted.clone().oneshot(request).await.unwrap().status().is_success());
    assert_eq!(world.resume_at(&seat, FILM).await, 0.0);
}

#[tokio::test]
async fn progress_is_taken_from_the_profile_that_plays_and_from_nobody_else() {
    let world = World::new().await;
    let (own, foreign) = (Seat::new("p1"), Seat::new("p2"));
    let session = world.start(&own, FILM).await;
    world.progress(&foreign, &session, 100.0, "playing").await.assert_refused(410, "session_ended", "p2");
    assert_eq!(world.resume_at(&own, FILM).await, 0.0);
    assert_eq!(world.resume_at(&foreign, FILM).await, 0.0);
}

#[tokio::test]
async fn a_profile_that_is_gone_begins_nothing_and_its_late_heartbeat_writes_nothing() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    assert_eq!(world.progress(&seat, &session, 100.0, "playing").await.status, StatusCode::NO_CONTENT);
    world.gone.0.store(true, Ordering::SeqCst);
    // Its session is there still, as for one that was read before it was forgotten.
    world.progress(&seat, &session, 200.0, "playing").await.assert_refused(410, "session_ended", "gone");
    world.call(&seat, "POST", "/api/v1/playback", json!({ "title": OTHER })).await.assert_refused(404, "not_found", "gone");
    world.gone.0.store(false, Ordering::SeqCst);
    assert_eq!(world.resume_at(&seat, FILM).await, 100.0);
}

#[tokio::test]
async fn a_film_that_was_finished_is_not_resumed() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    for (position, state) in [(300.0, "ended"), (610.0, "playing"), (644.0, "paused")] {
        let session = world.start(&seat, FILM).await;
        world.progress(&seat, &session, 200.0, "playing").await;
        assert_eq!(list(&world, &seat).await.len(), 1);
        assert_eq!(world.progress(&seat, &session, position, state).await.status, StatusCode::NO_CONTENT);
        assert!(list(&world, &seat).await.is_empty(), "{position} {state}");
        assert_eq!(world.resume_at(&seat, FILM).await, 0.0);
    }
}

#[tokio::test]
async fn a_player_that_stands_still_does_not_undo_what_another_device_played() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let phone = world.start(&seat, FILM).await;
    world.progress(&seat, &phone, 60.0, "paused").await;
    let tv = world.start(&seat, FILM).await;
    world.progress(&seat, &tv, 400.0, "playing").await;
    world.progress(&seat, &phone, 60.0, "paused").await;
    assert_eq!(world.resume_at(&seat, FILM).await, 400.0);
    world.progress(&seat, &phone, 75.0, "playing").await;
    assert_eq!(world.resume_at(&seat, FILM).await, 75.0, "a device that plays on is the latest");
}

#[tokio::test]
async fn steps_too_small_to_be_a_move_add_up_to_one() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    for step in 0..=20 {
        world.progress(&seat, &session, 60.0 + f64::from(step) * 0.1, "playing").await;
    }
    let resume_at = world.resume_at(&seat, FILM).await;
    assert!((61.7..=62.0).contains(&resume_at), "{resume_at}");
}

#[tokio::test]
async fn a_player_that_has_not_jumped_yet_does_not_lose_the_place() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let first = world.start(&seat, FILM).await;
    world.progress(&seat, &first, 200.0, "paused").await;
    let second = world.start(&seat, FILM).await;
    assert_eq!(second.resume_at, 200.0);
    assert_eq!(world.progress(&seat, &second, 0.0, "playing").await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.resume_at(&seat, FILM).await, 200.0);
}

#[tokio::test]
async fn the_last_word_of_a_stopped_session_is_kept_though_it_is_told_to_end() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    world.call(&seat, "DELETE", &format!("/api/v1/playback/{}", session.session), Value::Null).await;
    world.progress(&seat, &session, 88.0, "paused").await.assert_refused(410, "session_ended", "late beacon");
    assert_eq!(world.resume_at(&seat, FILM).await, 88.0);
    world.get(&session.manifest, &[]).await.assert_refused(410, "session_ended", "and it stays ended");
}

#[tokio::test]
async fn saves_at_once_all_succeed_and_what_a_later_version_stored_survives() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let body = json!({
        "profile": "p1", "title": FILM, "position": 5.0, "duration_seconds": 634.0, "updated": 1, "audio": "de",
    });
    let write = storage::documents::Write { id: format!("p1/{FILM}"), body, expect: storage::documents::Expect::Absent };
    world.stores.documents.put(&super::super::record::PROGRESS, write).await.unwrap();
    let session = world.start(&seat, FILM).await;
    assert_eq!(session.resume_at, 5.0);
    let replies =
        futures::future::join_all((1..=4).map(|step| world.progress(&seat, &session, 10.0 * f64::from(step), "playing"))).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::NO_CONTENT), "{replies:?}");
    let stored = world.stores.documents.get(&super::super::record::PROGRESS, &format!("p1/{FILM}")).await.unwrap().unwrap();
    assert_eq!((stored.version, &stored.body["audio"]), (5, &json!("de")));
}

#[tokio::test]
async fn what_was_begun_is_listed_latest_first_with_one_question_to_the_catalogue() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    for (title, position) in [(FILM, 20.0), (OTHER, 40.0), (FILM, 44.0)] {
        let session = world.start(&seat, title).await;
        world.progress(&seat, &session, position, "playing").await;
        // Two saves in the same millisecond have no order.
        world.pass(1);
    }
    let asked = world.card_calls.load(Ordering::Relaxed);
    let items = list(&world, &seat).await;
    assert_eq!(world.card_calls.load(Ordering::Relaxed), asked + 1);
    let seen: Vec<_> = items.iter().map(|item| (item.card.id.as_str(), item.progress.position)).collect();
    assert_eq!(seen, [(FILM, 44.0), (OTHER, 40.0)]);
    assert!(list(&world, &Seat::new("p2")).await.is_empty());
}

#[tokio::test]
async fn a_title_that_is_gone_is_left_out() {
    let world = World::new().await;
    let body = json!({ "profile": "p1", "title": "gone", "position": 5.0, "duration_seconds": 9.0, "updated": 1 });
    let write = storage::documents::Write { id: "p1/gone".into(), body, expect: storage::documents::Expect::Absent };
    world.stores.documents.put(&super::super::record::PROGRESS, write).await.unwrap();
    assert!(list(&world, &Seat::new("p1")).await.is_empty());
}

#[tokio::test]
async fn progress_is_told_and_forgotten() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    world.progress(&seat, &session, 90.0, "paused").await;
    let path = format!("/api/v1/titles/{FILM}/progress");
    let report: Value = world.call(&seat, "GET", &path, Value::Null).await.json();
    assert_eq!(report, json!({ "progress": { "position": 90.0, "duration_seconds": 634.5333 } }));
    for _ in 0..2 {
        assert_eq!(world.call(&seat, "DELETE", &path, Value::Null).await.status, StatusCode::NO_CONTENT);
        assert_eq!(world.call(&seat, "GET", &path, Value::Null).await.json::<Value>(), json!({}));
    }
    assert!(list(&world, &seat).await.is_empty());
}

#[tokio::test]
async fn what_the_viewer_did_a_while_ago_undoes_nothing_of_what_they_watched_since() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    world.progress(&seat, &session, 90.0, "paused").await;
    let path = format!("/api/v1/titles/{FILM}/progress");
    let position = async || world.call(&seat, "GET", &path, Value::Null).await.json::<Value>()["progress"]["position"].as_f64();
    world.pass(100);
    // Sent a minute late, they still come after what was watched; two minutes late, they do not.
    let late = |seconds: u32| format!("{path}?milliseconds_ago={seconds}000");
    let set = |seconds: u32| json!({ "position": 30.0, "milliseconds_ago": seconds * 1_000 });
    for (verb, path, body) in [("DELETE", late(120), Value::Null), ("PUT", path.clone(), set(120))] {
        assert_eq!(world.call(&seat, verb, &path, body).await.status, StatusCode::NO_CONTENT);
        assert_eq!(position().await, Some(90.0), "{verb}");
    }
    assert_eq!(world.call(&seat, "PUT", &path, set(60)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(position().await, Some(30.0));
    assert_eq!(world.call(&seat, "DELETE", &late(61), Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(position().await, Some(30.0), "before the other");
    assert_eq!(world.call(&seat, "DELETE", &late(59), Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(position().await, None);
    world.call(&seat, "DELETE", &late(3_000_000), Value::Null).await.assert_refused(422, "invalid_request", "too long ago");
}

#[tokio::test]
async fn a_new_viewer_is_answered_without_the_store() {
    let world = World::new().await;
    let known = Seat::new("p1");
    let session = world.start(&known, FILM).await;
    world.progress(&known, &session, 90.0, "paused").await;
    // The same profile, said to be new: what is stored for it is not even looked for.
    let seat = Seat { is_new: true, ..known };
    assert!(list(&world, &seat).await.is_empty());
    let path = format!("/api/v1/titles/{FILM}/progress");
    assert_eq!(world.call(&seat, "GET", &path, Value::Null).await.json::<Value>(), json!({}));
    assert_eq!(world.resume_at(&seat, FILM).await, 0.0);
}

#[tokio::test]
async fn what_was_forgotten_is_put_back_and_a_position_near_the_end_is_forgotten() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let path = format!("/api/v1/titles/{FILM}/progress");
    let put = async |position: Value| world.call(&seat, "PUT", &path, json!({ "position": position })).await;
    assert_eq!(put(json!(312.25)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.resume_at(&seat, FILM).await, 312.25);
    assert_eq!(list(&world, &seat).await.len(), 1);
    for position in [json!(-1), json!(1e300), json!(null)] {
        put(position.clone()).await.assert_refused(422, "invalid_request", &position.to_string());
    }
    let none = world.call(&seat, "PUT", "/api/v1/titles/none-such/progress", json!({ "position": 1 })).await;
    none.assert_refused(404, "not_found", "no title");
    assert_eq!(put(json!(630)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(list(&world, &seat).await, []);
}

#[tokio::test]
async fn what_was_forgotten_stays_so_whatever_of_before_arrives_later() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    world.progress(&seat, &session, 90.0, "paused").await;
    let path = format!("/api/v1/titles/{FILM}/progress");
    world.pass(100);
    assert_eq!(world.call(&seat, "DELETE", &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    for restores in [Value::Null, json!(7)] {
        let late = json!({ "position": 30.0, "milliseconds_ago": 3_600_000, "restores": restores });
        assert_eq!(world.call(&seat, "PUT", &path, late).await.status, StatusCode::NO_CONTENT);
        assert!(list(&world, &seat).await.is_empty(), "{restores}");
    }
    world.pass(10);
    let now = json!({ "position": 30.0 });
    assert_eq!(world.call(&seat, "PUT", &path, now).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.resume_at(&seat, FILM).await, 30.0);
}

#[tokio::test]
async fn what_is_taken_back_is_as_it_was_whatever_clocks_say_and_one_forgets_it_twice() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    world.progress(&seat, &session, 90.0, "paused").await;
    let path = format!("/api/v1/titles/{FILM}/progress");
    let done = async |method: &str, path: &str, body: Value| {
        assert_eq!(world.call(&seat, method, path, body).await.status, StatusCode::NO_CONTENT);
    };
    world.pass(100);
    // It was long on its way: what takes it back is told as of before it arrived. The page had seen an earlier place.
    done("DELETE", &format!("{path}?change=1"), Value::Null).await;
    let undo = json!({ "position": 12.0, "restores": 1, "milliseconds_ago": 2_000 });
    done("PUT", &path, undo.clone()).await;
    assert_eq!(world.resume_at(&seat, FILM).await, 90.0);
    // The answer to the first was lost, and it is sent once more.
    world.pass(5);
    done("DELETE", &format!("{path}?change=1&milliseconds_ago=6000"), Value::Null).await;
    assert_eq!(world.resume_at(&seat, FILM).await, 90.0);
    done("DELETE", &format!("{path}?change=2"), Value::Null).await;
    assert!(list(&world, &seat).await.is_empty());
    done("PUT", &path, undo).await;
    assert!(list(&world, &seat).await.is_empty(), "it takes back what is no longer the last");
}

#[tokio::test]
async fn what_another_device_finished_or_forgot_since_does_not_come_back() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let path = format!("/api/v1/titles/{FILM}/progress");
    let put = async |body: Value| assert_eq!(world.call(&seat, "PUT", &path, body).await.status, StatusCode::NO_CONTENT);
    let forget = async |change: u64| {
        let address = format!("{path}?change={change}");
        assert_eq!(world.call(&seat, "DELETE", &address, Value::Null).await.status, StatusCode::NO_CONTENT);
    };
    put(json!({ "position": 12 })).await;
    put(json!({ "position": 630, "change": 1 })).await;
    forget(2).await;
    put(json!({ "position": 12, "restores": 2 })).await;
    assert!(list(&world, &seat).await.is_empty(), "the second forgot nothing");
    put(json!({ "position": 630, "restores": 3 })).await;
    assert!(list(&world, &seat).await.is_empty(), "nothing is known of the third, and the film is at its end");
    world.pass(1);
    put(json!({ "position": 40 })).await;
    forget(4).await;
    put(json!({ "position": 12, "restores": 4 })).await;
    assert_eq!(world.resume_at(&seat, FILM).await, 40.0);
}
