//! What the operator's pages ask of the server.

use contract::{
    Code,
    entitlements::{GetAccountEntitlements, ListPlans, PutAccountEntitlements, PutPlan, ReplacePlanPrice},
    identity::{GetAccount, ListAccounts, PutAccount, UpdateAccount},
};

use super::OperatorAction;
use crate::client::Client;

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorRequest {
    Accounts(ListAccounts),
    /// A further page of the list on the screen.
    MoreAccounts(ListAccounts),
    AddAccount(PutAccount),
    Account(GetAccount),
    ChangeAccount(UpdateAccount),
    Entitlements(GetAccountEntitlements),
    PutEntitlements(PutAccountEntitlements),
    Plans(ListPlans),
    PutPlan(PutPlan),
    PutPrice(ReplacePlanPrice),
}

impl OperatorRequest {
    /// Whether asking changes nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Accounts(_) | Self::MoreAccounts(_) | Self::Account(_) | Self::Entitlements(_) | Self::Plans(_) => true,
            Self::AddAccount(_) | Self::ChangeAccount(_) | Self::PutEntitlements(_) | Self::PutPlan(_) | Self::PutPrice(_) => {
                false
            }
        }
    }
}

/// Sends one request and makes an action of the answer.
pub async fn send(client: &Client, request: OperatorRequest) -> OperatorAction {
    use OperatorAction as Action;
    use OperatorRequest as Request;
    match request {
        Request::Accounts(asked) => Action::AccountsAnswered { answer: client.send(asked.clone()).await, asked },
        Request::MoreAccounts(asked) => Action::MoreAnswered { answer: client.send(asked.clone()).await, asked },
        Request::AddAccount(call) => {
            let id = call.id.clone();
            let made = client.send(call).await;
            // An earlier request arrived, whose answer was lost.
            let was_made = made.as_ref().is_err_and(|problem| problem.code == Code::VersionConflict);
            Action::AccountMade(if was_made { client.send(GetAccount { id }).await } else { made })
        }
        Request::Account(call) => Action::AccountAnswered { id: call.id.clone(), answer: client.send(call).await },
        Request::ChangeAccount(call) => Action::AccountChanged(client.send(call).await),
        Request::Entitlements(call) => {
            Action::EntitlementsAnswered { account: call.account.clone(), answer: client.send(call).await }
        }
        Request::PutEntitlements(call) => {
            Action::EntitlementsSaved { account: call.account.clone(), answer: client.send(call).await }
        }
        Request::Plans(call) => Action::PlansAnswered(client.send(call).await),
        Request::PutPlan(call) => Action::PlanSaved(client.send(call).await),
        Request::PutPrice(call) => Action::PriceSaved(client.send(call).await),
    }
}
