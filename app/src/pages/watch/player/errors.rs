//! What went wrong in the player, in words, with a way on.

/// Something the player cannot get over by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
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
pub struct Ways {
    pub retry: bool,
    pub lower_quality: bool,
}

impl Trouble {
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

    pub const fn ways(self) -> Ways {
        match self {
            Self::Network | Self::Decode => Ways { retry: true, lower_quality: true },
            Self::Refused => Ways { retry: true, lower_quality: false },
            Self::Unsupported => Ways { retry: false, lower_quality: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_link_is_told_from_a_lost_connection() {
        assert_eq!(Trouble::of("networkError", Some(403)), Trouble::Refused);
        assert_eq!(Trouble::of("networkError", Some(503)), Trouble::Network);
        assert_eq!(Trouble::of("networkError", None), Trouble::Network);
        assert_eq!(Trouble::of("mediaError", None), Trouble::Decode);
    }

    #[test]
    fn there_is_a_way_on_wherever_there_can_be_one() {
        for trouble in [Trouble::Network, Trouble::Refused, Trouble::Decode] {
            assert!(trouble.ways().retry);
        }
        assert!(!Trouble::Unsupported.ways().retry);
    }
}
