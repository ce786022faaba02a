//! The slice of whom an account's bills are made out to. Loads with the account page.

use contract::{
    Problem,
    identity::{Billing as Address, GetBilling, PutBilling},
};
use serde::{Deserialize, Serialize};

use super::{
    Resource, Submission,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
    step_up::{self, Next, StepUp, StepUpAction, StepUpRequest},
};
use crate::{client::Client, route::Route};

/// The address, and what is being changed about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Billing {
    pub address: Resource<(), Address>,
    pub saving: Submission,
    /// A change that waits for the viewer to confirm; never written into a page.
    #[serde(skip)]
    pub step_up: StepUp<BillingRequest>,
}

/// What can happen to [`Billing`].
#[derive(Clone, Debug, PartialEq)]
pub enum BillingAction {
    Opened(Route),
    RetryWanted,
    Answered(Response<Address>),
    SaveWanted(PutBilling),
    Saved(Response<Address>),
    /// The server wants a factor before it saves this.
    Held(BillingRequest),
    StepUp(StepUpAction),
}

/// A call to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum BillingRequest {
    Address(GetBilling),
    Save(PutBilling),
    StepUp(StepUpRequest),
}

type Effect = LazyEffect<BillingRequest>;

impl LazySlice for Billing {
    type Action = BillingAction;
    type Request = BillingRequest;

    const NAME: &'static str = "billing";

    fn opened(route: Route) -> BillingAction {
        BillingAction::Opened(route)
    }

    fn retry_wanted() -> BillingAction {
        BillingAction::RetryWanted
    }

    fn update(&mut self, action: BillingAction) -> Vec<Effect> {
        match action {
            BillingAction::Opened(Route::Account) | BillingAction::RetryWanted => {
                *self = Self::default();
                self.address.refresh(());
                vec![Effect::Send(BillingRequest::Address(GetBilling {}))]
            }
            // What is somebody's own is forgotten with its page.
            BillingAction::Opened(_) => {
                *self = Self::default();
                Vec::new()
            }
            BillingAction::Answered(answer) => {
                self.address.answer(&(), answer);
                Vec::new()
            }
            BillingAction::SaveWanted(call) => {
                self.saving.begin().then_some(Effect::Send(BillingRequest::Save(call))).into_iter().collect()
            }
            BillingAction::Saved(answer) => {
                let Some(address) = self.saving.end(answer) else { return Vec::new() };
                self.address.answer(&(), Ok(address));
                vec![Effect::note("The billing address is saved.")]
            }
            BillingAction::Held(request) => vec![Effect::Send(BillingRequest::StepUp(self.step_up.hold(request)))],
            BillingAction::StepUp(action) => match self.step_up.update(action) {
                Next::Nothing => Vec::new(),
                Next::Send(request) => vec![Effect::Send(BillingRequest::StepUp(request))],
                Next::Again(request) => vec![Effect::Send(request)],
                Next::Dropped => {
                    self.saving = Submission::Idle;
                    Vec::new()
                }
            },
        }
    }

    fn is_safe(request: &BillingRequest) -> bool {
        match request {
            BillingRequest::Address(_) => true,
            BillingRequest::Save(_) | BillingRequest::StepUp(_) => false,
        }
    }

    async fn send(client: &Client, request: BillingRequest) -> BillingAction {
        match request {
            BillingRequest::Address(call) => BillingAction::Answered(client.send(call).await),
            BillingRequest::Save(call) => {
                let saved = client.send(call.clone()).await;
                if step_up::is_refused(&saved) {
                    return BillingAction::Held(BillingRequest::Save(call));
                }
                BillingAction::Saved(saved)
            }
            BillingRequest::StepUp(request) => BillingAction::StepUp(step_up::send(client, request).await),
        }
    }
}

/// The slice, for the account page.
pub fn billing() -> LazyStore<Billing> {
    super::lazy::slice()
}

impl Billing {
    /// Why the address was not saved.
    pub fn refusal(&self) -> Option<Problem> {
        self.saving.failed().cloned()
    }
}

#[cfg(test)]
mod tests {
    use contract::Code;

    use super::*;

    fn call() -> PutBilling {
        let [holder, street, postal_code, city, country, method] =
            ["Ada", "A street", "1", "London", "GB", ""].map(str::to_owned);
        PutBilling { holder, street, postal_code, city, country, method }
    }

    #[test]
    fn the_address_is_asked_for_on_its_page_alone_and_forgotten_with_it() {
        let mut billing = Billing::default();
        assert_eq!(billing.update(BillingAction::Opened(Route::Home)), []);
        let asked = billing.update(BillingAction::Opened(Route::Account));
        assert_eq!(asked, [Effect::Send(BillingRequest::Address(GetBilling {}))]);
        billing.update(BillingAction::Answered(Ok(Address::default())));
        billing.update(BillingAction::Opened(Route::Home));
        assert_eq!(billing, Billing::default());
    }

    #[test]
    fn an_address_is_saved_once_at_a_time_and_a_refusal_leaves_the_one_there_was() {
        let mut billing = Billing { address: Resource::of((), Address::default()), ..Billing::default() };
        assert_eq!(billing.update(BillingAction::SaveWanted(call())), [Effect::Send(BillingRequest::Save(call()))]);
        assert_eq!(billing.update(BillingAction::SaveWanted(call())), []);
        billing.update(BillingAction::Saved(Err(Problem::new(Code::InvalidRequest))));
        assert_eq!(billing.address.ready(), Some(&Address::default()));
        assert_eq!(billing.refusal().map(|problem| problem.code), Some(Code::InvalidRequest));
    }

    #[test]
    fn an_address_that_wants_a_factor_first_is_saved_once_it_is_shown() {
        let mut billing = Billing::default();
        billing.update(BillingAction::SaveWanted(call()));
        let ways = billing.update(BillingAction::Held(BillingRequest::Save(call())));
        assert_eq!(ways, [Effect::Send(BillingRequest::StepUp(StepUpRequest::Ways))]);
        let again = billing.update(BillingAction::StepUp(StepUpAction::Answered(Some(Ok(())))));
        assert_eq!(again, [Effect::Send(BillingRequest::Save(call()))]);
    }
}
