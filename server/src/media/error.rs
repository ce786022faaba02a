//! Why a file was not imported, in words for the person who gave it.
//!
//! Owns the import's error type. Must never carry the output of a program unabridged, and must never name a folder
//! of this machine: a message may be shown to somebody who only sent a file.

use super::run::ToolError;

/// What kept a file from being imported. The rest of a folder goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the name is not safe: {0}; rename the file")]
    Name(&'static str),
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error("this is not a regular file")]
    NotAFile,
    #[error("the file is empty")]
    Empty,
    #[error("this is a playlist, not a video: playlists are refused because they name other files and addresses")]
    Playlist,
    #[error("this is not a video that can be read here")]
    NotVideo,
    #[error("the file is damaged: {0}")]
    Broken(String),
    #[error("there is no picture in this file")]
    NoPicture,
    #[error("the video is encrypted")]
    Encrypted,
    #[error("the video's codec ({0}) cannot be decoded here")]
    Codec(String),
    #[error("{width}x{height} pixels is a size that cannot be packaged (16 to 16384 each way)")]
    Size { width: u32, height: u32 },
    #[error(
        "the video is Dolby Vision without a compatible base layer (profile {0}): its colours cannot be shown without \
         a licence"
    )]
    DolbyVision(u32),
    #[error(
        "the video is {0}, and this ffmpeg cannot map it to the range that every screen shows (it lacks the zscale \
         filter)"
    )]
    ToneMapping(&'static str),
    #[error("another import of this file is running")]
    Busy,
    #[error("no title could be made for it: {0}")]
    Title(String),
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("the work folder failed: {0}")]
    Work(std::io::Error),
    #[error("the media store failed: {0}")]
    Store(#[from] object_store::Error),
}
