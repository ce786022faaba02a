//! The key ring: signs access tokens (JWT, RFC 7519) and checks them.
//!
//! A key for every 30 days, derived from the installation's secret, so that every node has the same ring and nothing
//! has to be stored or handed round; the key before the current one still checks what it signed. The algorithm is
//! pinned, and a key is found by its id (`kid`) alone: a token chooses neither (RFC 8725, sections 3.1 and 3.10).

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use contract::ids::{AccountId, SignInId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use super::Bearer;
use crate::secret::MasterSecret;

/// How long an access token is good for.
pub const ACCESS_SECONDS: u64 = 600;
/// How long a key signs.
const PERIOD_SECONDS: u64 = 30 * 86_400;
/// What clocks of two nodes may differ.
const SKEW_SECONDS: u64 = 30;
const ISSUER: &str = "marquee";
const AUDIENCE: &str = "marquee-gateway";
/// Periods whose keys are kept ready: the current one and those beside it.
const KEPT: u64 = 4;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The account.
    sub: AccountId,
    /// The sign-in.
    sid: SignInId,
    iat: u64,
    exp: u64,
}

struct Key {
    signs: EncodingKey,
    checks: DecodingKey,
}

/// What a token that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub bearer: Bearer,
    /// In seconds since 1970.
    pub expires: u64,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    secret: [u8; 32],
    keys: Cache<u64, Arc<Key>>,
    validation: Arc<Validation>,
}

impl KeyRing {
    pub fn new(secret: &MasterSecret) -> Self {
        // The first to choose decides for the process; every choice here is the same.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = SKEW_SECONDS;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        Self { secret: secret.derive("access token v1"), keys: Cache::new(KEPT), validation: validation.into() }
    }

    /// A token for this sign-in, from now on; nothing where it cannot be made, which no input can cause.
    pub fn sign(&self, bearer: &Bearer) -> Option<String> {
        self.sign_at(bearer, now())
    }

    /// What a token says, where this ring signed it and it has not expired.
    pub fn check(&self, token: &str) -> Option<Checked> {
        self.check_at(token, now())
    }

    /// The same as it was, or will be, at `now` (seconds since 1970): what is refused for its age can be tried out.
    pub fn sign_at(&self, bearer: &Bearer, now: u64) -> Option<String> {
        let period = now / PERIOD_SECONDS;
        let header = Header { kid: Some(period.to_string()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.account.clone(),
            sid: bearer.sign_in.clone(),
            iat: now,
            exp: now + ACCESS_SECONDS,
        };
        encode(&header, &claims, &self.key(period).signs).inspect_err(|error| tracing::error!(%error, "no token")).ok()
    }

    fn check_at(&self, token: &str, now: u64) -> Option<Checked> {
        let period: u64 = decode_header(token).ok()?.kid?.parse().ok()?;
        let current = now / PERIOD_SECONDS;
        // The next one too: a node's clock may be ahead at midnight.
        if !(current.saturating_sub(1)..=current + 1).contains(&period) {
            return None;
        }
        let claims = decode::<Claims>(token, &self.key(period).checks, &self.validation).ok()?.claims;
        Some(Checked { bearer: Bearer { account: claims.sub, sign_in: claims.sid }, expires: claims.exp })
    }

    fn key(&self, period: u64) -> Arc<Key> {
        self.keys.get_with(period, || {
            let secret = blake3::keyed_hash(&self.secret, &period.to_le_bytes());
            let (signs, checks) = (EncodingKey::from_secret(secret.as_bytes()), DecodingKey::from_secret(secret.as_bytes()));
            Arc::new(Key { signs, checks })
        })
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn ring() -> KeyRing {
        let folder = tempfile::tempdir().unwrap();
        KeyRing::new(&MasterSecret::open(folder.path()).unwrap())
    }

    fn bearer() -> Bearer {
        Bearer { account: "a1".parse().unwrap(), sign_in: "s1".parse().unwrap() }
    }

    fn bearer_of(ring: &KeyRing, token: &str) -> Option<Bearer> {
        ring.check(token).map(|checked| checked.bearer)
    }

    fn handmade(header: serde_json::Value, claims: serde_json::Value, tag: &str) -> String {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{tag}", part(header), part(claims))
    }

    #[test]
    fn a_token_says_who_bears_it_to_every_node_with_the_same_secret() {
        let folder = tempfile::tempdir().unwrap();
        let secret = MasterSecret::open(folder.path()).unwrap();
        let token = KeyRing::new(&secret).sign(&bearer()).unwrap();
        assert_eq!(bearer_of(&KeyRing::new(&secret), &token), Some(bearer()));
        assert_eq!(ring().check(&token), None, "another installation");
    }

    #[test]
    fn a_token_ends_but_not_for_a_clock_that_is_a_little_off() {
        let ring = ring();
        for (age, known) in [(0, true), (ACCESS_SECONDS - 1, true), (ACCESS_SECONDS + 20, true), (ACCESS_SECONDS + 40, false)] {
            let token = ring.sign_at(&bearer(), now() - age).unwrap();
            assert_eq!(ring.check(&token).is_some(), known, "{age} seconds old");
        }
    }

    #[test]
    fn the_key_before_the_current_one_still_checks_and_an_older_one_does_not() {
        let ring = ring();
        let now = now();
        let token = ring.sign_at(&bearer(), now).unwrap();
        assert!(ring.check_at(&token, now + PERIOD_SECONDS).is_some());
        assert!(ring.check_at(&token, now + 2 * PERIOD_SECONDS).is_none());
        assert!(ring.check_at(&token, now.saturating_sub(2 * PERIOD_SECONDS)).is_none());
    }

    #[test]
    fn a_token_chooses_neither_its_algorithm_nor_its_key() {
        let ring = ring();
        let good = ring.sign(&bearer()).unwrap();
        let tag = good.rsplit_once('.').unwrap().1;
        let kid = (now() / PERIOD_SECONDS).to_string();
        let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "a1", "sid": "s1", "iat": now(), "exp": now() + 60 });
        for header in [
            json!({ "alg": "none", "kid": kid }),
            json!({ "alg": "HS512", "kid": kid }),
            json!({ "alg": "RS256", "kid": kid }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "HS256", "kid": "../secret" }),
            json!({ "alg": "HS256", "kid": "999999999999" }),
            json!({ "alg": "HS256", "kid": kid, "jwk": { "kty": "oct", "k": "AAAA" } }),
        ] {
            for tag in ["", tag] {
                assert_eq!(ring.check(&handmade(header.clone(), claims.clone(), tag)), None, "{header}");
            }
        }
    }

    #[test]
    fn a_token_for_somebody_else_is_refused() {
        let ring = ring();
        let period = now() / PERIOD_SECONDS;
        let header = Header { kid: Some(period.to_string()), ..Header::new(Algorithm::HS256) };
        let base = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "a1", "sid": "s1", "iat": now(), "exp": now() + 60 });
        for (claim, value) in
            [("iss", json!("other")), ("aud", json!("other")), ("exp", json!(now() - 100)), ("sub", json!("../x"))]
        {
            let mut claims = base.clone();
            claims[claim] = value;
            let token = encode(&header, &claims, &ring.key(period).signs).unwrap();
            assert_eq!(ring.check(&token), None, "{claim}");
        }
        let whole = encode(&header, &base, &ring.key(period).signs).unwrap();
        assert_eq!(bearer_of(&ring, &whole), Some(bearer()));
    }

    proptest! {
        #[test]
        fn a_token_with_any_flipped_bit_is_refused(at in 0_usize..2000, bit in 0_u8..7) {
            let ring = ring();
            let mut token = ring.sign(&bearer()).unwrap().into_bytes();
            let at = at % token.len();
            token[at] ^= 1 << bit;
            let Ok(token) = String::from_utf8(token) else { return Ok(()) };
            prop_assert_eq!(ring.check(&token), None);
        }

        #[test]
        fn no_text_makes_it_panic(token in "\\PC*") {
            prop_assert_eq!(ring().check(&token), None);
        }
    }
}
