//! How quickly video is served, grants checked, beside nginx with the same file.

use std::{
    fs,
    process::{Child, Command},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::{figure::Figure, http, server, server::Server, wrk};
use crate::{layout::Layout, process};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    connections: u32,
    seconds: u32,
    percent_of_nginx: f64,
}

/// A segment as a playlist names it: a whole file, or a range of one.
struct Segment {
    path: String,
    range: Option<String>,
    /// The playlist that names it.
    playlist: String,
}

pub fn measure(layout: &Layout, server: &Server, profile: &Profile) -> Result<Vec<Figure>> {
    let segment = first_segment(&server.address)?;
    let file = http::get(&server.address, &segment.path, &[])?.body;
    let nginx = Nginx::start(layout, &file)?;

    let range = segment.range.map(|range| format!("bytes={range}"));
    let headers: Vec<(&str, &str)> = range.iter().map(|range| ("Range", range.as_str())).collect();
    let load = |url: String| wrk::run(&url, &headers, profile.connections, profile.seconds);
    let ours = load(format!("http://{}{}", server.address, segment.path))?;
    let theirs = load(format!("http://{}/segment", nginx.address))?;

    let share = 100.0 * ours.megabytes_per_second / theirs.megabytes_per_second;
    let peer = format!("nginx: {:.0} MB/s", theirs.megabytes_per_second);
    Ok(vec![
        Figure::told("segments, throughput", ours.megabytes_per_second, "MB/s").beside(&peer),
        Figure::at_least("segments, share of nginx", share, "%", profile.percent_of_nginx).beside(&peer),
    ])
}

/// A piece of video that one client reads.
pub struct Place {
    pub path: String,
    /// First and last byte.
    bytes: (usize, usize),
}

/// Bytes of a place: several times what a socket takes in before anybody reads.
const PLACE: usize = 256 * 1024;
/// How far one place begins behind the other.
const APART: usize = 32 * 1024;

impl Place {
    pub fn range(&self) -> String {
        format!("bytes={}-{}", self.bytes.0, self.bytes.1)
    }

    /// The request for it, on a connection of its own.
    pub fn request(&self, host: &str) -> String {
        format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nRange: {}\r\n\r\n", self.path, self.range())
    }
}

/// Every place of the first title's first rendition, each its own part of a segment.
///
/// # Errors
/// Where nothing can be played.
pub fn places(address: &str) -> Result<Vec<Place>> {
    let first = first_segment(address)?;
    let folder = first.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let playlist = String::from_utf8(http::get(address, &first.playlist, &[])?.body)?;
    let mut places = Vec::new();
    for name in playlist.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let path = format!("{folder}/{name}");
        let length = http::get(address, &path, &[])?.body.len();
        let begins = (0..length.saturating_sub(1)).step_by(APART);
        places.extend(begins.map(|begin| Place { path: path.clone(), bytes: (begin, (begin + PLACE).min(length) - 1) }));
    }
    Ok(places)
}

/// Starts to play the first title that can be played, and follows its playlists to a segment.
fn first_segment(address: &str) -> Result<Segment> {
    let titles = http::get(address, "/api/v1/titles?watchable=true&limit=1", &[])?.json()?;
    let title = titles["items"][0]["id"].clone();
    let session = http::post(address, "/api/v1/playback", &[], &json!({ "title": title }))?.json()?;
    let mut path = session["manifest"].as_str().context("the playback session names no manifest")?.to_owned();
    // The master playlist names a media playlist, which names segments.
    for _ in 0..3 {
        let text = String::from_utf8(http::get(address, &path, &[])?.body)?;
        let segment = first_entry(&text, &path).with_context(|| format!("{path} names nothing to fetch"))?;
        if !segment.path.contains(".m3u8") {
            return Ok(segment);
        }
        path = segment.path;
    }
    bail!("{path} leads to playlists without end")
}

/// The first entry of an HLS playlist (RFC 8216), resolved against the playlist's own path.
fn first_entry(playlist: &str, base: &str) -> Option<Segment> {
    let entry = playlist.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if entry.starts_with('/') { entry.to_owned() } else { format!("{folder}/{entry}") };
    let range = playlist.lines().find_map(|line| line.strip_prefix("#EXT-X-BYTERANGE:")).and_then(|range| {
        let (length, offset) = range.trim().split_once('@')?;
        let (length, offset): (u64, u64) = (length.parse().ok()?, offset.parse().ok()?);
        Some(format!("{offset}-{}", offset + length - 1))
    });
    Some(Segment { path, range, playlist: base.to_owned() })
}

/// nginx with one file, stopped when it is dropped.
struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    fn start(layout: &Layout, file: &[u8]) -> Result<Self> {
        let folder = layout.at("target/bench/nginx");
        fs::create_dir_all(folder.join("files"))?;
        fs::write(folder.join("files/segment"), file)?;
        let port = server::free_port()?;
        let config = fs::read_to_string(layout.at("bench/nginx.conf"))?;
        let config = config.replace("{folder}", &folder.to_string_lossy()).replace("{port}", &port.to_string());
        fs::write(folder.join("nginx.conf"), config)?;
        let program = process::find_program("nginx").context("nginx is not here")?;
        let mut command = Command::new(program);
        command.arg("-c").arg(folder.join("nginx.conf")).arg("-p").arg(&folder);
        if process::capture(Command::new("id").arg("-u"))? == "0" {
            // Its workers would become nobody, who may not read the workspace.
            command.args(["-g", "user root;"]);
        }
        let child = command.spawn()?;
        let nginx = Self { child, address: format!("127.0.0.1:{port}") };
        for _ in 0..50 {
            if http::get(&nginx.address, "/segment", &[]).is_ok() {
                return Ok(nginx);
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("nginx does not answer; see {}", folder.join("nginx-error.log").display())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that its workers go with it.
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_resolved_against_their_playlist() {
        let entry = first_entry("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/index.m3u8\n", "/media/grant/master.m3u8").unwrap();
        assert_eq!(entry.path, "/media/grant/v0/index.m3u8");
        assert_eq!(entry.range, None);
    }

    #[test]
    fn a_playlist_without_entries_names_nothing() {
        assert!(first_entry("#EXTM3U\n\n", "/media/grant/master.m3u8").is_none());
    }

    #[test]
    fn a_range_of_a_file_is_kept() {
        let entry = first_entry("#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\nvideo.mp4\n", "/media/g/v/index.m3u8").unwrap();
        assert_eq!((entry.path.as_str(), entry.range.as_deref()), ("/media/g/v/video.mp4", Some("50-149")));
    }
}
