//! What fifty who watch a title notice while gigabytes of it move to another object store, with the server killed on the way.
//!
//! On a film of its own, which is made as large as is wanted by objects that no playlist names: a move takes along all that lies in the
//! packaging. Whoever watches reads segments that it compares with what is on the disk.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{
    catalogue::library::Folder,
    figure::Figure,
    floods,
    http::{self, Connection},
    identity::quantile,
    server::Server,
};
use crate::{layout::Layout, process};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    megabytes: u64,
    viewers: usize,
    idle_seconds: u64,
    kills: u64,
    /// What the move may read and write a second.
    megabytes_a_second: u64,
    p99_times_idle: f64,
}

const MEGABYTE: u64 = 1_000_000;
/// Bytes of an object that makes the film larger: a segment of good video.
const OBJECT: u64 = 4 * MEGABYTE;
const OBJECT_BYTES: usize = 4_000_000;
/// What a viewer reads at once, and how often: 50 of them read 64 MB a second.
const PLACE: usize = 256 * 1024;
const PAUSE: Duration = Duration::from_millis(200);
/// A session that nobody says goes on ends after 90 s: another is begun before.
const SESSION: Duration = Duration::from_secs(45);
/// Between one look at how far the move is and the next.
const LOOK: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Beside the copy while it is made (`media::mover`).
const REMEMBERED: &str = "move.json";

/// The film, where it lies and where it is to lie.
struct Film {
    title: String,
    from: PathBuf,
    to: PathBuf,
    /// Segments by the path below the packaging.
    segments: Vec<(String, Vec<u8>)>,
}

/// What those who watch see.
struct Watched {
    address: RwLock<String>,
    /// The server was killed and does not answer yet: what breaks off then is no error of the move.
    is_down: AtomicBool,
    is_over: AtomicBool,
    times: Mutex<Vec<Duration>>,
    errors: AtomicU64,
    broken_off: AtomicU64,
    said: Mutex<Option<String>>,
}

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let source = layout.at("target/bench/film");
    floods::import_film(binary, &source)?;
    let folder = Folder::new(layout, "moving")?;
    process::run(Command::new("cp").arg("-a").arg(source.join("data")).arg(&folder.path))?;
    let flat = format!("file:{}", folder.path.join("flat").display());
    let rate = (profile.megabytes_a_second * MEGABYTE).to_string();
    let settings = [("MARQUEE_STORAGE__FLAT_OBJECTS", flat.as_str()), ("MARQUEE_STORAGE__MOVE_BYTES_PER_SECOND", rate.as_str())];
    let start = || Server::start_with(layout, binary, folder.name, &settings);

    let server = start()?;
    let film = film(&server.address, &folder.path)?;
    let bytes = grow(&film, profile.megabytes * MEGABYTE)?;
    let watched = Watched::new(&server.address);
    let (server, took, mut idle) = thread::scope(|scope| {
        let (watching, watched_film) = (&watched, &film);
        let watch = |number| scope.spawn(move || watching.watch(watched_film, number));
        let viewers: Vec<_> = (0..profile.viewers).map(watch).collect();
        let moved = (|| {
            // The first turn reads the film from the disk.
            for _ in 0..2 {
                watched.take_times();
                thread::sleep(Duration::from_secs(profile.idle_seconds));
            }
            let idle = watched.take_times();
            let mut request = Command::new(binary);
            request.arg("--data").arg(folder.path.join("data")).args(["title", "move", &film.title, "flat"]);
            process::capture(request.env("MARQUEE_STORAGE__FLAT_OBJECTS", &flat).current_dir(&folder.path))?;
            let begun = Instant::now();
            let mut server = server;
            for kill in 1..=profile.kills {
                wait("the next kill", || Ok(size(&film.to)? >= bytes * kill / (profile.kills + 1)))?;
                server = watched.killed(server, &start)?;
            }
            wait("the move's end", || Ok(film.to.join("manifest.json").is_file() && !film.to.join(REMEMBERED).exists()))?;
            Ok::<_, anyhow::Error>((server, begun.elapsed(), idle))
        })();
        watched.is_over.store(true, Relaxed);
        for viewer in viewers {
            viewer.join().map_err(|_| anyhow::anyhow!("a viewer broke off"))?;
        }
        moved
    })?;

    let mut beside = watched.take_times();
    ensure!(idle.len() >= 1000 && beside.len() >= 1000, "{} and {} segments are too few", idle.len(), beside.len());
    let differing = differing(&film)?;
    plays_from_there(&server.address, &film)?;
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (count, idle, beside) = (beside.len(), millis(quantile(&mut idle, 0.99)), millis(quantile(&mut beside, 0.99)));
    let (errors, broken_off) = (watched.errors.load(Relaxed), watched.broken_off.load(Relaxed));
    let said = watched.said.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    let told = format!("{beside:.1} ms of {count} beside the move, {idle:.1} ms idle");
    let kills = format!("{broken_off} broken off by {} kills; {said}", profile.kills);
    #[expect(clippy::cast_precision_loss, reason = "some gigabytes")]
    let (rate, errors, differing) = (bytes as f64 / MEGABYTE as f64 / took.as_secs_f64(), errors as f64, differing as f64);
    let name = format!("a segment's p99 beside a move of {} MB", profile.megabytes);
    Ok(vec![
        Figure::at_most(&name, beside / idle, "x idle", profile.p99_times_idle).beside(&told),
        Figure::at_most("errors of those who watch it", errors, "answers", 0.0).beside(&kills),
        Figure::at_most("objects that differ after it", differing, "objects", 0.0),
        Figure::told("moved, kills included", rate, "MB/s").beside("every byte is read, written and read back"),
    ])
}

/// The film that was imported, and its segments as they are on the disk.
fn film(address: &str, folder: &Path) -> Result<Film> {
    let page = http::get(address, "/api/v1/titles?watchable=true&limit=1", &[])?.json()?;
    let title = page["items"][0]["id"].as_str().context("there is no title that can be watched")?.to_owned();
    let below = folder.join("data/media/media").join(&title);
    let mut packagings = fs::read_dir(&below)?.filter_map(|entry| Some(entry.ok()?.file_name())).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with('g') && name.len() == 21
    });
    let packaging = packagings.next().context("the film has no packaging")?;
    let from = below.join(&packaging);
    let to = folder.join("flat/media").join(&title).join(&packaging);
    let is_segment = |(name, _): &(String, PathBuf)| name.starts_with('v') && name.contains("/seg_");
    let read = |(name, path): (String, PathBuf)| Ok((name, fs::read(path)?));
    let segments = files(&from)?.into_iter().filter(is_segment).map(read).collect::<Result<Vec<_>>>()?;
    ensure!(!segments.is_empty(), "the film has no segment");
    Ok(Film { title, from, to, segments })
}

/// Puts objects beside the film's until it is so large; how large it is.
fn grow(film: &Film, bytes: u64) -> Result<u64> {
    let folder = film.from.join("more");
    fs::create_dir_all(&folder)?;
    let mut object = vec![0; OBJECT_BYTES];
    for number in 0..bytes.saturating_sub(size(&film.from)?).div_ceil(OBJECT) {
        blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut object);
        fs::write(folder.join(format!("{number:05}.m4s")), &object)?;
    }
    size(&film.from)
}

impl Watched {
    fn new(address: &str) -> Self {
        Self {
            address: RwLock::new(address.to_owned()),
            is_down: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            times: Mutex::default(),
            errors: AtomicU64::new(0),
            broken_off: AtomicU64::new(0),
            said: Mutex::default(),
        }
    }

    /// Watches until it is over, with one session after the other, as long as none fails.
    fn watch(&self, film: &Film, number: usize) {
        let mut turn = number * 7;
        while !self.is_over.load(Relaxed) {
            let Err(error) = self.watch_session(film, &mut turn) else { continue };
            // It was down when it broke off, or is found down a moment later.
            thread::sleep(LOOK);
            let count = if self.is_down.load(Relaxed) { &self.broken_off } else { &self.errors };
            count.fetch_add(1, Relaxed);
            if !self.is_down.load(Relaxed) {
                *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
            }
        }
    }

    fn watch_session(&self, film: &Film, turn: &mut usize) -> Result<()> {
        let address = self.address.read().unwrap_or_else(PoisonError::into_inner).clone();
        let session = http::post(&address, "/api/v1/playback", &[], &json!({ "title": film.title }))?.json()?;
        let manifest = session["manifest"].as_str().context("the playback session names no manifest")?;
        let base = manifest.rsplit_once('/').map_or("", |(base, _)| base);
        let (begun, mut connection, mut is_first) = (Instant::now(), Connection::open(&address)?, true);
        while begun.elapsed() < SESSION && !self.is_over.load(Relaxed) {
            let at = *turn % film.segments.len();
            let (name, bytes) = film.segments.get(at).context("there is no segment")?;
            *turn += 1;
            let end = PLACE.min(bytes.len());
            let request = format!("GET {base}/{name} HTTP/1.1\r\nHost: {address}\r\nRange: bytes=0-{}\r\n\r\n", end - 1);
            let asked = Instant::now();
            let reply = connection.get(&request)?;
            let took = asked.elapsed();
            ensure!(reply.body == bytes[..end], "{name} has other bytes");
            // The first answer of a connection is of its own kind.
            if !std::mem::replace(&mut is_first, false) {
                self.times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn take_times(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.times.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Kills the server (SIGKILL: nothing is written on the way out), and starts it again.
    fn killed(&self, server: Server, start: &impl Fn() -> Result<Server>) -> Result<Server> {
        self.is_down.store(true, Relaxed);
        drop(server);
        let again = start()?;
        self.address.write().unwrap_or_else(PoisonError::into_inner).clone_from(&again.address);
        // Whoever asked the one before finds out, and begins again.
        thread::sleep(LOOK * 5);
        self.is_down.store(false, Relaxed);
        Ok(again)
    }
}

/// How many objects are not the same in both stores.
fn differing(film: &Film) -> Result<usize> {
    let hashes = |folder: &Path| -> Result<BTreeMap<String, blake3::Hash>> {
        files(folder)?.into_iter().map(|(name, path)| Ok((name, blake3::hash(&fs::read(path)?)))).collect()
    };
    let (before, after) = (hashes(&film.from)?, hashes(&film.to)?);
    let missing = after.keys().filter(|name| !before.contains_key(*name)).count();
    Ok(missing + before.iter().filter(|(name, hash)| after.get(*name) != Some(hash)).count())
}

/// Where it lay before is taken away: whoever begins now reads from the other store.
fn plays_from_there(address: &str, film: &Film) -> Result<()> {
    fs::rename(&film.from, film.from.with_extension("away"))?;
    let session = http::post(address, "/api/v1/playback", &[], &json!({ "title": film.title }))?.json()?;
    let manifest = session["manifest"].as_str().context("the playback session names no manifest")?;
    let base = manifest.rsplit_once('/').map_or("", |(base, _)| base);
    for (name, bytes) in &film.segments {
        let reply = http::get(address, &format!("{base}/{name}"), &[])?;
        ensure!(reply.body == *bytes, "{name} has other bytes in the other store");
    }
    Ok(())
}

fn wait(what: &str, mut is_there: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !is_there()? {
        if begun.elapsed() > PATIENCE {
            bail!("{what} has not come after {} s", PATIENCE.as_secs());
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

fn size(folder: &Path) -> Result<u64> {
    let sizes = files(folder)?.into_iter().filter_map(|(_, path)| Some(fs::metadata(path).ok()?.len()));
    Ok(sizes.sum())
}

/// Every whole object below a folder, by its path inside it; none where there is no such folder.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        // One that is being put in place is gone a moment later.
        let Ok(entry) = entry else { continue };
        let name = entry.path().strip_prefix(folder)?.to_string_lossy().into_owned();
        if entry.file_type().is_file() && !name.contains('#') && name != REMEMBERED {
            found.push((name, entry.into_path()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_is_missing_or_another_is_one_that_differs() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        for (at, name, bytes) in [(&from, "a", "1"), (&to, "a", "1"), (&from, "b", "1"), (&to, "b", "2"), (&from, "c", "1")] {
            fs::create_dir_all(at).unwrap();
            fs::write(at.join(name), bytes).unwrap();
        }
        fs::write(to.join(REMEMBERED), "{}").unwrap();
        let film = Film { title: String::new(), from, to, segments: Vec::new() };
        assert_eq!(differing(&film).unwrap(), 2);
    }
}
