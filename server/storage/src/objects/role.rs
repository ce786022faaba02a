//! The object stores for video, by what is paid for them.
//!
//! An installation has one, or two: what is paid for by what is read of it, and what is paid for by the month whatever is read.
//! All but video lies in the first. Must never answer for a store that is not configured with another one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Objects;
use crate::StoreError;

/// How an object store is paid for. Stored, and told in usage events, by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreRole {
    /// By stored and sent bytes and by requests: `storage.objects`, and the place of everything that names no other.
    #[default]
    PerView,
    /// By the month, with its traffic: `storage.flat_objects`.
    Flat,
}

/// Which store one is: of one installation, the one of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreIdentity {
    /// The installation's id.
    pub installation: String,
    pub role: StoreRole,
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store for video is `per_view` or `flat`")]
pub struct UnknownRole;

impl StoreRole {
    pub const ALL: [Self; 2] = [Self::PerView, Self::Flat];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PerView => "per_view",
            Self::Flat => "flat",
        }
    }

    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::PerView => Self::Flat,
            Self::Flat => Self::PerView,
        }
    }

    /// What is left out of a record: an older build knew one store.
    pub const fn is_default(&self) -> bool {
        matches!(self, Self::PerView)
    }

    /// The name of its bulkhead, its check and its setting in `[storage]`.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::PerView => "objects",
            Self::Flat => "flat_objects",
        }
    }
}

impl fmt::Display for StoreRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StoreRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// The object stores that titles may lie in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VideoStores {
    pub per_view: Objects,
    /// Absent where the installation has one store.
    pub flat: Option<Objects>,
}

impl VideoStores {
    /// The store of this role.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the config names none.
    pub fn of(&self, role: StoreRole) -> Result<&Objects, StoreError> {
        match role {
            StoreRole::PerView => Ok(&self.per_view),
            StoreRole::Flat => self.flat.as_ref().ok_or_else(not_configured),
        }
    }

    pub const fn has(&self, role: StoreRole) -> bool {
        match role {
            StoreRole::PerView => true,
            StoreRole::Flat => self.flat.is_some(),
        }
    }
}

fn not_configured() -> StoreError {
    StoreError::Unavailable { reason: format!("storage.{} is not configured", StoreRole::Flat.setting()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_written_and_absent_is_the_first_store() {
        for role in StoreRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("{:?}", role.as_str()));
            assert_eq!(role.other().other(), role);
        }
        assert_eq!("s3".parse::<StoreRole>(), Err(UnknownRole));
        assert!(StoreRole::default().is_default() && !StoreRole::Flat.is_default());
    }

    #[test]
    fn a_store_that_is_not_configured_is_away_and_not_the_other_one() {
        let folder = tempfile::tempdir().unwrap();
        let stores = VideoStores { per_view: Objects::in_directory(folder.path()).unwrap(), flat: None };
        assert!(stores.of(StoreRole::PerView).is_ok() && stores.has(StoreRole::PerView) && !stores.has(StoreRole::Flat));
        let refused = stores.of(StoreRole::Flat).unwrap_err();
        assert!(matches!(&refused, StoreError::Unavailable { reason } if reason.contains("storage.flat_objects")), "{refused}");
    }
}
