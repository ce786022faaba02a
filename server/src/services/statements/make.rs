//! Makes statements: lines of quantities and prices, each rounded once, and their sum.

use contract::{
    Problem,
    identity::Account,
    ids::AccountId,
    money::Money,
    statements::{LeftOutStatement, Statement, StatementItem, StatementLine},
};
use storage::StoreError;
use storage_plan::{
    calendar::{Day, Month},
    money::Price,
};

use super::Statements;
use crate::services::statement_sources::{MonthlyUse, PlanOfMonth, PlanPrice};

/// In milliseconds.
const HOUR: u64 = 60 * 60 * 1000;
const OF_A_DAY: u64 = 24 * HOUR;
/// In bytes.
const GB: u64 = 1_000_000_000;

/// What accounts owe for a month.
#[derive(Debug, Default)]
pub struct Made {
    pub statements: Vec<Statement>,
    /// Those that may owe something, and of which something cannot be read.
    pub left_out: Vec<LeftOutStatement>,
}

impl Statements {
    /// What these accounts (1000 at most) owe for a month: none of those that were not there yet, or whose plan had no price. One
    /// of which something cannot be read is named, and keeps nobody from what the others owe.
    ///
    /// # Errors
    /// `invalid_request` where there is no such month, or it is yet to come; what the stores say.
    pub async fn of(&self, accounts: &[Account], month: &str) -> Result<Made, Problem> {
        let read = Month::parse(month).map_err(|error| Problem::invalid("month", error.to_string()))?;
        let today = Day::new(i32::try_from(self.clock.millis() / OF_A_DAY).unwrap_or(i32::MAX));
        if read > today.month() {
            return Err(Problem::invalid("month", "is yet to come"));
        }
        let over = read.first_day().plus(read.days());
        let begin_of_next = u64::try_from(over.number()).unwrap_or(0) * OF_A_DAY;
        let there: Vec<&Account> = accounts.iter().filter(|account| account.created < begin_of_next).collect();
        let ids: Vec<AccountId> = there.iter().map(|account| account.id.clone()).collect();
        let (plans, uses) = (self.sources.plans.of_month(&ids, month).await?, self.sources.uses.of_month(&ids, month).await?);
        let mut made = Made::default();
        for ((account, plan), used) in there.into_iter().zip(plans).zip(uses) {
            let (PlanOfMonth { plan, name, price }, used) = match (plan, used) {
                (Ok(plan), Ok(used)) => (plan, used),
                // What it used is nothing to a plan without a price.
                (Ok(PlanOfMonth { price: None, .. }), Err(_)) => continue,
                (Ok(_), Err(error)) => {
                    made.left_out.push(left_out(account, month, "What the account used in this month cannot be read.", &error));
                    continue;
                }
                (Err(error), _) => {
                    made.left_out.push(left_out(account, month, "The account's plan, or its price, cannot be read.", &error));
                    continue;
                }
            };
            let Some(price) = price else { continue };
            let lines = lines(&price, used);
            let amount = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.amount.amount));
            made.statements.push(Statement {
                account: account.id.clone(),
                login: account.login.clone(),
                month: month.to_owned(),
                is_over: today >= over,
                plan,
                plan_name: name,
                lines,
                total: Money { amount, currency: price.currency.code().to_owned() },
            });
        }
        Ok(made)
    }
}

fn left_out(account: &Account, month: &str, why: &str, error: &StoreError) -> LeftOutStatement {
    tracing::error!(%error, account = %account.id, month, "what an account owes cannot be read");
    LeftOutStatement { account: account.id.clone(), login: account.login.clone(), month: month.to_owned(), why: why.to_owned() }
}

/// What costs nothing is left out.
fn lines(price: &PlanPrice, used: MonthlyUse) -> Vec<StatementLine> {
    let line = |item, quantity: u64, per: u64, unit: Price| {
        let rounded = unit.rounded(quantity, per, price.currency);
        let amount = Money { amount: rounded.amount, currency: price.currency.code().to_owned() };
        (unit > Price::ZERO).then(|| StatementLine { item, quantity, per, unit_price: unit.to_string(), amount })
    };
    [
        line(StatementItem::Month, 1, 1, price.month),
        line(StatementItem::Watched, used.watched_millis, HOUR, price.per_hour_watched),
        line(StatementItem::Bytes, used.bytes, GB, price.per_gb),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_rounded_once_and_what_costs_nothing_has_none() {
        let read = |price: serde_json::Value| PlanPrice::read(price.as_object().unwrap()).unwrap();
        let used = MonthlyUse { watched_millis: 1_800_000, bytes: 1_499_999_999 };
        let amounts = |price: serde_json::Value| {
            let lines = lines(&read(price), used);
            lines.into_iter().map(|line| (line.item, line.amount.amount)).collect::<Vec<_>>()
        };
        use StatementItem::{Bytes, Month, Watched};
        // Half an hour at 0.05 is 2.5 cents: up. 1.499999999 GB at 0.01 are 1.4 of them.
        let all = serde_json::json!({ "currency": "EUR", "month": "4.99", "per_hour_watched": "0.05", "per_gb": "0.01" });
        assert_eq!(amounts(all), [(Month, 499), (Watched, 3), (Bytes, 1)]);
        let some = serde_json::json!({ "currency": "JPY", "per_gb": "3", "month": "0" });
        assert_eq!(amounts(some), [(Bytes, 4)], "yen have no minor units");
    }
}
