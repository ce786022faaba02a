//! What the reviews service stores. Never leaves this folder.
//!
//! What a review counts for is in its own document: `counted` and `listed` name its title where its stars count and its text is
//! listed, `queue` where operators look for it, `withdrawn` where nothing is left but that it was taken away. An index has no
//! document without its fields, so that a list or a count of what is shown reads nothing that is not. Must never be written but
//! by [`ReviewRecord::settled`], which fills them in.

use std::collections::BTreeMap;

use contract::{
    ids::{AccountId, ProfileId, ReviewId, TitleId},
    reviews::{ModerationAct, ReportReason, ReviewQueue},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Document, Index, feed::Position};

const fn index(name: &'static str, fields: &'static [&'static str]) -> Index {
    Index { name, fields, unique: false }
}

/// The reviews, under `title/profile`: there is one of each.
pub static REVIEWS: Collection = Collection::declared(
    "reviews",
    &[
        index(BY_RATING, &["counted", "half_stars"]),
        index(BY_HELPFUL, &["listed", "helpful", "created"]),
        index(BY_CREATED, &["listed", "created"]),
        index(BY_STARS, &["listed", "half_stars", "created"]),
        index(BY_QUEUE, &["queue", "reports", "created"]),
        index(BY_REVIEW, &["review"]),
        index(BY_TITLE, &["title"]),
        index(BY_PROFILE, &["profile"]),
        index(BY_PROFILE_CREATED, &["profile", "created"]),
        index(BY_WITHDRAWN, &["withdrawn"]),
    ],
)
.numbered(REVIEWS_FEED);

pub const REVIEWS_FEED: &str = "reviews";
/// The ratings of a title that count, by their stars.
pub const BY_RATING: &str = "by_counted_half_stars";
/// The texts of a title that are shown, in three orders.
pub const BY_HELPFUL: &str = "by_listed_helpful";
pub const BY_CREATED: &str = "by_listed_created";
pub const BY_STARS: &str = "by_listed_half_stars";
/// What operators look at.
pub const BY_QUEUE: &str = "by_queue_reports";
/// The one review of an id, or what others said of it.
pub const BY_REVIEW: &str = "by_review";
pub const BY_TITLE: &str = "by_title";
/// All of a profile's, whatever else they say.
pub const BY_PROFILE: &str = "by_profile";
/// What a profile said, in the order of time.
pub const BY_PROFILE_CREATED: &str = "by_profile_created";
/// What is to be let go of, in the order of time.
pub const BY_WITHDRAWN: &str = "by_withdrawn";

/// A document of [`REVIEWS`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewRecord {
    /// Drawn when it is first written: one that is removed and written anew is another.
    pub review: ReviewId,
    pub profile: ProfileId,
    /// Whose profile that is.
    pub account: AccountId,
    pub title: TitleId,
    /// 1 to 10; 0 of one that was taken away. While it is hidden it stays hidden if it is written anew; else it is a tombstone,
    /// so that nothing of before that arrives late brings it back.
    pub half_stars: u8,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default)]
    pub has_spoilers: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    pub created: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    /// When its writer said it last, also where it said so already, or took it away; absent of what an older build wrote, which
    /// says it by the two above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<u64>,
    /// When an operator hid it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<u64>,
    /// As counted last in [`REACTIONS`].
    #[serde(default)]
    pub helpful: u64,
    #[serde(default)]
    pub reports: u64,
    /// Of those, how many for each reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<ReportReason, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<TitleId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<TitleId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<ReviewQueue>,
    /// Of a tombstone alone: since when it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ReviewRecord {
    /// The document's id.
    pub fn id(title: &TitleId, profile: &ProfileId) -> String {
        format!("{title}/{profile}")
    }

    /// The title that a document of this id is about.
    pub fn title_of(id: &str) -> Option<TitleId> {
        id.split_once('/').and_then(|(title, _)| title.parse().ok())
    }

    /// The review's id, also of a document that cannot be read otherwise.
    pub fn review_of(document: &Document) -> Option<ReviewId> {
        document.body.get("review").and_then(Value::as_str).and_then(|review| review.parse().ok())
    }

    /// Whether it was taken away.
    pub const fn is_withdrawn(&self) -> bool {
        self.half_stars == 0
    }

    /// Whether it is there for that alone. Whoever looks for a review finds none.
    pub const fn is_tombstone(&self) -> bool {
        self.is_withdrawn() && self.hidden.is_none()
    }

    /// Whether it is stars of which nobody was told a text: one whose text was taken away was edited.
    pub const fn never_had_a_text(&self) -> bool {
        self.text.is_empty() && self.edited.is_none()
    }

    /// When its writer said it, or took it away, last, in milliseconds since 1970; by whichever build.
    pub fn last_said(&self) -> u64 {
        self.created.max(self.edited.unwrap_or(0)).max(self.said.unwrap_or(0))
    }

    /// What is left where it was taken away then. `review` is the id of whatever is written in its place: what was said of this
    /// one is not said of that.
    #[must_use]
    pub fn tombstone(self, review: ReviewId, instant: u64) -> Self {
        let nothing = Self { half_stars: 0, text: String::new(), has_spoilers: false, language: None, edited: None, ..self };
        let (created, said, reasons) = (instant, Some(instant), BTreeMap::new());
        Self { review, created, said, hidden: None, helpful: 0, reports: 0, reasons, ..nothing }.settled()
    }

    /// What can be told of a document that cannot be read: of its fields those that can, over what `base` says; whose it is and of
    /// which title says `base` alone. One that an operator hid stays hidden, whatever else is told.
    ///
    /// # Errors
    /// Where a record cannot be written down.
    pub fn mended(body: &Value, base: &Self) -> Result<Self, serde_json::Error> {
        let fields: Map<String, Value> = serde_json::from_value(serde_json::to_value(base)?)?;
        let mut told = fields.clone();
        for (name, value) in body.as_object().into_iter().flatten() {
            let mut with = fields.clone();
            with.insert(name.clone(), value.clone());
            if Self::deserialize(Value::Object(with)).is_ok() {
                told.insert(name.clone(), value.clone());
            }
        }
        let told: Self = serde_json::from_value(Value::Object(told))?;
        let is_hidden = body.get("hidden").is_some_and(|hidden| !hidden.is_null());
        let Self { profile, account, title, created, .. } = base.clone();
        Ok(Self { profile, account, title, hidden: told.hidden.or(is_hidden.then_some(created)), ..told }.settled())
    }

    /// The same, with what follows from it.
    #[must_use]
    pub fn settled(self) -> Self {
        let is_shown = self.hidden.is_none() && !self.is_withdrawn();
        let queue = match (self.is_withdrawn(), self.hidden.is_some()) {
            (true, _) => None,
            (false, true) => Some(ReviewQueue::Hidden),
            (false, false) => (self.reports > 0).then_some(ReviewQueue::Reported),
        };
        let (counted, listed) = (is_shown.then(|| self.title.clone()), is_shown && !self.text.is_empty());
        let withdrawn = self.is_tombstone().then(|| self.last_said());
        Self { listed: counted.clone().filter(|_| listed), counted, queue, withdrawn, ..self }
    }
}

/// Takes tombstones out of what is told of somebody: what they say is that there is nothing.
pub fn without_tombstones(exported: &mut Map<String, Value>) {
    let name = REVIEWS.name.as_ref();
    let Some(all) = exported.get_mut(name).and_then(Value::as_array_mut) else { return };
    all.retain(|review| review["withdrawn"].is_null() || review["half_stars"] != 0);
    if all.is_empty() {
        exported.remove(name);
    }
}

/// What profiles say of reviews, under `review/kind/profile`.
pub static REACTIONS: Collection = Collection::declared(
    "review_reactions",
    &[index(BY_KIND, &["review", "kind", "reason"]), index(BY_PROFILE, &["profile"]), index(BY_TITLE, &["title"])],
)
.numbered(REACTIONS_FEED);

pub const REACTIONS_FEED: &str = "review_reactions";
/// What was said of a review, by what it is.
pub const BY_KIND: &str = "by_review_kind";

/// What a reaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Helpful,
    Report,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Helpful => "helpful",
            Self::Report => "report",
        }
    }
}

/// A document of [`REACTIONS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReactionRecord {
    pub review: ReviewId,
    pub kind: Kind,
    pub title: TitleId,
    /// Whose reaction it is.
    pub profile: ProfileId,
    /// Why a review is reported. Written of a vote as well, which an index with this field would not have otherwise.
    pub reason: ReportReason,
    /// Milliseconds since 1970.
    pub at: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ReactionRecord {
    /// The document's id.
    pub fn id(review: &ReviewId, kind: Kind, profile: &ProfileId) -> String {
        format!("{review}/{}/{profile}", kind.as_str())
    }

    /// The review that a document of this id is about.
    pub fn review_of(id: &str) -> Option<ReviewId> {
        id.split_once('/').and_then(|(review, _)| review.parse().ok())
    }
}

/// How titles are rated, under their ids; see [`super::totals`].
pub static TOTALS: Collection = Collection::declared("review_totals", &[]);

/// A document of [`TOTALS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalsRecord {
    /// How many gave half a star, one star, and so on.
    pub counts: [u64; contract::reviews::HALF_STARS as usize],
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The names that profiles chose to be shown by, under their ids.
pub static REVIEWERS: Collection = Collection::declared("reviewers", &[]);

/// A document of [`REVIEWERS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewerRecord {
    pub name: String,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The accounts that are banned from writing, under their ids.
pub static BANS: Collection = Collection::declared("review_bans", &[]);

/// A document of [`BANS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanRecord {
    /// Milliseconds since 1970.
    pub since: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What operators did, under ids in the order of time.
pub static MODERATION: Collection = Collection::declared(
    "review_moderation",
    &[index(BY_AT, &["at"]), index(BY_OPERATOR, &["by"]), index(BY_ACCOUNT, &["account"])],
);

pub const BY_AT: &str = "by_at";
pub const BY_OPERATOR: &str = "by_operator";
/// What was done about the reviews of an account.
pub const BY_ACCOUNT: &str = "by_account";

/// A document of [`MODERATION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerationRecord {
    /// Milliseconds since 1970.
    pub at: u64,
    /// The operator's account; absent once it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountId>,
    pub act: ModerationAct,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TitleId>,
    /// Whether the review was hidden until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_hidden: Option<bool>,
    /// Whose review it was, or who was banned; absent once that account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The request that asked for it, as logs name it.
    pub request: String,
    #[serde(default)]
    pub is_done: bool,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// How far what is derived from reviews has followed them; one document.
pub static FOLLOWED: Collection = Collection::declared("review_followers", &[]);

pub const FOLLOWED_ID: &str = "totals";

/// The document of [`FOLLOWED`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedRecord {
    /// Absent until every review was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<Position>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactions: Option<Position>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}
