//! The lazy slices of a page that the server renders, preloaded beside the state.

use std::sync::Arc;

use contract::{Code, Problem};
use leptos::prelude::*;

use super::{accounts::Accounts, lazy::preload, library::Library, operator::OperatorState};
use crate::{
    client::Client,
    route::{Operator, Route},
};

/// Every lazy slice, preloaded.
#[derive(Clone, Default)]
pub struct Slices {
    accounts: Arc<Accounts>,
    library: Arc<Library>,
    operator: Arc<OperatorState>,
}

impl Slices {
    /// Asks what the page at `route` needs; a slice that has nothing to do with it stays empty.
    pub async fn preload(route: &Route, client: &Client) -> Self {
        let (accounts, library, operator) =
            futures::join!(preload(route, client), preload(route, client), preload(route, client));
        Self { accounts: Arc::new(accounts), library: Arc::new(library), operator: Arc::new(operator) }
    }

    /// Why the page has nothing to show.
    pub fn problem(&self, route: &Route) -> Option<&Problem> {
        if let Route::Operator(page) = route {
            return match page {
                Operator::Accounts { .. } => self.operator.accounts.failed(),
                Operator::Account { .. } => self.operator.account.failed(),
                Operator::Plans | Operator::Plan { .. } => self.operator.plans.failed(),
                // Asked for in the browser.
                Operator::Desk | Operator::Reviews { .. } => None,
            };
        }
        if let Route::MyList { .. } = route {
            return self.library.failed();
        }
        if let Route::Profiles { .. } = route {
            // A guest is no failure: the page says how to get one.
            return self.accounts.profiles.failed().filter(|problem| problem.code != Code::SignInRequired);
        }
        let is_of_the_account = matches!(route, Route::SignIn { .. } | Route::Account);
        if is_of_the_account { self.accounts.identity.failed() } else { None }
    }

    /// Whether something of them failed that may work at another time.
    pub fn has_failed(&self) -> bool {
        let (accounts, library, operator) = (&self.accounts, &self.library, &self.operator);
        accounts.identity.has_failed()
            || accounts.devices.has_failed()
            || accounts.profiles.has_failed()
            || library.lists.has_failed()
            || library.page.has_failed()
            || library.settings.has_failed()
            || operator.accounts.has_failed()
            || operator.account.has_failed()
            || operator.entitlements.has_failed()
            || operator.plans.has_failed()
    }

    /// For the pages, which find their slice in the context.
    pub fn provide(&self) {
        provide_context(self.clone());
        provide_context(Arc::clone(&self.accounts));
        provide_context(Arc::clone(&self.library));
        provide_context(Arc::clone(&self.operator));
    }
}
