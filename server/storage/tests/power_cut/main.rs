//! What a power cut leaves of what this crate writes.

#![expect(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod search;
mod stores;
