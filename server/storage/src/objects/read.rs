//! How the bytes of an open object are read: a file's by ranges, on the thread that asks where the system has them in memory; another
//! machine's as its store sends them.

use std::{fs::File, io, ops::Range, sync::Arc};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use object_store::{GetOptions, ObjectStore, path::Path};
use tokio::task::spawn_blocking;

use super::CHUNK;

/// What the system has in memory is read at once; only what must come from the disk changes threads for it.
pub(super) fn file(file: Arc<File>, range: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(range.start, move |at| {
        let file = Arc::clone(&file);
        async move {
            let length = range.end.saturating_sub(at).min(CHUNK as u64);
            if length == 0 {
                return Ok(None);
            }
            let chunk = match read_cached(&file, at, length) {
                Some(chunk) => chunk,
                None => spawn_blocking(move || read_chunk(&file, at, length)).await.map_err(io::Error::other)??,
            };
            let next = at + chunk.len() as u64;
            Ok(Some((chunk, next)))
        }
    })
}

/// As much of the chunk as is there without waiting for the disk (preadv2(2), `RWF_NOWAIT`), if anything is and the
/// file system can tell.
#[cfg(target_os = "linux")]
pub(super) fn read_cached(file: &File, at: u64, length: u64) -> Option<Bytes> {
    let mut buffer = vec![0; usize::try_from(length).ok()?];
    let now = rustix::io::ReadWriteFlags::NOWAIT;
    let count = rustix::io::preadv2(file, &mut [io::IoSliceMut::new(&mut buffer)], at, now).ok()?;
    buffer.truncate(count);
    (count > 0).then(|| buffer.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn read_cached(_file: &File, _at: u64, _length: u64) -> Option<Bytes> {
    None
}

/// Reads into memory that was not cleared before, at a place of its own: the file may be read by many at once.
pub(super) fn read_chunk(file: &File, mut at: u64, length: u64) -> io::Result<Bytes> {
    let mut buffer = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    while buffer.len() < buffer.capacity() {
        match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut buffer), at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => at += count as u64,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(buffer.into())
}

/// Asks for the version that was opened: a replaced object ends the stream with an error, never mixes two.
pub(super) fn remote(
    store: Arc<dyn ObjectStore>,
    path: Path,
    etag: Option<String>,
    range: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let opened = async move {
        let options = GetOptions { range: Some(range.into()), if_match: etag, ..GetOptions::default() };
        let result = store.get_opts(&path, options).await.map_err(io::Error::other)?;
        Ok::<_, io::Error>(result.into_stream().map(|chunk| chunk.map_err(io::Error::other)))
    };
    futures::TryStreamExt::try_flatten(stream::once(opened))
}
