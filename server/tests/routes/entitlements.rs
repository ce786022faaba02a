//! Plans and what differs from them, over HTTP.

use contract::{
    Code,
    authorization::Resolution,
    entitlements::{GetAccountEntitlements, GetEntitlements, ListPlans, PutAccountEntitlements, PutPlan},
    identity::{Account, AccountRole, PutAccount, SetUp, SignIn},
};
use serde_json::{Map, Value, json};
use storage::documents::{Collection, Expect, Write};

use crate::support::{TestApp, new_account};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn with_operator() -> (TestApp, Account) {
    let app = TestApp::start().await;
    let call = SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let account = app.send(call).await.unwrap();
    (app, account)
}

#[tokio::test]
async fn an_installation_that_set_nothing_up_limits_nobody() {
    let app = TestApp::start().await;
    let guest = app.send(GetEntitlements {}).await.unwrap();
    assert_eq!((guest.plan.as_str(), guest.authorization.resolution), ("guest", Resolution::EightK));
    assert!(guest.authorization.may_watch);
}

#[tokio::test]
async fn a_plan_and_its_overrides_come_to_one_authorization_with_fields_that_nobody_knows() {
    let (app, account) = with_operator().await;
    let plan = PutPlan {
        id: "family".parse().unwrap(),
        name: "Family".into(),
        authorization: object(json!({ "resolution": "HD", "streams": 2, "popcorn": { "salted": true } })),
        expected_version: 0,
    };
    assert_eq!(app.send(plan.clone()).await.unwrap().version, 1);
    assert_eq!(app.send(plan.clone()).await.unwrap_err().code, Code::VersionConflict);
    let put = PutAccountEntitlements {
        account: account.id.clone(),
        plan: "family".parse().unwrap(),
        overrides: object(json!({ "streams": 5, "seat": "F7" })),
        expected_version: 0,
    };
    let shown = app.send(put.clone()).await.unwrap();
    let authorization = &shown.authorization;
    assert_eq!((authorization.resolution, authorization.streams), (Resolution::Hd, Some(5)));
    assert_eq!((&authorization.rest["popcorn"], &authorization.rest["seat"]), (&json!({ "salted": true }), &json!("F7")));
    assert_eq!(app.send(GetEntitlements {}).await.unwrap(), shown);
    assert_eq!(app.send(GetAccountEntitlements { account: account.id.clone() }).await.unwrap(), shown);
    assert_eq!(app.send(put.clone()).await.unwrap_err().code, Code::VersionConflict);

    // A plan that gets another field needs no release and no new word of the account.
    let more = PutPlan { authorization: object(json!({ "resolution": "4K", "loge": true })), expected_version: 1, ..plan };
    app.send(more).await.unwrap();
    let now = app.send(GetEntitlements {}).await.unwrap().authorization;
    assert_eq!((now.resolution, now.streams, &now.rest["loge"]), (Resolution::FourK, Some(5), &json!(true)));
}

#[tokio::test]
async fn what_is_no_authorization_is_refused_and_changes_nothing() {
    let (app, account) = with_operator().await;
    for (wrong, word) in [(json!({ "resolution": "16K" }), "16K"), (json!({ "streams": "two" }), "two")] {
        let plan = PutPlan {
            id: "member".parse().unwrap(),
            name: "Members".into(),
            authorization: object(wrong.clone()),
            expected_version: 0,
        };
        let problem = app.send(plan).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, "authorization"));
        assert!(problem.fields[0].message.contains(word), "{problem:?}");
        let put = PutAccountEntitlements {
            account: account.id.clone(),
            plan: "member".parse().unwrap(),
            overrides: object(wrong),
            expected_version: 0,
        };
        assert_eq!(app.send(put).await.unwrap_err().fields[0].field, "overrides");
    }
    let stranger = PutAccountEntitlements {
        account: "nobody".parse().unwrap(),
        plan: "member".parse().unwrap(),
        overrides: Map::new(),
        expected_version: 0,
    };
    assert_eq!(app.send(stranger.clone()).await.unwrap_err().code, Code::NotFound);
    let unplanned = PutAccountEntitlements { account: account.id, plan: "none".parse().unwrap(), ..stranger };
    assert_eq!(app.send(unplanned).await.unwrap_err().fields[0].field, "plan");
    let names: Vec<String> = app.send(ListPlans {}).await.unwrap().into_iter().map(|plan| plan.id.to_string()).collect();
    assert_eq!(names, ["guest", "member"]);
}

fn plan(authorization: Value, expected_version: u64) -> PutPlan {
    PutPlan { id: "family".parse().unwrap(), name: "Family".into(), authorization: object(authorization), expected_version }
}

pub async fn overwrite(app: &TestApp, collection: &str, id: &str, body: Value) {
    let collection = Collection::undeclared(collection.to_owned());
    let write = Write { id: id.to_owned(), body, expect: Expect::Anything };
    app.server.stores.documents.put(&collection, write).await.unwrap();
}

#[tokio::test]
async fn a_plan_is_refused_that_does_not_fit_what_differs_from_it_for_accounts_that_have_it_and_they_are_named() {
    let (app, ada) = with_operator().await;
    app.send(plan(json!({ "viewing_hours": { "from": 600, "to": 1300 } }), 0)).await.unwrap();
    let mut others = Vec::new();
    for login in ["b", "c", "d", "e", "f", "g"] {
        let role = AccountRole::Member;
        let call = PutAccount { role, ..new_account(login, login) };
        others.push(app.send(call).await.unwrap().id);
    }
    for account in others.into_iter().chain([ada.id.clone()]) {
        let overrides = object(json!({ "viewing_hours": { "to": 1200 } }));
        let put = PutAccountEntitlements { account, plan: "family".parse().unwrap(), overrides, expected_version: 0 };
        app.send(put).await.unwrap();
    }
    let problem = app.send(plan(json!({ "resolution": "HD" }), 1)).await.unwrap_err();
    assert_eq!((problem.code, problem.fields[0].field.as_str()), (Code::InvalidRequest, "authorization"));
    let message = &problem.fields[0].message;
    assert!(message.contains("and 2 more") && message.contains("from"), "{message}");
    // Nothing was stored, and one that fits still is.
    let now = app.send(GetEntitlements {}).await.unwrap();
    assert_eq!(now.authorization.viewing_hours.map(|hours| (hours.from, hours.to)), Some((600, 1200)));
    app.send(plan(json!({ "viewing_hours": { "from": 700, "to": 1300 } }), 1)).await.unwrap();
}

#[tokio::test]
async fn an_account_whose_override_its_plan_left_alone_is_served_with_less_and_told_so_and_it_is_mended() {
    let (app, ada) = with_operator().await;
    app.send(plan(json!({ "streams": 2, "viewing_hours": { "from": 600, "to": 1300 } }), 0)).await.unwrap();
    let overrides = object(json!({ "viewing_hours": { "to": 1200 }, "streams": 9 }));
    let plan_id = || "family".parse().unwrap();
    let put = PutAccountEntitlements { account: ada.id.clone(), plan: plan_id(), overrides, expected_version: 0 };
    app.send(put).await.unwrap();
    // As another version, or a hand, may have left it.
    overwrite(&app, "plans", "family", json!({ "name": "Family", "authorization": { "streams": 2 } })).await;
    let odd = app.send(GetAccountEntitlements { account: ada.id.clone() }).await.unwrap();
    assert_eq!((odd.authorization.streams, odd.authorization.viewing_hours), (Some(2), None));
    assert!(odd.notice.is_some_and(|notice| notice.contains("stricter")));

    overwrite(&app, "entitlements", ada.id.as_str(), json!({ "plan": "family", "overrides": "none" })).await;
    let odd = app.send(GetAccountEntitlements { account: ada.id.clone() }).await.unwrap();
    assert_eq!(odd.authorization.streams, Some(2));
    assert!(odd.notice.is_some_and(|notice| notice.contains("the plan alone")));

    overwrite(&app, "plans", "family", json!({ "name": 7 })).await;
    let odd = app.send(GetAccountEntitlements { account: ada.id.clone() }).await.unwrap();
    assert!(!odd.authorization.may_watch && odd.notice.is_some());
    // Whoever has it can still sign in, and an operator mend it.
    app.forget_cookies();
    let sign_in = SignIn { login: "ada".into(), password: "correct horse battery".into(), ..SignIn::default() };
    app.send(sign_in).await.unwrap();
    let listed = app.send(ListPlans {}).await.unwrap();
    let listed = listed.iter().find(|plan| plan.id.as_str() == "family").unwrap();
    assert!(listed.notice.is_some());
    app.send(plan(json!({ "streams": 3 }), listed.version)).await.unwrap();
    let put =
        PutAccountEntitlements { account: ada.id.clone(), plan: plan_id(), overrides: Map::new(), expected_version: odd.version };
    let mended = app.send(put).await.unwrap();
    assert_eq!((mended.authorization.streams, mended.notice), (Some(3), None));

    overwrite(&app, "entitlements", ada.id.as_str(), json!({ "plan": 7 })).await;
    let odd = app.send(GetEntitlements {}).await.unwrap();
    assert!(!odd.authorization.may_watch && odd.notice.is_some());
}

#[tokio::test]
async fn what_was_stored_before_there_was_an_index_by_plan_is_found_by_it() {
    let app = TestApp::start().await;
    // Before this server reads anything of it.
    overwrite(&app, "entitlements", "somebody", json!({ "plan": "family", "overrides": { "viewing_hours": { "to": 1 } } })).await;
    let folder = app.folder();
    drop(app);
    let app = TestApp::reopened(folder, |_| {}).await;
    let call = SetUp { login: "ada".into(), name: "Ada".into(), password: "correct horse battery".into() };
    app.send(call).await.unwrap();
    let problem = app.send(plan(json!({}), 0)).await.unwrap_err();
    assert!(problem.fields[0].message.contains("somebody"), "{problem:?}");
}
