//! Statements of accounts of which something cannot be read: they are named, and everybody else's are made.

use contract::{
    Code,
    entitlements::{ListPlans, ReplacePlanPrice},
    identity::SetUp,
    ids::AccountId,
    statements::{GetAccountStatement, ListStatements, ListStatementsAsCsv},
    usage::ListUsage,
};
use serde_json::{Value, json};
use server::collections;
use storage::documents::{Expect, Write};

use crate::{
    process::succeeds,
    support::{TestApp, new_account},
};

async fn spoil(app: &TestApp, collection: &str, id: &str) {
    let collection = collections::all().into_iter().find(|known| known.name == collection).unwrap();
    let write = Write { id: id.to_owned(), body: json!({ "plan": 7, "account": 7 }), expect: Expect::Anything };
    app.server.stores.documents.put(collection, write).await.unwrap();
}

#[tokio::test]
async fn accounts_of_which_something_cannot_be_read_are_named_and_everybody_elses_statement_is_made() {
    let app = TestApp::start().await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() }).await.unwrap();
    let bob = app.send(new_account("bob", "Bob")).await.unwrap().id;
    let eve = app.send(new_account("eve", "Eve")).await.unwrap().id;
    let plans = app.send(ListPlans {}).await.unwrap();
    let member = plans.into_iter().find(|plan| plan.id.as_str() == "member").unwrap();
    let price = json!({ "currency": "EUR", "month": "5" });
    let Value::Object(price) = price else { unreachable!() };
    app.send(ReplacePlanPrice { id: member.id, price, expected_version: member.version }).await.unwrap();
    let month = {
        let asked = app.send(ListStatements { month: "1999-01".into(), page_token: None, limit: None }).await.unwrap();
        assert_eq!((asked.items.len(), asked.left_out.len()), (0, 0), "nobody was there");
        let days = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400;
        storage_plan::calendar::Day::new(i32::try_from(days).unwrap()).month().to_string()
    };
    let list = ListStatements { month: month.clone(), page_token: None, limit: None };
    assert_eq!(app.send(list.clone()).await.unwrap().items.len(), 3);

    spoil(&app, "entitlements", bob.as_str()).await;
    spoil(&app, "usage_accounts", &format!("{eve}/{month}")).await;
    let page = app.send(list).await.unwrap();
    let owing: Vec<(&str, i64)> = page.items.iter().map(|one| (one.login.as_str(), one.total.amount)).collect();
    assert_eq!((owing, page.next), (vec![("ada", 500)], None));
    let left_out: Vec<(&AccountId, &str)> = page.left_out.iter().map(|one| (&one.account, one.login.as_str())).collect();
    assert_eq!(left_out, [(&bob, "bob"), (&eve, "eve")]);
    assert!(page.left_out[0].why.contains("plan") && page.left_out[1].why.contains("used"), "{:?}", page.left_out);
    let file = app.send(ListStatementsAsCsv { month: month.clone(), page_token: None, limit: None }).await.unwrap();
    assert_eq!(file.left_out, page.left_out);
    for left_out in [(&bob, "bob"), (&eve, "eve")] {
        assert!(file.csv.contains(&format!("{month},{},{},,left_out,,,,,\n", left_out.0, left_out.1)), "{}", file.csv);
    }
    // The command line writes the same.
    let home = app.folder();
    assert_eq!(succeeds(home.path(), &[], &["statement", "--month", &month, "--format", "csv"]), file.csv);
    let lines = succeeds(home.path(), &[], &["statement", "--month", &month, "--format", "jsonl"]);
    assert_eq!((lines.lines().count(), lines.matches("\"why\"").count()), (3, 2), "{lines}");

    let problem = app.send(GetAccountStatement { account: bob, month: month.clone() }).await.unwrap_err();
    assert_eq!(problem.code, Code::Internal);
    assert!(problem.detail.is_some_and(|words| words.contains("cannot be read")));
    assert!(app.send(ListUsage {}).await.unwrap().is_empty(), "nothing was watched");
}
