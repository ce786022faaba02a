//! Questions for a new passkey that were put to an authenticator and are not answered yet: five minutes, and one answer.
//!
//! Whoever asks is signed in; questions that anybody may ask for are not kept (`challenges.rs`). Must never be given to the
//! browser: it would say itself what it was asked.

use std::{sync::Arc, time::Duration};

use contract::ids::{AccountId, CeremonyId};
use serde::{Deserialize, Serialize};
use storage::{StoreError, keyvalue::KeyValue};
use webauthn_rs::prelude::PasskeyRegistration;

use super::{once::Once, record::random_id};

/// As long as a browser waits for its user (Web Authentication, level 3, section 15.1).
const KEPT: Duration = Duration::from_secs(5 * 60);

/// What was asked.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// For a new passkey of an account.
    ToAdd { account: AccountId, state: PasskeyRegistration },
}

pub struct Ceremonies(Once);

impl Ceremonies {
    pub fn new(store: Arc<dyn KeyValue>) -> Self {
        Self(Once::new(store, "passkey-ceremony", KEPT))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, asked: &Asked) -> Result<CeremonyId, StoreError> {
        let id: CeremonyId = random_id();
        self.0.keep(id.as_str(), asked).await?;
        Ok(id)
    }

    /// What was asked, for the first who answers; nothing for the others, and after five minutes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take(&self, id: &CeremonyId) -> Result<Option<Asked>, StoreError> {
        self.0.take(id.as_str()).await
    }
}
