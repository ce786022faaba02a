//! Why a file was not imported, in words for the person who gave it.
//!
//! Owns the import's error type. Must never carry the output of a program unabridged, and must never name a folder
//! of this machine: a message may be shown to somebody who only sent a file.

use std::path::Path;

use contract::ids::TitleId;

use super::{placement::PlaceError, run::ToolError};
use crate::storage::{StoreError, disk};

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
    #[error("the disk is full: make room in {0}, and import again; it goes on where it broke off")]
    Full(&'static str),
    #[error("another import of this file is running")]
    Busy,
    #[error("its title has a film already, made from {file_name}: it is left as it is (with --replace this one takes its place)")]
    Occupied { title: TitleId, file_name: String },
    #[error("its title was deleted, or was given another film, while this one was being imported")]
    Withdrawn,
    #[error("no title could be made for it: {0}")]
    Title(String),
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("the work folder failed: {0}")]
    Work(std::io::Error),
    #[error("the media store failed: {0}")]
    Store(#[from] object_store::Error),
    #[error("the documents failed: {0}")]
    Documents(#[from] StoreError),
}

impl From<PlaceError> for ImportError {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Withdrawn => Self::Withdrawn,
            PlaceError::Store(error) => Self::Documents(error),
            PlaceError::Objects(error) => Self::Store(error),
        }
    }
}

impl ImportError {
    /// The same error, called a full disk where it is one. An encoder that finds no room may end as if all were well, with
    /// a film that is too short, so that a film is never called damaged while the disk of the `work` folder is full.
    #[must_use]
    pub fn or_full(self, work: &Path) -> Self {
        match self {
            Self::Work(error) if disk::says_full(&error) => Self::Full("the work folder"),
            Self::Store(error) if disk::says_full(&error) => Self::Full("the media store"),
            Self::Tool(ToolError::Full { .. }) => Self::Full("the work folder"),
            Self::Tool(ToolError::Failed { .. }) | Self::Broken(_) | Self::Work(_) if disk::is_full(work) => {
                Self::Full("the work folder")
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_for_want_of_room_is_called_a_full_disk_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let no_room = || std::io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
        let store = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(no_room()) };
        let tool = ToolError::Full { program: "ffmpeg".into() };
        for error in [ImportError::Work(no_room()), ImportError::Store(store), ImportError::Tool(tool)] {
            let words = error.or_full(folder.path()).to_string();
            assert!(words.starts_with("the disk is full"), "{words}");
        }
        let damaged = ImportError::Broken("it ends too early".into()).or_full(folder.path());
        assert!(matches!(damaged, ImportError::Broken(_)), "there is room: {damaged}");
    }
}
