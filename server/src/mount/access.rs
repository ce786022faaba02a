//! The access guard: whether a viewer may make a call. The only place that reads `Access`.

use contract::{Access, Problem};

use crate::context::RequestContext;

/// # Errors
/// The problem that refuses the call.
pub fn check(access: Access, _context: &RequestContext) -> Result<(), Problem> {
    match access {
        Access::Guest => Ok(()),
    }
}
