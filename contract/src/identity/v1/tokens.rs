//! Personal API tokens: for scripts that act for an account, each as far as its scopes go.
//!
//! Made and deleted in a browser alone: a token that could make another would outlive its own end.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Scope,
    bounds::{self, Bound},
    ids::ApiTokenId,
};

/// The account's tokens, the latest made first; at most 50.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListApiTokens {}

/// A token, as its account sees it: everything but the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub name: String,
    /// In the order read, write, watch, operate; each once.
    pub scopes: Vec<Scope>,
    /// Milliseconds since 1970.
    pub created: u64,
    /// Within ten minutes; absent where it was never used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// Milliseconds since 1970; absent where it stays until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// Makes a token. It watches as whoever watches in this browser now, and sees what they may see.
///
/// Refused with `limit_reached` where the account has 50, and with `confirmation_required` where nobody showed a factor on
/// this device within five minutes. What is sent again makes another one: [`PutApiToken`] does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateApiToken {
    /// What it is for, 1 to 64 characters.
    pub name: String,
    /// One at least; `operate` for an operator's account alone.
    pub scopes: Vec<Scope>,
    /// 1 to 366; without it the token stays until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u16>,
}

/// Makes a token as [`CreateApiToken`] does, under an id of one's own. One that was made already is not told again, and one
/// that was deleted is not made again: `version_conflict`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutApiToken {
    /// 20 to 32 letters and digits, drawn at random by whoever makes it.
    pub id: ApiTokenId,
    /// What it is for, 1 to 64 characters.
    pub name: String,
    /// One at least; `operate` for an operator's account alone.
    pub scopes: Vec<Scope>,
    /// 1 to 366; without it the token stays until it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u16>,
}

/// A token that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewApiToken {
    /// For `Authorization: Bearer`. Shown now and never again.
    pub token: String,
    pub about: ApiToken,
}

/// Deletes a token: whoever carries it is refused within five seconds, on every node. Refused with
/// `confirmation_required` as [`CreateApiToken`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteApiToken {
    pub id: ApiTokenId,
}

discreet!(NewApiToken);

call!(unkept ListApiTokens -> Vec<ApiToken>, 200, Get "/api/v1/account/tokens", Access::Member);
call!(CreateApiToken -> NewApiToken, 201, Post "/api/v1/account/tokens", Access::Member; &[
    ("name", bounds::name(bounds::NAME)),
    ("scopes", Bound::Items { least: 1, most: 100 }),
    ("expires_in_days", Bound::Number { least: 1, most: bounds::TOKEN_DAYS }),
]);
call!(PutApiToken -> NewApiToken, 201, Put "/api/v1/account/tokens/{id}", Access::Member; &[
    ("id", bounds::NEW_ID),
    ("name", bounds::name(bounds::NAME)),
    ("scopes", Bound::Items { least: 1, most: 100 }),
    ("expires_in_days", Bound::Number { least: 1, most: bounds::TOKEN_DAYS }),
]);
call!(DeleteApiToken -> (), 204, Delete "/api/v1/account/tokens/{id}", Access::Member);
