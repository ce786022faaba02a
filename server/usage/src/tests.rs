//! Tests of the whole crate: what is kept comes back, sums do not depend on order, and reports say what they leave out.

mod files;
mod others_files;
mod reports;
mod sums;
mod tables;

use proptest::prelude::*;

use crate::event::{Device, Event, Kind, List, Method, PlayError, Playback, ProfileHash, Quality, SessionHash};

fn playback() -> Playback {
    Playback {
        session: SessionHash([7; 16]),
        title: "t1".to_owned(),
        generation: "g1".to_owned(),
        class: 1080,
        device: Device::Tv,
        region: "eu".to_owned(),
        store: "cold".to_owned(),
        watched_millis: 30_000,
        bytes: 5_000_000,
        requests: 6,
    }
}

fn quality() -> Quality {
    Quality {
        session: SessionHash([7; 16]),
        title: "t1".to_owned(),
        device: Device::Phone,
        class: 720,
        first_picture_millis: Some(900),
        stalls: 1,
        stalled_millis: 500,
        errors: 2,
        error: Some(PlayError::Decode),
        first_error: true,
        bitrate_kbps: Some(2_400),
        played_millis: 9_500,
    }
}

fn event(at_millis: u64, kind: Kind) -> Event {
    Event { at_millis, kind, profile: Some(ProfileHash([1; 16])) }
}

fn search(at_millis: u64, query: &str, profile: u8) -> Event {
    Event {
        profile: Some(ProfileHash([profile; 16])),
        ..event(at_millis, Kind::Search { query: Some(query.to_owned()), hits: 0 })
    }
}

/// One of each kind.
fn each_kind() -> Vec<Event> {
    let kinds = [
        Kind::PlaybackStarted(playback()),
        Kind::PlaybackRenewed(playback()),
        Kind::PlaybackStopped(playback()),
        Kind::Quality(quality()),
        Kind::Quality(Quality { first_picture_millis: None, bitrate_kbps: None, ..quality() }),
        Kind::Search { query: Some("nothing like it".to_owned()), hits: 0 },
        Kind::Search { query: None, hits: 12 },
        Kind::SignIn { method: Method::Passkey, succeeded: true },
        Kind::SignIn { method: Method::Password, succeeded: false },
        Kind::ListChanged { list: List::Favourites, title: "t2".to_owned(), added: true },
        Kind::ReviewWritten { title: "t2".to_owned(), half_stars: 9 },
    ];
    let mut events: Vec<Event> = kinds.into_iter().zip(1_793_491_200_000..).map(|(kind, at)| event(at, kind)).collect();
    events[2].profile = None;
    events
}

/// Sums that no number of events exceeds are left out by a bound, so that no sum is cut off.
fn any_event() -> impl Strategy<Value = Event> {
    let texts = || prop::sample::select(vec!["", "t1", "t2", "a/b:c", "ö %"]).prop_map(str::to_owned);
    let numbers = 0u64..1 << 50;
    let device = prop::sample::select(Device::ALL.to_vec());
    let playback = (any::<[u8; 16]>(), texts(), any::<u16>(), device.clone(), texts(), numbers.clone(), any::<u32>()).prop_map(
        |(session, title, class, device, store, sum, requests)| Playback {
            session: SessionHash(session),
            region: title.clone(),
            generation: store.clone(),
            title,
            class,
            device,
            store,
            watched_millis: sum,
            bytes: sum / 3,
            requests,
        },
    );
    let quality = (any::<[u8; 16]>(), texts(), device, any::<Option<u32>>(), any::<u32>(), any::<Option<u32>>(), numbers)
        .prop_map(|(session, title, device, first_picture_millis, count, bitrate_kbps, played_millis)| Quality {
            session: SessionHash(session),
            title,
            device,
            class: 720,
            first_picture_millis,
            stalls: count,
            stalled_millis: count / 2,
            errors: count / 3,
            error: (count > 3).then_some(PlayError::Network),
            first_error: count % 2 == 1,
            bitrate_kbps,
            played_millis,
        });
    let kind =
        prop_oneof![
            playback.clone().prop_map(Kind::PlaybackStarted),
            playback.clone().prop_map(Kind::PlaybackRenewed),
            playback.prop_map(Kind::PlaybackStopped),
            quality.prop_map(Kind::Quality),
            (prop::option::of(texts()), 0u32..3).prop_map(|(query, hits)| Kind::Search { query, hits }),
            (prop::sample::select(Method::ALL.to_vec()), any::<bool>())
                .prop_map(|(method, succeeded)| Kind::SignIn { method, succeeded }),
            (prop::sample::select(List::ALL.to_vec()), texts(), any::<bool>())
                .prop_map(|(list, title, added)| Kind::ListChanged { list, title, added }),
            (texts(), any::<u8>()).prop_map(|(title, half_stars)| Kind::ReviewWritten { title, half_stars }),
        ];
    // Three hours, so that some events share one.
    (0u64..10_800_000, kind, any::<Option<[u8; 16]>>()).prop_map(|(at, kind, profile)| Event {
        at_millis: 1_793_491_200_000 + at,
        kind,
        profile: profile.map(ProfileHash),
    })
}
