//! What the section on security asks of the server, and of the browser's authenticator.

use contract::identity::{
    AddPasskey, ConfirmTotp, DeletePasskey, GetSecurity, Passkey, RecoveryCodes, RemoveTotp, RenewRecoveryCodes, StartPasskey,
    StartTotp,
};

use super::SecurityAction;
use crate::{
    client::Client,
    store::{
        action::Answer,
        run::authenticator,
        step_up::{self, StepUpQuestion},
    },
};

/// A call to the server, or a question to the browser.
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityQuestion {
    Overview(GetSecurity),
    StartTotp(StartTotp),
    Confirm(ConfirmTotp),
    Renew(RenewRecoveryCodes),
    Remove(RemoveTotp),
    /// Both halves of it: the server's question, and the authenticator's answer.
    AddPasskey,
    DeletePasskey(DeletePasskey),
    Copy(RecoveryCodes),
    StepUp(StepUpQuestion),
}

impl SecurityQuestion {
    /// Whether asking changes nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(&self) -> bool {
        match self {
            Self::Overview(_) => true,
            Self::StartTotp(_)
            | Self::Confirm(_)
            | Self::Renew(_)
            | Self::Remove(_)
            | Self::AddPasskey
            | Self::DeletePasskey(_)
            | Self::Copy(_)
            | Self::StepUp(_) => false,
        }
    }
}

/// Asks one question and makes an action of the answer; a change that wants a factor first is held.
pub async fn ask(client: &Client, question: SecurityQuestion) -> SecurityAction {
    let held = question.clone();
    let action = ask_at_once(client, question).await;
    if wants_factor(&action) { SecurityAction::Held(held) } else { action }
}

fn wants_factor(action: &SecurityAction) -> bool {
    use SecurityAction as Action;
    match action {
        Action::TotpStarted(answer) => step_up::is_refused(answer),
        Action::CodesAnswered(answer) => step_up::is_refused(answer),
        Action::PasskeyAnswered(answer) => answer.as_ref().is_some_and(step_up::is_refused),
        Action::Removed(answer) | Action::PasskeyRemoved(answer) => step_up::is_refused(answer),
        Action::Opened(_)
        | Action::RetryWanted
        | Action::OverviewAnswered(_)
        | Action::TotpWanted
        | Action::TotpGivenUp
        | Action::ConfirmWanted(_)
        | Action::RenewWanted(_)
        | Action::CopyWanted
        | Action::Copied(_)
        | Action::CodesKept
        | Action::RemoveWanted(_)
        | Action::PasskeyWanted
        | Action::PasskeyRemovalWanted { .. }
        | Action::Held(_)
        | Action::StepUp(_) => false,
    }
}

async fn ask_at_once(client: &Client, question: SecurityQuestion) -> SecurityAction {
    use SecurityAction as Action;
    use SecurityQuestion as Question;
    match question {
        Question::Overview(call) => Action::OverviewAnswered(client.send(call).await),
        Question::StartTotp(call) => Action::TotpStarted(client.send(call).await),
        Question::Confirm(call) => Action::CodesAnswered(client.send(call).await),
        Question::Renew(call) => Action::CodesAnswered(client.send(call).await),
        Question::Remove(call) => Action::Removed(client.send(call).await),
        Question::AddPasskey => Action::PasskeyAnswered(add_passkey(client).await),
        Question::DeletePasskey(call) => Action::PasskeyRemoved(client.send(call).await),
        Question::StepUp(question) => Action::StepUp(step_up::ask(client, question).await),
        Question::Copy(codes) => Action::Copied(authenticator::copy(&codes.recovery_codes.join("\n")).await),
    }
}

async fn add_passkey(client: &Client) -> Option<Answer<Passkey>> {
    let asked = match client.send(StartPasskey {}).await {
        Ok(asked) => asked,
        Err(problem) => return Some(Err(problem)),
    };
    let credential = authenticator::create(&asked.options).await?;
    Some(client.send(AddPasskey { ceremony: asked.id, name: None, credential }).await)
}
