//! The current model in the object store: made beside, named by one document, loaded by every node.
//!
//! A model that cannot be read is refused as a whole, and the one of before answers until there is another. Where the document cannot be
//! read, the models that it names stay named and another is trained: what it said of who went holds.

use std::sync::{Arc, PoisonError};

use recommender::Model;
use runtime::priority::{Work, run_beside};
use storage::{
    StoreError,
    documents::{Change, Expect, Write, parse, update},
    objects::{InvalidKey, ObjectKey},
};

use super::{
    Loaded, Recommendations,
    record::{CURRENT, STATE, StateRecord},
};
use crate::services::readable::readable;

/// Bytes of a model at most.
const LARGEST: u64 = 512 * 1024 * 1024;

/// What becomes of loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// The current model answers, or there is none yet.
    Current,
    /// It is not there or cannot be read: another has to be trained.
    Unusable,
}

pub fn key(object: &str) -> Result<ObjectKey, StoreError> {
    ObjectKey::model(&[object]).map_err(|error: InvalidKey| StoreError::Invalid { reason: error.to_string() })
}

impl Recommendations {
    /// What is known of models.
    pub(super) async fn state(&self) -> Result<StateRecord, StoreError> {
        let Some(document) = self.documents.get(&STATE, CURRENT).await? else { return Ok(StateRecord::default()) };
        Ok(readable(&document).unwrap_or_else(|| StateRecord::mended(&document.body)))
    }

    /// Changes what is known of models.
    async fn update_state(&self, mut decide: impl FnMut(StateRecord) -> Change<StateRecord>) -> Result<(), StoreError> {
        let mut decide = |stored: Option<StateRecord>| Ok::<_, StoreError>(decide(stored.unwrap_or_default()));
        match update(&*self.documents, &STATE, CURRENT, &mut decide).await {
            Err(StoreError::Corrupt { .. }) => {}
            outcome => return outcome.map(drop),
        }
        self.mend_state().await?;
        update(&*self.documents, &STATE, CURRENT, decide).await.map(drop)
    }

    /// Has a document that cannot be read name the models that it named. Of two at once the second leaves what the first wrote.
    async fn mend_state(&self) -> Result<(), StoreError> {
        let Some(document) = self.documents.get(&STATE, CURRENT).await? else { return Ok(()) };
        let Err(error) = parse::<StateRecord>(&document) else { return Ok(()) };
        tracing::error!(%error, "what is known of models cannot be read: another is trained");
        let mended = serde_json::to_value(StateRecord::mended(&document.body));
        let body = mended.map_err(|error| StoreError::corrupt(CURRENT, error))?;
        let write = Write { id: document.id, body, expect: Expect::Version(document.version) };
        match self.documents.put(&STATE, write).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Something went that must be in no model any more: the next one is due.
    pub(super) async fn make_due(&self) -> Result<(), StoreError> {
        self.update_state(|state| Change::Put(StateRecord { removals: state.removals + 1, ..state })).await
    }

    /// Somebody wants to be learnt from no more: the next model is without them.
    pub(super) async fn note_withdrawal(&self) -> Result<(), StoreError> {
        self.update_state(|state| Change::Put(StateRecord { withdrawals: state.withdrawals + 1, ..state })).await
    }

    /// Loads the current model where another one answers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn load(&self, state: &StateRecord) -> Result<Load, StoreError> {
        let Some(object) = &state.object else { return Ok(Load::Current) };
        if self.loaded.read().unwrap_or_else(PoisonError::into_inner).object.as_ref() == Some(object) {
            return Ok(Load::Current);
        }
        let Ok(key) = key(object) else {
            tracing::warn!(object, "what is to be a model of recommendations is the name of none");
            return Ok(Load::Unusable);
        };
        let bytes = match self.objects.get(&key, LARGEST).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Load::Unusable),
            Err(StoreError::Corrupt { reason, .. }) => {
                tracing::warn!(object, reason, "a model of recommendations is refused");
                return Ok(Load::Unusable);
            }
            Err(error) => return Err(error),
        };
        match run_beside(Work::Soon, move || Model::from_bytes(&bytes)).await {
            Ok(Ok(model)) => {
                self.answer_from(object, model);
                Ok(Load::Current)
            }
            Ok(Err(error)) => {
                tracing::warn!(object, %error, "a model of recommendations is refused");
                Ok(Load::Unusable)
            }
            Err(error) => Err(StoreError::Unavailable { reason: error.to_string() }),
        }
    }

    pub(super) fn answer_from(&self, object: &str, model: Model) {
        let loaded = Loaded { object: Some(object.to_owned()), model: Arc::new(model) };
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
    }

    /// Puts a model beside the current one and makes it the current one, unless another was trained meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; then the one of before is the current one.
    pub(super) async fn replace(
        &self,
        before: &StateRecord,
        (counted, titles): (u64, u64),
        bytes: Vec<u8>,
    ) -> Result<Option<String>, StoreError> {
        let trained = self.clock.millis();
        let object = format!("{trained:x}-{}", blake3::hash(&bytes).to_hex().get(..16).unwrap_or_default());
        self.objects.put(&key(&object)?, bytes.into()).await?;
        let mut is_first = false;
        let mut outdated = None;
        let swapped = self.update_state(|state| {
            is_first = state.object == before.object;
            if !is_first {
                return Change::Keep;
            }
            outdated = state.previous.clone();
            let previous = state.object.clone().filter(|before| *before != object);
            let (removals_seen, withdrawals_seen) = (before.removals, before.withdrawals);
            Change::Put(StateRecord {
                object: Some(object.clone()),
                k_anonymous: Some(object.clone()),
                previous,
                trained,
                counted,
                titles,
                removals_seen,
                withdrawals_seen,
                ..state
            })
        });
        swapped.await?;
        // Whoever trained in vain leaves nothing, and of two before nobody reads the older any more.
        let gone = if is_first { outdated.filter(|gone| *gone != object) } else { Some(object.clone()) };
        if let Some(gone) = gone.and_then(|gone| key(&gone).ok()) {
            self.objects.delete(&gone).await?;
        }
        Ok(is_first.then_some(object))
    }
}
