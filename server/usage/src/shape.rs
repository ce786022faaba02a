//! How the values of a column are kept, by what they are.

use std::collections::HashSet;

use bytes::Bytes;
use parquet::data_type::{AsBytes, ByteArray, FixedLenByteArray};

use crate::event::{EventError, HASH, LONGEST};

/// How the values of a column are kept.
pub(crate) trait Shape {
    /// In memory, as Parquet's columns are read and written.
    type Stored: 'static;
    /// In a row.
    type Seen<'a>: Copy;
    fn seen(stored: &Self::Stored) -> Option<Self::Seen<'_>>;
    fn stored(seen: Self::Seen<'_>, texts: &mut HashSet<Bytes>) -> Self::Stored;
    /// Whether a value that was read can be seen.
    fn belongs(stored: &Self::Stored) -> bool {
        Self::seen(stored).is_some()
    }
    /// Why it cannot be stored.
    fn refused(field: &'static str, seen: Self::Seen<'_>) -> Option<EventError>;
}

/// INT64, from 0 on.
pub(crate) enum Number {}
/// BYTE_ARRAY of UTF-8.
pub(crate) enum Text {}
/// FIXED_LEN_BYTE_ARRAY of 16 bytes.
pub(crate) enum Hash {}
/// BOOLEAN.
pub(crate) enum Flag {}

impl Shape for Number {
    type Stored = i64;
    type Seen<'a> = u64;

    fn seen(stored: &i64) -> Option<u64> {
        u64::try_from(*stored).ok()
    }

    fn stored(seen: u64, _: &mut HashSet<Bytes>) -> i64 {
        i64::try_from(seen).unwrap_or(i64::MAX)
    }

    fn refused(field: &'static str, value: u64) -> Option<EventError> {
        i64::try_from(value).is_err().then_some(EventError::TooLarge { field, value })
    }
}

impl Shape for Text {
    type Stored = ByteArray;
    type Seen<'a> = &'a str;

    fn seen(stored: &ByteArray) -> Option<&str> {
        std::str::from_utf8(stored.as_bytes()).ok()
    }

    // Most texts are short and of ASCII, which takes a fraction of the time to tell.
    fn belongs(stored: &ByteArray) -> bool {
        stored.as_bytes().is_ascii() || Self::seen(stored).is_some()
    }

    // The same text is kept once: most columns of text have a handful of values.
    fn stored(seen: &str, texts: &mut HashSet<Bytes>) -> ByteArray {
        if let Some(text) = texts.get(seen.as_bytes()) {
            return text.clone().into();
        }
        let text = Bytes::copy_from_slice(seen.as_bytes());
        texts.insert(text.clone());
        text.into()
    }

    fn refused(field: &'static str, seen: &str) -> Option<EventError> {
        (seen.len() > LONGEST).then_some(EventError::TooLong { field, length: seen.len() })
    }
}

impl Shape for Hash {
    type Stored = FixedLenByteArray;
    type Seen<'a> = [u8; HASH];

    fn seen(stored: &FixedLenByteArray) -> Option<[u8; HASH]> {
        stored.as_bytes().try_into().ok()
    }

    fn stored(seen: [u8; HASH], _: &mut HashSet<Bytes>) -> FixedLenByteArray {
        ByteArray::from(Bytes::copy_from_slice(&seen)).into()
    }

    fn refused(_: &'static str, _: [u8; HASH]) -> Option<EventError> {
        None
    }
}

impl Shape for Flag {
    type Stored = bool;
    type Seen<'a> = bool;

    fn seen(stored: &bool) -> Option<bool> {
        Some(*stored)
    }

    fn stored(seen: bool, _: &mut HashSet<Bytes>) -> bool {
        seen
    }

    fn refused(_: &'static str, _: bool) -> Option<EventError> {
        None
    }
}
