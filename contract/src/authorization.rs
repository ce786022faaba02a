//! What an account may do: the object that the gateway and the balancer read, and that reaches the clients.
//!
//! Schema free where plans are: fields that this version does not know survive every round trip. Must never say who
//! the account is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What an account may do, as its plan and its overrides come to. What is absent is not limited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Authorization {
    /// Whether the catalogue is shown at all: its titles, pictures and pages.
    pub may_browse: bool,
    /// Whether films may be played at all.
    pub may_watch: bool,
    /// The best that is played.
    pub resolution: Resolution,
    /// Devices that may be signed in at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<u16>,
    /// Films that may be played at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewing_minutes_per_day: Option<u16>,
    /// When films may be played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewing_hours: Option<ViewingHours>,
    /// Minutes of video that may be uploaded, all together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_minutes: Option<u32>,
    pub may_review: bool,
    pub may_keep_favourites: bool,
    pub may_keep_watchlists: bool,
    pub gets_recommendations: bool,
    /// Regions whose pools may serve this account, for example `eu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// The age up to which films are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maturity: Option<u8>,
    /// What other versions and other operators put beside.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Default for Authorization {
    /// Everything, without a limit: an account of a household that has set no plans up. Where nobody could be asked it is
    /// [`Authorization::nothing`].
    fn default() -> Self {
        Self {
            may_browse: true,
            may_watch: true,
            resolution: Resolution::EightK,
            devices: None,
            streams: None,
            viewing_minutes_per_day: None,
            viewing_hours: None,
            upload_minutes: None,
            may_review: true,
            may_keep_favourites: true,
            may_keep_watchlists: true,
            gets_recommendations: true,
            regions: None,
            maturity: None,
            rest: Map::new(),
        }
    }
}

impl Authorization {
    /// Nothing at all: where nobody could be asked what is allowed.
    pub fn nothing() -> Self {
        Self {
            may_browse: false,
            may_watch: false,
            resolution: Resolution::Sd,
            devices: Some(0),
            streams: Some(0),
            viewing_minutes_per_day: Some(0),
            viewing_hours: None,
            upload_minutes: Some(0),
            may_review: false,
            may_keep_favourites: false,
            may_keep_watchlists: false,
            gets_recommendations: false,
            regions: Some(Vec::new()),
            maturity: Some(0),
            rest: Map::new(),
        }
    }

    /// Whether it grants `right`. To whom the catalogue is not shown nothing is granted that is about its titles.
    pub const fn grants(&self, right: Right) -> bool {
        match right {
            Right::Browse => self.may_browse,
            Right::Watch => self.may_watch,
            Right::Review => self.may_browse && self.may_review,
            Right::Favourites => self.may_browse && self.may_keep_favourites,
            Right::Watchlists => self.may_browse && self.may_keep_watchlists,
            Right::Recommendations => self.may_browse && self.gets_recommendations,
            Right::Upload => !matches!(self.upload_minutes, Some(0)),
        }
    }
}

/// A right that a call can require.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    Browse,
    Watch,
    Review,
    Favourites,
    Watchlists,
    Recommendations,
    Upload,
}

impl Right {
    /// What is said to a member whose plan lacks it: by the server, which refuses, and in the place of what would be refused.
    pub const fn lacking_words(self) -> &'static str {
        match self {
            Self::Browse => "Your plan does not include looking through the catalogue.",
            Self::Watch => "Your plan does not include watching.",
            Self::Review => "Your plan does not include reviews.",
            Self::Favourites => "Your plan does not include favourites.",
            Self::Watchlists => "Your plan does not include My list or lists of your own.",
            Self::Recommendations => "Your plan does not include recommendations.",
            Self::Upload => "Your plan does not include uploads.",
        }
    }
}

/// The best resolution of a plan, by the names that plans are sold under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Resolution {
    #[serde(rename = "SD")]
    Sd,
    #[serde(rename = "HD")]
    Hd,
    #[serde(rename = "4K")]
    FourK,
    #[default]
    #[serde(rename = "8K")]
    EightK,
}

impl Resolution {
    /// The lines of the highest rendition that it allows.
    pub const fn height(self) -> u16 {
        match self {
            Self::Sd => 480,
            Self::Hd => 1080,
            Self::FourK => 2160,
            Self::EightK => 4320,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sd => "SD",
            Self::Hd => "HD",
            Self::FourK => "4K",
            Self::EightK => "8K",
        }
    }
}

/// A part of every day, in minutes after midnight UTC; `to` before `from` goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ViewingHours {
    pub from: u16,
    pub to: u16,
}

impl ViewingHours {
    /// Whether a minute of the day is within.
    pub const fn contains(self, minute: u16) -> bool {
        if self.from <= self.to { self.from <= minute && minute < self.to } else { minute >= self.from || minute < self.to }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_says_what_differs_and_keeps_what_nobody_knows() {
        let document = json!({ "resolution": "HD", "streams": 2, "holodeck": { "seats": 4 } });
        let authorization: Authorization = serde_json::from_value(document).unwrap();
        assert_eq!((authorization.resolution, authorization.streams, authorization.may_review), (Resolution::Hd, Some(2), true));
        assert!(authorization.may_browse, "what an older build stored says nothing of it");
        assert_eq!(serde_json::to_value(&authorization).unwrap()["holodeck"]["seats"], 4);
    }

    #[test]
    fn hours_go_over_midnight() {
        let evening = ViewingHours { from: 18 * 60, to: 2 * 60 };
        assert!(evening.contains(23 * 60) && evening.contains(60) && !evening.contains(2 * 60) && !evening.contains(12 * 60));
        let day = ViewingHours { from: 9 * 60, to: 17 * 60 };
        assert!(day.contains(9 * 60) && !day.contains(17 * 60) && !day.contains(0));
    }

    #[test]
    fn nothing_grants_no_right() {
        let rights = [Right::Browse, Right::Watch, Right::Review, Right::Favourites, Right::Watchlists];
        let all: Vec<Right> = rights.into_iter().chain([Right::Recommendations, Right::Upload]).collect();
        assert!(all.iter().all(|right| !Authorization::nothing().grants(*right)));
        let unshown = Authorization { may_browse: false, ..Authorization::default() };
        let granted: Vec<Right> = all.into_iter().filter(|right| unshown.grants(*right)).collect();
        assert_eq!(granted, [Right::Watch, Right::Upload], "what asks for no title by its name");
    }

    #[test]
    fn an_upload_of_no_minutes_is_no_right() {
        assert!(Authorization::default().grants(Right::Upload));
        assert!(!Authorization { upload_minutes: Some(0), ..Authorization::default() }.grants(Right::Upload));
    }
}
