//! CMAF segments and their media playlists: how ffmpeg is told to make them, and what was made.
//!
//! Owns the segment length and the reading of our own playlists and initialisation segments. Must never read a
//! playlist that somebody else wrote.

use std::path::Path;

use super::argv::Argv;

/// Seconds between two key frames.
pub const GOP_SECONDS: u32 = 2;
/// Seconds of one segment: a whole number of groups of pictures.
pub const SEGMENT_SECONDS: u32 = 4;

/// The media playlist's name within a rendition's folder.
pub const PLAYLIST: &str = "media.m3u8";
const INIT: &str = "init.mp4";

/// What one rendition came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Seconds of each segment, in order.
    pub segments: Vec<f64>,
    /// Bits in a second of the heaviest segment.
    pub peak: u32,
    /// Bits in a second over all.
    pub average: u32,
    /// RFC 6381.
    pub codecs: String,
}

impl Measured {
    pub fn seconds(&self) -> f64 {
        self.segments.iter().sum()
    }

    /// The longest segment, rounded as `EXT-X-TARGETDURATION` is.
    pub fn target(&self) -> u16 {
        self.segments.iter().copied().fold(1.0, f64::max).round() as u16
    }
}

/// The output of a rendition into the folder that the program runs in: fragmented MP4 after CMAF (ISO/IEC 23000-19),
/// whose time begins at 0 without an edit list, which players of media source extensions ignore.
pub fn output(argv: Argv) -> Argv {
    argv.args(["-map_metadata", "-1", "-map_chapters", "-1", "-f", "hls", "-hls_playlist_type", "vod"])
        .set("-hls_time", SEGMENT_SECONDS)
        .args(["-hls_segment_type", "fmp4", "-hls_flags", "independent_segments", "-start_number", "1"])
        .args(["-hls_segment_options", "movflags=+cmaf", "-hls_fmp4_init_filename", INIT])
        .args(["-hls_segment_filename", "seg_%05d.m4s", PLAYLIST])
}

/// Reads what was made in `folder`; `None` where it is not whole. Blocks.
pub fn measure(folder: &Path) -> Option<Measured> {
    let playlist = std::fs::read_to_string(folder.join(PLAYLIST)).ok()?;
    if !playlist.trim_end().ends_with("#EXT-X-ENDLIST") {
        return None;
    }
    let (mut segments, mut bits, mut peak) = (Vec::new(), 0.0, 0.0_f64);
    let mut seconds = None;
    for line in playlist.lines() {
        if let Some(rest) = line.strip_prefix("#EXTINF:") {
            seconds = rest.trim_end_matches(',').parse::<f64>().ok();
        } else if !line.starts_with('#') && !line.is_empty() {
            let lasts = seconds.take()?;
            let size = std::fs::metadata(folder.join(line)).ok()?.len() as f64 * 8.0;
            bits += size;
            // A last segment of a few pictures says nothing about the line that is needed.
            if lasts >= f64::from(SEGMENT_SECONDS) / 2.0 || segments.is_empty() {
                peak = peak.max(size / lasts.max(0.1));
            }
            segments.push(lasts);
        }
    }
    let total: f64 = segments.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let codecs = codecs(&std::fs::read(folder.join(INIT)).ok()?)?;
    Some(Measured { peak: peak.round() as u32, average: (bits / total).round() as u32, segments, codecs })
}

/// The RFC 6381 name of the one stream that an initialisation segment describes.
pub fn codecs(init: &[u8]) -> Option<String> {
    if let Some(config) = after(init, b"avcC") {
        // ISO/IEC 14496-15, 5.3.3.1: version, profile, compatibility, level.
        let [_, profile, compatibility, level, ..] = config else { return None };
        return Some(format!("avc1.{profile:02x}{compatibility:02x}{level:02x}"));
    }
    let (_, mut rest) = after(init, b"esds")?.split_first_chunk::<4>()?;
    // ISO/IEC 14496-1, 7.2.6: descriptors, each a tag and a length; 3 holds 4, 4 holds 5, 5 the AudioSpecificConfig.
    loop {
        let (&tag, body) = rest.split_first()?;
        let sized = body.iter().position(|byte| byte & 0x80 == 0)? + 1;
        let body = body.get(sized..)?;
        match tag {
            3 => rest = body.get(3..)?,
            4 => rest = body.get(13..)?,
            5 => return Some(format!("mp4a.40.{}", body.first()? >> 3)),
            _ => return None,
        }
    }
}

fn after<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let at = bytes.windows(4).position(|window| window == name)?;
    bytes.get(at + 4..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_is_read_from_the_stream_itself() {
        let mut init = b"\0\0\0\x2davcC\x01\x64\x00\x1f\xff\xe1".to_vec();
        assert_eq!(codecs(&init).as_deref(), Some("avc1.64001f"));
        init = b"\0\0\0\x33esds\0\0\0\0".to_vec();
        init.extend_from_slice(&[3, 0x80, 0x80, 0x80, 34, 0, 1, 0, 4, 0x80, 0x80, 0x80, 20]);
        init.extend_from_slice(&[0x40, 0x15, 0, 0, 0, 0, 2, 0x71, 0, 0, 2, 0x71, 0, 5, 0x80, 0x80, 0x80, 5, 0x11, 0x90]);
        assert_eq!(codecs(&init).as_deref(), Some("mp4a.40.2"));
        for broken in [&b""[..], b"avcC", b"esds", b"esds\0\0\0\0\x03", b"esds\0\0\0\0\xff\x01\x01"] {
            assert_eq!(codecs(broken), None);
        }
    }

    #[test]
    fn a_playlist_without_its_end_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PLAYLIST), "#EXTM3U\n#EXTINF:4.0,\nseg_00001.m4s\n").unwrap();
        assert_eq!(measure(folder.path()), None);
    }

    #[test]
    fn the_peak_is_the_heaviest_segment_and_a_stub_at_the_end_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let text = "#EXTM3U\n#EXTINF:4.000000,\na\n#EXTINF:4.004000,\nb\n#EXTINF:0.040000,\nc\n#EXT-X-ENDLIST\n";
        std::fs::write(folder.path().join(PLAYLIST), text).unwrap();
        std::fs::write(folder.path().join(INIT), b"avcC\x01\x4d\x40\x1e").unwrap();
        for (name, size) in [("a", 1000), ("b", 3003), ("c", 5000)] {
            std::fs::write(folder.path().join(name), vec![0; size]).unwrap();
        }
        let measured = measure(folder.path()).unwrap();
        assert_eq!((measured.peak, measured.target(), measured.segments.len()), (6000, 4, 3));
        assert_eq!(measured.codecs, "avc1.4d401e");
    }
}
