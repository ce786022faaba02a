//! How soon a change is made, and known on another device, while thousands follow what changes.
//!
//! On a catalogue of its own, where nobody has an account: each viewer is a guest with two devices. Changes are additions to lists and
//! removals, each of another viewer's or title's.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{
    catalogue::library::Folder,
    figure::Figure,
    http::{self, Connection},
    identity::quantile,
    memory::resident_megabytes,
    server::Server,
};
use crate::layout::Layout;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    titles: u64,
    /// Who change a list at the same time, and for how long.
    connections: usize,
    seconds: u64,
    change_p99_milliseconds: f64,
    /// Who follow at the same time.
    viewers: usize,
    /// Changes that are looked for on another device.
    changes: usize,
    told_p99_milliseconds: f64,
    kilobytes: f64,
}

/// So many changes a second while it is looked for them: people, and no flood.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a change is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn measure(layout: &Layout, binary: &Path, profile: &Profile) -> Result<Vec<Figure>> {
    let folder = Folder::new(layout, "live")?;
    folder.fill(binary, profile.titles)?;
    let server = Server::start_kept(layout, binary, folder.name)?;
    let titles = titles(&server.address)?;
    let guests = guests(&server.address, profile.viewers, &titles)?;
    let mut figures = vec![changes(&server.address, profile, &guests, &titles)?];
    figures.extend(told(&server, profile, &guests, &titles)?);
    Ok(figures)
}

/// Ids of a hundred titles.
fn titles(address: &str) -> Result<Vec<String>> {
    let page = http::get(address, "/api/v1/titles?limit=100", &[("Accept", "application/json")])?.json()?;
    let items = page["items"].as_array().context("the list of titles has no items")?;
    let ids: Vec<String> = items.iter().filter_map(|item| item["id"].as_str()).map(str::to_owned).collect();
    ensure!(ids.len() == 100, "there are {} titles", ids.len());
    Ok(ids)
}

/// So many who each have a favourite; the `Cookie` of each.
fn guests(address: &str, count: usize, titles: &[String]) -> Result<Vec<String>> {
    let mut connection = Connection::open(address)?;
    let title = titles.first().context("there are no titles")?;
    (0..count)
        .map(|_| {
            let reply = connection.get(&request(address, "PUT", &format!("/api/v1/favourites/{title}"), ""))?;
            let cookie = reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
            ensure!(cookie.contains('='), "a guest is not told who they are");
            Ok(cookie)
        })
        .collect()
}

fn request(address: &str, method: &str, path: &str, cookie: &str) -> String {
    let cookie = if cookie.is_empty() { String::new() } else { format!("Cookie: {cookie}\r\n") };
    let body = if method == "PUT" { "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" } else { "\r\n" };
    format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{cookie}{body}")
}

/// The change number `number` of somebody: what the even ones add the odd ones remove.
fn change(address: &str, cookie: &str, titles: &[String], number: usize) -> String {
    let title = titles.get(number / 2 % titles.len().max(1)).map(String::as_str).unwrap_or_default();
    let method = if number.is_multiple_of(2) { "PUT" } else { "DELETE" };
    request(address, method, &format!("/api/v1/lists/watchlist/titles/{title}"), cookie)
}

/// The p99 of changes that many make at once.
fn changes(address: &str, profile: &Profile, guests: &[String], titles: &[String]) -> Result<Figure> {
    let begun = Instant::now();
    let whole = Duration::from_secs(profile.seconds);
    let one = |guest: &String| -> Result<Vec<Duration>> {
        let mut connection = Connection::open(address)?;
        let mut times = Vec::new();
        while begun.elapsed() < whole {
            let request = change(address, guest, titles, times.len());
            let sent = Instant::now();
            let status = connection.ask(&request)?;
            ensure!(status == 204, "a change was answered with {status}");
            times.push(sent.elapsed());
        }
        Ok(times)
    };
    let all: Result<Vec<Vec<Duration>>> = thread::scope(|scope| {
        let threads: Vec<_> = guests.iter().take(profile.connections).map(|guest| scope.spawn(|| one(guest))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a client broke off"))?).collect()
    });
    let mut all: Vec<Duration> = all?.concat();
    ensure!(all.len() >= 1000, "{} changes are too few for a p99", all.len());
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let rate = all.len() as f64 / whole.as_secs_f64();
    let name = format!("a list is changed, p99 at {} at once", profile.connections);
    let p99 = quantile(&mut all, 0.99);
    Ok(Figure::at_most(&name, milliseconds(p99), "ms", profile.change_p99_milliseconds)
        .beside(&format!("{rate:.0} changes a second")))
}

/// How soon another device is told, and what it costs to follow.
fn told(server: &Server, profile: &Profile, guests: &[String], titles: &[String]) -> Result<Vec<Figure>> {
    let address = &server.address;
    let before = resident_megabytes(server.id())?;
    let mut streams = guests.iter().map(|guest| Following::begin(address, guest)).collect::<Result<Vec<_>>>()?;
    thread::sleep(Duration::from_secs(5));
    let after = resident_megabytes(server.id())?;
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let each = (after - before) * 1000.0 / streams.len() as f64;

    let mut connection = Connection::open(address)?;
    let mut times = Vec::with_capacity(profile.changes);
    for number in 0..profile.changes {
        // Somebody else each time, who has changed nothing yet.
        let at = profile.connections + number * 31 % streams.len().saturating_sub(profile.connections).max(1);
        let (Some(guest), Some(stream)) = (guests.get(at), streams.get_mut(at)) else { continue };
        stream.skip()?;
        let sent = Instant::now();
        let status = connection.ask(&change(address, guest, titles, 2 * at))?;
        ensure!(status == 204, "a change was answered with {status}");
        stream.wait_for("\"kind\":\"listed\"")?;
        times.push(sent.elapsed());
        thread::sleep(PAUSE);
    }
    let name = format!("told on another device, p99, {} follow", streams.len());
    let (p99, median) = (quantile(&mut times, 0.99), quantile(&mut times, 0.5));
    let told = Figure::at_most(&name, milliseconds(p99), "ms", profile.told_p99_milliseconds);
    let told = told.beside(&format!("median {:.1} ms, from before it is sent", milliseconds(median)));
    Ok(vec![told, Figure::at_most("memory of each who follows", each, "kB", profile.kilobytes)])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A stream of events.
struct Following {
    stream: TcpStream,
}

impl Following {
    fn begin(address: &str, cookie: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).context("the server takes no more connections")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request(address, "GET", "/api/v1/events", cookie).as_bytes())?;
        let mut following = Self { stream };
        following.wait_for("\"kind\":\"begun\"")?;
        Ok(following)
    }

    /// What was told so far is not looked for.
    fn skip(&mut self) -> Result<()> {
        self.stream.set_nonblocking(true)?;
        let mut piece = [0; 4096];
        while matches!(self.stream.read(&mut piece), Ok(read) if read > 0) {}
        Ok(self.stream.set_nonblocking(false)?)
    }

    fn wait_for(&mut self, text: &str) -> Result<()> {
        let mut read = String::new();
        let mut piece = [0; 4096];
        while !read.contains(text) {
            let more = self.stream.read(&mut piece).with_context(|| format!("{text} is not told"))?;
            ensure!(more > 0, "a stream ended: {read}");
            read.push_str(&String::from_utf8_lossy(&piece[..more]));
        }
        Ok(())
    }
}
