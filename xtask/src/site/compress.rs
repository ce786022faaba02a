//! Brotli beside every file that it makes smaller, so that the server never compresses what never changes.
//!
//! Results are kept by content, for compressing a client at the highest quality takes seconds.

use std::{
    fs,
    io::Write,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use brotlic::{BlockSize, BrotliEncoderOptions, CompressionMode, CompressorWriter, Quality, WindowSize};

use super::Files;
use crate::{fingerprint::write_if_changed, progress};

/// The quality at which time is no object.
const MOST: u32 = 11;
/// From how many bytes on each way is tried: it takes seconds for the module that each first visit loads, and saves two kilobytes of it.
const SEARCHED: usize = 256 * 1024;
/// What the encoder leaves to whoever calls it: how distances are coded (RFC 7932, section 4), which it only chooses otherwise for fonts,
/// and how much it looks at before it chooses its codes, as a power of two.
const WAYS: [(CompressionMode, Option<u8>); 3] =
    [(CompressionMode::Generic, None), (CompressionMode::Generic, Some(16)), (CompressionMode::Font, None)];

/// What brotli makes smaller; fonts and pictures are compressed already.
const COMPRESSIBLE: [&str; 10] = ["css", "html", "js", "json", "mjs", "svg", "txt", "wasm", "webmanifest", "xml"];
/// Below this an extra file costs more than it saves.
const WORTH_IT: usize = 256;

/// Adds `path.br` for every file of `site` that gets smaller, on all cores; `kept` holds earlier results.
///
/// # Errors
/// Where the encoder or the folder of earlier results fails.
pub fn add_brotli(site: &mut Files, quality: u32, kept: &Path) -> Result<()> {
    let mut todo: Vec<(&str, &[u8])> = site.iter().filter(|(path, content)| is_compressible(path, content)).collect();
    // The largest first: otherwise one core ends up waiting for it.
    todo.sort_by_key(|(_, content)| std::cmp::Reverse(content.len()));

    let bar = progress::byte_bar(todo.iter().map(|(_, content)| content.len() as u64).sum());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let worker = || -> Result<()> {
        while let Some((path, content)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
            let compressed = compress_or_reuse(content, quality, kept).with_context(|| format!("could not compress {path}"))?;
            bar.inc(content.len() as u64);
            if compressed.len() < content.len() {
                done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((format!("{path}.br"), compressed));
            }
        }
        Ok(())
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    bar.finish_and_clear();

    for (path, content) in done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        site.put(&path, content);
    }
    Ok(())
}

fn is_compressible(path: &str, content: &[u8]) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    COMPRESSIBLE.contains(&extension) && content.len() >= WORTH_IT
}

fn compress_or_reuse(content: &[u8], quality: u32, kept: &Path) -> Result<Vec<u8>> {
    let path = kept.join(format!("{}-google-{quality}-{}.br", blake3::hash(content).to_hex(), WAYS.len()));
    if let Ok(compressed) = fs::read(&path) {
        return Ok(compressed);
    }
    let is_searched = quality == MOST && content.len() >= SEARCHED;
    let mut smallest = compress(content, quality, WAYS[0])?;
    for way in WAYS.into_iter().skip(1).filter(|_| is_searched) {
        let other = compress(content, quality, way)?;
        if other.len() < smallest.len() {
            smallest = other;
        }
    }
    write_if_changed(&path, &smallest)?;
    Ok(smallest)
}

fn compress(content: &[u8], quality: u32, (mode, block): (CompressionMode, Option<u8>)) -> Result<Vec<u8>> {
    let mut options = BrotliEncoderOptions::new();
    options
        .quality(Quality::new(u8::try_from(quality)?)?)
        .window_size(WindowSize::new(22)?)
        .mode(mode)
        .size_hint(u32::try_from(content.len())?);
    if let Some(block) = block {
        options.block_size(BlockSize::new(block)?);
    }
    let mut writer = CompressorWriter::with_encoder(options.build()?, Vec::new());
    writer.write_all(content)?;
    Ok(writer.into_inner()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_gets_smaller_is_compressed_and_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let text = "a row of bulbs ".repeat(200).into_bytes();
        let mut site = Files::default();
        site.put("a.js", text.clone());
        site.put("font.woff2", text.clone());
        site.put("tiny.css", b"a{}".to_vec());
        add_brotli(&mut site, 11, folder.path()).unwrap();

        let mut back = Vec::new();
        brotlic::DecompressorReader::new(site.get("a.js.br").unwrap()).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
        assert!(site.get("font.woff2.br").is_none() && site.get("tiny.css.br").is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the result is kept for the next time");
    }
}
