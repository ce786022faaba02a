//! What webhooks are stored as. Never leaves this folder.

use contract::{
    ids::WebhookId,
    webhooks::{Attempt, DeliveryState},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index, feed::Position};

/// No try is made longer after one that failed, in milliseconds: what is longer is a clock that was set or a server that rested, and
/// counts for nothing.
const LONGEST_PAUSE: u64 = 27 * 60 * 60 * 1000;

/// The webhooks, under their ids.
pub static WEBHOOKS: Collection = Collection::declared("webhooks", &[]);

/// A document of [`WEBHOOKS`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookRecord {
    pub url: String,
    pub description: String,
    pub events: Vec<String>,
    pub is_enabled: bool,
    /// Counts up with every change that somebody asked for.
    pub version: u64,
    pub created: u64,
    /// What signs, the newest first; empty of one that was deleted.
    pub secrets: Vec<SecretRecord>,
    /// Since when every try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// For how long it fails, in milliseconds, without the times in which a clock was set or no server ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_for: Option<u64>,
    /// Until when that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Why the server switched it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// When it was deleted: what was to be delivered goes at once, and what was made of an event at that moment ten minutes later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl WebhookRecord {
    /// A try failed just now: counts the time since the last one did. For how long it fails by now, in milliseconds.
    pub fn fails(&mut self, now: u64) -> u64 {
        // Of clocks that differ the one that is ahead counts.
        let last = self.failing_since.and(self.failed).filter(|failed| now.abs_diff(*failed) <= LONGEST_PAUSE).unwrap_or(now);
        let lasted = self.failing_since.and(self.failing_for).unwrap_or(0).saturating_add(now.saturating_sub(last));
        self.failing_since.get_or_insert(now);
        (self.failing_for, self.failed) = (Some(lasted), Some(now.max(last)));
        lasted
    }

    /// Nothing is known of failures.
    pub fn recover(&mut self) {
        (self.failing_since, self.failing_for, self.failed) = (None, None, None);
    }
}

/// A secret of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRecord {
    /// Which of this webhook's it is: a part of the place that it is sealed for.
    pub number: u64,
    pub sealed: String,
    /// Until when it signs; absent of the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// What is, was, or could not be delivered, under a hash of the event and the webhook: twice is once.
pub static DELIVERIES: Collection = Collection::declared(
    "webhook_deliveries",
    &[
        Index { name: BY_DUE, fields: &["webhook", "due"], unique: false },
        Index { name: BY_STATE, fields: &["webhook", "state", "created"], unique: false },
        Index { name: BY_ACCOUNT, fields: &["account"], unique: false },
        Index { name: BY_EXPIRY, fields: &["expires"], unique: false },
    ],
);

/// What waits for one webhook, by when it is tried.
pub const BY_DUE: &str = "by_webhook_due";
/// What a webhook has in a state, by the time of the event.
pub const BY_STATE: &str = "by_webhook_state";
/// What tells of an account.
pub const BY_ACCOUNT: &str = "by_account";
pub const BY_EXPIRY: &str = "by_expires";

/// When what is to be kept until something is done with it expires: at the end of the year 9999, so that older builds read it.
pub const NEVER: u64 = 253_402_300_799_999;

/// A document of [`DELIVERIES`]. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    pub webhook: WebhookId,
    /// One of [`contract::webhooks::EVENT_TYPES`], of this build or another.
    pub event: String,
    /// Of which account it tells, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What is sent, byte for byte the same with each try.
    pub body: String,
    pub created: u64,
    pub state: DeliveryState,
    /// When it is tried next, or taken for broken off while it is tried; of one that waits alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// Tries so far.
    pub tries: u64,
    /// Tries since it was asked for: how far it is in the schedule.
    pub step: u64,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
    /// When it goes; of one that waits [`NEVER`], unless what it tells of is gone.
    pub expires: u64,
    /// Since when the account of which it tells is gone: it goes as soon as it was delivered or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What was noted of documents that events follow from, under `topic/id`.
pub static NOTES: Collection =
    Collection::declared("webhook_notes", &[Index { name: BY_TOPIC, fields: &["topic"], unique: false }]);

/// What was noted of the documents of one feed.
pub const BY_TOPIC: &str = "by_topic";

/// A document of [`NOTES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteRecord {
    pub topic: String,
    pub note: Value,
    /// With which change of the feed it began: of two notes of one document, of which the first was deleted, each has its own. Absent
    /// where an older build wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl NoteRecord {
    /// Those that this build knows.
    pub const FIELDS: [&str; 3] = ["topic", "note", "begun"];
}

/// How far feeds were followed, under their topics.
pub static POSITIONS: Collection = Collection::declared("webhook_positions", &[]);

/// A document of [`POSITIONS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionRecord {
    pub position: Position,
}
