//! OpenID Connect providers: who somebody is, on another's word.
//!
//! Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1; RFC 7636). Owns the ceremony
//! between leaving for a provider and coming back, and every check of what it says. Must never log a code or a token,
//! nor tie somebody to an account by a name or an address: only by provider and subject.

mod ceremony;
mod claims;
mod discovery;
mod jws;
mod logout;
mod proof;

#[cfg(test)]
#[path = "../../../../tests/routes/openid/signer.rs"]
mod testing;

use std::{collections::BTreeMap, fs, io, path::PathBuf, sync::Arc, time::Duration};

use contract::identity::{EntryRefusal, Provider as Shown};
use openidconnect::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, IssuerUrl,
    JsonWebKeySet, Nonce, PkceCodeChallenge, RedirectUrl, Scope, StandardErrorResponse, TokenUrl,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    },
};
use runtime::clock::Clock;
use storage::{StoreError, keyvalue::KeyValue};

use super::once::Once;
use crate::{
    config::{self, ProviderId, WebOrigin},
    context::RequestContext,
};
use ceremony::Ceremony;
use discovery::{Discovery, Metadata};
use proof::{Attested, SKEW_SECONDS, Tokens};

pub use ceremony::{Confirms, ReturnTo};
pub use claims::{Membership, Person};
pub use logout::LogoutToken;

/// openidconnect's, with tokens that are read here.
type Client = openidconnect::Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

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
    clock: Clock,
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
    pub going: ReturnTo,
    /// Whose sign-in here this confirms, where nobody is to be signed in anew.
    pub confirms: Option<Confirms>,
}

impl Providers {
    /// # Errors
    /// [`ProviderError`] with the setting that is off.
    pub fn open(config: &config::Providers, store: &Arc<dyn KeyValue>, clock: &Clock) -> Result<Self, ProviderError> {
        if config.is_empty() {
            // Reading the certificates of this machine takes longer than the rest of a start.
            return Ok(Self { all: BTreeMap::new() });
        }
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
                discovery: Discovery::new(id.as_str(), config.issuer.as_str(), http.clone()),
                ceremonies: Once::new(Arc::clone(store), "entering", ceremony::KEPT),
                config: config.clone(),
                clock: clock.clone(),
            };
            all.insert(id.clone(), provider);
        }
        Ok(Self { all })
    }

    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.all.get(id)
    }

    /// Asks each what it offers, so that the log says at the start where the config does not fit one.
    pub async fn survey(&self) {
        // What went wrong is logged where it is noticed.
        futures::future::join_all(self.all.values().map(|provider| provider.discovery.metadata())).await;
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

    /// Whether accounts are found by another claim than `sub`, which is the only one that a logout token has.
    pub fn has_own_subjects(&self) -> bool {
        self.config.claims.subject != "sub"
    }

    /// Where to send a browser, so that it comes back with a proof of who its viewer is; of who they are at this moment,
    /// where that is to confirm something.
    ///
    /// # Errors
    /// Why it cannot be sent there.
    pub async fn begin_login(
        &self,
        context: &RequestContext,
        origin: &WebOrigin,
        going: ReturnTo,
        confirms: Option<Confirms>,
    ) -> Result<String, EntryRefusal> {
        // Asked anew, so that nobody is sent to a provider that is down.
        let metadata = self.discovery.renewed().await?;
        let client = self.client(&metadata)?.set_redirect_uri(self.redirect(origin)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if confirms.is_some() {
            // Whoever is signed in there is asked all the same (OpenID Connect Core 1.0, section 3.1.2.1).
            request = request.set_max_age(Duration::ZERO);
            let prompts = metadata.document.prompt_values_supported.as_ref();
            if prompts.is_none_or(|prompts| prompts.iter().any(|prompt| prompt == "login")) {
                request = request.add_prompt(CoreAuthPrompt::Login);
            }
        }
        let (url, state, nonce) = request.url();
        let ceremony = Ceremony {
            provider: self.id().to_owned(),
            profile: context.viewer.profile.clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            going,
            confirms,
            since: self.clock.seconds(),
        };
        self.ceremonies.keep(state.secret(), &ceremony).await.map_err(store_failed)?;
        Ok(url.into())
    }

    /// Who came back, where the provider's word can be trusted.
    ///
    /// # Errors
    /// Why not, and where they were on their way to, as far as that is known.
    pub async fn finish_login(
        &self,
        context: &RequestContext,
        origin: &WebOrigin,
        back: Return,
    ) -> Result<Entry, (EntryRefusal, ReturnTo)> {
        let ceremony = self.ceremony_of(context, &back).await.map_err(|refusal| (refusal, ReturnTo::default()))?;
        let going = ceremony.going.clone();
        self.entry_of(ceremony, origin, back).await.map_err(|refusal| (refusal, going))
    }

    /// # Errors
    /// `expired` where there is none, or none of this browser.
    async fn ceremony_of(&self, context: &RequestContext, back: &Return) -> Result<Ceremony, EntryRefusal> {
        let state = back.state.as_deref().ok_or(EntryRefusal::Expired)?;
        let ceremony: Ceremony = self.ceremonies.take(state).await.map_err(store_failed)?.ok_or(EntryRefusal::Expired)?;
        // The state must come back to the browser that it was given to, or somebody could be signed in as another.
        if ceremony.provider != self.id() || ceremony.profile != context.viewer.profile {
            return Err(EntryRefusal::Expired);
        }
        Ok(ceremony)
    }

    async fn entry_of(&self, ceremony: Ceremony, origin: &WebOrigin, back: Return) -> Result<Entry, EntryRefusal> {
        if back.iss.is_some_and(|issuer| issuer != self.config.issuer.as_str()) {
            return Err(EntryRefusal::Untrusted);
        }
        let code = match (back.code, back.error) {
            (Some(code), None) => AuthorizationCode::new(code),
            (_, error) => {
                let error = error.as_deref().unwrap_or("no code");
                tracing::info!(provider = self.id(), error, "nobody comes from a provider");
                return Err(declined(error));
            }
        };
        let (going, confirms, since) = (ceremony.going.clone(), ceremony.confirms.clone(), ceremony.since);
        let now = self.clock.seconds();
        let Attested { person, authenticated } = self.attested(ceremony, code, self.redirect(origin)?, now).await?;
        let is_fresh = |at: u64| since <= at.saturating_add(SKEW_SECONDS) && at <= now.saturating_add(SKEW_SECONDS);
        if confirms.is_some() && !authenticated.is_some_and(is_fresh) {
            tracing::warn!(provider = self.id(), ?authenticated, "a provider did not ask anew, or does not say when it did");
            return Err(EntryRefusal::NotFresh);
        }
        Ok(Entry { person, going, confirms })
    }

    /// # Errors
    /// `misconfigured`
    fn client(&self, metadata: &Metadata) -> Result<Client, EntryRefusal> {
        let document = &metadata.document;
        let issuer = IssuerUrl::new(document.issuer.clone()).map_err(|_| EntryRefusal::Misconfigured)?;
        // Signatures are checked here, with the keys that were read here.
        let client = openidconnect::Client::new(self.client_id.clone(), issuer, JsonWebKeySet::default());
        let client = match &self.secret {
            Some(secret) => client.set_client_secret(secret.clone()),
            None => client,
        };
        Ok(client
            .set_auth_uri(AuthUrl::from_url(document.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(document.token_endpoint.clone())))
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

/// Why nobody came, as the provider says it (RFC 6749, section 4.1.2.1): most of it is somebody's change of mind.
fn declined(error: &str) -> EntryRefusal {
    match error {
        "invalid_request" | "unauthorized_client" | "unsupported_response_type" | "invalid_scope" => EntryRefusal::Misconfigured,
        "server_error" | "temporarily_unavailable" => EntryRefusal::Unreachable,
        _ => EntryRefusal::Declined,
    }
}
