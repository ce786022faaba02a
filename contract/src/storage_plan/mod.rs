//! Where video lies and what that costs. Re-exports the latest version; older ones stay beside it.

pub mod v1;

pub use v1::*;
