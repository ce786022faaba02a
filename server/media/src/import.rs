//! The import of one film: probe, make each step, store it, publish the manifest as it grows.
//!
//! Owns the promise that a kill at any moment costs at most the step in work, that a second run changes nothing, and that
//! what plays is not touched by what is to replace it. Must never publish what is not stored, and never leave a file's trouble
//! without words.

mod make;

use std::path::{Path, PathBuf};

use contract::ids::TitleId;

use super::{
    candidate::Candidate,
    error::ImportError,
    fingerprint::Fingerprint,
    generation::Generation,
    journal::{self, Done, Journal},
    ladder::Rung,
    location::Location,
    manifest::{MediaManifest, SCHEMA},
    placement::{Begun, Placed, Placements},
    plan::{Plan, Step, plan},
    progress::{Progress, Update},
    run::Tools,
    sink::{CatalogueSink, Packaged},
    sound,
    store::MediaStore,
};

/// Told of a film that has sound, none of which came out.
const SILENT: &str = "none of its sound can be decoded: the film is silent here";

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
        let placements = placements.within(&store);
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

    /// Deletes what imports of these titles left in the work folder.
    ///
    /// # Errors
    /// What the file system says; what is left is tried again the next time.
    pub async fn clear_work(&self, is_gone: impl Fn(&str) -> bool + Send + 'static) -> Result<(), ImportError> {
        let work = self.work.clone();
        blocking(move || journal::clear(&work, is_gone).map_err(ImportError::Work)).await
    }

    /// What plays of a title, with its manifest; nothing where that cannot be read.
    pub async fn playing(&self, title: &TitleId) -> Result<Option<(Placed, MediaManifest)>, ImportError> {
        let placed = match self.placements.record(title).await? {
            Some(record) => record.current,
            None => self.placements.adopt(title, &self.store).await?,
        };
        let Some(placed) = placed else { return Ok(None) };
        let manifest = self.store.manifest(title, placed.location()).await?;
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
                return self.found(title, (placed, manifest), &film.source.file_name, sink).await;
            }
        }
        let folder = self.work_folder(film, &title);
        let mut journal = blocking(move || Journal::open(&folder)).await?;
        let Begun { generation, store, over } = self.placements.begin(&title, content, journal.generation()).await?;
        let location = Location { generation, store };
        journal.store_under(generation)?;
        let revision = self.store.manifest(&title, location).await?.map_or(0, |manifest| manifest.revision);
        let plan = plan(&film.probe, &film.source);
        let manifest = MediaManifest::begin(film, revision);
        // What plays, whole or in part, plays on until there is all of what replaces it.
        let is_early = playing.is_none() || over == Some(generation);
        let target = Target { title, location, over, is_early };
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

    /// What plays is the film as a whole, whose file may have another name by now.
    pub async fn found(
        &self,
        title: TitleId,
        (placed, manifest): (&Placed, &MediaManifest),
        file_name: &str,
        sink: &dyn CatalogueSink,
    ) -> Result<Imported, ImportError> {
        let generation = placed.generation;
        let packaged = Packaged { title: &title, location: placed.location(), manifest, file_name };
        sink.on_packaged(packaged).await.map_err(ImportError::Title)?;
        self.placements.told(&title, generation, None).await?;
        Ok(Imported { title, generation, manifest: manifest.clone(), unchanged: true })
    }
}

fn warn_once(warnings: &mut Vec<String>, warning: String) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// Where what is made is stored, and when it is shown.
struct Target {
    title: TitleId,
    location: Location,
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
        let Target { title, location, .. } = self.target;
        Ok(Imported { title, generation: location.generation, manifest: self.manifest, unchanged: false })
    }

    /// What a step came to in an earlier run, if its files are still where they are needed.
    fn done_before(&self, step: &Step) -> Option<Done> {
        let done = self.journal.stored(&step.key())?;
        let gone = self.is_needed(step) && !self.journal.made(&step.key()).is_dir();
        (!gone).then(|| done.clone())
    }

    /// Whether another step has yet to read the files of this one.
    fn is_needed(&self, step: &Step) -> bool {
        match step {
            Step::Video(rung) => self.plan.readers(*rung).any(|reader| self.journal.stored(&reader.key()).is_none()),
            Step::Audio { .. } | Step::Captions | Step::Artwork | Step::Storyboard => false,
        }
    }

    /// Whether the files of `one` can go now that `step` is stored: its own, and those that it was the last to read.
    fn has_been_read(&self, one: &Step, step: &Step) -> bool {
        let read = match one {
            Step::Video(rung) => self.plan.readers(*rung).any(|reader| reader == step),
            Step::Audio { .. } | Step::Captions | Step::Artwork | Step::Storyboard => false,
        };
        (one == step || read) && !self.is_needed(one)
    }

    fn folder_of(&self, rung: Rung) -> PathBuf {
        self.journal.made(&Step::Video(rung).key())
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
        let Target { title, location, .. } = &self.target;
        self.importer.store.put_folder(title, *location, &step.prefix(), &self.journal.made(&key)).await?;
        self.journal.record(&key, done.clone())?;
        for step in self.plan.steps.iter().filter(|one| self.has_been_read(one, step)) {
            self.journal.forget_files(&step.key());
        }
        Ok(done)
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
            // Two tracks are made of one in surround sound, and both fail alike.
            Done::LeftOut { warning } => warn_once(&mut manifest.warnings, warning),
        }
    }

    /// Shows what is stored. Who was told that it is to be withdrawn takes it away again.
    async fn publish(&mut self) -> Result<(), ImportError> {
        sound::settle_default(&mut self.manifest.audio);
        if self.manifest.audio.is_empty() && !self.film.probe.audio.is_empty() {
            warn_once(&mut self.manifest.warnings, SILENT.to_owned());
        }
        match self.swap_in().await {
            Err(error @ ImportError::Withdrawn) => {
                let Target { title, location, .. } = &self.target;
                self.importer.placements.give_up(title, location.generation).await?;
                self.importer.store.delete(title, *location).await?;
                Err(error)
            }
            outcome => outcome,
        }
    }

    /// The manifest, then the pointer to it, then the catalogue; what a kill leaves undone is due.
    async fn swap_in(&mut self) -> Result<(), ImportError> {
        self.manifest.revision += 1;
        let (store, placements) = (&self.importer.store, &self.importer.placements);
        let Target { title, location, over, .. } = &self.target;
        let generation = location.generation;
        if *over == Some(generation) {
            // It plays: that there is more to tell of is noted before there is.
            placements.publish(title, generation, *over).await?;
            store.put_manifest(title, *location, &self.manifest).await?;
        } else {
            store.put_manifest(title, *location, &self.manifest).await?;
            placements.publish(title, generation, *over).await?;
        }
        let (manifest, file_name) = (&self.manifest, &self.film.source.file_name);
        let packaged = Packaged { title, location: *location, manifest, file_name };
        self.sink.on_packaged(packaged).await.map_err(ImportError::Title)?;
        placements.told(title, generation, Some(store.extent(title, *location, &self.manifest).await?)).await?;
        self.target.over = Some(generation);
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

/// Runs what blocks where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(ImportError::Work(error.into())))
}
