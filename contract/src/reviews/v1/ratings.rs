//! A profile's own ratings, many at once: to be taken elsewhere, and brought from there.

use serde::{Deserialize, Serialize};

use super::{LANGUAGE, READING, TEXT, WRITING, call};
use crate::{
    Access, Call, Method, Profiles,
    bounds::{self, Bound, Bounds},
    ids::TitleId,
};

/// A page of what this profile rated, the latest first, with its texts or without. Nothing of a title that it is not shown; nothing at
/// all for a guest, who rates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListMyRatings {
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 500; 100 where it is absent. A page with texts has 50 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
    /// Whether the texts of its reviews are told as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_texts: bool,
}

/// The answer to [`ListMyRatings`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyRatingPage {
    pub items: Vec<MyRating>,
    /// The name that this profile's texts are shown under, where it chose one and texts are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What this profile gave a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyRating {
    pub id: TitleId,
    /// 1 (half a star) to 10 (five stars).
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10))]
    pub half_stars: u8,
    /// Absent where it gave stars alone, and where texts are not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewText>,
}

/// What a profile wrote of a title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewText {
    /// As in [`super::PutReview`]: at most 10,000 characters of plain text.
    pub text: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_spoilers: bool,
    /// As in [`super::PutReview`]: BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl ReviewText {
    /// What a request may say of a text.
    pub const BOUNDS: Bounds = &[TEXT, LANGUAGE];
}

/// Rates titles that this profile has not rated, with a text or without: what it has said of a title already stays as it is, so that this
/// may be sent again. Titles that it is not shown are left out; of a profile that has no name to show texts under, the stars are taken and
/// the texts are left out: sent again once there is one, a text joins stars that are as many and never had any. Of these no more than 5,000 an hour, where one with a text counts as ten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddRatings {
    /// 1 to 1000; of one title that is named twice the first counts.
    pub ratings: Vec<MyRating>,
    /// The name that its texts are to be shown under, where this profile has none; 1 to 32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The answer to [`AddRatings`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddedRatings {
    /// That are there now and were not before.
    pub added: u64,
    /// Of titles of which the profile had said something, and said nothing new.
    pub known: u64,
    /// Of titles that it is not shown, texts without a name, and of titles of which an operator hid what it had said.
    pub left_out: u64,
    /// How many of those that were left out are texts without a name to show them under.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nameless: u64,
    /// How many of those that were left out are of titles of which an operator hid what the profile had said, and took away since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden: u64,
    /// Texts that others read from now on: of those that were added, and of stars that were there without one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reviews: u64,
    /// The name that these texts are shown under, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Whether a number need not be said.
pub(crate) const fn is_zero(number: &u64) -> bool {
    *number == 0
}

const PAGE: Bounds = &[("limit", Bound::Number { least: 1, most: bounds::RATINGS_PAGE })];
const SOME: Bounds =
    &[("ratings", Bound::Items { least: 1, most: bounds::RATINGS }), ("name", bounds::name(bounds::PROFILE_NAME))];
/// Bytes of so many ratings as JSON, generously, and of a hundred long texts.
const RATINGS_BODY: usize = 4 * 1024 * 1024;

call!(ListMyRatings -> MyRatingPage, 200, Get "/api/v1/ratings", READING; PAGE);
call!(AddRatings -> AddedRatings, 200, Post "/api/v1/ratings", WRITING; SOME; RATINGS_BODY);
