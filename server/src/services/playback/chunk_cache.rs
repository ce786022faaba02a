//! The chunks of objects that many viewers read at the same instant, kept in memory for a moment.
//!
//! An object is read in chunks at fixed places, so that whole and part, this viewer and the next, share them. Memory
//! is bounded: [`CAPACITY`] together, and two chunks for each response under way, so that a client which takes nothing costs
//! little. Nothing is read ahead of what is asked for. Must never mix two versions of an
//! object: its tag is part of a chunk's name.

use std::{io, ops::Range, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{
    Stream, TryStreamExt,
    stream::{self, BoxStream},
};
use moka::sync::Cache;
use storage::objects::{CHUNK, Object};

/// Bytes of a chunk: what a file is read in, and small enough for thousands of clients who each wait with one.
const CHUNK_BYTES: u64 = CHUNK as u64;
/// Bytes of chunks kept, all together: what one much-watched film needs around one instant.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// How long a chunk is kept that nobody asks for: a server without viewers gives the memory back.
const IDLE: Duration = Duration::from_secs(30);
/// The longest wait for a store to go on with an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Cheap to clone.
#[derive(Clone)]
pub struct ChunkCache(Cache<ChunkKey, Bytes>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct ChunkKey {
    /// The object's store, key and tag.
    object: Arc<str>,
    index: u64,
}

/// An object being read from front to back.
struct ChunkStream {
    hot: ChunkCache,
    name: Arc<str>,
    object: Object,
    /// What is still to be handed out.
    rest: Range<u64>,
    /// The store's own stream, from the start of the next chunk on; absent while chunks come out of memory.
    store: Option<BoxStream<'static, io::Result<Bytes>>>,
}

impl ChunkCache {
    pub fn new() -> Self {
        let weigh = |_: &ChunkKey, chunk: &Bytes| u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).time_to_idle(IDLE).build())
    }

    /// The bytes of `range`, which lies inside the object, in at most one chunk at a time. `name` is the object's, in all stores.
    pub fn read(&self, name: &str, object: Object, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let name = format!("{name} {}", object.head.etag).into();
        let chunks_left = ChunkStream { hot: self.clone(), name, object, rest: range, store: None };
        stream::try_unfold(chunks_left, |mut chunks_left| async move {
            let chunk = chunks_left.next().await?;
            Ok(chunk.map(|chunk| (chunk, chunks_left)))
        })
    }
}

impl ChunkStream {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let index = self.rest.start / CHUNK_BYTES;
        let begin = index * CHUNK_BYTES;
        let end = (begin + CHUNK_BYTES).min(self.object.head.size);
        let name = ChunkKey { object: Arc::clone(&self.name), index };
        let chunk = match self.hot.0.get(&name) {
            Some(chunk) => {
                self.store = None;
                chunk
            }
            None => {
                let chunk = self.fetch(begin..end).await?;
                self.hot.0.insert(name, chunk.clone());
                chunk
            }
        };
        let upto = self.rest.end.min(end);
        let wanted = within(self.rest.start - begin)?..within(upto - begin)?;
        self.rest.start = upto;
        Ok(Some(chunk.slice(wanted)))
    }

    /// One request to the store serves all chunks up to the next one that is in memory.
    async fn fetch(&mut self, chunk: Range<u64>) -> io::Result<Bytes> {
        let last = self.rest.end.next_multiple_of(CHUNK_BYTES).min(self.object.head.size);
        let mut store = self.store.take().unwrap_or_else(|| self.object.read(chunk.start..last));
        let length = within(chunk.end - chunk.start)?;
        let whole = in_time(store.try_next()).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let whole = if whole.len() == length { whole } else { gather(&mut store, whole, length).await? };
        self.store = Some(store);
        Ok(whole)
    }
}

/// For a store that hands out less than a chunk at a time.
async fn gather(store: &mut BoxStream<'static, io::Result<Bytes>>, first: Bytes, length: usize) -> io::Result<Bytes> {
    let mut whole = BytesMut::with_capacity(length);
    whole.extend_from_slice(&first);
    while whole.len() < length {
        let more = in_time(store.try_next()).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        whole.extend_from_slice(&more);
    }
    // More than a chunk at once: what is too much belongs to the next one.
    let rest = whole.split_off(length).freeze();
    if !rest.is_empty() {
        let following = std::mem::replace(store, Box::pin(stream::empty()));
        *store = Box::pin(futures::StreamExt::chain(stream::once(async { Ok(rest) }), following));
    }
    Ok(whole.freeze())
}

/// A distance inside a chunk.
fn within(distance: u64) -> io::Result<usize> {
    usize::try_from(distance).map_err(io::Error::other)
}

async fn in_time<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, step).await.map_err(|_| io::ErrorKind::TimedOut)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_of_any_size_from_a_store_become_pieces_of_ours() {
        let source: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for step in [1, 7, 100, 333, 1000] {
            let chunks: Vec<_> = source.chunks(step).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
            let mut store: BoxStream<'static, io::Result<Bytes>> = Box::pin(stream::iter(chunks));
            let mut out = Vec::new();
            for length in [400, 400, 200] {
                let first = store.try_next().await.unwrap().unwrap();
                out.extend_from_slice(&gather(&mut store, first, length).await.unwrap());
            }
            assert_eq!(out, source, "{step}");
            assert!(store.try_next().await.unwrap().is_none());
        }
    }
}
