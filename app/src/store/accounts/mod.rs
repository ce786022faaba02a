//! The slice of accounts: signing in, one's own account, who watches with it. Loads with its pages.

mod profiles;
mod request;
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
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
    step_up::{StepUp, StepUpAction},
};
use crate::{client::Client, route::Route};
pub use request::AccountsRequest;

/// What follows from an action of accounts.
pub type AccountsEffect = LazyEffect<AccountsRequest>;

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
    /// Signing out: `Done` once it is done and the screen is about to be loaded anew.
    pub leaving: Submission,
    /// A new password.
    pub password: Submission,
    pub profiles: Resource<(), Vec<Profile>>,
    /// Who watches from now on: `Done` once it is said and the screen is about to be loaded anew.
    pub choosing: Submission,
    /// A profile that is made, changed or taken away.
    pub saving: Submission,
    /// A choice or a change that waits for the viewer to confirm; never written into a page.
    #[serde(skip)]
    pub step_up: StepUp<AccountsRequest>,
}

/// What can happen to [`Accounts`].
#[derive(Clone, Debug, PartialEq)]
pub enum AccountsAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,

    /// The profile menu was opened, on whichever page.
    MenuOpened {
        is_signed_in: bool,
    },
    IdentityAnswered(Response<Identity>),
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
    Entered(Response<Account>),
    SignOutWanted,
    Left(Response<SignedOut>),

    DevicesAnswered(Response<Vec<SignedInDevice>>),
    EndDeviceWanted {
        id: SignInId,
    },
    EndOtherDevicesWanted,
    DevicesEnded(Response<()>),
    PasswordWanted(ChangePassword),
    PasswordAnswered(Response<()>),

    ProfilesAnswered(Response<Vec<Profile>>),
    SelectWanted(SelectProfile),
    Selected(Response<Profile>),
    /// The viewer turned to another side of the page: what was wrong before is forgotten.
    ProfileFormOpened,
    ProfileWanted(ReplaceProfile),
    ProfileDeleteWanted(DeleteProfile),
    ProfileSaved(Response<Profile>),
    ProfileDeleted {
        id: ProfileId,
        answer: Response<()>,
    },
    /// The server wants a factor before it does this.
    Held(AccountsRequest),
    StepUp(StepUpAction),
}

impl LazySlice for Accounts {
    type Action = AccountsAction;
    type Request = AccountsRequest;

    const NAME: &'static str = "accounts";
    const IS_PRELOADED: bool = true;

    fn opened(route: Route) -> AccountsAction {
        AccountsAction::Opened(route)
    }

    fn retry_wanted() -> AccountsAction {
        AccountsAction::RetryWanted
    }

    fn update(&mut self, action: AccountsAction) -> Vec<AccountsEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &AccountsRequest) -> bool {
        request.is_safe()
    }

    fn send(client: &Client, request: AccountsRequest) -> impl Future<Output = AccountsAction> {
        request::send(client, request)
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

    /// Whether somebody else watches from now on, or nobody, and the screen is about to be loaded anew.
    pub fn has_viewer_changed(&self) -> bool {
        self.choosing == Submission::Done || self.leaving == Submission::Done
    }
}
