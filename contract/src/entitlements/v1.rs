//! Version 1 of entitlements.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Access, Call, Method,
    authorization::Authorization,
    bounds,
    ids::{AccountId, PlanId},
};

/// What the account of whoever asks may do, and from which plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetEntitlements {}

/// What an account may do, and how it came to that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Entitlements {
    pub plan: PlanId,
    /// The plan's name for people.
    pub plan_name: String,
    /// What differs from the plan, as a JSON merge patch (RFC 7396).
    pub overrides: Map<String, Value>,
    /// What both come to.
    pub authorization: Authorization,
    /// Counts up with every change; for `expected_version`.
    pub version: u64,
    /// Why `authorization` allows less than plan and overrides say: one of them cannot be read. For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// The same for another account; for operators.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetAccountEntitlements {
    pub account: AccountId,
}

/// Gives an account a plan and what differs from it; for operators. In force within five seconds on every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutAccountEntitlements {
    pub account: AccountId,
    pub plan: PlanId,
    pub overrides: Map<String, Value>,
    /// The version that was read; `version_conflict` where it is another by now.
    pub expected_version: u64,
}

/// Every plan, by id; at most 100.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListPlans {}

/// A plan: what accounts that have it may do. `guest` is everybody's who has no account, `member` everybody's who has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    pub id: PlanId,
    /// For people, 1 to 64 characters.
    pub name: String,
    /// As [`Authorization`] reads it; fields that nobody knows are kept and reach the clients.
    pub authorization: Map<String, Value>,
    pub version: u64,
    /// What it costs; absent where it has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Map<String, Value>>,
    /// Why accounts that have it may do nothing: it cannot be read. For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// Makes or replaces a plan; for operators. In force within five seconds, without a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutPlan {
    pub id: PlanId,
    pub name: String,
    pub authorization: Map<String, Value>,
    /// The version that was read, 0 for a plan that is new.
    pub expected_version: u64,
}

/// Says what a plan costs; for operators. Of the month that is under way and those to come: months that are over keep the price that they had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplacePlanPrice {
    pub id: PlanId,
    /// `currency` (ISO 4217) and, each a decimal text such as `"4.99"`, what is paid by the `month`, `per_hour_watched` and `per_gb` of 10^9 bytes; what is
    /// absent costs nothing. Fields that nobody knows are kept. An empty object takes the price away.
    pub price: Map<String, Value>,
    /// The version of the plan that was read.
    pub expected_version: u64,
}

/// A call by its name, verb, path and access.
macro_rules! call {
    ($call:ident -> $reply:ty, $method:ident $path:literal, $access:expr $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("entitlements.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = $access;
            $(const BOUNDS: crate::bounds::Bounds = $bounds;)?
        }
    };
}

call!(GetEntitlements -> Entitlements, Get "/api/v1/entitlements", Access::Guest);
call!(GetAccountEntitlements -> Entitlements, Get "/api/v1/accounts/{account}/entitlements", Access::Operator);
call!(PutAccountEntitlements -> Entitlements, Put "/api/v1/accounts/{account}/entitlements", Access::Operator);
call!(ListPlans -> Vec<Plan>, Get "/api/v1/plans", Access::Operator);
call!(PutPlan -> Plan, Put "/api/v1/plans/{id}", Access::Operator; &[("name", bounds::name(bounds::NAME))]);
call!(ReplacePlanPrice -> Plan, Put "/api/v1/plans/{id}/price", Access::Operator; &[("price", bounds::Bound::Object)]);
