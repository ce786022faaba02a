//! The playlists that are rendered per request (RFC 8216): the master, and one for each text track.
//!
//! The master names only what the grant allows, so a player cannot even ask for more. Must never be kept: which
//! renditions are there depends on the grant, and on how far an import has come.

use std::fmt::{self, Write};

use contract::{device::DecodableClasses, playback::TrackRole};
use media::manifest::{AudioRendition, CaptionTrack, MediaManifest, VideoRendition};

use super::names::caption_playlist;

/// The class of the rendition that stands first, which players try first: good to look at, quick to arrive.
const FIRST_TRY: u16 = 720;

/// The renditions up to a class that the device decodes in their codec, lowest first; the lowest of all where there is none.
pub fn allowed(manifest: &MediaManifest, class: u16, decodable: DecodableClasses) -> Vec<&VideoRendition> {
    let mut renditions: Vec<&VideoRendition> = manifest.renditions.iter().collect();
    renditions.sort_by_key(|rendition| (rendition.class(), rendition.height));
    let is_fitting =
        |rendition: &&VideoRendition| rendition.class() <= class && decodable.allow(&rendition.codecs, rendition.class());
    if renditions.iter().any(is_fitting) {
        renditions.retain(is_fitting);
    } else {
        renditions.truncate(1);
    }
    renditions
}

/// Whether a rendition of class `wanted` is among those that are [`allowed`] up to `class` on a device that decodes all.
pub fn allows(manifest: &MediaManifest, class: u16, wanted: u16) -> bool {
    wanted <= class || manifest.renditions.iter().all(|rendition| wanted <= rendition.class())
}

/// Bits in a second of a rendition with its sound, at the peak: the heaviest track counts (RFC 8216, 4.3.4.2).
pub fn peak_bandwidth(manifest: &MediaManifest, rendition: &VideoRendition) -> u32 {
    let sound = manifest.audio.iter().map(|track| track.bandwidth).max().unwrap_or(0);
    rendition.bandwidth.saturating_add(sound)
}

/// Bits in a second of the heaviest that a grant up to a class allows, with its sound, at the peak.
pub fn heaviest(manifest: &MediaManifest, class: u16) -> u32 {
    let allowed = manifest.renditions.iter().filter(|rendition| allows(manifest, class, rendition.class()));
    allowed.map(|rendition| peak_bandwidth(manifest, rendition)).max().unwrap_or(0)
}

/// The master playlist for a grant up to a class, on a device that decodes so much.
///
/// # Errors
/// Never in practice: writing into a string cannot fail.
pub fn master(manifest: &MediaManifest, class: u16, decodable: DecodableClasses) -> Result<String, fmt::Error> {
    let mut text = String::with_capacity(2048);
    text.push_str("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\n");
    for track in &manifest.audio {
        audio(&mut text, track)?;
    }
    for track in &manifest.captions {
        captions(&mut text, track)?;
    }
    for rendition in in_order_of_trial(allowed(manifest, class, decodable)) {
        stream(&mut text, manifest, rendition)?;
    }
    Ok(text)
}

/// A text track's playlist: the whole track as its one segment.
///
/// # Errors
/// As [`master`].
pub fn text_track(manifest: &MediaManifest, track: &CaptionTrack) -> Result<String, fmt::Error> {
    let mut text = String::with_capacity(256);
    let seconds = manifest.duration_seconds.max(0.0);
    writeln!(text, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{:.0}\n#EXT-X-PLAYLIST-TYPE:VOD", seconds.ceil())?;
    writeln!(text, "#EXTINF:{seconds:.3},\n{}\n#EXT-X-ENDLIST", track.file)?;
    Ok(text)
}

fn in_order_of_trial(mut renditions: Vec<&VideoRendition>) -> Vec<&VideoRendition> {
    let first = renditions.iter().rposition(|rendition| rendition.class() <= FIRST_TRY).unwrap_or(0);
    let first = renditions.remove(first);
    renditions.push(first);
    renditions.reverse();
    renditions
}

fn audio(text: &mut String, track: &AudioRendition) -> fmt::Result {
    write!(text, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"{}\"", Quotable(&track.name))?;
    language(text, &track.language)?;
    let default = if track.default { "YES" } else { "NO" };
    // A default has to be one that is selected by itself (RFC 8216, 4.3.4.1).
    let autoselect = if track.default || is_selectable(&track.roles) { "YES" } else { "NO" };
    write!(text, ",DEFAULT={default},AUTOSELECT={autoselect}")?;
    characteristics(text, &track.roles)?;
    writeln!(text, ",CHANNELS=\"{}\",URI=\"{}\"", track.channels, track.playlist)
}

fn captions(text: &mut String, track: &CaptionTrack) -> fmt::Result {
    write!(text, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"{}\"", Quotable(&track.name))?;
    language(text, &track.language)?;
    let roles = track.roles();
    let autoselect = if is_selectable(&roles) { "YES" } else { "NO" };
    let forced = if roles.contains(&TrackRole::Forced) { "YES" } else { "NO" };
    write!(text, ",DEFAULT=NO,AUTOSELECT={autoselect},FORCED={forced}")?;
    characteristics(text, &roles)?;
    writeln!(text, ",URI=\"{}\"", caption_playlist(track))
}

/// Whether a player may choose the track by its language: what somebody says about the film is chosen by hand.
fn is_selectable(roles: &[TrackRole]) -> bool {
    !roles.contains(&TrackRole::Commentary)
}

/// What the track is for, as players that are not ours look for it (HLS Authoring Specification for Apple devices, 4.9 and 5.13).
fn characteristics(text: &mut String, roles: &[TrackRole]) -> fmt::Result {
    let tag = |role: &TrackRole| match role {
        TrackRole::HearingImpaired => {
            Some("public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound")
        }
        TrackRole::Description => Some("public.accessibility.describes-video"),
        TrackRole::Forced | TrackRole::Commentary => None,
    };
    let tags: Vec<&str> = roles.iter().filter_map(tag).collect();
    if tags.is_empty() { Ok(()) } else { write!(text, ",CHARACTERISTICS=\"{}\"", tags.join(",")) }
}

fn language(text: &mut String, language: &str) -> fmt::Result {
    // The attribute is for a known language; `und` would match a viewer's wish for nothing.
    if language == "und" { Ok(()) } else { write!(text, ",LANGUAGE=\"{}\"", Quotable(language)) }
}

fn stream(text: &mut String, manifest: &MediaManifest, rendition: &VideoRendition) -> fmt::Result {
    let average_sound = manifest.audio.iter().map(|track| track.average_bandwidth).max().unwrap_or(0);
    let mut codecs = vec![rendition.codecs.as_str()];
    for track in &manifest.audio {
        if !codecs.contains(&track.codecs.as_str()) {
            codecs.push(&track.codecs);
        }
    }
    write!(
        text,
        "\n#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{}\",RESOLUTION={}x{},FRAME-RATE={:.3}",
        peak_bandwidth(manifest, rendition),
        rendition.average_bandwidth.saturating_add(average_sound),
        Quotable(&codecs.join(",")),
        rendition.width,
        rendition.height,
        rendition.frame_rate,
    )?;
    if !manifest.audio.is_empty() {
        text.push_str(",AUDIO=\"audio\"");
    }
    if !manifest.captions.is_empty() {
        text.push_str(",SUBTITLES=\"text\"");
    }
    writeln!(text, ",CLOSED-CAPTIONS=NONE\n{}", rendition.playlist)
}

/// A text inside quotation marks: neither a quotation mark nor a line's end may stand there (RFC 8216, 4.2).
struct Quotable<'a>(&'a str);

impl fmt::Display for Quotable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' => f.write_char('\'')?,
                control if control.is_control() => f.write_char(' ')?,
                plain => f.write_char(plain)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::playback::fixture::manifest;

    const ALL: DecodableClasses = DecodableClasses::UNLIMITED;

    #[test]
    fn the_master_names_everything_that_a_large_screen_may_have() {
        insta::assert_snapshot!(master(&manifest(), 4320, ALL).unwrap());
    }

    #[test]
    fn the_master_for_a_phone_names_nothing_higher() {
        insta::assert_snapshot!(master(&manifest(), 480, ALL).unwrap());
    }

    #[test]
    fn the_heaviest_that_a_grant_allows_is_that_of_its_class_with_its_sound() {
        let heaviest = [4320, 720, 240].map(|class| heaviest(&manifest(), class));
        assert_eq!(heaviest, [6_420_000, 3_420_000, 1_320_000]);
    }

    #[test]
    fn a_silent_film_without_captions_has_no_groups() {
        let mut silent = manifest();
        silent.audio.clear();
        silent.captions.clear();
        insta::assert_snapshot!(master(&silent, 1080, ALL).unwrap());
    }

    #[test]
    fn a_text_tracks_playlist_is_one_segment() {
        let manifest = manifest();
        insta::assert_snapshot!(text_track(&manifest, &manifest.captions[0]).unwrap());
    }

    #[test]
    fn the_lowest_rendition_is_there_even_where_it_is_too_high() {
        let heights: Vec<u16> = allowed(&manifest(), 100, ALL).iter().map(|rendition| rendition.height).collect();
        assert_eq!(heights, [360]);
    }

    #[test]
    fn a_television_gets_2160p_in_the_codec_that_it_decodes_it_in_and_h264_up_to_its_own_limit() {
        let mut film = manifest();
        let [.., best] = film.renditions.as_slice() else { panic!("there is one") };
        let in_4k = |codecs: &str, height| VideoRendition { codecs: codecs.into(), height, width: 3840, ..best.clone() };
        let both = [in_4k("avc1.640033", 2160), in_4k("hvc1.2.4.L150.B0", 2158)];
        film.renditions.extend(both);
        let told = |decodable: [u16; 4]| -> Vec<u16> {
            allowed(&film, 4320, DecodableClasses(decodable)).iter().map(|rendition| rendition.height).collect()
        };
        assert_eq!(told([1080, 2160, 0, 0]), [360, 720, 1080, 2158]);
        assert_eq!(told([2160, 1080, 0, 0]), [360, 720, 1080, 2160]);
        assert_eq!(told([0, 2160, 0, 0]), [2158]);
        assert_eq!(told([0, 0, 4320, 0]), [360], "what it may decode after all");
        let text = master(&film, 4320, DecodableClasses([1080, 2160, 0, 0])).unwrap();
        assert!(text.contains("hvc1") && !text.contains("avc1.640033"), "{text}");
    }

    #[test]
    fn what_is_allowed_is_what_the_master_names() {
        let manifest = manifest();
        for height in [0, 240, 359, 360, 480, 720, 1079, 1080, 4320] {
            let named: Vec<u16> = allowed(&manifest, height, ALL).iter().map(|rendition| rendition.height).collect();
            for lines in [360, 720, 1080] {
                assert_eq!(allows(&manifest, height, lines), named.contains(&lines), "{lines} of {height}");
            }
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        let mut hostile = manifest();
        hostile.audio[0].name = "a\",URI=\"http://elsewhere/\n#EXT".to_owned();
        hostile.captions[0].name = "b\"\r\nhttp://elsewhere/x.vtt".to_owned();
        let text = master(&hostile, 4320, ALL).unwrap();
        assert_eq!(text.lines().count(), master(&manifest(), 4320, ALL).unwrap().lines().count());
        assert!(!text.contains("URI=\"http"), "{text}");
    }
}
