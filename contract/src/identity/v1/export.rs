//! Everything that is kept of an account, for whoever it is about.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Account, ApiToken, Billing, Passkey, Profile};
use crate::{Access, ids::ProfileId};

/// Everything that is kept of the account that asks, and of its profiles, in one document. No password, key, PIN or token is in it. Events of
/// usage are, as long as it can be known whose they were.
///
/// Refused with `confirmation_required` where nobody showed a factor on this device within five minutes. Where it takes longer than a request
/// should, it is refused with `overloaded`, goes on, and is there within minutes when it is asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportAccount {}

/// The answer to [`ExportAccount`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountExport {
    /// Milliseconds since 1970.
    pub made: u64,
    pub account: Account,
    pub devices: Vec<ExportedDevice>,
    pub api_tokens: Vec<ApiToken>,
    /// Whether signing in with the password asks for a code of an authenticator app, too.
    pub has_totp: bool,
    pub recovery_codes_left: u8,
    pub passkeys: Vec<Passkey>,
    pub billing: Billing,
    /// What services keep of the account: documents, by the name of what they are.
    pub kept: Map<String, Value>,
    pub profiles: Vec<ExportedProfile>,
}

/// A device that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedDevice {
    /// What the browser says it is, in words: `Firefox on Linux`.
    pub device: String,
    /// Milliseconds since 1970.
    pub created: u64,
    pub seen: u64,
    /// Who watches on it.
    pub profile: ProfileId,
    /// The provider that it was signed in through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// A profile, and what is kept of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedProfile {
    pub profile: Profile,
    /// As [`AccountExport::kept`]: places, lists, favourites, history, settings, ratings and reviews, what they said of others'.
    pub kept: Map<String, Value>,
}

// What somebody lives by is in it.
discreet!(AccountExport);

call!(unkept ExportAccount -> AccountExport, 200, Get "/api/v1/account/export", Access::Member);
