//! What an authorization allows of a film: how sharp, and on how many screens at once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::{
    authorization::{Resolution, ViewingHours},
    device::DecodableClasses,
};
use media::{generation::Generation, location::Location};

use super::{
    super::grant::{Grant, Grants, SessionKey},
    *,
};

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

/// A film that is there in 4K, on a 4K television.
async fn in_4k(world: &World) {
    let mut film = manifest();
    let sharpest = film.renditions[2].clone();
    let playlist = "v2160/media.m3u8".to_owned();
    film.renditions.push(media::manifest::VideoRendition { height: 2160, width: 3840, playlist, ..sharpest });
    world.store_film(FILM, &film).await;
    for (name, bytes) in [("media.m3u8", "#EXTM3U VIDEO"), ("init.mp4", "VIDEO init"), ("seg_00001.m4s", "VIDEO 4K")] {
        world.put(FILM, "v2160", name, bytes.into()).await;
    }
}

const IN_4K: [&str; 3] = ["v2160/media.m3u8", "v2160/init.mp4", "v2160/seg_00001.m4s"];

#[tokio::test]
async fn an_hd_plan_is_denied_4k_by_the_manifest_and_by_every_grant_that_can_be_had_or_forged() {
    let world = World::new().await;
    in_4k(&world).await;
    let top = with("p1", |may| may.resolution = Resolution::FourK);
    let session = world.start(&top, FILM).await;
    assert_eq!(session.renditions[0].height, 2160, "the film has it, and the television shows it");
    let base = session.manifest.strip_suffix("/master.m3u8").unwrap();
    assert_eq!(world.get(&format!("{base}/{}", IN_4K[2]), &[]).await.status, StatusCode::OK);

    let seat = with("p2", |may| may.resolution = Resolution::Hd);
    // What a client says of itself and what it asks for beside do not count.
    let ask = json!({ "title": FILM, "height": 2160, "resolution": "4K" });
    let session: PlaybackSession = world.call(&seat, "POST", "/api/v1/playback", ask).await.json();
    assert_eq!(session.renditions.iter().map(|rendition| rendition.height).collect::<Vec<_>>(), [1080, 720, 360]);
    let master = world.get(&session.manifest, &[]).await;
    let master = String::from_utf8_lossy(&master.body).into_owned();
    assert!(master.contains("v1080") && !master.contains("v2160") && !master.contains("3840x2160"), "{master}");

    let grant = session.manifest.strip_prefix("/media/").unwrap().strip_suffix("/master.m3u8").unwrap();
    let sealed = URL_SAFE_NO_PAD.decode(grant).unwrap();
    // The height stands in the clear after the key's number: written over, and every one of its bits turned.
    let mut forged: Vec<Vec<u8>> = (0..16)
        .map(|bit| {
            let mut bytes = sealed.clone();
            bytes[1 + bit / 8] ^= 1 << (bit % 8);
            bytes
        })
        .collect();
    let mut written_over = sealed.clone();
    written_over[1..3].copy_from_slice(&2160_u16.to_be_bytes());
    forged.push(written_over);
    let mut without_tag = sealed.clone();
    without_tag.truncate(sealed.len() - 32);
    forged.push(without_tag);
    let mut forged: Vec<String> = forged.into_iter().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).collect();
    let wanted = Grant {
        title: FILM.parse().unwrap(),
        location: Location::per_view(Generation::UNNAMED),
        session: SessionKey::of(&session.session).unwrap(),
        class: 2160,
        decodable: DecodableClasses::UNLIMITED,
        expires: world.seconds() + 60,
    };
    forged.extend([[0; 32], [7; 32]].map(|key| Grants::new(&key).seal(&wanted)));
    for name in IN_4K {
        world.get(&format!("/media/{grant}/{name}"), &[]).await.assert_refused(403, "grant_refused", name);
        for forged in &forged {
            world.get(&format!("/media/{forged}/{name}"), &[]).await.assert_refused(403, "grant_refused", forged);
            world.get(&format!("/media/{forged}/master.m3u8"), &[]).await.assert_refused(403, "grant_refused", forged);
        }
    }
    assert_eq!(world.get(&format!("/media/{grant}/v1080/seg_00001.m4s"), &[]).await.status, StatusCode::OK);
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

#[tokio::test]
async fn the_next_film_takes_over_the_place_of_ones_own_session_and_of_nobody_elses() {
    let world = World::new().await;
    let seat = with("p1", |may| may.streams = Some(1));
    let first = world.start(&seat, FILM).await;
    assert_eq!(world.progress(&seat, &first, 30.0, "playing").await.status, StatusCode::NO_CONTENT);
    let begin = async |seat: &Seat, title: &str, replaces: &str| {
        world.call(seat, "POST", "/api/v1/playback", json!({ "title": title, "replaces": replaces })).await
    };
    let next = begin(&seat, OTHER, first.session.as_str()).await;
    assert_eq!(next.status, StatusCode::CREATED, "{next:?}");
    let next: PlaybackSession = next.json();
    world.get(&first.manifest, &[]).await.assert_refused(410, "session_ended", "the grant before");
    // The last word on the film before still counts, and takes no place back.
    assert_eq!(world.progress(&seat, &first, 44.0, "paused").await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.resume_at(&with("p1", |may| may.streams = Some(2)), FILM).await, 44.0);
    assert_eq!(world.progress(&seat, &next, 9.0, "playing").await.status, StatusCode::NO_CONTENT);

    // What is none, was replaced already, or is another profile's, frees nothing.
    let stranger = with("p2", |may| may.streams = Some(1));
    let foreign = world.start(&stranger, FILM).await;
    for replaces in ["none", first.session.as_str(), foreign.session.as_str()] {
        let refused = begin(&seat, FILM, replaces).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{replaces}: {refused:?}");
    }
    assert_eq!(world.get(&foreign.manifest, &[]).await.status, StatusCode::OK);

    // A film that is refused takes nothing: the one before plays on.
    let none = begin(&seat, "none-such", next.session.as_str()).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&next.manifest, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_many_that_replace_one_session_at_once_one_plays() {
    let world = World::new().await;
    let seat = with("p1", |may| may.streams = Some(1));
    let first = world.start(&seat, FILM).await;
    let press = || world.call(&seat, "POST", "/api/v1/playback", json!({ "title": OTHER, "replaces": first.session }));
    let replies = futures::future::join_all((0..6).map(|_| press())).await;
    let mut playing = 0;
    for reply in replies.into_iter().filter(|reply| reply.status == StatusCode::CREATED) {
        let session: PlaybackSession = reply.json();
        playing += usize::from(world.get(&session.manifest, &[]).await.status == StatusCode::OK);
    }
    // The others were not heard: who asks again is given the place again.
    assert_eq!(playing, 1);
}
