//! Money: currencies, prices as operators write them, and amounts that are exact until they are shown.
//!
//! A [`Price`] is a whole number of nano-units (10^-9) of the currency's main unit. An [`Amount`] counts in a unit so fine
//! ([`PER_UNIT`] of it are one main unit) that a price for a GB, for 1,000 requests, and for a day of a month of any length is a whole
//! number of it: sums and products of this crate round nowhere. [`Amount::rounded`] rounds, once, to a whole [`Money`].

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Sub},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Nano-units in a unit of the currency.
const NANO: i128 = 1_000_000_000;
/// Bytes in a GB: the decimal one, which providers bill.
pub const GB: i128 = 1_000_000_000;
/// The least common multiple of 28, 29, 30 and 31: a month's days divide it.
const DAYS: i128 = 377_580;
/// Amounts in a unit of the currency.
pub const PER_UNIT: i128 = NANO * GB * DAYS;
/// Digits behind the point of a price at most.
const DECIMALS: usize = 9;
/// The greatest price: a million units.
const GREATEST: i128 = 1_000_000 * NANO;

/// Why a text is no price or no currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("a price is a decimal number in quotation marks such as \"0.0004\", not {0:?}")]
    NoDecimal(String),
    #[error("a price must not be negative: {0}")]
    Negative(String),
    #[error("a price has at most 9 digits behind the point: {0}")]
    TooFine(String),
    #[error("a price is at most 1000000: {0}")]
    TooGreat(String),
    #[error("{0:?} is no currency of ISO 4217, such as USD")]
    NoCurrency(String),
}

/// A currency of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// By its code, in capitals.
    ///
    /// # Errors
    /// [`MoneyError::NoCurrency`].
    pub fn new(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| MoneyError::NoCurrency(code.to_owned()))
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits behind the point: 2 where a hundred minor units are one unit; 0 where there are no minor units.
    pub fn decimals(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A price in units of a currency, exact to nine digits behind the point; a decimal string in documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(i128);

impl Price {
    pub const ZERO: Self = Self(0);

    /// What a quantity costs whose `per` cost this price; `per` is one of [`GB`], `GB * days of a month`, 1,000 and 1.
    pub(crate) fn of(self, quantity: i128, per: i128) -> Amount {
        // The whole quotient is exact for every such `per`, because PER_UNIT / NANO is a multiple of each.
        let finest = PER_UNIT / NANO / per.max(1);
        Amount(self.0.saturating_mul(finest).saturating_mul(quantity))
    }

    pub(crate) fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In units of the currency, for comparisons and estimates.
    pub fn units(self) -> f64 {
        self.0 as f64 / NANO as f64
    }

    /// What a quantity comes to where `per` of it cost this price: whole minor units, the half up. Exact until then, for any `per`.
    pub fn rounded(self, quantity: u64, per: u64, currency: Currency) -> Money {
        let minor = NANO / 10_i128.pow(currency.decimals().min(9)) * i128::from(per.max(1));
        let exact = self.0 * i128::from(quantity);
        let amount = i64::try_from((exact + minor / 2) / minor).unwrap_or(i64::MAX);
        Money { amount, currency }
    }
}

impl std::str::FromStr for Price {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let no_decimal = || MoneyError::NoDecimal(text.to_owned());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return Err(no_decimal());
        }
        if digits.len() < text.len() && digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            return Err(MoneyError::Negative(text.to_owned()));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DECIMALS {
            return Err(MoneyError::TooFine(text.to_owned()));
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 7 {
            return Err(MoneyError::TooGreat(text.to_owned()));
        }
        let nano: i128 = format!("0{whole}{fraction:0<DECIMALS$}").parse().map_err(|_| no_decimal())?;
        if nano > GREATEST { Err(MoneyError::TooGreat(text.to_owned())) } else { Ok(Self(nano)) }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:0>DECIMALS$}", self.0 % NANO);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        f.pad(&format!("{}{point}{fraction}", self.0 / NANO))
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An exact amount of money: [`PER_UNIT`] of it are one unit of the currency. Stays at the ends of its range (4.5 * 10^14 units of the
/// currency) where it would go beyond: [`Amount::is_exact`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

impl Amount {
    pub const ZERO: Self = Self(0);

    /// Whether it is within the range of amounts.
    pub fn is_exact(self) -> bool {
        self.0 < i128::MAX && self.0 > i128::MIN
    }

    /// In units of the currency, for comparisons and estimates; bills are summed exactly.
    pub fn units(self) -> f64 {
        self.0 as f64 / PER_UNIT as f64
    }

    /// To whole minor units, the half away from zero.
    pub fn rounded(self, currency: Currency) -> Money {
        let minor = PER_UNIT / 10_i128.pow(currency.decimals().min(9));
        let (whole, part) = (self.0 / minor, (self.0 % minor).abs());
        let up = if part.saturating_mul(2) >= minor { self.0.signum() } else { 0 };
        let rounded = whole.saturating_add(up);
        let amount = i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX });
        Money { amount, currency }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

/// Whole minor units of a currency: what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: cents, where the currency has two digits behind the point.
    pub amount: i64,
    pub currency: Currency,
}

impl Money {
    /// An estimate in units of the currency; what is beyond the range is at its end.
    pub fn of_units(units: f64, currency: Currency) -> Self {
        let minor = units * 10_f64.powi(currency.decimals().min(9).cast_signed());
        Self { amount: minor.round() as i64, currency }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals() as usize;
        let digits = format!("{:0>width$}", self.amount.unsigned_abs(), width = decimals + 1);
        let (whole, minor) = digits.split_at(digits.len() - decimals);
        let (sign, point) = (if self.amount < 0 { "-" } else { "" }, if minor.is_empty() { "" } else { "." });
        f.pad(&format!("{sign}{whole}{point}{minor} {}", self.currency.code()))
    }
}
