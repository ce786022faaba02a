//! The handlers of statements' calls, version 1.

use contract::{
    DispatchExt, Problem,
    identity::{Account, GetAccount, GetIdentity, ListAccounts},
    statements::{
        GetAccountStatement, GetStatement, ListStatements, ListStatementsAsCsv, Statement, StatementPage, StatementsCsv,
    },
};

use super::{Made, Statements, csv};
use crate::context::RequestContext;

impl Statements {
    pub(super) async fn get(&self, context: RequestContext, call: GetStatement) -> Result<Statement, Problem> {
        let account = context.send(GetIdentity {}).await?.account.ok_or_else(|| Problem::not_found("account"))?;
        self.of_one(account, &call.month).await
    }

    pub(super) async fn get_of_account(&self, context: RequestContext, call: GetAccountStatement) -> Result<Statement, Problem> {
        let account = context.send(GetAccount { id: call.account }).await?;
        self.of_one(account, &call.month).await
    }

    async fn of_one(&self, account: Account, month: &str) -> Result<Statement, Problem> {
        let Made { mut statements, mut left_out } = self.of(&[account], month).await?;
        match (statements.pop(), left_out.pop()) {
            (Some(statement), _) => Ok(statement),
            (None, Some(left_out)) => Err(Problem::internal().with_detail(left_out.why)),
            (None, None) => Err(Problem::not_found("statement")),
        }
    }

    pub(super) async fn list(&self, context: RequestContext, call: ListStatements) -> Result<StatementPage, Problem> {
        let ListStatements { month, page_token, limit } = call;
        let accounts = context.send(ListAccounts { q: None, page_token, limit }).await?;
        let Made { statements, left_out } = self.of(&accounts.items, &month).await?;
        Ok(StatementPage { items: statements, next: accounts.next, left_out })
    }

    pub(super) async fn list_as_csv(&self, context: RequestContext, call: ListStatementsAsCsv) -> Result<StatementsCsv, Problem> {
        let ListStatementsAsCsv { month, page_token, limit } = call;
        let is_first = page_token.is_none();
        let StatementPage { items, next, left_out } = self.list(context, ListStatements { month, page_token, limit }).await?;
        Ok(StatementsCsv { csv: csv::rows(&items, &left_out, is_first)?, next, left_out })
    }
}
