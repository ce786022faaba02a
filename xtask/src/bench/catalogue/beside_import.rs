//! What somebody who watches notices of a large import, with titles being written beside it.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use super::{Profile, library::Folder, titles, writes};
use crate::{
    bench::{
        figure::Figure,
        floods,
        http::Connection,
        identity::quantile,
        segments::{self, Place},
        server::Server,
    },
    layout::Layout,
    process,
};

/// Between one segment and the next: somebody who watches, and not load of its own.
const PAUSE: Duration = Duration::from_millis(2);

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    // The film is made and imported once, and each run begins with a copy.
    let film = layout.at("target/bench/film");
    floods::import_film(binary, &film)?;
    let folder = Folder::new(layout, "import")?;
    process::run(Command::new("cp").arg("-a").arg(film.join("data")).arg(&folder.path))?;
    let file = folder.path.join("titles.jsonl");
    titles::write(&file, 0..profile.imported)?;

    let server = Server::start_kept(layout, binary, folder.name)?;
    let places = segments::places(&server.address)?;
    ensure!(!places.is_empty(), "the film has no segment");
    // The first turn reads the film from the disk.
    let turn = Duration::from_secs(profile.segment_seconds);
    watched_while(&server.address, &places, |begun| begun.elapsed() < turn)?;
    let mut idle = watched_while(&server.address, &places, |begun| begun.elapsed() < turn)?;

    let is_over = AtomicBool::new(false);
    let goes_on = || !is_over.load(Relaxed);
    let (beside, imported, written) = thread::scope(|scope| {
        let import = scope.spawn(|| {
            let begun = Instant::now();
            let outcome = process::capture(&mut folder.import(binary, &file));
            is_over.store(true, Relaxed);
            outcome.map(|_| begun.elapsed())
        });
        let writes = scope.spawn(|| writes::imports_alone(&folder, binary, goes_on));
        let beside = watched_while(&server.address, &places, |_| goes_on());
        (beside, import.join(), writes.join())
    });
    let (Ok(imported), Ok(written)) = (imported, written) else { bail!("an import broke off") };
    let (mut beside, took, written) = (beside?, imported?, written?);
    ensure!(beside.len() >= 1000, "{} segments beside the import are too few for a p99", beside.len());

    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    let (idle, beside) = (millis(quantile(&mut idle, 0.99)), millis(quantile(&mut beside, 0.99)));
    let told = format!("{beside:.2} ms beside {written} writes and an import of {:.0} s, {idle:.2} ms idle", took.as_secs_f64());
    let name = "a segment's p99 beside an import";
    Ok(vec![Figure::at_most(name, beside / idle, "x idle", profile.segment_p99_times_idle).beside(&told)])
}

/// Reads one place of the film after the other, for as long as that holds; how long each took.
fn watched_while(address: &str, places: &[Place], goes_on: impl Fn(&Instant) -> bool) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(address)?;
    let (begun, mut times) = (Instant::now(), Vec::new());
    for place in places.iter().cycle() {
        if !goes_on(&begun) {
            break;
        }
        let request = format!("GET {} HTTP/1.1\r\nHost: {address}\r\nRange: {}\r\n\r\n", place.path, place.range());
        let asked = Instant::now();
        let status = connection.ask(&request)?;
        times.push(asked.elapsed());
        ensure!(status == 206, "a segment was answered with {status}");
        thread::sleep(PAUSE);
    }
    Ok(times)
}
