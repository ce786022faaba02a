//! Refresh tokens: `<account>.<sign-in>.<generation>.<secret>`, opaque to whoever carries one.
//!
//! The secret of each generation follows from a key and the sign-in's unguessable id, so that a browser that lost an
//! answer, or asked twice at once, is given the same successor again, however late. The store keeps the generation alone,
//! not even a hash: whoever reads it can make no token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use contract::ids::{AccountId, SignInId};

use crate::secret::MasterSecret;

/// What a refresh token says, before anything is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    pub account: AccountId,
    pub sign_in: SignInId,
    pub generation: u64,
    secret: Vec<u8>,
}

/// Makes and checks refresh tokens. Cheap to clone.
#[derive(Clone)]
pub struct RefreshKey([u8; 32]);

impl RefreshKey {
    pub fn new(secret: &MasterSecret) -> Self {
        Self(secret.derive("refresh token v1"))
    }

    /// The token of a generation.
    pub fn make(&self, account: &AccountId, sign_in: &SignInId, generation: u64) -> String {
        let secret = URL_SAFE_NO_PAD.encode(self.secret(account, sign_in, generation).as_bytes());
        format!("{account}.{sign_in}.{generation}.{secret}")
    }

    /// What a token says, where it was made here. Whether its generation is the current one, the store knows.
    pub fn read(&self, token: &str) -> Option<RefreshToken> {
        let mut parts = token.split('.');
        let (account, sign_in, generation, secret) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let token = RefreshToken {
            account: account.parse().ok()?,
            sign_in: sign_in.parse().ok()?,
            generation: generation.parse().ok()?,
            secret: URL_SAFE_NO_PAD.decode(secret).ok()?,
        };
        let made: [u8; 32] = token.secret.as_slice().try_into().ok()?;
        // `blake3::Hash` compares in constant time.
        let is_ours = self.secret(&token.account, &token.sign_in, token.generation) == blake3::Hash::from_bytes(made);
        is_ours.then_some(token)
    }

    fn secret(&self, account: &AccountId, sign_in: &SignInId, generation: u64) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // Ids hold no slash: no two triples read alike.
        hasher.update(format!("{account}/{sign_in}/{generation}").as_bytes());
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> RefreshKey {
        RefreshKey([7; 32])
    }

    fn token() -> String {
        key().make(&"a1".parse().unwrap(), &"s1".parse().unwrap(), 3)
    }

    #[test]
    fn a_token_is_read_by_the_key_that_made_it_alone() {
        let read = key().read(&token()).unwrap();
        assert_eq!((read.account.as_str(), read.sign_in.as_str(), read.generation), ("a1", "s1", 3));
        assert_eq!(RefreshKey([8; 32]).read(&token()), None);
    }

    #[test]
    fn a_token_cannot_be_turned_into_another_generations_or_another_sign_ins() {
        let token = token();
        for other in
            [token.replacen(".3.", ".4.", 1), token.replacen("s1", "s2", 1), token.replacen("a1", "a2", 1), format!("{token}.x")]
        {
            assert_eq!(key().read(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_token_with_any_flipped_bit_is_refused(at in 0_usize..2000, bit in 0_u8..7) {
            let mut token = token().into_bytes();
            let at = at % token.len();
            token[at] ^= 1 << bit;
            let Ok(token) = String::from_utf8(token) else { return Ok(()) };
            prop_assert_eq!(key().read(&token), None);
        }
    }
}
