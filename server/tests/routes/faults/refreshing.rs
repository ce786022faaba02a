//! A session that goes on by its refresh token while a store fails.

use axum::{
    body::Body,
    http::{Request, header},
};
use contract::{
    Problem,
    identity::{AccountRole, GetIdentity, ListSignIns, PutAccount},
};

use super::{
    Scenario, at_every_operation, copy_all,
    injector::{Fault, Injector},
    set_up, sign_in_with,
};
use crate::support::{Cookies, TestApp, ask, new_account};

/// Of a browser whose access token ran out.
fn refresh_alone(cookies: Cookies) -> Cookies {
    cookies.into_iter().filter(|(name, _)| name == "marquee_refresh").collect()
}

/// A page that asks twice with an access token that ran out.
struct Refreshing;

impl Scenario for Refreshing {
    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        app.be(refresh_alone(app.cookies()));
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(GetIdentity {}).await?;
        app.send(GetIdentity {}).await.map(drop)
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        let carried = app.cookies();
        for cookies in [carried.clone(), refresh_alone(carried)] {
            app.be(cookies);
            assert!(app.send(GetIdentity {}).await.unwrap().account.is_some(), "signed out");
            assert!(app.send(ListSignIns {}).await.unwrap().iter().any(|device| device.is_this));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_twice_after_its_access_token_ran_out_stays_signed_in_whatever_breaks_off() {
    at_every_operation::<Refreshing>().await;
}

/// Somebody who is signed in, and signs in as another.
struct Changing;

impl Scenario for Changing {
    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        let role = AccountRole::Member;
        app.send(PutAccount { role, ..new_account("bob", "Bob") }).await.unwrap();
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        let bob = contract::identity::SignIn { login: "bob".into(), ..sign_in_with(super::PASSWORD) };
        app.send(bob).await.map(drop)
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        // Bob where that was said, and still the one before where the answer was a problem and the store did nothing.
        let account = app.send(GetIdentity {}).await.unwrap().account;
        if let Some(Ok(())) = outcome {
            assert_eq!(account.unwrap().login, "bob");
        }
        app.forget_cookies();
        app.send(sign_in_with(super::PASSWORD)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_as_another_that_breaks_off_anywhere_leaves_somebody_who_can_sign_in() {
    at_every_operation::<Changing>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_cookies_come_with_a_503_where_the_refresh_was_made_and_what_follows_it_fails() {
    let beginning = TestApp::start().await;
    beginning.send(set_up()).await.unwrap();
    let (cookies, folder) = (refresh_alone(beginning.cookies()), beginning.folder());
    drop(beginning);
    let mut with_cookies = 0;
    for nth in 1..12 {
        // From the same beginning each time: a server remembers for some seconds what it looked up.
        let copy = std::sync::Arc::new(tempfile::tempdir().unwrap());
        copy_all(folder.path(), copy.path());
        let injector = Injector::default();
        let layer = injector.clone();
        let app = TestApp::reopened(copy, |surroundings| surroundings.stores = Some(std::sync::Arc::new(layer))).await;
        injector.arm(nth, Fault::Refused);
        let line = format!("marquee_refresh={}", cookies["marquee_refresh"]);
        let request = Request::get("/api/v1/identity").header(header::COOKIE, line).body(Body::empty()).unwrap();
        let answer = ask(&app.server.router, request).await;
        let Some(hit) = injector.disarm() else { break };
        let lines: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        // Never taken away, whatever failed.
        assert!(lines.iter().all(|line| !line.contains("Max-Age=0")), "{hit}: {lines:?}");
        if answer.status == 503 && lines.iter().any(|line| line.starts_with("marquee_refresh=")) {
            with_cookies += 1;
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }
    assert!(with_cookies > 0, "nothing failed after the refresh");
}
