//! Lists of titles that a profile keeps: "My list", which everybody has, lists of one's own, and favourites.
//!
//! What is added and removed counts by its arrival; either may be sent again. Titles above the age of whoever asks are not
//! told, and stay where they are.

use serde::{Deserialize, Serialize};

use super::LIMIT;
use crate::{
    Access, Call, Method,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    catalog::v1::TitleCard,
    ids::{ListId, TitleId},
};

/// The id of "My list", which every profile has and none can delete or rename.
pub const WATCHLIST: &str = "watchlist";

/// What this profile has on "My list", among its favourites and in its history: what a card needs to say so.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetMarks {}

/// The answer to [`GetMarks`]. What the viewer may not keep is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Marks {
    /// In the order of the list; at most 5000.
    pub watchlist: Vec<TitleId>,
    /// The latest first; at most 5000.
    pub favourites: Vec<TitleId>,
    /// What it has watched, the latest first; the latest 20,000.
    #[serde(default)]
    pub watched: Vec<TitleId>,
}

/// The lists that this profile may see: "My list" first, its own by name, then those that other profiles of the account share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListLists {
    /// A title, to be told of each list whether it is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TitleId>,
}

/// A list, without its titles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TitleList {
    pub id: ListId,
    pub name: String,
    /// Empty where nothing is noted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether the other profiles of the account see it.
    pub is_shared: bool,
    /// Whether it is this profile's, which alone changes it.
    pub is_own: bool,
    /// What the profile is called whose it is, where that is another one of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_by: Option<String>,
    /// Titles on it that whoever asks is shown.
    pub count: u64,
    /// Whether the [`ListLists::title`] is among them; absent where none was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_title: Option<bool>,
}

/// Makes a list, or replaces what it says of itself. Whoever makes one chooses its id, 20 to 32 letters and digits that are drawn at
/// random, so that a request may be sent again when its answer was lost; one that was deleted is not made again (`not_found`). Refused
/// with `limit_reached` beyond 100 lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceList {
    pub id: ListId,
    /// 1 to 64 characters.
    pub name: String,
    /// At most 500 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether the other profiles of the account see it; a guest's nobody else does.
    #[serde(default)]
    pub is_shared: bool,
}

/// Deletes a list of one's own with what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteList {
    pub id: ListId,
}

/// A page of the titles on a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetList {
    pub id: ListId,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 100; 50 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The answer to [`GetList`] and [`ListFavourites`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedPage {
    pub items: Vec<ListedTitle>,
    /// Titles on the whole list that whoever asks is shown.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A title on a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListedTitle {
    #[serde(flatten)]
    pub card: TitleCard,
    /// Milliseconds since 1970.
    pub added: u64,
    /// Empty where nothing is noted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Puts a title on top of a list of one's own; one that is there already stays where it is, and says what is noted here. Refused
/// with `limit_reached` beyond 5000 titles, or 100 of a guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddToList {
    pub list: ListId,
    pub id: TitleId,
    /// At most 500 characters; absent leaves what is noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// A name for this change, as its time in milliseconds since 1970: so that it can be sent again and be taken back, and that alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// The `change` that took it off, to take that back, once: it comes back to where it stood, with what was noted of it then. Of a change
    /// that is not known, took nothing off, or was taken back, nothing happens, nor should it still come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
}

/// Takes a title off a list of one's own; one that is not on it is off it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemoveFromList {
    pub list: ListId,
    pub id: TitleId,
    /// A name for this change, as its time in milliseconds since 1970: so that it can be sent again and be taken back, for the latest 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// The `change` that put it there, to take that back: where another did, or it was there before, it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}

/// Moves a title to between two others of a list of one's own. Refused with `version_conflict` where they are not there, or the
/// other way round by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveInList {
    pub list: ListId,
    pub id: TitleId,
    /// The one that is to stand before it; absent for the list's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<TitleId>,
    /// The one that is to stand behind it; absent for the list's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<TitleId>,
}

/// A page of this profile's favourites, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListFavourites {
    /// As [`GetList::page_token`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// As [`GetList::limit`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// Makes a title a favourite. Refused with `limit_reached` beyond 5000, or 100 of a guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddFavourite {
    pub id: TitleId,
}

/// As [`AddFavourite`], by a change that has a name, so that it can be taken back, and that alone ([`RemoveFavourite::undoes`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddNamedFavourite {
    pub id: TitleId,
    /// As [`AddToList::change`].
    pub change: u64,
    /// As [`AddToList::restores`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
}

/// Makes a title no favourite any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemoveFavourite {
    pub id: TitleId,
    /// As [`RemoveFromList::change`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u64>,
    /// As [`RemoveFromList::undoes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}

const NOTE: (&str, Bound) = ("note", Bound::Text { least: 0, most: bounds::NOTE });
const NEW_LIST: Bounds = &[("id", bounds::NEW_ID), ("name", bounds::name(bounds::NAME)), NOTE];

call!(GetMarks -> Marks, 200, Get "/api/v1/marks", Browse);
call!(ListLists -> Vec<TitleList>, 200, Get "/api/v1/lists", Watchlists);
call!(ReplaceList -> TitleList, 200, Put "/api/v1/lists/{id}", Watchlists; NEW_LIST);
call!(DeleteList -> (), 204, Delete "/api/v1/lists/{id}", Watchlists);
call!(GetList -> ListedPage, 200, Get "/api/v1/lists/{id}", Watchlists; &[LIMIT]);
call!(AddToList -> (), 204, Put "/api/v1/lists/{list}/titles/{id}", Watchlists; &[NOTE]);
call!(RemoveFromList -> (), 204, Delete "/api/v1/lists/{list}/titles/{id}", Watchlists);
call!(MoveInList -> (), 204, Put "/api/v1/lists/{list}/titles/{id}/place", Watchlists);
call!(ListFavourites -> ListedPage, 200, Get "/api/v1/favourites", Favourites; &[LIMIT]);
call!(AddFavourite -> (), 204, Put "/api/v1/favourites/{id}", Favourites);
call!(AddNamedFavourite -> (), 204, Post "/api/v1/favourites", Favourites);
call!(RemoveFavourite -> (), 204, Delete "/api/v1/favourites/{id}", Favourites);
