//! Whoever was let out, or let down, changes nothing from that moment on, however warm their session is.

use contract::{
    Code, Scope,
    identity::{
        Account, AccountRole, ChangePassword, ListAccounts, ListSignIns, PutAccount, PutApiToken, ReplaceProfile, SetUp, SignIn,
        StartTotp, UpdateAccount,
    },
};

use crate::support::{Cookies, TestApp, new_account, new_id, new_profile};

const PASSWORD: &str = "correct horse battery";
const NEW: &str = "another horse battery";

async fn set_up(app: &TestApp) -> Account {
    app.send(SetUp { login: "ada".into(), name: "Ada".into(), password: PASSWORD.into() }).await.unwrap()
}

fn sign_in(login: &str, password: &str) -> SignIn {
    SignIn { login: login.into(), password: password.into(), ..SignIn::default() }
}

fn account(login: &str, role: AccountRole) -> PutAccount {
    PutAccount { role, ..new_account(login, login) }
}

/// Another device, that was let in and read something a moment ago.
async fn warm(app: &TestApp, login: &str) -> Cookies {
    let mine = app.forget_cookies();
    app.send(sign_in(login, PASSWORD)).await.unwrap();
    app.send(ListSignIns {}).await.unwrap();
    let theirs = app.cookies();
    app.be(mine);
    theirs
}

#[tokio::test]
async fn a_device_that_was_signed_out_makes_itself_nothing_that_lasts() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let thief = warm(&app, "ada").await;
    app.send(ChangePassword { current: PASSWORD.into(), new: NEW.into() }).await.unwrap();
    app.be(thief);
    let token = PutApiToken { id: new_id(), name: "script".into(), scopes: vec![Scope::Read], expires_in_days: None };
    assert_eq!(app.send(token).await.unwrap_err().code, Code::SignInRequired);
    assert_eq!(app.send(StartTotp {}).await.unwrap_err().code, Code::SignInRequired);
    assert_eq!(app.send(new_profile("Mine")).await.unwrap_err().code, Code::SignInRequired);
}

#[tokio::test]
async fn an_operator_who_is_none_any_more_makes_no_other() {
    let app = TestApp::start().await;
    set_up(&app).await;
    for (login, change) in [
        ("bob", UpdateAccount { id: new_id(), role: Some(AccountRole::Member), is_disabled: None, removes_factors: false }),
        ("eve", UpdateAccount { id: new_id(), role: None, is_disabled: Some(true), removes_factors: false }),
    ] {
        let other = app.send(account(login, AccountRole::Operator)).await.unwrap();
        let theirs = warm(&app, login).await;
        app.send(UpdateAccount { id: other.id, ..change }).await.unwrap();
        let mine = app.be(theirs);
        let refused = app.send(account("mallory", AccountRole::Operator)).await.unwrap_err().code;
        assert!(matches!(refused, Code::NotAllowed | Code::SignInRequired), "{refused:?}");
        app.be(mine);
    }
    assert_eq!(app.send(ListAccounts::default()).await.unwrap().items.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_was_under_way_with_the_old_password_does_not_outlive_its_change() {
    let app = TestApp::start().await;
    set_up(&app).await;
    for round in 0..4 {
        let (old, new) = if round % 2 == 0 { (PASSWORD, NEW) } else { (NEW, PASSWORD) };
        let other = app.beside(|_| {}).await;
        let change = async {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            app.send(ChangePassword { current: old.into(), new: new.into() }).await
        };
        let entering = futures::future::join_all((0..6).map(|_| other.send(sign_in("ada", old))));
        let (changed, entered) = tokio::join!(change, entering);
        changed.unwrap();
        assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 1, "round {round}: {entered:?}");
    }
}

#[tokio::test]
async fn of_many_who_change_a_profile_with_a_pin_at_once_one_does() {
    let app = TestApp::start().await;
    set_up(&app).await;
    let kim = app.send(new_profile("Kim")).await.unwrap();
    let change = |pin: usize| {
        let call =
            ReplaceProfile { id: kim.id.clone(), expected_version: Some(1), pin: Some(format!("{pin}")), ..new_profile("Kim") };
        app.send(call)
    };
    let changed = futures::future::join_all((1111..1115).map(change)).await;
    assert_eq!(changed.iter().filter(|changed| changed.is_ok()).count(), 1, "{changed:?}");
}
