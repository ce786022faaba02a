//! The binary form of a model, and histories as they are collected.

use super::{small, trained, two_circles};
use crate::{
    FormatError, Model,
    dataset::{Builder, OF_A_PROFILE},
    events::{self, EventsError},
};

#[test]
fn a_model_that_was_read_is_the_model_that_was_written() {
    let model = trained(&small()).0;
    let bytes = model.to_bytes().unwrap();
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read.stored, model.stored);
    assert_eq!(read.to_bytes().unwrap(), bytes);
}

#[test]
fn a_model_that_is_cut_off_damaged_foreign_or_of_another_version_is_refused() {
    let bytes = two_circles().to_bytes().unwrap();
    for length in 0..bytes.len() {
        assert!(Model::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        assert!(Model::from_bytes(&damaged).is_err(), "byte {at}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Model::from_bytes(&longer).unwrap_err(), FormatError::Damaged);
    assert_eq!(Model::from_bytes(b"{}").unwrap_err(), FormatError::Foreign);
    let mut later = bytes;
    later[8] = 9;
    assert_eq!(Model::from_bytes(&later).unwrap_err(), FormatError::Version(9));
}

#[test]
fn a_model_whose_parts_do_not_fit_is_refused_although_its_checksum_is_right() {
    let whole = two_circles().stored;
    let spoil: [fn(&mut crate::model::Stored); 5] = [
        |stored| stored.vectors.truncate(3),
        |stored| stored.vectors[0] = f32::NAN,
        |stored| stored.head.push(0),
        |stored| stored.popular.push(99),
        |stored| stored.width = 0,
    ];
    for (at, spoil) in spoil.iter().enumerate() {
        let mut stored = whole.clone();
        spoil(&mut stored);
        let model = Model { stored, ..Model::empty() };
        assert_eq!(Model::from_bytes(&model.to_bytes().unwrap()).unwrap_err(), FormatError::Damaged, "{at}");
    }
}

#[test]
fn no_profile_is_named_in_a_model() {
    let bytes = two_circles().to_bytes().unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(b"space3"));
    assert!(!has(b"profile-"));
}

#[test]
fn of_a_profile_and_a_title_one_entry_stays_and_of_a_profile_the_latest() {
    let mut builder = Builder::default();
    builder.event("p", "a", 9, 0.5).unwrap();
    builder.event("p", "b", 3, 1.0).unwrap();
    builder.event("p", "a", 1, 2.0).unwrap();
    for weight in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        builder.event("p", "c", 10, weight).unwrap();
    }
    for at in 0..=OF_A_PROFILE as u64 {
        builder.event("q", &format!("t{at}"), at, 1.0).unwrap();
    }
    let data = builder.finish();
    let of = |profile: &str| {
        let row = data.histories.row(data.profiles.get(profile).unwrap() as usize);
        row.map(|(title, weight)| (data.titles.texts()[title as usize].to_string(), weight)).collect::<Vec<_>>()
    };
    assert_eq!(of("p"), [("b".to_owned(), 1.0), ("a".to_owned(), 2.0)]);
    assert_eq!((of("q").len(), of("q")[0].0.as_str()), (OF_A_PROFILE, "t1"));
    let (rows, taken) = data.histories.without_last(|profile| profile == 0);
    assert_eq!((rows.columns(0).len(), taken), (1, vec![(0, data.titles.get("a").unwrap())]));
    assert_eq!(data.histories.transposed(data.titles.len()).transposed(data.profiles.len()).columns(1).len(), OF_A_PROFILE);
}

#[test]
fn whoever_says_the_contrary_of_a_title_does_not_speak_for_it_whatever_else_they_did_with_it() {
    let mut builder = Builder::default();
    for (profile, title, weight) in [
        ("p", "a", 1.0),
        ("p", "a", -1.0),
        ("p", "a", 1.5),
        ("p", "b", 1.0),
        ("q", "a", 1.0),
        ("q", "b", -0.01),
        ("r", "b", -9.0),
    ] {
        builder.event(profile, title, 1, weight).unwrap();
    }
    let data = builder.finish();
    let of = |profile: &str| {
        let row = data.histories.row(data.profiles.get(profile).unwrap() as usize);
        row.map(|(title, weight)| (data.titles.texts()[title as usize].to_string(), weight)).collect::<Vec<_>>()
    };
    assert_eq!([of("p"), of("q"), of("r")], [vec![("b".to_owned(), 1.0)], vec![("a".to_owned(), 1.0)], vec![]]);
}

#[test]
fn a_file_of_events_is_read_with_or_without_weights_and_a_line_that_is_off_is_named() {
    let read = |text: &str| {
        let mut found = Vec::new();
        let count = events::read(text.as_bytes(), |event| {
            found.push((event.user, event.title, event.timestamp as u64, event.weight));
            Ok::<_, EventsError>(())
        });
        count.map(|count| (count, found)).map_err(|error| error.to_string())
    };
    let two = vec![("u".to_owned(), "t, the".to_owned(), 5, Some(0.5)), ("v".to_owned(), "w".to_owned(), 6, None)];
    assert_eq!(read("user,title,timestamp,weight\nu,\"t, the\",5,0.5\nv,w,6,\n"), Ok((2, two)));
    assert_eq!(read("user,title,timestamp\nu,t,5\n").unwrap().0, 1);
    for (text, words) in [
        ("user,title,timestamp\nu,t,5\n,t,6\n", "line 3"),
        ("user,title,timestamp\nu,t,-1\n", "line 2"),
        ("user,title,timestamp\nu,t,NaN\n", "line 2"),
        ("user,title,timestamp,weight\nu,t,1,inf\n", "line 2"),
        ("user,title,timestamp\nu,t,x\n", "line: 2"),
        ("user,title\nu,t\n", "timestamp"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(words), "{text:?}: {error}");
    }
    let long = format!("user,title,timestamp\n{},t,1\n", "u".repeat(257));
    assert!(read(&long).is_err());
}
