//! The binary form of what the vault keeps, version 1: values under a key of their own, and keys under other keys.
//!
//! ```text
//! value        1 byte   version, 1
//!              1 byte   kind: 0 a value, 1 the mark of a deleted one
//!              8 bytes  revision of this record, 1 and up, big-endian
//!              8 bytes  when it was sealed, milliseconds since 1970, big-endian
//!             72 bytes  the data key, sealed with the account's key
//!          40+n bytes  the value, sealed with the data key
//! account key  1 byte   version, 1
//!              1 byte   kind: 2
//!              8 bytes  id of the master key
//!             72 bytes  the account's key, sealed with the master key
//! ```
//! Sealed is a random nonce of 24 bytes, the text, and a tag of 16 (XChaCha20-Poly1305,
//! draft-irtf-cfrg-xchacha-03). What stands before it, and the place it is kept at, are its associated data: moved to
//! another place, or with another revision, it does not open. Must never keep or log what it opened.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Bytes of a key.
pub const KEY: usize = 32;
const SEALED_KEY: usize = NONCE + KEY + TAG;
/// Version, kind, revision, time.
const HEADER: usize = 18;
/// Version, kind, id of the master key.
const KEY_HEAD: usize = 10;
const ACCOUNT_KEY: u8 = 2;

/// What was sealed does not open: by another key, for another place, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was sealed with another key, for another place, or changed since")]
pub struct Broken;

/// A key of 256 bits. Shows nothing of itself.
#[derive(Clone)]
pub struct Key([u8; KEY]);

/// Which master key: the first bytes of a hash of it.
pub type MasterId = [u8; 8];

/// What a sealed record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Value,
    /// The record was deleted; its revisions go on.
    Deleted,
}

/// What stands before a sealed value, in the clear and bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    /// Counts the changes of one record, from 1.
    pub revision: u64,
    /// Milliseconds since 1970.
    pub at: u64,
}

impl Key {
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub const fn new(bytes: [u8; KEY]) -> Self {
        Self(bytes)
    }

    pub(super) const fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    fn seal(&self, bound: &[u8], plain: &[u8], into: &mut Vec<u8>) -> Result<(), Broken> {
        let nonce = rand::random::<[u8; NONCE]>();
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: bound }).map_err(|_| Broken)?;
        into.extend_from_slice(&nonce);
        into.extend_from_slice(&sealed);
        Ok(())
    }

    fn open(&self, bound: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Broken> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Broken)?;
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound }).map_err(|_| Broken)
    }
}

impl Header {
    fn bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = VERSION;
        bytes[1] = match self.kind {
            Kind::Value => 0,
            Kind::Deleted => 1,
        };
        bytes[2..10].copy_from_slice(&self.revision.to_be_bytes());
        bytes[10..].copy_from_slice(&self.at.to_be_bytes());
        bytes
    }

    /// What an envelope says of itself. Nobody vouches for it before [`open`] does.
    ///
    /// # Errors
    /// [`Broken`] where it is no envelope.
    pub fn read(envelope: &[u8]) -> Result<Self, Broken> {
        let header = envelope.first_chunk::<HEADER>().ok_or(Broken)?;
        let kind = match (header[0], header[1]) {
            (VERSION, 0) => Kind::Value,
            (VERSION, 1) => Kind::Deleted,
            _ => return Err(Broken),
        };
        let number = |from: usize| header[from..from + 8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        Ok(Self { kind, revision: number(2), at: number(10) })
    }
}

/// Seals `plain` for the place `at`, under a data key of its own.
///
/// # Errors
/// [`Broken`] beyond 256 GiB.
pub fn seal(account: &Key, at: &str, header: Header, plain: &[u8]) -> Result<Vec<u8>, Broken> {
    let mut envelope = Vec::with_capacity(HEADER + SEALED_KEY + NONCE + plain.len() + TAG);
    envelope.extend_from_slice(&header.bytes());
    let bound = bound(&envelope, at);
    let data = Key::random();
    account.seal(&bound, &data.0, &mut envelope)?;
    data.seal(&bound, plain, &mut envelope)?;
    Ok(envelope)
}

/// # Errors
/// [`Broken`]: by another key, for another place, or changed.
pub fn open(account: &Key, at: &str, envelope: &[u8]) -> Result<(Header, Vec<u8>), Broken> {
    let header = Header::read(envelope)?;
    let (front, rest) = envelope.split_at_checked(HEADER).ok_or(Broken)?;
    let (key, value) = rest.split_at_checked(SEALED_KEY).ok_or(Broken)?;
    let bound = bound(front, at);
    let data: [u8; KEY] = account.open(&bound, key)?.try_into().map_err(|_| Broken)?;
    Ok((header, Key(data).open(&bound, value)?))
}

/// Seals the key of an account with a master key.
///
/// # Errors
/// [`Broken`]; never, for a key is short.
pub fn wrap(master: &Key, id: MasterId, account: &str, key: &Key) -> Result<Vec<u8>, Broken> {
    let mut envelope = Vec::with_capacity(KEY_HEAD + SEALED_KEY);
    envelope.extend_from_slice(&[VERSION, ACCOUNT_KEY]);
    envelope.extend_from_slice(&id);
    let bound = bound(&envelope, account);
    master.seal(&bound, &key.0, &mut envelope)?;
    Ok(envelope)
}

/// Which master key opens this.
///
/// # Errors
/// [`Broken`] where it is no wrapped key.
pub fn wrapped_by(envelope: &[u8]) -> Result<MasterId, Broken> {
    match envelope.split_first_chunk::<2>() {
        Some(([VERSION, ACCOUNT_KEY], rest)) => rest.first_chunk().copied().ok_or(Broken),
        Some(_) | None => Err(Broken),
    }
}

/// # Errors
/// [`Broken`]: by another key, of another account, or changed.
pub fn unwrap(master: &Key, account: &str, envelope: &[u8]) -> Result<Key, Broken> {
    wrapped_by(envelope)?;
    let (front, sealed) = envelope.split_at_checked(KEY_HEAD).ok_or(Broken)?;
    master.open(&bound(front, account), sealed)?.try_into().map(Key).map_err(|_| Broken)
}

/// The header has a fixed length: no two pairs read alike.
fn bound(header: &[u8], at: &str) -> Vec<u8> {
    [header, at.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER_OF_TEST: Header = Header { kind: Kind::Value, revision: 7, at: 1_700_000_000_000 };

    fn key(byte: u8) -> Key {
        Key::new([byte; KEY])
    }

    #[test]
    fn no_two_seals_of_the_same_are_alike() {
        let one = seal(&key(1), "ada/billing", HEADER_OF_TEST, b"same").unwrap();
        assert_ne!(one, seal(&key(1), "ada/billing", HEADER_OF_TEST, b"same").unwrap());
    }

    #[test]
    fn a_mark_of_a_deleted_record_is_read_as_one_and_a_wrapped_key_as_no_record() {
        let header = Header { kind: Kind::Deleted, ..HEADER_OF_TEST };
        let sealed = seal(&key(1), "a/b", header, b"").unwrap();
        assert_eq!(open(&key(1), "a/b", &sealed).unwrap(), (header, Vec::new()));
        let wrapped = wrap(&key(9), [3; 8], "a", &key(1)).unwrap();
        assert_eq!(Header::read(&wrapped), Err(Broken));
        assert_eq!(wrapped_by(&sealed), Err(Broken));
        assert_eq!(wrapped_by(&wrapped), Ok([3; 8]));
        assert_eq!(unwrap(&key(9), "a", &wrapped).unwrap().bytes(), key(1).bytes());
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_whole(plain in proptest::collection::vec(any::<u8>(), 0..500), revision: u64, at: u64) {
            let header = Header { kind: Kind::Value, revision, at };
            let sealed = seal(&key(1), "ada/billing", header, &plain).unwrap();
            prop_assert_eq!(Header::read(&sealed).unwrap(), header);
            prop_assert_eq!(open(&key(1), "ada/billing", &sealed).unwrap(), (header, plain));
        }

        #[test]
        fn any_flipped_bit_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..64), at: prop::sample::Index) {
            let mut sealed = seal(&key(1), "ada/billing", HEADER_OF_TEST, &plain).unwrap();
            let bit = at.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(open(&key(1), "ada/billing", &sealed), Err(Broken));
        }

        #[test]
        fn any_flipped_bit_of_a_wrapped_key_is_refused(at: prop::sample::Index) {
            let mut wrapped = wrap(&key(9), [3; 8], "ada", &key(1)).unwrap();
            let bit = at.index(wrapped.len() * 8);
            wrapped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(unwrap(&key(9), "ada", &wrapped).is_err());
        }

        #[test]
        fn what_is_cut_short_is_refused(plain in proptest::collection::vec(any::<u8>(), 0..64), at: prop::sample::Index) {
            let sealed = seal(&key(1), "ada/billing", HEADER_OF_TEST, &plain).unwrap();
            let length = at.index(sealed.len());
            prop_assert_eq!(open(&key(1), "ada/billing", &sealed[..length]), Err(Broken));
        }

        #[test]
        fn a_moved_record_and_another_accounts_are_refused(
            plain in proptest::collection::vec(any::<u8>(), 0..64), place in "[a-z]{1,8}/[a-z]{1,8}", other in "[a-z]{1,8}/[a-z]{1,8}",
        ) {
            prop_assume!(place != other);
            let sealed = seal(&key(1), &place, HEADER_OF_TEST, &plain).unwrap();
            prop_assert_eq!(open(&key(1), &other, &sealed), Err(Broken));
            prop_assert_eq!(open(&key(2), &place, &sealed), Err(Broken));
            let wrapped = wrap(&key(9), [3; 8], &place, &key(1)).unwrap();
            prop_assert!(unwrap(&key(9), &other, &wrapped).is_err());
            prop_assert!(unwrap(&key(8), &place, &wrapped).is_err());
        }
    }
}
