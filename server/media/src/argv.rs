//! The one builder of argument vectors for ffmpeg and ffprobe.
//!
//! Owns how a path reaches these programs: absolute, behind `file:`, with nothing but the `file` protocol and the
//! containers below allowed, so that a name is never an option, a pattern, an address or a playlist. Outputs are
//! relative names that this crate chose, in a folder that the program is started in. Must never go through a shell.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use super::run::{Limits, Tools};

/// The containers that are opened: files that hold their own pictures and sound. Every playlist (`hls`, `dash`,
/// `concat`, `sdp`, ...) and every still image is left out.
pub const CONTAINERS: &str = "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,mpegts,mpeg,ogg,flv,asf,mxf,nut";
/// The text formats that are opened beside a film.
const TEXTS: &str = "srt,webvtt,ass";
/// What was packaged here: our own playlist and its segments.
const PACKAGED: &str = "hls,mov,mp4,m4a,3gp,3g2,mj2";

const MADE: &str = "wav,webvtt";

/// Where a program reads from.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A film that somebody gave.
    Source(&'a Path),
    /// A text file beside it, with its character set where that is not UTF-8.
    Sidecar(&'a Path, Option<&'a str>),
    /// A media playlist that this crate made.
    Packaged(&'a Path),
    /// Sound or text that this crate wrote itself.
    Made(&'a Path),
    /// A filter graph of this crate that makes its own pictures or sound.
    Drawn(&'a str),
}

/// One run of a program, as it will be.
#[derive(Debug)]
pub struct Argv {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) dir: Option<PathBuf>,
    pub(super) limits: Limits,
    pub(super) niceness: i32,
}

impl Argv {
    pub fn ffprobe(tools: &Tools) -> Self {
        let start = Self::new(&tools.ffprobe, tools.niceness, Limits::QUICK);
        start.args(["-hide_banner", "-v", "error"])
    }

    pub fn ffmpeg(tools: &Tools, limits: Limits) -> Self {
        let start = Self::new(&tools.ffmpeg, tools.niceness, limits);
        start.args(["-nostdin", "-hide_banner", "-v", "error", "-nostats", "-y"])
    }

    fn new(program: &Path, niceness: i32, limits: Limits) -> Self {
        Self { program: program.to_owned(), args: Vec::with_capacity(48), dir: None, limits, niceness }
    }

    /// The folder that relative outputs are written to.
    pub fn within(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// An option and its value.
    pub fn set(self, option: &'static str, value: impl ToString) -> Self {
        self.arg(option).arg(value.to_string())
    }

    /// Reads from `input`; options given before apply to it.
    pub fn input(self, input: Input<'_>) -> Self {
        match input {
            Input::Source(path) => self.open(path, CONTAINERS),
            Input::Sidecar(path, None) => self.open(path, TEXTS),
            Input::Sidecar(path, Some(charset)) => self.set("-sub_charenc", charset).open(path, TEXTS),
            Input::Packaged(path) => self.open(path, PACKAGED),
            Input::Made(path) => self.open(path, MADE),
            Input::Drawn(graph) => self.args(["-f", "lavfi", "-i"]).arg(graph),
        }
    }

    fn open(self, path: &Path, formats: &str) -> Self {
        self.args(["-protocol_whitelist", "file", "-format_whitelist", formats, "-i"]).arg(file_url(path))
    }
}

/// `file:` and the absolute path. ffmpeg takes what follows the colon as it is: no escapes, no patterns.
fn file_url(path: &Path) -> OsString {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut url = OsString::from("file:");
    url.push(absolute);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_never_an_option_a_pattern_or_an_address() {
        for name in ["-i", "http:example.mkv", "a%03d.png", "a\nb.mkv", "concat:a|b", "pipe:0"] {
            let argv = Argv::ffmpeg(&Tools::default(), Limits::QUICK).input(Input::Source(Path::new(name)));
            let last = argv.args.last().and_then(|arg| arg.to_str()).unwrap();
            assert!(last.starts_with("file:/"), "{last:?}");
            assert!(last.ends_with(name), "{last:?}");
            assert!(argv.args.windows(2).any(|pair| pair[0] == "-protocol_whitelist" && pair[1] == "file"));
        }
    }

    #[test]
    fn no_playlist_is_among_the_containers() {
        for playlist in ["hls", "applehttp", "dash", "concat", "sdp", "rtsp", "image2", "lavfi", "tee"] {
            assert!(!CONTAINERS.split(',').any(|name| name == playlist));
        }
    }
}
