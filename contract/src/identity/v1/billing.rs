//! Whom a bill is made out to, and how it is paid: an address and a reference, never a card number.

use serde::{Deserialize, Serialize};

use crate::Access;

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

call!(GetBilling -> Billing, 200, Get "/api/v1/account/billing", Access::Member);
call!(PutBilling -> Billing, 200, Put "/api/v1/account/billing", Access::Member);
