//! What accounts and their profiles are called, many at once: for services that show operators whose something is.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method, Scope,
    bounds::{self, Bound, Bounds},
    ids::{AccountId, ProfileId},
};

/// The names of accounts and of their profiles, of those that there are, in no order; for operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetAccountNames {
    /// At most 100.
    pub ids: Vec<AccountId>,
}

/// What an account is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountNames {
    pub id: AccountId,
    /// What is typed to sign in.
    pub login: String,
    pub name: String,
    pub profiles: Vec<ProfileName>,
}

/// What a profile is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileName {
    pub id: ProfileId,
    pub name: String,
}

impl Call for GetAccountNames {
    type Reply = Vec<AccountNames>;
    const NAME: &'static str = "identity.v1.GetAccountNames";
    /// It asks, and posts only because it asks for much.
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/account-names";
    const ACCESS: Access = Access::Operator;
    const SCOPE: Option<Scope> = Some(Scope::Operate);
    const BOUNDS: Bounds = &[("ids", Bound::Items { least: 0, most: bounds::CARDS })];
}
