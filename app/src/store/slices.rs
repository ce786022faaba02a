//! The lazy slices of a page that the server renders: settled beside the state, embedded beside it.

use std::sync::Arc;

use contract::Problem;
use leptos::prelude::*;

use super::{
    accounts::Accounts,
    lazy::{LazySlice, settle},
    snapshot,
};
use crate::{client::Client, route::Route};

/// Every lazy slice, settled.
#[derive(Clone, Default)]
pub struct Slices {
    accounts: Arc<Accounts>,
}

impl Slices {
    /// Asks what the page at `route` needs; a slice that has nothing to do with it stays empty.
    pub async fn settle(route: &Route, client: &Client) -> Self {
        Self { accounts: Arc::new(settle(route, client).await) }
    }

    /// Why the page has nothing to show.
    pub fn problem(&self, route: &Route) -> Option<&Problem> {
        match route {
            Route::SignIn { .. } | Route::Account => self.accounts.identity.failed(),
            Route::Home
            | Route::Browse { .. }
            | Route::Search { .. }
            | Route::Title { .. }
            | Route::Watch { .. }
            | Route::Settings
            | Route::NotFound => None,
        }
    }

    /// For the pages, which find their slice in the context.
    pub fn provide(&self) {
        provide_context(self.clone());
        provide_context(Arc::clone(&self.accounts));
    }

    /// The elements that carry the slices to the browser.
    pub fn embedded(&self) -> impl IntoView + use<> {
        [embedded(self.accounts.as_ref())].into_iter().flatten().collect_view()
    }
}

fn embedded<S: LazySlice>(slice: &S) -> Option<impl IntoView + use<S>> {
    let is_empty = *slice == S::default();
    (!is_empty).then(|| {
        view! { <script id=S::ELEMENT_ID r#type="application/json" inner_html=snapshot::embed(slice)></script> }
    })
}
