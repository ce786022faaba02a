//! Where the server listens and how it stops.

use serde::Deserialize;

use super::{Address, Bounded, WebOrigin};

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    pub address: Address,
    /// Address and port where monitoring reads `/metrics`; nothing listens where it is absent.
    pub metrics_address: Option<Address>,
    /// Viewers come over HTTPS (a proxy in front ends it): cookies are marked `Secure`, and browsers are told
    /// to stay on HTTPS.
    pub https: bool,
    /// The address that viewers type, where it is not to be taken from their requests. Passkeys are bound to it, and
    /// providers send viewers back to it.
    pub public_url: Option<WebOrigin>,
    /// Seconds that requests under way are given to finish after SIGTERM.
    pub drain_seconds: Bounded<0, 3600>,
    /// Seconds between the moment `/readyz` says no and the moment no new connection is taken, so that a
    /// balancer in front notices in time.
    pub drain_notice_seconds: Bounded<0, 300>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: Address::default(),
            metrics_address: None,
            https: false,
            public_url: None,
            drain_seconds: Bounded::of(20),
            drain_notice_seconds: Bounded::of(0),
        }
    }
}
