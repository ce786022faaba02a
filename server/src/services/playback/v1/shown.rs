//! What a session tells its player of the media: renditions, tracks, pictures, chapters.
//!
//! Must never name a rendition above the one that was granted.

use contract::{
    device::DecodableClasses,
    playback::{AudioTrack, Chapter, Rendition, Storyboard, TextTrack},
};
use media::manifest::MediaManifest;

use super::super::playlist;

pub fn renditions(manifest: &MediaManifest, class: u16, decodable: DecodableClasses) -> Vec<Rendition> {
    let allowed = playlist::allowed(manifest, class, decodable).into_iter().rev();
    let rendition = |rendition: &media::manifest::VideoRendition| Rendition {
        height: rendition.height,
        width: rendition.width,
        bandwidth: playlist::peak_bandwidth(manifest, rendition),
    };
    allowed.map(rendition).collect()
}

pub fn audio(manifest: &MediaManifest) -> Vec<AudioTrack> {
    let track = |track: &media::manifest::AudioRendition| AudioTrack {
        id: track.id().to_owned(),
        name: track.name.clone(),
        language: track.language.clone(),
        channels: track.channels,
        default: track.default,
        roles: track.roles.clone(),
    };
    manifest.audio.iter().map(track).collect()
}

pub fn captions(manifest: &MediaManifest, base: &str) -> Vec<TextTrack> {
    let track = |track: &media::manifest::CaptionTrack| TextTrack {
        id: track.id().to_owned(),
        name: track.name.clone(),
        language: track.language.clone(),
        url: format!("{base}/{}", track.file),
        roles: track.roles(),
    };
    manifest.captions.iter().map(track).collect()
}

pub fn storyboard(manifest: &MediaManifest, base: &str) -> Option<Storyboard> {
    manifest.storyboard.as_ref().map(|board| Storyboard {
        sheets: board.sheets.iter().map(|sheet| format!("{base}/{sheet}")).collect(),
        interval_seconds: board.interval_seconds,
        columns: board.columns,
        rows: board.rows,
        tile_width: board.tile_width,
        tile_height: board.tile_height,
        count: board.count,
    })
}

pub fn chapters(manifest: &MediaManifest) -> Vec<Chapter> {
    manifest.chapters.iter().map(|chapter| Chapter { title: chapter.title.clone(), start: chapter.start }).collect()
}
