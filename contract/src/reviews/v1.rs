//! The calls of reviews and ratings, version 1: one review per profile and title.
//!
//! A review has stars, in halves, and may have a text; a rating is a review without one. Texts and names are plain text: whoever
//! shows them shows markup, direction marks and invisible characters as they are. Guests read where the installation says so and
//! never write; profiles with an age limit do neither.

mod moderation;
mod ratings;

use serde::{Deserialize, Serialize};

use crate::{
    Access, Call, Method, Profiles,
    authorization::Right,
    bounds::{self, Bound, Bounds},
    ids::{ReviewId, TitleId},
};

pub use moderation::*;
pub use ratings::*;

/// Half stars that a review gives at most.
pub const HALF_STARS: u8 = 10;

/// How a title is rated here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetReviewSummary {
    pub id: TitleId,
}

/// The answer to [`GetReviewSummary`]. What operators hid counts for nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewSummary {
    /// In stars, 0.5 to 5; absent where nobody rated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    pub count: u64,
    /// How many gave half a star, one star, and so on to five: ten counts; none where nothing is told.
    pub distribution: Vec<u64>,
    /// Whether reviews are for members alone here, and whoever asks is none: nothing is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
}

/// A page of the reviews of a title that have a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListReviews {
    pub id: TitleId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<ReviewSort>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 50; 20 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The order of reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewSort {
    /// Those that most found helpful first, and of those the newest.
    #[default]
    Helpful,
    Newest,
    /// Most stars first.
    Highest,
    /// Fewest stars first.
    Lowest,
}

/// The answer to [`ListReviews`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewPage {
    pub items: Vec<Review>,
    /// Reviews with a text on all pages.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A review as others read it. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    pub id: ReviewId,
    /// The name that its writer chose to be shown by.
    pub reviewer: String,
    pub half_stars: u8,
    /// Plain text of lines.
    pub text: String,
    pub has_spoilers: bool,
    /// What it is written in (BCP 47), where the writer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub created: u64,
    /// Absent where it is as it was first written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    /// How many found it helpful.
    pub helpful: u64,
    pub is_own: bool,
    /// Whether this profile found it helpful.
    pub is_voted: bool,
    /// Whether this profile reported it.
    pub is_reported: bool,
}

/// This profile's review of a title, and as whom it writes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GetMyReview {
    pub id: TitleId,
}

/// The answer to [`GetMyReview`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyReview {
    /// Absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<OwnReview>,
    /// The name that its texts are shown under; absent until one is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether an operator banned the account from writing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_banned: bool,
}

/// A review as its writer has it. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnReview {
    pub id: ReviewId,
    pub half_stars: u8,
    /// Empty of a rating alone.
    pub text: String,
    pub has_spoilers: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub created: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    pub helpful: u64,
    /// Whether an operator hid it: nobody else sees it, and its stars do not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_hidden: bool,
    /// Said of a [`PutReview`] that came late: this profile took its review away since, and there is none. Nothing else of it
    /// counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_removed: bool,
}

/// Says all of this profile's review of a title, or its stars alone; may be sent again. It is answered with what is stored then:
/// something else where the viewer said something else since ([`PutReview::milliseconds_ago`]). A text is refused with
/// `name_required` until a name is chosen ([`ReplaceReviewerName`]). With votes and reports there are 30 an hour, then
/// `rate_limited`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PutReview {
    pub id: TitleId,
    /// 1 (half a star) to 10 (five stars).
    pub half_stars: u8,
    /// At most 10,000 characters: plain text, of lines; empty for a rating alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default)]
    pub has_spoilers: bool,
    /// What it is written in (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether it says stars alone: the text stays as it is stored, with its language and whether it has spoilers, whatever this
    /// says of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_text: bool,
    /// How long ago the viewer did it: nothing is changed where this profile said something of the title since, or took that
    /// away. Now, where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds_ago: Option<u64>,
}

impl PutReview {
    /// These stars now, without a text.
    pub const fn stars(id: TitleId, half_stars: u8) -> Self {
        Self {
            id,
            half_stars,
            text: String::new(),
            has_spoilers: false,
            language: None,
            keeps_text: false,
            milliseconds_ago: None,
        }
    }
}

/// Takes this profile's review of a title away, with its stars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemoveReview {
    pub id: TitleId,
    /// As [`PutReview::milliseconds_ago`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds_ago: Option<u64>,
}

/// Chooses the name that this profile's reviews are shown under, those included that are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceReviewerName {
    /// 1 to 32 characters.
    pub name: String,
}

/// Says that a review is helpful; once for each profile, and never of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoteHelpful {
    pub review: ReviewId,
}

/// Takes that back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnvoteHelpful {
    pub review: ReviewId,
}

/// Tells operators of a review; once for each profile, whose last reason counts, and never of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportReview {
    pub review: ReviewId,
    pub reason: ReportReason,
}

/// What is wrong with a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    /// It tells how the film goes without saying so.
    Spoilers,
    /// It attacks somebody.
    Abuse,
    /// It advertises, or says the same everywhere.
    Spam,
    /// It is about something else than the title.
    OffTopic,
    Other,
}

impl ReportReason {
    pub const ALL: [Self; 5] = [Self::Spoilers, Self::Abuse, Self::Spam, Self::OffTopic, Self::Other];

    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spoilers => "spoilers",
            Self::Abuse => "abuse",
            Self::Spam => "spam",
            Self::OffTopic => "off_topic",
            Self::Other => "other",
        }
    }
}

const STARS: (&str, Bound) = ("half_stars", Bound::Number { least: 1, most: HALF_STARS as u64 });
const TEXT: (&str, Bound) = ("text", Bound::Lines { most: bounds::REVIEW });
const LANGUAGE: (&str, Bound) = ("language", bounds::LANGUAGE);
const AGO: (&str, Bound) = ("milliseconds_ago", Bound::Number { least: 0, most: bounds::MILLISECONDS_AGO });
const REVIEW: Bounds = &[STARS, TEXT, LANGUAGE, AGO];
const REMOVAL: Bounds = &[AGO];
const PAGE: Bounds = &[("limit", Bound::Number { least: 1, most: bounds::REVIEWS })];
const REVIEWER: Bounds = &[("name", bounds::name(bounds::PROFILE_NAME))];

/// A call by its name, verb, path and the right that it takes; answered with 200 and `$reply`, or with 204 where that is `()`.
macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal, $access:expr $(; $bounds:expr $(; $body:expr)?)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("reviews.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = $access;
            const PROFILES: Profiles = Profiles::Unrestricted;
            $(const BOUNDS: Bounds = $bounds;
            $(const BODY_LIMIT: usize = $body;)?)?
            const STATUS: u16 = $status;
        }
    };
}
use call;

/// Bytes of a review as JSON: a text of which each character is written as an escape of its own has twelve for each.
const REVIEW_BODY: usize = 128 * 1024;
const READING: Access = Access::Right(Right::Browse);
const WRITING: Access = Access::Right(Right::Review);

call!(GetReviewSummary -> ReviewSummary, 200, Get "/api/v1/titles/{id}/review-summary", READING);
call!(ListReviews -> ReviewPage, 200, Get "/api/v1/titles/{id}/reviews", READING; PAGE);
call!(GetMyReview -> MyReview, 200, Get "/api/v1/titles/{id}/review", READING);
call!(PutReview -> OwnReview, 200, Put "/api/v1/titles/{id}/review", WRITING; REVIEW; REVIEW_BODY);
call!(RemoveReview -> (), 204, Delete "/api/v1/titles/{id}/review", WRITING; REMOVAL);
call!(ReplaceReviewerName -> (), 204, Put "/api/v1/reviewer-name", WRITING; REVIEWER);
call!(VoteHelpful -> (), 204, Put "/api/v1/reviews/{review}/helpful", WRITING);
call!(UnvoteHelpful -> (), 204, Delete "/api/v1/reviews/{review}/helpful", WRITING);
call!(ReportReview -> (), 204, Put "/api/v1/reviews/{review}/report", WRITING);
