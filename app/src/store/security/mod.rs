//! The slice of what protects one's own account: the authenticator app, its recovery codes, passkeys. Loads with the account
//! page.
//!
//! Must forget secrets and codes as soon as the viewer has seen them or goes elsewhere.

mod request;
mod update;

use contract::{
    Problem,
    identity::{ConfirmTotp, NewTotp, Passkey, RecoveryCodes, RemoveTotp, RenewRecoveryCodes, Security as Overview},
    ids::PasskeyId,
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
    step_up::{StepUp, StepUpAction},
};
use crate::{client::Client, route::Route};
pub use request::SecurityRequest;

/// What follows from an action of security.
pub type SecurityEffect = LazyEffect<SecurityRequest>;

/// What protects the account, and what is being changed about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Security {
    pub overview: Resource<(), Overview>,
    /// A secret that an app is being told; never written into a page.
    #[serde(skip)]
    pub totp: Resource<(), NewTotp>,
    /// Codes that the viewer has to keep now; never written into a page.
    #[serde(skip)]
    pub codes: Option<RecoveryCodes>,
    /// What needs a code or the password: `Pending` while it is on its way.
    pub change: Submission,
    /// A passkey on its way in or out.
    pub passkey: Submission,
    /// A change that waits for the viewer to confirm; never written into a page.
    #[serde(skip)]
    pub step_up: StepUp<SecurityRequest>,
}

/// What can happen to [`Security`].
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,
    OverviewAnswered(Response<Overview>),

    /// The viewer has an app to be told a secret.
    TotpWanted,
    TotpStarted(Response<NewTotp>),
    /// The viewer wants no app after all.
    TotpGivenUp,
    ConfirmWanted(ConfirmTotp),
    RenewWanted(RenewRecoveryCodes),
    /// The app proved itself, or the codes are new.
    CodesAnswered(Response<RecoveryCodes>),
    CopyWanted,
    Copied(bool),
    /// The viewer has kept the codes.
    CodesKept,
    RemoveWanted(RemoveTotp),
    Removed(Response<()>),

    PasskeyWanted,
    /// Added; or nothing, where the viewer changed their mind.
    PasskeyAnswered(Option<Response<Passkey>>),
    PasskeyRemovalWanted {
        id: PasskeyId,
    },
    PasskeyRemoved(Response<()>),

    /// The server wants a factor before it makes this change.
    Held(SecurityRequest),
    StepUp(StepUpAction),
}

impl LazySlice for Security {
    type Action = SecurityAction;
    type Request = SecurityRequest;

    const NAME: &'static str = "security";

    fn opened(route: Route) -> SecurityAction {
        SecurityAction::Opened(route)
    }

    fn retry_wanted() -> SecurityAction {
        SecurityAction::RetryWanted
    }

    fn update(&mut self, action: SecurityAction) -> Vec<SecurityEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &SecurityRequest) -> bool {
        request.is_safe()
    }

    fn send(client: &Client, request: SecurityRequest) -> impl Future<Output = SecurityAction> {
        request::send(client, request)
    }
}

/// The slice, for the account page.
pub fn security() -> LazyStore<Security> {
    super::lazy::slice()
}

impl Security {
    /// Why the code or the password was refused.
    pub fn refusal(&self) -> Option<Problem> {
        self.change.failed().cloned()
    }
}
