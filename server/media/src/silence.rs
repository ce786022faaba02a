//! Silence after sound that ends before its picture: further segments of a track that is stored already.
//!
//! A player waits for sound where there is picture alone, so a track that ends early goes on, from here, to the picture's end:
//! of a film that was packaged long ago as of any other. Not while it is packaged, where silence in the place of sound that
//! cannot be decoded would pass for a track. Pure: segments are made when they are asked for, and the same each time. Knows the
//! form of our own segments (`hls.rs`): one AAC stream of 48 kHz as track 1. Must never shorten or change what is stored.

use std::{fmt::Write, ops::Range};

/// Ticks of a second, which are samples (`sound.rs`).
const RATE: f64 = 48_000.0;
/// Samples of one AAC frame.
const FRAME: u64 = 1024;
/// Frames of one segment: four seconds, as the others last.
const SEGMENT_FRAMES: u64 = 188;
/// Seconds that a player gets over by itself.
const TOLERATED: f64 = 0.5;
const END: &str = "#EXT-X-ENDLIST";

/// The silence that a track lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Segments before it, and samples.
    segments: u32,
    samples: u64,
    frames: u64,
}

impl Silence {
    /// What a track with this media playlist lacks to last as long as the picture; nothing where it is long enough.
    pub fn after(playlist: &str, picture_seconds: f64) -> Option<Self> {
        let is_whole = playlist.trim_end().ends_with(END);
        let lengths = playlist.lines().filter_map(|line| line.strip_prefix("#EXTINF:")?.split(',').next()?.parse::<f64>().ok());
        let (segments, seconds) = lengths.fold((0_u32, 0.0), |(count, sum), length| (count + 1, sum + length));
        let lacks = picture_seconds - seconds;
        if !is_whole || segments == 0 || !lacks.is_finite() || lacks < TOLERATED {
            return None;
        }
        let samples = (seconds * RATE).round() as u64;
        Some(Self { segments, samples, frames: (lacks * RATE) as u64 / FRAME })
    }

    /// The track's playlist with the silence at its end.
    pub fn playlist(self, stored: &str) -> String {
        let mut text = stored.trim_end().strip_suffix(END).unwrap_or(stored).to_owned();
        for number in 1..=self.frames.div_ceil(SEGMENT_FRAMES) {
            let seconds = (self.frames_of(number).end - self.frames_of(number).start) * FRAME;
            // Writing into a string cannot fail.
            let _ = writeln!(text, "#EXTINF:{:.6},\nsilence_{number:05}.m4s", seconds as f64 / RATE);
        }
        text.push_str(END);
        text.push('\n');
        text
    }

    /// The segment of this number, counted from 1, for so many loudspeakers.
    pub fn segment(self, number: u32, channels: u8) -> Option<Vec<u8>> {
        let frames = self.frames_of(u64::from(number.max(1)));
        let count = frames.end.checked_sub(frames.start).filter(|count| *count > 0 && number > 0)?;
        let frame = frame(channels);
        let (count, size) = (u32::try_from(count).ok()?, u32::try_from(frame.len()).ok()?);
        let time = self.samples + frames.start * FRAME;

        // ISO/IEC 14496-12, sections 8.8.5 to 8.8.12: what is the same for every sample is said once.
        let duration = u32::try_from(FRAME).ok()?;
        let header = full(b"tfhd", 0x02_0038, &[&words(&[1, duration, size, 0x0200_0000])]);
        let begins = full(b"tfdt", 0x0100_0000, &[&time.to_be_bytes()]);
        let sequence = full(b"mfhd", 0, &[&words(&[self.segments + number])]);
        let run = |offset: u32| full(b"trun", 1, &[&words(&[count, offset])]);
        let fragment = |offset| {
            let track = plain(b"traf", &[&header, &begins, &run(offset)]);
            plain(b"moof", &[&sequence, &track])
        };
        let offset = u32::try_from(fragment(0).len() + 8).ok()?;
        let brand = plain(b"styp", &[b"msdh\0\0\0\0msdhmsix"]);
        Some([brand, fragment(offset), plain(b"mdat", &[&frame.repeat(count as usize)])].concat())
    }

    /// Which of its frames a segment holds.
    fn frames_of(self, number: u64) -> Range<u64> {
        let start = number.saturating_sub(1).saturating_mul(SEGMENT_FRAMES).min(self.frames);
        start..(start + SEGMENT_FRAMES).min(self.frames)
    }
}

/// The number in the name of a segment of silence.
pub fn number(name: &str) -> Option<u32> {
    name.strip_prefix("silence_")?.strip_suffix(".m4s")?.parse().ok()
}

/// A frame of silence, as the encoder writes one in each of our arrangements.
const fn frame(channels: u8) -> &'static [u8] {
    match channels {
        0 | 1 => &[0x01, 0x18, 0x20, 0x07],
        2 => &[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c],
        3..=6 => {
            &[0x01, 0x18, 0x20, 0x01, 0x08, 0x80, 0x23, 0x04, 0x60, 0x23, 0x10, 0x04, 0x60, 0x8c, 0x0c, 0x23, 0x00, 0x00, 0xe0]
        }
        7.. => &[
            0x01, 0x18, 0x20, 0x01, 0x08, 0x80, 0x23, 0x04, 0x60, 0x23, 0x10, 0x04, 0x60, 0x8c, 0x04, 0xa2, 0x00, 0x8c, 0x11,
            0x81, 0x84, 0x60, 0x00, 0x1c,
        ],
    }
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn full(name: &[u8; 4], version_and_flags: u32, body: &[&[u8]]) -> Vec<u8> {
    plain(name, &[&version_and_flags.to_be_bytes(), &body.concat()])
}

fn plain(name: &[u8; 4], body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    // Nothing here comes near the four gigabytes that a size can say.
    let size = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
    [&size.to_be_bytes()[..], name, &body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:4.010667,\nseg_00001.m4s\n\
                          #EXTINF:1.984000,\nseg_00002.m4s\n#EXT-X-ENDLIST\n";

    #[test]
    fn a_track_that_ends_early_goes_on_in_silence_to_the_pictures_end() {
        let text = Silence::after(STORED, 14.5).unwrap().playlist(STORED);
        let lengths: Vec<f64> =
            text.lines().filter_map(|line| line.strip_prefix("#EXTINF:")?.strip_suffix(',')?.parse().ok()).collect();
        assert_eq!(lengths.len(), 5);
        let whole: f64 = lengths.iter().sum();
        assert!(whole <= 14.5 && whole > 14.45, "{whole}");
        assert!(text.starts_with("#EXTM3U\n#EXT-X-TARGETDURATION:4\n") && text.ends_with("silence_00003.m4s\n#EXT-X-ENDLIST\n"));
        assert!(lengths.iter().all(|length| length.round() <= 4.0), "{lengths:?}");
    }

    #[test]
    fn a_track_that_is_long_enough_or_not_whole_is_left_as_it_is() {
        for (stored, seconds) in
            [(STORED, 6.4), (STORED, 3.0), (STORED, 0.0), (STORED, f64::NAN), ("#EXTM3U\n#EXT-X-ENDLIST", 9.0)]
        {
            assert_eq!(Silence::after(stored, seconds), None, "{seconds}");
        }
        assert_eq!(Silence::after(STORED.trim_end().strip_suffix(END).unwrap(), 20.0), None);
    }

    #[test]
    fn there_are_no_segments_but_those_of_the_playlist() {
        let silence = Silence::after(STORED, 14.5).unwrap();
        assert!((1..=3).all(|number| silence.segment(number, 2).is_some()));
        assert!([0, 4, u32::MAX].into_iter().all(|number| silence.segment(number, 2).is_none()));
        assert_eq!((number("silence_00012.m4s"), number("seg_00012.m4s"), number("silence_x.m4s")), (Some(12), None, None));
    }
}
