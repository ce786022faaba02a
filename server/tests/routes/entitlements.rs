//! Plans and what differs from them, over HTTP.

use contract::{
    Code,
    authorization::Resolution,
    entitlements::{GetAccountEntitlements, GetEntitlements, ListPlans, PutAccountEntitlements, PutPlan},
    identity::{Account, SetUp},
};
use serde_json::{Map, Value, json};

use crate::support::TestApp;

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
