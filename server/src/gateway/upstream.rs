//! Where a request can be answered.

/// Who answers a request.
///
/// There is one place so far. A pool elsewhere becomes a variant of its own with the transport that reaches
/// it, and every match here then has to say what it does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// The services in this process.
    Here,
}
