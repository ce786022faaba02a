//! Questions that were put to an authenticator and are not answered yet: five minutes, and one answer.
//!
//! Must never be given to the browser: it would say itself what it was asked.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use contract::ids::{AccountId, CeremonyId};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use super::record::random_id;
use crate::storage::{
    StoreError,
    keyvalue::{Expect, KeyValue},
};

/// As long as a browser waits for its user (Web Authentication, level 3, section 15.1).
const KEPT: Duration = Duration::from_secs(5 * 60);

/// What was asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// For a new passkey of an account.
    ToAdd { account: AccountId, state: PasskeyRegistration },
    /// For any passkey that signs in.
    ToEnter { state: DiscoverableAuthentication },
}

pub struct Ceremonies {
    store: Arc<dyn KeyValue>,
}

impl Ceremonies {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self { store }
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, asked: &Asked) -> Result<CeremonyId, StoreError> {
        let id: CeremonyId = random_id();
        let key = key(&id);
        let value = serde_json::to_vec(asked).map_err(|error| corrupt(&key, &error))?;
        self.store.put(&key, Bytes::from(value), Expect::Absent, Some(KEPT)).await?;
        Ok(id)
    }

    /// What was asked, for the first who answers; nothing for the others, and after five minutes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, id: &CeremonyId) -> Result<Option<Asked>, StoreError> {
        let key = key(id);
        let Some(entry) = self.store.get(&key).await? else { return Ok(None) };
        match self.store.delete(&key, Expect::Version(entry.version)).await {
            Ok(true) => serde_json::from_slice(&entry.value).map(Some).map_err(|error| corrupt(&key, &error)),
            Ok(false) | Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn key(id: &CeremonyId) -> String {
    format!("passkey-ceremony/{id}")
}

fn corrupt(key: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { key: key.to_owned(), reason: error.to_string() }
}
