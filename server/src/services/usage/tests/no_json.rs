//! A document that is no JSON any more, as a damaged disk leaves it: reports, retention, storage plans and own data go on without
//! it, and say so.

use contract::identity::AccountRole;
use storage::documents::{Collection, Expect, Write};

use super::*;
use crate::{
    context::{ActiveProfile, Member},
    services::storage_sources::DailyUse,
};

const DAY: &str = "2026-11-29";

fn damage(world: &World, collection: &Collection, ids: &str) {
    crate::test_support::damage(world.folder.path(), collection, ids);
}

async fn count(world: &World, collection: &Collection) -> u64 {
    world.stores.documents.count(collection).await.unwrap()
}

/// A film on each of two days, a search that three made on each, and what an account used in two months.
async fn two_days() -> World {
    let world = World::new().await;
    let process = world.process();
    for day in 0..2 {
        world.pass(day * OF_A_DAY);
        process.watch("ada", "heat", 10_000);
        for profile in ["ada", "bob", "eve"] {
            let search = Kind::Search { query: Some("dune".into()), hits: 0 };
            process.recorder.record(search, Some(&profile.parse().unwrap()), None);
        }
        process.journal().await;
    }
    world.pass(OF_A_DAY);
    process.watch("ada", "ronin", 1_000);
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    assert_eq!((world.total("watched_millis").await, world.accounts().await.len()), (21_000, 2));
    world
}

fn of_day(notes: &[String]) -> bool {
    notes.iter().any(|note| note.contains(DAY))
}

#[tokio::test]
async fn reports_are_made_without_it_and_say_which_day_is_missing() {
    let world = two_days().await;
    for ids in ["day/2026-11-29/%", "hour/2026-11-29T20/%"] {
        damage(&world, &ROLLUPS, ids);
    }
    damage(&world, &queries::QUERIES, "2026-11-29/%");
    damage(&world, &record::NODES, "%");
    for kind in [ReportKind::Totals, ReportKind::Titles, ReportKind::ViewingTime, ReportKind::Devices, ReportKind::Quality] {
        assert!(of_day(&world.report(kind).await.notes), "{kind:?}");
    }
    assert_eq!(world.total("watched_millis").await, 11_000);
    let hours = world.report_of(ReportKind::Hours, Some(DAY), None).await.unwrap();
    assert_eq!(hours.rows.iter().filter(|row| row[2] != Cell::Number(0)).count(), 2);
    assert!(of_day(&hours.notes));
    let searches = world.report(ReportKind::SearchesWithoutAHit).await;
    assert_eq!(searches.rows[0][1], Cell::Number(3));
    assert!(of_day(&searches.notes) && searches.notes.iter().any(|note| note.contains("1 servers")), "{:?}", searches.notes);
    let later = world.report_of(ReportKind::Totals, Some("2026-11-30"), None).await.unwrap();
    assert!(!of_day(&later.notes), "nothing is missing of days after it");
    let before = world.report_of(ReportKind::Totals, None, Some("2026-11-28")).await.unwrap();
    assert!(!of_day(&before.notes), "nor of days before");
}

#[tokio::test]
async fn searches_that_were_begun_anew_are_told_with_what_is_missing() {
    let world = two_days().await;
    damage(&world, &queries::QUERIES, "%");
    let process = world.process();
    process.recorder.record(Kind::Search { query: Some("dune".into()), hits: 0 }, Some(&"ada".parse().unwrap()), None);
    process.publish().await.unwrap();
    world.now.fetch_sub(2 * OF_A_DAY, Ordering::Relaxed);
    process.recorder.record(Kind::Search { query: Some("dune".into()), hits: 0 }, Some(&"ada".parse().unwrap()), None);
    process.publish().await.unwrap();
    world.pass(2 * OF_A_DAY);
    assert!(of_day(&world.report(ReportKind::SearchesWithoutAHit).await.notes));
}

#[tokio::test]
async fn what_storing_titles_costs_is_reckoned_without_it() {
    let world = two_days().await;
    damage(&world, &ROLLUPS, "day/2026-11-29/all");
    let uses = world.service.of_day(calendar::begin_of_day(DAY).unwrap()).await.unwrap();
    assert_eq!(uses.iter().map(|used| (used.title.as_str(), used.bytes)).collect::<Vec<_>>(), [("heat", 100_000)]);
}

#[tokio::test]
async fn an_account_is_told_its_other_months_and_which_one_cannot_be_read() {
    let world = two_days().await;
    damage(&world, &ACCOUNTS, "adas-account/2026-11");
    let account = "adas-account".parse().unwrap();
    let kept = world.service.export_account(&account).await.unwrap();
    assert_eq!(kept["usage_accounts"].as_array().unwrap().len(), 1);
    assert_eq!((&kept["usage_accounts"][0]["month"], &kept["usage_unread"][0]["month"]), (&"2026-12".into(), &"2026-11".into()));
    let member = Member {
        account,
        sign_in: "s1".parse().unwrap(),
        role: AccountRole::Member,
        active_profile: ActiveProfile::Unrestricted,
        scopes: None,
    };
    let viewer = Viewer { member: Some(member), ..Viewer::guest("ada".parse().unwrap(), false, Arc::default()) };
    let context = RequestContext::of(viewer, Dispatcher::default());
    let months = world.service.list_usage(context, ListUsage {}).await.unwrap();
    let told: Vec<_> = months.iter().map(|month| (month.month.as_str(), month.is_incomplete)).collect();
    assert_eq!(told, [("2026-12", false), ("2026-11", true)]);
}

#[tokio::test]
async fn what_is_too_old_goes_though_it_cannot_be_read_and_what_is_not_stays() {
    let world = two_days().await;
    for collection in [&ROLLUPS, &ACCOUNTS, &queries::QUERIES] {
        damage(&world, collection, "%");
    }
    world.service.forget(&"ada".parse().unwrap()).await.unwrap();
    damage(&world, &forgetting::FORGOTTEN, "%");
    let compaction = Write { id: DAY.to_owned(), body: serde_json::json!({ "expires": 0 }), expect: Expect::Absent };
    world.stores.documents.put(&compaction::COMPACTIONS, compaction).await.unwrap();
    damage(&world, &compaction::COMPACTIONS, "%");
    let there = async || {
        let mut there = Vec::new();
        for collection in [&ROLLUPS, &ACCOUNTS, &queries::QUERIES, &compaction::COMPACTIONS, &forgetting::FORGOTTEN] {
            there.push(count(&world, collection).await > 0);
        }
        (there, world.events(DAY).await.len())
    };
    let before = count(&world, &ROLLUPS).await;
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(count(&world, &ROLLUPS).await, before, "nothing is old");
    world.pass(100 * OF_A_DAY);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(count(&world, &queries::QUERIES).await, 0);
    assert!(count(&world, &ROLLUPS).await > 0, "sums of days are kept for longer");
    world.pass(2_000 * OF_A_DAY);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(there().await, (vec![false; 5], 0));
}

#[tokio::test]
async fn a_server_that_cannot_be_read_goes_with_the_next_that_is_too_old() {
    let world = World::new().await;
    let put = async |id: &str, heard: u64| {
        let write = Write { id: id.to_owned(), body: serde_json::json!({ "heard": heard }), expect: Expect::Absent };
        world.stores.documents.put(&record::NODES, write).await.unwrap();
    };
    put("first", NOW).await;
    put("second", NOW + HOUR).await;
    put("third", NOW + 2_000 * OF_A_DAY).await;
    damage(&world, &record::NODES, "first");
    damage(&world, &record::NODES, "third");
    world.pass(2_000 * OF_A_DAY);
    retention::sweep(&world.service).await.unwrap();
    assert_eq!(count(&world, &record::NODES).await, 1);
}

#[tokio::test]
async fn whoever_is_to_be_forgotten_is_though_the_note_cannot_be_read() {
    let world = two_days().await;
    world.service.forget(&"ada".parse().unwrap()).await.unwrap();
    damage(&world, &forgetting::FORGOTTEN, "2026-11-30/%");
    forgetting::sweep(&world.service).await.unwrap();
    for day in [DAY, "2026-11-30", "2026-12-01"] {
        let events = world.events(day).await;
        let watched = events.iter().filter(|event| matches!(event.kind, Kind::PlaybackRenewed(_)));
        assert!(watched.clone().count() > 0 && watched.clone().all(|event| event.profile.is_none()), "{day}");
    }
}
