//! Ten writes a second while others read: titles that come by an import, and titles that somebody deletes.
//!
//! Must never write what readers ask for by its id: an answer would be no success.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{
    library::{Folder, Served, title},
    titles,
};
use crate::{bench::http, process};

/// By whom the titles are that are deleted.
const SPARE: &str = "Somebody Spare";
/// Of the writes of a second: the others are deletions.
const IMPORTED: usize = 5;
const SECOND: Duration = Duration::from_secs(1);
/// How long what was written is looked for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of the writes.
#[derive(Default)]
pub struct Written {
    pub count: usize,
    /// The longest between an acknowledged write and a list of somebody else that has it.
    pub latest: Duration,
    /// Deletions that whoever deleted still saw in the next list.
    pub unseen: usize,
}

/// Writes titles that may be deleted later, for so many seconds.
///
/// # Errors
/// Where they cannot be imported.
pub fn prepare(folder: &Folder, binary: &Path, seconds: usize) -> Result<()> {
    let names: Vec<String> = (0..seconds * IMPORTED).map(|number| format!("Spare {number}")).collect();
    let file = folder.path.join("spare.jsonl");
    titles::write_named(&file, SPARE, &names)?;
    process::capture(&mut folder.import(binary, &file)).map(drop)
}

/// How many titles [`prepare`] adds.
pub fn prepared(seconds: usize) -> u64 {
    u64::try_from(seconds * IMPORTED).unwrap_or(u64::MAX)
}

/// Does `work` while titles are written, by imports and by deletions.
///
/// # Errors
/// Those of `work`, and where a write fails or is not seen for long.
pub fn beside<T>(served: &Served, folder: &Folder, binary: &Path, work: impl FnOnce() -> Result<T>) -> Result<(T, Written)> {
    let is_over = AtomicBool::new(false);
    let goes_on = || !is_over.load(Relaxed);
    thread::scope(|scope| {
        let imports = scope.spawn(|| imports(served, folder, binary, goes_on));
        let deletions = scope.spawn(|| deletions(served, goes_on));
        let outcome = work();
        is_over.store(true, Relaxed);
        let joined =
            |thread: thread::ScopedJoinHandle<'_, Result<Written>>| thread.join().unwrap_or_else(|_| bail!("writing broke off"));
        let (imports, deletions) = (joined(imports), joined(deletions));
        let (outcome, imports, deletions) = (outcome?, imports?, deletions?);
        let written = Written { count: imports.count + deletions.count, latest: imports.latest, unseen: deletions.unseen };
        Ok((outcome, written))
    })
}

/// Once a second an import of some titles, which a list that others ask for as well has soon.
fn imports(served: &Served, folder: &Folder, binary: &Path, goes_on: impl Fn() -> bool) -> Result<Written> {
    let mut written = Written::default();
    let mut batch = 0;
    while goes_on() {
        let begun = Instant::now();
        let run = served.server.id();
        let names: Vec<String> = (0..IMPORTED).map(|number| format!("Written {run} {batch} {number}")).collect();
        let file = folder.path.join("written.jsonl");
        titles::write_named(&file, "Somebody New", &names)?;
        process::capture(&mut folder.import(binary, &file))?;
        written.latest = written.latest.max(seen(served, &names)?);
        written.count += IMPORTED;
        batch += 1;
        thread::sleep(SECOND.saturating_sub(begun.elapsed()));
    }
    Ok(written)
}

/// How long it takes until the newest titles are these.
fn seen(served: &Served, names: &[String]) -> Result<Duration> {
    let written = Instant::now();
    loop {
        let page = served.json("/api/v1/titles?sort=added&limit=20")?;
        let items = page["items"].as_array().context("a page has no items")?;
        let has = |name: &String| items.iter().any(|item| item["title"].as_str() == Some(name));
        if names.iter().all(has) {
            return Ok(written.elapsed());
        }
        if written.elapsed() > PATIENCE {
            bail!("a title is in no list {} s after it was written", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Some deletions a second, each followed by the list in which whoever deleted would see it.
fn deletions(served: &Served, goes_on: impl Fn() -> bool) -> Result<Written> {
    let list = format!("&person={}", SPARE.replace(' ', "%20"));
    let first = served.json(&format!("/api/v1/titles?limit=1{list}"))?;
    let count = first["total"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default();
    let spare = served.ids(&list, count)?;
    let mut written = Written::default();
    for id in spare {
        if !goes_on() {
            return Ok(written);
        }
        let begun = Instant::now();
        http::delete(served.address(), &title(&id), &served.operator_headers())?;
        let page = served.operator_json(&format!("/api/v1/titles?limit=100{list}"))?;
        let items = page["items"].as_array().context("a page has no items")?;
        written.unseen += usize::from(items.iter().any(|item| item["id"].as_str() == Some(&id)));
        written.count += 1;
        thread::sleep((SECOND / u32::try_from(IMPORTED)?).saturating_sub(begun.elapsed()));
    }
    // Nothing is left to be deleted: whoever measures has taken longer than was prepared for.
    bail!("all titles that were there to be deleted are deleted")
}

/// Starts an import of ten titles each second beside whatever is measured, until told.
///
/// # Errors
/// Where one fails.
pub fn imports_alone(folder: &Folder, binary: &Path, goes_on: impl Fn() -> bool) -> Result<usize> {
    let mut count = 0;
    while goes_on() {
        let begun = Instant::now();
        let names: Vec<String> = (0..2 * IMPORTED).map(|number| format!("Beside {count} {number}")).collect();
        let file = folder.path.join("beside.jsonl");
        titles::write_named(&file, "Somebody New", &names)?;
        let mut import: Command = folder.import(binary, &file);
        process::capture(&mut import)?;
        count += names.len();
        thread::sleep(SECOND.saturating_sub(begun.elapsed()));
    }
    Ok(count)
}
