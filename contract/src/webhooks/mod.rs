//! Other systems that are told what happens here. Re-exports the latest version; older ones stay beside it.

pub mod v1;

pub use v1::*;
