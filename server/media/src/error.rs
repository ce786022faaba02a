//! Why a file was not imported, in words for the person who gave it.
//!
//! Owns the import's error type. Must never carry the output of a program unabridged, and must never name a folder
//! of this machine: a message may be shown to somebody who only sent a file.

use std::path::Path;

use contract::ids::TitleId;
use storage::{StoreError, disk};

use super::{placement::PlaceError, run::ToolError};

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
    #[error("the video is encrypted (copy protection): it can only be played by whoever has its key")]
    Encrypted,
    #[error("the video's codec ({0}) cannot be decoded here")]
    Codec(String),
    #[error("the file does not say how large its picture is: it is damaged, or of a kind that cannot be read here")]
    NoSize,
    #[error("its picture is {width}x{height} pixels, and each side has to have from 16 to 16384 of them")]
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
            // Of deletions, which no import makes.
            other @ (PlaceError::ClaimLost | PlaceError::OutOfTime | PlaceError::NotWhole(_)) => {
                Self::Work(std::io::Error::other(other.to_string()))
            }
        }
    }
}

/// What ffmpeg and ffprobe say of many damaged files, and what a person makes of it.
const WORDS: [(&str, &str); 6] = [
    ("moov atom not found", "it was cut off, or never finished, and what says where its pictures are is missing"),
    ("error reading header", "its beginning, which says what is in it, cannot be read"),
    ("End of file", "it ends before it has begun"),
    ("Invalid data found when processing input", "what is in it makes no sense"),
    ("Error marking filters as finished", "nothing in it can be decoded"),
    ("Cannot determine format of input stream", "nothing in it can be decoded"),
];

impl ImportError {
    /// A file whose trouble a program told in its own words, which stay in brackets for whoever searches for them.
    pub fn broken(words: &str) -> Self {
        let known = WORDS.iter().find(|(said, _)| words.contains(said));
        Self::Broken(known.map_or_else(|| words.to_owned(), |(_, meant)| format!("{meant} ({words})")))
    }

    /// `nothing` says what could not be decoded, where it is the file that the program failed at.
    pub fn undecodable(error: ToolError, nothing: &str) -> Self {
        match error {
            ToolError::Failed { words, .. } => Self::Broken(format!("{nothing} ({words})")),
            other @ (ToolError::Missing(_)
            | ToolError::Start { .. }
            | ToolError::TimedOut { .. }
            | ToolError::TooMuch { .. }
            | ToolError::Incapable { .. }
            | ToolError::Ended { .. }
            | ToolError::Full { .. }) => Self::Tool(other),
        }
    }

    /// Whether the reason lies in what the file holds, so that another try would end the same way.
    pub fn is_of_the_file(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Encrypted | Self::Tool(ToolError::Failed { .. }))
    }

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
        let damaged = ImportError::Broken("it is too short".into()).or_full(folder.path());
        assert!(matches!(damaged, ImportError::Broken(_)), "there is room: {damaged}");
    }

    #[test]
    fn what_ffmpeg_says_is_said_in_a_sentence_with_its_words_in_brackets() {
        let told = ImportError::broken("error reading header").to_string();
        let wanted = "the file is damaged: its beginning, which says what is in it, cannot be read (error reading header)";
        assert_eq!(told, wanted);
        assert_eq!(ImportError::broken("something new").to_string(), "the file is damaged: something new");
    }
}
