//! Where the server listens and how it stops.

use serde::Deserialize;

use super::{Address, Bounded, Region, WebOrigin};

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
    /// Where this process serves, as reports name it: up to 64 letters, digits, `-` and `_`.
    pub region: Region,
    /// Seconds that requests under way are given to finish after SIGTERM.
    pub drain_seconds: Bounded<0, 3600>,
    /// Seconds between the moment `/readyz` says no and the moment no new connection is taken, so that a
    /// balancer in front notices in time.
    pub drain_notice_seconds: Bounded<0, 300>,
    pub connections: Connections,
}

/// `[server.connections]`: how many there may be, and how long one may keep the server waiting.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connections {
    /// All together; fewer where the process may not have the descriptors. A newcomer gets the place of the one that has
    /// been silent for longest.
    pub most: Bounded<8, 1_000_000>,
    /// From one address; named proxies have as many as they want.
    pub most_per_address: Bounded<1, 1_000_000>,
    /// Requests at once over one connection (HTTP/2).
    pub streams: Bounded<1, 1000>,
    /// Seconds in which the head of a request must come, from its first byte on, and the first one from the beginning.
    pub header_seconds: Bounded<1, 600>,
    /// Seconds after which a connection is closed over which nothing is asked.
    pub idle_seconds: Bounded<1, 3600>,
    /// Seconds after which an answer is broken off of which its client takes nothing.
    pub stall_seconds: Bounded<1, 3600>,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            most: Bounded::of(8192),
            most_per_address: Bounded::of(256),
            streams: Bounded::of(64),
            header_seconds: Bounded::of(10),
            idle_seconds: Bounded::of(75),
            stall_seconds: Bounded::of(60),
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: Address::default(),
            metrics_address: None,
            https: false,
            public_url: None,
            region: Region::default(),
            drain_seconds: Bounded::of(20),
            drain_notice_seconds: Bounded::of(0),
            connections: Connections::default(),
        }
    }
}
