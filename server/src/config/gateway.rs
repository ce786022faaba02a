//! What every request passes, and how much of it is taken.

use serde::Deserialize;

use super::Bounded;

/// `[gateway]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Seconds until a request that has no answer yet is given up. The bytes of a video may take longer.
    pub timeout_seconds: Bounded<1, 3600>,
    /// Requests under way at once; what comes beyond is asked to try again.
    pub in_flight: Bounded<1, 1_000_000>,
    /// A proxy in front sets `X-Forwarded-For` and `X-Forwarded-Proto`, and strips what clients send.
    pub trust_forwarded: bool,
    /// A proxy in front names requests (`X-Request-Id`).
    pub trust_request_id: bool,
    /// Seconds between two log lines that sum up how the server was used; 0 for none.
    pub usage_log_seconds: Bounded<0, 86_400>,
    pub limit: Limits,
    pub middleware: Middleware,
    /// Further layers by name, the outermost first.
    pub plugins: Vec<String>,
}

/// `[gateway.limit]`: requests of one viewer, or of one address where the viewer is not known yet. Video,
/// pictures and the client's own files are not counted.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub requests_per_second: Bounded<1, 100_000>,
    /// Requests that may come at once after a pause.
    pub burst: Bounded<1, 1_000_000>,
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
            trust_forwarded: false,
            trust_request_id: false,
            usage_log_seconds: Bounded::of(300),
            limit: Limits::default(),
            middleware: Middleware::default(),
            plugins: Vec::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests_per_second: Bounded::of(50), burst: Bounded::of(600) }
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
