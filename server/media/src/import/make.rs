//! What each step of an import makes, and what its failure costs: the film, or only the track or the picture.
//!
//! A film is refused where none of its picture can be decoded, or where less is there than its picture promises. Sound and
//! captions that cannot be read, and pictures that cannot be drawn, are left out with a warning; where that is all of
//! its sound, the film is silent: who gave the file reads why, and still sees what there is. Must never take a full disk, a
//! missing program or one that was killed for a fault of the file: those end the import, and it goes on later.

use std::path::Path;

use storage::disk;

use super::{Run, blocking};
use crate::{
    argv::Input,
    error::ImportError,
    hls,
    journal::Done,
    ladder::Rung,
    manifest::{AudioRendition, VideoRendition},
    pictures,
    plan::Step,
    run::{Limits, ToolError, encode},
    sound::{self, Track},
    text, video,
};

/// Seconds that a film of unknown length is given time for.
const LONGEST: f64 = 172_800.0;

impl Run<'_> {
    /// Makes one step into `folder`, which is deleted where that fails, or is broken off.
    pub(super) async fn make(&self, index: usize, step: &Step, folder: &Path) -> Result<Done, ImportError> {
        let mut unfinished = Unfinished(Some(folder));
        let made = match step {
            Step::Video(rung) => self.picture(index, step, *rung, folder).await,
            Step::Audio { track, .. } => self.sound(index, step, track, folder).await,
            Step::Captions => self.captions(folder).await,
            Step::Artwork => self.artwork(folder).await,
            Step::Storyboard => self.storyboard(folder).await,
        };
        let done = match made {
            Ok(done) => done,
            Err(error) => {
                let warning = self.without(step, error)?;
                tokio::fs::remove_dir_all(folder).await.map_err(ImportError::Work)?;
                tokio::fs::create_dir(folder).await.map_err(ImportError::Work)?;
                Done::LeftOut { warning }
            }
        };
        unfinished.0 = None;
        Ok(done)
    }

    /// Limits for reading the whole source.
    fn limits(&self) -> Limits {
        Limits::film(self.film.probe.duration.unwrap_or(LONGEST), self.film.probe.video.pixels())
    }

    async fn encode(&self, index: usize, argv: crate::argv::Argv) -> Result<(), ToolError> {
        let promised = self.film.probe.duration.unwrap_or(0.0);
        encode(&self.importer.tools, argv, &mut |seconds| self.tell(index, seconds / promised.max(1.0))).await
    }

    async fn picture(&self, index: usize, step: &Step, rung: Rung, folder: &Path) -> Result<Done, ImportError> {
        const NOTHING: &str = "none of its picture can be decoded";
        let (tools, film) = (&self.importer.tools, &self.film.probe.video);
        let source = Input::Source(&self.film.source.path);
        let argv = video::rendition(tools, source, film, rung, self.limits()).within(folder);
        self.encode(index, argv).await.map_err(|error| ImportError::undecodable(error, NOTHING))?;
        let measured = measure(folder, NOTHING).await?;
        self.is_whole(measured.seconds())?;
        let rendition = VideoRendition {
            height: rung.height,
            width: rung.width,
            bandwidth: measured.peak,
            average_bandwidth: measured.average,
            frame_rate: film.frame_rate(),
            playlist: format!("{}/{}", step.key(), hls::PLAYLIST),
            codecs: measured.codecs.clone(),
        };
        Ok(Done::Video { rendition, seconds: measured.seconds(), target: measured.target() })
    }

    async fn sound(&self, index: usize, step: &Step, track: &Track, folder: &Path) -> Result<Done, ImportError> {
        let source = Input::Source(&self.film.source.path);
        let argv = sound::rendition(&self.importer.tools, source, track, self.limits()).within(folder);
        self.encode(index, argv).await?;
        let measured = measure(folder, "a sound track in it holds nothing").await?;
        let rendition = AudioRendition {
            name: track.name.clone(),
            language: track.language.clone(),
            channels: track.layout.channels(),
            default: track.default,
            roles: track.roles.clone(),
            codecs: measured.codecs.clone(),
            bandwidth: measured.peak,
            average_bandwidth: measured.average,
            playlist: format!("{}/{}", step.key(), hls::PLAYLIST),
        };
        Ok(Done::Audio { rendition })
    }

    async fn captions(&self, folder: &Path) -> Result<Done, ImportError> {
        let (path, beside) = (&self.film.source.path, &self.film.source.sidecars);
        let text = &self.film.probe.text;
        let (tracks, warnings) = text::convert(&self.importer.tools, path, text, beside, folder, self.limits()).await?;
        if !warnings.is_empty() && disk::is_full(&self.importer.work) {
            return Err(ImportError::Full("the work folder"));
        }
        Ok(Done::Captions { tracks, warnings })
    }

    async fn artwork(&self, folder: &Path) -> Result<Done, ImportError> {
        let (rung, seconds) = (self.plan.pictures, self.manifest.duration_seconds);
        let art = pictures::artwork(&self.importer.tools, &self.folder_of(rung), rung, seconds, folder).await?;
        Ok(Done::Artwork { poster: art.poster, backdrop: art.backdrop })
    }

    async fn storyboard(&self, folder: &Path) -> Result<Done, ImportError> {
        let (rung, seconds) = (self.plan.first, self.manifest.duration_seconds);
        let sheets = pictures::storyboard(&self.importer.tools, &self.folder_of(rung), rung, seconds, folder).await?;
        Ok(Done::Storyboard { sheets })
    }

    /// A film that was cut off holds less than its picture promises.
    fn is_whole(&self, seconds: f64) -> Result<(), ImportError> {
        let promised = self.film.probe.promised.unwrap_or(seconds);
        if seconds + 2.0 >= promised * 0.9 {
            return Ok(());
        }
        Err(ImportError::Broken(format!("it promises {promised:.0} seconds and holds {seconds:.0}")))
    }

    /// The warning in place of what a step did not make; the error where the film cannot be had without it, or where the
    /// file is not what failed.
    fn without(&self, step: &Step, error: ImportError) -> Result<String, ImportError> {
        let error = error.or_full(&self.importer.work);
        let slow = matches!(error, ImportError::Tool(ToolError::TimedOut { .. } | ToolError::TooMuch { .. }));
        match step {
            Step::Video(_) | Step::Captions => Err(error),
            Step::Audio { .. } if !error.is_of_the_file() => Err(error),
            Step::Artwork | Step::Storyboard if !error.is_of_the_file() && !slow => Err(error),
            Step::Audio { track, .. } => {
                tracing::warn!(%error, stream = track.stream, "a sound track is left out");
                let known = self.film.probe.audio.iter().find(|stream| stream.index == track.stream);
                let called = known.map_or(String::new(), sound::called);
                Ok(format!("sound track {} ({called}) holds nothing that can be decoded, and is left out", track.stream))
            }
            Step::Artwork => {
                tracing::warn!(%error, "poster and backdrop are left out");
                Ok("no poster and no backdrop could be taken from the film".to_owned())
            }
            Step::Storyboard => {
                tracing::warn!(%error, "the storyboard is left out");
                Ok("no pictures for the seek bar could be taken from the film".to_owned())
            }
        }
    }
}

/// A folder that is deleted with this, as far as the system lets it: an encoder that is being killed may write its last file
/// there. What stays is deleted by the next import.
struct Unfinished<'a>(Option<&'a Path>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let Some(folder) = self.0 else { return };
        for _ in 0..3 {
            if std::fs::remove_dir_all(folder).is_ok() || !folder.exists() {
                return;
            }
        }
    }
}

async fn measure(folder: &Path, trouble: &'static str) -> Result<hls::Measured, ImportError> {
    let folder = folder.to_owned();
    blocking(move || hls::measure(&folder).ok_or_else(|| ImportError::Broken(trouble.to_owned()))).await
}
