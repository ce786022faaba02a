//! Confirming that it is oneself who asks: what changes a credential wants a factor of the account that was shown on this
//! device within the last five minutes.
//!
//! A sign-in with a factor counts. No API token confirms anything. From a profile with an age limit it confirms one thing alone:
//! that another profile may be chosen.

use serde::{Deserialize, Serialize};

use super::Ceremony;
use crate::{Access, bounds::Bound, ids::CeremonyId};

/// How one can confirm that it is oneself who asks, and whether one has to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetConfirmation {}

/// What confirms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Confirmation {
    /// Whether a factor was shown on this device within the last five minutes.
    pub is_confirmed: bool,
    /// Whether the account's password does.
    pub takes_password: bool,
    /// Whether a code of an authenticator app, or a recovery code, does.
    pub takes_code: bool,
    /// Whether one of the account's passkeys does, at this address.
    pub takes_passkey: bool,
    /// The provider that checks this account: signing in there anew does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// Begins to confirm with a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartConfirmation {}

/// Confirms that it is oneself who asks, with exactly one factor. It counts for this device, for five minutes.
///
/// Refused with `wrong_credentials` where it is another account's, or wrong.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Confirm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Of the authenticator app, or a recovery code; it is used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyAnswer>,
}

/// What an authenticator answered to [`StartConfirmation`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyAnswer {
    pub ceremony: CeremonyId,
    /// `AuthenticationResponseJSON` (Web Authentication, level 3).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
}

discreet!(Confirm, PasskeyAnswer);

call!(unkept GetConfirmation -> Confirmation, 200, Get "/api/v1/account/confirmation", Access::Member => NotRequired);
call!(StartConfirmation -> Ceremony, 201, Post "/api/v1/account/confirmation-ceremonies", Access::Member => NotRequired);
call!(Confirm -> (), 204, Post "/api/v1/account/confirmation", Access::Member => NotRequired; &[("passkey.credential", Bound::Object)]);
