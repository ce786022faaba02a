//! Events for browsers and scripts: what changes for a viewer, on whichever device and node, as a stream.
//!
//! [`follow`] reads the change feeds of what services keep, [`hub`] hands each change to whom it concerns, [`stream`] is one
//! connection. What is told follows from the session, which is looked at again every five seconds. Must never know what a change
//! means: services say that ([`crate::services::feeds`]).

mod cursor;
mod follow;
mod hub;
mod stream;

pub use follow::follow_all;
pub use hub::Hub;
pub use stream::EventStreams;
