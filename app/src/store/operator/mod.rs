//! The slice of whoever runs the place: accounts, what they may do, and plans. Loads with its pages.

mod request;
mod update;

use contract::{
    entitlements::{Entitlements, Plan, PutAccountEntitlements, PutPlan, ReplacePlanPrice},
    identity::{Account, AccountPage, ListAccounts, PutAccount, UpdateAccount},
    ids::AccountId,
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};
pub use request::OperatorRequest;

/// What follows from an action of the operator's pages.
pub type OperatorEffect = LazyEffect<OperatorRequest>;

/// What the operator's pages show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperatorState {
    /// Which of them is open, as an operator's route; elsewhere the slice is as if it were not.
    pub page: Option<Route>,
    pub accounts: Resource<ListAccounts, AccountList>,
    /// The account of the page, and what it may do.
    pub account: Resource<AccountId, Account>,
    pub entitlements: Resource<AccountId, Entitlements>,
    pub plans: Resource<(), Vec<Plan>>,
    /// What is made or changed: one thing at a time.
    pub saving: Submission,
    /// The price of a plan, which is a form of its own beside the plan's.
    pub pricing: Submission,
}

/// The pages of a list that were loaded so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountList {
    pub items: Vec<Account>,
    pub next: Option<String>,
    /// The page after these: `Idle` until it is wanted.
    pub more: Submission,
}

/// What can happen to [`OperatorState`].
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorAction {
    Opened(Route),
    /// The viewer asked to try again what failed on this screen, or to see what is stored by now.
    RetryWanted,
    /// A form came to be: what was wrong with another is forgotten.
    FormOpened,

    AccountsAnswered {
        asked: ListAccounts,
        answer: Response<AccountPage>,
    },
    MoreWanted,
    MoreAnswered {
        asked: ListAccounts,
        answer: Response<AccountPage>,
    },
    AccountWanted(PutAccount),
    AccountMade(Response<Account>),

    AccountAnswered {
        id: AccountId,
        answer: Response<Account>,
    },
    AccountChangeWanted(UpdateAccount),
    AccountChanged(Response<Account>),
    EntitlementsAnswered {
        account: AccountId,
        answer: Response<Entitlements>,
    },
    EntitlementsWanted(PutAccountEntitlements),
    EntitlementsSaved {
        account: AccountId,
        answer: Response<Entitlements>,
    },

    PlansAnswered(Response<Vec<Plan>>),
    PlanWanted(PutPlan),
    PlanSaved(Response<Plan>),
    PriceWanted(ReplacePlanPrice),
    PriceSaved(Response<Plan>),
}

impl LazySlice for OperatorState {
    type Action = OperatorAction;
    type Request = OperatorRequest;

    const NAME: &'static str = "operator";
    const IS_PRELOADED: bool = true;

    fn opened(route: Route) -> OperatorAction {
        OperatorAction::Opened(route)
    }

    fn retry_wanted() -> OperatorAction {
        OperatorAction::RetryWanted
    }

    fn update(&mut self, action: OperatorAction) -> Vec<OperatorEffect> {
        update::update(self, action)
    }

    fn is_safe(request: &OperatorRequest) -> bool {
        request.is_safe()
    }

    fn send(client: &Client, request: OperatorRequest) -> impl Future<Output = OperatorAction> {
        request::send(client, request)
    }
}

/// The slice, for its pages.
pub fn operator() -> LazyStore<OperatorState> {
    super::lazy::slice()
}
