//! Setting up, signing in, refreshing, credentials, plans and billing that break off.

use axum::http::StatusCode;
use contract::{
    Code, Problem,
    entitlements::{ListPlans, PutPlan},
    identity::{GetBilling, GetIdentity, ListSignIns, PutBilling},
};
use serde_json::json;

use super::{PASSWORD, Scenario, at_every_operation, set_up, sign_in_with};
use crate::support::TestApp;

/// Ada is set up and signed in.
async fn ada(app: &TestApp) {
    app.send(set_up()).await.unwrap();
}

/// Whether somebody is signed in.
async fn is_signed_in(app: &TestApp) -> bool {
    app.send(GetIdentity {}).await.unwrap().account.is_some()
}

struct SettingUp;

impl Scenario for SettingUp {
    async fn prepare(_: &TestApp) -> Self {
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(set_up()).await.map(drop)
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        // Whoever tries again is the operator, by setting up or by signing in.
        app.forget_cookies();
        match app.send(set_up()).await {
            Ok(_) => {}
            Err(problem) if problem.code == Code::AlreadySetUp => drop(app.send(sign_in_with(PASSWORD)).await.unwrap()),
            Err(problem) => panic!("nobody can set up: {problem:?}"),
        }
        app.send(ListPlans {}).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_up_that_breaks_off_anywhere_leaves_a_place_that_somebody_can_enter() {
    at_every_operation::<SettingUp>().await;
}

struct SigningIn;

impl Scenario for SigningIn {
    async fn prepare(app: &TestApp) -> Self {
        ada(app).await;
        app.forget_cookies();
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(sign_in_with(PASSWORD)).await.map(drop)
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        if outcome.is_some_and(|outcome| outcome.is_ok()) {
            assert!(is_signed_in(app).await, "let in, and not signed in");
        }
        app.forget_cookies();
        app.send(sign_in_with(PASSWORD)).await.unwrap();
        assert!(app.send(ListSignIns {}).await.unwrap().iter().any(|device| device.is_this));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_breaks_off_anywhere_can_be_tried_again() {
    at_every_operation::<SigningIn>().await;
}

struct Refreshing;

impl Scenario for Refreshing {
    async fn prepare(app: &TestApp) -> Self {
        ada(app).await;
        // The access token ran out: the browser has the other one alone.
        let mut cookies = app.forget_cookies();
        assert!(cookies.remove("marquee_access").is_some());
        app.be(cookies);
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        let answer = app.get("/api/v1/account/billing").await;
        if answer.status == StatusCode::OK { Ok(()) } else { Err(answer.problem()) }
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        assert!(is_signed_in(app).await, "signed out by a store that failed");
        // And by what it carries then, and by what it carried, as a second tab or a lost answer has it.
        app.send(GetBilling {}).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_breaks_off_anywhere_signs_nobody_out() {
    at_every_operation::<Refreshing>().await;
}

struct ChangingPlan;

impl ChangingPlan {
    async fn version(app: &TestApp) -> (u64, bool) {
        let plans = app.send(ListPlans {}).await.unwrap();
        let plan = plans.into_iter().find(|plan| plan.id.as_str() == "family").unwrap();
        (plan.version, plan.authorization.get("streams") == Some(&json!(1)))
    }

    fn put(streams: u8, expected_version: u64) -> PutPlan {
        let authorization = json!({ "may_watch": true, "streams": streams }).as_object().unwrap().clone();
        PutPlan { id: "family".parse().unwrap(), name: "Family".into(), authorization, expected_version }
    }
}

impl Scenario for ChangingPlan {
    async fn prepare(app: &TestApp) -> Self {
        ada(app).await;
        app.send(Self::put(3, 0)).await.unwrap();
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(Self::put(1, 1)).await.map(drop)
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        let (version, is_changed) = Self::version(app).await;
        assert_eq!(version == 2, is_changed, "a plan is changed with its version");
        if outcome.is_some_and(|outcome| outcome.is_ok()) {
            assert!(is_changed);
        }
        app.send(Self::put(2, version)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_change_breaks_off_anywhere_is_the_old_one_or_the_new_one() {
    at_every_operation::<ChangingPlan>().await;
}

struct Billing;

fn address(street: &str) -> PutBilling {
    PutBilling {
        holder: "Ada".into(),
        street: street.into(),
        postal_code: String::new(),
        city: "London".into(),
        country: "GB".into(),
        method: String::new(),
    }
}

impl Scenario for Billing {
    async fn prepare(app: &TestApp) -> Self {
        ada(app).await;
        app.send(address("1 Square")).await.unwrap();
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(address("2 Square")).await.map(drop)
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        let kept = app.send(GetBilling {}).await.unwrap().street;
        assert!(["1 Square", "2 Square"].contains(&kept.as_str()), "{kept}");
        if outcome.is_some_and(|outcome| outcome.is_ok()) {
            assert_eq!(kept, "2 Square");
        }
        assert_eq!(app.send(address("3 Square")).await.unwrap().street, "3 Square");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_billing_address_whose_change_breaks_off_anywhere_is_the_old_one_or_the_new_one() {
    at_every_operation::<Billing>().await;
}
