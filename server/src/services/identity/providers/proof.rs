//! From a code to a person: the exchange, and every check of the ID token (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! Clocks may differ by a minute. Algorithms without a public key are never accepted, whatever a provider offers. What is
//! not needed of a token is not read: how a provider writes it must keep nobody out.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::identity::EntryRefusal;
use jsonwebtoken::Algorithm;
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, IdToken, OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, TokenResponse,
    core::{CoreErrorResponseType, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{
    Provider,
    ceremony::Ceremony,
    claims::{Person, instant, text, texts},
    discovery::{Metadata, in_full, read},
    jws::{Signed, verify},
};

/// How much clocks may differ.
pub const SKEW_SECONDS: u64 = 60;

/// What a provider gives for a code. What it says beside these is not read.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tokens {
    access_token: AccessToken,
    #[serde(default)]
    id_token: Option<String>,
}

impl OAuth2TokenResponse for Tokens {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &CoreTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

type CoreToken<AC> = IdToken<AC, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

impl<AC: openidconnect::AdditionalClaims>
    TokenResponse<AC, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm> for Tokens
{
    /// Read and checked here, and not by a reader that refuses what it does not need.
    fn id_token(&self) -> Option<&CoreToken<AC>> {
        None
    }
}

/// Why an ID token does not prove who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    #[error("it is another issuer's")]
    Issuer,
    #[error("it is for somebody else as well, or alone")]
    Audience,
    #[error("another party asked for it")]
    AuthorizedParty,
    #[error("it has run out, or does not say until when it holds")]
    Expired,
    #[error("it was issued in the future, or does not say when")]
    IssuedAt,
    #[error("it is of another attempt")]
    Nonce,
    #[error("it names nobody")]
    Subject,
    #[error("the access token is another's")]
    AccessToken,
}

/// What an ID token must say.
struct Expected<'a> {
    issuer: &'a str,
    client_id: &'a str,
    nonce: &'a str,
    /// Seconds since 1970.
    now: u64,
}

/// Somebody, and when they last showed the provider who they are, in seconds since 1970, where it says so.
pub struct Attested {
    pub person: Person,
    pub authenticated: Option<u64>,
}

impl Provider {
    /// Trades the code, and reads who it is for.
    pub(super) async fn attested(
        &self,
        ceremony: Ceremony,
        code: AuthorizationCode,
        redirect: RedirectUrl,
        now: u64,
    ) -> Result<Attested, EntryRefusal> {
        let metadata = self.discovery.metadata().await?;
        let tokens = self.exchange(&metadata, &ceremony, code, redirect).await?;
        let token = tokens.id_token.ok_or_else(|| self.untrusted("it gave no ID token"))?;
        let signed = match verify(&token, &metadata.keys) {
            Err(error) if error.may_be_of_new_keys() => verify(&token, &self.discovery.renewed().await?.keys),
            other => other,
        };
        let signed = signed.map_err(|error| self.untrusted(&error.to_string()))?;
        let expected =
            Expected { issuer: &metadata.document.issuer, client_id: self.client_id.as_str(), nonce: &ceremony.nonce, now };
        check(&signed, &expected, tokens.access_token.secret()).map_err(|error| self.untrusted(&error.to_string()))?;
        let authenticated = signed.claims.get("auth_time").and_then(instant);
        let more = self.user_info(&metadata, &tokens.access_token, signed.claims.get("sub").and_then(text)).await?;
        let claims = together(signed.claims, more);
        let person = Person::read(self.id(), &self.config, &claims, token);
        Ok(Attested { person: person.ok_or_else(|| self.untrusted("its claims name nobody"))?, authenticated })
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        ceremony: &Ceremony,
        code: AuthorizationCode,
        redirect: RedirectUrl,
    ) -> Result<Tokens, EntryRefusal> {
        let client = self.client(metadata)?.set_redirect_uri(redirect).set_auth_type(auth_type(metadata));
        let request = client.exchange_code(code).set_pkce_verifier(PkceCodeVerifier::new(ceremony.verifier.clone()));
        match request.request_async(&self.http).await {
            Ok(tokens) => Ok(tokens),
            Err(RequestTokenError::ServerResponse(refusal)) => match refusal.error() {
                CoreErrorResponseType::InvalidClient
                | CoreErrorResponseType::UnauthorizedClient
                | CoreErrorResponseType::UnsupportedGrantType
                | CoreErrorResponseType::InvalidScope => {
                    let (provider, error) = (self.id(), refusal.error().to_string());
                    tracing::error!(provider, error, "a provider does not know this client: see its client_id and its secret");
                    Err(EntryRefusal::Misconfigured)
                }
                error => Err(self.untrusted(&format!("it does not take its own code: {error}"))),
            },
            Err(error) => {
                // Neither variant holds what was sent.
                tracing::warn!(provider = self.id(), error = in_full(&error), "a provider does not trade its code");
                Err(EntryRefusal::Unreachable)
            }
        }
    }

    /// What the provider tells beside the token, where it does (section 5.3).
    async fn user_info(
        &self,
        metadata: &Metadata,
        access: &AccessToken,
        subject: Option<String>,
    ) -> Result<Map<String, Value>, EntryRefusal> {
        let Some(url) = metadata.document.userinfo_endpoint.clone() else { return Ok(Map::new()) };
        let silent = |error: reqwest::Error| {
            tracing::warn!(provider = self.id(), error = in_full(&error), "a provider does not tell who somebody is");
            EntryRefusal::Unreachable
        };
        let asked = self.http.get(url).bearer_auth(access.secret()).header(reqwest::header::ACCEPT, "application/json");
        let mut response = asked.send().await.map_err(silent)?;
        if response.status() != reqwest::StatusCode::OK {
            tracing::warn!(provider = self.id(), status = %response.status(), "a provider does not tell who somebody is");
            return Err(EntryRefusal::Unreachable);
        }
        let body = read(&mut response).await.map_err(silent)?.unwrap_or_default();
        let claims = match serde_json::from_slice(&body) {
            Ok(claims) => claims,
            // Signed, where the client is registered for that (section 5.3.2).
            Err(_) => std::str::from_utf8(&body)
                .ok()
                .and_then(|token| Some(verify(token.trim(), &metadata.keys).ok()?.claims))
                .ok_or_else(|| self.untrusted("what it tells of somebody cannot be read"))?,
        };
        if claims.get("sub").and_then(text) != subject {
            return Err(self.untrusted("it tells of somebody else than its token"));
        }
        Ok(claims)
    }

    pub(super) fn untrusted(&self, why: &str) -> EntryRefusal {
        tracing::warn!(provider = self.id(), why, "a provider's word is not taken");
        EntryRefusal::Untrusted
    }
}

/// Every check of a token whose signature held.
fn check(signed: &Signed, expected: &Expected, access: &str) -> Result<(), IdTokenError> {
    let claims = &signed.claims;
    let said = |claim: &str| claims.get(claim).and_then(text);
    let is = |holds: bool, error: IdTokenError| if holds { Ok(()) } else { Err(error) };
    is(said("iss").as_deref() == Some(expected.issuer), IdTokenError::Issuer)?;
    let audiences = claims.get("aud").map(texts).unwrap_or_default();
    let is_for_us = !audiences.is_empty() && audiences.iter().all(|audience| audience == expected.client_id);
    is(is_for_us, IdTokenError::Audience)?;
    is(said("azp").is_none_or(|party| party == expected.client_id), IdTokenError::AuthorizedParty)?;
    let at = |claim: &str| claims.get(claim).and_then(instant);
    is(at("exp").is_some_and(|end| expected.now < end.saturating_add(SKEW_SECONDS)), IdTokenError::Expired)?;
    is(at("iat").is_some_and(|issued| issued <= expected.now + SKEW_SECONDS), IdTokenError::IssuedAt)?;
    is(said("nonce").as_deref() == Some(expected.nonce), IdTokenError::Nonce)?;
    is(said("sub").is_some_and(|subject| !subject.is_empty()), IdTokenError::Subject)?;
    let is_theirs = |hash: String| Some(hash) == half_hash(signed.algorithm, access);
    is(said("at_hash").is_none_or(is_theirs), IdTokenError::AccessToken)
}

/// The left half of an access token's hash, by the hash of the signature's algorithm (section 3.1.3.6).
fn half_hash(algorithm: Algorithm, access: &str) -> Option<String> {
    let hash = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Sha256::digest(access).to_vec(),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(access).to_vec(),
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => Sha512::digest(access).to_vec(),
        // No other signs a token that is taken.
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(hash.get(..hash.len() / 2)?))
}

/// What is signed for us stands above what is only told; a null says nothing.
fn together(signed: Map<String, Value>, told: Map<String, Value>) -> Map<String, Value> {
    let mut claims: Map<_, _> = signed.into_iter().filter(|(_, value)| !value.is_null()).collect();
    for (name, value) in told.into_iter().filter(|(_, value)| !value.is_null()) {
        claims.entry(name).or_insert(value);
    }
    claims
}

/// HTTP Basic, unless the provider takes only a form's fields (OpenID Connect Core 1.0, section 9).
fn auth_type(metadata: &Metadata) -> AuthType {
    let taken = metadata.document.token_endpoint_auth_methods_supported.as_ref();
    match taken.is_some_and(|taken| !taken.iter().any(|method| method == "client_secret_basic")) {
        true => AuthType::RequestBody,
        false => AuthType::BasicAuth,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 2_000_000_000;

    fn checked(claims: Value) -> Result<(), IdTokenError> {
        let signed = Signed { algorithm: Algorithm::ES256, claims: claims.as_object().unwrap().clone() };
        let expected = Expected { issuer: "https://login.example", client_id: "marquee", nonce: "n", now: NOW };
        check(&signed, &expected, "the access token")
    }

    fn with(claim: &str, value: Value) -> Value {
        let mut claims = json!({ "iss": "https://login.example", "aud": "marquee", "sub": "7", "nonce": "n", "iat": NOW,
            "exp": NOW + 300 });
        claims[claim] = value;
        claims
    }

    #[test]
    fn a_token_holds_however_its_numbers_and_lists_are_written_and_whatever_else_it_says() {
        for (claim, value) in [
            ("aud", json!(["marquee"])),
            ("aud", json!(["marquee", "marquee"])),
            ("azp", json!("marquee")),
            ("azp", json!(null)),
            ("exp", json!("2000000300")),
            ("exp", json!(2_000_000_300.5)),
            ("exp", json!("2033-05-18T03:38:20Z")),
            ("exp", json!(NOW - 30)),
            ("iat", json!(NOW + 30)),
            ("sub", json!(7)),
            ("at_hash", json!(null)),
            ("at_hash", json!(half_hash(Algorithm::ES256, "the access token"))),
            ("email_verified", json!("true")),
            ("updated_at", json!("2020-01-01T00:00:00.000Z")),
            ("address", json!("Main Street 1")),
            ("amr", json!("pwd")),
            ("acr", json!(0)),
            ("locale", json!(null)),
            ("auth_time", json!("then")),
        ] {
            assert_eq!(checked(with(claim, value.clone())), Ok(()), "{claim} {value}");
        }
    }

    #[test]
    fn what_is_off_in_a_token_is_named() {
        for (claim, value, error) in [
            ("iss", json!("https://login.example/"), IdTokenError::Issuer),
            ("iss", json!(null), IdTokenError::Issuer),
            ("aud", json!("another"), IdTokenError::Audience),
            ("aud", json!(["marquee", "another"]), IdTokenError::Audience),
            ("aud", json!([]), IdTokenError::Audience),
            ("aud", json!(null), IdTokenError::Audience),
            ("azp", json!("another"), IdTokenError::AuthorizedParty),
            ("exp", json!(NOW - 61), IdTokenError::Expired),
            ("exp", json!(null), IdTokenError::Expired),
            ("exp", json!("soon"), IdTokenError::Expired),
            ("iat", json!(NOW + 61), IdTokenError::IssuedAt),
            ("iat", json!(null), IdTokenError::IssuedAt),
            ("nonce", json!("another"), IdTokenError::Nonce),
            ("nonce", json!(null), IdTokenError::Nonce),
            ("sub", json!(""), IdTokenError::Subject),
            ("sub", json!(null), IdTokenError::Subject),
            ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), IdTokenError::AccessToken),
        ] {
            assert_eq!(checked(with(claim, value.clone())), Err(error), "{claim} {value}");
        }
    }

    #[test]
    fn a_null_in_the_token_leaves_room_for_what_is_told_beside_it() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let signed = object(json!({ "sub": "7", "name": "Ada", "email": null, "groups": null }));
        let told = object(json!({ "name": "Eve", "email": "ada@example", "groups": ["boss"], "nickname": null }));
        let expected = json!({ "sub": "7", "name": "Ada", "email": "ada@example", "groups": ["boss"] });
        assert_eq!(Value::Object(together(signed, told)), expected);
    }
}
