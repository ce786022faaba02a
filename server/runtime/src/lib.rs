//! What every part of the server stands on: the one clock, work beside requests, and numbers of the config.
//!
//! Must never know what is stored or served.

pub mod bounded;
pub mod clock;
pub mod priority;
pub mod retries;
pub mod spare;
pub mod supervise;
