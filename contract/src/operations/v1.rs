//! Version 1 of operations: how the stores and the work beside requests fare, as `/readyz` says it at the metrics' address.

use serde::{Deserialize, Serialize};

use crate::{Access, Call, Method};

/// How the server that answers fares; for operators. What all nodes share fails for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetHealth {}

/// The answer to [`GetHealth`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Asked a second ago at most.
    pub stores: Vec<StoreHealth>,
    /// Work that goes on beside requests.
    pub tasks: Vec<TaskHealth>,
}

/// How a store fares, or what is derived from one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoreHealth {
    /// As `/readyz` names it: `documents`.
    pub name: String,
    /// Why it fails; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// How a piece of work beside requests fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskHealth {
    /// As `/readyz` names it: `index_follower`.
    pub name: String,
    /// Whether it does what it is for, or has done it.
    pub is_well: bool,
    /// How often it was begun again since the server started.
    pub restarts: u64,
    /// Absent where it never failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<TaskFailure>,
}

/// When and why a piece of work failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskFailure {
    /// Milliseconds since 1970.
    pub at: u64,
    pub reason: String,
}

impl Call for GetHealth {
    type Reply = Health;
    const NAME: &'static str = "operations.v1.GetHealth";
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/health";
    const ACCESS: Access = Access::Operator;
}
