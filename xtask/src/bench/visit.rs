//! What a first visit to the home page loads: named by Chromium's own network log, weighed by asking for it again.

use std::{collections::BTreeSet, fs, process::Command};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{figure::Figure, http, server::Server};
use crate::{layout::Layout, process};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    path: String,
    brotli_kilobytes: f64,
    requests: f64,
    peer: String,
}

/// Media types of the page itself; pictures and fonts are apart.
const CODE: [&str; 5] = ["text/html", "text/css", "text/javascript", "application/javascript", "application/wasm"];
/// What is no request of the page's code: pictures, and what the browser asks for on its own account.
const APART: [&str; 10] = [".png", ".svg", ".jpg", ".jpeg", ".webp", ".avif", ".ico", ".webmanifest", "/art/", "/posters/"];

pub fn measure(layout: &Layout, server: &Server, profile: &Profile) -> Result<Vec<Figure>> {
    let folder = layout.at("target/bench/browser");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let log = folder.join("net-log.json");
    let base = format!("http://{}", server.address);
    process::capture(
        Command::new(chromium()?)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
            .args(["--disable-background-networking", "--disable-component-update", "--virtual-time-budget=8000"])
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg(format!("--log-net-log={}", log.display()))
            .args(["--dump-dom", &format!("{base}{}", profile.path)]),
    )?;
    let log = fs::read_to_string(&log).context("Chromium left no network log")?;
    let paths: BTreeSet<String> =
        requests(&log, &base)?.into_iter().filter(|path| !APART.iter().any(|part| path.contains(part))).collect();

    let mut bytes = 0;
    for path in &paths {
        let reply = http::get(&server.address, path, &[("Accept-Encoding", "br"), ("Accept", "*/*")])?;
        let kind = reply.header("content-type");
        if CODE.iter().any(|code| kind.starts_with(code)) {
            bytes += reply.body.len();
        }
        eprintln!("      {:>9} bytes  {path}", reply.body.len());
    }
    Ok(vec![
        Figure::at_most("first visit, code as brotli", bytes as f64 / 1000.0, "kB", profile.brotli_kilobytes)
            .beside(&profile.peer),
        Figure::at_most("first visit, requests", paths.len() as f64, "requests", profile.requests).beside(&profile.peer),
    ])
}

fn chromium() -> Result<std::path::PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(process::find_program).context("Chromium is not here")
}

/// The paths below `base` that a network log (Chromium's NetLog format) says were requested.
fn requests(log: &str, base: &str) -> Result<BTreeSet<String>> {
    let log: serde_json::Value = serde_json::from_str(log).context("Chromium's network log is not JSON")?;
    let start = &log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"];
    let events = log["events"].as_array().context("Chromium's network log has no events")?;
    let urls = events.iter().filter(|event| &event["type"] == start).filter_map(|event| event["params"]["url"].as_str());
    Ok(urls.filter_map(|url| url.strip_prefix(base)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_from_the_network_log_once_each() {
        let log = r#"{"constants":{"logEventTypes":{"URL_REQUEST_START_JOB":7}},"events":[
            {"type":7,"params":{"url":"http://a:1/"}},{"type":7,"params":{"url":"http://a:1/x.js"}},
            {"type":7,"params":{"url":"http://a:1/x.js"}},{"type":8,"params":{"url":"http://a:1/y"}},
            {"type":7,"params":{"url":"http://b/z"}}]}"#;
        assert_eq!(requests(log, "http://a:1").unwrap().into_iter().collect::<Vec<_>>(), ["/", "/x.js"]);
    }
}
