//! What is recommended to one profile, each with its reason in a form that the client makes words of, and what it does not want.
//!
//! Nothing that the profile watched, began or hid is recommended, nor what is rated above its age. Refused with `not_allowed` where the
//! plan does not include recommendations.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method, Scope,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    catalog::v1::TitleCard,
    ids::TitleId,
};

/// The rows of the home page that are this profile's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetMyRows {}

/// The answer to [`GetMyRows`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyRows {
    /// `false` where the profile wants none; then there are no rows.
    pub is_on: bool,
    /// In the order to show them; no title stands in two.
    pub rows: Vec<MyRow>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyRow {
    /// Stable, to remember where the row was scrolled to, and that it is hidden.
    pub key: String,
    pub about: RowAbout,
    /// 4 to 20, the best first.
    pub items: Vec<Recommendation>,
}

/// What a row is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RowAbout {
    /// The best of all for this profile.
    TopPicks,
    /// What the profile's watching of one title speaks for.
    BecauseYouWatched { id: TitleId, title: String },
    /// What came into the catalogue in the last weeks, the best for this profile first.
    New,
    /// What three accounts or more of this server watched lately.
    PopularHere,
}

/// A title that is recommended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recommendation {
    #[serde(flatten)]
    pub card: TitleCard,
    pub why: Why,
}

/// Why a title is recommended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Why {
    /// It owes this most to a title that the profile watched.
    BecauseYouWatched { id: TitleId, title: String },
    /// It fits all that the profile watched, listed and rated; most of all the title that is named, where one stands out.
    FitsHistory {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        liked: Option<Liked>,
    },
    /// It is watched by many, and little is known of the profile. Only earlier versions say it.
    Popular,
    /// Three accounts or more of this server watched it lately.
    PopularHere,
}

impl Why {
    /// The title that is named, whatever the profile did with it: its id and what it is called.
    pub fn names(&self) -> Option<(&TitleId, &str)> {
        match self {
            Self::BecauseYouWatched { id, title } => Some((id, title)),
            Self::FitsHistory { liked } => liked.as_ref().map(|liked| (&liked.id, liked.title.as_str())),
            Self::Popular | Self::PopularHere => None,
        }
    }
}

/// A title that the profile did not watch here, and that it wants more like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Liked {
    pub id: TitleId,
    pub title: String,
    pub by: LikedBy,
}

/// How a profile says that it wants more like a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LikedBy {
    /// It is on one of its lists.
    Listed,
    /// It gave it many stars.
    Rated,
}

/// What is like a title by what it is about and by who watches it, for this profile: at most 18.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListRelatedTitles {
    pub id: TitleId,
}

/// What is not to be recommended for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HiddenKind {
    /// This title, by its id.
    Title,
    /// Titles of this genre, as titles name it.
    Genre,
    /// Titles with this person, as titles name them.
    Person,
    /// What is recommended because this title was watched, by its id.
    Because,
}

/// Says "not for me". The same again changes nothing. Refused with `limit_reached` beyond 500.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HideRecommendation {
    pub kind: HiddenKind,
    /// The title's id, or the name.
    pub of: String,
}

/// Takes "not for me" back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RestoreRecommendation {
    pub kind: HiddenKind,
    pub of: String,
}

/// Everything that this profile said "not for me" to, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListHidden {}

/// Something that is not recommended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hidden {
    pub kind: HiddenKind,
    pub of: String,
    /// The name of the title; absent of a genre and a person, and of a title that is not there for this profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When, in milliseconds since 1970.
    pub since: u64,
}

/// Which of named titles this profile said "not for me" to: by themselves, by a genre, or by a person that is known
/// to recommendations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListUnwantedTitles {
    /// At most 100.
    pub ids: Vec<TitleId>,
}

/// The answer to [`ListUnwantedTitles`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnwantedTitles {
    /// In the order asked for.
    pub ids: Vec<TitleId>,
}

/// Whether this profile wants recommendations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetRecommendationSettings {}

/// Says whether this profile wants recommendations. Where it does not, it gets none, and what it watches says nothing for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceRecommendationSettings {
    pub is_on: bool,
}

/// The answer to [`GetRecommendationSettings`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecommendationSettings {
    pub is_on: bool,
}

/// What names something that is hidden.
const OF: Bounds = &[("of", bounds::name(bounds::QUERY))];

/// A call by its name, verb and path; answered with 200 and `$reply`, or with 204 where that is `()`.
macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("discovery.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Right(Right::Recommendations);
            $(const BOUNDS: Bounds = $bounds;)?
            const STATUS: u16 = $status;
        }
    };
}

call!(GetMyRows -> MyRows, 200, Get "/api/v1/my-rows");
call!(ListRelatedTitles -> Vec<TitleCard>, 200, Get "/api/v1/titles/{id}/related");
call!(HideRecommendation -> (), 204, Put "/api/v1/hidden-recommendations"; OF);
call!(RestoreRecommendation -> (), 204, Delete "/api/v1/hidden-recommendations"; OF);
call!(ListHidden -> Vec<Hidden>, 200, Get "/api/v1/hidden-recommendations");
call!(GetRecommendationSettings -> RecommendationSettings, 200, Get "/api/v1/recommendation-settings");
call!(ReplaceRecommendationSettings -> (), 204, Put "/api/v1/recommendation-settings");

impl Call for ListUnwantedTitles {
    type Reply = UnwantedTitles;
    const NAME: &'static str = "discovery.v1.ListUnwantedTitles";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/unwanted-titles";
    const ACCESS: Access = Access::Right(Right::Recommendations);
    /// It asks, and posts only because it asks for much.
    const SCOPE: Option<Scope> = Some(Scope::Read);
    const BOUNDS: Bounds = &[("ids", Bound::Items { least: 0, most: bounds::CARDS })];
}
