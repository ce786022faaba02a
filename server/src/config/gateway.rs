//! What every request passes, and how much of it is taken.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Bounded, Networks, Sinks};

/// `[gateway]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Seconds until a request that has no answer yet is given up. The bytes of a video may take longer.
    pub timeout_seconds: Bounded<1, 3600>,
    /// Requests under way at once, each until the last byte of its answer; what comes beyond is asked to try again.
    pub in_flight: Bounded<1, 1_000_000>,
    /// Answers with video under way at once. Of the descriptors that the process may have, a quarter at most.
    pub streams_in_flight: Bounded<1, 1_000_000>,
    /// Streams of events under way at once: browsers and scripts that are told what changes. Each is a connection.
    pub events_in_flight: Bounded<1, 1_000_000>,
    /// The one header in which a proxy in front says for whom it asks; the other is ignored.
    pub forwarded: ForwardedHeader,
    /// The proxies in front: only what they say is believed.
    pub proxies: Networks,
    /// The setting of earlier versions: whoever connects is believed what `X-Forwarded-For` ends with. Not used where
    /// `forwarded` is set.
    pub trust_forwarded: bool,
    /// A proxy in front names requests (`X-Request-Id`).
    pub trust_request_id: bool,
    /// Seconds between two log lines that sum up how the server was used; 0 for none.
    pub usage_log_seconds: Bounded<0, 86_400>,
    pub limit: Limits,
    pub middleware: Middleware,
    /// Further layers by name, the outermost first.
    pub plugins: Vec<String>,
    /// Where middleware can write what it sees.
    pub sinks: Sinks,
    /// Which middleware writes to which of them: `usage`, `trace`, and plug-ins that take one.
    pub sink_of: BTreeMap<String, String>,
}

/// What a proxy says for whom it asks in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// Nobody is in front.
    #[default]
    None,
    /// `X-Forwarded-For`, with `X-Forwarded-Proto` beside it.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// `[gateway.limit]`: a request passes the bound of its viewer (an account, a guest's profile, or those of an address who
/// carry nothing yet) and that of its address, where an IPv6 network of 64 bits is one. Video, pictures and the client's
/// own files are not counted.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub requests_per_second: Bounded<1, 100_000>,
    /// Requests that may come at once after a pause.
    pub burst: Bounded<1, 1_000_000>,
    /// Of all viewers at one address; never less than of one viewer.
    pub address_requests_per_second: Bounded<1, 100_000>,
    /// The same at once after a pause.
    pub address_burst: Bounded<1, 1_000_000>,
    /// New guests of one address who write something, within an hour: each may leave a snapshot and places in films.
    pub guests_per_hour: Bounded<1, 1_000_000>,
}

/// `[gateway.middleware]`: each part of the stack can be left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Middleware {
    pub request_id: bool,
    pub trace: bool,
    pub panic_guard: bool,
    pub timeout: bool,
    pub load_shed: bool,
    pub security_headers: bool,
    pub identity: bool,
    pub device: bool,
    pub rate_limit: bool,
    pub usage: bool,
    pub compression: bool,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            timeout_seconds: Bounded::of(30),
            in_flight: Bounded::of(2048),
            streams_in_flight: Bounded::of(1024),
            events_in_flight: Bounded::of(20_000),
            forwarded: ForwardedHeader::None,
            proxies: Networks::loopback(),
            trust_forwarded: false,
            trust_request_id: false,
            usage_log_seconds: Bounded::of(300),
            limit: Limits::default(),
            middleware: Middleware::default(),
            plugins: Vec::new(),
            sinks: Sinks::new(),
            sink_of: BTreeMap::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_second: Bounded::of(50),
            burst: Bounded::of(600),
            address_requests_per_second: Bounded::of(200),
            address_burst: Bounded::of(2400),
            guests_per_hour: Bounded::of(200),
        }
    }
}

impl Default for Middleware {
    fn default() -> Self {
        Self {
            request_id: true,
            trace: true,
            panic_guard: true,
            timeout: true,
            load_shed: true,
            security_headers: true,
            identity: true,
            device: true,
            rate_limit: true,
            usage: true,
            compression: true,
        }
    }
}
