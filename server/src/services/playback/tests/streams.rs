//! Who plays on an account, and stopping it from elsewhere.

use contract::{Problem, playback::Stream};

use super::*;

const TV: &str = "Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/79.0";
const LAPTOP: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn tv() -> Seat {
    limited(Seat::member("ada", "p1", "s-tv", TV))
}

fn laptop() -> Seat {
    limited(Seat::member("ada", "p2", "s-laptop", LAPTOP))
}

fn limited(mut seat: Seat) -> Seat {
    seat.authorization.streams = Some(1);
    seat
}

async fn streams(world: &World, seat: &Seat) -> Vec<Stream> {
    let reply = world.call(seat, "GET", "/api/v1/streams", Value::Null).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    reply.json()
}

async fn stop(world: &World, seat: &Seat, stream: &Stream) -> Reply {
    world.call(seat, "DELETE", &format!("/api/v1/streams/{}", stream.id), Value::Null).await
}

#[tokio::test]
async fn an_account_sees_what_plays_and_on_which_of_its_devices() {
    let world = World::new().await;
    let seat = |mut seat: Seat| {
        seat.authorization.streams = None;
        seat
    };
    let session = world.start(&seat(tv()), FILM).await;
    world.now.fetch_add(1000, Ordering::Relaxed);
    world.start(&seat(laptop()), OTHER).await;
    let seen = streams(&world, &seat(laptop())).await;
    let rows: Vec<_> = seen
        .iter()
        .map(|stream| (stream.title.as_ref().unwrap().title.as_str(), stream.device.as_str(), stream.is_here))
        .collect();
    assert_eq!(rows, [("The other", "Firefox on Linux", true), ("The film", "Chrome on LG TV", false)]);
    assert_eq!(seen[0].started, seen[1].started + 1000);
    assert_ne!(seen[1].id.as_str(), session.session.as_str(), "to see a stream is not to speak for it");
    assert!(streams(&world, &Seat::member("eve", "p9", "s9", TV)).await.is_empty());
    assert!(streams(&world, &Seat::new("p1")).await.is_empty(), "a guest");
}

#[tokio::test]
async fn a_stream_that_is_stopped_from_elsewhere_gives_its_place_away_at_once() {
    let world = World::new().await;
    let playing = world.start(&tv(), FILM).await;
    let refused = world.call(&laptop(), "POST", "/api/v1/playback", json!({ "title": OTHER })).await;
    let problem: Problem = refused.json();
    assert_eq!((refused.status, problem.code), (StatusCode::CONFLICT, contract::Code::LimitReached));
    assert!(problem.detail.unwrap().contains("\u{201c}The film\u{201d} on Chrome on LG TV"));

    let [stream] = &streams(&world, &laptop()).await[..] else { panic!("one plays") };
    assert_eq!(stop(&world, &laptop(), stream).await.status, StatusCode::NO_CONTENT);
    let next = world.start(&laptop(), OTHER).await;

    world.get(&playing.manifest, &[]).await.assert_refused(410, "session_ended", "the grant");
    let told = world.progress(&tv(), &playing, 33.0, "playing").await;
    told.assert_refused(410, "session_ended", "the heartbeat");
    let words = told.json::<Problem>().detail.unwrap();
    assert!(words.contains("Somebody on this account stopped it"), "{words}");
    assert_eq!(world.progress(&laptop(), &next, 20.0, "playing").await.status, StatusCode::NO_CONTENT);
    assert_eq!(streams(&world, &tv()).await.len(), 1);
    stop(&world, &laptop(), stream).await.assert_refused(404, "not_found", "stopped already");
    // What was watched until then is not lost.
    let report: Value = world.call(&tv(), "GET", &format!("/api/v1/titles/{FILM}/progress"), Value::Null).await.json();
    assert_eq!(report["progress"]["position"], 33.0);
}

#[tokio::test]
async fn heartbeats_that_race_a_stop_never_keep_the_next_device_waiting() {
    let world = World::new().await;
    let tv = tv();
    for round in 0..5 {
        let playing = world.start(&tv, FILM).await;
        let [stream] = &streams(&world, &tv).await[..] else { panic!("one plays in round {round}") };
        let beats = (1..=6).map(|step| world.progress(&tv, &playing, 10.0 + f64::from(step), "playing"));
        let stop_and_start = async {
            assert_eq!(stop(&world, &laptop(), stream).await.status, StatusCode::NO_CONTENT);
            world.start(&laptop(), OTHER).await
        };
        let (_, next) = tokio::join!(futures::future::join_all(beats), stop_and_start);
        assert_eq!(world.progress(&laptop(), &next, 9.0, "playing").await.status, StatusCode::NO_CONTENT);
        let path = format!("/api/v1/playback/{}", next.session);
        assert_eq!(world.call(&laptop(), "DELETE", &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn nobody_stops_another_accounts_stream() {
    let world = World::new().await;
    let playing = world.start(&tv(), FILM).await;
    let [stream] = &streams(&world, &tv()).await[..] else { panic!("one plays") };
    for stranger in [Seat::member("eve", "p9", "s9", TV), Seat::new("p1"), Seat { is_new: true, ..Seat::new("p8") }] {
        stop(&world, &stranger, stream).await.assert_refused(404, "not_found", stranger.profile);
    }
    let none = world.call(&tv(), "DELETE", &format!("/api/v1/streams/{}", playing.session), Value::Null).await;
    none.assert_refused(404, "not_found", "a session's own id");
    assert_eq!(world.get(&playing.manifest, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_child_is_not_told_the_name_of_a_film_that_is_not_for_it() {
    let world = World::new().await;
    world.start(&tv(), FILM).await;
    let mut child = laptop();
    child.authorization.maturity = Some(12);
    let [stream] = &streams(&world, &child).await[..] else { panic!("one plays") };
    assert_eq!((&stream.title, stream.device.as_str()), (&None, "Chrome on LG TV"));
    assert_eq!(stop(&world, &child, stream).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_place_that_was_lost_ends_the_session_in_words() {
    let world = World::new().await;
    let silent = world.start(&tv(), FILM).await;
    // Its slot lapsed while it was silent, and the laptop took it.
    let keyvalue = &world.stores.keyvalue;
    keyvalue.delete("playback/place/ada/0", storage::keyvalue::Expect::Anything).await.unwrap();
    world.start(&laptop(), OTHER).await;
    for _ in 0..2 {
        let told = world.progress(&tv(), &silent, 12.0, "playing").await;
        told.assert_refused(410, "session_ended", "the slot is another's");
        assert!(told.json::<Problem>().detail.unwrap().contains("Another device"));
    }
    world.get(&silent.manifest, &[]).await.assert_refused(410, "session_ended", "and no video");
}

#[tokio::test]
async fn a_film_goes_on_where_the_one_that_was_to_replace_it_came_to_nothing() {
    let world = World::new().await;
    let playing = world.start(&tv(), FILM).await;
    let next = || json!({ "title": OTHER, "replaces": playing.session });
    let gone = CancellationToken::new();
    gone.cancel();
    let mut used_up = tv();
    used_up.authorization.viewing_minutes_per_day = Some(0);
    for step in 1..=3 {
        let left = world.ask_until(&gone, &tv(), ("POST", "/api/v1/playback"), &[], next()).await;
        left.assert_refused(410, "session_ended", "nobody waits for it");
        assert!(world.call(&used_up, "POST", "/api/v1/playback", next()).await.status.is_client_error());
        let [stream] = &streams(&world, &tv()).await[..] else { panic!("one plays") };
        assert_eq!(stream.title.as_ref().unwrap().title, "The film");
        let other = world.call(&laptop(), "POST", "/api/v1/playback", json!({ "title": OTHER })).await;
        other.assert_refused(409, "limit_reached", "the place was never free");
        let told = world.progress(&tv(), &playing, 10.0 + f64::from(step), "playing").await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{told:?}");
        assert_eq!(world.get(&playing.manifest, &[]).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn heartbeats_that_race_the_next_films_beginning_never_end_either_for_another_devices_sake() {
    let world = World::new().await;
    let tv = tv();
    let mut playing = world.start(&tv, FILM).await;
    for round in 0..5 {
        let beats = (1..=6).map(|step| world.progress(&tv, &playing, 10.0 + f64::from(step), "playing"));
        let next = world.call(&tv, "POST", "/api/v1/playback", json!({ "title": OTHER, "replaces": playing.session }));
        let (told, next) = tokio::join!(futures::future::join_all(beats), next);
        assert!(told.iter().all(|told| told.status == StatusCode::NO_CONTENT), "{round}: {told:?}");
        assert_eq!(next.status, StatusCode::CREATED, "{round}: {next:?}");
        playing = next.json();
        assert_eq!(world.progress(&tv, &playing, 9.0, "playing").await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(streams(&world, &tv).await.len(), 1);
}
