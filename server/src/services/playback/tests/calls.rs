//! Starting, stopping, and the device.

use super::*;

#[tokio::test]
async fn a_session_has_everything_that_a_player_needs() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let base = session.manifest.strip_suffix("/master.m3u8").unwrap();
    assert!(base.starts_with("/media/") && !base[7..].contains('/'), "{base}");
    assert_eq!(session.renditions.iter().map(|rendition| rendition.height).collect::<Vec<_>>(), [1080, 720, 360]);
    assert_eq!(session.renditions[0].bandwidth, 6_420_000);
    assert_eq!((session.resume_at, session.duration_seconds), (0.0, 634.5333));
    assert_eq!(session.audio.iter().map(|track| track.channels).collect::<Vec<_>>(), [6, 2, 2]);
    assert_eq!(session.audio.iter().position(|track| track.default), Some(1));
    assert_eq!(session.captions[0].url, format!("{base}/t0.vtt"));
    assert_eq!(session.storyboard.unwrap().sheets[0], format!("{base}/storyboard/0.jpg"));
    assert_eq!(session.chapters[0].title, "The meadow");
    assert_eq!(session.title, card(FILM));
    assert!(session.grant_seconds > 6 * 60 * 60);
    assert_eq!(world.get(&session.captions[0].url, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_comes_next_is_watchable_and_another_title() {
    let world = World::new().await;
    // The one title that is alike has no video; the list goes round.
    assert_eq!(world.start(&Seat::new("p1"), FILM).await.up_next, Some(card(OTHER)));
    assert_eq!(world.start(&Seat::new("p1"), OTHER).await.up_next, Some(card(FILM)));
}

#[tokio::test]
async fn what_comes_next_begins_by_itself_unless_it_was_watched_or_played_a_moment_ago() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let next = |session: &PlaybackSession| (session.up_next.clone().unwrap().id.to_string(), session.starts_next);
    let after = async |title: &str, before: &PlaybackSession| {
        let body = json!({ "title": title, "replaces": before.session });
        let reply = world.call(&seat, "POST", "/api/v1/playback", body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        reply.json::<PlaybackSession>()
    };
    let first = world.start(&seat, FILM).await;
    assert_eq!(next(&first), (OTHER.to_owned(), true));
    // The history says nothing, as of a profile that keeps none.
    let second = after(OTHER, &first).await;
    assert_eq!(next(&second), (FILM.to_owned(), false), "two films do not follow each other for ever");
    let again = after(OTHER, &second).await;
    assert_eq!(next(&again), (FILM.to_owned(), false), "nor where the film goes on in another session");
    assert_eq!(next(&world.start(&seat, OTHER).await), (FILM.to_owned(), true), "another evening");
    world.watched.lock().unwrap().push(format!("said {FILM}"));
    assert_eq!(next(&world.start(&seat, OTHER).await), (FILM.to_owned(), false), "it was watched");
}

#[tokio::test]
async fn a_phone_is_offered_what_it_can_show() {
    let world = World::new().await;
    let session = world.start(&Seat::phone("p1"), FILM).await;
    assert_eq!(session.renditions.iter().map(|rendition| rendition.height).collect::<Vec<_>>(), [360]);
    let master = world.get(&session.manifest, &[]).await;
    let master = String::from_utf8(master.body.to_vec()).unwrap();
    assert!(master.contains("v360/media.m3u8") && !master.contains("v720"), "{master}");
}

#[tokio::test]
async fn a_title_without_video_and_a_title_that_is_not_are_told_apart() {
    let world = World::new().await;
    for (title, status, code) in
        [(UNFILMED, 409, "not_watchable"), ("nothing", 404, "not_found"), ("../film", 422, "invalid_request")]
    {
        let reply = world.call(&Seat::new("p1"), "POST", "/api/v1/playback", json!({ "title": title })).await;
        reply.assert_refused(status, code, title);
    }
}

#[tokio::test]
async fn an_import_that_has_no_rendition_yet_is_not_watchable() {
    let world = World::new().await;
    let mut early = manifest();
    early.renditions.clear();
    world.store_film(UNFILMED, &early).await;
    let reply = world.call(&Seat::new("p1"), "POST", "/api/v1/playback", json!({ "title": UNFILMED })).await;
    reply.assert_refused(409, "not_watchable", UNFILMED);
}

#[tokio::test]
async fn a_manifest_that_leads_out_of_its_folder_is_never_followed() {
    let world = World::new().await;
    let mut hostile = manifest();
    hostile.captions[0].file = "../other/t0.vtt".into();
    world.store_film(FILM, &hostile).await;
    let reply = world.call(&Seat::new("p1"), "POST", "/api/v1/playback", json!({ "title": FILM })).await;
    reply.assert_refused(500, "internal", "hostile manifest");
    assert!(!String::from_utf8_lossy(&reply.body).contains(".."), "{reply:?}");
}

#[tokio::test]
async fn a_stopped_session_gets_no_more_video_and_stopping_again_is_no_failure() {
    let world = World::new().await;
    let seat = Seat::new("p1");
    let session = world.start(&seat, FILM).await;
    assert_eq!(world.get(&session.manifest, &[]).await.status, StatusCode::OK);
    let path = format!("/api/v1/playback/{}", session.session);
    for _ in 0..2 {
        assert_eq!(world.call(&seat, "DELETE", &path, Value::Null).await.status, StatusCode::NO_CONTENT);
        world.get(&session.manifest, &[]).await.assert_refused(410, "session_ended", "after the stop");
    }
}

#[tokio::test]
async fn a_session_that_another_process_stopped_ends_within_seconds() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    assert_eq!(world.get(&session.manifest, &[]).await.status, StatusCode::OK);
    world
        .stores
        .keyvalue
        .delete(&format!("playback/session/{}", session.session), storage::keyvalue::Expect::Anything)
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    while world.get(&session.manifest, &[]).await.status == StatusCode::OK {
        assert!(begun.elapsed().as_secs() < 8, "still served");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    world.get(&session.manifest, &[]).await.assert_refused(410, "session_ended", "after the stop");
}

#[tokio::test]
async fn nobody_stops_somebody_elses_session() {
    let world = World::new().await;
    let session = world.start(&Seat::new("p1"), FILM).await;
    let path = format!("/api/v1/playback/{}", session.session);
    world.call(&Seat::new("p2"), "DELETE", &path, Value::Null).await.assert_refused(410, "session_ended", "p2");
    assert_eq!(world.get(&session.manifest, &[]).await.status, StatusCode::OK);
    for id in ["short", "AAAAAAAAAAAAAAAAAAAAAA", "zzzzzzzzzzzzzzzzzzzzzz"] {
        let reply = world.call(&Seat::new("p1"), "DELETE", &format!("/api/v1/playback/{id}"), Value::Null).await;
        reply.assert_refused(410, "session_ended", id);
    }
}

#[tokio::test]
async fn the_device_is_reported_as_it_was_decided() {
    let world = World::new().await;
    let reply = world.call(&Seat::phone("p1"), "GET", "/api/v1/device", Value::Null).await;
    let report: Value = reply.json();
    assert_eq!(
        (&report["profile"]["class"], &report["source"], &report["offered_height"]),
        (&json!("phone"), &json!("header"), &json!(480))
    );
}
