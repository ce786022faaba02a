//! The load balancer's hook: every request passes it, and a policy names who answers.
//!
//! A policy only chooses. Must never change a request, nor wait for anything.

use super::upstream::Upstream;
use crate::context::{SeenDevice, Viewer};

/// What a policy can choose by.
#[derive(Clone, Copy, Debug)]
pub struct RouteContext<'a> {
    /// The request's path.
    pub path: &'a str,
    pub device: &'a SeenDevice,
    pub viewer: &'a Viewer,
}

/// A policy.
pub trait Balancer: Send + Sync + 'static {
    fn choose(&self, route: &RouteContext<'_>) -> Upstream;
}

/// The policy of a single process: it answers everything itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnlyHere;

impl Balancer for OnlyHere {
    fn choose(&self, _route: &RouteContext<'_>) -> Upstream {
        Upstream::Here
    }
}
