//! Where video lies and what that costs: a choice that is switched while a film plays, two nodes, the command line, and statements.

use std::time::{Duration, Instant};

use contract::{
    Code,
    entitlements::{GetAccountEntitlements, ListPlans, PutAccountEntitlements, PutPlan, ReplacePlanPrice},
    identity::SetUp,
    playback::{StartPlayback, StopPlayback},
    statements::{GetAccountStatement, GetStatement, ListStatements, ListStatementsAsCsv, StatementItem},
    storage_plan::{
        GetStoragePlan, ListStorageAdvice, ListStorageCosts, ReplaceCostSheets, ReplaceStorageChoice, ReplaceTitleStorageChoice,
        StorageAdvice, StorageChoice, StoreRole,
    },
    usage::{Cell, GetReport, ListUsage, ReportKind},
};
use serde_json::{Map, Value, json};
use server::{collections, config::Config};
use storage::documents::Collection;

use crate::{
    deleting::at,
    nodes::RedisNamespace,
    process::{fails, succeeds},
    support::{Ahead, Hands, TestApp, new_account},
    viewer, watching,
};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn sheets() -> Map<String, Value> {
    object(json!({
        "per_view": [{ "from": "2026-01", "sheet": { "currency": "EUR", "stored_gb_month": "0.02", "reads_per_thousand": "0.0004",
            "writes_per_thousand": "0.005", "out": [{ "gb": "0.05" }] } }],
        "flat": [{ "from": "2026-01", "sheet": { "currency": "EUR", "beyond_gb": "0.01",
            "steps": [{ "capacity_gb": 1000, "month": "10" }] } }],
    }))
}

async fn set_up(app: &TestApp) -> contract::identity::Account {
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap()
}

async fn write_sheets(app: &TestApp) {
    let written = app.send(ReplaceCostSheets { sheets: sheets(), expected_version: 0 }).await.unwrap();
    assert_eq!((written.version, &written.sheets), (1, &sheets()));
}

/// What is advised of the only title, as soon as it is as wanted.
async fn advised(app: &TestApp, wanted: impl Fn(&StorageAdvice) -> bool) -> StorageAdvice {
    let begun = Instant::now();
    loop {
        let page = app.send(ListStorageAdvice::default()).await.unwrap();
        let (advice, shown) = (page.items.into_iter().next(), page.day);
        if let Some(advice) = advice.clone().filter(&wanted) {
            return advice;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{shown:?} {advice:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The addresses of everything that a film is played from.
async fn segments(app: &TestApp, manifest: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for playlist in watching::addresses(&watching::text(app, manifest).await, manifest) {
        segments.extend(watching::addresses(&watching::text(app, &playlist).await, &playlist));
    }
    segments
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_choice_is_switched_to_and_fro_while_a_film_plays_to_its_end() {
    let (folder, ahead) = (tempfile::tempdir().unwrap(), Ahead::default());
    let flat = format!("file:{}", folder.path().join("flat").display());
    let app = TestApp::surrounded(
        |config: &mut Config| config.storage.flat_objects = Some(flat),
        |surroundings| surroundings.clock = ahead.clock(),
    )
    .await;
    viewer::film(&folder.path().join("Hello Marquee (2026).mkv"), "160x120", 5, 48);
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    set_up(&app).await;
    write_sheets(&app).await;
    let playing = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
    let all = segments(&app, &playing.manifest).await;
    assert!(all.len() > 4, "{all:?}");
    let mut before = Vec::new();
    for segment in &all {
        before.push(app.get(segment).await.body);
    }
    let goes_on = async || {
        app.send(at(&playing, 2.0)).await.unwrap();
    };
    ahead.forward(Duration::from_secs(61));
    goes_on().await;
    for (choice, lies) in [(StorageChoice::Flat, StoreRole::Flat), (StorageChoice::PerView, StoreRole::PerView)] {
        app.send(ReplaceStorageChoice { choice }).await.unwrap();
        ahead.forward(Duration::from_secs(61));
        goes_on().await;
        let advice = advised(&app, |advice| advice.lies == lies && advice.moves.is_none()).await;
        assert_eq!((advice.title, advice.advice), (card.id.clone(), lies));
        // Whoever plays it goes on, from where it lay when they began.
        for (segment, before) in all.iter().zip(&before) {
            let answer = app.get(segment).await;
            assert!(answer.status.is_success() && answer.body == *before, "{segment}: {}", answer.status);
        }
        goes_on().await;
        // And whoever begins now reads the same from where it lies.
        let other = app.send(StartPlayback { title: card.id.clone(), replaces: None }).await.unwrap();
        for (segment, before) in segments(&app, &other.manifest).await.iter().zip(&before) {
            assert_eq!(app.get(segment).await.body, *before, "{segment}");
        }
        app.send(StopPlayback { session: other.session }).await.unwrap();
    }
    app.send(StopPlayback { session: playing.session }).await.unwrap();
    let plan = app.send(GetStoragePlan {}).await.unwrap();
    assert_eq!((plan.choice, plan.has_flat_store), (StorageChoice::PerView, true));
    assert!(plan.decision.is_some_and(|decision| decision.is_requested && decision.titles == 1));
}

#[tokio::test]
async fn what_cannot_be_chosen_or_computed_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let broken = object(json!({ "per_view": [], "flat": [] }));
    let problem = app.send(ReplaceCostSheets { sheets: broken, expected_version: 0 }).await.unwrap_err();
    assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, "sheets"));
    assert!(problem.detail.unwrap().contains("there is no sheet of the per-view store"));
    write_sheets(&app).await;
    let late = app.send(ReplaceCostSheets { sheets: sheets(), expected_version: 0 }).await.unwrap_err();
    assert_eq!(late.code, Code::VersionConflict);
    let call = ReplaceTitleStorageChoice { title: "nobody".parse().unwrap(), choice: StorageChoice::Flat };
    assert_eq!(app.send(call).await.unwrap_err().code, Code::NotFound);
    let day = |text: &str| Some(text.to_owned());
    for (from, to) in [(day("2026-02-30"), None), (day("2026-02-02"), day("2026-02-01")), (day("2024-01-01"), day("2026-01-01"))]
    {
        assert_eq!(app.send(ListStorageCosts { from, to }).await.unwrap_err().code, Code::InvalidRequest);
    }
    let page = ListStorageAdvice { page_token: Some("x".into()), limit: None };
    assert_eq!(app.send(page).await.unwrap_err().code, Code::InvalidRequest);
    let plan = app.send(GetStoragePlan {}).await.unwrap();
    assert_eq!((plan.sheets, plan.chosen_titles, plan.has_flat_store), (Some(sheets()), 0, false));
    assert!(plan.notices.iter().any(|notice| notice.contains("flat_objects = ")), "{:?}", plan.notices);
}

fn declared(name: &str) -> &'static Collection {
    collections::all().into_iter().find(|collection| collection.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_stores_elsewhere_make_one_decision_and_see_each_others_choices() {
    let (documents, place) = (testing::mongodb::Scratch::new(), RedisNamespace::make());
    let ahead = Ahead::default();
    let configure = |config: &mut Config| {
        place.configure(config);
        config.storage.documents = Some(documents.url().to_owned());
    };
    let here = TestApp::surrounded(configure, |surroundings| surroundings.clock = ahead.clock()).await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&here, folder.path()).await;
    watching::watchable(&here).await;
    let there = TestApp::opened(
        here.folder(),
        |config| {
            config.storage.search = Some(here.folder().path().join("search of the second"));
            configure(config);
        },
        |surroundings| surroundings.clock = ahead.clock(),
    )
    .await
    .unwrap();
    set_up(&here).await;
    there.be(here.cookies());
    write_sheets(&here).await;
    there.send(ReplaceStorageChoice { choice: StorageChoice::Flat }).await.unwrap();
    ahead.forward(Duration::from_secs(61));
    let advice = advised(&here, |advice| advice.advice == StoreRole::Flat).await;
    assert_eq!(advised(&there, |_| true).await, advice);
    for _ in 0..3 {
        // A day later both look at once.
        let day = here.send(GetStoragePlan {}).await.unwrap().decision.unwrap().day;
        ahead.forward(Duration::from_secs(24 * 60 * 60));
        let begun = Instant::now();
        while here.send(GetStoragePlan {}).await.unwrap().decision.unwrap().day == day {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody decides");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let stored = async |name: &str| here.server.stores.documents.list(declared(name), None, 1000).await.unwrap().documents;
    let begun = Instant::now();
    loop {
        // That of the decision before goes right after it.
        let decision = stored("storage_decisions").await.remove(0).body;
        let advice: Vec<Value> = stored("storage_advice").await.into_iter().map(|part| part.body["decision"].clone()).collect();
        if advice == [decision["id"].clone()] {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "the advice of one decision is left: {advice:?} {decision}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let days = stored("storage_plan_days").await;
    assert!(days.len() >= 3, "{}", days.len());
    let parts: u64 = days.iter().map(|day| day.body["parts"].as_u64().unwrap()).sum();
    assert_eq!(stored("storage_plan_rows").await.len() as u64, parts, "each day is made once");
}

#[test]
fn the_command_line_writes_sheets_chooses_and_prints_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| succeeds(folder.path(), &[], arguments);
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    run(&["import", "Hello Marquee (2026).mp4"]);
    assert!(run(&["storage", "plan"]).contains("There are no cost sheets"));
    std::fs::write(folder.path().join("broken.json"), r#"{"per_view": [], "flat": []}"#).unwrap();
    assert!(fails(folder.path(), &[], &["storage", "sheets", "set", "broken.json"]).contains("no sheet of the per-view store"));
    assert!(fails(folder.path(), &[], &["storage", "sheets", "show"]).contains("there are no cost sheets"));
    std::fs::write(folder.path().join("sheets.json"), Value::Object(sheets()).to_string()).unwrap();
    assert!(run(&["storage", "sheets", "set", "sheets.json"]).contains("version 1"));
    assert_eq!(serde_json::from_str::<Map<String, Value>>(&run(&["storage", "sheets", "show"])).unwrap(), sheets());
    run(&["storage", "choose", "flat"]);
    // A server decides; it is asked what it said.
    let server = crate::process::Running::start(folder.path(), &[]);
    let begun = Instant::now();
    let plan = loop {
        let plan = run(&["storage", "plan"]);
        if plan.contains("Hello Marquee\t") {
            break plan;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{plan}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(plan.contains("choice: flat") && plan.contains("\tper_view\tflat\tchosen\t"), "{plan}");
    let id = plan.lines().find_map(|line| line.strip_prefix("Hello Marquee\t")?.split('\t').next()).unwrap().to_owned();
    run(&["storage", "choose", "per-view", "--title", &id]);
    assert!(fails(folder.path(), &[], &["storage", "choose", "flat", "--title", "nobody"]).contains("There is no such title"));
    drop(server);
}

/// A cell of the only row of a report.
async fn sum(app: &TestApp, kind: ReportKind, name: &str) -> u64 {
    let report = app.send(GetReport { kind, from: None, to: None, limit: None }).await.unwrap();
    let at = report.columns.iter().position(|column| column.name == name).unwrap();
    match &report.rows[0][at] {
        Cell::Number(number) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

async fn price(app: &TestApp, plan: &str, price: Value) -> Result<contract::entitlements::Plan, contract::Problem> {
    let plans = app.send(ListPlans {}).await.unwrap();
    let expected_version = plans.iter().find(|known| known.id.as_str() == plan).map_or(0, |plan| plan.version);
    app.send(ReplacePlanPrice { id: plan.parse().unwrap(), price: object(price), expected_version }).await
}

#[tokio::test]
async fn a_statement_is_of_the_same_sums_as_the_roll_ups_and_the_parquet_and_its_lines_are_its_total() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    watching::film(&folder.path().join("Hello Marquee (2026).mp4"));
    watching::import(&app, folder.path()).await;
    let card = watching::watchable(&app).await;
    set_up(&app).await;
    let playing = app.send(StartPlayback { title: card.id, replaces: None }).await.unwrap();
    for segment in segments(&app, &playing.manifest).await {
        assert!(app.get(&segment).await.status.is_success());
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    app.send(at(&playing, 1.0)).await.unwrap();
    app.send(StopPlayback { session: playing.session }).await.unwrap();
    app.server.collector.as_ref().unwrap().close().await;
    let month = app.send(ListUsage {}).await.unwrap()[0].month.clone();
    let call = GetStatement { month: month.clone() };
    assert_eq!(app.send(call.clone()).await.unwrap_err().code, Code::NotFound, "a plan without a price owes nothing");

    // Prices that make every millisecond and byte count.
    let all = json!({ "currency": "EUR", "month": "4.99", "per_hour_watched": "36000", "per_gb": "100000", "tax": "included" });
    let plan = price(&app, "member", all.clone()).await.unwrap();
    assert_eq!(plan.price, Some(object(all)));
    let statement = app.send(call).await.unwrap();
    let quantities: Vec<(StatementItem, u64)> = statement.lines.iter().map(|line| (line.item, line.quantity)).collect();
    let (bytes, watched) = (sum(&app, ReportKind::Totals, "bytes").await, sum(&app, ReportKind::Totals, "watched_millis").await);
    assert_eq!(quantities, [(StatementItem::Month, 1), (StatementItem::Watched, watched), (StatementItem::Bytes, bytes)]);
    assert_eq!(
        (sum(&app, ReportKind::Accounts, "bytes").await, sum(&app, ReportKind::Accounts, "watched_millis").await),
        (bytes, watched)
    );
    // A cent each millisecond; 10^7 cents each 10^9 bytes.
    let amounts: Vec<i64> = statement.lines.iter().map(|line| line.amount.amount).collect();
    assert_eq!(amounts, [499, i64::try_from(watched).unwrap(), i64::try_from((bytes + 50) / 100).unwrap()]);
    assert_eq!((statement.total.amount, statement.total.currency.as_str()), (amounts.iter().sum(), "EUR"));
    assert!(!statement.is_over && statement.login == "ada");

    let page = app.send(ListStatements { month: month.clone(), page_token: None, limit: None }).await.unwrap();
    assert_eq!((page.items, page.next), (vec![statement.clone()], None));
    let csv = app.send(ListStatementsAsCsv { month: month.clone(), page_token: None, limit: None }).await.unwrap().csv;
    assert_eq!(csv.lines().count(), 4, "{csv}");
    // The command line reads the same, and what other programs read of the events sums up to it.
    let home = app.folder();
    assert_eq!(succeeds(home.path(), &[], &["statement", "--month", &month, "--format", "csv"]), csv);
    let first = format!("{month}-01");
    let printed = succeeds(home.path(), &[], &["report", "totals", "--from", &first, "--format", "jsonl"]);
    let of_events = |name: &str| {
        let mut rows = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.find(|row| row["name"] == name).unwrap()["value"].as_u64().unwrap()
    };
    assert_eq!((of_events("bytes"), of_events("watched_millis")), (bytes, watched));
}

#[tokio::test]
async fn a_month_that_is_over_keeps_the_plan_and_the_price_that_it_ended_with() {
    // 18 May 2033.
    let hands = Hands::at_work();
    let app = TestApp::surrounded(|_| {}, |surroundings| surroundings.clock = hands.clock()).await;
    let account = set_up(&app).await;
    let bob = app.send(new_account("bob", "Bob")).await.unwrap();
    price(&app, "member", json!({ "currency": "EUR", "month": "5" })).await.unwrap();
    price(&app, "member", json!({ "currency": "EUR", "month": "6" })).await.unwrap();
    let family = PutPlan { id: "family".parse().unwrap(), name: "Family".into(), authorization: Map::new(), expected_version: 0 };
    app.send(family).await.unwrap();
    price(&app, "family", json!({ "currency": "EUR", "month": "9" })).await.unwrap();
    let total = async |month: &str| {
        let statement = app.send(GetStatement { month: month.into() }).await;
        statement.map(|statement| (statement.plan.to_string(), statement.total.amount, statement.is_over))
    };
    let owed = |plan: &str, amount: i64, is_over: bool| Ok((plan.to_owned(), amount, is_over));
    assert_eq!(total("2033-05").await, owed("member", 600, false));
    assert_eq!(total("2033-04").await.unwrap_err().code, Code::NotFound, "nobody was there yet");
    assert_eq!(total("2033-06").await.unwrap_err().code, Code::InvalidRequest, "it is yet to come");
    let sign_in_again = async || {
        app.forget_cookies();
        let call =
            contract::identity::SignIn { login: "ada".into(), password: "correct horse battery".into(), ..Default::default() };
        app.send(call).await.unwrap();
    };
    hands.forward(Duration::from_secs(30 * 24 * 60 * 60));
    sign_in_again().await;
    // In June the price goes up, and the account gets another plan, whose price goes up in July.
    price(&app, "member", json!({ "currency": "EUR", "month": "7" })).await.unwrap();
    let version = app.send(GetAccountEntitlements { account: account.id.clone() }).await.unwrap().version;
    let put = PutAccountEntitlements {
        account: account.id,
        plan: "family".parse().unwrap(),
        overrides: Map::new(),
        expected_version: version,
    };
    app.send(put).await.unwrap();
    assert_eq!(total("2033-05").await, owed("member", 600, true));
    assert_eq!(total("2033-06").await, owed("family", 900, false));
    hands.forward(Duration::from_secs(30 * 24 * 60 * 60));
    sign_in_again().await;
    price(&app, "family", json!({ "currency": "EUR", "month": "10" })).await.unwrap();
    assert_eq!(total("2033-05").await, owed("member", 600, true));
    assert_eq!(total("2033-06").await, owed("family", 900, true));
    assert_eq!(total("2033-07").await, owed("family", 1000, false));
    let all = app.send(ListStatements { month: "2033-06".into(), page_token: None, limit: Some(1) }).await.unwrap();
    assert_eq!(all.items.iter().map(|one| (one.login.as_str(), one.total.amount)).collect::<Vec<_>>(), [("ada", 900)]);
    let next = app.send(ListStatements { month: "2033-06".into(), page_token: all.next, limit: Some(1) }).await.unwrap();
    assert_eq!(next.items.iter().map(|one| (one.login.as_str(), one.total.amount)).collect::<Vec<_>>(), [("bob", 700)]);
    assert_eq!(next.items[0].account, bob.id);
    let bobs = GetAccountStatement { account: bob.id.clone(), month: "2033-06".into() };
    assert_eq!(app.send(bobs.clone()).await.unwrap(), next.items[0]);
    let nobodys = GetAccountStatement { account: "nobody".parse().unwrap(), ..bobs };
    assert_eq!(app.send(nobodys).await.unwrap_err().code, Code::NotFound);
    // Taken away, it is owed no more; what was owed stays.
    assert_eq!(price(&app, "family", json!({})).await.unwrap().price, None);
    assert_eq!(total("2033-07").await.unwrap_err().code, Code::NotFound);
    assert_eq!(total("2033-06").await, owed("family", 900, true));
}

#[tokio::test]
async fn a_price_that_is_none_is_refused_by_its_field_and_one_of_another_version_changes_nothing() {
    let app = TestApp::start().await;
    set_up(&app).await;
    for (wrong, field) in [
        (json!({ "currency": "EUR", "month": "-1" }), "price.month"),
        (json!({ "currency": "EUR", "per_gb": 0.5 }), "price.per_gb"),
        (json!({ "currency": "EUX" }), "price.currency"),
        (json!({ "month": "5" }), "price"),
    ] {
        let problem = price(&app, "member", wrong).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, field));
    }
    let plan = price(&app, "member", json!({ "currency": "EUR", "month": "5" })).await.unwrap();
    assert_eq!(plan.version, 1);
    let late = ReplacePlanPrice { id: plan.id, price: object(json!({ "currency": "EUR" })), expected_version: 0 };
    assert_eq!(app.send(late).await.unwrap_err().code, Code::VersionConflict);
    assert_eq!(price(&app, "nobody", json!({ "currency": "EUR" })).await.unwrap_err().code, Code::NotFound);
    // A client that knows nothing of prices changes the plan, and leaves its price as it is.
    let put = PutPlan { id: "member".parse().unwrap(), name: "All".into(), authorization: Map::new(), expected_version: 1 };
    assert_eq!(app.send(put).await.unwrap().price, Some(object(json!({ "currency": "EUR", "month": "5" }))));
}
