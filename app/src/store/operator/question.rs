//! What the operator's pages ask of the server.

use contract::{
    Code,
    entitlements::{GetAccountEntitlements, ListPlans, PutAccountEntitlements, PutPlan},
    identity::{GetAccount, ListAccounts, PutAccount, UpdateAccount},
};

use super::OperatorAction;
use crate::client::Client;

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum OperatorQuestion {
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
}

impl OperatorQuestion {
    /// Whether asking changes nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Accounts(_) | Self::MoreAccounts(_) | Self::Account(_) | Self::Entitlements(_) | Self::Plans(_) => true,
            Self::AddAccount(_) | Self::ChangeAccount(_) | Self::PutEntitlements(_) | Self::PutPlan(_) => false,
        }
    }
}

/// Asks one question and makes an action of the answer.
pub async fn ask(client: &Client, question: OperatorQuestion) -> OperatorAction {
    use OperatorAction as Action;
    use OperatorQuestion as Question;
    match question {
        Question::Accounts(asked) => Action::AccountsAnswered { answer: client.send(asked.clone()).await, asked },
        Question::MoreAccounts(asked) => Action::MoreAnswered { answer: client.send(asked.clone()).await, asked },
        Question::AddAccount(call) => {
            let id = call.id.clone();
            let made = client.send(call).await;
            // An earlier request arrived, whose answer was lost.
            let was_made = made.as_ref().is_err_and(|problem| problem.code == Code::VersionConflict);
            Action::AccountMade(if was_made { client.send(GetAccount { id }).await } else { made })
        }
        Question::Account(call) => Action::AccountAnswered { id: call.id.clone(), answer: client.send(call).await },
        Question::ChangeAccount(call) => Action::AccountChanged(client.send(call).await),
        Question::Entitlements(call) => {
            Action::EntitlementsAnswered { account: call.account.clone(), answer: client.send(call).await }
        }
        Question::PutEntitlements(call) => {
            Action::EntitlementsSaved { account: call.account.clone(), answer: client.send(call).await }
        }
        Question::Plans(call) => Action::PlansAnswered(client.send(call).await),
        Question::PutPlan(call) => Action::PlanSaved(client.send(call).await),
    }
}
