//! Text tracks: from what the film and the files beside it hold to WebVTT.
//!
//! Owns the names of caption tracks. Must never pass on a text that is not UTF-8.

use std::path::Path;

use contract::playback::TrackRole;

use super::{
    argv::{Argv, Input},
    collect::Sidecar,
    language,
    manifest::CaptionTrack,
    probe::TextStream,
    roles,
    run::{Limits, ToolError, Tools, encode},
};

/// The tracks as they will be called, the film's own first.
pub fn plan(streams: &[TextStream], sidecars: &[Sidecar]) -> Vec<CaptionTrack> {
    let own = streams.iter().map(|one| (one.language.as_str(), &one.roles, one.title.as_deref()));
    let beside = sidecars.iter().map(|one| (one.language.as_str(), &one.roles, None));
    let mut tracks: Vec<CaptionTrack> = Vec::new();
    for (index, (language, roles, title)) in own.chain(beside).enumerate() {
        let spoken = language::autonym(language).unwrap_or_else(|| "Subtitles".to_owned());
        let title = title.filter(|title| !roles::is_bare(title)).map(str::to_owned);
        let called = title.unwrap_or_else(|| format!("{spoken}{}", roles::suffix(roles)));
        let taken = |name: &str| tracks.iter().any(|track| track.name == name);
        let mut names = std::iter::once(called.clone()).chain((2..).map(|count| format!("{called} {count}")));
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        let (forced, roles) = (roles.contains(&TrackRole::Forced), roles.clone());
        tracks.push(CaptionTrack { name, language: language.to_owned(), forced, roles, file: format!("t{index}.vtt") });
    }
    tracks
}

/// Writes the tracks into `folder` and answers those that came out, with a warning for each that did not.
pub async fn convert(
    tools: &Tools,
    source: &Path,
    streams: &[TextStream],
    sidecars: &[Sidecar],
    folder: &Path,
    limits: Limits,
) -> Result<(Vec<CaptionTrack>, Vec<String>), ToolError> {
    let planned = plan(streams, sidecars);
    let (own, beside) = planned.split_at(streams.len());
    // One pass over a film of many gigabytes for all its tracks; one by one only where that fails.
    if !own.is_empty() && encode(tools, embedded(tools, source, streams, own, folder, limits), &mut |_| {}).await.is_err() {
        for (stream, track) in streams.iter().zip(own) {
            let alone = embedded(tools, source, std::slice::from_ref(stream), std::slice::from_ref(track), folder, limits);
            survivable(encode(tools, alone, &mut |_| {}).await)?;
        }
    }
    for (sidecar, track) in sidecars.iter().zip(beside) {
        let charset = charset(&sidecar.path).await;
        let is_webvtt = sidecar.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("vtt"));
        let coding = coding(is_webvtt && charset.is_none());
        let argv = Argv::ffmpeg(tools, Limits::QUICK).within(folder).input(Input::Sidecar(&sidecar.path, charset));
        let argv = argv.args(["-map", "0:s:0", "-c:s", coding, "-f", "webvtt"]).arg(&track.file);
        survivable(encode(tools, argv, &mut |_| {}).await)?;
    }
    let (mut kept, mut warnings) = (Vec::new(), Vec::new());
    for track in planned {
        if is_webvtt(&folder.join(&track.file)).await {
            kept.push(track);
        } else {
            warnings.push(format!("the text track \"{}\" could not be read and is left out", track.name));
        }
    }
    Ok((kept, warnings))
}

fn embedded(
    tools: &Tools,
    source: &Path,
    streams: &[TextStream],
    tracks: &[CaptionTrack],
    folder: &Path,
    limits: Limits,
) -> Argv {
    let start = Argv::ffmpeg(tools, limits).within(folder).input(Input::Source(source));
    streams.iter().zip(tracks).fold(start, |argv, (stream, track)| {
        let argv = argv.set("-map", format!("0:{}", stream.index));
        argv.args(["-map_metadata", "-1", "-c:s", coding(stream.codec == "webvtt"), "-f", "webvtt"]).arg(&track.file)
    })
}

/// WebVTT is copied: read and written anew it loses where its cues stand, who speaks, and ruby.
fn coding(is_webvtt: bool) -> &'static str {
    if is_webvtt { "copy" } else { "webvtt" }
}

/// A track that cannot be read costs a warning; a tool that cannot be run ends the import.
fn survivable(outcome: Result<(), ToolError>) -> Result<(), ToolError> {
    match outcome {
        Ok(()) | Err(ToolError::Failed { .. }) => Ok(()),
        Err(
            error @ (ToolError::Missing(_)
            | ToolError::Start { .. }
            | ToolError::TimedOut { .. }
            | ToolError::TooMuch { .. }
            | ToolError::Incapable { .. }
            | ToolError::Ended { .. }
            | ToolError::Full { .. }),
        ) => Err(error),
    }
}

/// What a text that is neither UTF-8 nor marked as UTF-16 most likely is.
async fn charset(path: &Path) -> Option<&'static str> {
    let bytes = tokio::fs::read(path).await.unwrap_or_default();
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    (!marked && std::str::from_utf8(&bytes).is_err()).then_some("WINDOWS-1252")
}

/// Whole, and with at least one cue.
async fn is_webvtt(path: &Path) -> bool {
    let text = tokio::fs::read_to_string(path).await.unwrap_or_default();
    text.starts_with("WEBVTT") && text.contains("-->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_named_by_language_and_never_alike() {
        let stream = |language: &str, forced| TextStream {
            index: 2,
            codec: "subrip".into(),
            language: language.into(),
            title: None,
            roles: if forced { vec![TrackRole::Forced] } else { Vec::new() },
        };
        let beside = Sidecar { path: "x.srt".into(), language: "en".into(), roles: vec![TrackRole::HearingImpaired] };
        let plan = plan(&[stream("en", false), stream("en", true), stream("und", false)], &[beside]);
        let names: Vec<_> = plan.iter().map(|track| track.name.as_str()).collect();
        assert_eq!(names, ["English", "English (forced)", "Subtitles", "English (SDH)"]);
        assert_eq!(plan[3].file, "t3.vtt");
    }
}
