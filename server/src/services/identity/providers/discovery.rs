//! What a provider says of itself: its addresses and its keys, kept for an hour and asked for anew when a key is unknown.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::identity::EntryRefusal;
use openidconnect::ProviderMetadataWithLogout as Metadata;
use tokio::sync::Mutex;

const KEPT: Duration = Duration::from_secs(60 * 60);
/// Forged tokens, and many viewers at once, must not make us ask again and again.
const RENEWED_AT_MOST_EACH: Duration = Duration::from_secs(1);
/// A provider that did not answer is left alone for so long: those who waited for the answer are told at once.
const LEFT_ALONE: Duration = Duration::from_secs(1);

pub struct Discovery {
    issuer: String,
    http: reqwest::Client,
    /// The lock makes one of many that find nothing ask, while the others wait for its answer.
    last: Mutex<Last>,
}

/// What came of asking.
#[derive(Default)]
struct Last {
    found: Option<(Arc<Metadata>, Instant)>,
    failed: Option<Instant>,
}

impl Discovery {
    pub fn new(issuer: &str, http: reqwest::Client) -> Self {
        Self { issuer: issuer.to_owned(), http, last: Mutex::default() }
    }

    /// # Errors
    /// `unreachable`; the cause is logged.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, EntryRefusal> {
        self.younger_than(KEPT).await
    }

    /// As [`Self::metadata`], with keys that may have been published a moment ago.
    ///
    /// # Errors
    /// `unreachable`; the cause is logged.
    pub async fn renewed(&self) -> Result<Arc<Metadata>, EntryRefusal> {
        self.younger_than(RENEWED_AT_MOST_EACH).await
    }

    async fn younger_than(&self, age: Duration) -> Result<Arc<Metadata>, EntryRefusal> {
        let mut last = self.last.lock().await;
        if let Some((metadata, at)) = &last.found
            && at.elapsed() < age
        {
            return Ok(Arc::clone(metadata));
        }
        if last.failed.is_some_and(|at| at.elapsed() < LEFT_ALONE) {
            return Err(EntryRefusal::Unreachable);
        }
        match Metadata::discover_async(super::issuer(&self.issuer)?, &self.http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *last = Last { found: Some((Arc::clone(&metadata), Instant::now())), failed: None };
                Ok(metadata)
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer, error = in_full(&error), "a provider does not say what it offers");
                last.failed = Some(Instant::now());
                Err(EntryRefusal::Unreachable)
            }
        }
    }
}

/// An error with its causes; what openidconnect says of itself is only its outside.
pub fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
