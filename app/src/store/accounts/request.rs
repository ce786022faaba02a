//! What the pages of accounts ask of the server.

use contract::{
    Code, Problem,
    identity::{
        ChangePassword, DeleteProfile, EndOtherSignIns, EndSignIn, FinishPasskeySignIn, GetIdentity, ListProfiles, ListSignIns,
        Profile, ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut, StartPasskeySignIn,
    },
    ids::ProfileId,
};

use super::AccountsAction;
use crate::{
    client::Client,
    store::{
        action::Response,
        run::authenticator,
        step_up::{self, StepUpRequest},
    },
};

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountsRequest {
    Identity(GetIdentity),
    Devices(ListSignIns),
    SetUp(SetUp),
    SignIn(SignIn),
    /// Both halves of it: the server's request, and the authenticator's answer.
    SignInWithPasskey {
        replaces_oldest: bool,
    },
    SignOut(SignOut),
    EndDevice(EndSignIn),
    EndOtherDevices(EndOtherSignIns),
    Password(ChangePassword),
    Profiles(ListProfiles),
    Select(SelectProfile),
    ReplaceProfile(ReplaceProfile),
    DeleteProfile(DeleteProfile),
    StepUp(StepUpRequest),
}

impl AccountsRequest {
    /// Whether asking changes nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Identity(_) | Self::Devices(_) | Self::Profiles(_) => true,
            Self::SetUp(_)
            | Self::SignIn(_)
            | Self::SignInWithPasskey { .. }
            | Self::SignOut(_)
            | Self::EndDevice(_)
            | Self::EndOtherDevices(_)
            | Self::Password(_)
            | Self::Select(_)
            | Self::ReplaceProfile(_)
            | Self::DeleteProfile(_)
            | Self::StepUp(_) => false,
        }
    }
}

/// Sends one request and makes an action of the answer.
pub async fn send(client: &Client, request: AccountsRequest) -> AccountsAction {
    use AccountsAction as Action;
    use AccountsRequest as Request;
    match request {
        Request::Identity(call) => Action::IdentityAnswered(client.send(call).await),
        Request::Devices(call) => Action::DevicesAnswered(client.send(call).await),
        Request::SetUp(call) => Action::Entered(client.send(call).await),
        Request::SignIn(call) => Action::Entered(client.send(call).await),
        Request::SignInWithPasskey { replaces_oldest } => sign_in_with_passkey(client, replaces_oldest).await,
        Request::SignOut(call) => Action::Left(client.send(call).await),
        Request::EndDevice(call) => Action::DevicesEnded(client.send(call).await),
        Request::EndOtherDevices(call) => Action::DevicesEnded(client.send(call).await),
        Request::Password(call) => Action::PasswordAnswered(client.send(call).await),
        Request::Profiles(call) => Action::ProfilesAnswered(client.send(call).await),
        Request::Select(call) => {
            let chosen = client.send(call.clone()).await;
            if step_up::is_refused(&chosen) { Action::Held(Request::Select(call)) } else { Action::Selected(chosen) }
        }
        Request::ReplaceProfile(call) => save_profile(client, call).await,
        Request::DeleteProfile(call) => Action::ProfileDeleted { id: call.id.clone(), answer: client.send(call).await },
        Request::StepUp(request) => Action::StepUp(step_up::send(client, request).await),
    }
}

/// Where an earlier request for a new profile arrived and its answer was lost, what was typed since then counts.
async fn save_profile(client: &Client, mut call: ReplaceProfile) -> AccountsAction {
    let mut saved = client.send(call.clone()).await;
    if was_made(&call, &saved) {
        match made(client, &call.id).await {
            Ok(profile) => {
                call.expected_version = Some(profile.version);
                saved = client.send(call.clone()).await;
            }
            Err(problem) => saved = Err(problem),
        }
    }
    if step_up::is_refused(&saved) {
        AccountsAction::Held(AccountsRequest::ReplaceProfile(call))
    } else {
        AccountsAction::ProfileSaved(saved)
    }
}

/// Whether a profile is there because an earlier request for it arrived, whose answer was lost.
fn was_made(call: &ReplaceProfile, answer: &Response<Profile>) -> bool {
    call.expected_version == Some(0) && answer.as_ref().is_err_and(|problem| problem.code == Code::VersionConflict)
}

/// The profile that was made.
async fn made(client: &Client, id: &ProfileId) -> Response<Profile> {
    let profiles = client.send(ListProfiles {}).await?;
    profiles.into_iter().find(|profile| profile.id == *id).ok_or_else(|| Problem::not_found("profile"))
}

async fn sign_in_with_passkey(client: &Client, replaces_oldest: bool) -> AccountsAction {
    let asked = match client.send(StartPasskeySignIn {}).await {
        Ok(asked) => asked,
        Err(problem) => return AccountsAction::Entered(Err(problem)),
    };
    match authenticator::get(&asked.options).await {
        Some(credential) => {
            AccountsAction::Entered(client.send(FinishPasskeySignIn { ceremony: asked.id, credential, replaces_oldest }).await)
        }
        None => AccountsAction::PasskeyGivenUp,
    }
}
