//! The import of one film: probe, make each step, store it, publish the manifest as it grows.
//!
//! Owns the promise that a kill at any moment costs at most the step in work, and that a second run changes nothing.
//! Must never publish what is not stored, and never leave a file's trouble without words.

mod make;

use std::path::{Path, PathBuf};

use contract::ids::TitleId;

use super::{
    argv::Argv,
    collect::Source,
    error::ImportError,
    fingerprint::{Fingerprint, fingerprint},
    journal::{Done, Journal},
    ladder::Rung,
    manifest::{ChapterMark, MediaManifest, SCHEMA, SourceFacts},
    plan::{Plan, Step, plan},
    probe::{DynamicRange, Probe, probe},
    progress::{Progress, Update},
    run::{Limits, Tools, capture},
    sound,
    store::MediaStore,
};

/// Told of a film that has sound, none of which came out.
const SILENT: &str = "none of its sound can be decoded: the film is silent here";

/// A film that was looked at and can be imported.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub source: Source,
    pub probe: Probe,
    pub fingerprint: Fingerprint,
}

/// Where the import tells of titles: the catalogue, for whoever calls.
#[async_trait::async_trait]
pub trait Titles: Send + Sync {
    /// The title that this film belongs to, made if need be; the same for the same film on every run
    /// ([`Fingerprint::title`] is an id that is so). An error is said to the person and ends this film's import.
    async fn title_for(&self, film: &Candidate) -> Result<TitleId, String>;

    /// More of the title can be watched than before: called for every revision of its manifest, the last one with
    /// `complete`, and for a complete one again on every later run.
    async fn packaged(&self, title: &TitleId, manifest: &MediaManifest) -> Result<(), String>;
}

/// A film that is in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub title: TitleId,
    pub manifest: MediaManifest,
    /// It was there already.
    pub unchanged: bool,
}

/// Imports films into one store.
#[derive(Clone, Debug)]
pub struct Importer {
    pub(super) tools: Tools,
    store: MediaStore,
    work: PathBuf,
}

impl Importer {
    /// `work` is a folder for what is not stored yet; it may need as much room as the largest rendition of a film.
    pub fn new(tools: Tools, store: MediaStore, work: PathBuf) -> Self {
        Self { tools, store, work }
    }

    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    pub fn store(&self) -> &MediaStore {
        &self.store
    }

    /// Where what is not stored yet is kept.
    pub fn work(&self) -> &Path {
        &self.work
    }

    /// Looks into a file: what it holds, and what it is known by.
    pub async fn look(&self, source: Source) -> Result<Candidate, ImportError> {
        let probe = probe(&self.tools, &source.path).await?;
        if probe.video.range != DynamicRange::Standard {
            self.can_map_tones(probe.video.range).await?;
        }
        let (path, name) = (source.path.clone(), source.file_name.clone());
        let fingerprint = blocking(move || fingerprint(&path, &name).map_err(ImportError::Unreadable)).await?;
        Ok(Candidate { source, probe, fingerprint })
    }

    /// Packages a film, or goes on where an earlier run was ended, or finds that all is done.
    pub async fn import(&self, film: &Candidate, titles: &dyn Titles, progress: &dyn Progress) -> Result<Imported, ImportError> {
        let title = titles.title_for(film).await.map_err(ImportError::Title)?;
        self.package(film, title, titles, progress).await
    }

    /// As [`Importer::import`], for a title that is known.
    pub async fn package(
        &self,
        film: &Candidate,
        title: TitleId,
        titles: &dyn Titles,
        progress: &dyn Progress,
    ) -> Result<Imported, ImportError> {
        let packaged = self.package_or_fail(film, title, titles, progress).await;
        packaged.map_err(|error| error.or_full(&self.work))
    }

    async fn package_or_fail(
        &self,
        film: &Candidate,
        title: TitleId,
        titles: &dyn Titles,
        progress: &dyn Progress,
    ) -> Result<Imported, ImportError> {
        let mut revision = 0;
        if let Some(there) = self.store.manifest(&title).await? {
            let same = there.schema == SCHEMA && is_of(&there.source, film);
            if same && there.complete {
                titles.packaged(&title, &there).await.map_err(ImportError::Title)?;
                return Ok(Imported { title, manifest: there, unchanged: true });
            }
            revision = there.revision;
            if !same {
                self.store.clear(&title).await?;
            }
        }
        // The title is part of the name: one file for two titles is packaged for each.
        let folder = self.work.join(format!("{}-{title}", film.fingerprint.key));
        let journal = blocking(move || Journal::open(&folder)).await?;
        let plan = plan(&film.probe, &film.source);
        let manifest = empty_manifest(film, revision);
        let run = Run { importer: self, film, title, titles, progress, plan, journal, manifest };
        run.all().await
    }

    async fn can_map_tones(&self, range: DynamicRange) -> Result<(), ImportError> {
        let ask = Argv::ffmpeg(&self.tools, Limits::QUICK).arg("-filters");
        let answer = capture(ask, 1 << 20).await?;
        if String::from_utf8_lossy(&answer).contains(" zscale ") {
            return Ok(());
        }
        Err(ImportError::ToneMapping(match range {
            DynamicRange::Hlg => "HDR (HLG)",
            DynamicRange::Pq | DynamicRange::Standard => "HDR (PQ)",
        }))
    }
}

fn warn_once(warnings: &mut Vec<String>, warning: String) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

fn is_of(facts: &SourceFacts, film: &Candidate) -> bool {
    facts.fingerprint == film.fingerprint.content && facts.file_name == film.source.file_name
}

/// One film on its way.
struct Run<'a> {
    importer: &'a Importer,
    film: &'a Candidate,
    title: TitleId,
    titles: &'a dyn Titles,
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
            let watchable = index + 1 >= self.plan.until_watchable;
            if self.manifest.complete || (fresh && watchable) {
                self.publish().await?;
            }
        }
        self.tell(steps.len(), 0.0);
        self.journal.close();
        Ok(Imported { title: self.title, manifest: self.manifest, unchanged: false })
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
        self.importer.store.put_folder(&self.title, &step.prefix(), &self.journal.made(&key)).await?;
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

    async fn publish(&mut self) -> Result<(), ImportError> {
        sound::settle_default(&mut self.manifest.audio);
        if self.manifest.audio.is_empty() && !self.film.probe.audio.is_empty() {
            warn_once(&mut self.manifest.warnings, SILENT.to_owned());
        }
        self.manifest.revision += 1;
        self.importer.store.put_manifest(&self.title, &self.manifest).await?;
        self.titles.packaged(&self.title, &self.manifest).await.map_err(ImportError::Title)
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

fn empty_manifest(film: &Candidate, revision: u32) -> MediaManifest {
    let chapters = film.probe.chapters.iter().cloned();
    MediaManifest {
        schema: SCHEMA,
        revision,
        complete: false,
        duration_seconds: 0.0,
        segment_seconds: 0,
        renditions: Vec::new(),
        audio: Vec::new(),
        captions: Vec::new(),
        storyboard: None,
        poster: None,
        backdrop: None,
        chapters: chapters.map(|chapter| ChapterMark { title: chapter.title, start: chapter.start }).collect(),
        source: SourceFacts {
            file_name: film.source.file_name.clone(),
            size: film.fingerprint.size,
            fingerprint: film.fingerprint.content.clone(),
            height: film.probe.video.height.try_into().unwrap_or(u16::MAX),
            width: film.probe.video.width.try_into().unwrap_or(u16::MAX),
        },
        warnings: film.probe.warnings.clone(),
    }
}

/// Runs what blocks where blocking is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(ImportError::Work(error.into())))
}
