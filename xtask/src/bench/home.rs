//! How quickly members are given their home pages, another one's each time.
//!
//! On a library of its own, with one film: each member has begun it, at a place of their own, has a list, and is recommended something.
//! Must never measure a page that lacks what is a member's own.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::json;

use super::{
    catalogue::{library::Folder, writes},
    figure::Figure,
    floods, histories, http, identity,
    server::Server,
    wrk::{Load, Paths},
};
use crate::{layout::Layout, process};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    titles: u64,
    members: usize,
    /// Whose histories a model is trained on.
    strangers: u64,
    connections: u32,
    seconds: u32,
    p99_milliseconds: f64,
}

/// Of each stranger.
const EVENTS: u64 = 20;
/// Until everything that was imported is found.
const INDEXING: Duration = Duration::from_secs(60);

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    // The film is made and imported once, and each run begins with a copy.
    let film = layout.at("target/bench/film");
    floods::import_film(binary, &film)?;
    let folder = Folder::new(layout, "home")?;
    process::run(Command::new("cp").arg("-a").arg(film.join("data")).arg(&folder.path))?;
    folder.fill(binary, profile.titles)?;
    let server = Server::start_kept(layout, binary, folder.name)?;
    let operator = identity::set_up(&server.address)?;
    wait_for(&server.address, &operator, profile.titles + 1)?;
    let members = members(&server.address, &operator, profile.members)?;
    histories::import(binary, &folder, profile.titles, (profile.strangers, EVENTS))?;
    histories::watch(&server.address, &members)?;
    check(&server.address, &members)?;
    let file = folder.path.join("members.txt");
    fs::write(&file, members.join("\n"))?;
    let mut paths = Paths { script: layout.at("bench/cookies.lua"), file, place: 0 };
    // As a browser asks: what it takes compressed is compressed for it.
    let headers = [("Accept", "text/html"), ("Accept-Encoding", "gzip, deflate, br, zstd")];
    let mut ask = || paths.run(&server.address, &headers, profile.connections, profile.seconds);
    // The first turn makes the frame, and reads what the disk has.
    ask()?;
    let alone = ask()?;
    let beside = beside_writes(&folder, binary, ask)?;

    let name = format!("home pages of {} members, p99 at {}", profile.members, profile.connections);
    let told = format!("{:.0} pages a second, {:.0} MB", alone.requests_per_second, alone.megabytes_per_second);
    let name_beside = format!("{name}, beside ten titles a second");
    Ok(vec![
        Figure::at_most(&name, alone.p99_milliseconds, "ms", profile.p99_milliseconds).beside(&told),
        Figure::told(&name_beside, beside.p99_milliseconds, "ms"),
    ])
}

/// The same while titles are written, each second.
fn beside_writes(folder: &Folder, binary: &Path, ask: impl FnOnce() -> Result<Load>) -> Result<Load> {
    let is_over = AtomicBool::new(false);
    let (load, writes) = thread::scope(|scope| {
        let writes = scope.spawn(|| writes::imports_alone(folder, binary, || !is_over.load(Relaxed)));
        let load = ask();
        is_over.store(true, Relaxed);
        (load, writes.join())
    });
    let Ok(written) = writes else { bail!("an import broke off") };
    ensure!(written? > 0, "nothing was written");
    load
}

/// Waits until so many titles are found.
fn wait_for(address: &str, operator: &str, titles: u64) -> Result<()> {
    let begun = Instant::now();
    while http::get(address, "/api/v1/titles?limit=1", &[("Cookie", operator)])?.json()?["total"].as_u64() != Some(titles) {
        ensure!(begun.elapsed() < INDEXING, "{titles} titles are not found after {} s", INDEXING.as_secs());
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Makes so many accounts; the `Cookie` of a session of each.
fn members(address: &str, operator: &str, count: usize) -> Result<Vec<String>> {
    let watchable = http::get(address, "/api/v1/titles?watchable=true&limit=1", &[("Cookie", operator)])?.json()?;
    let film = watchable["items"][0].clone();
    let id = film["id"].as_str().context("there is no film")?;
    let seconds = film["video"]["duration_seconds"].as_f64().context("the film has no length")?;
    let mut members = Vec::with_capacity(count);
    for number in 0..count {
        let (login, name) = (format!("member-{number}"), format!("Member {number}"));
        let cookie = identity::add(address, operator, &login, &name)?;
        let headers = [("Cookie", cookie.as_str())];
        // Somewhere in its middle half.
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let position = seconds * (0.25 + 0.5 * number as f64 / count as f64);
        http::put(address, &format!("/api/v1/titles/{id}/progress"), &headers, &json!({ "position": position }))?;
        http::put(address, &format!("/api/v1/lists/watchlist/titles/{id}"), &headers, &json!({}))?;
        members.push(cookie);
    }
    Ok(members)
}

/// That each page is its member's own, with what they have begun and what is recommended to them.
fn check(address: &str, members: &[String]) -> Result<()> {
    let [Some(first), Some(last)] = [members.first(), members.last()] else { bail!("there is nobody") };
    let count = members.len();
    for (cookie, own, other) in [(first, 0, count - 1), (last, count - 1, 0)] {
        let page = http::get(address, "/", &[("Accept", "text/html"), ("Cookie", cookie)])?;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let names = |number: usize| page.contains(&format!("\"Member {number}\""));
        ensure!(names(own) && !names(other), "the page is not the member's own");
        ensure!(page.contains("Continue watching"), "the page lacks what its member has begun");
        ensure!(page.contains(&format!("Top picks for Member {own}")), "the page lacks what is recommended to its member");
    }
    Ok(())
}
