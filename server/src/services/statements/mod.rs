//! The service `statements`: what accounts owe by the month, by their plan and by what they used. No payment is taken.
//!
//! Keeps nothing: a statement is made when it is asked for, of the plan that the account had and the price that it had at the month's end, and of the same sums
//! that reports are made of ([`crate::services::statement_sources`]). Must never round a line more than once, nor an amount that lines come to.

mod csv;
mod make;
mod v1;

use std::sync::Arc;

use async_trait::async_trait;
use contract::statements::{GetAccountStatement, GetStatement, ListStatements, ListStatementsAsCsv};
use runtime::clock::Clock;

pub use self::{csv::rows, make::Made};
use super::{Service, answer, statement_sources::StatementSources};
use crate::mount::Mount;

/// The service.
pub struct Statements {
    sources: StatementSources,
    clock: Clock,
}

impl Statements {
    pub fn new(sources: StatementSources, clock: Clock) -> Self {
        Self { sources, clock }
    }
}

#[async_trait]
impl Service for Statements {
    fn name(&self) -> &'static str {
        "statements"
    }

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        answer!(mount, self, GetStatement, get);
        answer!(mount, self, GetAccountStatement, get_of_account);
        answer!(mount, self, ListStatements, list);
        answer!(mount, self, ListStatementsAsCsv, list_as_csv);
    }
}
