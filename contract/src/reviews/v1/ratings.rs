//! A profile's own ratings, many at once: to be taken elsewhere, and brought from there.

use serde::{Deserialize, Serialize};

use super::{READING, WRITING, call};
use crate::{
    Access, Call, Method, Profiles,
    bounds::{self, Bound, Bounds},
    ids::TitleId,
};

/// A page of what this profile rated, the latest first, with a text or without. Nothing of a title that it is not shown; nothing at
/// all for a guest, who rates nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListMyRatings {
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 500; 100 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
}

/// The answer to [`ListMyRatings`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyRatingPage {
    pub items: Vec<MyRating>,
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
}

/// Rates titles that this profile has not rated, without a text: what it has said of a title already stays as it is, so that this may
/// be sent again. Titles that it is not shown are left out. Counts as one of the 30 an hour of [`super::PutReview`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddRatings {
    /// 1 to 1000; of one title that is named twice the first counts.
    pub ratings: Vec<MyRating>,
}

/// The answer to [`AddRatings`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddedRatings {
    /// That are there now and were not before.
    pub added: u64,
    /// Of titles of which the profile had said something.
    pub known: u64,
    /// Of titles that it is not shown.
    pub left_out: u64,
}

const PAGE: Bounds = &[("limit", Bound::Number { least: 1, most: bounds::RATINGS_PAGE })];
const SOME: Bounds = &[("ratings", Bound::Items { least: 1, most: bounds::RATINGS })];
/// Bytes of so many ratings as JSON, generously.
const RATINGS_BODY: usize = 256 * 1024;

call!(ListMyRatings -> MyRatingPage, 200, Get "/api/v1/ratings", READING; PAGE);
call!(AddRatings -> AddedRatings, 200, Post "/api/v1/ratings", WRITING; SOME; RATINGS_BODY);
