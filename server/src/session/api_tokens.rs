//! API tokens: `mq_<account>_<id>_<secret><checksum>`, what a script sends as `Authorization: Bearer`.
//!
//! The secret is 256 bits that follow from a key and the token's unguessable id (BLAKE3, keyed), as a refresh token's
//! does: a forged token is refused without a look at the store, and whoever reads the store, or writes to it, has no
//! token. The prefix and the checksum (CRC-32 of all that stands before it) are for those who scan repositories for
//! secrets that slipped in: they tell a token from other text without asking anybody.

use axum::http::{HeaderMap, header};
use contract::ids::{AccountId, ApiTokenId};
use subtle::ConstantTimeEq;

use crate::secret::MasterSecret;

const PREFIX: &str = "mq_";
/// Of the secret and of the checksum, in hexadecimal.
const TAIL: usize = 64 + 8;
/// Of the longest token: more is not even read.
const MOST_CHARACTERS: usize = PREFIX.len() + 64 + 1 + 64 + 1 + TAIL;

/// What a token says, once it is known to be made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub account: AccountId,
    pub id: ApiTokenId,
}

/// Makes and checks API tokens. Cheap to clone.
#[derive(Clone)]
pub struct ApiTokenKey([u8; 32]);

impl ApiTokenKey {
    pub fn new(secret: &MasterSecret) -> Self {
        Self(secret.derive("api token v1"))
    }

    /// The token in words.
    pub fn make(&self, token: &ApiToken) -> String {
        let ApiToken { account, id } = token;
        // Ids hold no slash: no two pairs read alike.
        let secret = blake3::keyed_hash(&self.0, format!("{account}/{id}").as_bytes());
        let text = format!("{PREFIX}{account}_{id}_{}", secret.to_hex());
        format!("{text}{:08x}", crc32fast::hash(text.as_bytes()))
    }

    /// What a token says, where it was made here. Whether it still stands, the store knows.
    pub fn read(&self, text: &str) -> Option<ApiToken> {
        if text.len() > MOST_CHARACTERS {
            return None;
        }
        // From the right: an id that was made here is letters and digits, an account's may be anything that an id may.
        let mut parts = text.strip_prefix(PREFIX)?.rsplitn(3, '_');
        let (_secret, id, account) = (parts.next()?, parts.next()?, parts.next()?);
        let token = ApiToken { account: account.parse().ok()?, id: id.parse().ok()? };
        // The whole text: no second spelling of a token is accepted.
        let is_ours: bool = self.make(&token).as_bytes().ct_eq(text.as_bytes()).into();
        is_ours.then_some(token)
    }
}

/// What a request carries as `Authorization: Bearer` (RFC 6750, section 2.1). What is no text is empty, and refused.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(header::AUTHORIZATION).iter().find_map(|value| {
        let value = value.as_bytes();
        let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
        let (scheme, rest) = value.split_at(end);
        scheme.eq_ignore_ascii_case(b"bearer").then(|| std::str::from_utf8(rest).unwrap_or_default().trim())
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn key() -> ApiTokenKey {
        ApiTokenKey([7; 32])
    }

    fn token() -> ApiToken {
        ApiToken { account: "a_1".parse().unwrap(), id: "t1".parse().unwrap() }
    }

    #[test]
    fn a_token_is_read_by_the_key_that_made_it_alone() {
        let text = key().make(&token());
        assert_eq!(key().read(&text), Some(token()));
        assert_eq!(ApiTokenKey([8; 32]).read(&text), None);
        assert_eq!(key().read(&key().make(&token()).to_uppercase()), None);
        for (from, to) in [("a_1", "a_2"), ("_t1_", "_t2_"), ("a_1_t1", "a_1t_1")] {
            assert_eq!(key().read(&text.replacen(from, to, 1)), None, "{to}");
        }
        assert!(text.len() <= MOST_CHARACTERS);
    }

    #[test]
    fn whoever_scans_for_tokens_knows_one_by_its_checksum() {
        let text = key().make(&token());
        let (body, checksum) = text.split_at(text.len() - 8);
        assert!(body.starts_with("mq_"));
        assert_eq!(format!("{:08x}", crc32fast::hash(body.as_bytes())), checksum);
    }

    #[test]
    fn the_header_is_read_whatever_the_case_of_its_scheme() {
        for (value, carried) in [
            ("Bearer mq_x", Some("mq_x")),
            ("bearer  mq_x ", Some("mq_x")),
            ("Bearer", Some("")),
            ("Bearer \u{fc}", Some("\u{fc}")),
            ("Basic bXE6bXE=", None),
            ("Bearers mq_x", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::AUTHORIZATION, HeaderValue::from_static("Basic YTpi"));
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            assert_eq!(bearer(&headers), carried, "{value}");
        }
        let mut headers = HeaderMap::new();
        headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff").unwrap());
        assert_eq!(bearer(&headers), Some(""));
    }

    proptest! {
        #[test]
        fn a_token_with_any_flipped_bit_is_refused(at in any::<prop::sample::Index>(), bit in 0_u8..7) {
            let mut text = key().make(&token()).into_bytes();
            let at = at.index(text.len());
            text[at] ^= 1 << bit;
            let Ok(text) = String::from_utf8(text) else { return Ok(()) };
            prop_assert_eq!(key().read(&text), None);
        }

        #[test]
        fn a_token_that_is_cut_or_continued_is_refused(end in any::<prop::sample::Index>(), more in "[a-z0-9_]{1,80}") {
            let text = key().make(&token());
            prop_assert_eq!(key().read(&text[..end.index(text.len())]), None);
            prop_assert_eq!(key().read(&format!("{text}{more}")), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "(mq_)?\\PC*") {
            prop_assert_eq!(key().read(&text), None);
        }
    }
}
