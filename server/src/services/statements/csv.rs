//! Statements as CSV (RFC 4180): a row for each line.

use contract::{Problem, statements::Statement};

/// The columns.
const HEADER: [&str; 10] = ["month", "account", "login", "plan", "item", "quantity", "per", "unit_price", "amount", "currency"];

/// The rows of statements, with a header where they are the first.
///
/// # Errors
/// `internal`, where they cannot be written.
pub fn rows(statements: &[Statement], with_header: bool) -> Result<String, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = if with_header { writer.write_record(HEADER) } else { Ok(()) };
    for statement in statements {
        for line in &statement.lines {
            let (quantity, per, amount) = (line.quantity.to_string(), line.per.to_string(), line.amount.amount.to_string());
            written = written.and_then(|()| {
                writer.write_record([
                    statement.month.as_str(),
                    statement.account.as_str(),
                    &harmless(&statement.login),
                    statement.plan.as_str(),
                    line.item.as_str(),
                    &quantity,
                    &per,
                    &line.unit_price,
                    &amount,
                    &line.amount.currency,
                ])
            });
        }
    }
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(Problem::internal)
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use contract::{
        money::Money,
        statements::{StatementItem, StatementLine},
    };

    use super::*;

    #[test]
    fn a_login_that_looks_like_a_formula_is_none_and_the_header_is_on_the_first_page_alone() {
        let amount = Money { amount: 499, currency: "EUR".into() };
        let line =
            StatementLine { item: StatementItem::Month, quantity: 1, per: 1, unit_price: "4.99".into(), amount: amount.clone() };
        let statement = Statement {
            account: "a1".parse().unwrap(),
            login: "=cmd, \"x\"".into(),
            month: "2026-11".into(),
            is_over: true,
            plan: "member".parse().unwrap(),
            plan_name: "Members".into(),
            lines: vec![line],
            total: amount,
        };
        let row = "2026-11,a1,\"'=cmd, \"\"x\"\"\",member,month,1,1,4.99,499,EUR\n";
        assert_eq!(rows(std::slice::from_ref(&statement), false).unwrap(), row);
        assert_eq!(rows(&[statement], true).unwrap(), format!("{}\n{row}", HEADER.join(",")));
    }
}
