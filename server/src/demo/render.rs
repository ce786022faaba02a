//! Draws a short: picture, score and captions into one Matroska file, which is then imported like any other film.
//!
//! Must never leave half a film under its final name.

use std::path::{Path, PathBuf};

use media::{
    argv::{Argv, Input},
    error::ImportError,
    run::{Limits, Tools, encode},
};

use super::{
    captions, score,
    shorts::{Picture, Short},
};

/// Changes whenever a short would come out differently: it is a part of the source's name.
const REVISION: u8 = 1;

/// The name of a short's source file.
pub fn file_name(short: &Short) -> String {
    format!("{}.r{REVISION}.mkv", short.title.key)
}

/// Draws a short into `folder`, unless that was done before; `at` is told how many seconds of it are drawn.
pub async fn render(
    tools: &Tools,
    short: &'static Short,
    folder: &Path,
    at: &mut (dyn FnMut(f64) + Send),
) -> Result<PathBuf, ImportError> {
    let film = folder.join(file_name(short));
    if tokio::fs::try_exists(&film).await.map_err(ImportError::Work)? {
        return Ok(film);
    }
    tokio::fs::create_dir_all(folder).await.map_err(ImportError::Work)?;
    let work = tempfile::Builder::new().prefix("tmp-demo-").tempdir_in(folder).map_err(ImportError::Work)?;
    let (sound, english, german) = (work.path().join("s.wav"), work.path().join("en.vtt"), work.path().join("de.vtt"));
    let wav = tokio::task::spawn_blocking(|| score::wav(short.score, short.seconds)).await;
    tokio::fs::write(&sound, wav.map_err(|error| ImportError::Work(error.into()))?).await.map_err(ImportError::Work)?;
    for (path, text) in
        [(&english, captions::webvtt(short.cues, |cue| cue.english)), (&german, captions::webvtt(short.cues, |cue| cue.german))]
    {
        tokio::fs::write(path, text).await.map_err(ImportError::Work)?;
    }
    let argv = Argv::ffmpeg(tools, Limits::film(f64::from(short.seconds), 1920 * 1080))
        .within(work.path())
        .input(Input::Made(&sound))
        .input(Input::Made(&english))
        .input(Input::Made(&german));
    let fades = format!("fade=in:d=1,fade=out:st={}:d=2,format=yuv420p", short.seconds - 2);
    let argv = match short.picture {
        Picture::Drawn(graph) => argv.input(Input::Drawn(graph)).args(["-map", "3:v"]).set("-vf", format!("{fades},setsar=1")),
        Picture::OfScore(filters) => {
            argv.set("-filter_complex", format!("[0:a]{filters},{fades},setsar=1[picture]")).args(["-map", "[picture]"])
        }
    };
    let argv = argv
        .args(["-map", "0:a", "-map", "1:s", "-map", "2:s"])
        .set("-t", short.seconds)
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-crf", "15", "-g", "48"])
        .set("-threads", tools.threads)
        .args(["-c:a", "flac", "-c:s", "webvtt"])
        .args(["-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=deu"])
        .args(["-metadata:s:a:0", "title=Music", "film.mkv"]);
    encode(tools, argv, at).await?;
    tokio::fs::rename(work.path().join("film.mkv"), &film).await.map_err(ImportError::Work)?;
    Ok(film)
}
