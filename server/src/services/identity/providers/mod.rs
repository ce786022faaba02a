//! OpenID Connect providers: who somebody is, on another's word.
//!
//! Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1; RFC 7636). Owns the ceremony
//! between leaving for a provider and coming back, and every check of what it says. Must never log a code or a token,
//! nor tie somebody to an account by a name or an address: only by provider and subject.

mod ceremony;
mod claims;
mod discovery;
mod logout;
mod proof;

use std::{collections::BTreeMap, fs, io, path::PathBuf, sync::Arc, time::Duration};

use contract::identity::{EntryRefusal, Provider as Shown};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, RedirectUrl, Scope,
    core::{CoreAuthenticationFlow, CoreClient},
};

use super::once::Once;
use crate::{
    config::{self, ProviderId, WebOrigin},
    context::RequestContext,
    storage::{StoreError, keyvalue::KeyValue},
};
use ceremony::Ceremony;

use discovery::Discovery;

pub use ceremony::Going;
pub use claims::{Person, Standing};
pub use logout::LogoutToken;

/// Longest wait for a provider's answer.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);

/// A provider cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("identity.providers.{id}.client_secret_file: {}: {source}", path.display())]
    Secret { id: String, path: PathBuf, source: io::Error },
    #[error("identity.providers.{id}.client_secret_file: {} is empty", path.display())]
    NoSecret { id: String, path: PathBuf },
    #[error("identity.providers: no connection to providers can be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// Every provider of this installation.
#[derive(Default)]
pub struct Providers {
    all: BTreeMap<ProviderId, Provider>,
}

/// One of them.
pub struct Provider {
    id: ProviderId,
    config: config::Provider,
    client_id: ClientId,
    secret: Option<ClientSecret>,
    http: reqwest::Client,
    discovery: Discovery,
    ceremonies: Once,
}

/// What somebody comes back with (RFC 6749, section 4.1.2; RFC 9207).
#[derive(Debug, Default, serde::Deserialize)]
pub struct Return {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// What a provider attested, and what the viewer wants.
pub struct Entry {
    pub person: Person,
    pub going: Going,
}

impl Providers {
    /// # Errors
    /// [`ProviderError`] with the setting that is off.
    pub fn open(config: &config::Providers, store: &Arc<dyn KeyValue>) -> Result<Self, ProviderError> {
        let http = reqwest::Client::builder()
            // A redirect could lead anywhere, into our own network too.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .connect_timeout(CONNECT_PATIENCE)
            .build()?;
        let mut all = BTreeMap::new();
        for (id, config) in config {
            let secret = config.client_secret_file.as_ref().map(|path| read_secret(id, path)).transpose()?;
            let provider = Provider {
                id: id.clone(),
                client_id: ClientId::new(config.client_id.clone()),
                secret,
                http: http.clone(),
                discovery: Discovery::new(config.issuer.as_str(), http.clone()),
                ceremonies: Once::new(Arc::clone(store), "entering", ceremony::KEPT),
                config: config.clone(),
            };
            all.insert(id.clone(), provider);
        }
        Ok(Self { all })
    }

    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.all.get(id)
    }

    /// As the sign-in page lists them.
    pub fn shown(&self) -> Vec<Shown> {
        let shown = |provider: &Provider| Shown {
            id: provider.id.as_str().to_owned(),
            name: provider.config.name.clone(),
            url: format!("/auth/{}", provider.id.as_str()),
        };
        self.all.values().map(shown).collect()
    }
}

impl Provider {
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Whether the provider says who operators are, so that nobody is made one here.
    pub fn names_operators(&self) -> bool {
        self.config.groups.operators.is_some()
    }

    /// Where to send a browser, so that it comes back with a proof of who its viewer is.
    ///
    /// # Errors
    /// Why it cannot be sent there.
    pub async fn leave(&self, context: &RequestContext, origin: &WebOrigin, going: Going) -> Result<String, EntryRefusal> {
        // Asked anew, so that nobody is sent to a provider that is down.
        let metadata = self.discovery.renewed().await?;
        let client = CoreClient::from_provider_metadata((*metadata).clone(), self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(self.redirect(origin)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let ceremony = Ceremony {
            provider: self.id().to_owned(),
            profile: context.viewer.profile.clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            going,
        };
        self.ceremonies.keep(state.secret(), &ceremony).await.map_err(store_failed)?;
        Ok(url.into())
    }

    /// Who came back, where the provider's word can be trusted.
    ///
    /// # Errors
    /// Why not.
    pub async fn welcome(&self, context: &RequestContext, origin: &WebOrigin, back: Return) -> Result<Entry, EntryRefusal> {
        let state = back.state.ok_or(EntryRefusal::Expired)?;
        let ceremony: Ceremony = self.ceremonies.take(&state).await.map_err(store_failed)?.ok_or(EntryRefusal::Expired)?;
        // The state must come back to the browser that it was given to, or somebody could be signed in as another.
        if ceremony.provider != self.id() || ceremony.profile != context.viewer.profile {
            return Err(EntryRefusal::Expired);
        }
        if back.iss.is_some_and(|issuer| issuer != self.config.issuer.as_str()) {
            return Err(EntryRefusal::Untrusted);
        }
        let code = match (back.code, back.error) {
            (Some(code), None) => AuthorizationCode::new(code),
            (_, error) => {
                tracing::info!(
                    provider = self.id(),
                    error = error.as_deref().unwrap_or("no code"),
                    "nobody comes from a provider"
                );
                return Err(EntryRefusal::Declined);
            }
        };
        let going = ceremony.going.clone();
        let person = self.attested(ceremony, code, self.redirect(origin)?).await?;
        Ok(Entry { person, going })
    }

    fn redirect(&self, origin: &WebOrigin) -> Result<RedirectUrl, EntryRefusal> {
        let url = format!("{}/auth/{}/callback", origin.as_str(), self.id());
        RedirectUrl::new(url).map_err(|_| EntryRefusal::Internal)
    }
}

fn read_secret(id: &ProviderId, path: &PathBuf) -> Result<ClientSecret, ProviderError> {
    let (id, at) = (id.as_str().to_owned(), path.clone());
    match fs::read_to_string(path) {
        Ok(secret) if secret.trim().is_empty() => Err(ProviderError::NoSecret { id, path: at }),
        Ok(secret) => Ok(ClientSecret::new(secret.trim().to_owned())),
        Err(source) => Err(ProviderError::Secret { id, path: at, source }),
    }
}

/// What the store says, as the viewer may know it.
pub fn store_failed(error: StoreError) -> EntryRefusal {
    tracing::error!(%error, "somebody who comes from a provider cannot be let in");
    EntryRefusal::Internal
}

/// The issuer as openidconnect takes it; the config made sure that it is an address.
fn issuer(text: &str) -> Result<IssuerUrl, EntryRefusal> {
    IssuerUrl::new(text.to_owned()).map_err(|_| EntryRefusal::Internal)
}
