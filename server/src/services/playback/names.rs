//! What a path below a grant names: one of the objects that the title's manifest knows, or a rendered playlist.
//!
//! A path is compared as it stands on the request line, never decoded: no name in a manifest needs an escape, so
//! whatever holds one names nothing. Must never turn a path into an object that the manifest did not lead to.

use media::{
    manifest::{AudioRendition, CaptionTrack, MediaManifest},
    silence,
};

pub const MASTER: &str = "master.m3u8";

/// What is named.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource<'m> {
    /// Rendered for the grant.
    Master,
    /// The playlist with one segment that a text track needs to be in the master; rendered.
    CaptionPlaylist(&'m CaptionTrack),
    /// The playlist of a track of sound: stored, and continued where it ends before the picture.
    SoundPlaylist(&'m AudioRendition),
    /// A segment of such a continuation; rendered.
    Silence { track: &'m AudioRendition, number: u32 },
    /// Stored.
    Object {
        kind: Kind,
        /// The rendition's class, where it is a part of a picture's rendition.
        class: Option<u16>,
    },
}

/// What is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Playlist,
    Video,
    Audio,
    Captions,
    Picture,
}

impl Kind {
    /// RFC 8216 section 4, RFC 6381, W3C WebVTT section 10, RFC 2046.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Playlist => "application/vnd.apple.mpegurl",
            Self::Video => "video/mp4",
            Self::Audio => "audio/mp4",
            Self::Captions => "text/vtt; charset=utf-8",
            Self::Picture => "image/jpeg",
        }
    }
}

/// Finds what `path` names; nothing for everything else.
pub fn resolve<'m>(manifest: &'m MediaManifest, path: &str) -> Option<Resource<'m>> {
    if path == MASTER {
        return Some(Resource::Master);
    }
    if !is_clean(path) {
        return None;
    }
    // Segments first: they are most of what is asked for.
    for rendition in &manifest.renditions {
        if let Some(kind) = part_of(&rendition.playlist, path, Kind::Video) {
            return Some(Resource::Object { kind, class: Some(rendition.class()) });
        }
    }
    if let Some((track, kind)) =
        manifest.audio.iter().find_map(|track| Some((track, part_of(&track.playlist, path, Kind::Audio)?)))
    {
        let number = path.rsplit_once('/').and_then(|(_, name)| silence::number(name));
        return Some(match (kind, number) {
            (Kind::Playlist, _) => Resource::SoundPlaylist(track),
            (_, Some(number)) => Resource::Silence { track, number },
            (kind, None) => Resource::Object { kind, class: None },
        });
    }
    if manifest.captions.iter().any(|track| track.file == path) {
        return Some(Resource::Object { kind: Kind::Captions, class: None });
    }
    if manifest.storyboard.iter().any(|board| board.sheets.iter().any(|sheet| sheet == path)) {
        return Some(Resource::Object { kind: Kind::Picture, class: None });
    }
    let track = manifest.captions.iter().find(|track| caption_playlist(track) == path)?;
    Some(Resource::CaptionPlaylist(track))
}

/// The name of a text track's playlist: `t0.m3u8` for `t0.vtt`.
pub fn caption_playlist(track: &CaptionTrack) -> String {
    format!("{}.m3u8", track.id())
}

/// Whether every path in a manifest keeps to the alphabet, so that none of them can lead elsewhere.
pub fn is_sound(manifest: &MediaManifest) -> bool {
    let playlists = manifest.renditions.iter().map(|rendition| &rendition.playlist);
    let playlists = playlists.chain(manifest.audio.iter().map(|track| &track.playlist));
    let captions = manifest.captions.iter().map(|track| &track.file);
    let sheets = manifest.storyboard.iter().flat_map(|board| &board.sheets);
    playlists.clone().all(|path| path.contains('/')) && playlists.chain(captions).chain(sheets).all(|path| is_clean(path))
}

/// One folder at most, and names that begin with a letter or a digit: neither `..` nor an empty name fits.
fn is_clean(path: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
    };
    path.len() <= 96 && path.split('/').count() <= 2 && path.split('/').all(is_name)
}

/// What `path` is in the folder of `playlist`: the playlist itself, or a piece of CMAF beside it.
fn part_of(playlist: &str, path: &str, media: Kind) -> Option<Kind> {
    if path == playlist {
        return Some(Kind::Playlist);
    }
    let (folder, _) = playlist.split_once('/')?;
    let (own, name) = path.split_once('/')?;
    let (stem, extension) = name.split_once('.')?;
    let is_piece = own == folder && !stem.is_empty() && matches!(extension, "mp4" | "m4s");
    is_piece.then_some(media)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::services::playback::fixture::manifest;

    fn object(kind: Kind, class: Option<u16>) -> Option<Resource<'static>> {
        Some(Resource::Object { kind, class })
    }

    #[test]
    fn what_the_manifest_leads_to_is_found() {
        let manifest = manifest();
        assert_eq!(resolve(&manifest, "master.m3u8"), Some(Resource::Master));
        assert_eq!(resolve(&manifest, "v720/media.m3u8"), object(Kind::Playlist, Some(720)));
        assert_eq!(resolve(&manifest, "v720/init.mp4"), object(Kind::Video, Some(720)));
        assert_eq!(resolve(&manifest, "v1080/seg_00002.m4s"), object(Kind::Video, Some(1080)));
        assert_eq!(resolve(&manifest, "a0/media.m3u8"), Some(Resource::SoundPlaylist(&manifest.audio[0])));
        let silence = Resource::Silence { track: &manifest.audio[2], number: 7 };
        assert_eq!(resolve(&manifest, "a2/silence_00007.m4s"), Some(silence));
        assert_eq!(resolve(&manifest, "a1/seg_00001.m4s"), object(Kind::Audio, None));
        assert_eq!(resolve(&manifest, "t0.vtt"), object(Kind::Captions, None));
        assert_eq!(resolve(&manifest, "t0.m3u8"), Some(Resource::CaptionPlaylist(&manifest.captions[0])));
        assert_eq!(resolve(&manifest, "storyboard/0.jpg"), object(Kind::Picture, None));
    }

    #[test]
    fn nothing_else_is() {
        let manifest = manifest();
        for path in [
            "",
            "/",
            ".",
            "..",
            "../other/v720/seg_00001.m4s",
            "v720/../v1080/seg_00001.m4s",
            "v720/..",
            "v720/.hidden.mp4",
            "%2e%2e/other/manifest.json",
            "v720%2fseg_00001.m4s",
            "/etc/passwd",
            "//v720/init.mp4",
            "v720//init.mp4",
            "v720\\init.mp4",
            "v720/init.mp4\0",
            "v720/init.mp4/",
            "V720/init.mp4",
            "v2160/init.mp4",
            "v720/init.mp4.tmp",
            "v720/manifest.json",
            "v720/other.m3u8",
            "manifest.json",
            "poster.jpg",
            "storyboard/7.jpg",
            "t9.vtt",
            "a9/init.mp4",
        ] {
            assert_eq!(resolve(&manifest, path), None, "{path:?}");
        }
    }

    #[test]
    fn a_manifest_that_leads_elsewhere_is_unsound() {
        assert!(is_sound(&manifest()));
        for path in ["../v720/media.m3u8", "/v720/media.m3u8", "media.m3u8", "v720/a\"b.m3u8", "v720/x/media.m3u8", ""] {
            let mut off = manifest();
            off.renditions[0].playlist = path.to_owned();
            assert!(!is_sound(&off), "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn a_path_with_anything_but_plain_names_is_never_found(path in "[a-z0-9/._%\\\\\\x00-\\x20]{0,40}") {
            if resolve(&manifest(), &path).is_some() {
                prop_assert!(is_clean(&path) && !path.contains(".."), "{path:?}");
            }
        }
    }
}
