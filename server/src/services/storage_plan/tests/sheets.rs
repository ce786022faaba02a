//! Tests of cost sheets: what is refused, by name, and that nothing is lost.

use contract::Code;

use super::*;

/// The sheets with something else at a JSON pointer; without it where that is null.
fn with(pointer: &str, other: Value) -> Map<String, Value> {
    let mut document = Value::Object(sheets());
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (document.pointer_mut(parent).unwrap(), other) {
        (Value::Object(fields), Value::Null) => drop(fields.remove(name)),
        (Value::Object(fields), other) => drop(fields.insert(name.to_owned(), other)),
        (list, other) => *list.get_mut(name.parse::<usize>().unwrap()).unwrap() = other,
    }
    document.as_object().unwrap().clone()
}

#[tokio::test]
async fn sheets_that_cannot_be_computed_with_are_refused_by_what_is_wrong_and_those_that_are_there_stay() {
    let world = World::usual().await;
    let before = world.shown().await;
    let step = |gb: u64, month: &str| json!({ "capacity_gb": gb, "month": month });
    let flat = |from: &str| json!({ "from": from, "sheet": { "currency": "USD", "beyond_gb": "0", "steps": [step(1, "1")] } });
    let steps = "/flat/0/sheet/steps";
    let cases = [
        (with("/per_view", json!([])), "sheets", "no sheet of the per-view store"),
        (with("/flat", json!([])), "sheets", "no sheet of the flat store"),
        (with("/flat", json!([flat("2026-05"), flat("2026-05")])), "sheets", "2026-05 comes too late, or twice"),
        (with("/flat/0/sheet/currency", json!("EUR")), "sheets", "same currency"),
        (with(steps, json!([])), "sheets", "has no steps"),
        (with(steps, json!([step(0, "1")])), "sheets", "holds nothing"),
        (with(steps, json!([step(5, "1"), step(5, "2")])), "sheets", "5 GB comes after as much"),
        (with("/flat/0/sheet/steps/0/traffic_gb", json!(7)), "", ""),
        (with("/per_view/0/sheet/out", json!([])), "sheets", "no tiers of traffic"),
        (with("/per_view/0/sheet/out/0", json!({ "gb": "1", "up_to_gb": 5 })), "sheets", "tiers of the per-view sheet"),
        (with("/per_view/0/sheet/stored_gb_month", json!("-1")), "sheets.per_view[0].sheet.stored_gb_month", "negative"),
        (with("/per_view/0/sheet/stored_gb_month", json!(0.023)), "sheets.per_view[0].sheet.stored_gb_month", "a text in"),
        (with("/per_view/0/sheet/currency", json!("XXQ")), "sheets.per_view[0].sheet.currency", "no currency"),
        (with("/flat/0/from", json!("2026-13")), "sheets.flat[0].from", "no month"),
        (with("/flat", Value::Null), "sheets", "flat"),
    ];
    let mut refused = 0;
    for (document, field, words) in cases {
        let outcome = world.service.settings.replace_sheets(document, before.sheets_version + u64::from(field.is_empty())).await;
        let problem = outcome.unwrap_err();
        if field.is_empty() {
            // That is one of whoever read another version: it is good, and comes too late.
            assert_eq!(problem.code, Code::VersionConflict);
            continue;
        }
        refused += 1;
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, field), "{problem:?}");
        assert!(problem.fields[0].message.contains(words), "{problem:?}");
        assert!(problem.detail.as_ref().unwrap().contains(words), "{problem:?}");
    }
    assert_eq!(refused, 14);
    let after = world.shown().await;
    assert_eq!((after.sheets, after.sheets_version), (before.sheets, before.sheets_version));
}

#[tokio::test]
async fn sheets_that_are_longer_than_a_call_may_be_are_refused_from_wherever_they_come() {
    let world = World::usual().await;
    let long = with("/per_view/0/sheet/region", json!("x".repeat(64 * 1024)));
    let problem = world.service.settings.replace_sheets(long, 1).await.unwrap_err();
    assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, "sheets"));
    assert!(problem.detail.unwrap().contains("may have 65536"));
    assert_eq!(world.shown().await.sheets, Some(sheets()));
}

#[tokio::test]
async fn sheets_come_back_as_they_were_written_with_what_nobody_knows() {
    let world = World::usual().await;
    assert_eq!(world.shown().await.sheets, Some(sheets()));
    let other = with("/per_view/0/sheet/region", json!("fra"));
    let written = world.service.settings.replace_sheets(other.clone(), 1).await.unwrap();
    assert_eq!((written.sheets, written.version), (other, 2));
    let late = world.service.settings.replace_sheets(sheets(), 1).await.unwrap_err();
    assert_eq!(late.code, Code::VersionConflict);
}

#[tokio::test]
async fn sheets_that_somebody_broke_by_hand_move_nothing_and_the_answer_says_why() {
    let world = World::usual().await;
    world.service.settings.choose(contract::storage_plan::StorageChoice::Flat).await.unwrap();
    let changed = update(&*world.stores.documents, &record::SHEETS, record::SHEETS_ID, |stored: Option<Map<String, Value>>| {
        let mut fields = stored.unwrap();
        fields["sheets"]["flat"][0]["sheet"]["steps"] = json!([]);
        Ok::<_, StoreError>(Change::Put(fields))
    });
    changed.await.unwrap();
    world.service.look().await.unwrap();
    assert_eq!(world.placed("idle").await.asked, 0);
    let shown = world.shown().await;
    assert!(shown.notices.iter().any(|notice| notice.contains("has no steps")), "{shown:?}");
    // They can be written anew.
    world.service.settings.replace_sheets(sheets(), shown.sheets_version).await.unwrap();
    world.pass(Duration::from_secs(60));
    world.service.look().await.unwrap();
    assert_eq!(world.placed("idle").await.asked, 1);
}
