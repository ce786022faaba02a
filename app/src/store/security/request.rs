//! What the section on security asks of the server, and of the browser's authenticator.

use contract::identity::{
    AddPasskey, ConfirmTotp, DeletePasskey, GetSecurity, Passkey, RecoveryCodes, RemoveTotp, RenewRecoveryCodes, StartPasskey,
    StartTotp,
};

use super::SecurityAction;
use crate::{
    client::Client,
    store::{
        action::Response,
        run::authenticator,
        step_up::{self, StepUpRequest},
    },
};

/// A call to the server, or a request to the browser.
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityRequest {
    Overview(GetSecurity),
    StartTotp(StartTotp),
    Confirm(ConfirmTotp),
    Renew(RenewRecoveryCodes),
    Remove(RemoveTotp),
    /// Both halves of it: the server's request, and the authenticator's answer.
    AddPasskey,
    DeletePasskey(DeletePasskey),
    Copy(RecoveryCodes),
    StepUp(StepUpRequest),
}

impl SecurityRequest {
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

/// Sends one request and makes an action of the answer; a change that wants a factor first is held.
pub async fn send(client: &Client, request: SecurityRequest) -> SecurityAction {
    let held = request.clone();
    let action = send_at_once(client, request).await;
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

async fn send_at_once(client: &Client, request: SecurityRequest) -> SecurityAction {
    use SecurityAction as Action;
    use SecurityRequest as Request;
    match request {
        Request::Overview(call) => Action::OverviewAnswered(client.send(call).await),
        Request::StartTotp(call) => Action::TotpStarted(client.send(call).await),
        Request::Confirm(call) => Action::CodesAnswered(client.send(call).await),
        Request::Renew(call) => Action::CodesAnswered(client.send(call).await),
        Request::Remove(call) => Action::Removed(client.send(call).await),
        Request::AddPasskey => Action::PasskeyAnswered(add_passkey(client).await),
        Request::DeletePasskey(call) => Action::PasskeyRemoved(client.send(call).await),
        Request::StepUp(request) => Action::StepUp(step_up::send(client, request).await),
        Request::Copy(codes) => Action::Copied(authenticator::copy(&codes.recovery_codes.join("\n")).await),
    }
}

async fn add_passkey(client: &Client) -> Option<Response<Passkey>> {
    let asked = match client.send(StartPasskey {}).await {
        Ok(asked) => asked,
        Err(problem) => return Some(Err(problem)),
    };
    let credential = authenticator::create(&asked.options).await?;
    Some(client.send(AddPasskey { ceremony: asked.id, name: None, credential }).await)
}
