//! The import as a whole, with real ffmpeg and small films that the tests make themselves.

mod pictures;
mod power_cut;
mod refused;
mod replacing;
mod resume;
mod rough;
mod tracks;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use contract::ids::TitleId;
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory};
use runtime::clock::Clock;
use storage::{
    documents::{Documents, sqlite::SqliteDocuments},
    events::Events,
    sqlite::Sqlite,
};

use super::{
    candidate::Candidate,
    error::ImportError,
    generation::Generation,
    import::{Choices, Imported, Importer},
    library::Outcome,
    manifest::MediaManifest,
    placement::Placements,
    progress::{Progress, Silent},
    run::Tools,
    sink::{CatalogueSink, Packaged},
    store::MediaStore,
};

/// A folder of films, a store, and a catalogue that remembers what it was told.
struct Bench {
    folder: tempfile::TempDir,
    work: tempfile::TempDir,
    objects: Arc<InMemory>,
    placements: Placements,
    documents: Arc<dyn Documents>,
    importer: Importer,
    catalogue: Catalogue,
    /// What the placements' clock says, in milliseconds since 1970.
    now: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

#[derive(Default)]
struct Catalogue {
    told: Mutex<Vec<(TitleId, Generation, MediaManifest)>>,
    /// The title of every film, where it is not one of the film's own.
    only: Mutex<Option<TitleId>>,
}

#[async_trait::async_trait]
impl CatalogueSink for Catalogue {
    async fn title_for(&self, film: &Candidate) -> Result<TitleId, String> {
        let own = format!("f{}", &film.fingerprint.content[..24]).parse().unwrap();
        Ok(self.only.lock().unwrap().clone().unwrap_or(own))
    }

    async fn on_packaged(&self, packaged: Packaged<'_>) -> Result<(), String> {
        let Packaged { title, location, manifest, .. } = packaged;
        self.told.lock().unwrap().push((title.clone(), location.generation, manifest.clone()));
        Ok(())
    }
}

impl Bench {
    fn new() -> Self {
        let objects = Arc::new(InMemory::new());
        let (work, documents) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let now = Arc::new(AtomicU64::new(Clock::default().millis()));
        let said = Arc::clone(&now);
        let clock = Clock::new(move || UNIX_EPOCH + Duration::from_millis(said.load(Ordering::Relaxed)));
        let sqlite = Sqlite::open(&documents.path().join("marquee.db"), Events::default()).unwrap();
        let store: Arc<dyn Documents> = Arc::new(SqliteDocuments::new(sqlite));
        let placements = Placements::new(Arc::clone(&store), clock);
        let media = MediaStore::new(objects.clone());
        let importer = Importer::new(Tools::default(), media, placements.clone(), work.path().to_owned());
        let (folder, catalogue) = (tempfile::tempdir().unwrap(), Catalogue::default());
        Self { folder, work, objects, placements, documents: store, importer, catalogue, now, _folder: documents }
    }

    fn media(&self) -> MediaStore {
        MediaStore::new(self.objects.clone())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a film in the folder with ffmpeg; `args` go before its name.
    fn film(&self, name: &str, args: &[&str]) -> PathBuf {
        let path = self.path(name);
        make(args, &path);
        path
    }

    async fn import(&self, path: &Path) -> Vec<Outcome> {
        self.import_told(path, &Silent).await
    }

    async fn import_told(&self, path: &Path, progress: &dyn Progress) -> Vec<Outcome> {
        self.importer.import_path(path, &self.catalogue, progress).await
    }

    /// Imports one film that is expected to come out.
    async fn imported(&self, path: &Path) -> Imported {
        let mut outcomes = self.import(path).await;
        assert_eq!(outcomes.len(), 1);
        outcomes.pop().unwrap().result.unwrap()
    }

    /// Imports one file that is expected to be refused.
    async fn refused(&self, path: &Path) -> ImportError {
        let mut outcomes = self.import(path).await;
        assert_eq!(outcomes.len(), 1);
        outcomes.pop().unwrap().result.unwrap_err()
    }

    /// Of the generation that plays.
    async fn object(&self, title: &TitleId, name: &str) -> Vec<u8> {
        let generation = self.placements.current(title).await.unwrap().unwrap().generation;
        let found = self.objects.get(&MediaStore::key(title, generation, name)).await.unwrap();
        found.bytes().await.unwrap().to_vec()
    }

    async fn text(&self, title: &TitleId, name: &str) -> String {
        String::from_utf8(self.object(title, name).await).unwrap()
    }

    /// Every object and how often it was put, sorted by key.
    async fn objects(&self) -> Vec<(String, Option<String>)> {
        use futures::TryStreamExt;
        let mut all: Vec<_> = self.objects.list(None).try_collect::<Vec<_>>().await.unwrap();
        all.sort_by(|a, b| a.location.cmp(&b.location));
        all.into_iter().map(|object| (object.location.to_string(), object.e_tag)).collect()
    }

    /// One rendition as a file of its own.
    async fn whole(&self, title: &TitleId, playlist: &str) -> PathBuf {
        let folder = playlist.split('/').next().unwrap();
        let mut bytes = self.object(title, &format!("{folder}/init.mp4")).await;
        for line in self.text(title, playlist).await.lines().filter(|line| line.ends_with(".m4s")) {
            bytes.extend(self.object(title, &format!("{folder}/{line}")).await);
        }
        let path = self.work.path().join(format!("{folder}.mp4"));
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn make(args: &[&str], path: &Path) {
    let output = Command::new("ffmpeg").args(["-nostdin", "-v", "error", "-y"]).args(args).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Answers of ffprobe on a file of ours, one line each: `key=value`.
fn facts(path: &Path, entries: &str) -> String {
    let ask = ["-v", "error", "-of", "default=nw=1", "-show_entries", entries];
    let output = Command::new("ffprobe").args(ask).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// One picture of a file at some second, as red, green and blue bytes.
fn picture(path: &Path, at: &str, chain: &str) -> Vec<u8> {
    let args = ["-vf", chain, "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"];
    let output = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(["-ss", at]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The lengths of a playlist's segments.
fn lengths(playlist: &str) -> Vec<f64> {
    let lines = playlist.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
    lines.map(|rest| rest.trim_end_matches(',').parse().unwrap()).collect()
}

const QUICK: [&str; 6] = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

/// The arguments for a test picture of this size and length.
fn drawn(size: &str, seconds: u32) -> Vec<String> {
    let graph = format!("testsrc2=s={size}:r=25:d={seconds}");
    let mut args = vec!["-f".to_owned(), "lavfi".to_owned(), "-i".to_owned(), graph];
    args.extend(QUICK.map(str::to_owned));
    args
}

/// [`drawn`] with further arguments.
fn args<'a>(drawn: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    drawn.iter().map(String::as_str).chain(more.iter().copied()).collect()
}
