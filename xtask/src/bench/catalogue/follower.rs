//! A large import, and how far behind it the search index is: after an outage in which every title changed, and after a single
//! change.
//!
//! All is written by another process than the one that follows, which nobody tells. Must never ask for a reply that may be
//! kept: that is older than the index.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{
    Profile,
    library::{Folder, Served},
    titles,
};
use crate::{
    bench::{
        figure::Figure,
        memory::{self, Peak},
        server::Server,
    },
    layout::Layout,
    process,
};

/// A genre that no title has before the outage.
const REVISED: &str = "Revised";
/// Changes that are waited for one by one.
const SINGLE: usize = 20;
/// Between one look for a single change and the next.
const PAUSE: Duration = Duration::from_millis(20);
/// Between one look for all changes and the next: each look's reply is kept for a moment, and what the server holds is to be the
/// follower's.
const LONG_PAUSE: Duration = Duration::from_millis(250);
/// The largest page: as many questions differ in nothing but their limit.
const LONGEST: usize = 100;
/// Until everything that changed is found.
const PATIENCE: Duration = Duration::from_secs(300);
/// After which a server that was started holds what it will hold.
const SETTLE: Duration = Duration::from_secs(5);

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let folder = Folder::new(layout, "follower")?;
    let rate = folder.fill(binary, profile.imported)?;
    let served = Served::start(layout, binary, &folder, profile.imported)?;
    let slowest = single_changes(&served, &folder, binary)?;
    drop(served);

    let file = folder.path.join("revised.jsonl");
    titles::write_revised(&file, 0..profile.imported, REVISED)?;
    let begun = Instant::now();
    process::capture(&mut folder.import(binary, &file))?;
    let written = begun.elapsed();

    let begun = Instant::now();
    let server = Server::start_kept(layout, binary, folder.name)?;
    let peak = Peak::watch(server.id(), memory::own_megabytes);
    let served = Served::again(server)?;
    let mut looks = (1..=LONGEST).cycle();
    let revised = |limit: usize| served.json(&format!("/api/v1/titles?genre={REVISED}&limit={limit}"));
    while revised(looks.next().unwrap_or(1))?["total"].as_u64() != Some(profile.imported) {
        ensure!(begun.elapsed() < PATIENCE, "the changes are not found after {} s", PATIENCE.as_secs());
        thread::sleep(LONG_PAUSE);
    }
    let caught_up = begun.elapsed().as_secs_f64();
    let peak = peak.stop();
    drop(served);

    let server = Server::start_kept(layout, binary, folder.name)?;
    thread::sleep(SETTLE);
    let idle = memory::own_megabytes(server.id())?;

    let count = profile.imported;
    let told =
        format!("written in {:.0} s; {peak:.0} MB at the peak, {idle:.0} MB idle, without mapped files", written.as_secs_f64());
    let single = format!("slowest of {SINGLE}, each by another process");
    Ok(vec![
        Figure::at_least("import of a catalogue", rate, "titles/s", profile.imported_a_second),
        Figure::at_most("a single change is in the index after", slowest, "ms", profile.indexed_milliseconds).beside(&single),
        Figure::at_most(&format!("{count} changes caught up"), caught_up, "s", profile.caught_up_seconds).beside(&told),
        Figure::at_most("memory on top meanwhile", peak - idle, "MB", profile.caught_up_megabytes).beside(&told),
    ])
}

/// The longest that one title took until it was found, in milliseconds.
fn single_changes(served: &Served, folder: &Folder, binary: &Path) -> Result<f64> {
    let file = folder.path.join("single.jsonl");
    let mut slowest = Duration::ZERO;
    for number in 0..SINGLE {
        let person = format!("Somebody Single {number}");
        titles::write_named(&file, &person, &[format!("Single {number}")])?;
        process::capture(&mut folder.import(binary, &file))?;
        let written = Instant::now();
        let list = format!("/api/v1/titles?person={}", person.replace(' ', "%20"));
        for limit in 1.. {
            ensure!(limit <= LONGEST, "a single change is not found after {:?}", written.elapsed());
            if served.json(&format!("{list}&limit={limit}"))?["total"].as_u64() == Some(1) {
                break;
            }
            thread::sleep(PAUSE);
        }
        slowest = slowest.max(written.elapsed());
    }
    Ok(slowest.as_secs_f64() * 1000.0)
}
