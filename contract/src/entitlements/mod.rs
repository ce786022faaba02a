//! What accounts may do: plans, and the documents that say what differs for one account.

pub mod v1;

pub use v1::*;
