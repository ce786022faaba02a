//! Signing out at a provider as well (OpenID Connect RP-Initiated Logout 1.0), and being told by one that somebody signed
//! out there (OpenID Connect Back-Channel Logout 1.0).

use std::{str::FromStr, time::Duration};

use contract::identity::EntryRefusal;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use openidconnect::{LogoutRequest, PostLogoutRedirectUrl, ProviderMetadataWithLogout as Metadata, core::CoreIdToken};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Provider;
use crate::config::WebOrigin;

/// Nobody waits longer for where to go on signing out: they are signed out here already.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much clocks may differ, and how old a token may be.
const SKEW_SECONDS: u64 = 60;
const OLDEST_SECONDS: u64 = 5 * 60;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// What may sign; the same that may sign an ID token.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a provider says when somebody signed out there (section 2.4).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LogoutToken {
    pub sub: Option<String>,
    pub sid: Option<String>,
    /// Unique: a token is good once.
    pub jti: String,
    iat: u64,
    events: Map<String, Value>,
    nonce: Option<Value>,
}

impl Provider {
    /// Where the browser signs out at the provider; nowhere if the provider has no such place, or does not answer.
    pub async fn way_out(&self, id_token: &str, origin: &WebOrigin) -> Option<String> {
        if !self.config.signs_out_there {
            return None;
        }
        let metadata = tokio::time::timeout(PATIENCE, self.discovery.metadata()).await.ok()?.ok()?;
        let request = LogoutRequest::from(metadata.additional_metadata().end_session_endpoint.clone()?);
        let hint = CoreIdToken::from_str(id_token).ok()?;
        let back = PostLogoutRedirectUrl::new(format!("{}/", origin.as_str())).ok()?;
        let request = request.set_id_token_hint(&hint).set_client_id(self.client_id.clone());
        Some(request.set_post_logout_redirect_uri(back).http_get_url().into())
    }

    /// Checks a logout token (section 2.6).
    ///
    /// # Errors
    /// `untrusted` and `unreachable`; the cause is logged.
    pub async fn signed_out_there(&self, token: &str, now: u64) -> Result<LogoutToken, EntryRefusal> {
        let metadata = self.discovery.metadata().await?;
        let checked = match check(token, &metadata, self.client_id.as_str(), now) {
            // Its keys may be new.
            Err("its key is unknown") => check(token, &*self.discovery.renewed().await?, self.client_id.as_str(), now),
            other => other,
        };
        checked.map_err(|why| {
            tracing::warn!(provider = self.id(), why, "a logout token is not taken");
            EntryRefusal::Untrusted
        })
    }
}

fn check(token: &str, metadata: &Metadata, client_id: &str, now: u64) -> Result<LogoutToken, &'static str> {
    let keys = serde_json::to_value(metadata.jwks()).map_err(|_| "its keys cannot be read")?;
    check_with(token, &keys, metadata.issuer().as_str(), client_id, now)
}

fn check_with(token: &str, keys: &Value, issuer: &str, client_id: &str, now: u64) -> Result<LogoutToken, &'static str> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| "it is no token")?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err("its algorithm proves nothing");
    }
    let jwk = find_key(keys, header.kid.as_deref()).ok_or("its key is unknown")?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| "its key cannot be used")?;
    let mut validation = Validation::new(header.alg);
    validation.leeway = SKEW_SECONDS;
    validation.set_audience(&[client_id]);
    validation.set_issuer(&[issuer]);
    // `exp` is checked where it is there; providers from before 2022 leave it out.
    validation.set_required_spec_claims(&["iss", "aud"]);
    let token = jsonwebtoken::decode::<LogoutToken>(token, &key, &validation);
    let token = token.map_err(|_| "its signature or its claims do not hold")?.claims;
    if token.iat > now + SKEW_SECONDS || token.iat + OLDEST_SECONDS < now {
        return Err("it is not of now");
    }
    if !token.events.get(EVENT).is_some_and(Value::is_object) || token.nonce.is_some() {
        return Err("it is another kind of token");
    }
    if token.sub.is_none() && token.sid.is_none() {
        return Err("it names nobody");
    }
    Ok(token)
}

/// The key of that name; without a name, the only one.
fn find_key(keys: &Value, kid: Option<&str>) -> Option<Jwk> {
    let keys = keys.get("keys")?.as_array()?;
    let key = match kid {
        Some(kid) => keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(kid))?,
        None if keys.len() == 1 => keys.first()?,
        None => return None,
    };
    serde_json::from_value(key.clone()).ok()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    const NOW: u64 = 2_000_000_000;
    /// A pair of keys that everybody knows (RFC 8410, section 10).
    const PRIVATE: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp-K06_nwoy_HU--CXqI9EdVhC";
    const PUBLIC: &str = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";

    fn keys() -> Value {
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "k", "alg": "EdDSA", "use": "sig", "x": PUBLIC }] })
    }

    fn signed(claims: &Value) -> String {
        let header = Header { kid: Some("k".to_owned()), typ: Some("logout+jwt".to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &EncodingKey::from_ed_der(&URL_SAFE_NO_PAD.decode(PRIVATE).unwrap())).unwrap()
    }

    fn claims() -> Value {
        json!({ "iss": "https://login.example", "aud": "marquee", "iat": NOW, "jti": "j", "sub": "7", "sid": "s",
            "events": { EVENT: {} } })
    }

    fn checked(token: &str) -> Result<LogoutToken, &'static str> {
        check_with(token, &keys(), "https://login.example", "marquee", NOW)
    }

    #[test]
    fn a_whole_token_is_taken() {
        let token = checked(&signed(&claims())).unwrap();
        assert_eq!((token.sub.as_deref(), token.sid.as_deref(), token.jti.as_str()), (Some("7"), Some("s"), "j"));
    }

    #[test]
    fn what_is_off_in_a_token_makes_it_worthless() {
        for (claim, value) in [
            ("iss", json!("https://evil.example")),
            ("aud", json!("another")),
            ("iat", json!(NOW + 120)),
            ("iat", json!(NOW - 900)),
            ("exp", json!(1000)),
            ("events", json!({})),
            ("events", json!({ EVENT: true })),
            // An ID token has one; a logout token must not, so that neither stands for the other.
            ("nonce", json!("n")),
        ] {
            let mut claims = claims();
            claims[claim] = value;
            assert!(checked(&signed(&claims)).is_err(), "{claims}");
        }
        let mut nobody = claims();
        nobody.as_object_mut().unwrap().retain(|name, _| name != "sub" && name != "sid");
        assert_eq!(checked(&signed(&nobody)), Err("it names nobody"));
    }

    #[test]
    fn a_token_signed_by_another_or_by_nobody_is_worthless() {
        let token = signed(&claims());
        let (body, _) = token.rsplit_once('.').unwrap();
        assert!(checked(&format!("{body}.{}", "A".repeat(86))).is_err());
        let symmetric = encode(
            &Header { kid: Some("k".to_owned()), ..Header::new(Algorithm::HS256) },
            &claims(),
            &EncodingKey::from_secret(PUBLIC.as_bytes()),
        )
        .unwrap();
        assert_eq!(checked(&symmetric), Err("its algorithm proves nothing"));
        assert_eq!(checked("x.y.z"), Err("it is no token"));
        assert_eq!(
            check_with(&token, &json!({ "keys": [] }), "https://login.example", "marquee", NOW),
            Err("its key is unknown")
        );
    }
}
