//! What is made under a client's own id, asked for again until it is answered.

use contract::{
    Code, Problem, Scope,
    identity::{ListApiTokens, ListProfiles, PutAccount, PutApiToken, ReplaceProfile, SelectProfile, SignIn},
};

use super::{PASSWORD, Scenario, at_every_operation, set_up, sign_in_with};
use crate::support::{TestApp, new_account, new_id, new_profile};

struct Creating {
    profile: ReplaceProfile,
    account: PutAccount,
    token: PutApiToken,
}

/// An answer to what may have been made before.
fn made<T>(answer: Result<T, Problem>) {
    if let Err(problem) = answer {
        assert_eq!(problem.code, Code::VersionConflict, "{problem:?}");
    }
}

impl Scenario for Creating {
    async fn prepare(app: &TestApp) -> Self {
        app.send(set_up()).await.unwrap();
        Self {
            profile: ReplaceProfile { pin: Some("1234".into()), ..new_profile("Kim") },
            account: new_account("bob", "Bob"),
            token: PutApiToken { id: new_id(), name: "backup".into(), scopes: vec![Scope::Read], expires_in_days: None },
        }
    }

    async fn act(&self, app: &TestApp) -> Result<(), Problem> {
        app.send(self.profile.clone()).await?;
        app.send(self.account.clone()).await?;
        app.send(self.token.clone()).await.map(drop)
    }

    async fn check(&self, app: &TestApp, _: Option<Result<(), Problem>>) {
        app.forget_cookies();
        app.send(sign_in_with(PASSWORD)).await.unwrap();
        made(app.send(self.profile.clone()).await);
        made(app.send(self.account.clone()).await);
        made(app.send(self.token.clone()).await);
        let tokens = app.send(ListApiTokens {}).await.unwrap();
        assert_eq!(tokens.iter().map(|token| &token.id).collect::<Vec<_>>(), [&self.token.id]);
        let profiles = app.send(ListProfiles {}).await.unwrap();
        assert_eq!(profiles.iter().filter(|profile| profile.name == "Kim").count(), 1);
        app.send(SelectProfile { id: self.profile.id.clone(), pin: Some("1234".into()) }).await.unwrap();
        app.forget_cookies();
        app.send(SignIn { login: "bob".into(), password: PASSWORD.into(), ..SignIn::default() }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_and_breaks_off_anywhere_is_made_once_when_it_is_asked_for_again() {
    at_every_operation::<Creating>().await;
}
