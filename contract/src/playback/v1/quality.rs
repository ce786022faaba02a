//! How a film plays, as its player measures it and says with each heartbeat.

use serde::{Deserialize, Serialize};

/// How a session played so far. Sums since it began, so that what is said again, or arrives late, counts once; numbers that no viewer
/// could have seen in that time are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PlayQuality {
    /// Milliseconds from the press on Play to the first picture; absent while there is none, and where another session showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_picture_millis: Option<u32>,
    /// Times that the film stood still for want of data; the wait for the first picture and after a jump is none.
    pub stalls: u32,
    /// How long it stood still, in milliseconds: also a stall that goes on.
    pub stalled_millis: u32,
    /// What the viewer was kept from the film by; one that is tried again counts once until the film goes on.
    pub errors: u32,
    /// The last of them: `network`, `decode`, `unsupported`; whatever else is said is `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub error: Option<PlayError>,
}

/// What kept a film from playing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayError {
    /// The film cannot be fetched.
    Network,
    /// What was fetched cannot be decoded.
    Decode,
    /// The browser cannot play films.
    Unsupported,
    /// One that this build does not know.
    #[serde(other)]
    Other,
}
