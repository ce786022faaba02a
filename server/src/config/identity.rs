//! Who can sign in, and how.

use serde::Deserialize;

use super::{Bounded, Providers};

/// `[identity]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Whether accounts sign in with a password kept here.
    pub local: bool,
    /// Who can watch with one account.
    pub profiles_per_account: Bounded<1, 50>,
    /// OpenID Connect providers that accounts may sign in with.
    pub providers: Providers,
}

impl Default for Identity {
    fn default() -> Self {
        Self { local: true, profiles_per_account: Bounded::of(8), providers: Providers::new() }
    }
}
