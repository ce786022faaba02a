//! What cannot be read stops nobody's counting, and what cannot be counted stops nothing else.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::documents::{Collection, Documents, Expect, Write, read};

use super::*;
use crate::services::{
    statement_sources::{MonthlyUse, MonthlyUses},
    usage::set_aside::{self, SetAside},
};
use crate::test_support::interposed::before;

const DAY: &str = "2026-11-29";
const MONTH: &str = "2026-11";

/// What a later build, or a hand, left in the place of a document.
async fn spoil(world: &World, collection: &Collection, id: &str) {
    let mut body = world.stores.documents.get(collection, id).await.unwrap().unwrap().body;
    body["folded"] = json!("no map");
    body["journalled"] = json!("no number");
    let write = Write { id: id.to_owned(), body, expect: Expect::Anything };
    world.stores.documents.put(collection, write).await.unwrap();
}

/// Acts on the database beside the store, as a damaged disk does.
fn damage(world: &World, statement: &str) {
    let database = rusqlite::Connection::open(world.folder.path().join("marquee.db")).unwrap();
    database.execute_batch(statement).unwrap();
}

async fn account(world: &World, id: &str) -> AccountRecord {
    world.accounts().await.into_iter().find(|record| record.account.as_str() == id).unwrap()
}

async fn uses(world: &World) -> [Result<u64, ()>; 3] {
    let accounts = ["adas-account", "bobs-account", "nobodys-account"].map(|id| id.parse().unwrap());
    let uses = MonthlyUses::of_month(&*world.service, &accounts, MONTH).await.unwrap();
    let watched = uses.into_iter().map(|used| used.map(|MonthlyUse { watched_millis, .. }| watched_millis).map_err(|_| ()));
    watched.collect::<Vec<_>>().try_into().unwrap()
}

#[tokio::test]
async fn documents_that_cannot_be_read_are_set_aside_and_everything_is_counted_on_and_stored() {
    let world = World::new().await;
    let process = world.process();
    let both = || {
        process.watch("ada", "heat", 10_000);
        process.watch("bob", "heat", 1_000);
        process.recorder.record(Kind::Search { query: Some("dune".into()), hits: 0 }, Some(&"ada".parse().unwrap()), None);
    };
    both();
    process.publish().await.unwrap();
    let epoch = process.collector.publisher.journal.lock().unwrap().folder().epoch.clone();
    spoil(&world, &ROLLUPS, &format!("day/{DAY}/all")).await;
    spoil(&world, &ACCOUNTS, &format!("adas-account/{MONTH}")).await;
    spoil(&world, &record::NODES, &epoch).await;
    let queries = world.stores.documents.list(&queries::QUERIES, None, 10).await.unwrap().documents;
    spoil(&world, &queries::QUERIES, &queries[0].id).await;
    assert_eq!(uses(&world).await, [Err(()), Ok(1_000), Ok(0)], "one keeps nobody from the others");

    both();
    process.journal().await;
    process.collector.publisher.publish(true).await.unwrap();
    assert_eq!((world.segments(), world.events(DAY).await.len()), (0, 6));
    let report = world.report(ReportKind::Totals).await;
    assert_eq!(world.total("watched_millis").await, 11_000);
    assert!(report.notes.iter().any(|note| note.contains(DAY)), "who reads the sums is told: {:?}", report.notes);
    assert_eq!((report.waiting, report.lost), (0, 0));
    let titles = world.report(ReportKind::Titles).await;
    assert_eq!(titles.rows[0][2], Cell::Number(22_000), "other documents have all");
    let ada = account(&world, "adas-account").await;
    assert_eq!(ada.watched_millis, 10_000);
    assert_eq!(ada.set_aside.unwrap().was.unwrap()["watched_millis"], 10_000, "nothing of it is gone");
    assert_eq!(uses(&world).await, [Err(()), Ok(2_000), Ok(0)], "what is known to be more is not told as less");
}

#[tokio::test]
async fn a_document_that_is_no_json_any_more_is_begun_anew() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 10_000);
    process.watch("bob", "heat", 1_000);
    process.publish().await.unwrap();
    damage(&world, "UPDATE document_usage_accounts SET body = body || char(0) WHERE id LIKE 'ada%'");
    assert_eq!(uses(&world).await, [Err(()), Ok(1_000), Ok(0)]);
    process.watch("ada", "heat", 5_000);
    process.publish().await.unwrap();
    let ada = account(&world, "adas-account").await;
    assert_eq!((ada.watched_millis, ada.set_aside), (5_000, Some(set_aside::SetAside::default())));
    assert_eq!(uses(&world).await, [Err(()), Ok(1_000), Ok(0)]);
}

#[tokio::test]
async fn events_are_stored_while_sums_cannot_be_written_and_each_is_counted_once_when_they_can() {
    let world = World::new().await;
    let process = world.process();
    process.watch("ada", "heat", 10_000);
    process.publish().await.unwrap();
    damage(
        &world,
        "CREATE TRIGGER refused BEFORE INSERT ON document_usage_rollups BEGIN SELECT RAISE(ABORT, 'refused'); END;
         CREATE TRIGGER refused_again BEFORE UPDATE ON document_usage_rollups BEGIN SELECT RAISE(ABORT, 'refused'); END",
    );
    process.watch("ada", "heat", 2_000);
    process.journal().await;
    for _ in 0..2 {
        process.collector.publisher.publish(true).await.unwrap_err();
        assert_eq!(world.events(DAY).await.len(), 2, "each once");
        assert_eq!(world.segments(), 1, "what is not counted stays");
    }
    let report = world.report(ReportKind::Totals).await;
    assert_eq!((world.total("watched_millis").await, report.waiting), (10_000, 1), "and who reads the sums is told");
    assert_eq!(account(&world, "adas-account").await.watched_millis, 12_000, "other sums have it");

    // Killed, and gone on with by the next process.
    drop(process);
    damage(&world, "DROP TRIGGER refused; DROP TRIGGER refused_again");
    let next = world.process();
    next.collector.publisher.adopt().await.unwrap();
    assert_eq!((world.total("watched_millis").await, world.events(DAY).await.len(), world.segments()), (12_000, 2, 0));
    assert_eq!(account(&world, "adas-account").await.watched_millis, 12_000);
}

#[tokio::test]
async fn what_comes_within_five_minutes_is_one_part_of_its_day_unless_it_is_much() {
    let world = World::new().await;
    let process = world.process();
    for number in 0..20 {
        process.watch("ada", &format!("title-{number}"), 1_000);
        process.publish().await.unwrap();
    }
    assert_eq!((world.segments(), world.events(DAY).await.len()), (20, 0), "however often it is counted");
    process.collector.publisher.publish(true).await.unwrap();
    assert_eq!(parts::of_day(&world.stores.objects, DAY).await.unwrap().len(), 1);
    let titles: BTreeSet<String> = world.events(DAY).await.into_iter().map(|event| format!("{:?}", event.kind)).collect();
    assert_eq!((titles.len(), world.segments()), (20, 0));

    // Eight segments of a line that nobody can read.
    let mut much = vec![b' '; usize::try_from(journal::SEGMENT_BYTES).unwrap()];
    much.push(b'\n');
    process.watch("ada", "heat", 1_000);
    process.journal().await;
    for _ in 0..8 {
        process.collector.intake.journal.lock().unwrap().append(&much).unwrap();
    }
    process.collector.publisher.publish(false).await.unwrap();
    assert_eq!((world.segments(), world.events(DAY).await.len()), (0, 21), "it waits for no five minutes");
}

#[tokio::test]
async fn all_profiles_of_an_account_are_found_in_one_pass_and_a_part_that_cannot_be_read_is_named() {
    let world = World::new().await;
    let process = world.process();
    for number in 0..12 {
        process.watch(["ada", "bob", "eve"][number % 3], &format!("title-{number}"), 1_000);
        process.journal().await;
        process.collector.publisher.publish(true).await.unwrap();
    }
    parts::put_file(&world.stores.objects, DAY, "broken-0000000001-0000000001.parquet", b"no parquet".to_vec()).await.unwrap();
    let profiles: [ProfileId; 3] = ["ada", "nobody", "bob"].map(|profile| profile.parse().unwrap());
    let kept = world.service.export_each(&profiles).await.unwrap();
    let titles = |kept: &Exported| {
        let events = kept.get("usage_events").and_then(|events| events.as_array()).into_iter().flatten();
        events.map(|event| event["title"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let of = |first: usize| (first..12).step_by(3).map(|number| format!("title-{number}")).collect::<BTreeSet<_>>();
    assert_eq!(kept.iter().map(titles).collect::<Vec<_>>(), [of(0), BTreeSet::new(), of(1)]);
    assert!(kept.iter().all(|kept| kept["usage_unread"] == json!([{ "day": DAY, "files": 1 }])), "{kept:?}");
}

#[tokio::test]
async fn of_two_that_find_a_document_that_is_no_json_none_wipes_what_the_other_counted() {
    let world = World::new().await;
    let processes: Vec<Process> = (0..6).map(|_| world.process()).collect();
    processes[0].watch("ada", "heat", 1_000);
    processes[0].publish().await.unwrap();
    damage(&world, "UPDATE document_usage_accounts SET body = body || char(0)");
    processes.iter().for_each(|process| process.watch("ada", "heat", 10));
    let published = futures::future::join_all(processes.iter().map(Process::publish)).await;
    published.into_iter().for_each(Result::unwrap);
    assert_eq!(account(&world, "adas-account").await.watched_millis, 60);
}

static COUNTERS: Collection = Collection::declared("test_counters", &[]);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Counter {
    count: u64,
    #[serde(default)]
    set_aside: Option<SetAside>,
}

async fn count(documents: &dyn Documents) {
    let new = |set_aside| Counter { count: 0, set_aside };
    let one_more = |counter: Counter| Some(Counter { count: counter.count + 1, ..counter });
    set_aside::update(documents, (&COUNTERS, "a"), new, one_more).await.unwrap();
}

#[tokio::test]
async fn what_is_begun_anew_between_the_look_and_the_write_of_another_stays() {
    let world = World::new().await;
    let documents = &world.stores.documents;
    count(&**documents).await;
    damage(&world, "UPDATE document_test_counters SET body = body || char(0)");
    let other = Arc::clone(documents);
    let slow = before(documents, &COUNTERS, async move { count(&*other).await });
    count(&*slow).await;
    let (counter, _) = read::<Counter>(&**documents, &COUNTERS, "a").await.unwrap().unwrap();
    assert!(counter.count == 2 && counter.set_aside.is_some(), "{counter:?}");
}
