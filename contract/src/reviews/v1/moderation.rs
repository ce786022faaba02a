//! What operators do about reviews: the queue of what was reported, hiding, deleting, bans, and the log of all that.
//!
//! Each act is noted in the log before it is done, with who did it; a note that lacks its end is of one that broke off.

use serde::{Deserialize, Serialize};

use super::call;
use crate::{
    Access, Call, Method, Profiles,
    bounds::{self, Bound, Bounds},
    ids::{AccountId, ReviewId, TitleId},
    reviews::v1::ReportReason,
};

/// A page of the reviews that were reported and not looked after, those with most reports first; or of those that are hidden.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListReportedReviews {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<ReviewQueue>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 50; 20 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// What is listed for operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewQueue {
    /// Reported, and shown.
    #[default]
    Reported,
    Hidden,
}

/// The answer to [`ListReportedReviews`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportedPage {
    pub items: Vec<ReportedReview>,
    /// Reviews on all pages.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A review as operators see it. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportedReview {
    pub id: ReviewId,
    pub title: TitleId,
    /// What the title is called; absent where it is not shown to whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_name: Option<String>,
    /// Whose profile wrote it.
    pub account: AccountId,
    /// The name that it is shown under; empty of a rating by somebody who chose none.
    pub reviewer: String,
    pub half_stars: u8,
    pub text: String,
    pub has_spoilers: bool,
    pub created: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    pub reports: Vec<ReasonCount>,
    pub is_hidden: bool,
    /// Whether the account is banned from writing.
    pub is_banned: bool,
}

/// How many reported a review for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReasonCount {
    pub reason: ReportReason,
    pub count: u64,
}

/// Hides a review: its writer alone sees it, and its stars do not count. What its writer does to it changes nothing of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HideReview {
    pub review: ReviewId,
}

/// Shows a review that was hidden, or leaves one that was reported: its reports are looked after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RestoreReview {
    pub review: ReviewId,
}

/// Deletes a review for good; its writer may write another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteReview {
    pub review: ReviewId,
}

/// No profile of this account writes reviews, votes or reports any more; what it wrote stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BanReviewer {
    pub account: AccountId,
}

/// Lifts that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnbanReviewer {
    pub account: AccountId,
}

/// A page of what operators did about reviews, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListModerationActions {
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 50; 20 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u8>,
}

/// The answer to [`ListModerationActions`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModerationPage {
    pub items: Vec<ModerationAction>,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One thing that an operator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModerationAction {
    /// Milliseconds since 1970.
    pub at: u64,
    /// The operator's account; absent where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    /// What that account is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
    pub act: ModerationAct,
    /// About which review; absent of a ban.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    /// Of which title; absent of a ban, and where earlier versions noted none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TitleId>,
    /// What the title is called; absent where it is not shown to whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_name: Option<String>,
    /// Whether the review was hidden until then; absent where earlier versions did not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_hidden: Option<bool>,
    /// Whose: the account that wrote it, or that was banned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// What that account is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// Whether it is known to be done: it broke off otherwise, or is under way.
    pub is_done: bool,
}

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModerationAct {
    Hide,
    Restore,
    Delete,
    Ban,
    Unban,
}

const PAGE: Bounds = &[("limit", Bound::Number { least: 1, most: bounds::REVIEWS })];

call!(ListReportedReviews -> ReportedPage, 200, Get "/api/v1/reported-reviews", Access::Operator; PAGE);
call!(HideReview -> (), 204, Put "/api/v1/reviews/{review}/hidden", Access::Operator);
call!(RestoreReview -> (), 204, Delete "/api/v1/reviews/{review}/hidden", Access::Operator);
call!(DeleteReview -> (), 204, Delete "/api/v1/reviews/{review}", Access::Operator);
call!(BanReviewer -> (), 204, Put "/api/v1/accounts/{account}/review-ban", Access::Operator);
call!(UnbanReviewer -> (), 204, Delete "/api/v1/accounts/{account}/review-ban", Access::Operator);
call!(ListModerationActions -> ModerationPage, 200, Get "/api/v1/review-moderation", Access::Operator; PAGE);
