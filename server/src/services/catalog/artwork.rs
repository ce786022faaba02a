//! Where a title's pictures are, and in which version: an address names its content for ever.
//!
//! Must never give two contents one address: the version of a drawn picture is made of all that it is drawn
//! from.

use contract::{catalog::Artwork, ids::TitleId};
use poster::Brief;
use storage::objects::{InvalidKey, ObjectKey};

use super::record::TitleRecord;

/// Counts up whenever the artist would draw the same brief differently.
pub const ARTIST: u32 = 2;

/// What a picture that was taken from a film is known by: 16 hexadecimal digits of BLAKE3 over its bytes.
pub fn version_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

/// The name of such a picture below its title's artwork.
pub fn file_of(version: &str) -> String {
    format!("{version}.jpg")
}

/// Where such a picture is stored: by its content, so that it never changes.
///
/// # Errors
/// [`InvalidKey`], where that is no version.
pub fn key(title: &TitleId, version: &str) -> Result<ObjectKey, InvalidKey> {
    ObjectKey::artwork(title, &[&file_of(version)])
}

/// Which picture, and how it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Picture {
    DrawnPoster,
    DrawnBackdrop,
    Poster,
    Backdrop,
}

impl Picture {
    /// The picture that a file name stands for.
    pub fn named(file: &str) -> Option<Self> {
        match file {
            // The second is what earlier builds called it.
            "poster" | "poster.svg" => Some(Self::DrawnPoster),
            "backdrop.svg" => Some(Self::DrawnBackdrop),
            "poster.jpg" => Some(Self::Poster),
            "backdrop.jpg" => Some(Self::Backdrop),
            _ => None,
        }
    }

    pub const fn file(self) -> &'static str {
        match self {
            // In points, or as a drawing where its letters are left to the viewer's fonts.
            Self::DrawnPoster => "poster",
            Self::DrawnBackdrop => "backdrop.svg",
            Self::Poster => "poster.jpg",
            Self::Backdrop => "backdrop.jpg",
        }
    }

    /// Its version as the record has it now; absent where there is no such picture.
    pub fn version(self, id: &TitleId, record: &TitleRecord) -> Option<String> {
        match self {
            Self::DrawnPoster | Self::DrawnBackdrop => Some(drawn_version(&brief(id, record))),
            Self::Poster => record.pictures.poster.clone(),
            Self::Backdrop => record.pictures.backdrop.clone(),
        }
    }

    /// What shows the same where this one does not exist.
    pub const fn instead(self) -> Self {
        match self {
            Self::DrawnPoster | Self::Poster => Self::DrawnPoster,
            Self::DrawnBackdrop | Self::Backdrop => Self::DrawnBackdrop,
        }
    }

    /// Its address in a version.
    pub fn address(self, id: &TitleId, version: &str) -> String {
        format!("/art/{id}/{version}/{}", self.file())
    }
}

/// The pictures of a title: taken from its video where there is one, drawn where there is none.
pub fn of(id: &TitleId, record: &TitleRecord) -> Artwork {
    let brief = brief(id, record);
    let drawn = drawn_version(&brief);
    let address = |taken: Picture| match taken.version(id, record) {
        Some(version) => taken.address(id, &version),
        None => taken.instead().address(id, &drawn),
    };
    Artwork { poster: address(Picture::Poster), backdrop: Some(address(Picture::Backdrop)), colour: poster::colour(&brief) }
}

/// What the artist is told.
pub fn brief<'a>(id: &'a TitleId, record: &'a TitleRecord) -> Brief<'a> {
    let facts = &record.facts;
    Brief {
        id: id.as_str(),
        title: &facts.title,
        year: facts.year,
        director: facts.director(),
        genre: facts.genres.first().map(String::as_str),
    }
}

fn drawn_version(brief: &Brief) -> String {
    let Brief { id, title, year, director, genre } = brief;
    let mut hash = blake3::Hasher::new();
    for part in [id, title, director.unwrap_or_default(), genre.unwrap_or_default()] {
        hash.update(&part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(&year.unwrap_or_default().to_le_bytes());
    hash.update(&ARTIST.to_le_bytes());
    hash.finalize().to_hex()[..12].to_owned()
}
