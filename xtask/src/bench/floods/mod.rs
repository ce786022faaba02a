//! What the server does while it is flooded: whether an honest request is answered beside it, how much memory it takes, and
//! whether it gives the memory back.
//!
//! The floods come from many addresses of this machine (127.9.0.0/16), the honest requests from another. Must never leave
//! this machine, and never run longer than its profile says.

mod clients;
mod honest;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use self::clients::{Flood, Target};
use super::{
    figure::Figure,
    memory::{self, Peak},
    segments,
    server::Server,
};
use crate::{layout::Layout, process};

/// Seconds of the film that slow readers read: long enough that each has a place of its own in it.
const FILM_SECONDS: u32 = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    descriptors: u64,
    half_sent_headers: usize,
    slow_readers: usize,
    idle_connections: usize,
    http2_connections: usize,
    http2_streams: usize,
    /// Of each flood, while honest requests are measured.
    seconds: u64,
    honest_milliseconds: f64,
    megabytes: f64,
    megabytes_after: f64,
    after_seconds: u64,
}

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let most = [profile.half_sent_headers, profile.slow_readers, profile.idle_connections].into_iter().max().unwrap_or_default();
    allow(u64::try_from(most)? + 500)?;
    import_film(binary, &layout.at("target/bench/floods"))?;
    let server = Server::start_under(layout, binary, "floods", profile.descriptors)?;
    let target = Arc::new(Target { address: server.address.parse()?, places: segments::places(&server.address)? });
    ensure!(target.places.len() >= 100, "the film has only {} pieces", target.places.len());

    let floods = [
        ("half-sent headers", Flood::HalfSent, profile.half_sent_headers),
        ("slow readers", Flood::SlowReader, profile.slow_readers),
        ("idle connections", Flood::Idle, profile.idle_connections),
        ("HTTP/2 connections", Flood::Stalled { streams: profile.http2_streams }, profile.http2_connections),
    ];
    let before = memory::resident_megabytes(server.id())?;
    let peak = Peak::watch(server.id(), memory::resident_megabytes);
    let mut figures = vec![Figure::told("memory before the floods", before, "MB")];
    for (name, flood, count) in floods {
        let running = clients::start(flood, count, &target)?;
        let honest = honest::measure(&target, Duration::from_secs(profile.seconds))?;
        let (held, closed) = running.stop();
        let megabytes = memory::resident_megabytes(server.id())?;
        let told = format!(
            "{count} tried, {held} held, {closed} closed, {megabytes:.0} MB; median {:.1} ms, video {:.1} ms",
            honest.median, honest.video
        );
        let name = format!("slowest beside {name}");
        figures.push(Figure::at_most(&name, honest.slowest, "ms", profile.honest_milliseconds).beside(&told));
    }
    let peak = peak.stop();
    thread::sleep(Duration::from_secs(profile.after_seconds));
    let after = memory::resident_megabytes(server.id())?;
    figures.push(Figure::at_most("memory in the floods", peak, "MB", profile.megabytes));
    figures.push(Figure::at_most("memory after the floods", after, "MB", profile.megabytes_after));
    Ok(figures)
}

/// This process holds the other ends.
fn allow(wanted: u64) -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|most| most < wanted) {
        bail!("the floods need {wanted} descriptors, and this process may not have them: ulimit -n {wanted}");
    }
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

/// Noise, which no encoder makes small; made and imported once, and kept.
///
/// # Errors
/// Where ffmpeg or the import fails.
pub fn import_film(binary: &Path, folder: &Path) -> Result<()> {
    let done: PathBuf = folder.join("imported");
    if done.is_file() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let film = folder.join("Noise (2026).mkv");
    let source = format!("testsrc2=size=640x360:rate=24:duration={FILM_SECONDS},noise=alls=60:allf=t");
    let tone = format!("sine=frequency=440:duration={FILM_SECONDS}");
    let mut ffmpeg = Command::new(process::find_program("ffmpeg").context("ffmpeg is not here")?);
    ffmpeg.args(["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-f", "lavfi", "-i", &tone, "-shortest"]);
    process::capture(ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]).arg(&film))?;
    let mut import = Command::new(binary);
    import.arg("--data").arg(folder.join("data")).arg("import").arg(&film).current_dir(folder);
    process::capture(&mut import)?;
    Ok(fs::write(done, "")?)
}
