//! What signs somebody in beside a password: an authenticator app with its recovery codes, and passkeys.
//!
//! Accounts that a provider checks have none of these here.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::{
    Access,
    bounds::{self, Bound},
    ids::{CeremonyId, PasskeyId},
};

/// What protects one's own account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetSecurity {}

/// What protects an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Security {
    /// Whether signing in with the password asks for a code of an authenticator app, too.
    pub has_totp: bool,
    /// Of ten.
    pub recovery_codes_left: u8,
    /// In the order they were added.
    pub passkeys: Vec<Passkey>,
    /// Why nothing of this can be changed: a provider checks this account, or signing in here is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
    /// Why no passkey can be used at this address; absent where one can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkeys_unavailable: Option<String>,
}

/// A key that a device or a password manager keeps, and that signs in without a name, a password or a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Passkey {
    pub id: PasskeyId,
    pub name: String,
    /// Milliseconds since 1970.
    pub created: u64,
    /// When it signed in last, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

/// Makes a secret for an authenticator app. Nothing is asked for at sign-in before [`ConfirmTotp`].
///
/// Refused with `confirmation_required` where nobody showed a factor on this device within five minutes, and with
/// `limit_reached` where there is an app already: [`RemoveTotp`] comes first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartTotp {}

/// What an authenticator app is told (RFC 6238: SHA-1, six digits, thirty seconds). Good for a quarter of an hour.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTotp {
    /// Base32 (RFC 4648), for typing.
    pub secret: String,
    /// `otpauth://`, for a link.
    pub uri: String,
    /// The same as a QR code: an SVG element, black on white.
    pub qr_svg: String,
}

/// Turns the second factor on with a code that the app shows.
///
/// Refused with `confirmation_required` where nobody showed a factor on this device within five minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmTotp {
    /// Six digits.
    pub code: String,
}

/// Codes that stand in for the app, each good once. They are never shown again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// Ten, as `xxxx-xxxx-xxxx`.
    pub recovery_codes: Vec<String>,
}

/// Turns the second factor off; its recovery codes are gone with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemoveTotp {
    pub password: String,
}

/// Makes ten new recovery codes; the old ones are good no more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenewRecoveryCodes {
    pub password: String,
}

/// Begins to add a passkey. Refused with `limit_reached` beyond twenty.
///
/// Refused with `confirmation_required` where nobody showed a factor on this device within five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartPasskey {}

/// A question for the browser's authenticator, good once and for five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ceremony {
    pub id: CeremonyId,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (Web Authentication, level 3).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: serde_json::Value,
}

/// Adds the passkey that the authenticator made.
///
/// Refused with `confirmation_required` where nobody showed a factor on this device within five minutes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddPasskey {
    pub ceremony: CeremonyId,
    /// 1 to 64 characters; where it is absent, the browser's and the system's names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `RegistrationResponseJSON` (Web Authentication, level 3).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
}

/// Calls a passkey something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenamePasskey {
    pub id: PasskeyId,
    /// 1 to 64 characters.
    pub name: String,
}

/// Removes a passkey: it signs in no more.
///
/// Refused with `confirmation_required` where nobody showed a factor on this device within five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeletePasskey {
    pub id: PasskeyId,
}

/// Begins to sign in with a passkey, whosever it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartPasskeySignIn {}

/// Signs in with what the authenticator answered. The session comes as a cookie that scripts cannot read.
///
/// No code is asked for: the authenticator knew its holder. Refused with `limit_reached` as
/// [`SignIn`](super::SignIn) is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishPasskeySignIn {
    pub ceremony: CeremonyId,
    /// `AuthenticationResponseJSON` (Web Authentication, level 3).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub credential: serde_json::Value,
    /// As in [`SignIn`](super::SignIn).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces_oldest: bool,
}

discreet!(NewTotp, ConfirmTotp, RecoveryCodes, RemoveTotp, RenewRecoveryCodes, AddPasskey, FinishPasskeySignIn);

call!(unkept GetSecurity -> Security, 200, Get "/api/v1/account/security", Access::Member);
call!(StartTotp -> NewTotp, 201, Post "/api/v1/account/totp", Access::Member);
call!(ConfirmTotp -> RecoveryCodes, 200, Put "/api/v1/account/totp", Access::Member);
call!(RemoveTotp -> (), 204, Post "/api/v1/account/totp/removal", Access::Member);
call!(RenewRecoveryCodes -> RecoveryCodes, 201, Post "/api/v1/account/recovery-codes", Access::Member);
call!(StartPasskey -> Ceremony, 201, Post "/api/v1/account/passkey-ceremonies", Access::Member);
call!(AddPasskey -> Passkey, 201, Post "/api/v1/account/passkeys", Access::Member; &[("name", bounds::name(bounds::NAME)), ("credential", Bound::Object)]);
call!(RenamePasskey -> Passkey, 200, Put "/api/v1/account/passkeys/{id}", Access::Member; &[("name", bounds::name(bounds::NAME))]);
call!(DeletePasskey -> (), 204, Delete "/api/v1/account/passkeys/{id}", Access::Member);
call!(StartPasskeySignIn -> Ceremony, 201, Post "/api/v1/sign-in/passkey-ceremonies", Access::Guest => Any);
call!(FinishPasskeySignIn -> Account, 201, Post "/api/v1/sign-in/passkey", Access::Guest => Any; &[("credential", Bound::Object)]);
