//! Whom a bill is made out to, and how it is paid: an address and a reference, never a card number.

use serde::{Deserialize, Serialize};

use crate::{
    Access,
    bounds::{self, Bound},
};

/// Whom this account's bills are made out to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetBilling {}

/// A billing address with a reference to how it is paid. Empty as long as nobody wrote one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Billing {
    pub holder: String,
    pub street: String,
    pub postal_code: String,
    pub city: String,
    /// Two letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// What whoever is paid knows the means of payment by: a mandate, a customer's number.
    pub method: String,
}

/// Replaces the billing address. What looks like the number of a card is refused, wherever it stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutBilling {
    /// 1 to 100 characters, as are street and city.
    pub holder: String,
    pub street: String,
    /// At most 20 characters; not every country has them.
    pub postal_code: String,
    pub city: String,
    /// Two letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// At most 100 characters.
    pub method: String,
}

discreet!(Billing, PutBilling);

const LINE: Bound = Bound::Line { least: 1, most: bounds::BILLING_LINE };
const LINES: bounds::Bounds = &[
    ("holder", LINE),
    ("street", LINE),
    ("postal_code", Bound::Line { least: 0, most: bounds::POSTAL_CODE }),
    ("city", LINE),
    ("country", bounds::COUNTRY),
    ("method", Bound::Line { least: 0, most: bounds::BILLING_LINE }),
];

call!(unkept GetBilling -> Billing, 200, Get "/api/v1/account/billing", Access::Member);
call!(PutBilling -> Billing, 200, Put "/api/v1/account/billing", Access::Member; LINES);
