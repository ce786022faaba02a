//! Confirming that it is oneself who asks: a change that the server refused for want of it is held, and asked again once a
//! factor was shown. A part of the slices whose changes ask for it.
//!
//! Must never hold longer than its page is open: what is held may carry a secret.

use contract::{
    Code, Problem,
    identity::{Confirm, Confirmation, GetConfirmation, PasskeyAnswer, StartConfirmation},
};

use super::{Resource, Submission, action::Response, run::authenticator};
use crate::client::Client;

/// What is held, and how far its holder has come with confirming.
#[derive(Clone, Debug, PartialEq)]
pub struct StepUp<Q> {
    held: Option<Q>,
    /// What confirms.
    pub ways: Resource<(), Confirmation>,
    /// `Pending` while a factor is on its way.
    pub confirming: Submission,
}

/// What can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum StepUpAction {
    WaysAnswered(Response<Confirmation>),
    /// The viewer shows the password or a code.
    Wanted(Confirm),
    PasskeyWanted,
    /// Confirmed; or nothing, where the viewer showed no passkey after all.
    Answered(Option<Response<()>>),
    /// The network is back.
    CameOnline,
    /// The viewer does not want the change any more.
    GivenUp,
}

/// What it asks of the server, and of the browser's authenticator.
#[derive(Clone, Debug, PartialEq)]
pub enum StepUpRequest {
    Ways,
    Confirm(Confirm),
    /// Both halves of it: the server's request, and the authenticator's answer.
    Passkey,
}

/// What the slice does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<Q> {
    Nothing,
    Send(StepUpRequest),
    /// The change that was held.
    Again(Q),
    /// There will be no answer to the change that was held.
    Dropped,
}

impl<Q> Default for StepUp<Q> {
    fn default() -> Self {
        Self { held: None, ways: Resource::default(), confirming: Submission::Idle }
    }
}

impl<Q> StepUp<Q> {
    /// Whether the viewer has to confirm.
    pub const fn is_wanted(&self) -> bool {
        self.held.is_some()
    }

    /// The server wants a factor first.
    pub fn hold(&mut self, request: Q) -> StepUpRequest {
        *self = Self { held: Some(request), ..Self::default() };
        self.ways.refresh(());
        StepUpRequest::Ways
    }

    pub fn update(&mut self, action: StepUpAction) -> Next<Q> {
        match action {
            StepUpAction::WaysAnswered(answer) => {
                self.ways.answer(&(), answer);
                Next::Nothing
            }
            StepUpAction::CameOnline if self.held.is_some() && self.ways.failed().is_some() => {
                self.ways.refresh(());
                Next::Send(StepUpRequest::Ways)
            }
            StepUpAction::CameOnline => Next::Nothing,
            StepUpAction::Wanted(call) => self.confirm(StepUpRequest::Confirm(call)),
            StepUpAction::PasskeyWanted => self.confirm(StepUpRequest::Passkey),
            StepUpAction::Answered(Some(Ok(()))) => std::mem::take(self).held.map_or(Next::Nothing, Next::Again),
            StepUpAction::Answered(Some(Err(problem))) => {
                self.confirming.end::<()>(Err(problem));
                Next::Nothing
            }
            StepUpAction::Answered(None) => {
                self.confirming = Submission::Idle;
                Next::Nothing
            }
            StepUpAction::GivenUp => {
                *self = Self::default();
                Next::Dropped
            }
        }
    }

    /// One at a time, and for something alone.
    fn confirm(&mut self, request: StepUpRequest) -> Next<Q> {
        if self.held.is_none() || !self.confirming.begin() {
            return Next::Nothing;
        }
        Next::Send(request)
    }
}

/// Whether an answer is that a factor is wanted first.
pub fn is_refused<T>(answer: &Response<T>) -> bool {
    let wants = |problem: &Problem| problem.code == Code::ConfirmationRequired;
    answer.as_ref().is_err_and(wants)
}

/// Sends one request and makes an action of the answer.
pub async fn send(client: &Client, request: StepUpRequest) -> StepUpAction {
    match request {
        StepUpRequest::Ways => StepUpAction::WaysAnswered(client.send(GetConfirmation {}).await),
        StepUpRequest::Confirm(call) => StepUpAction::Answered(Some(client.send(call).await)),
        StepUpRequest::Passkey => StepUpAction::Answered(passkey(client).await),
    }
}

async fn passkey(client: &Client) -> Option<Response<()>> {
    let asked = match client.send(StartConfirmation {}).await {
        Ok(asked) => asked,
        Err(problem) => return Some(Err(problem)),
    };
    let credential = authenticator::get(&asked.options).await?;
    let passkey = Some(PasskeyAnswer { ceremony: asked.id, credential });
    Some(client.send(Confirm { passkey, ..Confirm::default() }).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password() -> Confirm {
        Confirm { password: Some("secret".into()), ..Confirm::default() }
    }

    #[test]
    fn what_was_refused_is_asked_again_once_a_factor_was_shown() {
        let mut step_up = StepUp::default();
        assert_eq!(step_up.hold("change"), StepUpRequest::Ways);
        assert!(step_up.is_wanted());
        assert_eq!(step_up.update(StepUpAction::Wanted(password())), Next::Send(StepUpRequest::Confirm(password())));
        assert_eq!(step_up.update(StepUpAction::PasskeyWanted), Next::Nothing, "one at a time");
        let wrong = Problem::new(Code::WrongCredentials);
        assert_eq!(step_up.update(StepUpAction::Answered(Some(Err(wrong)))), Next::Nothing);
        assert!(step_up.confirming.failed().is_some() && step_up.is_wanted());
        step_up.update(StepUpAction::PasskeyWanted);
        assert_eq!(step_up.update(StepUpAction::Answered(None)), Next::Nothing, "they changed their mind");
        step_up.update(StepUpAction::Wanted(password()));
        assert_eq!(step_up.update(StepUpAction::Answered(Some(Ok(())))), Next::Again("change"));
        assert_eq!(step_up, StepUp::default());
    }

    #[test]
    fn what_confirms_is_asked_for_again_once_the_network_is_back_where_it_was_not_to_be_had() {
        let mut step_up = StepUp::default();
        step_up.hold("change");
        assert_eq!(step_up.update(StepUpAction::CameOnline), Next::Nothing, "it is on its way");
        step_up.update(StepUpAction::WaysAnswered(Err(Problem::new(Code::Unreachable))));
        assert_eq!(step_up.update(StepUpAction::CameOnline), Next::Send(StepUpRequest::Ways));
        step_up.update(StepUpAction::WaysAnswered(Ok(Confirmation::default())));
        assert_eq!(step_up.update(StepUpAction::CameOnline), Next::Nothing);
    }

    #[test]
    fn who_gives_up_holds_nothing_and_confirms_nothing() {
        let mut step_up = StepUp::default();
        step_up.hold("change");
        assert_eq!(step_up.update(StepUpAction::GivenUp), Next::Dropped);
        assert_eq!(step_up.update(StepUpAction::Wanted(password())), Next::Nothing);
        assert!(!format!("{:?}", StepUpAction::Wanted(password())).contains("secret"));
    }
}
