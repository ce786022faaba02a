//! From ffprobe's answer to a [`Probe`], or to the reason why not.
//!
//! Pure. Must never let a number through that a later step would have to doubt.

use contract::playback::TrackRole;

use super::{AudioStream, Chapter, DynamicRange, Probe, TextStream, VideoStream, container::Structure, raw};
use crate::{error::ImportError, language, roles};

/// More of each kind is no film but an attack on the disk.
const MOST_TRACKS: usize = 64;
const MOST_CHAPTERS: usize = 1000;

/// Text in a container that can be written as WebVTT.
const TEXT_CODECS: [&str; 8] = ["subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "ttml"];

/// Captions in a container that are pictures.
const PICTURE_CODECS: [&str; 4] = ["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"];

/// Formats that hold no lengths: ffprobe estimates them from the times of the first and the last packets, which mean
/// nothing where the times leap in between.
const ESTIMATED: [&str; 2] = ["mpegts", "mpeg"];

/// The rates that films, television and cameras use.
const RATES: [(u32, u32); 11] =
    [(10, 1), (12, 1), (15, 1), (24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1)];

pub fn judge(answer: &[u8], structure: &Structure) -> Result<Probe, ImportError> {
    let answer: raw::Answer =
        serde_json::from_slice(answer).map_err(|_| ImportError::Broken("its description makes no sense".into()))?;
    let pictures = || answer.streams.iter().filter(|s| s.codec_type == "video" && s.disposition.attached_pic == 0);
    let picture = pictures().find(|s| s.disposition.default == 1).or_else(|| pictures().next());
    let picture = picture.ok_or(ImportError::NoPicture)?;
    if is_encrypted(picture, structure) {
        return Err(ImportError::Encrypted);
    }
    let video = video(picture)?;
    let own = length(picture).filter(|_| !answer.format.format_name.split(',').any(|name| ESTIMATED.contains(&name)));
    let whole = seconds(answer.format.duration.as_deref()).filter(|whole| !is_of_unknown(*whole, &answer.streams));
    let mut warnings = Vec::new();
    if pictures().count() > 1 {
        warnings.push("only the main picture is kept; the file holds others".to_owned());
    }
    let audio = audio(&answer.streams, structure, &mut warnings);
    let text = text(&answer.streams, &mut warnings);
    let chapters = chapters(&answer.chapters);
    let promised = own.or(whole.filter(|_| structure.cut_off));
    Ok(Probe { duration: own.or(whole), promised, video, audio, text, chapters, warnings })
}

/// Seconds of one stream by its own word.
fn length(stream: &raw::Stream) -> Option<f64> {
    if has_unknown_length(stream) {
        return None;
    }
    seconds(stream.duration.as_deref()).or_else(|| clock(stream.tags.duration.as_deref()?))
}

/// All ones in the field of 32 or 64 bits mean that the length is not known (ISO/IEC 14496-12, 8.2.2 and 8.4.2).
fn has_unknown_length(stream: &raw::Stream) -> bool {
    stream.duration_ts.is_some_and(|units| units == i64::from(u32::MAX) || units == i64::MAX || units < 0)
}

/// Whether a container's length is only that of a stream whose length is not known.
fn is_of_unknown(whole: f64, streams: &[raw::Stream]) -> bool {
    let unknown = streams.iter().filter(|stream| has_unknown_length(stream));
    unknown.filter_map(|stream| seconds(stream.duration.as_deref())).any(|length| (length - whole).abs() < 1.0)
}

fn video(stream: &raw::Stream) -> Result<VideoStream, ImportError> {
    let codec = stream.codec_name.clone().filter(|name| name != "unknown" && name != "none");
    let codec = codec.ok_or_else(|| ImportError::Codec(clean(&stream.codec_tag_string).unwrap_or("unknown".into())))?;
    for side in &stream.side_data_list {
        // Compatibility 0: the base layer is no signal that anything else understands (profile 5).
        if let (Some(profile), Some(0)) = (side.dv_profile, side.dv_bl_signal_compatibility_id) {
            return Err(ImportError::DolbyVision(profile));
        }
    }
    let (width, height) = shown(stream);
    if stream.width == 0 || stream.height == 0 {
        return Err(ImportError::NoSize);
    }
    let fits = |side: u32| (16..=16_384).contains(&side);
    if ![stream.width, stream.height, width, height].into_iter().all(fits) {
        return Err(ImportError::Size { width, height });
    }
    let (rate, variable_rate) = rate(&stream.avg_frame_rate, &stream.r_frame_rate);
    Ok(VideoStream {
        index: stream.index,
        codec,
        coded: (stream.width, stream.height),
        width,
        height,
        rate,
        variable_rate,
        interlaced: matches!(stream.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt")),
        range: range(stream.color_transfer.as_deref()),
        matrix: matrix(stream.color_space.as_deref(), stream.height),
    })
}

/// By its sample entry, which ffprobe shows as what it was before it was encrypted, or by what ffprobe found beside it.
fn is_encrypted(stream: &raw::Stream, structure: &Structure) -> bool {
    let tag = stream.codec_tag_string.as_str();
    let entry = usize::try_from(stream.index).ok().and_then(|index| structure.encrypted.get(index));
    matches!(tag, "encv" | "enca" | "drmi" | "drms")
        || entry.copied().unwrap_or(false)
        || stream.side_data_list.iter().any(|side| side.side_data_type.starts_with("Encryption"))
}

/// Pixels as they are shown: made square, then turned.
fn shown(stream: &raw::Stream) -> (u32, u32) {
    let (across, down) = stream.sample_aspect_ratio.as_deref().and_then(|text| fraction(text, ':')).unwrap_or((1, 1));
    // Nobody means a pixel that is ten times as wide as it is high.
    let form = f64::from(across) / f64::from(down);
    let form = if (0.1..=10.0).contains(&form) { form } else { 1.0 };
    let width = (f64::from(stream.width) * form).round() as u32;
    let turned = stream.side_data_list.iter().find_map(|side| side.rotation);
    let turned = turned.or_else(|| stream.tags.rotate.as_deref().and_then(|text| text.parse().ok())).unwrap_or(0.0);
    let quarters = (turned / 90.0).round() as i64;
    if quarters.rem_euclid(2) == 1 { (stream.height, width) } else { (width, stream.height) }
}

/// The rate to package at, and whether the source's varies.
fn rate(average: &str, base: &str) -> ((u32, u32), bool) {
    let value = |(up, down): (u32, u32)| f64::from(up) / f64::from(down);
    let base = fraction(base, '/');
    let average = fraction(average, '/').or(base).unwrap_or((25, 1));
    let mean = value(average).clamp(1.0, 60.0);
    let near = |rate: (u32, u32)| (value(rate) / mean - 1.0).abs() < 0.0004;
    let variable = base.is_none_or(|base| (value(base) / value(average) - 1.0).abs() > 0.01);
    if let Some(common) = RATES.into_iter().find(|rate| near(*rate)) {
        return (common, variable);
    }
    if !variable && value(average) <= 60.0 && average.0 <= 1_000_000 {
        return (average, false);
    }
    let next = RATES.into_iter().find(|rate| value(*rate) >= mean * 0.99).unwrap_or((60, 1));
    (next, variable)
}

fn range(transfer: Option<&str>) -> DynamicRange {
    match transfer {
        Some("smpte2084") => DynamicRange::Pq,
        Some("arib-std-b67") => DynamicRange::Hlg,
        _ => DynamicRange::Standard,
    }
}

/// An untagged picture is what its size suggests: BT.709 from 720 lines on, else BT.601 (SMPTE 170M).
fn matrix(space: Option<&str>, height: u32) -> &'static str {
    match space {
        Some("bt709") => "bt709",
        Some("smpte170m" | "bt470bg") => "smpte170m",
        Some("smpte240m") => "smpte240m",
        Some("fcc") => "fcc",
        Some("bt2020nc" | "bt2020c") => "bt2020",
        _ if height >= 720 => "bt709",
        _ => "smpte170m",
    }
}

fn audio(streams: &[raw::Stream], structure: &Structure, warnings: &mut Vec<String>) -> Vec<AudioStream> {
    let mut kept = Vec::new();
    for stream in streams.iter().filter(|stream| stream.codec_type == "audio") {
        if is_encrypted(stream, structure) {
            warnings.push(format!("sound track {} is encrypted and is left out", stream.index));
            continue;
        }
        let known = stream.codec_name.clone().filter(|name| name != "unknown" && name != "none");
        let (Some(codec), 1..) = (known, stream.channels) else {
            warnings.push(format!("sound track {} cannot be decoded here and is left out", stream.index));
            continue;
        };
        let title = stream.tags.title.as_deref().and_then(clean);
        kept.push(AudioStream {
            index: stream.index,
            codec,
            channels: stream.channels.min(64) as u8,
            language: spoken(stream, title.as_deref()),
            default: stream.disposition.default == 1,
            roles: roles::of_sound(&flags(&stream.disposition), title.as_deref().unwrap_or_default()),
            title,
        });
    }
    if kept.len() > MOST_TRACKS {
        warnings.push(format!("only the first {MOST_TRACKS} of {} sound tracks are kept", kept.len()));
        kept.truncate(MOST_TRACKS);
    }
    kept
}

fn text(streams: &[raw::Stream], warnings: &mut Vec<String>) -> Vec<TextStream> {
    let mut kept = Vec::new();
    for stream in streams.iter().filter(|stream| stream.codec_type == "subtitle") {
        let codec = stream.codec_name.clone().unwrap_or_default();
        let title = stream.tags.title.as_deref().and_then(clean);
        let language = spoken(stream, title.as_deref());
        if !TEXT_CODECS.contains(&codec.as_str()) {
            let called = language::autonym(&language).unwrap_or_else(|| "an unknown language".to_owned());
            let reason = match codec.as_str() {
                kind if PICTURE_CODECS.contains(&kind) => format!("are pictures ({kind}), not text"),
                "" | "unknown" | "none" => "are of a kind that is not known here".to_owned(),
                kind => format!("are of a kind ({kind}) that cannot be read here"),
            };
            warnings.push(format!("text track {} ({called}): its captions {reason}, and are left out", stream.index));
            continue;
        }
        let roles = roles::of_text(&flags(&stream.disposition), title.as_deref().unwrap_or_default());
        kept.push(TextStream { index: stream.index, codec, language, title, roles });
    }
    if kept.len() > MOST_TRACKS {
        warnings.push(format!("only the first {MOST_TRACKS} of {} text tracks are kept", kept.len()));
        kept.truncate(MOST_TRACKS);
    }
    kept
}

/// The language that a stream's tag names, and which of its kinds its title names.
fn spoken(stream: &raw::Stream, title: Option<&str>) -> String {
    let tagged = language::bcp47(stream.tags.language.as_deref().unwrap_or_default());
    language::refined(tagged, title.unwrap_or_default())
}

/// What the container itself says a track is for.
fn flags(disposition: &raw::Disposition) -> Vec<TrackRole> {
    let flags = [
        (disposition.forced, TrackRole::Forced),
        (disposition.hearing_impaired, TrackRole::HearingImpaired),
        (disposition.comment, TrackRole::Commentary),
        (disposition.visual_impaired, TrackRole::Description),
    ];
    flags.into_iter().filter(|(flag, _)| *flag == 1).map(|(_, role)| role).collect()
}

fn chapters(raw: &[raw::Chapter]) -> Vec<Chapter> {
    let named = raw.iter().take(MOST_CHAPTERS).enumerate().filter_map(|(index, chapter)| {
        let start = seconds(Some(&chapter.start_time)).or_else(|| (index == 0).then_some(0.0))?;
        let title = chapter.tags.title.as_deref().and_then(clean).unwrap_or_else(|| format!("{}", index + 1));
        Some(Chapter { title, start })
    });
    named.collect()
}

/// A positive number of seconds, at most 30 days.
fn seconds(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|seconds: &f64| *seconds > 0.0 && *seconds < 2_592_000.0)
}

/// Seconds from hours, minutes and seconds.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.trim().splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hours, minutes, rest) = (parts.next()??, parts.next()??, parts.next()??);
    let total = hours * 3600.0 + minutes * 60.0 + rest;
    (total > 0.0 && total < 2_592_000.0).then_some(total)
}

/// Two positive numbers around a sign.
fn fraction(text: &str, sign: char) -> Option<(u32, u32)> {
    let (up, down) = text.split_once(sign)?;
    let (up, down) = (up.parse().ok()?, down.parse().ok()?);
    (up > 0 && down > 0).then_some((up, down))
}

/// A track's own name on one line, without control characters and quotes; nothing where nothing is left.
fn clean(text: &str) -> Option<String> {
    let kept: String = text.chars().map(|c| if c.is_control() || c == '"' { ' ' } else { c }).take(80).collect();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}
