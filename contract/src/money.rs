//! Amounts of money, as calls tell them.

use serde::{Deserialize, Serialize};

/// Whole minor units of a currency: cents, where a hundred of them are one unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, in capitals; it says how many minor units are one unit.
    pub currency: String,
}
