//! The slice of accounts: signing in, one's own account, who watches with it. Loads with its pages.

mod profiles;
mod question;
mod update;

use contract::{
    Problem,
    identity::{
        Account, ChangePassword, DeleteProfile, Identity, Profile, ReplaceProfile, SelectProfile, SetUp, SignIn, SignedInDevice,
        SignedOut,
    },
    ids::{ProfileId, SignInId},
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Answer,
    lazy::{LazyEffect, LazySlice, LazyStore},
    step_up::{StepUp, StepUpAction},
};
use crate::{client::Client, route::Route};
pub use question::AccountsQuestion;

/// What follows from an action of accounts.
pub type AccountsEffect = LazyEffect<AccountsQuestion>;

/// Who is signed in, and what they are about to change about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accounts {
    /// Which of its pages is open, so that an answer knows what to ask next; elsewhere the slice is as if it were not.
    pub page: Option<Route>,
    pub identity: Resource<(), Identity>,
    pub devices: Resource<(), Vec<SignedInDevice>>,
    /// Signing in, setting up: `Done` once it is done and the screen is about to be loaded anew.
    pub entering: Submission,
    /// The name and the password were right, and the account asks for a code, too.
    pub needs_code: bool,
    /// A new password.
    pub password: Submission,
    pub profiles: Resource<(), Vec<Profile>>,
    /// Who watches from now on: `Done` once it is said and the screen is about to be loaded anew.
    pub choosing: Submission,
    /// A profile that is made, changed or taken away.
    pub saving: Submission,
    /// A choice or a change that waits for the viewer to confirm; never written into a page.
    #[serde(skip)]
    pub step_up: StepUp<AccountsQuestion>,
}

/// What can happen to [`Accounts`].
#[derive(Clone, Debug, PartialEq)]
pub enum AccountsAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,

    IdentityAnswered(Answer<Identity>),
    /// The viewer makes the first account.
    SetUpWanted(SetUp),
    SignInWanted(SignIn),
    /// The viewer goes back from the code to the name and the password.
    CodeGivenUp,
    PasskeyWanted {
        replaces_oldest: bool,
    },
    /// The viewer changed their mind, or has no passkey.
    PasskeyGivenUp,
    /// Signed in, or set up.
    Entered(Answer<Account>),
    SignOutWanted,
    Left(Answer<SignedOut>),

    DevicesAnswered(Answer<Vec<SignedInDevice>>),
    EndDeviceWanted {
        id: SignInId,
    },
    EndOtherDevicesWanted,
    DevicesEnded(Answer<()>),
    PasswordWanted(ChangePassword),
    PasswordAnswered(Answer<()>),

    ProfilesAnswered(Answer<Vec<Profile>>),
    SelectWanted(SelectProfile),
    Selected(Answer<Profile>),
    /// The viewer turned to another side of the page: what was wrong before is forgotten.
    ProfileFormOpened,
    ProfileWanted(ReplaceProfile),
    ProfileDeleteWanted(DeleteProfile),
    ProfileSaved(Answer<Profile>),
    ProfileDeleted {
        id: ProfileId,
        answer: Answer<()>,
    },
    /// The server wants a factor before it does this.
    Held(AccountsQuestion),
    StepUp(StepUpAction),
}

impl LazySlice for Accounts {
    type Action = AccountsAction;
    type Question = AccountsQuestion;

    const ELEMENT_ID: &'static str = "state-accounts";

    fn opened(route: Route) -> AccountsAction {
        AccountsAction::Opened(route)
    }

    fn retry_wanted() -> AccountsAction {
        AccountsAction::RetryWanted
    }

    fn update(&mut self, action: AccountsAction) -> Vec<AccountsEffect> {
        update::update(self, action)
    }

    fn is_safe(question: &AccountsQuestion) -> bool {
        question.is_safe()
    }

    fn ask(client: &Client, question: AccountsQuestion) -> impl Future<Output = AccountsAction> {
        question::ask(client, question)
    }
}

/// The slice, for its pages.
pub fn accounts() -> LazyStore<Accounts> {
    super::lazy::slice()
}

impl Accounts {
    /// Why signing in or setting up was refused.
    pub fn refusal(&self) -> Option<Problem> {
        self.entering.failed().cloned()
    }
}
