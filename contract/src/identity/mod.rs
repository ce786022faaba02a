//! Who is watching: accounts, sessions, profiles.

pub mod v1;

pub use v1::*;
