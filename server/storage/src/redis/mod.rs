//! Redis: where it is, how it is asked, and how its failures are said. What is kept in it is the callers' matter.
//!
//! Must never repeat a password.

mod address;
mod connection;

pub use self::{
    address::{Address, AddressError},
    connection::{Connection, Prepared, failure},
};

/// The schemes of URLs that name a Redis.
pub const SCHEMES: [&str; 4] = ["redis", "rediss", "redis+cluster", "rediss+cluster"];
