//! The slice of what an account owes for a month. Loads with the account page, and with an account's page for operators.
//!
//! The month is the viewer's choice, and the page says which one it is by now: nothing is asked before.

use contract::{
    ids::AccountId,
    statements::{GetAccountStatement, GetStatement, Statement},
};
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

/// The statement of one month; elsewhere than on its page there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statements {
    whose: Option<Whose>,
    /// `2026-11`, the month that is under way; nothing until the page says so.
    pub now: Option<String>,
    /// By its month.
    pub statement: Resource<String, Statement>,
}

/// Whose statement the page shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
enum Whose {
    /// That of whoever asks.
    Own,
    /// Another account's, for an operator.
    Account(AccountId),
}

impl Whose {
    fn of(route: Route) -> Option<Self> {
        match route {
            Route::Account => Some(Self::Own),
            Route::Operator(Operator::Account { id }) => Some(Self::Account(id)),
            Route::Home
            | Route::Browse { .. }
            | Route::Search { .. }
            | Route::Title { .. }
            | Route::Watch { .. }
            | Route::MyList { .. }
            | Route::Settings
            | Route::SignIn { .. }
            | Route::Profiles { .. }
            | Route::Operator(_)
            | Route::NotFound => None,
        }
    }
}

/// A month's statement to be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementRequest {
    whose: Whose,
    /// `2026-11`.
    month: String,
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

type Effect = LazyEffect<StatementRequest>;

impl LazySlice for Statements {
    type Action = StatementsAction;
    type Request = StatementRequest;

    const NAME: &'static str = "statements";

    fn opened(route: Route) -> StatementsAction {
        StatementsAction::Opened(route)
    }

    fn retry_wanted() -> StatementsAction {
        StatementsAction::RetryWanted
    }

    fn update(&mut self, action: StatementsAction) -> Vec<Effect> {
        match action {
            // What is somebody's own is forgotten with its page.
            StatementsAction::Opened(route) => {
                *self = Self { whose: Whose::of(route), ..Self::default() };
                Vec::new()
            }
            StatementsAction::RetryWanted => {
                let asked = self.statement.key().cloned();
                asked.and_then(|month| self.ask(month)).into_iter().collect()
            }
            StatementsAction::Shown { .. } | StatementsAction::MonthWanted(_) if self.whose.is_none() => Vec::new(),
            StatementsAction::Shown { now } => {
                let asked = self.statement.key().cloned().unwrap_or_else(|| now.clone());
                self.now = Some(now);
                self.ask(asked).into_iter().collect()
            }
            StatementsAction::MonthWanted(month) => {
                self.statement.forget_unless(&month);
                self.ask(month).into_iter().collect()
            }
            StatementsAction::Answered { month, answer } => {
                self.statement.answer(&month, answer);
                Vec::new()
            }
        }
    }

    fn is_safe(_: &StatementRequest) -> bool {
        true
    }

    async fn send(client: &Client, request: StatementRequest) -> StatementsAction {
        let StatementRequest { whose, month } = request;
        let answer = match whose {
            Whose::Own => client.send(GetStatement { month: month.clone() }).await,
            Whose::Account(account) => client.send(GetAccountStatement { account, month: month.clone() }).await,
        };
        StatementsAction::Answered { month, answer }
    }
}

impl Statements {
    fn ask(&mut self, month: String) -> Option<Effect> {
        let whose = self.whose.clone()?;
        self.statement.refresh(month.clone());
        Some(LazyEffect::Send(StatementRequest { whose, month }))
    }
}

/// The slice, for its pages.
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
        LazyEffect::Send(StatementRequest { whose: Whose::Own, month: month.into() })
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
    fn on_another_accounts_page_it_is_theirs_that_is_asked_for_and_nothing_is_on_other_pages_of_operators() {
        let mut state = Statements::default();
        state.update(StatementsAction::Opened(Route::Operator(Operator::Accounts { q: String::new() })));
        assert_eq!(state.update(StatementsAction::Shown { now: "2026-11".into() }), []);
        let ada: AccountId = "ada".parse().unwrap();
        state.update(StatementsAction::Opened(Route::Operator(Operator::Account { id: ada.clone() })));
        let asked = state.update(StatementsAction::Shown { now: "2026-11".into() });
        assert_eq!(asked, [LazyEffect::Send(StatementRequest { whose: Whose::Account(ada), month: "2026-11".into() })]);
    }

    #[test]
    fn a_late_answer_of_another_month_is_never_shown_as_this_one() {
        let mut state = Statements { whose: Some(Whose::Own), ..Statements::default() };
        state.update(StatementsAction::Shown { now: "2026-11".into() });
        assert_eq!(state.update(StatementsAction::MonthWanted("2026-10".into())), [ask("2026-10")]);
        state.update(StatementsAction::Answered { month: "2026-11".into(), answer: Ok(statement("2026-11")) });
        assert_eq!(state.statement.ready(), None);
        state.update(StatementsAction::Answered { month: "2026-10".into(), answer: Ok(statement("2026-10")) });
        assert_eq!(state.statement.ready(), Some(&statement("2026-10")));
        assert_eq!(state.update(StatementsAction::RetryWanted), [ask("2026-10")], "the month that is on the screen");
    }
}
