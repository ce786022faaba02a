//! Where webhooks may lead beside the public internet.

use serde::Deserialize;

use super::Networks;

/// `[webhooks]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Networks of one's own that receivers may be in, over HTTP as well. Whoever is an operator can have the server ask there.
    pub private_networks: Networks,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { private_networks: Networks::new(Vec::new()) }
    }
}
