//! Sums, what they are by, and their stored forms.

use proptest::prelude::*;

use super::{any_event, each_kind, event, playback};
use crate::{
    Dimension, Hour, Kind, Tally,
    event::{Device, Event},
    histogram::Histogram,
    rollup::{Rollup, fold, merge},
};

fn tally(of: &Rollup, dimension: &str) -> Option<Tally> {
    of.get(&(Hour::of(1_793_491_200_000), dimension.parse().unwrap())).cloned()
}

#[test]
fn an_event_counts_to_the_total_and_to_each_dimension_that_it_has() {
    let rollup = fold(&each_kind(), None);
    let total = tally(&rollup, "total").unwrap();
    let numbers: Vec<(&str, u64)> = total.numbers().collect();
    let expected = [
        ("events", 11),
        ("sessions", 1),
        ("watched_millis", 90_000),
        ("bytes", 15_000_000),
        ("requests", 18),
        ("quality_reports", 2),
        ("played_millis", 19_000),
        ("stalls", 2),
        ("stalled_millis", 1_000),
        ("errors", 4),
        ("searches", 2),
        ("searches_without_a_hit", 1),
        ("sign_ins", 1),
        ("sign_ins_failed", 1),
        ("listed", 1),
        ("unlisted", 0),
        ("reviews", 1),
        ("half_stars", 9),
        ("sessions_with_errors", 2),
    ];
    assert_eq!(numbers, expected);
    assert_eq!((total.first_picture.count(), total.bitrate.count()), (1, 1));
    let dimensions: Vec<String> = rollup.keys().map(|(_, dimension)| dimension.to_string()).collect();
    let expected = [
        "total",
        "title:t1",
        "title:t2",
        "device:phone",
        "device:tv",
        "class:720",
        "class:1080",
        "region:eu",
        "store:cold",
        "title-store:t1:cold",
    ];
    assert_eq!(dimensions, expected);
    assert_eq!(tally(&rollup, "title-store:t1:cold").unwrap().bytes, 15_000_000);
    assert_eq!(tally(&rollup, "title:t2").unwrap().half_stars, 9);
}

#[test]
fn of_one_hour_only_its_events_count() {
    let hour = Hour::of(7_200_000);
    let events = [7_199_999, 7_200_000, 10_799_999, 10_800_000].map(|at| event(at, Kind::PlaybackStarted(playback())));
    let rollup = fold(&events, Some(hour));
    assert_eq!(rollup[&(hour, Dimension::Total)].events, 2);
    assert!(rollup.keys().all(|(of, _)| *of == hour));
    assert_eq!(fold(&events, None).keys().filter(|(_, dimension)| *dimension == Dimension::Total).count(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Each event goes to a part by its number; parts are folded in another order than events came, and added in any.
    #[test]
    fn sums_are_the_same_in_any_order_and_in_any_parts(
        events in prop::collection::vec((any_event(), 0usize..4), 0..60).prop_shuffle(),
        order in Just([0usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let all: Vec<Event> = events.iter().map(|(event, _)| event.clone()).collect();
        let mut sum = Rollup::new();
        for part in order {
            let of_part: Vec<&Event> = events.iter().rev().filter(|(_, of)| *of == part).map(|(event, _)| event).collect();
            merge(&mut sum, fold(of_part, None));
        }
        prop_assert_eq!(sum, fold(&all, None));
    }

    #[test]
    fn a_dimension_is_read_from_its_text_which_is_part_of_an_id(title in ".*", store in ".*", class in any::<u16>()) {
        let dimensions = [
            Dimension::Title(title.clone()),
            Dimension::Region(store.clone()),
            Dimension::Store(store.clone()),
            Dimension::Class(class),
            Dimension::TitleStore { title, store },
        ];
        for dimension in dimensions {
            let text = dimension.to_string();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-_.%".contains(&byte)), "{}", text);
            prop_assert_eq!(text.parse::<Dimension>(), Ok(dimension));
        }
    }

    #[test]
    fn a_percentile_is_within_the_stated_error(mut values in prop::collection::vec(any::<u32>(), 1..50), percent in 0u8..=100) {
        let mut histogram = Histogram::default();
        values.iter().for_each(|value| histogram.add(*value));
        values.sort_unstable();
        let rank = (values.len() * usize::from(percent)).div_ceil(100).max(1);
        let (exact, told) = (f64::from(values[rank - 1]), histogram.percentile(percent).unwrap() as f64);
        prop_assert!((told - exact).abs() <= exact * Histogram::ERROR, "{} where it is {}", told, exact);
    }

    #[test]
    fn an_hour_is_read_from_its_text(at in any::<u64>()) {
        let hour = Hour::of(at);
        prop_assert_eq!(hour.to_string().parse(), Ok(hour));
        prop_assert!(hour.starts_at() <= at);
    }
}

#[test]
fn small_values_and_the_largest_have_their_buckets() {
    for value in (0..1000).chain([u32::MAX, u32::MAX - 1, 1 << 31]) {
        let mut histogram = Histogram::default();
        histogram.add(value);
        let told = histogram.percentile(50).unwrap() as f64;
        assert!((told - f64::from(value)).abs() <= f64::from(value) / 16.0, "{told} where it is {value}");
    }
    assert_eq!(Histogram::default().percentile(50), None);
    assert!(Histogram::from(vec![(255, 1), (3, 0)]).percentile(100) > Some(u64::from(u32::MAX)));
}

#[test]
fn a_text_that_is_no_dimension_or_a_second_one_of_it_is_refused() {
    for text in [
        "",
        "totals",
        "total:",
        "title",
        "mood:good",
        "class:70000",
        "class:+7",
        "class:07",
        "title:a b",
        "title:%61",
        "title:%ff",
        "device:toaster",
        "title-store:a",
        "title-store:a:b:c",
    ] {
        assert!(text.parse::<Dimension>().is_err(), "{text}");
    }
    assert_eq!("device:other".parse(), Ok(Dimension::Device(Device::Other)));
    assert_eq!(serde_json::to_string(&Dimension::Title("a/b".to_owned())).unwrap(), r#""title:a%2Fb""#);
}

#[test]
fn a_text_that_is_no_hour_is_refused() {
    assert_eq!(Hour::of(1_796_000_400_000).to_string(), "2026-11-30T01");
    for text in
        ["", "2026-11-29", "2026-11-29T24", "2026-11-29T7", "2026-13-01T00", "1969-12-31T23", "2026-11-29T07Z", "+12026-01-01T00"]
    {
        assert!(text.parse::<Hour>().is_err(), "{text}");
    }
    assert_eq!(Hour::of(u64::MAX).to_string(), "9999-12-31T23");
}

#[test]
fn what_is_zero_is_not_stored_and_what_is_unknown_is_kept_and_added() {
    let mut one = Tally { bytes: 3, ..Tally::default() };
    one.first_picture.add(100);
    assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"bytes":3,"first_picture":[[36,1]]}"#);
    assert_eq!(serde_json::to_string(&Tally::default()).unwrap(), "{}");
    let newer = r#"{"bytes":1,"moods":4,"mood_of":[[3,2]],"name":"b"}"#;
    let other = r#"{"moods":5,"mood_of":[[3,1],[9,1]],"name":"a","rest":{"x":1.5}}"#;
    let (newer, other): (Tally, Tally) = (serde_json::from_str(newer).unwrap(), serde_json::from_str(other).unwrap());
    let sum = |one: &Tally, other: &Tally| {
        let mut sum = one.clone();
        sum.merge(other);
        serde_json::to_value(sum).unwrap()
    };
    let expected = serde_json::json!({"bytes": 1, "moods": 9, "mood_of": [[3, 3], [9, 1]], "name": "b", "rest": {"x": 1.5}});
    assert_eq!(sum(&newer, &other), expected);
    assert_eq!(sum(&other, &newer), expected);
    assert_eq!(sum(&newer, &Tally::default()), serde_json::to_value(&newer).unwrap());
}

#[test]
fn a_sum_stays_at_the_largest_number() {
    let mut sum = Tally { bytes: u64::MAX - 1, ..Tally::default() };
    sum.merge(&Tally { bytes: 5, ..Tally::default() });
    assert_eq!(sum.bytes, u64::MAX);
}
