//! A title's manifest, as the import writes it, and a session of playback, for the tests of this service.

use contract::{device::DeviceClass, playback::TrackRole};
use media::manifest::{
    AudioRendition, CaptionTrack, ChapterMark, MediaManifest, SCHEMA, SourceFacts, StoryboardSheets, VideoRendition,
};

use storage::objects::StoreRole;

use super::record::{ElapsedRecord, Metered, QualityRecord, SessionRecord};

/// A session of a member on a television, of a film of a minute.
pub fn session() -> SessionRecord {
    let account = Some("a1".parse().unwrap());
    let (generation, quality) = ("g1".into(), QualityRecord::default());
    SessionRecord {
        profile: "p1".parse().unwrap(),
        title: "film".parse().unwrap(),
        duration_seconds: 60.0,
        position: 0.0,
        end: None,
        place: None,
        holder: None,
        metered: Some(Metered {
            account,
            generation,
            store: StoreRole::Flat,
            class: 720,
            device: DeviceClass::Tv,
            counted: 1_000_000,
            elapsed: ElapsedRecord::default(),
            quality,
        }),
        presence: None,
        played: Vec::new(),
    }
}

/// A film of ten minutes and a half in three renditions, with stereo and surround sound and two text tracks.
pub fn manifest() -> MediaManifest {
    MediaManifest {
        schema: SCHEMA,
        revision: 3,
        complete: true,
        duration_seconds: 634.5333,
        segment_seconds: 6,
        renditions: vec![
            rendition(360, 640, 900_000, "avc1.4d401e"),
            rendition(720, 1280, 3_000_000, "avc1.64001f"),
            rendition(1080, 1920, 6_000_000, "avc1.640028"),
        ],
        audio: vec![audio(0, "English 5.1", "en", 6), audio(1, "English", "en", 2), audio(2, "Deutsch", "de", 2)],
        captions: vec![
            captions(0, "English", "en", &[TrackRole::HearingImpaired]),
            captions(1, "Track 2", "und", &[TrackRole::Forced]),
        ],
        storyboard: Some(StoryboardSheets {
            interval_seconds: 10.0,
            columns: 5,
            rows: 5,
            tile_width: 320,
            tile_height: 180,
            count: 63,
            sheets: (0..3).map(|sheet| format!("storyboard/{sheet}.jpg")).collect(),
        }),
        poster: None,
        backdrop: None,
        chapters: vec![ChapterMark { title: "The meadow".into(), start: 0.0 }],
        source: SourceFacts { file_name: "film.mkv".into(), size: 1, fingerprint: "00".into(), height: 1080, width: 1920 },
        warnings: Vec::new(),
    }
}

fn rendition(height: u16, width: u16, bandwidth: u32, codecs: &str) -> VideoRendition {
    VideoRendition {
        height,
        width,
        bandwidth,
        average_bandwidth: bandwidth / 2,
        codecs: codecs.into(),
        frame_rate: 23.976_023_976,
        playlist: format!("v{height}/media.m3u8"),
    }
}

fn captions(number: u8, name: &str, language: &str, roles: &[TrackRole]) -> CaptionTrack {
    let (name, language, file) = (name.into(), language.into(), format!("t{number}.vtt"));
    CaptionTrack { name, language, forced: roles.contains(&TrackRole::Forced), roles: roles.to_vec(), file }
}

fn audio(number: u8, name: &str, language: &str, channels: u8) -> AudioRendition {
    AudioRendition {
        name: name.into(),
        language: language.into(),
        channels,
        default: number == 1,
        roles: if number == 2 { vec![TrackRole::Description] } else { Vec::new() },
        codecs: "mp4a.40.2".into(),
        bandwidth: 70_000 * u32::from(channels),
        average_bandwidth: 64_000 * u32::from(channels),
        playlist: format!("a{number}/media.m3u8"),
    }
}
