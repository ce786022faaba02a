//! What is remembered between leaving for a provider and coming back.

use std::time::Duration;

use contract::ids::{AccountId, ProfileId, SignInId};
use serde::{Deserialize, Serialize};

/// As long as somebody may take to sign in there.
pub const KEPT: Duration = Duration::from_secs(10 * 60);

/// What the viewer wants beside being let in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReturnTo {
    /// Where they were on their way to.
    pub to: Option<String>,
    /// Where as many devices are signed in as the plan allows, the one that was seen longest ago gives way.
    pub replaces_oldest: bool,
}

/// Whose sign-in here is to be confirmed by a fresh one at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirms {
    pub account: AccountId,
    pub sign_in: SignInId,
}

/// Under way to a provider. The verifier is a secret: never logged.
#[derive(Serialize, Deserialize)]
pub struct Ceremony {
    pub provider: String,
    /// Who watched in that browser, which its signed cookie says: the one thing that only it can bring back.
    pub profile: ProfileId,
    pub nonce: String,
    /// Of PKCE.
    pub verifier: String,
    pub going: ReturnTo,
    /// Absent where somebody signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirms: Option<Confirms>,
    /// When they left, in seconds since 1970 by this server's clock.
    #[serde(default)]
    pub since: u64,
}
