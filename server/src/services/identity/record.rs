//! What identity stores. Never leaves this folder.

use contract::{
    Scope,
    identity::{Account, AccountRole, Profile},
    ids::{AccountId, ProfileId},
};
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use storage::documents::{Collection, Index};

use super::pending::Pending;

pub const BY_LOGIN: &str = "by_login";
pub const BY_ROLE: &str = "by_role";
pub const BY_SUBJECT: &str = "by_subject";
/// Accounts for which something is still to be done, by when.
pub const BY_PENDING: &str = "by_pending";

/// Accounts, under their ids.
pub static ACCOUNTS: Collection = Collection::declared(
    "accounts",
    &[
        Index { name: BY_LOGIN, fields: &["login_key"], unique: true },
        Index { name: BY_ROLE, fields: &["role", "login_key"], unique: false },
        Index { name: BY_SUBJECT, fields: &["subject_key"], unique: true },
        Index { name: BY_PENDING, fields: &["pending_due"], unique: false },
    ],
)
.numbered("accounts");

/// A document of [`ACCOUNTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    pub login: String,
    /// What logins are compared by.
    pub login_key: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: AccountRole,
    pub is_disabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Who says who this is, and under which name: a provider and its subject, or this installation and the account's id.
    pub subject_key: String,
    pub created: u64,
    pub profiles: Vec<ProfileRecord>,
    /// Runs the place only because nobody else does: their provider does not say any more that they do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_kept_operator: bool,
    /// What is still to be done elsewhere for what was changed here: written with the change, so that it is done also where
    /// the process ends right after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// When somebody is to look after it, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_due: Option<u64>,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// Of an account's first profile: the bulb's.
const FIRST_COLOUR: &str = "#ffb547";
/// Of a profile that was never changed, or not since an older build that did not count.
pub const FIRST_VERSION: u64 = 1;

const fn first_version() -> u64 {
    FIRST_VERSION
}

/// Somebody who watches, in an [`AccountRecord`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileRecord {
    pub id: ProfileId,
    pub name: String,
    pub colour: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether a PIN is asked for: the one place that says so. What the vault holds without it opens nothing and locks
    /// nothing.
    #[serde(default)]
    pub has_pin: bool,
    /// The version of the PIN's record in the vault that this was set for: it alone is deleted when the PIN is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin_version: Option<u64>,
    /// Counts up with every change that is asked for.
    #[serde(default = "first_version")]
    pub version: u64,
    /// What a later version stored beside.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A device that is signed in, under `sign-in/<account>/<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignInRecord {
    pub device: String,
    pub created: u64,
    pub seen: u64,
    pub profile: ProfileId,
    /// Of the refresh token that was handed out last.
    pub generation: u64,
    /// When that was.
    pub rotated: u64,
    /// The last generation that a request was seen to bear: 0 before the first. Absent where an older build wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<u64>,
    /// When it was seen first.
    #[serde(default)]
    pub confirmed_at: u64,
    /// Where one entered through a provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Through>,
}

/// The session at a provider that a device was signed in with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Through {
    pub provider: String,
    /// As the provider names it, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// In the clear: in memory, and where an older build wrote it; else empty in the store. Never logged.
    pub id_token: String,
    /// The same, sealed for the place that the sign-in is kept at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_id_token: Option<String>,
}

/// An API token, under `api-token/<account>/<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiTokenRecord {
    pub name: String,
    pub scopes: Vec<Scope>,
    /// Who watches with it.
    pub profile: ProfileId,
    pub created: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// A stored account with its id and version.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAccount {
    pub id: AccountId,
    pub version: u64,
    pub record: AccountRecord,
}

impl From<StoredAccount> for Account {
    fn from(stored: StoredAccount) -> Self {
        let record = stored.record;
        Self {
            id: stored.id,
            login: record.login,
            name: record.name,
            email: record.email,
            role: record.role,
            is_disabled: record.is_disabled,
            provider: record.provider,
            created: record.created,
            is_kept_operator: record.is_kept_operator,
        }
    }
}

impl ProfileRecord {
    /// The one that an account is made with.
    pub fn first(id: ProfileId, name: String) -> Self {
        Self {
            id,
            name,
            colour: FIRST_COLOUR.to_owned(),
            maturity: None,
            language: None,
            has_pin: false,
            pin_version: None,
            version: FIRST_VERSION,
            unknown: Map::new(),
        }
    }

    /// As its account sees it, `current` being who watches on this device.
    pub fn shown(&self, current: &ProfileId) -> Profile {
        Profile {
            id: self.id.clone(),
            name: self.name.clone(),
            colour: self.colour.clone(),
            maturity: self.maturity,
            language: self.language.clone(),
            has_pin: self.has_pin,
            version: self.version,
            is_current: self.id == *current,
        }
    }
}

/// How somebody whom a provider knows is found again.
pub fn subject_key(provider: &str, subject: &str) -> String {
    // A provider's name holds no slash: no two pairs read alike.
    format!("{provider}/{subject}")
}

/// An id of 119 random bits.
pub fn random_id<T: std::str::FromStr>() -> T {
    loop {
        // Always an id: letters and digits.
        if let Ok(id) = Alphanumeric.sample_string(&mut rand::rng(), 20).parse() {
            return id;
        }
    }
}

/// A new account's id and its first profile's.
pub fn new_ids() -> (AccountId, ProfileId) {
    (random_id(), random_id())
}
