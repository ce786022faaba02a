//! Sinks of the gateway: a line for each request, and no start where the config names one that is not there.

use std::time::Duration;

use contract::identity::SetUp;
use contract::usage::{
    ListReportSchedules, ReplaceReportSchedule, ReportDays, ReportFormat, ReportTarget, RunReportSchedule, ScheduledReport,
};
use serde_json::Value;
use server::config::{Bounded, Config, Sink};
use storage::objects::ObjectKey;

use crate::support::{TestApp, new_id};

fn writes_to(config: &mut Config, path: &std::path::Path) {
    let sink = Sink::File { path: path.to_owned(), max_bytes: Bounded::of(1_000_000), keep: Bounded::of(1) };
    config.gateway.sinks.insert("access".into(), sink);
}

#[tokio::test]
async fn each_request_is_a_line_of_usage_and_one_of_trace_without_its_query_and_metrics_count_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.jsonl");
    let app = TestApp::with(|config| {
        writes_to(config, &path);
        for middleware in ["usage", "trace"] {
            config.gateway.sink_of.insert(middleware.into(), "access".into());
        }
    })
    .await;
    app.get("/api/v1/titles/no-such-title?secret=word").await;
    let mut text = String::new();
    for _ in 0..500 {
        text = std::fs::read_to_string(&path).unwrap();
        if text.lines().count() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    for line in &lines {
        assert_eq!((line["route"].as_str(), line["status"].as_u64()), (Some("/api/v1/titles/{id}"), Some(404)), "{line}");
        assert!(line["at"].is_u64());
    }
    assert!(lines.iter().any(|line| line["kind"] == "request" && line["bytes"].is_u64()), "{text}");
    assert!(lines.iter().any(|line| line["id"].is_string() && line["problem"] == "not_found"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    // Counted when it is written, a moment after it can be read.
    let mut metrics = String::new();
    for _ in 0..500 {
        metrics = app.server.metrics.text().await.unwrap();
        if metrics.contains("marquee_sink_lines_total{sink=\"access\",outcome=\"written\"} 2") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(metrics.contains("marquee_sink_lines_total{sink=\"access\",outcome=\"written\"} 2"), "{metrics}");
    assert!(metrics.contains("marquee_sink_lines_total{sink=\"access\",outcome=\"dropped\"} 0"), "{metrics}");
}

#[tokio::test]
async fn a_sink_that_is_not_there_stops_the_start_in_words() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let path = folder.path().join("access.jsonl");
    let configure = |config: &mut Config| {
        writes_to(config, &path);
        config.gateway.sink_of.insert("usage".into(), "acess".into());
    };
    let error = TestApp::opened(std::sync::Arc::clone(&folder), configure, |_| {}).await.err().unwrap();
    assert_eq!(error.to_string(), "`gateway.sink_of.usage` names the sink `acess`, which is not there; there is: access");
}

#[tokio::test]
async fn an_operator_schedules_a_report_and_has_it_written_now() {
    let app = TestApp::start().await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let call = ReplaceReportSchedule {
        id: new_id(),
        expected_version: 0,
        cron: "0 6 * * MON".into(),
        report: ScheduledReport::Totals,
        days: ReportDays::Last7Days,
        format: ReportFormat::Jsonl,
        target: ReportTarget::Objects,
        keep: 4,
        is_enabled: true,
    };
    let schedule = app.send(call).await.unwrap();
    assert_eq!(schedule.next_runs.len(), 3);
    let week = 7 * 24 * 60 * 60 * 1000;
    assert!(schedule.next_runs.windows(2).all(|pair| pair[1] - pair[0] == week), "{schedule:?}");
    app.send(RunReportSchedule { id: schedule.id.clone() }).await.unwrap();
    // Where the work beside requests is at it already there is nothing left to write.
    app.server.report_schedules.look().await.unwrap();
    let mut last = None;
    for _ in 0..500 {
        last = app.send(ListReportSchedules {}).await.unwrap().remove(0).last;
        if last.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let file = last.unwrap().file.unwrap();
    let name = file.rsplit('/').next().unwrap();
    let key = ObjectKey::report(schedule.id.as_str(), Some(name)).unwrap();
    assert_eq!(key.as_str(), file);
    let text = app.server.stores.objects.get(&key, 1 << 20).await.unwrap().unwrap();
    assert!(std::str::from_utf8(&text).unwrap().lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}
