//! The import of one film: probe, make each step, store it, publish the manifest as it grows.
//!
//! Owns the promise that a kill at any moment costs at most the step in work, that a second run changes nothing, and that
//! what plays is not touched by what is to replace it. Must never publish what is not stored, and never leave a file's trouble
//! without words.

use std::path::{Path, PathBuf};

use contract::ids::TitleId;

use super::{
    argv::Input,
    candidate::Candidate,
    error::ImportError,
    fingerprint::Fingerprint,
    generation::Generation,
    hls,
    journal::{Done, Journal},
    manifest::{AudioRendition, MediaManifest, SCHEMA, VideoRendition},
    pictures,
    placement::{Placed, Placements},
    plan::{Plan, Step, plan},
    progress::{Progress, Update},
    run::{Limits, Tools, encode},
    sink::{CatalogueSink, Packaged},
    sound,
    store::MediaStore,
    text, video,
};

/// A film that is in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub title: TitleId,
    pub generation: Generation,
    pub manifest: MediaManifest,
    /// It was there already.
    pub unchanged: bool,
}

/// What a person asked for beside the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Where a title has a film of another content, this one takes its place.
    pub replace: bool,
}

/// Imports films into one store.
#[derive(Clone)]
pub struct Importer {
    pub(super) tools: Tools,
    store: MediaStore,
    placements: Placements,
    work: PathBuf,
    choices: Choices,
}

impl Importer {
    /// `work` is a folder for what is not stored yet; it may need as much room as the largest rendition of a film.
    pub fn new(tools: Tools, store: MediaStore, placements: Placements, work: PathBuf) -> Self {
        Self { tools, store, placements, work, choices: Choices::default() }
    }

    #[must_use]
    pub fn with(self, choices: Choices) -> Self {
        Self { choices, ..self }
    }

    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Where what is not stored yet is kept.
    pub fn work(&self) -> &Path {
        &self.work
    }

    /// What plays of a title, with its manifest; nothing where that cannot be read.
    pub async fn playing(&self, title: &TitleId) -> Result<Option<(Placed, MediaManifest)>, ImportError> {
        let placed = match self.placements.record(title).await? {
            Some(record) => record.current,
            None => self.placements.adopt(title, &self.store).await?,
        };
        let Some(placed) = placed else { return Ok(None) };
        let manifest = self.store.manifest(title, placed.generation).await?;
        Ok(manifest.filter(|manifest| manifest.schema == SCHEMA).map(|manifest| (placed, manifest)))
    }

    /// Packages a film, or goes on where an earlier run was ended, or finds that all is done.
    pub async fn import(
        &self,
        film: &Candidate,
        sink: &dyn CatalogueSink,
        progress: &dyn Progress,
    ) -> Result<Imported, ImportError> {
        let title = sink.title_for(film).await.map_err(ImportError::Title)?;
        self.package(film, title, sink, progress).await
    }

    /// As [`Importer::import`], for a title that is known.
    pub async fn package(
        &self,
        film: &Candidate,
        title: TitleId,
        sink: &dyn CatalogueSink,
        progress: &dyn Progress,
    ) -> Result<Imported, ImportError> {
        let packaged = self.package_or_fail(film, title, sink, progress).await;
        packaged.map_err(|error| error.or_full(&self.work))
    }

    async fn package_or_fail(
        &self,
        film: &Candidate,
        title: TitleId,
        sink: &dyn CatalogueSink,
        progress: &dyn Progress,
    ) -> Result<Imported, ImportError> {
        let content = &film.fingerprint.content;
        let playing = self.playing(&title).await?;
        if let Some((placed, manifest)) = &playing {
            if placed.content != *content && !self.choices.replace {
                return Err(ImportError::Occupied { title, file_name: manifest.source.file_name.clone() });
            }
            if placed.content == *content && manifest.complete {
                return self.found(film, title, (placed, manifest), sink).await;
            }
        }
        let folder = self.work_folder(film, &title);
        let mut journal = blocking(move || Journal::open(&folder)).await?;
        let generation = self.placements.begin(&title, content, journal.generation()).await?;
        journal.store_under(generation)?;
        // Read again: what was put in place before this import was known to be at work is what it replaces.
        let over = self.placements.current(&title).await?.map(|placed| placed.generation);
        let revision = self.store.manifest(&title, generation).await?.map_or(0, |manifest| manifest.revision);
        let plan = plan(&film.probe, &film.source);
        let manifest = MediaManifest::begin(film, revision);
        // What plays, whole or in part, plays on until there is all of what replaces it.
        let is_early = playing.is_none() || over == Some(generation);
        let target = Target { title, generation, over, is_early };
        let run = Run { importer: self, film, target, sink, progress, plan, journal, manifest };
        run.all().await
    }

    /// The title is part of the name: one file for two titles is packaged for each. The file's name is not, unless an older
    /// build began.
    fn work_folder(&self, film: &Candidate, title: &TitleId) -> PathBuf {
        let Fingerprint { content, key, .. } = &film.fingerprint;
        let begun = self.work.join(format!("{key}-{title}"));
        let short = content.get(..32).unwrap_or(content);
        if begun.is_dir() { begun } else { self.work.join(format!("{short}-{title}")) }
    }

    /// The film is there as a whole, perhaps under another name.
    async fn found(
        &self,
        film: &Candidate,
        title: TitleId,
        (placed, manifest): (&Placed, &MediaManifest),
        sink: &dyn CatalogueSink,
    ) -> Result<Imported, ImportError> {
        let generation = placed.generation;
        let packaged = Packaged { title: &title, generation, manifest, file_name: &film.source.file_name };
        sink.on_packaged(packaged).await.map_err(ImportError::Title)?;
        self.placements.told(&title, generation).await?;
        Ok(Imported { title, generation, manifest: manifest.clone(), unchanged: true })
    }
}

/// Where what is made is stored, and when it is shown.
struct Target {
    title: TitleId,
    generation: Generation,
    /// What plays, and is to be replaced.
    over: Option<Generation>,
    /// It is shown as soon as it can be watched, not only when it is whole.
    is_early: bool,
}

/// One film on its way.
struct Run<'a> {
    importer: &'a Importer,
    film: &'a Candidate,
    target: Target,
    sink: &'a dyn CatalogueSink,
    progress: &'a dyn Progress,
    plan: Plan,
    journal: Journal,
    manifest: MediaManifest,
}

impl Run<'_> {
    async fn all(mut self) -> Result<Imported, ImportError> {
        let steps = self.plan.steps.clone();
        for (index, step) in steps.iter().enumerate() {
            self.tell(index, 0.0);
            let fresh = match self.done_before(step) {
                Some(done) => {
                    self.apply(done);
                    false
                }
                None => {
                    let done = self.do_step(index, step).await?;
                    self.apply(done);
                    true
                }
            };
            self.manifest.complete = index + 1 == steps.len();
            let watchable = self.target.is_early && index + 1 >= self.plan.until_watchable;
            if self.manifest.complete || (fresh && watchable) {
                self.publish().await?;
            }
        }
        self.tell(steps.len(), 0.0);
        self.journal.close();
        let Target { title, generation, .. } = self.target;
        Ok(Imported { title, generation, manifest: self.manifest, unchanged: false })
    }

    /// What a step came to in an earlier run, if its files are still where they are needed.
    fn done_before(&self, step: &Step) -> Option<Done> {
        let done = self.journal.stored(&step.key())?;
        let is_first = *step == Step::Video(self.plan.first);
        let gone = is_first && self.first_is_needed() && !self.first_folder().is_dir();
        (!gone).then(|| done.clone())
    }

    fn first_is_needed(&self) -> bool {
        [Step::Artwork, Step::Storyboard].iter().any(|step| self.journal.stored(&step.key()).is_none())
    }

    fn first_folder(&self) -> PathBuf {
        self.journal.made(&Step::Video(self.plan.first).key())
    }

    async fn do_step(&mut self, index: usize, step: &Step) -> Result<Done, ImportError> {
        let key = step.key();
        let done = match self.journal.made_already(&key) {
            Some(done) => done,
            None => {
                let folder = self.journal.begin(&key)?;
                let done = self.make(index, step, &folder).await?;
                self.journal.finish(&key, &folder, &done)?;
                done
            }
        };
        let Target { title, generation, .. } = &self.target;
        self.importer.store.put_folder(title, *generation, &step.prefix(), &self.journal.made(&key)).await?;
        self.journal.record(&key, done.clone())?;
        if *step != Step::Video(self.plan.first) {
            self.journal.forget_files(&key);
        }
        Ok(done)
    }

    async fn make(&self, index: usize, step: &Step, folder: &Path) -> Result<Done, ImportError> {
        let tools = &self.importer.tools;
        let film = &self.film.probe.video;
        let path = &self.film.source.path;
        let promised = self.film.probe.duration.unwrap_or(0.0);
        let limits = Limits::film(promised, film.pixels());
        let mut at = |seconds: f64| self.tell(index, seconds / promised.max(1.0));
        match step {
            Step::Video(rung) => {
                let argv = video::rendition(tools, Input::Source(path), film, *rung, limits).within(folder);
                encode(tools, argv, &mut at).await?;
                let measured = measure(folder, "no picture in it can be decoded").await?;
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
            Step::Audio { track, .. } => {
                let argv = sound::rendition(tools, Input::Source(path), track, limits).within(folder);
                encode(tools, argv, &mut at).await?;
                let measured = measure(folder, "a sound track in it cannot be decoded").await?;
                let rendition = AudioRendition {
                    name: track.name.clone(),
                    language: track.language.clone(),
                    channels: track.layout.channels(),
                    default: track.default,
                    codecs: measured.codecs.clone(),
                    bandwidth: measured.peak,
                    average_bandwidth: measured.average,
                    playlist: format!("{}/{}", step.key(), hls::PLAYLIST),
                };
                Ok(Done::Audio { rendition })
            }
            Step::Captions => {
                let (text, beside) = (&self.film.probe.text, &self.film.source.sidecars);
                let (tracks, warnings) = text::convert(tools, path, text, beside, folder, limits).await?;
                Ok(Done::Captions { tracks, warnings })
            }
            Step::Artwork => {
                let seconds = self.manifest.duration_seconds;
                let art = pictures::artwork(tools, path, film, &self.first_folder(), seconds, folder).await?;
                Ok(Done::Artwork { poster: art.poster, backdrop: art.backdrop })
            }
            Step::Storyboard => {
                let (first, seconds) = (self.plan.first, self.manifest.duration_seconds);
                let sheets = pictures::storyboard(tools, &self.first_folder(), first, seconds, folder).await?;
                Ok(Done::Storyboard { sheets })
            }
        }
    }

    /// A file that was cut off holds less than its beginning promises.
    fn is_whole(&self, seconds: f64) -> Result<(), ImportError> {
        let promised = self.film.probe.video.duration.or(self.film.probe.duration).unwrap_or(seconds);
        if seconds + 2.0 >= promised * 0.9 {
            return Ok(());
        }
        Err(ImportError::Broken(format!("it promises {promised:.0} seconds and holds {seconds:.0}")))
    }

    fn apply(&mut self, done: Done) {
        let manifest = &mut self.manifest;
        match done {
            Done::Video { rendition, seconds, target } => {
                if manifest.renditions.is_empty() {
                    manifest.duration_seconds = seconds;
                }
                manifest.segment_seconds = manifest.segment_seconds.max(target);
                manifest.renditions.push(rendition);
                manifest.renditions.sort_by_key(|rendition| rendition.height);
            }
            Done::Audio { rendition } => manifest.audio.push(rendition),
            Done::Captions { tracks, warnings } => {
                manifest.captions = tracks;
                manifest.warnings.extend(warnings);
            }
            Done::Storyboard { sheets } => manifest.storyboard = Some(sheets),
            Done::Artwork { poster, backdrop } => {
                manifest.poster = poster;
                manifest.backdrop = backdrop;
            }
        }
    }

    /// Shows what is stored. Who was told that it is to be withdrawn takes it away again.
    async fn publish(&mut self) -> Result<(), ImportError> {
        match self.swap_in().await {
            Err(error @ ImportError::Withdrawn) => {
                let Target { title, generation, .. } = &self.target;
                self.importer.placements.give_up(title, *generation).await?;
                self.importer.store.delete(title, *generation).await?;
                Err(error)
            }
            outcome => outcome,
        }
    }

    /// The manifest, then the pointer to it, then the catalogue; what a kill leaves undone is due.
    async fn swap_in(&mut self) -> Result<(), ImportError> {
        self.manifest.revision += 1;
        let (store, placements) = (&self.importer.store, &self.importer.placements);
        let Target { title, generation, over, .. } = &self.target;
        if *over == Some(*generation) {
            // It plays: that there is more to tell of is noted before there is.
            placements.publish(title, *generation, *over).await?;
            store.put_manifest(title, *generation, &self.manifest).await?;
        } else {
            store.put_manifest(title, *generation, &self.manifest).await?;
            placements.publish(title, *generation, *over).await?;
        }
        let (manifest, file_name) = (&self.manifest, &self.film.source.file_name);
        let packaged = Packaged { title, generation: *generation, manifest, file_name };
        self.sink.on_packaged(packaged).await.map_err(ImportError::Title)?;
        placements.told(title, *generation).await?;
        self.target.over = Some(*generation);
        Ok(())
    }

    fn tell(&self, index: usize, part: f64) {
        let pixels = self.film.probe.video.pixels();
        let steps = &self.plan.steps;
        let weigh = |steps: &[Step]| steps.iter().map(|step| step.weight(pixels)).sum::<f64>();
        let current = steps.get(index).map_or(0.0, |step| step.weight(pixels) * part.clamp(0.0, 1.0));
        self.progress.update(&Update {
            file_name: &self.film.source.file_name,
            step: &steps.get(index).map(Step::words).unwrap_or_default(),
            steps_done: index,
            steps: steps.len(),
            fraction: (weigh(&steps[..index.min(steps.len())]) + current) / weigh(steps),
            watchable: index >= self.plan.until_watchable,
        });
    }
}

async fn measure(folder: &Path, trouble: &'static str) -> Result<hls::Measured, ImportError> {
    let folder = folder.to_owned();
    blocking(move || hls::measure(&folder).ok_or_else(|| ImportError::Broken(trouble.to_owned()))).await
}

/// Runs what blocks where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(ImportError::Work(error.into())))
}
