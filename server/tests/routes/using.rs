//! What is counted of films that are watched: by one server, and by two of which one is killed.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use contract::{
    Code,
    identity::{GetIdentity, SetUp},
    playback::{PlayError, PlayQuality, PlayState, SaveProgress, StartPlayback, StopPlayback},
    usage::{Cell, GetReport, GetUsageSettings, ListUsage, ReplaceUsageSettings, Report, ReportKind},
};
use serde_json::Value;

use crate::{
    nodes::RedisNamespace,
    process::{Running, ask, succeeds},
    profile_life::timed,
    support::TestApp,
    viewer::{START, Viewer, film, json, let_guests_watch, only_film, set_up},
    watching,
};

async fn report(app: &TestApp, kind: ReportKind) -> Report {
    app.send(GetReport { kind, from: None, to: None, limit: None }).await.unwrap()
}

/// A cell of the only row.
fn number(report: &Report, name: &str) -> u64 {
    let at = report.columns.iter().position(|column| column.name == name).unwrap();
    match &report.rows[0][at] {
        Cell::Number(number) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn every_byte_of_a_film_that_is_watched_is_counted_for_its_title_and_its_account() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();

    let playing = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    let (mut bytes, mut requests) = (0, 1);
    let master = watching::text(&app, &playing.manifest).await;
    bytes += master.len() as u64;
    for playlist in watching::addresses(&master, &playing.manifest) {
        let text = watching::text(&app, &playlist).await;
        (bytes, requests) = (bytes + text.len() as u64, requests + 1);
        for segment in watching::addresses(&text, &playlist) {
            let answer = app.get(&segment).await;
            assert!(answer.status.is_success(), "{segment}");
            (bytes, requests) = (bytes + answer.body.len() as u64, requests + 1);
        }
    }
    for position in [1.0, 2.0] {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let save = SaveProgress {
            session: playing.session.clone(),
            position,
            state: PlayState::Playing,
            quality: None,
            buffered_millis: None,
        };
        app.send(save).await.unwrap();
    }
    app.send(StopPlayback { session: playing.session }).await.unwrap();

    app.server.collector.as_ref().unwrap().close().await;
    let totals = report(&app, ReportKind::Totals).await;
    assert_eq!((number(&totals, "sessions"), number(&totals, "bytes"), number(&totals, "requests")), (1, bytes, requests));
    assert!((40..10_000).contains(&number(&totals, "watched_millis")), "{totals:?}");
    let titles = report(&app, ReportKind::Titles).await;
    assert_eq!((&titles.rows[0][0], number(&titles, "bytes")), (&Cell::Text(card.id.to_string()), bytes));
    let months = app.send(ListUsage {}).await.unwrap();
    assert_eq!((months.len(), months[0].sessions, months[0].bytes), (1, 1, bytes));
    assert_eq!(months[0].watched_millis, number(&totals, "watched_millis"));
}

#[tokio::test]
async fn reports_are_for_operators_and_whoever_is_signed_in_says_whether_they_are_counted_as_somebody() {
    let app = TestApp::start().await;
    let report = GetReport { kind: ReportKind::Totals, from: None, to: None, limit: None };
    assert_eq!(app.send(report.clone()).await.unwrap_err().code, Code::SignInRequired);
    assert_eq!(app.send(GetUsageSettings {}).await.unwrap_err().code, Code::SignInRequired);
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    assert!(app.send(report).await.is_ok());
    for is_left_out in [true, false] {
        app.send(ReplaceUsageSettings { is_left_out }).await.unwrap();
        assert_eq!(app.send(GetUsageSettings {}).await.unwrap().is_left_out, is_left_out);
    }
    assert_eq!(app.send(ListUsage {}).await.unwrap(), []);
}

#[tokio::test]
async fn how_a_film_played_is_counted_once_however_often_its_player_says_it() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let playing = app.send(StartPlayback { title: card.id, replaces: None }).await.unwrap();
    let said = |stalls, stalled_millis, errors| PlayQuality {
        first_picture_millis: Some(640),
        stalls,
        stalled_millis,
        errors,
        error: Some(PlayError::Network),
    };
    for quality in [said(1, 5, 0), said(1, 5, 0), said(2, u32::MAX, 1), said(2, u32::MAX, 1)].map(Some).into_iter().chain([None])
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let save = SaveProgress {
            session: playing.session.clone(),
            position: 1.0,
            state: PlayState::Playing,
            quality,
            buffered_millis: None,
        };
        app.send(save).await.unwrap();
    }
    app.send(StopPlayback { session: playing.session }).await.unwrap();
    app.server.collector.as_ref().unwrap().close().await;
    let quality = report(&app, ReportKind::Quality).await;
    let today = Report { rows: quality.rows.last().cloned().into_iter().collect(), ..quality };
    let told = ["stalls", "errors", "sessions_with_errors"].map(|name| number(&today, name));
    assert_eq!(told, [2, 1, 1], "{today:?}");
    // To a sixteenth.
    assert!((600..=680).contains(&number(&today, "first_picture_median")), "{today:?}");
    let stalled = number(&today, "stalled_millis");
    assert!((5..10_000).contains(&stalled), "no longer than it was: {today:?}");
}

#[tokio::test]
async fn a_search_whose_answer_was_kept_counts_and_what_three_found_nothing_for_is_told() {
    let (app, clock) = timed().await;
    let search = async |query: &str| {
        let answer = app.get(&format!("/api/v1/search?q={query}")).await;
        assert!(answer.status.is_success());
    };
    for viewer in 0..3 {
        app.forget_cookies();
        app.send(GetIdentity {}).await.unwrap();
        for query in ["xy", "xyz", "Xyzzy%20"] {
            search(query).await;
        }
        if viewer == 0 {
            clock.forward(Duration::from_secs(4));
            app.server.searches.close();
            search("only%20me").await;
        }
    }
    app.server.searches.close();
    app.forget_cookies();
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    app.server.collector.as_ref().unwrap().close().await;
    let told = report(&app, ReportKind::SearchesWithoutAHit).await;
    assert_eq!(told.rows, [[Cell::Text("xyzzy".into()), Cell::Number(3)]], "{told:?}");
    let totals = report(&app, ReportKind::Totals).await;
    assert_eq!((number(&totals, "searches"), number(&totals, "searches_without_a_hit")), (4, 4));
}

#[test]
fn what_was_delivered_and_is_not_told_of_yet_is_counted_when_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Long (2020).mkv"), "320x180", 10, 20);
    succeeds(folder.path(), &[], &["import", "Long (2020).mkv"]);
    let mut running = Running::start(folder.path(), &[("MARQUEE_SERVER__DRAIN_NOTICE_SECONDS", "0")]);
    let operator = set_up(&running.address);
    let_guests_watch(&running.address, &operator);
    let film = only_film(&running.address);
    let headers = [("Content-Type", "application/json"), ("Cookie", operator.as_str())];
    let body = serde_json::json!({ "title": film["id"] }).to_string();
    let playing = json(&ask(&running.address, "POST", "/api/v1/playback", &headers, &body).unwrap());
    let mut bytes = 0;
    for _ in 0..20 {
        let answer = ask(&running.address, "GET", playing["manifest"].as_str().unwrap(), &[], "").unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        bytes += text.len() as u64;
    }
    // Long before anybody is told by itself.
    rustix::process::kill_process(pid(&running), rustix::process::Signal::TERM).unwrap();
    assert!(running.child.wait().unwrap().success());
    let totals = succeeds(folder.path(), &[], &["report", "totals", "--format", "jsonl"]);
    assert_eq!((printed(&totals, "bytes"), printed(&totals, "requests")), (bytes, 20), "{totals}");
}

/// A sum that a command prints, by its name.
fn printed(text: &str, name: &str) -> u64 {
    let mut rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let row = rows.find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {text}"));
    row["value"].as_u64().unwrap()
}

#[test]
fn of_two_servers_one_is_killed_in_the_middle_and_sums_and_events_are_the_same_and_exact() {
    let documents = testing::mongodb::Scratch::new();
    let place = RedisNamespace::make();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let media = folders[0].path().join("media");
    let (redis, media) = (place.url(), format!("file:{}", media.display()));
    // What servers of one installation share beside their stores.
    let settings = [
        ("MARQUEE_STORAGE__DOCUMENTS", documents.url()),
        ("MARQUEE_STORAGE__KEYVALUE", redis.as_str()),
        ("MARQUEE_STORAGE__EVENTS", redis.as_str()),
        ("MARQUEE_STORAGE__OBJECTS", media.as_str()),
    ];
    film(&folders[0].path().join("Long (2020).mkv"), "320x180", 10, 400);
    succeeds(folders[0].path(), &settings, &["import", "Long (2020).mkv"]);
    let mut here = Running::start(folders[0].path(), &settings);
    std::fs::create_dir_all(folders[1].path().join("data")).unwrap();
    std::fs::copy(folders[0].path().join("data/secret"), folders[1].path().join("data/secret")).unwrap();
    let there = Running::start(folders[1].path(), &settings);
    let operator = set_up(&here.address);
    let_guests_watch(&here.address, &operator);
    let title = only_film(&here.address)["id"].as_str().unwrap().to_owned();
    let begin = |address: &str| (0..4).map(|_| Viewer::new(address, &title)).collect::<Vec<_>>();
    let (mut at_here, mut at_there) = (begin(&here.address), begin(&there.address));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for viewer in &mut at_here {
            scope.spawn(|| viewer.watch(&here.address.clone(), &stop));
        }
        for viewer in &mut at_there {
            scope.spawn(|| viewer.watch(&there.address, &stop));
        }
        std::thread::sleep(Duration::from_secs(2));
        // Without a word, while all of them watch.
        rustix::process::kill_process(pid(&here), rustix::process::Signal::KILL).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        stop.store(true, Ordering::Relaxed);
    });
    here.kill();
    let acknowledged = at_here.iter().chain(&at_there).filter(|viewer| viewer.acknowledged > START).count();
    assert_eq!(acknowledged, 8, "all of them watched");

    // The machine comes back, and what its process had journalled with it; a stop takes the other's into the stores.
    let again = Running::start(folders[0].path(), &settings);
    let report = || json(&ask(&again.address, "GET", "/api/v1/reports/totals", &[("Cookie", &operator)], "").unwrap());
    let totals = |name: &str| {
        let report = report();
        let at = report["columns"].as_array().unwrap().iter().position(|column| column["name"] == name).unwrap();
        report["rows"][0][at].as_u64().unwrap()
    };
    let begun = Instant::now();
    while totals("sessions") < 8 || report()["waiting"] != 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", report());
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(there);
    let third = Running::start(folders[1].path(), &settings);
    let events = || {
        let printed_by = succeeds(folders[0].path(), &settings, &["report", "totals", "--format", "jsonl"]);
        ["sessions", "watched_millis", "bytes", "requests"].map(|name| printed(&printed_by, name))
    };
    let sums = || ["sessions", "watched_millis", "bytes", "requests"].map(&totals);
    let begun = Instant::now();
    while sums() != events() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?} {:?}", sums(), events());
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(read_by_pyarrow(&folders[0].path().join("media/usage/events")), sums(), "somebody else's program reads the same");
    let [sessions, watched, ..] = sums();
    assert_eq!(sessions, 8, "each that was begun, once");
    // Eight of them for two seconds and a half at most, and not one of them for less than half a second.
    assert!((4_000..8 * 4_000).contains(&watched), "{watched}");
    let report = report();
    assert_eq!(report["lost"], 0, "{report}");
    assert!(report["notes"].to_string().contains("was killed"), "{report}");
    drop((again, third));
}

/// Sessions that were begun, and sums of what was watched, bytes and requests, of all Parquet in a folder of partitions.
fn read_by_pyarrow(folder: &Path) -> [u64; 4] {
    let pyarrow = std::env::var("MARQUEE_TEST_PYARROW").expect("MARQUEE_TEST_PYARROW names no folder: run `cargo xtask test`");
    let script = "import json, sys, pyarrow.dataset as ds, pyarrow.compute as pc\n\
                  table = ds.dataset(sys.argv[1], partitioning='hive').to_table()\n\
                  begun = pc.sum(pc.equal(table['kind'], 'playback_started')).as_py()\n\
                  sums = [pc.sum(table[name]).as_py() for name in ('watched_millis', 'bytes', 'requests')]\n\
                  print(json.dumps([begun, *sums]))";
    let mut python = Command::new("python3");
    let output = python.env("PYTHONPATH", pyarrow).args(["-c", script]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn pid(running: &Running) -> rustix::process::Pid {
    rustix::process::Pid::from_child(&running.child)
}
