//! Version 1 of identity: accounts, the devices that are signed in, and who watches.

/// What carries a secret says its name and nothing of what it holds: it may end up in a log.
macro_rules! discreet {
    ($($call:ident),*) => {
        $(impl std::fmt::Debug for $call {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($call))
            }
        })*
    };
}

/// A call by its name, verb, path and access; answered with 200 or 201 and `$reply`, or with 204 where that is `()`.
/// For a browser alone and for profiles without an age limit, unless it says otherwise (`=> $profiles`, and what an API
/// token needs): most calls here are about credentials. `unkept` is a
/// reply that not even the browser keeps.
macro_rules! call {
    (unkept $call:ident -> $reply:ty, $status:literal, $method:ident $path:literal, $access:expr $(=> $profiles:ident)?) => {
        call!(= Never, $call -> $reply, $status, $method $path, $access $(=> $profiles)?);
    };
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal, $access:expr $(=> $profiles:ident)? $(, $scope:ident)? $(; $bounds:expr)?) => {
        call!(= Private, $call -> $reply, $status, $method $path, $access $(=> $profiles)? $(, $scope)? $(; $bounds)?);
    };
    (= $cache:ident, $call:ident -> $reply:ty, $status:literal, $method:ident $path:literal, $access:expr $(=> $profiles:ident)? $(, $scope:ident)? $(; $bounds:expr)?) => {
        impl crate::Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("identity.v1.", stringify!($call));
            const METHOD: crate::Method = crate::Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: crate::Access = $access;
            $(const PROFILES: crate::Profiles = crate::Profiles::$profiles;)?
            const SCOPE: Option<crate::Scope> = call!(@ $($scope)?);
            const CACHE: crate::Cache = crate::Cache::$cache;
            $(const BOUNDS: crate::bounds::Bounds = $bounds;)?
            const STATUS: u16 = $status;
        }
    };
    (@) => {
        None
    };
    (@ $scope:ident) => {
        Some(crate::Scope::$scope)
    };
}

mod account_names;
mod billing;
mod confirmation;
mod export;
mod profiles;
mod providers;
mod security;
mod tokens;

pub use account_names::*;
pub use billing::*;
pub use confirmation::*;
pub use export::*;
pub use profiles::*;
pub use providers::*;
pub use security::*;
use serde::{Deserialize, Serialize};
pub use tokens::*;

use crate::{
    Access,
    authorization::Authorization,
    bounds::{self, Bound},
    ids::{AccountId, SignInId},
};

/// Who asks, and how one can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetIdentity {}

/// What the server knows of whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// Absent for a guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// What they may do.
    pub authorization: Authorization,
    pub ways_in: WaysIn,
}

/// How one can sign in here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaysIn {
    /// Nobody has an account yet: the next one to ask for one becomes the operator.
    pub needs_setup: bool,
    /// With a name and a password.
    pub local: bool,
    pub providers: Vec<Provider>,
}

/// An account, as its holder and operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    pub id: AccountId,
    /// What is typed to sign in.
    pub login: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: AccountRole,
    /// May not sign in until an operator allows it again.
    pub is_disabled: bool,
    /// The provider that checks this account; absent for a local one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Milliseconds since 1970.
    pub created: u64,
    /// Runs the place only because nobody else does: their provider does not say any more that they do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_kept_operator: bool,
}

/// What an account is to this installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    #[default]
    Member,
    /// Runs the place.
    Operator,
}

/// Makes the first account, the operator's. Refused with `already_set_up` where there is one.
///
/// Names and passwords are compared, and their characters counted, in Unicode's normal form NFKC.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetUp {
    /// 1 to 64 characters, without spaces at its ends; compared without regard to case.
    pub login: String,
    /// How they want to be called, 1 to 64 characters.
    pub name: String,
    /// 10 to 256 characters.
    pub password: String,
}

/// Signs in with a name and a password. The session comes as a cookie that scripts cannot read.
///
/// Refused with `second_factor_required` where both are right and the account asks for a code, too.
///
/// Refused with `limit_reached` where as many devices are signed in as the account's plan allows; the problem's field
/// `replaces_oldest` then names the device that would be signed out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    pub login: String,
    pub password: String,
    /// What the authenticator app shows, or a recovery code; for accounts with a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Signs out the device that was seen longest ago, where there is no room for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces_oldest: bool,
}

/// Signs this device out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignOut {}

/// A device that is signed out here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedOut {
    /// Where to send the browser to be signed out at its provider as well (OpenID Connect RP-Initiated Logout 1.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The devices that are signed in, the latest seen first; at most 100.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListSignIns {}

/// One device that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedInDevice {
    pub id: SignInId,
    /// What the browser says it is, in words: `Firefox on Linux`.
    pub device: String,
    /// Milliseconds since 1970.
    pub created: u64,
    /// Within ten minutes.
    pub seen: u64,
    /// The one that asks.
    pub is_this: bool,
}

/// Signs one device out, within five seconds on every node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndSignIn {
    pub id: SignInId,
}

/// Signs every device out but this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndOtherSignIns {}

/// Changes the password, signs every other device out, and ends the account's API tokens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    pub current: String,
    /// 10 to 256 characters.
    pub new: String,
}

/// Changes how one is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeAccount {
    /// 1 to 64 characters.
    pub name: String,
}

/// Accounts by name, or all; for operators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ListAccounts {
    /// The beginning of a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 100, 50 where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// One page of accounts, by login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPage {
    pub items: Vec<Account>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One account; for operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetAccount {
    pub id: AccountId,
}

/// Makes a local account; for operators. What is sent again is refused with `name_taken`, whoever has the name: [`PutAccount`]
/// tells.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateAccount {
    pub login: String,
    pub name: String,
    /// 10 to 256 characters; its holder can change it.
    pub password: String,
    pub role: AccountRole,
}

/// Makes a local account under an id of one's own; for operators. One that was made already is left as it is, and one that
/// was deleted is not made again: `version_conflict`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutAccount {
    /// 20 to 32 letters and digits, drawn at random by whoever makes it.
    pub id: AccountId,
    pub login: String,
    pub name: String,
    /// 10 to 256 characters; its holder can change it.
    pub password: String,
    pub role: AccountRole,
}

/// Changes an account; for operators. The last operator can neither be disabled nor made a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateAccount {
    pub id: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<AccountRole>,
    /// A disabled account is signed out everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// Takes away the authenticator app, the recovery codes and the passkeys: for somebody who lost them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removes_factors: bool,
}

discreet!(SetUp, SignIn, ChangePassword, CreateAccount, PutAccount);

call!(GetIdentity -> Identity, 200, Get "/api/v1/identity", Access::Guest => NotRequired, Read);
call!(SetUp -> Account, 201, Post "/api/v1/setup", Access::Guest => Any; bounds::NEW_ACCOUNT);
call!(SignIn -> Account, 201, Post "/api/v1/sign-in", Access::Guest => Any);
call!(SignOut -> SignedOut, 200, Delete "/api/v1/sign-in", Access::Guest => NotRequired);
call!(ListSignIns -> Vec<SignedInDevice>, 200, Get "/api/v1/sign-ins", Access::Member);
call!(EndSignIn -> (), 204, Delete "/api/v1/sign-ins/{id}", Access::Member);
call!(EndOtherSignIns -> (), 204, Delete "/api/v1/sign-ins", Access::Member);
call!(ChangePassword -> (), 204, Put "/api/v1/account/password", Access::Member; &[("new", bounds::NEW_PASSWORD)]);
call!(ChangeAccount -> Account, 200, Put "/api/v1/account", Access::Member => Unrestricted, Write; &[("name", bounds::name(bounds::NAME))]);
call!(ListAccounts -> AccountPage, 200, Get "/api/v1/accounts", Access::Operator, Operate; &[("limit", Bound::Number { least: 1, most: bounds::PAGE })]);
call!(GetAccount -> Account, 200, Get "/api/v1/accounts/{id}", Access::Operator, Operate);
call!(CreateAccount -> Account, 201, Post "/api/v1/accounts", Access::Operator, Operate; bounds::NEW_ACCOUNT);
call!(PutAccount -> Account, 201, Put "/api/v1/accounts/{id}", Access::Operator, Operate; bounds::NEW_ACCOUNT_BY_ID);
call!(UpdateAccount -> Account, 200, Patch "/api/v1/accounts/{id}", Access::Operator, Operate);
