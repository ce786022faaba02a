//! Files of this build: what comes back, and what is refused.

use bytes::Bytes;
use proptest::prelude::*;

use super::{any_event, each_kind, event, playback};
use crate::{
    Batches, Columns, EventError, Name, ReadError, WriteError, Writer,
    event::{Event, Kind, LONGEST, Playback, ProfileHash},
    generate::{Size, generate},
    read, write,
};

fn file(events: &[Event]) -> Bytes {
    write(events, Vec::new()).unwrap().into()
}

fn back(file: Bytes) -> Result<Vec<Event>, ReadError> {
    read(file)?.collect()
}

/// Events of more than one row group, and their file.
fn long() -> (Vec<Event>, Bytes) {
    let events: Vec<Event> = generate(Size::default()).take(crate::OF_A_GROUP + 5_000).collect();
    let bytes = file(&events);
    (events, bytes)
}

#[test]
fn an_event_of_each_kind_comes_back_as_it_was_written() {
    assert_eq!(back(file(&each_kind())).unwrap(), each_kind());
    assert_eq!(back(file(&[])).unwrap(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn events_come_back_as_they_were_written(events in prop::collection::vec(any_event(), 0..40)) {
        prop_assert_eq!(back(file(&events)).unwrap(), events);
    }

    #[test]
    fn an_event_in_json_is_the_same_event(event in any_event()) {
        let json = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}

#[test]
fn a_file_of_several_row_groups_comes_back_in_its_order_and_those_outside_of_a_period_are_not_read() {
    let (events, bytes) = long();
    let (first, last) = (events[0].at_millis, events[events.len() - 1].at_millis);
    let second_group = events[crate::OF_A_GROUP].at_millis;
    let rows = |period| {
        let mut batches = Batches::open(bytes.clone(), &[Name::At]).unwrap().within(period);
        let (mut columns, mut rows) = (Columns::default(), 0);
        while batches.read(&mut columns).unwrap() {
            rows += columns.len();
        }
        rows
    };
    assert_eq!(rows(first..last + 1), events.len());
    assert_eq!(rows(second_group + 1..last + 1), 5_000);
    assert_eq!(rows(first..first + 1), crate::OF_A_GROUP);
    assert_eq!(rows(last + 1..u64::MAX), 0);
    assert_eq!(back(bytes).unwrap(), events);
}

#[test]
fn only_columns_that_are_asked_for_are_read() {
    let mut batches = Batches::open(file(&each_kind()), &[Name::Kind, Name::Hits]).unwrap();
    let mut columns = Columns::default();
    assert!(batches.read(&mut columns).unwrap());
    let rows: Vec<_> = columns.rows().collect();
    assert_eq!((rows[6].kind, rows[6].hits), (Some("search"), Some(12)));
    assert!(rows.iter().all(|row| row.at.is_none() && row.title.is_none() && row.profile.is_none()));
    assert!(!batches.read(&mut columns).unwrap());
    assert!(columns.is_empty());
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let bytes = file(&each_kind());
    for length in 0..bytes.len() {
        assert!(back(bytes.slice(..length)).is_err(), "{length} bytes");
    }
    assert!(matches!(read(bytes.slice(..bytes.len() - 1)).err(), Some(ReadError::Open(_))));
}

#[test]
fn a_byte_that_is_damaged_is_an_error_or_changes_nothing() {
    let bytes = file(&each_kind());
    let mut found = 0;
    for at in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 1 << (at % 8);
        match back(damaged.into()) {
            Ok(events) => assert_eq!(events, each_kind(), "byte {at}"),
            Err(_) => found += 1,
        }
    }
    assert!(found > bytes.len() / 2, "{found} of {}", bytes.len());
}

#[test]
fn damage_within_a_column_is_told_by_its_name_where_the_column_is_read() {
    let mut bytes = file(&each_kind()).to_vec();
    let at = bytes.windows(15).position(|window| window == b"nothing like it").unwrap();
    bytes[at] = b'N';
    let bytes = Bytes::from(bytes);
    let error = back(bytes.clone()).unwrap_err();
    assert!(matches!(error, ReadError::Damaged { group: 0, column: "query" }), "{error}");
    assert_eq!(error.to_string(), "column `query` of row group 0 is damaged: its checksum is not the one that was written");
    assert!(Batches::open(bytes, &[Name::Title]).unwrap().read(&mut Columns::default()).unwrap());
}

#[test]
fn an_event_that_cannot_be_kept_is_refused_and_leaves_nothing_behind() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    let refused = |kind| (event(1, kind), ());
    let bytes = refused(Kind::PlaybackStarted(Playback { bytes: u64::MAX, ..playback() })).0;
    let title = refused(Kind::PlaybackStarted(Playback { title: "t".repeat(LONGEST + 1), ..playback() })).0;
    let error = |error| if let Err(WriteError::Event(error)) = error { error } else { panic!("{error:?}") };
    assert_eq!(error(writer.push(&bytes)), EventError::TooLarge { field: "bytes", value: u64::MAX });
    assert_eq!(error(writer.push(&title)), EventError::TooLong { field: "title", length: LONGEST + 1 });
    writer.push(&each_kind()[0]).unwrap();
    assert_eq!(back(writer.finish().unwrap().into()).unwrap(), each_kind()[..1]);
}

#[test]
fn a_hash_is_of_the_day_and_the_profile_and_names_neither() {
    let of = |key: u8, profile| ProfileHash::new(&[key; 32], profile);
    assert_eq!(of(1, "p"), of(1, "p"));
    assert_ne!(of(1, "p"), of(2, "p"));
    assert_ne!(of(1, "p"), of(1, "q"));
    assert_eq!(of(0, "p").to_string().len(), 32);
    assert!(serde_json::from_str::<ProfileHash>(r#""+0000000000000000000000000000001""#).is_err());
}

#[test]
fn pyarrow_reads_the_same_sums() {
    let (events, bytes) = long();
    let path = std::env::temp_dir().join(format!("usage-{}.parquet", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyarrow_sums.py");
    let pyarrow = std::env::var("MARQUEE_TEST_PYARROW").expect("MARQUEE_TEST_PYARROW names no folder: run `cargo xtask test`");
    let output = std::process::Command::new("python3").env("PYTHONPATH", pyarrow).arg(script).arg(&path).output().unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = || events.iter().map(crate::Row::from);
    assert_eq!(told["rows"], events.len());
    assert_eq!(told["sums"]["bytes"], rows().filter_map(|row| row.bytes).sum::<u64>());
    assert_eq!(told["sums"]["at"], rows().filter_map(|row| row.at).sum::<u64>());
    assert_eq!(told["sums"]["added"], rows().filter(|row| row.added == Some(true)).count());
    assert_eq!(told["values"]["session"], rows().filter(|row| row.session.is_some()).count());
    assert_eq!(told["lengths"]["title"], rows().filter_map(|row| row.title).map(str::len).sum::<usize>());
    assert_eq!(told["types"]["at"], "timestamp[ms, tz=UTC]");
}
