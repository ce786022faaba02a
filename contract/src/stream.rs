//! What a stream is: one request that is answered with events for as long as it lasts, as server-sent events (HTML, section 9.2).
//!
//! Beside [`Call`](crate::Call), which is answered once. A stream has no time-out and ends by itself: when whoever follows it may
//! see something else, when they fell behind, when the server stops. Whoever follows begins again with the id of the last event
//! that they took, and misses nothing.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Access, Profiles};

/// The header of the last event's id; a browser sends it by itself where it begins again.
pub const LAST_EVENT_ID: &str = "last-event-id";

/// A request that is answered with events. Always `GET`; its fields are the query.
pub trait Stream: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What is told, as JSON in the data of each event.
    type Event: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The operation's name in OpenAPI, metrics and logs.
    const NAME: &'static str;
    /// The path with its version.
    const PATH: &'static str;
    const ACCESS: Access = Access::Guest;
    const PROFILES: Profiles = Profiles::Any;
}
