//! What a profile has watched to its end, or says that it has: by title, with dates.
//!
//! A film that is played to its credits is watched by itself, unless the profile keeps no history. What is not watched any more is
//! forgotten with all its dates.

use serde::{Deserialize, Serialize};

use super::LIMIT;
use crate::{
    Access, Call, Method, Scope,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    catalog::v1::TitleCard,
    ids::TitleId,
};

/// A page of what this profile has watched, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListHistory {
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 100; 50 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The answer to [`ListHistory`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryPage {
    pub items: Vec<WatchedTitle>,
    /// Titles in the whole history that whoever asks is shown.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A title that was watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchedTitle {
    #[serde(flatten)]
    pub card: TitleCard,
    /// When, in milliseconds since 1970, the latest first; 1 to 100. Of a day alone it is noon in UTC.
    pub dates: Vec<u64>,
}

/// Which of named titles this profile has watched. For whoever asks of few: the rest of the history is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListWatchedTitles {
    /// At most 100.
    pub ids: Vec<TitleId>,
}

/// The answer to [`ListWatchedTitles`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchedTitles {
    /// In the order asked for.
    pub ids: Vec<TitleId>,
}

/// Marks a title as watched, now or on another date: that date is added to those there are. Whether or not the profile keeps a
/// history of what it plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarkWatched {
    pub id: TitleId,
    /// When, in milliseconds since 1970, and not in the future; now where it is absent. Within six hours of another it is the same
    /// viewing, and nothing is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<u64>,
    /// It was played to its credits: noted only where the profile keeps a history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_played: bool,
    /// A number of the client's that names this change, so that it can be sent again and be taken back
    /// ([`MarkWatched::restores`]): of each title the last eight are known, for 31 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// Takes back the change of this number, by which the title was marked as watched or as not watched: exactly the dates
    /// that are there by it alone go, exactly those that it removed come back, and whatever was done since stays; the rest of this call
    /// does not count. Of a change that is not known, or was taken back, nothing happens, nor should it still come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
}

impl MarkWatched {
    /// Says that a title is watched now.
    pub const fn now(id: TitleId) -> Self {
        Self { id, date: None, is_played: false, change: None, restores: None }
    }
}

/// Marks a title as not watched, or takes one viewing of it out: with its last one it is in the history no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarkUnwatched {
    pub id: TitleId,
    /// The viewing, in milliseconds since 1970, six hours more or less; all of them where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<u64>,
    /// As [`MarkWatched::change`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
}

/// Forgets the whole history of this profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForgetHistory {}

/// Whether this profile keeps a history of what it plays.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetHistorySettings {}

/// Says whether this profile keeps a history of what it plays from now on; what is in it stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceHistorySettings {
    pub is_kept: bool,
}

/// The answer to [`GetHistorySettings`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistorySettings {
    pub is_kept: bool,
}

call!(ListHistory -> HistoryPage, 200, Get "/api/v1/history", Browse; &[LIMIT]);
call!(MarkWatched -> (), 204, Put "/api/v1/history/{id}", Browse);
call!(MarkUnwatched -> (), 204, Delete "/api/v1/history/{id}", Browse);
call!(ForgetHistory -> (), 204, Delete "/api/v1/history", Browse);
call!(GetHistorySettings -> HistorySettings, 200, Get "/api/v1/history-settings", Browse);
call!(ReplaceHistorySettings -> (), 204, Put "/api/v1/history-settings", Browse);

impl Call for ListWatchedTitles {
    type Reply = WatchedTitles;
    const NAME: &'static str = "library.v1.ListWatchedTitles";
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/watched-titles";
    const ACCESS: Access = Access::Right(Right::Browse);
    /// It asks, and posts only because it asks for much.
    const SCOPE: Option<Scope> = Some(Scope::Read);
    const BOUNDS: Bounds = &[("ids", Bound::Items { least: 0, most: bounds::CARDS })];
}
