//! How long what a player is given is good for.

use serde::Deserialize;

use super::Bounded;

/// `[playback]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Playback {
    /// Seconds that a grant for a title's video is valid. A new session makes a new one.
    pub grant_seconds: Bounded<60, 86_400>,
    /// Seconds between two heartbeats of a player.
    pub heartbeat_seconds: Bounded<1, 300>,
}

impl Default for Playback {
    fn default() -> Self {
        Self { grant_seconds: Bounded::of(6 * 3600), heartbeat_seconds: Bounded::of(10) }
    }
}
