//! Statements as CSV (RFC 4180): a row for each line, in the units that an invoice has, and one without an amount for whoever is
//! left out.

use contract::{
    Problem,
    money::Money,
    statements::{LeftOutStatement, Statement, StatementItem},
};
use storage_plan::money::Currency;

/// The columns.
const HEADER: [&str; 10] = ["month", "account", "login", "plan", "item", "quantity", "unit", "unit_price", "amount", "currency"];
/// The item of an account of which something cannot be read.
const LEFT_OUT: &str = "left_out";
/// Digits behind the point that a quantity has at most.
const QUANTITY_DIGITS: u32 = 6;

/// The rows of statements, and then of accounts that are left out, with a header where they are the first.
///
/// # Errors
/// `internal`, where they cannot be written.
pub fn rows(statements: &[Statement], left_out: &[LeftOutStatement], with_header: bool) -> Result<String, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = if with_header { writer.write_record(HEADER) } else { Ok(()) };
    for statement in statements {
        for line in &statement.lines {
            let (quantity, amount) = (in_units(line.quantity, line.per), amount(&line.amount));
            written = written.and_then(|()| {
                writer.write_record([
                    statement.month.as_str(),
                    statement.account.as_str(),
                    &harmless(&statement.login),
                    statement.plan.as_str(),
                    line.item.as_str(),
                    &quantity,
                    unit(line.item),
                    &line.unit_price,
                    &amount,
                    &line.amount.currency,
                ])
            });
        }
    }
    for LeftOutStatement { account, login, month, .. } in left_out {
        let login = harmless(login);
        let row = [month.as_str(), account.as_str(), &login, "", LEFT_OUT, "", "", "", "", ""];
        written = written.and_then(|()| writer.write_record(row));
    }
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(Problem::internal)
}

/// What one of a quantity is, and the price is for.
const fn unit(item: StatementItem) -> &'static str {
    match item {
        StatementItem::Month => "month",
        StatementItem::Watched => "hour",
        StatementItem::Bytes => "GB",
    }
}

fn in_units(quantity: u64, per: u64) -> String {
    let (fine, per) = (10_i128.pow(QUANTITY_DIGITS), i128::from(per.max(1)));
    let text = decimal((i128::from(quantity) * fine + per / 2) / per, QUANTITY_DIGITS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// In units of the currency, as the price is: a spreadsheet that read cents would owe a hundred times as much.
fn amount(money: &Money) -> String {
    // One that is not known here has whole units alone.
    let digits = Currency::new(&money.currency).map_or(0, Currency::decimals);
    decimal(i128::from(money.amount), digits)
}

/// A number of so many digits behind the point.
fn decimal(value: i128, digits: u32) -> String {
    let one = 10_i128.pow(digits).cast_unsigned();
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let (whole, rest) = (value / one, value % one);
    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}", width = digits as usize) }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use contract::statements::StatementLine;

    use super::*;

    #[test]
    fn quantities_and_amounts_are_in_the_units_of_their_price() {
        assert_eq!(in_units(160_358, 3_600_000), "0.044544");
        assert_eq!(in_units(7_200_000, 3_600_000), "2");
        assert_eq!(in_units(1_500_000_000, 1_000_000_000), "1.5");
        let of = |amount: i64, currency: &str| super::amount(&Money { amount, currency: currency.into() });
        assert_eq!(
            [of(999, "EUR"), of(5, "EUR"), of(-250, "EUR"), of(1200, "JPY"), of(1, "KWD")],
            ["9.99", "0.05", "-2.50", "1200", "0.001"]
        );
    }

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
        let row = "2026-11,a1,\"'=cmd, \"\"x\"\"\",member,month,1,month,4.99,4.99,EUR\n";
        assert_eq!(rows(std::slice::from_ref(&statement), &[], false).unwrap(), row);
        assert_eq!(rows(&[statement], &[], true).unwrap(), format!("{}\n{row}", HEADER.join(",")));
    }

    #[test]
    fn who_is_left_out_is_named_in_the_file_and_has_no_amount() {
        let left_out = LeftOutStatement {
            account: "a2".parse().unwrap(),
            login: "-bob".into(),
            month: "2026-11".into(),
            why: "It cannot be read.".into(),
        };
        assert_eq!(rows(&[], &[left_out], false).unwrap(), "2026-11,a2,'-bob,,left_out,,,,,\n");
    }
}
