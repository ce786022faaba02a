//! Who asks, on what, and how their request calls on: what a handler knows of a request beside its fields.
//!
//! Made once at the gateway and handed down; a handler that calls another service does it through the
//! context, so that the call is made on behalf of the same viewer.

use std::sync::Arc;

use contract::{
    Dispatch, Problem,
    call::{AnyCall, AnyReply, BoxFuture},
    device::{DeviceProfile, DeviceSource},
    ids::ProfileId,
};

use crate::mount::Peers;

/// Who is watching. Until accounts exist every viewer is an anonymous profile kept by a signed cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub profile: ProfileId,
    /// Whether this profile was made for this very request, so that nothing can be stored for it yet.
    pub is_new: bool,
}

/// The device that a request came from, and how that was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenDevice {
    pub profile: DeviceProfile,
    pub source: DeviceSource,
}

/// What a handler knows of the request. Cheap to clone.
#[derive(Clone)]
pub struct RequestContext {
    pub request_id: Arc<str>,
    pub viewer: Viewer,
    pub device: Arc<SeenDevice>,
    pub peers: Peers,
}

impl Dispatch for RequestContext {
    fn dispatch<'a>(&'a self, name: &'static str, call: AnyCall) -> BoxFuture<'a, Result<AnyReply, Problem>> {
        self.peers.dispatch(self.clone(), name, call)
    }
}
