//! What is shown of a title wherever it is shown: its card.

use serde::{Deserialize, Serialize};

use crate::ids::TitleId;

/// What a card shows: the least that a row or a grid needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleCard {
    pub id: TitleId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_minutes: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<String>,
    /// At most three, the most telling first.
    pub genres: Vec<String>,
    /// The mean of the scores, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    pub artwork: Artwork,
    /// Absent for a title without video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoFacts>,
    /// What the members of this installation gave it; absent where nobody rated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_rating: Option<HouseRating>,
}

/// The ratings that the members of an installation gave a title.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HouseRating {
    /// In stars, 0.5 to 5.
    pub mean: f64,
    /// At least 1.
    pub count: u64,
}

/// Pictures. Each is an address on this server that needs no grant and never changes its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artwork {
    /// 2:3, drawn by the server where the film has none.
    pub poster: String,
    /// 16:9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backdrop: Option<String>,
    /// The poster's dominant colour, `#rrggbb`, to show while it loads.
    pub colour: String,
}

/// What can be played of a title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VideoFacts {
    /// The highest rendition's height in pixels, for example 800.
    pub height: u16,
    /// The class of the highest rendition: the height of the smallest 16:9 frame that holds it, for example 1080. Absent of
    /// what a build without classes packaged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<u16>,
    pub duration_seconds: u32,
    /// BCP 47 languages of the audio tracks.
    pub audio: Vec<String>,
    /// BCP 47 languages of the text tracks.
    pub captions: Vec<String>,
}

impl VideoFacts {
    /// What the highest rendition is called by: `1080` in `1080p`.
    pub fn class(&self) -> u16 {
        self.class.unwrap_or(self.height)
    }
}
