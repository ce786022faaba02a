//! Billing addresses: kept in the vault, one entry an account, and checked so that no card number ever gets among them.

use std::sync::Arc;

use contract::{Problem, identity::PutBilling, ids::AccountId};
use serde::{Deserialize, Serialize};
use storage::{StoreError, keyvalue::Expect};
use vault::{Access, RecordKey, Vault};

const LIMIT: usize = contract::bounds::BILLING_LINE;
const POSTAL_CODE_LIMIT: usize = contract::bounds::POSTAL_CODE;
/// Digits of the shortest and the longest card number (ISO/IEC 7812-1).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// The account's record `billing` in the vault.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingRecord {
    pub holder: String,
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub country: String,
    pub method: String,
}

pub struct Billings {
    vault: Arc<Vault>,
}

impl Billings {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }

    /// # Errors
    /// What the store says.
    pub async fn get(&self, access: &Access, account: &AccountId) -> Result<BillingRecord, Problem> {
        let record = record(account);
        let Some(opened) = self.vault.get(access, &record).await? else { return Ok(BillingRecord::default()) };
        Ok(serde_json::from_slice(&opened.value).map_err(|error| StoreError::corrupt(&record, error))?)
    }

    /// # Errors
    /// What the store says.
    pub async fn put(&self, access: &Access, account: &AccountId, billing: &BillingRecord) -> Result<(), Problem> {
        let record = record(account);
        let plain = serde_json::to_vec(billing).map_err(|error| StoreError::corrupt(&record, error))?;
        self.vault.put(access, &record, &plain, Expect::Anything).await?;
        Ok(())
    }
}

impl BillingRecord {
    /// What was asked for, as it is kept.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn checked(call: &PutBilling) -> Result<Self, Problem> {
        let mut problems = Vec::new();
        let mut field = |name: &str, typed: &str, least: usize, most: usize| {
            let text = typed.trim().to_owned();
            if holds_card_number(&text) {
                problems.push(Problem::invalid(name, "this looks like the number of a card, which is never kept here"));
            } else if !(least..=most).contains(&text.chars().count()) || text.chars().any(char::is_control) {
                problems.push(Problem::invalid(name, format!("{least} to {most} characters")));
            }
            text
        };
        let record = Self {
            holder: field("holder", &call.holder, 1, LIMIT),
            street: field("street", &call.street, 1, LIMIT),
            postal_code: field("postal_code", &call.postal_code, 0, POSTAL_CODE_LIMIT),
            city: field("city", &call.city, 1, LIMIT),
            country: field("country", &call.country, 0, LIMIT).to_uppercase(),
            method: field("method", &call.method, 0, LIMIT),
        };
        if record.country.len() != 2 || !record.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.push(Problem::invalid("country", "two letters, like DE"));
        }
        let mut problems = problems.into_iter();
        match problems.next() {
            None => Ok(record),
            Some(mut first) => {
                first.fields.extend(problems.flat_map(|problem| problem.fields));
                Err(first)
            }
        }
    }
}

/// Whether there are digits in a row, with spaces or hyphens between them, that check out as a card's (Luhn; ISO/IEC
/// 7812-1, annex B).
fn holds_card_number(text: &str) -> bool {
    let runs = text.split(|letter: char| !(letter.is_ascii_digit() || letter == ' ' || letter == '-'));
    runs.map(|run| run.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect::<Vec<_>>())
        .any(|digits| CARD_DIGITS.contains(&digits.len()) && luhn(&digits))
}

fn luhn(digits: &[u32]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(place, digit)| match place % 2 {
        0 => *digit,
        _ if *digit > 4 => digit * 2 - 9,
        _ => digit * 2,
    });
    weighed.sum::<u32>() % 10 == 0
}

/// Where an account's address is kept.
pub fn record(account: &AccountId) -> RecordKey {
    RecordKey::of(account, "billing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_however_they_are_grouped_and_other_numbers_are_not() {
        for (text, is_card) in [
            ("4111111111111111", true),
            ("4111 1111 1111 1111", true),
            ("card 5500-0055-5555-5559!", true),
            ("378282246310005", true),
            ("4111111111111112", false),
            ("+49 30 1234567", false),
            ("customer 20251122", false),
            ("DE89 3704 0044 0532 0130 00", false),
            ("", false),
        ] {
            assert_eq!(holds_card_number(text), is_card, "{text}");
        }
    }
}
