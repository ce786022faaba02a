//! The slice of what an account owes for a month. Loads with the account page.
//!
//! The month is the viewer's choice, and the page says which one it is by now: nothing is asked before.

use contract::statements::{GetStatement, Statement};
use serde::Serialize;

use super::{
    Resource,
    action::Response,
    lazy::{LazyEffect, LazySlice, LazyStore},
};
use crate::{client::Client, route::Route};

/// The statement of one month; elsewhere than on its page there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statements {
    is_open: bool,
    /// `2026-11`, the month that is under way; nothing until the page says so.
    pub now: Option<String>,
    /// By its month.
    pub statement: Resource<String, Statement>,
}

/// What can happen to it.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementsAction {
    Opened(Route),
    RetryWanted,
    /// The page is there, in this month.
    Shown {
        now: String,
    },
    MonthWanted(String),
    Answered {
        month: String,
        answer: Response<Statement>,
    },
}

type Effect = LazyEffect<GetStatement>;

impl LazySlice for Statements {
    type Action = StatementsAction;
    type Request = GetStatement;

    const NAME: &'static str = "statements";

    fn opened(route: Route) -> StatementsAction {
        StatementsAction::Opened(route)
    }

    fn retry_wanted() -> StatementsAction {
        StatementsAction::RetryWanted
    }

    fn update(&mut self, action: StatementsAction) -> Vec<Effect> {
        match action {
            StatementsAction::Opened(Route::Account) => {
                *self = Self { is_open: true, ..Self::default() };
                Vec::new()
            }
            // What is somebody's own is forgotten with its page.
            StatementsAction::Opened(_) => {
                *self = Self::default();
                Vec::new()
            }
            _ if !self.is_open => Vec::new(),
            StatementsAction::RetryWanted => {
                let asked = self.statement.key().cloned();
                asked.map(|month| self.ask(month)).into_iter().collect()
            }
            StatementsAction::Shown { now } => {
                let asked = self.statement.key().cloned().unwrap_or_else(|| now.clone());
                self.now = Some(now);
                vec![self.ask(asked)]
            }
            StatementsAction::MonthWanted(month) => {
                self.statement.forget_unless(&month);
                vec![self.ask(month)]
            }
            StatementsAction::Answered { month, answer } => {
                self.statement.answer(&month, answer);
                Vec::new()
            }
        }
    }

    fn is_safe(_: &GetStatement) -> bool {
        true
    }

    async fn send(client: &Client, request: GetStatement) -> StatementsAction {
        StatementsAction::Answered { month: request.month.clone(), answer: client.send(request).await }
    }
}

impl Statements {
    fn ask(&mut self, month: String) -> Effect {
        self.statement.refresh(month.clone());
        LazyEffect::Send(GetStatement { month })
    }
}

/// The slice, for the account page.
pub fn statements() -> LazyStore<Statements> {
    super::lazy::slice()
}

#[cfg(test)]
mod tests {
    use contract::money::Money;

    use super::*;

    fn statement(month: &str) -> Statement {
        Statement {
            account: "a".parse().unwrap(),
            login: "ada".into(),
            month: month.into(),
            is_over: false,
            plan: "family".parse().unwrap(),
            plan_name: "Family".into(),
            lines: Vec::new(),
            total: Money { amount: 0, currency: "EUR".into() },
        }
    }

    fn ask(month: &str) -> Effect {
        LazyEffect::Send(GetStatement { month: month.into() })
    }

    #[test]
    fn the_month_that_is_under_way_is_asked_for_on_its_page_alone_and_forgotten_with_it() {
        let mut state = Statements::default();
        assert_eq!(state.update(StatementsAction::Shown { now: "2026-11".into() }), []);
        assert_eq!(state.update(StatementsAction::Opened(Route::Account)), []);
        assert_eq!(state.update(StatementsAction::Shown { now: "2026-11".into() }), [ask("2026-11")]);
        state.update(StatementsAction::Answered { month: "2026-11".into(), answer: Ok(statement("2026-11")) });
        state.update(StatementsAction::Opened(Route::Home));
        assert_eq!(state, Statements::default());
    }

    #[test]
    fn a_late_answer_of_another_month_is_never_shown_as_this_one() {
        let mut state = Statements { is_open: true, ..Statements::default() };
        state.update(StatementsAction::Shown { now: "2026-11".into() });
        assert_eq!(state.update(StatementsAction::MonthWanted("2026-10".into())), [ask("2026-10")]);
        state.update(StatementsAction::Answered { month: "2026-11".into(), answer: Ok(statement("2026-11")) });
        assert_eq!(state.statement.ready(), None);
        state.update(StatementsAction::Answered { month: "2026-10".into(), answer: Ok(statement("2026-10")) });
        assert_eq!(state.statement.ready(), Some(&statement("2026-10")));
        assert_eq!(state.update(StatementsAction::RetryWanted), [ask("2026-10")], "the month that is on the screen");
    }
}
