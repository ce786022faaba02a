//! What went wrong in the player, in words, with a way on.

/// Something the player cannot get over by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayerError {
    /// The connection to the server is gone, or too slow.
    Network,
    /// The link to the film ran out or was taken back: another session is asked for, and the viewer is told nothing.
    Refused,
    /// What arrived cannot be decoded here.
    Decode,
    /// This browser plays no HLS at all.
    Unsupported,
}

/// Which buttons go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    pub retry: bool,
    pub lower_quality: bool,
}

impl PlayerError {
    /// What an error of hls.js means; `kind` is its `type`, `status` that of the response behind it.
    pub fn of(kind: &str, status: Option<u16>) -> Self {
        match (kind, status) {
            ("networkError", Some(401 | 403 | 410)) => Self::Refused,
            ("networkError", _) => Self::Network,
            _ => Self::Decode,
        }
    }

    /// One sentence for the viewer.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Network => "The film cannot be reached right now.",
            Self::Refused => "The link to this film has run out.",
            Self::Decode => "This part of the film cannot be shown on this device.",
            Self::Unsupported => "This browser cannot play films. A current version of Chrome, Edge, Firefox or Safari can.",
        }
    }

    pub const fn recovery(self) -> Recovery {
        match self {
            Self::Network | Self::Decode => Recovery { retry: true, lower_quality: true },
            Self::Refused => Recovery { retry: true, lower_quality: false },
            Self::Unsupported => Recovery { retry: false, lower_quality: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_link_is_told_from_a_lost_connection() {
        assert_eq!(PlayerError::of("networkError", Some(403)), PlayerError::Refused);
        assert_eq!(PlayerError::of("networkError", Some(503)), PlayerError::Network);
        assert_eq!(PlayerError::of("networkError", None), PlayerError::Network);
        assert_eq!(PlayerError::of("mediaError", None), PlayerError::Decode);
    }

    #[test]
    fn there_is_a_way_on_wherever_there_can_be_one() {
        for error in [PlayerError::Network, PlayerError::Refused, PlayerError::Decode] {
            assert!(error.recovery().retry);
        }
        assert!(!PlayerError::Unsupported.recovery().retry);
    }
}
