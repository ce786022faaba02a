//! From a code to a person: the exchange, and every check of the ID token (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! Clocks may differ by a minute. Algorithms without a public key are never accepted, whatever a provider offers.

use chrono::{DateTime, TimeDelta, Utc};
use contract::identity::EntryRefusal;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, Nonce, OAuth2TokenResponse,
    PkceCodeVerifier, ProviderMetadataWithLogout as Metadata, RedirectUrl, RequestTokenError, SubjectIdentifier, TokenResponse,
    UserInfoClaims,
    core::{
        CoreClient, CoreClientAuthMethod, CoreGenderClaim, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm,
        CoreTokenResponse,
    },
};
use serde_json::{Map, Value};

use super::{
    Provider,
    ceremony::Ceremony,
    claims::{Person, payload},
    discovery::in_full,
};

const SKEW: TimeDelta = TimeDelta::minutes(1);

/// What may sign: whoever checks cannot sign as well.
pub const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

impl Provider {
    /// Trades the code, and reads who it is for.
    pub(super) async fn attested(
        &self,
        ceremony: Ceremony,
        code: AuthorizationCode,
        redirect: RedirectUrl,
    ) -> Result<Person, EntryRefusal> {
        let metadata = self.discovery.metadata().await?;
        let tokens = self.exchange(&metadata, &ceremony, code, redirect).await?;
        let token = tokens.id_token().ok_or_else(|| self.untrusted("it gave no ID token"))?;
        let nonce = Nonce::new(ceremony.nonce);
        let subject = match self.check(&metadata, token, tokens.access_token(), &nonce) {
            // Its keys may be new.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                self.check(&*self.discovery.renewed().await?, token, tokens.access_token(), &nonce)
            }
            other => other,
        };
        let subject = subject.map_err(|error| self.untrusted(&in_full(&error)))?;
        let token = token.to_string();
        let mut claims = payload(&token).ok_or_else(|| self.untrusted("its ID token holds no object"))?;
        let more = self.user_info(&metadata, tokens.access_token(), subject).await?;
        // What is signed for us stands above what is only told.
        for (name, value) in more {
            claims.entry(name).or_insert(value);
        }
        Person::read(self.id(), &self.config, &claims, token).ok_or_else(|| self.untrusted("its claims name nobody"))
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        ceremony: &Ceremony,
        code: AuthorizationCode,
        redirect: RedirectUrl,
    ) -> Result<CoreTokenResponse, EntryRefusal> {
        let client = CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(redirect)
            .set_auth_type(auth_type(metadata));
        let request = client.exchange_code(code).map_err(|error| self.untrusted(&error.to_string()))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(ceremony.verifier.clone()));
        match request.request_async(&self.http).await {
            Ok(tokens) => Ok(tokens),
            Err(RequestTokenError::ServerResponse(refusal)) => {
                Err(self.untrusted(&format!("it does not take its own code: {}", refusal.error())))
            }
            Err(error) => {
                // Neither variant holds what was sent.
                tracing::warn!(provider = self.id(), error = in_full(&error), "a provider does not trade its code");
                Err(EntryRefusal::Unreachable)
            }
        }
    }

    /// Who the token is of, if everything about it holds.
    fn check(
        &self,
        metadata: &Metadata,
        token: &CoreIdToken,
        access: &AccessToken,
        nonce: &Nonce,
    ) -> Result<SubjectIdentifier, ClaimsVerificationError> {
        let (client_id, issuer, keys) = (self.client_id.clone(), metadata.issuer().clone(), metadata.jwks().clone());
        // With a client's secret, openidconnect would take tokens that are signed with it.
        let verifier = CoreIdTokenVerifier::new_public_client(client_id, issuer, keys)
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(|| Utc::now() - SKEW)
            .set_issue_time_verifier_fn(not_from_the_future);
        let claims = token.claims(&verifier, nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let key = token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
            let algorithm = token.signing_alg().map_err(ClaimsVerificationError::SignatureVerification)?;
            let found = AccessTokenHash::from_token(access, algorithm, key);
            if !found.is_ok_and(|found| found == *expected) {
                return Err(ClaimsVerificationError::Other("the access token is another's".to_owned()));
            }
        }
        Ok(claims.subject().clone())
    }

    /// What the provider tells beside the token, where it does.
    async fn user_info(
        &self,
        metadata: &Metadata,
        access: &AccessToken,
        subject: SubjectIdentifier,
    ) -> Result<Map<String, Value>, EntryRefusal> {
        if metadata.userinfo_endpoint().is_none() {
            return Ok(Map::new());
        }
        let client = CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.secret.clone());
        let request = client.user_info(access.clone(), Some(subject)).map_err(|error| self.untrusted(&error.to_string()))?;
        let told: UserInfoClaims<AllClaims, CoreGenderClaim> = request.request_async(&self.http).await.map_err(|error| {
            tracing::warn!(provider = self.id(), error = in_full(&error), "a provider does not tell who somebody is");
            EntryRefusal::Unreachable
        })?;
        match serde_json::to_value(told) {
            Ok(Value::Object(claims)) => Ok(claims),
            Ok(_) | Err(_) => Err(EntryRefusal::Internal),
        }
    }

    fn untrusted(&self, why: &str) -> EntryRefusal {
        tracing::warn!(provider = self.id(), why, "a provider's word is not taken");
        EntryRefusal::Untrusted
    }
}

/// Claims that openidconnect has no name for.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct AllClaims(Map<String, Value>);

impl openidconnect::AdditionalClaims for AllClaims {}

fn not_from_the_future(issued: DateTime<Utc>) -> Result<(), String> {
    if issued <= Utc::now() + SKEW { Ok(()) } else { Err("issued in the future".to_owned()) }
}

/// HTTP Basic, unless the provider takes only a form's fields (OpenID Connect Core 1.0, section 9).
fn auth_type(metadata: &Metadata) -> AuthType {
    let taken = metadata.token_endpoint_auth_methods_supported();
    match taken.is_some_and(|taken| !taken.contains(&CoreClientAuthMethod::ClientSecretBasic)) {
        true => AuthType::RequestBody,
        false => AuthType::BasicAuth,
    }
}
