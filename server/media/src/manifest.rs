//! What was packaged for one title: the one document that the import writes and that playback reads.
//!
//! Stored as `media/{title}/{generation}/manifest.json`. Every path in it is relative to that folder and made of
//! `a-z 0-9 _ . /` only. Must never hold a path of the machine that the import ran on, and must never name an
//! object before that object is stored whole: the manifest is put again, with the next `revision`, as renditions
//! are added, so that a long film can be watched in its lowest rendition while the others are being made.
//!
//! ```text
//! manifest.json
//! v360/media.m3u8  v360/init.mp4  v360/seg_00001.m4s ...     one folder per video rendition, named by its height
//! a0/media.m3u8    a0/init.mp4    a0/seg_00001.m4s ...       one folder per audio rendition
//! t0.vtt                                                     one file per text track
//! storyboard/0.jpg                                           sheets of small pictures
//! poster.jpg  backdrop.jpg
//! ```

use contract::{playback::TrackRole, resolution};
use serde::{Deserialize, Serialize};

use super::candidate::Candidate;

/// The name of the manifest in its generation's folder.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The shape that this version writes.
pub const SCHEMA: u16 = 1;

/// Everything that was packaged for one title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaManifest {
    /// [`SCHEMA`] of the version that wrote it.
    pub schema: u16,
    /// Grows by one with every put of this manifest.
    pub revision: u32,
    /// Every step of the import is done. While it is `false`, what is named here can be watched already.
    pub complete: bool,
    /// Seconds from the first to the end of the last picture.
    pub duration_seconds: f64,
    /// The longest segment in seconds, rounded up (`EXT-X-TARGETDURATION`); the same for all video renditions,
    /// whose segments begin at the same instants.
    pub segment_seconds: u16,
    /// Lowest first.
    pub renditions: Vec<VideoRendition>,
    /// In the source's order; a stereo mix follows the surround track that it was made from. Empty for a silent film, and
    /// for one none of whose sound can be decoded, which is among the warnings.
    pub audio: Vec<AudioRendition>,
    /// In the source's order, the ones from files beside the source last.
    pub captions: Vec<CaptionTrack>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storyboard: Option<StoryboardSheets>,
    /// 2:3. Absent where no sensible crop of the film has that form, or where none could be taken; the catalogue then draws
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<Picture>,
    /// 16:9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backdrop: Option<Picture>,
    pub chapters: Vec<ChapterMark>,
    pub source: SourceFacts,
    /// What the import left out or changed, in words, for the operator.
    pub warnings: Vec<String>,
}

/// One rung of the ladder: H.264 in CMAF.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoRendition {
    /// Pixels of its own picture, which need not fill a 16:9 frame: what it is called and who may have it is said by
    /// [`VideoRendition::class`]. No two renditions of a film have one height.
    pub height: u16,
    pub width: u16,
    /// Bits in a second of the heaviest segment (`BANDWIDTH` of RFC 8216 without the sound's).
    pub bandwidth: u32,
    /// Bits in a second over all segments (`AVERAGE-BANDWIDTH`).
    pub average_bandwidth: u32,
    /// RFC 6381, from the encoded stream: `avc1.64001f`.
    pub codecs: String,
    /// Pictures in a second, the mean over the film.
    pub frame_rate: f64,
    /// The media playlist: `v720/media.m3u8`; its segments are named relative to it.
    pub playlist: String,
}

/// One audio track: AAC in CMAF.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioRendition {
    /// Unique among the title's audio tracks, fit for `NAME` of `EXT-X-MEDIA` (no quote, no control character).
    pub name: String,
    /// BCP 47; `und` where it is not known.
    pub language: String,
    pub channels: u8,
    /// Exactly one track of a title that has sound is the default: a stereo one where there is one.
    pub default: bool,
    /// Empty for what is simply heard, and in what an older build packaged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<TrackRole>,
    /// RFC 6381, from the encoded stream: `mp4a.40.2`.
    pub codecs: String,
    /// Bits in a second of the heaviest segment.
    pub bandwidth: u32,
    /// Bits in a second over all segments.
    pub average_bandwidth: u32,
    /// The media playlist: `a0/media.m3u8`.
    pub playlist: String,
}

/// One text track: the whole of it as WebVTT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaptionTrack {
    /// Unique among the title's text tracks.
    pub name: String,
    /// BCP 47; `und` where it is not known.
    pub language: String,
    /// Only what is foreign to the track's viewers is written out (`FORCED`).
    pub forced: bool,
    /// What else it is for. Empty in what an older build packaged: [`CaptionTrack::roles`] says them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<TrackRole>,
    /// `t0.vtt`.
    pub file: String,
}

/// Small pictures for the seek bar, in rows from left to right and from top to bottom, sheet after sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryboardSheets {
    /// Seconds from one picture to the next; picture `n` shows the film from `n * interval_seconds` on.
    pub interval_seconds: f64,
    pub columns: u16,
    pub rows: u16,
    /// Pixels of one picture.
    pub tile_width: u16,
    pub tile_height: u16,
    /// Pictures in all; the last sheet may hold fewer than `columns * rows`.
    pub count: u32,
    /// `storyboard/0.jpg`, ...
    pub sheets: Vec<String>,
}

/// A JPEG.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// `poster.jpg`.
    pub file: String,
    pub width: u16,
    pub height: u16,
    /// Its mean colour, `#rrggbb`.
    pub colour: String,
}

/// A named part of the film.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChapterMark {
    pub title: String,
    /// Seconds from the start.
    pub start: f64,
}

/// What the film was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// The file's name without its folder.
    pub file_name: String,
    /// Bytes.
    pub size: u64,
    /// BLAKE3 over the size and over the head, middle and tail of the content, in hexadecimal. With the file's name
    /// it tells whether a file was imported already.
    pub fingerprint: String,
    /// Pixels as they are shown: after the pixel's form and rotation were applied.
    pub height: u16,
    pub width: u16,
}

impl VideoRendition {
    /// What plans, devices and grants compare: `contract::resolution::class`.
    pub fn class(&self) -> u16 {
        resolution::class(self.width.into(), self.height.into())
    }
}

impl AudioRendition {
    /// Names the track within this packaging: its folder.
    pub fn id(&self) -> &str {
        self.playlist.split('/').next().unwrap_or(&self.playlist)
    }
}

impl CaptionTrack {
    /// Names the track within this packaging: its file without the ending.
    pub fn id(&self) -> &str {
        self.file.strip_suffix(".vtt").unwrap_or(&self.file)
    }

    /// What it is for, also where an older build packaged it.
    pub fn roles(&self) -> Vec<TrackRole> {
        let mut roles = self.roles.clone();
        if self.forced && !roles.contains(&TrackRole::Forced) {
            roles.push(TrackRole::Forced);
        }
        roles
    }
}

impl MediaManifest {
    /// What is known before anything is packaged, for the run after `revision`.
    pub fn begin(film: &Candidate, revision: u32) -> Self {
        let chapters = film.probe.chapters.iter().cloned();
        Self {
            schema: SCHEMA,
            revision,
            complete: false,
            duration_seconds: 0.0,
            segment_seconds: 0,
            renditions: Vec::new(),
            audio: Vec::new(),
            captions: Vec::new(),
            storyboard: None,
            poster: None,
            backdrop: None,
            chapters: chapters.map(|chapter| ChapterMark { title: chapter.title, start: chapter.start }).collect(),
            source: SourceFacts {
                file_name: film.source.file_name.clone(),
                size: film.fingerprint.size,
                fingerprint: film.fingerprint.content.clone(),
                height: film.probe.video.height.try_into().unwrap_or(u16::MAX),
                width: film.probe.video.width.try_into().unwrap_or(u16::MAX),
            },
            warnings: film.probe.warnings.clone(),
        }
    }

    /// The best rendition's height in pixels; 0 before the first is done.
    pub fn height(&self) -> u16 {
        self.renditions.iter().map(|rendition| rendition.height).max().unwrap_or(0)
    }

    /// The best rendition's class; 0 before the first is done.
    pub fn class(&self) -> u16 {
        self.renditions.iter().map(VideoRendition::class).max().unwrap_or(0)
    }

    /// Seconds that it lasts, the last begun one counted whole.
    pub fn seconds(&self) -> u64 {
        self.duration_seconds.max(0.0).ceil() as u64
    }

    /// The names of all objects that it names: they name the others.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let video = self.renditions.iter().map(|rendition| &rendition.playlist);
        let sound = self.audio.iter().map(|rendition| &rendition.playlist);
        let captions = self.captions.iter().map(|track| &track.file);
        let sheets = self.storyboard.iter().flat_map(|storyboard| &storyboard.sheets);
        let pictures = self.poster.iter().chain(&self.backdrop).map(|picture| &picture.file);
        video.chain(sound).chain(captions).chain(sheets).chain(pictures).map(String::as_str)
    }

    /// Something can be watched. The import puts no manifest before its sound is done.
    pub fn watchable(&self) -> bool {
        !self.renditions.is_empty()
    }
}
