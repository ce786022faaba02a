//! Values that the store keeps without being able to read them: XChaCha20-Poly1305, with a key of this installation.
//!
//! Each is bound to the place it is kept at: moved to another, it does not open. Must never keep or log what it sealed.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

/// Of the nonce, which stands before what is sealed. Random ones of this length never meet.
const NONCE: usize = 24;

/// Seals and opens.
pub struct SealKey(XChaCha20Poly1305);

/// What was sealed does not open: by another key, for another place, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was sealed with another secret, for another place, or changed since")]
pub struct Broken;

impl SealKey {
    /// From a key that was derived for one purpose.
    pub fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    /// Seals `plain` for the place `at`, as text.
    ///
    /// # Errors
    /// [`Broken`] beyond 256 GiB.
    pub fn seal(&self, at: &str, plain: &[u8]) -> Result<String, Broken> {
        let nonce = rand::random::<[u8; NONCE]>();
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: at.as_bytes() }).map_err(|_| Broken)?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// # Errors
    /// [`Broken`].
    pub fn open(&self, at: &str, sealed: &str) -> Result<Vec<u8>, Broken> {
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| Broken)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Broken)?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: at.as_bytes() }).map_err(|_| Broken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_alone() {
        let key = SealKey::new([1; 32]);
        let sealed = key.seal("a", b"secret").unwrap();
        assert_eq!(key.open("a", &sealed).unwrap(), b"secret");
        assert_eq!(key.open("b", &sealed), Err(Broken));
        assert_eq!(SealKey::new([2; 32]).open("a", &sealed), Err(Broken));
        assert_ne!(key.seal("a", b"secret").unwrap(), sealed, "a nonce is used once");
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..64), at in 0_usize..4096) {
            let key = SealKey::new([1; 32]);
            let mut bytes = STANDARD_NO_PAD.decode(key.seal("a", &plain).unwrap()).unwrap();
            let bit = at % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.open("a", &STANDARD_NO_PAD.encode(bytes)), Err(Broken));
        }

        #[test]
        fn what_was_never_sealed_is_refused(text in ".{0,80}") {
            prop_assert_eq!(SealKey::new([1; 32]).open("a", &text), Err(Broken));
        }
    }
}
