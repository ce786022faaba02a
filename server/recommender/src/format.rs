//! The binary form of a model: a head, what is stored in postcard's form, and a checksum of both.
//!
//! ```text
//! 8 bytes  "MRQTASTE"
//! 4 bytes  the version of the form, little endian
//! n bytes  the model (https://postcard.jamesmunns.com/wire-format)
//! 32 bytes BLAKE3 of everything before
//! ```
//!
//! What is truncated, damaged or of another version is refused as a whole.

use crate::model::{Model, Stored};

const MAGIC: &[u8; 8] = b"MRQTASTE";
/// Counts up with every change of [`Stored`].
const VERSION: u32 = 3;
const CHECKSUM: usize = 32;

/// Bytes that are no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("it is no model")]
    Foreign,
    #[error("it is a model of the form {0}, and this build reads {VERSION}")]
    Version(u32),
    #[error("it is damaged or cut off")]
    Damaged,
}

impl Model {
    /// The whole model.
    ///
    /// # Errors
    /// [`FormatError::Damaged`] where it cannot be written, which no model is known to do.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::with_capacity(self.stored.vectors.len() * 4 + self.stored.linear.len() * 4 + self.len() * 64);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        let mut bytes = postcard::to_extend(&self.stored, bytes).map_err(|_| FormatError::Damaged)?;
        bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
        Ok(bytes)
    }

    /// The model that these bytes are.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(FormatError::Foreign)?;
        let (version, _) = rest.split_first_chunk().ok_or(FormatError::Damaged)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(FormatError::Version(version));
        }
        let (content, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(FormatError::Damaged)?;
        if blake3::hash(content) != *checksum {
            return Err(FormatError::Damaged);
        }
        let body = content.get(MAGIC.len() + 4..).ok_or(FormatError::Damaged)?;
        let (stored, left) = postcard::take_from_bytes::<Stored>(body).map_err(|_| FormatError::Damaged)?;
        if !left.is_empty() {
            return Err(FormatError::Damaged);
        }
        Self::new(stored).map_err(|_| FormatError::Damaged)
    }
}
