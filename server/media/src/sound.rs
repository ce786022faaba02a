//! The sound's way through ffmpeg: which tracks a film gets, and how each is made.
//!
//! Pure. Owns that no track is lost, that surround stays surround, and that a stereo mix stands beside it. Must
//! never give two tracks of a film one name.

use contract::playback::TrackRole;
use serde::{Deserialize, Serialize};

use super::{
    argv::{Argv, Input},
    hls, language,
    manifest::AudioRendition,
    probe::AudioStream,
    roles,
    run::{Limits, Tools},
};

/// Samples that the encoder puts before the first one.
const PRIMING: u32 = 1024;

/// One audio rendition as it is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// The stream's number in the source.
    pub stream: u32,
    pub name: String,
    /// BCP 47.
    pub language: String,
    pub layout: Layout,
    pub default: bool,
    #[serde(default)]
    pub roles: Vec<TrackRole>,
}

/// How many loudspeakers, in the arrangements that AAC has a number for (ISO/IEC 14496-3, table 1.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    Mono,
    Stereo,
    Surround,
    Surround7,
}

impl Layout {
    pub fn channels(self) -> u8 {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
            Self::Surround => 6,
            Self::Surround7 => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Mono => "mono",
            Self::Stereo => "stereo",
            Self::Surround => "5.1",
            Self::Surround7 => "7.1",
        }
    }

    /// Kilobits a second.
    fn rate(self) -> u16 {
        match self {
            Self::Mono => 96,
            Self::Stereo => 160,
            Self::Surround => 384,
            Self::Surround7 => 512,
        }
    }

    fn is_surround(self) -> bool {
        match self {
            Self::Mono | Self::Stereo => false,
            Self::Surround | Self::Surround7 => true,
        }
    }

    fn of(channels: u8) -> Self {
        match channels {
            0 | 1 => Self::Mono,
            2 => Self::Stereo,
            3..=6 => Self::Surround,
            7.. => Self::Surround7,
        }
    }
}

/// The tracks of a film: each of the source's, and a stereo mix behind each in surround sound.
pub fn tracks(streams: &[AudioStream]) -> Vec<Track> {
    let mut tracks = Vec::with_capacity(streams.len() * 2);
    for stream in streams {
        let layout = Layout::of(stream.channels);
        let kept = if layout.is_surround() { vec![layout, Layout::Stereo] } else { vec![layout] };
        for layout in kept {
            let name = unique(&name(stream, layout), &tracks);
            let (language, roles) = (stream.language.clone(), stream.roles.clone());
            tracks.push(Track { stream: stream.index, name, language, layout, default: false, roles });
        }
    }
    let plain = || streams.iter().filter(|stream| stream.roles.is_empty());
    let main = plain().find(|stream| stream.default).or_else(|| plain().next());
    let main = main.or(streams.first()).map(|stream| stream.index);
    // Every device plays stereo; whoever has the loudspeakers picks the surround track.
    let of_main = |track: &&mut Track| Some(track.stream) == main && !track.layout.is_surround();
    if let Some(track) = tracks.iter_mut().find(of_main) {
        track.default = true;
    }
    tracks
}

/// What a track of the source is called: by its own title, or by its language and what it is for, or as the original.
pub fn called(stream: &AudioStream) -> String {
    if let Some(title) = stream.title.as_ref().filter(|title| !roles::is_bare(title)) {
        return title.clone();
    }
    let spoken = language::autonym(&stream.language).unwrap_or_else(|| "Original".to_owned());
    format!("{spoken}{}", roles::suffix(&stream.roles))
}

fn name(stream: &AudioStream, layout: Layout) -> String {
    let called = called(stream);
    if layout.is_surround() && !called.contains(layout.name()) { format!("{called} {}", layout.name()) } else { called }
}

fn unique(name: &str, tracks: &[Track]) -> String {
    let taken = |name: &str| tracks.iter().any(|track| track.name == name);
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|count| format!("{name} ({count})")));
    names.find(|name| !taken(name)).unwrap_or_default()
}

/// Makes exactly one of the tracks that came out the default, where the one that was to be was left out.
pub fn settle_default(tracks: &mut [AudioRendition]) {
    if tracks.iter().any(|track| track.default) {
        return;
    }
    // Every device plays stereo.
    let simple = tracks.iter().position(|track| track.channels <= 2).unwrap_or(0);
    if let Some(track) = tracks.get_mut(simple) {
        track.default = true;
    }
}

/// One audio rendition of a film.
pub fn rendition(tools: &Tools, source: Input<'_>, track: &Track, limits: Limits) -> Argv {
    // Gaps become silence and a late beginning is filled, so that sound and picture stay together; what the encoder
    // puts in front is cut off the beginning, since without an edit list no player would know of it.
    let chain = format!(
        "aresample=48000:async=1000:first_pts=0,aformat=channel_layouts={},atrim=start_sample={PRIMING},\
         asetpts=PTS-STARTPTS",
        track.layout.name()
    );
    let encoder = Argv::ffmpeg(tools, limits)
        .set("-threads", tools.threads)
        .input(source)
        .set("-map", format!("0:{}", track.stream))
        .set("-af", chain)
        .args(["-c:a", "aac"])
        .set("-b:a", format!("{}k", track.layout.rate()));
    hls::output(encoder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(index: u32, channels: u8, language: &str, title: Option<&str>) -> AudioStream {
        AudioStream {
            index,
            codec: "ac3".into(),
            channels,
            language: language.into(),
            title: title.map(str::to_owned),
            default: index == 2,
            roles: Vec::new(),
        }
    }

    #[test]
    fn surround_is_kept_and_stereo_stands_beside_it() {
        let tracks = tracks(&[stream(1, 6, "en", None), stream(2, 2, "de", None), stream(3, 8, "und", None)]);
        let told: Vec<_> = tracks.iter().map(|track| (track.name.as_str(), track.layout.channels())).collect();
        let wanted = [("English 5.1", 6), ("English", 2), ("Deutsch", 2), ("Original 7.1", 8), ("Original", 2)];
        assert_eq!(told, wanted);
    }

    #[test]
    fn exactly_one_track_is_the_default_and_it_is_no_surround_track() {
        let tracks = tracks(&[stream(1, 6, "en", None), stream(2, 6, "de", None)]);
        let defaults: Vec<_> = tracks.iter().filter(|track| track.default).collect();
        assert_eq!((defaults.len(), defaults[0].name.as_str(), defaults[0].layout), (1, "Deutsch", Layout::Stereo));
    }

    #[test]
    fn what_a_track_is_for_is_in_its_name_and_somebody_who_talks_is_never_the_default() {
        let talk = AudioStream { roles: vec![TrackRole::Commentary], default: true, ..stream(2, 2, "en", Some("Kommentar")) };
        let described = AudioStream { roles: vec![TrackRole::Description], ..stream(3, 2, "en", None) };
        let tracks = tracks(&[talk, described, stream(4, 2, "en", Some("Stereo"))]);
        let told: Vec<_> = tracks.iter().map(|track| (track.name.as_str(), track.default)).collect();
        assert_eq!(told, [("English (commentary)", false), ("English (audio description)", false), ("English", true)]);
    }

    #[test]
    fn no_two_tracks_share_a_name() {
        let tracks = tracks(&[stream(1, 2, "en", None), stream(2, 2, "en", None), stream(3, 2, "en", Some("English"))]);
        let names: Vec<_> = tracks.iter().map(|track| track.name.as_str()).collect();
        assert_eq!(names, ["English", "English (2)", "English (3)"]);
    }
}
