//! Stored media as bodies: found, described by its validators, streamed in big pieces.
//!
//! Must never hold a large object as a whole, and never be asked for a path that did not come out of a manifest.

use std::{io, ops::Range};

use axum::{body::Body, http::HeaderValue};
use bytes::{Bytes, BytesMut};
use contract::{Code, Problem, ids::TitleId};
use futures::{StreamExt, TryStreamExt, stream};
use media::{location::Location, objects::ObjectsFor};
use storage::{
    StoreError,
    objects::{Object, ObjectHead, ObjectKey, Objects, StoreRole, VideoStores},
};

use super::{chunk_cache::ChunkCache, conditional::Validators};

/// What viewers are told; operators read more in the log and in `/readyz`.
const NO_STORE: &str = "It is kept where this server does not look: whoever runs it has to name that store again.";

/// The same of a store that is away: nothing is said of where it is.
const AWAY: &str = "What this film is kept in does not answer at the moment. Others may play.";

/// Why media could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("there is no such object")]
    Missing,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an object could not be read: {0}")]
    Read(#[from] io::Error),
    #[error("{title} lies in storage.{}, which the config does not name", store.setting())]
    NoStore { title: TitleId, store: StoreRole },
    #[error("the manifest of {title} cannot be used: {reason}")]
    Manifest { title: TitleId, reason: String },
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        match error {
            // Also where a manifest names it: the title was removed a moment ago.
            MediaError::Missing => Self::not_found("file"),
            MediaError::Store(error @ (StoreError::Unavailable { .. } | StoreError::Denied { .. })) => {
                Self::from(error).with_detail(AWAY)
            }
            MediaError::Store(error) => error.into(),
            // Trying again is no help: somebody has to name the store.
            MediaError::NoStore { .. } => {
                tracing::warn!(%error, "media");
                Self::new(Code::NotWatchable).with_detail(NO_STORE)
            }
            MediaError::Read(error) if !is_of_the_object(&error) => {
                Self::from(StoreError::Unavailable { reason: error.to_string() }).with_detail(AWAY)
            }
            MediaError::Read(_) | MediaError::Manifest { .. } => {
                tracing::error!(%error, "media");
                Self::internal()
            }
        }
    }
}

/// Whether it is what was read that is wrong, and not the store, which broke off after it had found the object.
fn is_of_the_object(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::FileTooLarge | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
}

/// Reads what was imported. Cheap to clone.
#[derive(Clone)]
pub struct Segments {
    stores: VideoStores,
    hot: ChunkCache,
}

/// An object that is about to be sent.
pub struct Opened {
    pub validators: Validators,
    name: String,
    object: Object,
    hot: ChunkCache,
}

impl Segments {
    pub fn new(stores: VideoStores) -> Self {
        Self { stores, hot: ChunkCache::new() }
    }

    /// Opens an object; what is sent is one version of it, also where it is replaced meanwhile.
    ///
    /// # Errors
    /// [`MediaError`].
    pub async fn open(&self, title: &TitleId, at: Location, name: &str) -> Result<Opened, MediaError> {
        let key = self.key(title, at, name)?;
        let object = self.store(title, at.store)?.open(&key).await?.ok_or(MediaError::Missing)?;
        Ok(Opened { validators: validators(&object.head)?, name: cached_as(at, &key), object, hot: self.hot.clone() })
    }

    /// A small object as a whole; nothing where there is none.
    ///
    /// # Errors
    /// [`MediaError`], also where it has more than `most` bytes.
    pub async fn whole(&self, title: &TitleId, at: Location, name: &str, most: u64) -> Result<Option<Bytes>, MediaError> {
        let key = self.key(title, at, name)?;
        let Some(object) = self.store(title, at.store)?.open(&key).await? else { return Ok(None) };
        let size = object.head.size;
        if size > most {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{name} has {size} bytes")).into());
        }
        let mut whole = BytesMut::new();
        let mut pieces = Box::pin(self.hot.read(&cached_as(at, &key), object, 0..size));
        while let Some(piece) = pieces.try_next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(Some(whole.freeze()))
    }

    fn store(&self, title: &TitleId, store: StoreRole) -> Result<&Objects, MediaError> {
        if self.stores.has(store) {
            return Ok(self.stores.of(store)?);
        }
        Err(MediaError::NoStore { title: title.clone(), store })
    }

    fn key(&self, title: &TitleId, location: Location, name: &str) -> Result<ObjectKey, MediaError> {
        ObjectsFor { stores: &self.stores, title, location }.key(name).map_err(|_| MediaError::Missing)
    }
}

impl Opened {
    /// These bytes as a body; `range` lies inside the object. The first piece is there before the head is sent, so
    /// that a store that fails is still answered with a status.
    ///
    /// # Errors
    /// [`MediaError::Read`].
    pub async fn body(self, range: Range<u64>) -> Result<Body, MediaError> {
        let length = range.end - range.start;
        let mut pieces = Box::pin(self.hot.read(&self.name, self.object, range));
        let first = pieces.try_next().await?.unwrap_or_default();
        if first.len() as u64 == length {
            return Ok(Body::from(first));
        }
        Ok(Body::from_stream(stream::once(async { Ok(first) }).chain(pieces)))
    }
}

/// Two stores may give two copies the same tag, or one the tag that the other gave to what it replaced.
fn cached_as(at: Location, key: &ObjectKey) -> String {
    format!("{} {}", at.store, key.as_str())
}

/// The store's own tag, in a form that is a tag whatever the store says (RFC 9110, section 8.8.3).
fn validators(head: &ObjectHead) -> Result<Validators, MediaError> {
    let clean = head.etag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    let tag = if clean { format!("\"{}\"", head.etag) } else { format!("\"{}\"", blake3::hash(head.etag.as_bytes()).to_hex()) };
    let etag = HeaderValue::from_str(&tag).map_err(io::Error::other)?;
    Ok(Validators::new(etag, Some(head.modified), head.size))
}
