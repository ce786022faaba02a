//! What an authorization allows of a film: how sharp, and on how many screens at once.

use contract::authorization::{Resolution, ViewingHours};

use super::*;

fn with(profile: &'static str, change: impl FnOnce(&mut Authorization)) -> Seat {
    let mut seat = Seat::new(profile);
    change(&mut seat.authorization);
    seat
}

#[tokio::test]
async fn what_is_sharper_than_the_plan_is_neither_listed_nor_served() {
    let world = World::new().await;
    let seat = with("p1", |may| may.resolution = Resolution::Sd);
    let session = world.start(&seat, FILM).await;
    assert_eq!(session.renditions.iter().map(|rendition| rendition.height).collect::<Vec<_>>(), [360]);
    let base = session.manifest.rsplit_once('/').unwrap().0;
    let master = world.get(&session.manifest, &[]).await;
    assert!(String::from_utf8_lossy(&master.body).contains("v360") && !String::from_utf8_lossy(&master.body).contains("v720"));
    for sharper in ["v720/media.m3u8", "v720/seg_00001.m4s", "v1080/init.mp4"] {
        world.get(&format!("{base}/{sharper}"), &[]).await.assert_refused(403, "grant_refused", sharper);
    }
    assert_eq!(world.get(&format!("{base}/v360/seg_00001.m4s"), &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_limit_on_streams_names_itself_and_who_plays_and_a_stop_frees_the_place() {
    let world = World::new().await;
    let seat = with("p1", |may| may.streams = Some(1));
    let first = world.start(&seat, FILM).await;
    let refused = world.call(&seat, "POST", "/api/v1/playback", json!({ "title": OTHER })).await;
    let problem: contract::Problem = refused.json();
    let detail = problem.detail.unwrap();
    assert_eq!((refused.status, problem.code), (StatusCode::CONFLICT, contract::Code::LimitReached));
    assert!(detail.contains("one film at once") && detail.contains("on A device"), "{detail}");

    let stop = format!("/api/v1/playback/{}", first.session);
    assert_eq!(world.call(&seat, "DELETE", &stop, Value::Null).await.status, StatusCode::NO_CONTENT);
    let second = world.start(&seat, OTHER).await;
    assert_eq!(world.progress(&seat, &second, 30.0, "playing").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn of_two_devices_that_press_play_at_once_one_plays() {
    let world = World::new().await;
    let seat = with("p1", |may| may.streams = Some(1));
    let press = || world.call(&seat, "POST", "/api/v1/playback", json!({ "title": FILM }));
    let (one, two) = tokio::join!(press(), press());
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn a_film_that_is_not_for_the_profile_and_an_hour_that_is_not_the_accounts_are_refused_in_words() {
    let world = World::new().await;
    // The film of these tests is not rated: with a limit it is for adults.
    let child = with("p1", |may| may.maturity = Some(12));
    let now = u16::try_from(world.seconds() / 60 % 1440).unwrap();
    let elsewhen = ViewingHours { from: (now + 720) % 1440, to: (now + 780) % 1440 };
    let late = with("p2", |may| may.viewing_hours = Some(elsewhen));
    for (seat, word) in [(child, "up to 12 years"), (late, "UTC")] {
        let refused = world.call(&seat, "POST", "/api/v1/playback", json!({ "title": FILM })).await;
        let problem: contract::Problem = refused.json();
        assert_eq!((refused.status, problem.code), (StatusCode::FORBIDDEN, contract::Code::NotAllowed));
        assert!(problem.detail.as_deref().is_some_and(|detail| detail.contains(word)), "{problem:?}");
    }
    let whole = ViewingHours { from: (now + 1380) % 1440, to: (now + 60) % 1440 };
    let adult = with("p3", |may| (may.maturity, may.viewing_hours) = (Some(18), Some(whole)));
    world.start(&adult, FILM).await;
}
