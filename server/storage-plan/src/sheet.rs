//! Cost sheets: the documents in which operators write what a store costs, and what is refused of them.
//!
//! A GB is 10^9 bytes. Prices are decimal strings in units of the currency, not its minor units: `"0.023"`. A sheet is in force from the first
//! day of a month on; the first one before its month as well. What a document has beside the fields of here stays in it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    calendar::Month,
    money::{Currency, GB, Price},
};

/// What a store costs where everything is billed by use: Amazon S3 and those like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerViewSheet {
    pub currency: Currency,
    /// A GB that is stored for a month; for each day its part of the month.
    pub stored_gb_month: Price,
    /// Traffic out, by what went out of the whole store in the month; at least one tier.
    pub out: Vec<Tier>,
    pub reads_per_thousand: Price,
    pub writes_per_thousand: Price,
    /// A GB that is read, beside the traffic.
    #[serde(default)]
    pub retrieval_gb: Price,
    /// Days for which an object is billed at least; one that is deleted earlier is billed on as if it were there.
    #[serde(default)]
    pub minimum_days: u16,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The price of traffic up to a volume in a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// Where the next tier begins; the last tier has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_gb: Option<u64>,
    pub gb: Price,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What a store costs that is rented by capacity. A month is billed at the cheapest step that holds the most that was stored on one of its
/// days and all of its traffic; nothing where nothing was stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlatSheet {
    pub currency: Currency,
    /// At least one, by capacity; nothing can be stored beyond the last one.
    pub steps: Vec<Step>,
    /// A GB out beyond the traffic of the last step.
    pub beyond_gb: Price,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One step of a [`FlatSheet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub capacity_gb: u64,
    pub month: Price,
    /// Traffic out that is included each month; unlimited where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_gb: Option<u64>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A sheet, and the first month in which it is in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dated<S> {
    pub from: Month,
    pub sheet: S,
}

/// The document: the sheets of both stores, each by month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SheetsDocument {
    pub per_view: Vec<Dated<PerViewSheet>>,
    pub flat: Vec<Dated<FlatSheet>>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Why sheets cannot be computed with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    #[error("there is no sheet of the {0} store")]
    NoSheet(&'static str),
    #[error("the sheets of the {store} store are not in the order of their months: {month} comes too late, or twice")]
    Order { store: &'static str, month: Month },
    #[error("one sheet is in {0}, another in {1}: all have to be in the same currency")]
    Currencies(&'static str, &'static str),
    #[error("the flat sheet of {0} has no steps")]
    NoSteps(Month),
    #[error("the flat sheet of {0} has a step that holds nothing")]
    EmptyStep(Month),
    #[error("the steps of the flat sheet of {month} do not ascend: {capacity_gb} GB comes after as much or more")]
    Steps { month: Month, capacity_gb: u64 },
    #[error("the steps of the flat sheet of {month} include less traffic as they ascend: that of {capacity_gb} GB")]
    Traffic { month: Month, capacity_gb: u64 },
    #[error("the per-view sheet of {0} has no tiers of traffic")]
    NoTiers(Month),
    #[error(
        "the tiers of the per-view sheet of {0} do not ascend: each but the last has an up_to_gb greater than the one before"
    )]
    Tiers(Month),
}

/// Sheets that were checked: what everything is computed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheets {
    document: SheetsDocument,
    /// What is in force before any other.
    first: (PerViewSheet, FlatSheet),
}

impl TryFrom<SheetsDocument> for Sheets {
    type Error = SheetError;

    fn try_from(document: SheetsDocument) -> Result<Self, SheetError> {
        let per_view = in_order("per-view", &document.per_view)?.clone();
        let flat = in_order("flat", &document.flat)?.clone();
        document.per_view.iter().try_for_each(check_per_view)?;
        document.flat.iter().try_for_each(check_flat)?;
        let currency = per_view.currency;
        let of_flat = document.flat.iter().map(|dated| dated.sheet.currency);
        let mut others = document.per_view.iter().map(|dated| dated.sheet.currency).chain(of_flat);
        match others.find(|other| *other != currency) {
            Some(other) => Err(SheetError::Currencies(currency.code(), other.code())),
            None => Ok(Self { document, first: (per_view, flat) }),
        }
    }
}

impl Sheets {
    /// The document that they were made from, whole.
    pub fn document(&self) -> &SheetsDocument {
        &self.document
    }

    pub fn currency(&self) -> Currency {
        self.first.0.currency
    }

    /// The first month after one from which on another sheet is in force.
    pub fn change_after(&self, month: Month) -> Option<Month> {
        let SheetsDocument { per_view, flat, .. } = &self.document;
        let per_view = per_view.iter().skip(1).map(|dated| dated.from);
        per_view.chain(flat.iter().skip(1).map(|dated| dated.from)).filter(|from| *from > month).min()
    }

    /// What is in force in a month.
    pub fn at(&self, month: Month) -> (&PerViewSheet, &FlatSheet) {
        let SheetsDocument { per_view, flat, .. } = &self.document;
        (in_force(per_view, month).unwrap_or(&self.first.0), in_force(flat, month).unwrap_or(&self.first.1))
    }
}

fn in_force<S>(sheets: &[Dated<S>], month: Month) -> Option<&S> {
    sheets.iter().rev().find(|dated| dated.from <= month).map(|dated| &dated.sheet)
}

/// The first sheet, where each comes after the one before.
fn in_order<'a, S>(store: &'static str, sheets: &'a [Dated<S>]) -> Result<&'a S, SheetError> {
    let first = sheets.first().ok_or(SheetError::NoSheet(store))?;
    let late = sheets.iter().zip(sheets.iter().skip(1)).find(|(one, next)| one.from >= next.from);
    late.map_or(Ok(&first.sheet), |(_, next)| Err(SheetError::Order { store, month: next.from }))
}

fn check_per_view(Dated { from, sheet }: &Dated<PerViewSheet>) -> Result<(), SheetError> {
    let Some((last, others)) = sheet.out.split_last() else { return Err(SheetError::NoTiers(*from)) };
    let mut before = 0;
    for tier in others {
        match tier.up_to_gb {
            Some(up_to) if up_to > before => before = up_to,
            Some(_) | None => return Err(SheetError::Tiers(*from)),
        }
    }
    if last.up_to_gb.is_some() { Err(SheetError::Tiers(*from)) } else { Ok(()) }
}

fn check_flat(Dated { from: month, sheet }: &Dated<FlatSheet>) -> Result<(), SheetError> {
    let month = *month;
    let first = sheet.steps.first().ok_or(SheetError::NoSteps(month))?;
    if first.capacity_gb == 0 {
        return Err(SheetError::EmptyStep(month));
    }
    for (one, next) in sheet.steps.iter().zip(sheet.steps.iter().skip(1)) {
        let capacity_gb = next.capacity_gb;
        if capacity_gb <= one.capacity_gb {
            return Err(SheetError::Steps { month, capacity_gb });
        }
        if next.traffic_bytes() < one.traffic_bytes() {
            return Err(SheetError::Traffic { month, capacity_gb });
        }
    }
    Ok(())
}

impl Step {
    pub(crate) fn capacity_bytes(&self) -> i128 {
        i128::from(self.capacity_gb).saturating_mul(GB)
    }

    /// Traffic that is included; more than can be where it is unlimited.
    pub(crate) fn traffic_bytes(&self) -> i128 {
        self.traffic_gb.map_or(UNLIMITED, |gb| i128::from(gb).saturating_mul(GB))
    }
}

/// More bytes than usage can have (see [`crate::usage`]).
pub(crate) const UNLIMITED: i128 = 1 << 100;
