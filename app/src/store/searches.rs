//! The slice of what was searched for and not found. Loads with the operator's desk.

use contract::usage::{GetReport, Report, ReportKind};
use serde::Serialize;

use super::{
    Resource,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{
    client::Client,
    route::{Operator, Route},
};

/// Queries that are shown.
const QUERIES: u16 = 20;

/// The queries of the last seven days; elsewhere than on the desk there are none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Searches {
    pub report: Resource<(), Report>,
}

/// What can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchesAction {
    Opened(Route),
    RetryWanted,
    Answered(Response<Report>),
}

impl LazySlice for Searches {
    type Action = SearchesAction;
    type Request = GetReport;

    const NAME: &'static str = "searches";

    fn opened(route: Route) -> SearchesAction {
        SearchesAction::Opened(route)
    }

    fn retry_wanted() -> SearchesAction {
        SearchesAction::RetryWanted
    }

    fn update(&mut self, action: SearchesAction) -> Vec<LazyEffect<GetReport>> {
        match action {
            SearchesAction::Opened(Route::Operator(Operator::Desk)) => {
                *self = Self::default();
                self.ask()
            }
            SearchesAction::Opened(_) => {
                *self = Self::default();
                Vec::new()
            }
            SearchesAction::RetryWanted if self.report.key().is_some() => self.ask(),
            SearchesAction::RetryWanted => Vec::new(),
            SearchesAction::Answered(answer) => {
                self.report.answer(&(), answer);
                Vec::new()
            }
        }
    }

    fn is_safe(_: &GetReport) -> bool {
        true
    }

    async fn send(client: &Client, request: GetReport) -> SearchesAction {
        SearchesAction::Answered(client.send(request).await)
    }
}

impl Searches {
    fn ask(&mut self) -> Vec<LazyEffect<GetReport>> {
        self.report.refresh(());
        vec![LazyEffect::Send(GetReport { kind: ReportKind::SearchesWithoutAHit, from: None, to: None, limit: Some(QUERIES) })]
    }
}

/// The slice, for the desk.
pub fn searches() -> LazyStore<Searches> {
    super::lazy::slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_asked_for_on_the_desk_alone_and_forgotten_with_it() {
        let mut searches = Searches::default();
        assert_eq!(searches.update(SearchesAction::Opened(Route::Home)), []);
        assert_eq!(searches.update(SearchesAction::RetryWanted), [], "nothing of it is on the screen");
        let asked = searches.update(SearchesAction::Opened(Route::Operator(Operator::Desk)));
        let [LazyEffect::Send(GetReport { kind: ReportKind::SearchesWithoutAHit, .. })] = &asked[..] else { panic!("{asked:?}") };
        searches.update(SearchesAction::Opened(Route::Operator(Operator::Plans)));
        assert_eq!(searches, Searches::default());
    }
}
