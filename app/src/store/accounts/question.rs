//! What the pages of accounts ask of the server.

use contract::identity::{
    ChangePassword, CreateProfile, DeleteProfile, EndOtherSignIns, EndSignIn, GetIdentity, ListProfiles, ListSignIns,
    ReplaceProfile, SelectProfile, SetUp, SignIn, SignOut,
};

use super::AccountsAction;
use crate::client::Client;

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountsQuestion {
    Identity(GetIdentity),
    Devices(ListSignIns),
    SetUp(SetUp),
    SignIn(SignIn),
    SignOut(SignOut),
    EndDevice(EndSignIn),
    EndOtherDevices(EndOtherSignIns),
    Password(ChangePassword),
    Profiles(ListProfiles),
    Select(SelectProfile),
    AddProfile(CreateProfile),
    ReplaceProfile(ReplaceProfile),
    DeleteProfile(DeleteProfile),
}

impl AccountsQuestion {
    /// Whether asking changes nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Identity(_) | Self::Devices(_) | Self::Profiles(_) => true,
            Self::SetUp(_)
            | Self::SignIn(_)
            | Self::SignOut(_)
            | Self::EndDevice(_)
            | Self::EndOtherDevices(_)
            | Self::Password(_)
            | Self::Select(_)
            | Self::AddProfile(_)
            | Self::ReplaceProfile(_)
            | Self::DeleteProfile(_) => false,
        }
    }
}

/// Asks one question and makes an action of the answer.
pub async fn ask(client: &Client, question: AccountsQuestion) -> AccountsAction {
    use AccountsAction as Action;
    use AccountsQuestion as Question;
    match question {
        Question::Identity(call) => Action::IdentityAnswered(client.send(call).await),
        Question::Devices(call) => Action::DevicesAnswered(client.send(call).await),
        Question::SetUp(call) => Action::Entered(client.send(call).await),
        Question::SignIn(call) => Action::Entered(client.send(call).await),
        Question::SignOut(call) => Action::Left(client.send(call).await),
        Question::EndDevice(call) => Action::DevicesEnded(client.send(call).await),
        Question::EndOtherDevices(call) => Action::DevicesEnded(client.send(call).await),
        Question::Password(call) => Action::PasswordAnswered(client.send(call).await),
        Question::Profiles(call) => Action::ProfilesAnswered(client.send(call).await),
        Question::Select(call) => Action::Selected(client.send(call).await),
        Question::AddProfile(call) => Action::ProfileSaved(client.send(call).await),
        Question::ReplaceProfile(call) => Action::ProfileSaved(client.send(call).await),
        Question::DeleteProfile(call) => Action::ProfileDeleted { id: call.id.clone(), answer: client.send(call).await },
    }
}
