//! What the vault is asked for, by whom, and why.
//!
//! Must never hold a value: what stands here goes into the audit log.

use std::{fmt, sync::Arc};

use contract::ids::{AccountId, ProfileId};
use serde::{Deserialize, Serialize};

/// The account of what the vault keeps for itself. Accounts have longer, random ids.
const OWN: &str = "_vault";

/// A record: whose, and what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordKey {
    account: String,
    name: String,
}

impl RecordKey {
    /// The one record of its kind that an account has.
    pub fn of(account: &AccountId, kind: &'static str) -> Self {
        Self { account: account.as_str().to_owned(), name: kind.to_owned() }
    }

    /// One that an account has for each of its profiles.
    pub fn of_profile(account: &AccountId, kind: &'static str, profile: &ProfileId) -> Self {
        Self { account: account.as_str().to_owned(), name: format!("{kind}.{profile}") }
    }

    /// How far a file of the audit log has come.
    pub(super) fn audit_head(file: &str) -> Self {
        Self { account: OWN.to_owned(), name: format!("audit.{file}") }
    }

    /// What the seal of one of the copy's bases says that it is; no record is kept there.
    pub(super) fn base(number: u64) -> Self {
        Self { account: OWN.to_owned(), name: format!("base.{number}") }
    }

    /// `account/name`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (account, name) = text.split_once('/')?;
        let is_sound = !account.is_empty() && !name.is_empty() && !name.contains('/');
        is_sound.then(|| Self { account: account.to_owned(), name: name.to_owned() })
    }

    /// The file whose head this is.
    pub(super) fn audit_file(&self) -> Option<&str> {
        (self.account == OWN).then_some(())?;
        self.name.strip_prefix("audit.")
    }

    pub fn account(&self) -> &str {
        &self.account
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.name)
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Somebody who is signed in.
    Account(String),
    /// Somebody at this address who is not, or not yet.
    Guest(String),
    /// Whoever typed a command on the machine itself.
    Machine,
    /// The server, of its own accord.
    System,
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    SignIn,
    /// Whoever is signed in shows again that it is them.
    Confirm,
    /// A password, a factor or a passkey is set, changed or taken away.
    Credentials,
    /// The page that shows what protects an account.
    SecurityPage,
    Billing,
    /// A profile's PIN.
    Profile,
    /// What was kept elsewhere is brought here.
    Migration,
    Rotation,
    Shred,
    /// All that is kept of an account is told to whom it is about.
    Export,
}

/// An access, as it is asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Access {
    pub who: Who,
    pub why: Purpose,
    pub request: Option<Arc<str>>,
}

impl Access {
    /// From the command line.
    pub const fn local_admin(why: Purpose) -> Self {
        Self { who: Who::Machine, why, request: None }
    }

    /// Of the server's own accord.
    pub const fn own(why: Purpose) -> Self {
        Self { who: Who::System, why, request: None }
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    Get,
    List,
    Put,
    Delete,
    /// Every key of the account is destroyed.
    Shred,
    /// Every key is wrapped anew.
    Rotate,
}

impl Act {
    /// Whether nothing changes by it.
    pub const fn is_read(self) -> bool {
        match self {
            Self::Get | Self::List => true,
            Self::Put | Self::Delete | Self::Shred | Self::Rotate => false,
        }
    }
}
