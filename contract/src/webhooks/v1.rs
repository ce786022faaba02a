//! Version 1 of webhooks: who is told of which events, and what became of each delivery. For operators.
//!
//! Deliveries have the form of Standard Webhooks 1.0 (standardwebhooks.com): headers `webhook-id`, `webhook-timestamp` and
//! `webhook-signature`, a body of `type`, `timestamp` and `data`. Each arrives at least once, with the same `webhook-id` each time.

use serde::{Deserialize, Serialize};

use crate::{
    Access, Cache, Call, Method,
    bounds::{self, Bound, Bounds},
    ids::{DeliveryId, WebhookId},
};

/// What webhooks can be told of.
pub const EVENT_TYPES: [&str; 14] = [
    "title.published",
    "title.changed",
    "title.deleted",
    "account.created",
    "account.deleted",
    "account.disabled",
    "account.plan_changed",
    "review.reported",
    "storage.moved",
    "storage.plan_changed",
    "import.finished",
    "import.failed",
    "report.written",
    TEST,
];
/// What [`SendTestWebhook`] sends, whatever a webhook is told of.
pub const TEST: &str = "webhook.test";
/// Webhooks at most.
pub const WEBHOOKS: usize = 50;
/// Types and prefixes that one webhook names at most.
pub const FILTERS: usize = 32;
/// Characters of an address at most.
pub const URL: usize = 2000;
/// Deliveries on a page at most.
pub const DELIVERIES: u64 = 100;

/// Every webhook, the earliest made first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListWebhooks {}

/// A webhook as operators see it: everything but its secret. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    pub id: WebhookId,
    pub url: String,
    pub description: String,
    /// Types, prefixes like `title.*`, or `*`.
    pub events: Vec<String>,
    pub is_enabled: bool,
    /// Counts up with every change that somebody asked for; for `expected_version`.
    pub version: u64,
    pub created: u64,
    /// Since when every try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// Why it was switched off by the server, for people; to be switched on again by [`ReplaceWebhook`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Until when the secret before the last signs beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<u64>,
    /// Deliveries that are still to be made; 10,000 at most, beyond which the oldest become dead letters.
    pub waiting: u64,
    /// Deliveries that were given up within the last 30 days.
    pub dead_letters: u64,
}

/// Makes a webhook, or changes one.
///
/// `version_conflict` where there is one of this id with another version: one that was made already is not made twice, and its
/// secret is not told again. Where the answer to the first was lost, [`RotateWebhookSecret`] gives another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaceWebhook {
    /// 20 to 32 letters and digits, drawn at random by whoever makes it.
    pub id: WebhookId,
    /// The version that was read; 0 for one that is to be made.
    pub expected_version: u64,
    /// Over HTTPS; over HTTP within the networks that `webhooks.private_networks` names. Without a name and a password in it.
    pub url: String,
    /// For people, up to 500 characters.
    #[serde(default)]
    pub description: String,
    /// What it is told of: types, prefixes like `title.*`, or `*` for everything.
    pub events: Vec<String>,
    pub is_enabled: bool,
}

/// The answer to [`ReplaceWebhook`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedWebhook {
    pub webhook: Webhook,
    /// What deliveries are signed with, `whsec_...`, where it was made now. Shown now and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Deletes a webhook with everything that was to be delivered to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteWebhook {
    pub id: WebhookId,
}

/// Gives a webhook another secret. The one before signs beside it for 24 hours, so that a receiver can change over.
///
/// `limit_reached` where four sign already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotateWebhookSecret {
    pub id: WebhookId,
    /// Those before sign no more from now on: one of them is known to somebody else.
    #[serde(default)]
    pub revokes_old: bool,
}

/// The answer to [`RotateWebhookSecret`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookSecret {
    /// Shown now and never again.
    pub secret: String,
    /// Until when the one before signs as well, in milliseconds since 1970.
    pub old_secret_until: u64,
}

/// Sends an event `webhook.test` to a webhook that is enabled, whatever it is told of; its delivery, which is tried at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendTestWebhook {
    pub id: WebhookId,
}

/// A page of what was, is to be, or could not be delivered to a webhook, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListDeliveries {
    pub id: WebhookId,
    pub state: DeliveryState,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// 1 to 100; 50 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u16>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried now or again later.
    Waiting,
    /// It was answered with success; kept for 7 days.
    Delivered,
    /// It was given up: a dead letter, kept for 30 days.
    Dead,
}

/// The answer to [`ListDeliveries`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryPage {
    pub items: Vec<Delivery>,
    /// On all pages.
    pub total: u64,
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One event for one webhook. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    pub id: DeliveryId,
    /// `title.published`.
    pub event: String,
    pub state: DeliveryState,
    pub created: u64,
    /// When it is tried next, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<u64>,
    /// Tries so far.
    pub tries: u64,
    /// The latest of them, the earliest first; 12 at most.
    pub attempts: Vec<Attempt>,
    /// Why it was given up, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    /// When it began, in milliseconds since 1970.
    pub at: u64,
    /// How long it took, in milliseconds; absent where it is not known how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
    /// What the receiver answered with, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Tries a delivery once more at once, with all its tries before it: one that waits, or a dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryDelivery {
    pub id: WebhookId,
    pub delivery: DeliveryId,
}

/// Tries dead letters once more, the earliest given up first; 1000 at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryDeadLetters {
    pub id: WebhookId,
    /// Those that came of events since then, in milliseconds since 1970.
    pub since: u64,
}

/// The answer to [`RetryDeadLetters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetriedDeadLetters {
    pub retried: u64,
    /// Dead letters that are left: to be asked for again.
    pub left: u64,
}

macro_rules! discreet {
    ($($reply:ident),*) => {
        $(impl std::fmt::Debug for $reply {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($reply))
            }
        })*
    };
}

discreet!(SavedWebhook, WebhookSecret);

/// A call by its name, verb and path, for operators; its replies are kept by nobody, because some tell a secret.
macro_rules! call {
    ($call:ident -> $reply:ty, $status:literal, $method:ident $path:literal $(; $bounds:expr)?) => {
        impl Call for $call {
            type Reply = $reply;
            const NAME: &'static str = concat!("webhooks.v1.", stringify!($call));
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Operator;
            const CACHE: Cache = Cache::Never;
            const STATUS: u16 = $status;
            $(const BOUNDS: Bounds = $bounds;)?
        }
    };
}

call!(ListWebhooks -> Vec<Webhook>, 200, Get "/api/v1/webhooks");
call!(ReplaceWebhook -> SavedWebhook, 200, Put "/api/v1/webhooks/{id}"; &[
    ("id", bounds::NEW_ID),
    ("url", Bound::Text { least: 1, most: URL }),
    ("description", Bound::Line { least: 0, most: bounds::NOTE }),
    ("events", Bound::Items { least: 1, most: FILTERS }),
]);
call!(DeleteWebhook -> (), 204, Delete "/api/v1/webhooks/{id}");
call!(RotateWebhookSecret -> WebhookSecret, 200, Post "/api/v1/webhooks/{id}/secret");
call!(SendTestWebhook -> Delivery, 200, Post "/api/v1/webhooks/{id}/test");
call!(ListDeliveries -> DeliveryPage, 200, Get "/api/v1/webhooks/{id}/deliveries";
    &[("limit", Bound::Number { least: 1, most: DELIVERIES })]);
call!(RetryDelivery -> (), 204, Post "/api/v1/webhooks/{id}/deliveries/{delivery}/retry");
call!(RetryDeadLetters -> RetriedDeadLetters, 200, Post "/api/v1/webhooks/{id}/dead-letters/retry");
