//! Amounts of money and prices as one reads them: `€1,234.50`, `CHF 12.00`, `€0.0004`. Pure, so that server and browser say the same.
//!
//! Must never go through a fraction: whole minor units are moved behind the point as digits.

use contract::money::Money;

use super::words::count;

/// Digits behind the point, as ISO 4217 has them.
pub fn decimals(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND" | "VUV" | "XAF"
        | "XOF" | "XPF" | "XAG" | "XAU" | "XBA" | "XBB" | "XBC" | "XBD" | "XDR" | "XPD" | "XPT" | "XSU" | "XTS" | "XUA"
        | "XXX" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// An amount: `€12.34`, `−€0.50`, `CHF 12.00`.
pub fn amount(money: &Money) -> String {
    of_minor(money.amount, &money.currency)
}

/// The same of what costs something, whatever it is rounded to: `less than €0.01`.
pub fn some(money: &Money) -> String {
    if money.amount == 0 { format!("less than {}", of_minor(1, &money.currency)) } else { amount(money) }
}

/// The same of minor units.
pub fn of_minor(minor: i64, currency: &str) -> String {
    let sign = if minor < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}{}", mark(currency), digits(minor.unsigned_abs(), decimals(currency)))
}

/// A price as its document has it, in units of the currency: `0.0004` is `€0.0004`, `5` and `5.0` are `€5.00`.
pub fn price(text: &str, currency: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    let fraction = format!("{fraction:0<width$}", width = decimals(currency));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", mark(currency))
}

/// What stands before the digits.
fn mark(currency: &str) -> String {
    match currency {
        "EUR" => "\u{20ac}".to_owned(),
        "GBP" => "\u{a3}".to_owned(),
        "USD" => "$".to_owned(),
        other => format!("{other}\u{a0}"),
    }
}

fn digits(minor: u64, decimals: usize) -> String {
    let text = format!("{minor:0>width$}", width = decimals + 1);
    let (whole, fraction) = text.split_at(text.len() - decimals);
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_has_as_many_digits_behind_the_point_as_iso_4217_gives_it() {
        let letters = || (b'A'..=b'Z').map(char::from);
        let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
        let known = codes.filter_map(|code| iso_currency::Currency::from_code(&code));
        let wrong: Vec<_> = known
            .filter(|currency| decimals(currency.code()) != usize::from(currency.exponent().unwrap_or(0)))
            .map(|currency| (currency.code(), currency.exponent()))
            .collect();
        assert_eq!(wrong, [], "the server and the screen would mean different amounts");
    }

    #[test]
    fn minor_units_stand_behind_the_point_and_nothing_is_rounded() {
        let said = |minor, currency| of_minor(minor, currency);
        assert_eq!(
            [0, 5, 50, 1234, 123_456_789].map(|minor| said(minor, "EUR")),
            ["€0.00", "€0.05", "€0.50", "€12.34", "€1,234,567.89"]
        );
        assert_eq!([said(-50, "USD"), said(-1, "JPY")], ["\u{2212}$0.50", "\u{2212}JPY\u{a0}1"]);
        assert_eq!(
            [said(1234, "JPY"), said(1234, "BHD"), said(1200, "CHF")],
            ["JPY\u{a0}1,234", "BHD\u{a0}1.234", "CHF\u{a0}12.00"]
        );
        assert_eq!(said(i64::MIN, "EUR"), "\u{2212}€92,233,720,368,547,758.08");
    }

    #[test]
    fn what_costs_something_is_never_told_as_nothing() {
        let said = |amount, currency: &str| some(&Money { amount, currency: currency.into() });
        assert_eq!([said(0, "EUR"), said(0, "JPY"), said(7, "EUR")], ["less than €0.01", "less than JPY\u{a0}1", "€0.07"]);
    }

    #[test]
    fn a_price_keeps_every_digit_that_it_has() {
        let said = ["5", "5.0", "0.05", "0.0004", "1234.5"].map(|text| price(text, "EUR"));
        assert_eq!(said, ["€5.00", "€5.00", "€0.05", "€0.0004", "€1,234.50"]);
        assert_eq!([price("3", "JPY"), price("0.5", "JPY")], ["JPY\u{a0}3", "JPY\u{a0}0.5"]);
    }
}
