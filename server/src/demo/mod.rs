//! The demo library: what a new server shows before anybody brought films of their own.
//!
//! Must never take part unless it was asked for.

pub mod films;
