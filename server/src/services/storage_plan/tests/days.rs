//! Tests of days: what they are billed by, what is told of them later, and for how long they are kept.

use contract::storage_plan::{BillItem, StorageChoice};
use storage_plan::{
    bill::{ObjectSize, Placements, Quantities, bills},
    sheet::{Sheets, SheetsDocument},
    usage::{DayUsage, History, Usage},
};

use super::*;

fn checked() -> Sheets {
    let document: SheetsDocument = serde_json::from_value(Value::Object(sheets())).unwrap();
    document.try_into().unwrap()
}

/// The first rows of the bill that the crate makes of a whole history.
fn billed(history: &History, store: Store) -> Vec<(String, i64)> {
    let made = bills(history, &Placements::all(history, store), &checked(), ObjectSize::default()).unwrap();
    made.iter().map(|bill| (bill.month.to_string(), bill.total().rounded(bill.currency).amount)).collect()
}

#[tokio::test]
async fn days_come_to_the_very_bill_that_the_whole_history_comes_to() {
    let world = World::usual().await;
    let mut rows = Vec::new();
    // From the day before, on which both are there and nobody watches.
    let first = Day::parse(FIRST).unwrap();
    for at in 0..70_i32 {
        let day = first.plus(at);
        if at == 20 {
            world.places.change("late", |placed| (placed.bytes, placed.since) = (20 * GB, Some(world.millis()))).await.unwrap();
        }
        if at == 26 {
            // Six days of its minimum of ten: the other four are billed on.
            world.stores.documents.delete(&PLACED, "late", storage::documents::Expect::Anything).await.unwrap();
        }
        let out = u64::try_from(at * 7 % 13).unwrap();
        world.watch("watched", out).await;
        let usage = |stored: u64, out: u64| DayUsage { stored_bytes: stored * GB, bytes_out: out * GB, requests: out * 250 };
        rows.push(Usage { title: "watched".into(), day, usage: usage(50, out) });
        rows.push(Usage { title: "idle".into(), day, usage: usage(50, 0) });
        if (20..=26).contains(&at) {
            rows.push(Usage { title: "late".into(), day, usage: usage(if at == 26 { 0 } else { 20 }, 0) });
        }
        world.pass(Duration::from_millis(OF_A_DAY));
        world.places.has_flat.store(false, Ordering::SeqCst);
        world.restarted().look().await.unwrap();
    }
    let history = History::from_rows(rows).unwrap();
    let days: Vec<DayRecord> =
        world.days().await.into_iter().filter(|day| day.at >= u64::try_from(first.number()).unwrap() * OF_A_DAY).collect();
    assert_eq!(days.len(), 70);
    let by_month = |of: fn(&DayRecord) -> record::DayQuantities| {
        let month = |day: &DayRecord| Day::new(i32::try_from(day.at / OF_A_DAY).unwrap()).month();
        let months = days.chunk_by(|one, next| month(one) == month(next));
        let bill = |days: &[DayRecord]| {
            let mut sum = Quantities::default();
            days.iter().for_each(|day| sum += of(day).into());
            let bill = storage_plan::bill::bill(month(&days[0]), &sum, &checked()).unwrap();
            (bill.month.to_string(), bill.total().rounded(bill.currency).amount)
        };
        months.map(bill).collect::<Vec<_>>()
    };
    assert_eq!(by_month(|day| day.per_view), billed(&history, Store::PerView));
    assert_eq!(by_month(|day| day.flat), billed(&history, Store::Flat));
    // Nothing could move, so that it is as it was per view.
    assert_eq!(by_month(|day| day.actual), billed(&history, Store::PerView));
    // As calls tell it: days add up to the month, and lines to the total.
    let costs = world.service.costs(first, Day::parse("2026-04-30").unwrap()).await.unwrap();
    let april: i64 = costs.days.iter().filter(|day| day.day.starts_with("2026-04")).map(|day| day.per_view.unwrap()).sum();
    let whole = &billed(&history, Store::PerView)[1];
    assert!((april - whole.1).abs() <= 3, "{april} {whole:?}: lines are rounded each");
    let flat: i64 = costs.days.iter().filter(|day| day.day.starts_with("2026-04")).map(|day| day.flat.unwrap()).sum();
    assert_eq!(flat, billed(&history, Store::Flat)[1].1);
    for bill in world.shown().await.bills {
        let sum: i64 = bill.so_far.lines.iter().map(|line| line.amount.amount).sum();
        assert_eq!(Some(sum), bill.so_far.total.map(|total| total.amount));
    }
}

#[tokio::test]
async fn a_move_is_billed_as_it_was_and_by_the_store_that_served() {
    let world = World::usual().await;
    world.live(2, &[("watched", 40)]).await;
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.service.look().await.unwrap();
    world.finish_moves().await;
    world.live(1, &[("watched", 40)]).await;
    let moved = world.days().await.pop().unwrap();
    // Both were read out of the per-view store and read back from the flat one, and what was watched on that day was read of the latter.
    assert_eq!((moved.actual.out, moved.actual.flat_out, moved.actual.reads), (100 * GB, 140 * GB, 25_000));
    assert_eq!((moved.actual.stored, moved.actual.peak), (0, 100 * GB));
    assert_eq!((moved.per_view.out, moved.flat.flat_out), (40 * GB, 40 * GB));
    let bills = world.shown().await.bills;
    let auto = bills.iter().find(|bill| bill.plan == StorageChoice::Auto).unwrap();
    let amount =
        |item: BillItem| auto.so_far.lines.iter().filter(|line| line.item == item).map(|line| line.amount.amount).sum::<i64>();
    // Two days of 40 GB and the move of 100 at 0.05, and the step for the month.
    assert_eq!((amount(BillItem::Traffic), amount(BillItem::Capacity)), (900, 1000));
    assert_eq!(bills.iter().map(|bill| bill.forecast.total.is_some()).collect::<Vec<_>>(), [true; 3]);
}

#[tokio::test]
async fn what_is_told_late_of_a_day_makes_it_anew_and_the_rest_of_it_stays() {
    let world = World::usual().await;
    let day = world.millis();
    world.live(1, &[("watched", 40)]).await;
    let before = world.days().await.pop().unwrap();
    assert_eq!((before.bytes_out, before.per_view.out), (40 * GB, 40 * GB));
    // A server that was killed comes back, and tells of its use.
    world.watch_at(day, "watched", 5).await;
    world.watch_at(day, "idle", 2).await;
    world.live(1, &[]).await;
    let days = world.days().await;
    let after = &days[days.len() - 2];
    assert_eq!((after.at, after.bytes_out, after.requests), (before.at, 47 * GB, 47 * 250));
    assert_eq!((after.in_per_view, after.is_base), (before.in_per_view, before.is_base));
    assert_ne!(after.attempt, before.attempt);
    world.is_tidy().await;
}

#[tokio::test]
async fn days_that_nobody_looked_on_are_made_later_and_days_are_kept_for_four_hundred() {
    let world = World::usual().await;
    world.live(1, &[("watched", 40)]).await;
    for _ in 0..5 {
        world.watch("watched", 1).await;
        world.pass(Duration::from_millis(OF_A_DAY));
    }
    world.service.look().await.unwrap();
    let days = world.days().await;
    assert_eq!(days.iter().rev().take(6).map(|day| day.bytes_out / GB).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 40]);
    // After a long pause it takes an hour, for it may be the clock that is wrong.
    for days in [200, 195, 1] {
        world.pass(Duration::from_millis(days * OF_A_DAY));
        world.look_for_an_hour(&world.service).await;
    }
    let days = world.days().await;
    assert_eq!((days.len(), days[0].at), (400, world.millis() / OF_A_DAY * OF_A_DAY - 400 * OF_A_DAY));
    world.is_tidy().await;
    // It begins with the first base that is left, which names every title.
    world.pass(Duration::from_millis(OF_A_DAY));
    world.restarted().look().await.unwrap();
    assert_eq!(world.decided().await.unwrap().titles, 2);
}

#[tokio::test]
async fn what_a_later_version_stores_beside_survives() {
    let world = World::usual().await;
    world.service.look().await.unwrap();
    for (collection, id) in
        [(&DECISIONS, DECISION_ID), (&record::CHOICES, record::CHOICES_ID), (&record::SHEETS, record::SHEETS_ID)]
    {
        let changed = update(&*world.stores.documents, collection, id, |stored: Option<Map<String, Value>>| {
            let mut fields = stored.unwrap_or_default();
            fields.insert("later".into(), json!({ "a": 1 }));
            Ok::<_, StoreError>(Change::Put(fields))
        });
        changed.await.unwrap();
    }
    world.service.settings.choose(StorageChoice::Flat).await.unwrap();
    let version = world.shown().await.sheets_version;
    world.service.settings.replace_sheets(sheets(), version).await.unwrap();
    world.pass(Duration::from_millis(OF_A_DAY));
    world.service.look().await.unwrap();
    for (collection, id) in
        [(&DECISIONS, DECISION_ID), (&record::CHOICES, record::CHOICES_ID), (&record::SHEETS, record::SHEETS_ID)]
    {
        let stored = world.stores.documents.get(collection, id).await.unwrap().unwrap();
        assert_eq!(stored.body["later"], json!({ "a": 1 }), "{}", collection.name);
    }
}

#[tokio::test]
async fn a_move_into_the_per_view_store_is_billed_with_reading_it_back() {
    let world = World::usual().await;
    world.places.change("idle", |placed| placed.flat = true).await.unwrap();
    world.live(2, &[]).await;
    world.service.settings.choose(StorageChoice::PerView).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.service.look().await.unwrap();
    world.finish_moves().await;
    world.live(1, &[]).await;
    let moved = world.days().await.pop().unwrap().actual;
    assert_eq!((moved.flat_out, moved.writes, moved.out, moved.reads), (50 * GB, 12_500, 50 * GB, 12_500));
    assert_eq!((moved.stored, moved.peak), (100 * GB, 0));
}

#[tokio::test]
async fn a_film_that_is_replaced_by_one_of_the_same_size_is_written_and_what_went_is_billed_to_its_minimum() {
    let world = World::usual().await;
    world.live(1, &[]).await;
    let since = world.millis();
    world.places.change("late", |placed| (placed.bytes, placed.since) = (10 * GB, Some(since))).await.unwrap();
    world.live(3, &[]).await;
    let quiet = world.days().await.pop().unwrap();
    assert_eq!((quiet.actual.writes, quiet.actual.early), (0, 0));
    let since = world.millis();
    world.places.change("late", |placed| placed.since = Some(since)).await.unwrap();
    world.live(1, &[]).await;
    let replaced = world.days().await.pop().unwrap();
    // Three of its ten days are over.
    for quantities in [replaced.actual, replaced.per_view] {
        assert_eq!((quantities.writes, quantities.early), (2_500, 70 * GB));
    }
    // The new one has a minimum of its own, and is written once.
    world.live(1, &[]).await;
    let after = world.days().await.pop().unwrap();
    assert_eq!((after.actual.writes, after.actual.early), (0, 0));
    world.stores.documents.delete(&PLACED, "late", storage::documents::Expect::Anything).await.unwrap();
    world.live(1, &[]).await;
    assert_eq!(world.days().await.pop().unwrap().actual.early, 80 * GB);
}

#[tokio::test]
async fn a_day_that_has_no_bill_costs_nothing_that_is_known_rather_than_nothing() {
    let world = World::usual().await;
    // More than the last step holds.
    world.places.change("huge", |placed| (placed.flat, placed.bytes) = (true, 2_700 * GB)).await.unwrap();
    world.live(2, &[("watched", 40)]).await;
    let (first, last) = (Day::parse(FIRST).unwrap(), Day::parse(FIRST).unwrap().plus(1));
    let days = world.service.costs(first, last).await.unwrap().days;
    assert_eq!(days.len(), 2);
    for day in days {
        assert_eq!((day.auto_per_view, day.auto_flat, day.flat), (None, None, None), "{}", day.day);
        assert!(day.per_view.is_some_and(|cost| cost > 0));
    }
    let auto = world.shown().await.bills.remove(0);
    assert!(auto.so_far.total.is_none() && auto.so_far.problem.unwrap().contains("the flat store"));
    // Without sheets nothing has an amount.
    let other = World::new().await;
    other.put("watched", 50).await;
    other.live(1, &[("watched", 40)]).await;
    let days = other.service.costs(first, last).await.unwrap().days;
    assert!(!days.is_empty() && days.iter().all(|day| (day.auto_per_view, day.per_view, day.flat) == (None, None, None)));
}
