//! What a report covers, and what it says where it does not know.

use super::*;

#[tokio::test]
async fn a_report_covers_the_days_that_are_asked_for_both_ends_included() {
    let world = World::new().await;
    let process = world.process();
    for _ in 0..4 {
        process.watch("ada", "heat", 1_000);
        world.pass(OF_A_DAY);
    }
    process.publish().await.unwrap();
    let watched = async |from: &str, to: &str| {
        let report = world.report_of(ReportKind::ViewingTime, Some(from), Some(to)).await.unwrap();
        let of = |row: &Vec<Cell>| (row[0].clone(), row[2].clone());
        (report.from, report.to, report.rows.iter().map(of).collect::<Vec<_>>())
    };
    let day = |day: &str, watched| (Cell::Text(day.to_owned()), Cell::Number(watched));
    let (from, to, rows) = watched("2026-11-30", "2026-12-01").await;
    assert_eq!((from.as_str(), to.as_str()), ("2026-11-30", "2026-12-01"));
    assert_eq!(rows, [day("2026-11-30", 1_000), day("2026-12-01", 1_000)]);
    assert_eq!(watched("2026-11-28", "2026-11-29").await.2, [day("2026-11-28", 0), day("2026-11-29", 1_000)]);
    let today = world.report(ReportKind::Totals).await;
    assert_eq!((today.from.as_str(), today.to.as_str()), ("2026-11-27", "2026-12-03"));
}

#[tokio::test]
async fn days_that_are_none_and_spans_that_are_too_long_are_refused_by_their_field() {
    let world = World::new().await;
    for (from, to, field) in [
        (Some("2026-02-30"), None, "from"),
        (None, Some("2026-13-01"), "to"),
        (Some("2026-11-30"), Some("2026-11-29"), "to"),
        (Some("2020-01-01"), None, "from"),
    ] {
        let problem = world.report_of(ReportKind::Titles, from, to).await.unwrap_err();
        let told = serde_json::to_value(&problem).unwrap();
        assert_eq!(
            (told["code"].as_str(), told["fields"][0]["field"].as_str()),
            (Some("invalid_request"), Some(field)),
            "{told}"
        );
    }
}

#[tokio::test]
async fn of_more_titles_than_are_asked_for_those_that_were_watched_for_longest_are_told() {
    let world = World::new().await;
    let process = world.process();
    for number in 0..120_u64 {
        process.watch("ada", &format!("title-{number:03}"), 1_000 + number);
    }
    process.publish().await.unwrap();
    let report = world.report(ReportKind::Titles).await;
    assert_eq!((report.rows.len(), report.notes.as_slice()), (100, &["20 more titles were used.".to_owned()][..]));
    assert_eq!((&report.rows[0][0], &report.rows[99][0]), (&Cell::Text("title-119".into()), &Cell::Text("title-020".into())));
}

#[tokio::test]
async fn what_was_lost_is_told_of_the_days_on_which_it_may_have_been_and_one_who_cannot_be_read_fails_no_report() {
    let world = World::new().await;
    let process = world.process();
    process.close_with_an_unreadable_line().await;
    let lost = async |from: &str, to: &str| {
        let report = world.report_of(ReportKind::Totals, Some(from), Some(to)).await.unwrap();
        (report.lost, report.notes.iter().filter(|note| note.contains("cannot be read")).count())
    };
    world.pass(10 * OF_A_DAY);
    assert_eq!((lost("2026-11-29", "2026-11-29").await, lost("2026-11-30", "2026-12-09").await), ((1, 0), (0, 0)));
    let body = serde_json::json!({ "heard": NOW, "started": "yesterday" });
    let write = storage::documents::Write { id: "another".into(), body, expect: storage::documents::Expect::Absent };
    world.stores.documents.put(&record::NODES, write).await.unwrap();
    assert_eq!(lost("2026-11-29", "2026-11-29").await, (1, 1));
}
