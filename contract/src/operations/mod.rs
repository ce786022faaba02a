//! How the place fares, for whoever runs it. Re-exports the latest version; older ones stay beside it.

pub mod v1;

pub use v1::*;
