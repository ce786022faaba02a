//! The slice of what protects one's own account: the authenticator app, its recovery codes, passkeys. Loads with the account
//! page.
//!
//! Must forget secrets and codes as soon as the viewer has seen them or goes elsewhere.

mod question;
mod update;

use contract::{
    Problem,
    identity::{ConfirmTotp, NewTotp, Passkey, RecoveryCodes, RemoveTotp, RenewRecoveryCodes, Security as Overview},
    ids::PasskeyId,
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Answer,
    lazy::{LazyEffect, LazySlice, LazyStore},
    step_up::{StepUp, StepUpAction},
};
use crate::{client::Client, route::Route};
pub use question::SecurityQuestion;

/// What follows from an action of security.
pub type SecurityEffect = LazyEffect<SecurityQuestion>;

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
    pub step_up: StepUp<SecurityQuestion>,
}

/// What can happen to [`Security`].
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen.
    RetryWanted,
    OverviewAnswered(Answer<Overview>),

    /// The viewer has an app to be told a secret.
    TotpWanted,
    TotpStarted(Answer<NewTotp>),
    /// The viewer wants no app after all.
    TotpGivenUp,
    ConfirmWanted(ConfirmTotp),
    RenewWanted(RenewRecoveryCodes),
    /// The app proved itself, or the codes are new.
    CodesAnswered(Answer<RecoveryCodes>),
    CopyWanted,
    Copied(bool),
    /// The viewer has kept the codes.
    CodesKept,
    RemoveWanted(RemoveTotp),
    Removed(Answer<()>),

    PasskeyWanted,
    /// Added; or nothing, where the viewer changed their mind.
    PasskeyAnswered(Option<Answer<Passkey>>),
    PasskeyRemovalWanted {
        id: PasskeyId,
    },
    PasskeyRemoved(Answer<()>),

    /// The server wants a factor before it makes this change.
    Held(SecurityQuestion),
    StepUp(StepUpAction),
}

impl LazySlice for Security {
    type Action = SecurityAction;
    type Question = SecurityQuestion;

    const ELEMENT_ID: &'static str = "state-security";

    fn opened(route: Route) -> SecurityAction {
        SecurityAction::Opened(route)
    }

    fn retry_wanted() -> SecurityAction {
        SecurityAction::RetryWanted
    }

    fn update(&mut self, action: SecurityAction) -> Vec<SecurityEffect> {
        update::update(self, action)
    }

    fn is_safe(question: &SecurityQuestion) -> bool {
        question.is_safe()
    }

    fn ask(client: &Client, question: SecurityQuestion) -> impl Future<Output = SecurityAction> {
        question::ask(client, question)
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
