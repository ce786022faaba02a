//! What a provider says of itself (OpenID Connect Discovery 1.0): its addresses and its keys, kept for an hour and asked for
//! anew when a key is unknown.
//!
//! Of the document only what is used is read, so that nothing else in it can shut the provider out. Must never take a
//! document that names another issuer than the config does: whoever answers there may not be who is meant.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use contract::identity::EntryRefusal;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

const KEPT: Duration = Duration::from_secs(60 * 60);
/// Forged tokens, and many viewers at once, must not make us ask again and again.
const RENEWED_AT_MOST_EACH: Duration = Duration::from_secs(1);
/// A provider that did not answer is left alone for so long: those who waited for the answer are told at once.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// What is used of a provider's document (section 3).
#[derive(Clone, Debug, Deserialize)]
pub struct Document {
    pub issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    #[serde(default)]
    pub userinfo_endpoint: Option<Url>,
    /// OpenID Connect RP-Initiated Logout 1.0.
    #[serde(default)]
    pub end_session_endpoint: Option<Url>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Initiating User Registration via OpenID Connect 1.0, section 4.
    #[serde(default)]
    pub prompt_values_supported: Option<Vec<String>>,
}

/// A provider's document, and the keys that it signs with.
#[derive(Clone, Debug)]
pub struct Metadata {
    pub document: Document,
    /// As they were published (RFC 7517, section 5).
    pub keys: Vec<Value>,
}

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    #[error("it does not answer: {}", in_full(.0))]
    Silent(#[from] reqwest::Error),
    #[error("{url} answers with status {status}")]
    Refused { url: Url, status: u16 },
    #[error("{url} answers with more than {LONGEST} bytes")]
    TooLong { url: Url },
    #[error("{url} answers with what cannot be read: {source}")]
    Unreadable { url: Url, source: serde_json::Error },
    #[error(
        "the config says `issuer = \"{configured}\"`, and the provider calls itself \"{found}\": {}",
        difference(configured, found)
    )]
    OtherIssuer { configured: String, found: String },
    #[error("the config's issuer is no address")]
    NoAddress,
}

impl DiscoveryError {
    /// What the viewer is told: whether waiting helps, or only whoever runs the place.
    const fn refusal(&self) -> EntryRefusal {
        match self {
            Self::Silent(_) | Self::Refused { status: 408 | 425 | 429 | 500.., .. } => EntryRefusal::Unreachable,
            Self::Refused { .. }
            | Self::TooLong { .. }
            | Self::Unreadable { .. }
            | Self::OtherIssuer { .. }
            | Self::NoAddress => EntryRefusal::Misconfigured,
        }
    }
}

pub struct Discovery {
    /// As the config names the provider.
    id: String,
    issuer: String,
    http: reqwest::Client,
    /// The lock makes one of many that find nothing ask, while the others wait for its answer.
    last: Mutex<Last>,
}

/// What came of asking.
#[derive(Default)]
struct Last {
    found: Option<(Arc<Metadata>, Instant)>,
    failed: Option<(EntryRefusal, Instant)>,
}

impl Discovery {
    pub fn new(id: &str, issuer: &str, http: reqwest::Client) -> Self {
        Self { id: id.to_owned(), issuer: issuer.to_owned(), http, last: Mutex::default() }
    }

    /// # Errors
    /// `unreachable`, `misconfigured`; the cause is logged.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, EntryRefusal> {
        self.younger_than(KEPT).await
    }

    /// As [`Self::metadata`], with keys that may have been published a moment ago.
    ///
    /// # Errors
    /// `unreachable`, `misconfigured`; the cause is logged.
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
        if let Some((refusal, at)) = last.failed
            && at.elapsed() < LEFT_ALONE
        {
            return Err(refusal);
        }
        match discover(&self.http, &self.issuer).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *last = Last { found: Some((Arc::clone(&metadata), Instant::now())), failed: None };
                Ok(metadata)
            }
            Err(error) => {
                let refusal = error.refusal();
                let (setting, why) = (format!("identity.providers.{}", self.id), error.to_string());
                match refusal {
                    EntryRefusal::Misconfigured => tracing::error!(setting, why, "nobody can sign in through this provider"),
                    _ => tracing::warn!(setting, why, "a provider does not say what it offers"),
                }
                last.failed = Some((refusal, Instant::now()));
                Err(refusal)
            }
        }
    }
}

/// Asks a provider what it offers (section 4).
async fn discover(http: &reqwest::Client, issuer: &str) -> Result<Metadata, DiscoveryError> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address = Url::parse(&address).map_err(|_| DiscoveryError::NoAddress)?;
    let document: Document = get(http, address).await?;
    if document.issuer != issuer {
        return Err(DiscoveryError::OtherIssuer { configured: issuer.to_owned(), found: document.issuer });
    }
    let set: KeySet = get(http, document.jwks_uri.clone()).await?;
    Ok(Metadata { document, keys: set.keys })
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

async fn get<T: DeserializeOwned>(http: &reqwest::Client, url: Url) -> Result<T, DiscoveryError> {
    let mut response = http.get(url.clone()).header(reqwest::header::ACCEPT, "application/json").send().await?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(DiscoveryError::Refused { url, status: response.status().as_u16() });
    }
    let Some(body) = read(&mut response).await? else { return Err(DiscoveryError::TooLong { url }) };
    serde_json::from_slice(&body).map_err(|source| DiscoveryError::Unreadable { url, source })
}

/// A response's body; nothing where it is too long.
///
/// # Errors
/// Where it breaks off.
pub async fn read(response: &mut reqwest::Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LONGEST {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What is different, and what to do about it.
fn difference(configured: &str, found: &str) -> &'static str {
    if configured.trim_end_matches('/') == found.trim_end_matches('/') {
        return "they differ by a slash at the end; they must be equal, so write it as the provider does";
    }
    if found.contains('{') {
        return "that stands for every tenant; write the address of one, as the provider says it of that tenant";
    }
    "they must be equal; write it as the provider does, if that is who is meant"
}

/// An error with its causes; what most of them say of themselves is only their outside.
pub fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_an_issuer_differs_is_said_in_words() {
        let words = |configured: &str, found: &str| {
            DiscoveryError::OtherIssuer { configured: configured.into(), found: found.into() }.to_string()
        };
        for (configured, found, word) in [
            ("https://a.example", "https://a.example/", "differ by a slash at the end"),
            ("https://a.example/", "https://a.example", "differ by a slash at the end"),
            ("https://m.example/common/v2.0", "https://m.example/{tenantid}/v2.0", "every tenant"),
            ("https://a.example", "http://a.example", "they must be equal"),
        ] {
            let text = words(configured, found);
            assert!(text.contains(word) && text.contains(configured) && text.contains(found), "{text}");
        }
    }

    #[test]
    fn only_what_passes_by_itself_is_called_away() {
        let url = || Url::parse("https://a.example/x").unwrap();
        for (status, refusal) in [
            (500, EntryRefusal::Unreachable),
            (503, EntryRefusal::Unreachable),
            (429, EntryRefusal::Unreachable),
            (404, EntryRefusal::Misconfigured),
            (302, EntryRefusal::Misconfigured),
        ] {
            assert_eq!(DiscoveryError::Refused { url: url(), status }.refusal(), refusal, "{status}");
        }
    }
}
