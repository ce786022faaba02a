//! How many devices an account has signed in at once.

use contract::{
    Code, Problem,
    entitlements::PutPlan,
    identity::{Account, AccountRole, GetIdentity, ListSignIns, PutAccount, SetUp, SignIn},
};
use serde_json::json;
use server::assemble::Surroundings;

use crate::support::{Cookies, Hands, TestApp, new_account};

const PASSWORD: &str = "correct horse battery";

/// Where members may have so many devices, and bob is one.
async fn allowing(devices: u16) -> TestApp {
    allowing_at(devices, |_| {}).await
}

async fn allowing_at(devices: u16, surround: impl FnOnce(&mut Surroundings)) -> TestApp {
    let app = TestApp::surrounded(|config| config.gateway.middleware.rate_limit = false, surround).await;
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap();
    let role = AccountRole::Member;
    app.send(PutAccount { role, ..new_account("bob", "Bob") }).await.unwrap();
    let authorization = json!({ "devices": devices }).as_object().unwrap().clone();
    let plan = PutPlan { id: "member".parse().unwrap(), name: "Members".into(), authorization, expected_version: 0 };
    app.send(plan).await.unwrap();
    app.forget_cookies();
    app
}

fn bob() -> SignIn {
    SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() }
}

/// Signs in on a device that nobody used before.
async fn on_another(app: &TestApp, call: SignIn) -> Result<Account, Problem> {
    app.forget_cookies();
    app.send(call).await
}

fn without_access(mut cookies: Cookies) -> Cookies {
    cookies.remove("marquee_access").unwrap();
    cookies
}

#[tokio::test]
async fn one_device_more_than_the_plan_allows_is_refused_by_name_and_number() {
    let app = allowing(2).await;
    on_another(&app, bob()).await.unwrap();
    on_another(&app, bob()).await.unwrap();
    let there = app.forget_cookies();
    let refused = on_another(&app, bob()).await.unwrap_err();
    assert_eq!((refused.code, refused.status), (Code::LimitReached, 409));
    let detail = refused.detail.unwrap();
    assert!(detail.contains("allows 2 devices") && detail.contains("Signed in: "), "{detail}");
    assert_eq!(refused.fields[0].field, "replaces_oldest");
    assert!(!refused.fields[0].message.is_empty());
    assert_eq!(app.send(GetIdentity {}).await.unwrap().account, None);

    // On a device that is signed in already there is room: its own place.
    app.be(there);
    app.send(bob()).await.unwrap();
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 2);
}

#[tokio::test]
async fn who_does_not_know_the_password_learns_nothing_of_the_devices() {
    let app = allowing(1).await;
    on_another(&app, bob()).await.unwrap();
    for replaces_oldest in [false, true] {
        let guess = SignIn { password: "wrong horse battery".into(), replaces_oldest, ..bob() };
        let refused = on_another(&app, guess).await.unwrap_err();
        assert_eq!((refused.code, refused.fields), (Code::WrongCredentials, vec![]));
    }
    on_another(&app, SignIn { replaces_oldest: true, ..bob() }).await.unwrap();
}

#[tokio::test]
async fn the_device_that_was_seen_longest_ago_makes_room_where_that_is_asked_for() {
    let app = allowing(2).await;
    on_another(&app, bob()).await.unwrap();
    let first = app.forget_cookies();
    on_another(&app, bob()).await.unwrap();
    let second = app.forget_cookies();
    // The first one is seen again.
    app.be(without_access(first));
    assert!(app.send(GetIdentity {}).await.unwrap().account.is_some());
    let first = app.forget_cookies();

    on_another(&app, SignIn { replaces_oldest: true, ..bob() }).await.unwrap();
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 2);
    for (cookies, stays) in [(first, true), (second, false)] {
        app.be(without_access(cookies));
        assert_eq!(app.send(GetIdentity {}).await.unwrap().account.is_some(), stays);
    }
}

/// Signs in on so many devices at once; how many were let in.
async fn at_once(app: &TestApp, devices: usize, call: SignIn) -> usize {
    let all = (0..devices).map(|_| app.send_afresh(call.clone()));
    let outcomes = futures::future::join_all(all).await;
    let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(refused.clone().all(|problem| problem.code == Code::LimitReached), "{outcomes:?}");
    devices - refused.count()
}

#[tokio::test]
async fn devices_that_sign_in_at_the_same_instant_are_counted_truly() {
    for replaces_oldest in [false, true] {
        let app = allowing(3).await;
        on_another(&app, bob()).await.unwrap();
        let mine = app.forget_cookies();
        // As many as an address may guess at once: none of them is told to wait.
        let entered = at_once(&app, 5, SignIn { replaces_oldest, ..bob() }).await;
        assert!(entered >= 2, "{entered} of 5");
        app.be(mine);
        let there = match app.send(ListSignIns {}).await {
            Ok(there) => there.len(),
            // The first one had to go.
            Err(_) => {
                app.forget_cookies();
                app.send(SignIn { replaces_oldest: true, ..bob() }).await.unwrap();
                app.send(ListSignIns {}).await.unwrap().len()
            }
        };
        assert!((1..=3).contains(&there), "{there} devices");
    }
}

#[tokio::test]
async fn where_no_device_is_allowed_none_takes_anothers_place() {
    let app = allowing(0).await;
    for replaces_oldest in [false, true] {
        let refused = on_another(&app, SignIn { replaces_oldest, ..bob() }).await.unwrap_err();
        assert_eq!((refused.code, refused.fields), (Code::LimitReached, vec![]));
    }
}

#[tokio::test]
async fn a_sign_in_whose_answer_was_lost_takes_nobodys_place_for_long() {
    let hands = Hands::at_work();
    let app = allowing_at(2, |surroundings| surroundings.clock = hands.clock()).await;
    on_another(&app, bob()).await.unwrap();
    app.send(GetIdentity {}).await.unwrap();
    let used = app.forget_cookies();
    // Never used: the browser has nothing of the answer.
    app.send_and_leave(bob()).await;
    assert_eq!(app.send_afresh(bob()).await.unwrap_err().code, Code::LimitReached);
    hands.forward(std::time::Duration::from_secs(3 * 60));
    on_another(&app, bob()).await.unwrap();
    assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 2, "the lost one is gone");
    app.be(used);
    assert!(app.send(GetIdentity {}).await.unwrap().account.is_some(), "the used one is not");
}
