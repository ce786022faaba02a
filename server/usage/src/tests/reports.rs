//! Reports: what they count, what they leave out, and that they say so.

use bytes::Bytes;

use super::{each_kind, event, playback, quality, search};
use crate::{
    Event, Kind, Report, Scope, Tally,
    event::Playback,
    generate::{FIRST, Size, generate},
    report,
    rollup::fold,
    table::{Cell, Table},
    write,
};

const DAY: u64 = 86_400_000;

fn scope(most: usize, shown: usize) -> Scope {
    Scope { most, shown, ..Scope::default() }
}

fn of(kind: report::Kind, scope: Scope, events: &[Event]) -> Table {
    let mut report = Report::new(kind, scope);
    events.iter().for_each(|event| report.push(event));
    report.finish()
}

fn watched(title: &str, watched_millis: u64) -> Event {
    event(1, Kind::PlaybackRenewed(Playback { title: title.to_owned(), watched_millis, ..playback() }))
}

/// The cells of a column.
fn column<'a>(table: &'a Table, name: &str) -> Vec<&'a Cell> {
    let at = table.columns.iter().position(|column| column.name == name).unwrap();
    table.rows.iter().map(|row| &row[at]).collect()
}

fn sum(table: &Table, name: &str) -> u64 {
    column(table, name).iter().map(|cell| if let Cell::Number(number) = cell { *number } else { 0 }).sum()
}

#[test]
fn a_report_of_a_file_is_that_of_its_events() {
    let events: Vec<Event> = generate(Size { titles: 50, profiles: 40, apart: 5_000, ..Size::default() }).take(20_000).collect();
    let file = Bytes::from(write(&events, Vec::new()).unwrap());
    for kind in report::Kind::ALL {
        let mut report = Report::new(kind, Scope::default());
        report.read(file.clone()).unwrap();
        let table = report.finish();
        assert_eq!(table, of(kind, Scope::default(), &events), "{kind}");
        assert!(!table.rows.is_empty(), "{kind}");
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{kind}");
    }
}

#[test]
fn titles_are_ranked_by_what_was_watched_and_what_has_no_place_is_summed_as_other() {
    let events = [("a", 1), ("b", 5), ("c", 9), ("b", 5), ("d", 2), ("a", 1)]
        .map(|(title, watched_millis)| watched(title, watched_millis));
    let table = of(report::Kind::Titles, scope(3, 2), &events);
    let text = |text: &str| Cell::Text(text.to_owned());
    assert_eq!(column(&table, "title"), [&text("b"), &text("c"), &Cell::Empty]);
    assert_eq!(column(&table, "row"), [&text("title"), &text("title"), &text("other")]);
    assert_eq!(column(&table, "watched_millis"), [&Cell::Number(10), &Cell::Number(9), &Cell::Number(4)]);
    let notes = [
        "1 titles are not shown by themselves, and summed as other.",
        "1 events are of titles after the first 3, and summed as other.",
    ];
    assert_eq!(table.notes, notes);
    assert_eq!(of(report::Kind::Titles, scope(4, 4), &events).notes, [""; 0]);
}

#[test]
fn however_few_places_there_are_the_sum_of_all_rows_is_that_of_all_events() {
    let events: Vec<Event> = generate(Size::default()).take(3_000).collect();
    let total: Tally = fold(&events, None).into_iter().filter(|((_, dimension), _)| dimension.to_string() == "total").fold(
        Tally::default(),
        |mut sum, (_, tally)| {
            sum.merge(&tally);
            sum
        },
    );
    for (most, shown) in [(0, 0), (1, 1), (40, 7), (100_000, 100_000)] {
        let table = of(report::Kind::Titles, scope(most, shown), &events);
        assert_eq!(sum(&table, "bytes"), total.bytes, "{most} {shown}");
        assert!(table.rows.len() <= shown + 1);
    }
}

#[test]
fn viewing_time_is_by_day_of_utc_in_the_order_of_days() {
    let events = [FIRST + DAY, FIRST + DAY - 1, FIRST, FIRST + DAY + 5].map(|at| event(at, Kind::PlaybackStarted(playback())));
    let table = of(report::Kind::ViewingTime, Scope::default(), &events);
    let first = i32::try_from(FIRST / DAY).unwrap();
    assert_eq!(column(&table, "day"), [&Cell::Day(first), &Cell::Day(first + 1)]);
    assert_eq!(column(&table, "sessions"), [&Cell::Number(2); 2]);
    let period = FIRST + DAY..FIRST + DAY + 5;
    let table = of(report::Kind::ViewingTime, Scope { period, ..Scope::default() }, &events);
    assert_eq!(column(&table, "sessions"), [&Cell::Number(1)]);
}

#[test]
fn devices_and_quality_count_only_their_kinds() {
    let devices = of(report::Kind::Devices, Scope::default(), &each_kind());
    assert_eq!(devices.rows, [vec!["device".into(), "tv".into(), 1.into(), 90_000.into(), 15_000_000.into(), 18.into()]]);
    let quality = of(report::Kind::Quality, Scope::default(), &each_kind());
    assert_eq!(quality.rows.len(), 1);
    assert_eq!(quality.rows[0][1..5], ["phone".into(), 720.into(), 2.into(), 19_000.into()]);
    // Within a sixteenth of 900 and of 2400.
    assert_eq!(quality.rows[0][5..9], [928.into(), 928.into(), 2_432.into(), 2_432.into()]);
    assert_eq!(column(&quality, "stalled_share"), [&Cell::Decimal(0.05)]);
    // A second in nineteen.
    assert_eq!(column(&quality, "stalled_millis_per_hour"), [&Cell::Number(189_473)]);
    assert_eq!(column(&quality, "sessions_with_errors"), [&Cell::Number(2)]);
}

#[test]
fn a_query_is_told_only_once_three_profiles_asked_it_on_one_day() {
    let at = FIRST + 5;
    let mut events = vec![search(at, "  Dune", 1), search(at, "dune", 2), search(at, "DUNE ", 3), search(at, "dune", 3)];
    events.extend((0..9).map(|_| search(at, "of one", 1)));
    events.extend([1, 2].map(|profile| search(at, "of two", profile)));
    // One profile has another hash each day.
    events.extend((1..5).map(|day| search(at + u64::from(day) * DAY, "day by day", day)));
    events.extend((0..5).map(|_| Event { profile: None, ..search(at, "of nobody", 0) }));
    events.push(event(at, Kind::Search { query: Some("found".to_owned()), hits: 2 }));
    let table = of(report::Kind::SearchesWithoutAHit, Scope::default(), &events);
    assert_eq!(table.rows[0], ["query".into(), "dune".into(), 4.into(), 1.into()]);
    assert_eq!(table.rows[1], ["other".into(), Cell::Empty, 20.into(), 4.into()]);
    assert_eq!(table.rows.len(), 2);
    assert!(!format!("{table:?}").contains("of "), "no query of too few is named");
}

#[test]
fn queries_without_a_place_are_counted_and_said() {
    let events: Vec<Event> = ["a", "b", "b", "", "c"].iter().map(|query| search(FIRST, query, 1)).collect();
    let table = of(report::Kind::SearchesWithoutAHit, scope(1, 10), &events);
    let other = |times: u64, queries: Cell| vec!["other".into(), Cell::Empty, times.into(), queries];
    assert_eq!(table.rows, [other(1, 1.into()), other(4, Cell::Empty)]);
    assert_eq!(table.notes.len(), 3, "{:?}", table.notes);
    let long = of(report::Kind::SearchesWithoutAHit, scope(9, 9), &[search(FIRST, &"q".repeat(300), 1)]);
    assert_eq!(long.rows, [other(1, Cell::Empty)]);
}

#[test]
fn what_is_remembered_of_a_query_that_few_ask_is_bounded_and_the_oldest_day_goes_first() {
    let mut events: Vec<Event> = (0..200).map(|day| search(FIRST + day * DAY, "q", 1)).collect();
    events.extend([2, 3].map(|profile| search(FIRST + 199 * DAY, "q", profile)));
    let told = of(report::Kind::SearchesWithoutAHit, Scope::default(), &events);
    assert_eq!(told.rows[0], ["query".into(), "q".into(), 202.into(), 1.into()]);
}

#[test]
fn totals_are_the_sums_of_everything() {
    let table = of(report::Kind::Totals, Scope::default(), &each_kind());
    let value = |name: &str| table.rows.iter().find(|row| row[0] == name.into()).map(|row| row[1].clone()).unwrap();
    assert_eq!((value("events"), value("bytes"), value("half_stars")), (11.into(), 15_000_000.into(), 9.into()));
    assert_eq!(value("first_picture_p50_millis"), 928.into());
    let none = of(report::Kind::Totals, Scope::default(), &[event(1, Kind::Quality(quality()))]);
    assert_eq!(none.rows[0], ["events".into(), 1.into()]);
}

#[test]
fn a_report_has_its_name_and_no_other() {
    for kind in report::Kind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    assert_eq!("moods".parse::<report::Kind>().unwrap_err().to_string(), "there is no report `moods`");
}
