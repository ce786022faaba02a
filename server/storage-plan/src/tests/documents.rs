//! Tests of documents: what of them is refused, and that they stay what they were.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FLAT, PER_VIEW, document};
use crate::{
    calendar::{Day, Month},
    money::{Amount, Currency, MoneyError, Price},
    plan::{Choice, Choices},
    sheet::{SheetError, Sheets, SheetsDocument},
};

#[test]
fn a_document_comes_back_with_all_that_it_had_beside_its_fields() {
    let text = json!({
        "per_view": [{"from": "2026-01", "sheet": {"currency": "EUR", "stored_gb_month": "0.0004", "region": "fra",
            "reads_per_thousand": "0.1", "writes_per_thousand": "0", "retrieval_gb": "0", "minimum_days": 30,
            "out": [{"up_to_gb": 5, "gb": "0", "note": [1]}, {"gb": "0.01"}]}}],
        "flat": [{"from": "2026-01", "sheet": {"currency": "EUR", "beyond_gb": "1", "contract": {"years": 2},
            "steps": [{"capacity_gb": 5, "month": "3.9", "traffic_gb": 7, "name": "small"}]}}],
        "provider": "somebody",
    });
    let read: SheetsDocument = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), text);
    let sheets = Sheets::try_from(read).unwrap();
    assert_eq!(serde_json::to_value(sheets.document()).unwrap(), text);
    let text = json!({"overall": "auto", "titles": {"a": "flat", "b": "per_view"}, "by": "me"});
    let choices: Choices = serde_json::from_value(text.clone()).unwrap();
    assert_eq!(
        (choices.of("a"), choices.of("b"), choices.of("c")),
        (Some(Choice::Flat), Some(Choice::PerView), Some(Choice::Auto))
    );
    assert_eq!(serde_json::to_value(&choices).unwrap(), text);
}

#[test]
fn a_choice_of_a_later_build_is_kept_and_is_no_choice_that_is_known() {
    let text = json!({"overall": "coldest", "titles": {"a": "flat", "b": {"until": "2027-01"}}});
    let choices: Choices = serde_json::from_value(text.clone()).unwrap();
    assert_eq!((choices.of("a"), choices.of("b"), choices.of("c")), (Some(Choice::Flat), None, None));
    assert_eq!(serde_json::to_value(&choices).unwrap(), text);
}

#[test]
fn the_calendar_ends_with_the_year_9998() {
    let last = Day::parse("9998-12-31").unwrap();
    assert_eq!((last.to_string(), last.plus(1), last.plus(-1).to_string()), ("9998-12-31".into(), last, "9998-12-30".into()));
    assert_eq!(last.month().first_day().plus(last.month().days()), last, "a month's end stays a day that there is");
    assert!(Day::parse("9999-01-01").is_err());
}

#[test]
fn a_price_that_is_no_decimal_number_or_beyond_its_range_is_refused_by_name() {
    let refused = |text: &str| text.parse::<Price>().unwrap_err();
    for text in ["", ".", "1.", ".5", "1,5", "1e3", "+1", "--1", "one", "0x1", " 1", "1.2.3"] {
        assert_eq!(refused(text), MoneyError::NoDecimal(text.to_owned()));
    }
    assert_eq!(refused("-0.1"), MoneyError::Negative("-0.1".to_owned()));
    assert_eq!(refused("0.0000000001"), MoneyError::TooFine("0.0000000001".to_owned()));
    assert_eq!(refused("1000000.1"), MoneyError::TooGreat("1000000.1".to_owned()));
    assert_eq!(refused(&"9".repeat(99)), MoneyError::TooGreat("9".repeat(99)));
    let error = serde_json::from_value::<Price>(json!("-1")).unwrap_err();
    assert!(error.to_string().contains("must not be negative: -1"), "{error}");
    assert!(serde_json::from_value::<Price>(json!(0.1)).is_err());
    assert_eq!(Currency::new("XYZ1"), Err(MoneyError::NoCurrency("XYZ1".to_owned())));
}

proptest! {
    #[test]
    fn a_price_is_read_as_it_is_written(whole in 0..1_000_000_u64, nano in 0..1_000_000_000_u64) {
        let price: Price = format!("{whole}.{nano:09}").parse().unwrap();
        prop_assert_eq!(price.to_string().parse::<Price>(), Ok(price));
        prop_assert_eq!(price.of(3_000, 1_000), Amount::ZERO + price.of(1, 1) + price.of(2, 1));
    }

    #[test]
    fn a_day_is_read_as_it_is_written_and_is_in_its_month(number in 0..2_932_531_i32) {
        let day = Day::new(number);
        prop_assert_eq!(Day::parse(&day.to_string()), Ok(day));
        let month = day.month();
        prop_assert_eq!(Month::parse(&month.to_string()), Ok(month));
        prop_assert!(month.first_day() <= day && day < month.first_day().plus(month.days()));
    }
}

#[test]
fn money_is_rounded_once_to_minor_units_of_its_currency() {
    let shown = |price: &str, code: &str| {
        let currency = Currency::new(code).unwrap();
        price.parse::<Price>().unwrap().of(1, 1).rounded(currency).to_string()
    };
    assert_eq!(shown("0.005", "USD"), "0.01 USD");
    assert_eq!(shown("0.004999999", "USD"), "0.00 USD");
    assert_eq!(shown("1234.5", "JPY"), "1235 JPY");
    assert_eq!(shown("1.0005", "KWD"), "1.001 KWD");
    // Two halves are one whole, where each alone would be rounded up.
    let half: Price = "0.005".parse().unwrap();
    assert_eq!((half.of(1, 1) + half.of(1, 1)).rounded(Currency::new("USD").unwrap()).amount, 1);
}

#[test]
fn sheets_that_cannot_be_computed_with_are_refused() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut value = serde_json::to_value(document(PER_VIEW, FLAT)).unwrap();
        change(&mut value);
        Sheets::try_from(serde_json::from_value::<SheetsDocument>(value).unwrap()).unwrap_err()
    };
    let (january, february) = (Month::parse("2026-01").unwrap(), Month::parse("2026-02").unwrap());
    assert_eq!(refused(&|value| value["flat"] = json!([])), SheetError::NoSheet("flat"));
    assert_eq!(refused(&|value| value["per_view"] = json!([])), SheetError::NoSheet("per-view"));
    assert_eq!(
        refused(&|value| value["per_view"][1]["from"] = json!("2026-01")),
        SheetError::Order { store: "per-view", month: january }
    );
    assert_eq!(refused(&|value| value["flat"][0]["sheet"]["currency"] = json!("EUR")), SheetError::Currencies("USD", "EUR"));
    assert_eq!(refused(&|value| value["per_view"][1]["sheet"]["currency"] = json!("EUR")), SheetError::Currencies("USD", "EUR"));
    assert_eq!(refused(&|value| value["flat"][0]["sheet"]["steps"] = json!([])), SheetError::NoSteps(january));
    assert_eq!(refused(&|value| value["flat"][0]["sheet"]["steps"][0]["capacity_gb"] = json!(0)), SheetError::EmptyStep(january));
    assert_eq!(
        refused(&|value| value["flat"][0]["sheet"]["steps"][1]["capacity_gb"] = json!(100)),
        SheetError::Steps { month: january, capacity_gb: 100 }
    );
    assert_eq!(
        refused(&|value| value["flat"][0]["sheet"]["steps"][1]["traffic_gb"] = json!(199)),
        SheetError::Traffic { month: january, capacity_gb: 1000 }
    );
    assert_eq!(refused(&|value| value["per_view"][1]["sheet"]["out"] = json!([])), SheetError::NoTiers(february));
    for tiers in [
        json!([{"up_to_gb": 5, "gb": "1"}]),
        json!([{"gb": "1"}, {"gb": "1"}]),
        json!([{"up_to_gb": 5, "gb": "1"}, {"up_to_gb": 5, "gb": "1"}, {"gb": "1"}]),
        json!([{"up_to_gb": 0, "gb": "1"}, {"gb": "1"}]),
    ] {
        assert_eq!(refused(&|value| value["per_view"][1]["sheet"]["out"] = tiers.clone()), SheetError::Tiers(february));
    }
}

#[test]
fn a_sheet_is_in_force_from_its_month_on_and_the_first_one_before_as_well() {
    let sheets = Sheets::try_from(document(PER_VIEW, FLAT)).unwrap();
    let stored = |month: &str| sheets.at(Month::parse(month).unwrap()).0.stored_gb_month.to_string();
    assert_eq!((stored("2025-03"), stored("2026-01"), stored("2026-02")), ("0.031".into(), "0.031".into(), "0.028".into()));
}

proptest! {
    #[test]
    fn a_quantity_is_rounded_as_the_exact_amount_that_it_comes_to(price in 0..1_000_000_000_000_u64, quantity in 0..u64::pow(10, 11)) {
        let text = format!("{}.{:09}", price / 1_000_000_000, price % 1_000_000_000);
        let price: Price = text.parse().unwrap();
        for code in ["USD", "JPY", "BHD"] {
            let currency = Currency::new(code).unwrap();
            for per in [1, 1_000, 1_000_000_000] {
                let exact: Amount = price.of(i128::from(quantity), i128::from(per));
                prop_assert_eq!(price.rounded(quantity, per, currency), exact.rounded(currency), "{} {} {}", text, quantity, per);
            }
        }
        // An hour's price of milliseconds, which no amount holds exactly.
        let euro = Currency::new("EUR").unwrap();
        let hour = "0.05".parse::<Price>().unwrap();
        prop_assert_eq!(hour.rounded(360_000, 3_600_000, euro).amount, 1);
        prop_assert_eq!(hour.rounded(359_999, 3_600_000, euro).amount, 0);
    }
}
