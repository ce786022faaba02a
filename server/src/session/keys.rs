//! The key ring: signs access tokens (JWT, RFC 7519) and checks them.
//!
//! A key for every 30 days, derived from the installation's secret, so that every node has the same ring and nothing
//! has to be stored or handed round; the key before the current one still checks what it signed. The algorithm is
//! pinned, and a key is found by its id (`kid`) alone: a token chooses neither (RFC 8725, sections 3.1 and 3.10).

use std::sync::Arc;

use contract::ids::{AccountId, SignInId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use moka::sync::Cache;
use runtime::clock::Clock;
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
    /// Of the refresh token that was handed out with it. Tokens of older builds have none.
    #[serde(rename = "gen", default, skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
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
    /// Of the refresh token that was handed out with it; absent in a token of an older build.
    pub generation: Option<u64>,
    /// In seconds since 1970.
    pub expires: u64,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct KeyRing {
    secret: [u8; 32],
    keys: Cache<u64, Arc<Key>>,
    validation: Arc<Validation>,
    clock: Clock,
}

impl KeyRing {
    pub fn new(secret: &MasterSecret, clock: Clock) -> Self {
        // The first to choose decides for the process; every choice here is the same.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        let mut validation = Validation::new(Algorithm::HS256);
        // By the clock that is given: see `check`.
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        Self { secret: secret.derive("access token v1"), keys: Cache::new(KEPT), validation: validation.into(), clock }
    }

    /// A token for this sign-in, handed out beside the refresh token of `generation`; nothing where it cannot be made, which
    /// no input can cause.
    pub fn sign(&self, bearer: &Bearer, generation: u64) -> Option<String> {
        let now = self.clock.seconds();
        let period = now / PERIOD_SECONDS;
        let header = Header { kid: Some(period.to_string()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: bearer.account.clone(),
            sid: bearer.sign_in.clone(),
            generation: Some(generation),
            iat: now,
            exp: now + ACCESS_SECONDS,
        };
        encode(&header, &claims, &self.key(period).signs).inspect_err(|error| tracing::error!(%error, "no token")).ok()
    }

    /// What a token says, where this ring signed it and it has not expired.
    pub fn check(&self, token: &str) -> Option<Checked> {
        let now = self.clock.seconds();
        let period: u64 = decode_header(token).ok()?.kid?.parse().ok()?;
        let current = now / PERIOD_SECONDS;
        // The next one too: a node's clock may be ahead at midnight.
        if !(current.saturating_sub(1)..=current + 1).contains(&period) {
            return None;
        }
        let claims = decode::<Claims>(token, &self.key(period).checks, &self.validation).ok()?.claims;
        let Claims { sub: account, sid: sign_in, generation, exp: expires, .. } = claims;
        let is_live = expires.saturating_add(SKEW_SECONDS) >= now;
        is_live.then_some(Checked { bearer: Bearer { account, sign_in }, generation, expires })
    }

    fn key(&self, period: u64) -> Arc<Key> {
        self.keys.get_with(period, || {
            let secret = blake3::keyed_hash(&self.secret, &period.to_le_bytes());
            let (signs, checks) = (EncodingKey::from_secret(secret.as_bytes()), DecodingKey::from_secret(secret.as_bytes()));
            Arc::new(Key { signs, checks })
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: u64 = 2_000_000_000;

    fn at(seconds: u64) -> Clock {
        Clock::new(move || std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
    }

    fn ring() -> KeyRing {
        let folder = tempfile::tempdir().unwrap();
        KeyRing::new(&MasterSecret::open(folder.path()).unwrap(), at(NOW))
    }

    /// The same ring, so many seconds later or earlier.
    fn then(ring: &KeyRing, seconds: u64) -> KeyRing {
        KeyRing { clock: at(seconds), ..ring.clone() }
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
        let token = KeyRing::new(&secret, at(NOW)).sign(&bearer(), 1).unwrap();
        assert_eq!(bearer_of(&KeyRing::new(&secret, at(NOW)), &token), Some(bearer()));
        assert_eq!(ring().check(&token), None, "another installation");
    }

    #[test]
    fn a_token_ends_but_not_for_a_clock_that_is_a_little_off() {
        let ring = ring();
        for (age, known) in [(0, true), (ACCESS_SECONDS - 1, true), (ACCESS_SECONDS + 20, true), (ACCESS_SECONDS + 40, false)] {
            let token = then(&ring, NOW - age).sign(&bearer(), 1).unwrap();
            assert_eq!(ring.check(&token).is_some(), known, "{age} seconds old");
        }
    }

    #[test]
    fn the_key_before_the_current_one_still_checks_and_an_older_one_does_not() {
        let ring = ring();
        // A token of the last second of a period, and one of the middle of it.
        let last = NOW / PERIOD_SECONDS * PERIOD_SECONDS + PERIOD_SECONDS - 1;
        let token = then(&ring, last).sign(&bearer(), 1).unwrap();
        assert!(then(&ring, last + 300).check(&token).is_some());
        let forever = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: "a1".parse().unwrap(),
            sid: "s1".parse().unwrap(),
            generation: None,
            iat: NOW,
            exp: u64::MAX,
        };
        let period = NOW / PERIOD_SECONDS;
        let header = Header { kid: Some(period.to_string()), ..Header::new(Algorithm::HS256) };
        let forever = encode(&header, &forever, &ring.key(period).signs).unwrap();
        assert!(then(&ring, NOW + PERIOD_SECONDS).check(&forever).is_some());
        assert!(then(&ring, NOW + 2 * PERIOD_SECONDS).check(&forever).is_none());
        assert!(then(&ring, NOW - 2 * PERIOD_SECONDS).check(&forever).is_none());
    }

    #[test]
    fn a_token_chooses_neither_its_algorithm_nor_its_key() {
        let ring = ring();
        let good = ring.sign(&bearer(), 1).unwrap();
        let tag = good.rsplit_once('.').unwrap().1;
        let kid = (NOW / PERIOD_SECONDS).to_string();
        let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "a1", "sid": "s1", "iat": NOW, "exp": NOW + 60 });
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
        let period = NOW / PERIOD_SECONDS;
        let header = Header { kid: Some(period.to_string()), ..Header::new(Algorithm::HS256) };
        let base = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "a1", "sid": "s1", "iat": NOW, "exp": NOW + 60 });
        for (claim, value) in
            [("iss", json!("other")), ("aud", json!("other")), ("exp", json!(NOW - 100)), ("sub", json!("../x"))]
        {
            let mut claims = base.clone();
            claims[claim] = value;
            let token = encode(&header, &claims, &ring.key(period).signs).unwrap();
            assert_eq!(ring.check(&token), None, "{claim}");
        }
        let whole = encode(&header, &base, &ring.key(period).signs).unwrap();
        let checked = ring.check(&whole).unwrap();
        assert_eq!((checked.bearer, checked.generation), (bearer(), None), "a token of an older build");
    }

    proptest! {
        #[test]
        fn a_token_with_any_flipped_bit_is_refused(at in 0_usize..2000, bit in 0_u8..7) {
            let ring = ring();
            let mut token = ring.sign(&bearer(), 1).unwrap().into_bytes();
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
