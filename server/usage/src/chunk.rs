//! The bytes of one column in one row group, read and checked as a whole.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::{Buf, Bytes, buf::Reader};
use parquet::{
    column::page::PageReader,
    errors::ParquetError,
    file::{
        metadata::ColumnChunkMetaData,
        reader::{ChunkReader, Length, SerializedPageReader},
    },
};

/// Where a chunk begins in its file, and how many bytes it has; nothing where the metadata cannot be true.
pub(crate) fn range(chunk: &ColumnChunkMetaData) -> Option<(u64, usize)> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    Some((u64::try_from(start).ok()?, usize::try_from(chunk.compressed_size()).ok()?))
}

/// Why a chunk is not read.
pub(crate) enum ChunkError {
    Damaged,
    Parquet(ParquetError),
}

/// The pages of a chunk. With a checksum the chunk is read at once, which a row group's size bounds where it has one; without, page by
/// page, because another program's row groups may be of any size.
pub(crate) fn pages<R: ChunkReader + 'static>(
    file: &Arc<R>,
    chunk: &ColumnChunkMetaData,
    rows: usize,
    sum: Option<u32>,
) -> Result<Box<dyn PageReader>, ChunkError> {
    let outside = || ParquetError::EOF("it is said to be where the file is not".to_owned());
    let (start, length) = range(chunk).ok_or_else(outside).map_err(ChunkError::Parquet)?;
    if start.checked_add(length as u64).is_none_or(|end| end > file.len()) {
        return Err(ChunkError::Parquet(outside()));
    }
    let Some(sum) = sum else {
        let pages = SerializedPageReader::new(Arc::clone(file), chunk, rows, None);
        return Ok(Box::new(pages.map_err(ChunkError::Parquet)?));
    };
    let bytes = file.get_bytes(start, length).map_err(ChunkError::Parquet)?;
    if crc32fast::hash(&bytes) != sum {
        return Err(ChunkError::Damaged);
    }
    let pages = SerializedPageReader::new(Arc::new(Window { start, bytes }), chunk, rows, None);
    Ok(Box::new(pages.map_err(ChunkError::Parquet)?))
}

/// What the decoder makes of bytes, as an error also where it panics: it does on some that are damaged in a file without checksums
/// (parquet 60.1 asserts in its bit reader). Whatever it worked on is of no use then.
pub(crate) fn decoded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    let nonsense = |_| Err(ParquetError::General("its bytes make no sense to the decoder".to_owned()));
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(nonsense)
}

/// Some bytes of a file, at the place where they are in it.
struct Window {
    start: u64,
    bytes: Bytes,
}

impl Window {
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let at = start.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let at = at.filter(|at| *at <= self.bytes.len());
        at.map(|at| self.bytes.slice(at..)).ok_or_else(|| ParquetError::EOF("a page begins outside of its chunk".to_owned()))
    }
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.start.saturating_add(self.bytes.len() as u64)
    }
}

impl ChunkReader for Window {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF("a page ends outside of its chunk".to_owned()));
        }
        bytes.truncate(length);
        Ok(bytes)
    }
}
