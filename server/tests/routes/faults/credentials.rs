//! Changing a password while a store fails: one of the two opens the account, and the next try ends what has to end.

use contract::{
    Code, Problem, Scope,
    identity::{ChangePassword, Confirm, DeleteApiToken, ListApiTokens, ListSignIns, PutApiToken},
};

use super::{PASSWORD, Scenario, at_every_operation, set_up, sign_in_with};
use crate::support::{TestApp, new_id};

const NEW: &str = "another horse battery";

fn change(current: &str, new: &str) -> ChangePassword {
    ChangePassword { current: current.into(), new: new.into() }
}

struct ChangingPassword;

impl Scenario for ChangingPassword {
    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        app.forget_cookies();
        app.send(sign_in_with(PASSWORD)).await.unwrap();
        let token = PutApiToken { id: new_id(), name: "backup".into(), scopes: vec![Scope::Read], expires_in_days: None };
        app.send(token).await.unwrap();
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(change(PASSWORD, NEW)).await
    }

    async fn check(&self, app: &TestApp, outcome: Option<Result<(), Problem>>) {
        app.forget_cookies();
        let current = match app.send(sign_in_with(NEW)).await {
            Ok(_) => NEW,
            Err(problem) => {
                assert_eq!(problem.code, Code::WrongCredentials);
                app.send(sign_in_with(PASSWORD)).await.unwrap();
                PASSWORD
            }
        };
        if outcome.is_some_and(|outcome| outcome.is_ok()) {
            assert_eq!(current, NEW);
            assert_eq!(app.send(ListApiTokens {}).await.unwrap(), []);
        }
        app.send(change(current, "a third horse battery")).await.unwrap();
        assert_eq!(app.send(ListApiTokens {}).await.unwrap(), []);
        assert_eq!(app.send(ListSignIns {}).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_password_that_breaks_off_anywhere_can_be_tried_again() {
    at_every_operation::<ChangingPassword>().await;
}

struct Confirming;

impl Scenario for Confirming {
    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        Self
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(Confirm { password: Some(PASSWORD.into()), ..Confirm::default() }).await?;
        app.send(DeleteApiToken { id: "nothing".parse().unwrap() }).await
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        app.send(Confirm { password: Some(PASSWORD.into()), ..Confirm::default() }).await.unwrap();
        let missing = app.send(DeleteApiToken { id: "nothing".parse().unwrap() }).await.unwrap_err();
        assert_eq!(missing.code, Code::NotFound, "confirmed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_breaks_off_anywhere_can_be_tried_again() {
    at_every_operation::<Confirming>().await;
}
