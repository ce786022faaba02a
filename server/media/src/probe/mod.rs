//! What a file holds, as ffprobe tells it, in types.
//!
//! Owns the decision whether a file can be imported at all. Must never trust a file: every number is checked before
//! it is used, and every text is cleaned before it is kept.

mod container;
mod judge;
mod raw;

use std::path::Path;

use contract::playback::TrackRole;
use tokio::io::AsyncReadExt;

use super::{
    argv::{Argv, Input},
    error::ImportError,
    import::blocking,
    run::{ToolError, Tools, capture},
};

/// What is read of a file's beginning to tell what it is.
const HEAD_BYTES: usize = 64 << 10;
/// More than any film's description takes.
const ANSWER_BYTES: usize = 8 << 20;

/// What is in a film's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Seconds that it most likely lasts: the picture's own length, or the container's; absent where nothing is known.
    pub duration: Option<f64>,
    /// Seconds of picture without which the file is damaged: what the picture's track itself promises, or the container where
    /// its end is missing. Absent where the length was only estimated, or may be that of something else.
    pub promised: Option<f64>,
    pub video: VideoStream,
    pub audio: Vec<AudioStream>,
    pub text: Vec<TextStream>,
    pub chapters: Vec<Chapter>,
    /// What will be left out, in words.
    pub warnings: Vec<String>,
}

/// The picture.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoStream {
    /// The stream's number in the file.
    pub index: u32,
    pub codec: String,
    /// Pixels as they are stored.
    pub coded: (u32, u32),
    /// Pixels as they are shown: squared and turned.
    pub width: u32,
    pub height: u32,
    /// Pictures in a second to package at, as a fraction: the source's own rate where that is constant, else the
    /// next common rate that loses nothing; never more than 60.
    pub rate: (u32, u32),
    /// The pictures do not come at a constant rate.
    pub variable_rate: bool,
    pub interlaced: bool,
    pub range: DynamicRange,
    /// The matrix of its colours, as ffmpeg's scaler names it.
    pub matrix: &'static str,
}

/// How bright the brightest white may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DynamicRange {
    Standard,
    /// SMPTE ST 2084: HDR10, HDR10+, Dolby Vision with a base layer.
    Pq,
    /// ARIB STD-B67.
    Hlg,
}

/// One audio track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioStream {
    pub index: u32,
    pub codec: String,
    pub channels: u8,
    /// BCP 47.
    pub language: String,
    pub title: Option<String>,
    pub default: bool,
    pub roles: Vec<TrackRole>,
}

/// One text track that can be turned into WebVTT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextStream {
    pub index: u32,
    pub codec: String,
    /// BCP 47.
    pub language: String,
    pub title: Option<String>,
    pub roles: Vec<TrackRole>,
}

/// A named part.
#[derive(Clone, Debug, PartialEq)]
pub struct Chapter {
    pub title: String,
    /// Seconds from the start.
    pub start: f64,
}

impl VideoStream {
    /// Pictures in a second.
    pub fn frame_rate(&self) -> f64 {
        f64::from(self.rate.0) / f64::from(self.rate.1.max(1))
    }

    /// Pixels of one picture as it is decoded.
    pub fn pixels(&self) -> u64 {
        u64::from(self.coded.0) * u64::from(self.coded.1)
    }
}

/// Looks into a file. Nothing but this one file is opened, whatever it says.
pub async fn probe(tools: &Tools, source: &Path) -> Result<Probe, ImportError> {
    let facts = tokio::fs::metadata(source).await.map_err(ImportError::Unreadable)?;
    // A pipe or a device would be waited for without end.
    if !facts.is_file() {
        return Err(ImportError::NotAFile);
    }
    if facts.len() == 0 {
        return Err(ImportError::Empty);
    }
    let head = head(source).await.map_err(ImportError::Unreadable)?;
    if is_playlist(&head) {
        return Err(ImportError::Playlist);
    }
    let structure = {
        let (path, head) = (source.to_owned(), head.clone());
        blocking(move || container::structure(&path, &head).map_err(ImportError::Unreadable)).await?
    };
    if structure.scrambled {
        return Err(ImportError::Encrypted);
    }
    let ask = Argv::ffprobe(tools)
        .args(["-show_streams", "-show_format", "-show_chapters", "-of", "json"])
        .input(Input::Source(source));
    match capture(ask, ANSWER_BYTES).await {
        Ok(answer) => judge::judge(&answer, &structure),
        Err(ToolError::Failed { .. }) if structure.encrypted.contains(&true) => Err(ImportError::Encrypted),
        Err(ToolError::Failed { words, .. }) if is_container(&head) => Err(ImportError::broken(&words)),
        Err(ToolError::Failed { .. }) => Err(ImportError::NotVideo),
        Err(error) => Err(error.into()),
    }
}

async fn head(source: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    tokio::fs::File::open(source).await?.take(HEAD_BYTES as u64).read_to_end(&mut head).await?;
    Ok(head)
}

/// The beginnings of files that only name other files: HLS and M3U, PLS, DASH, ffconcat, SDP, ASX, XSPF, SMIL.
fn is_playlist(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&head[..head.len().min(4096)]).to_ascii_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let begins = ["#extm3u", "[playlist]", "ffconcat version", "v=0\r\n", "v=0\n", "<asx", "<smil", "<mpd", "#extinf"];
    begins.iter().any(|begin| text.starts_with(begin))
        || text.starts_with('<')
            && ["<mpd", "<playlist", "<smil", "<asx", "<smoothstreamingmedia"].iter().any(|tag| text.contains(tag))
        || only_addresses(text)
}

/// A plain list of addresses.
fn only_addresses(text: &str) -> bool {
    let schemes = ["http://", "https://", "rtsp://", "rtmp://", "ftp://", "file:", "concat:", "data:"];
    schemes.iter().any(|scheme| text.starts_with(scheme))
}

/// The beginnings of the containers that are opened.
fn is_container(head: &[u8]) -> bool {
    const EBML: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
    const ASF: &[u8] = &[0x30, 0x26, 0xb2, 0x75];
    let begins = |magic: &[u8]| head.starts_with(magic);
    let boxed = head
        .get(4..8)
        .is_some_and(|kind| [b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"].iter().any(|known| kind == known.as_slice()));
    begins(EBML)
        || begins(ASF)
        || begins(b"RIFF")
        || begins(b"OggS")
        || begins(b"FLV\x01")
        || begins(b"\0\0\x01\xba")
        || begins(b"G") && head.get(188) == Some(&b'G')
        || boxed
}

#[cfg(test)]
mod tests;
