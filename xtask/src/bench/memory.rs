//! What the server holds in memory while nobody asks it for anything.

use std::{
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{figure::Figure, http, server::Server};
use crate::process;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    settle_seconds: u64,
    megabytes: f64,
}

pub fn measure(server: &Server, profile: &Profile) -> Result<Vec<Figure>> {
    // One page, so that everything which is opened on the first request is open.
    http::get(&server.address, "/", &[("Accept", "text/html")])?;
    thread::sleep(Duration::from_secs(profile.settle_seconds));
    let megabytes = resident_megabytes(server.id())?;
    Ok(vec![Figure::at_most("idle server, resident memory", megabytes, "MB", profile.megabytes)])
}

/// What a process holds in memory, in megabytes.
///
/// # Errors
/// Where the system does not say.
pub fn resident_megabytes(process: u32) -> Result<f64> {
    // Linux says it in a file; elsewhere `ps` does.
    let text = match fs::read_to_string(status_file(process)) {
        Ok(status) => in_status(&status, RESIDENT)?.to_owned(),
        Err(_) => process::capture(Command::new("ps").args(["-o", "rss=", "-p", &process.to_string()]))?,
    };
    megabytes(&text)
}

/// What a process holds in memory but for files that it has mapped, which the system takes back where it needs room: in
/// megabytes.
///
/// # Errors
/// Where the system does not say, as none but Linux does.
pub fn own_megabytes(process: u32) -> Result<f64> {
    let status = fs::read_to_string(status_file(process)).context("only Linux says what is a process's own")?;
    megabytes(in_status(&status, OWN)?)
}

/// The most that a process holds while it is watched.
pub struct Peak {
    is_over: Arc<AtomicBool>,
    watching: thread::JoinHandle<f64>,
}

impl Peak {
    /// Looks twenty times a second at what `held` says.
    pub fn watch(process: u32, held: fn(u32) -> Result<f64>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let watching = thread::spawn(move || {
            let mut most = 0.0_f64;
            while !over.load(Relaxed) {
                // A process that has ended holds nothing.
                most = most.max(held(process).unwrap_or_default());
                thread::sleep(Duration::from_millis(50));
            }
            most
        });
        Self { is_over, watching }
    }

    /// In megabytes.
    pub fn stop(self) -> f64 {
        self.is_over.store(true, Relaxed);
        // It does not panic.
        self.watching.join().unwrap_or_default()
    }
}

fn status_file(process: u32) -> String {
    format!("/proc/{process}/status")
}

/// What follows it in that file is `1234 kB` (proc(5)), which are kibibytes.
const RESIDENT: &str = "VmRSS:";
const OWN: &str = "RssAnon:";

fn in_status<'a>(status: &'a str, name: &str) -> Result<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()).with_context(|| format!("/proc does not say {name}"))
}

fn megabytes(kibibytes: &str) -> Result<f64> {
    let kibibytes: f64 = kibibytes.trim().parse().with_context(|| format!("`{kibibytes}` is no amount of memory"))?;
    Ok(kibibytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_process_holds_and_held_at_most_is_known() {
        let status = "VmRSS:\t  1234 kB\nRssAnon:\t 99 kB\n";
        assert_eq!((in_status(status, RESIDENT).unwrap(), in_status(status, OWN).unwrap()), ("1234", "99"));
        let peak = Peak::watch(std::process::id(), own_megabytes);
        let held = vec![1_u8; 32 << 20];
        thread::sleep(Duration::from_millis(200));
        assert!(held.iter().all(|byte| *byte == 1));
        drop(held);
        let (own, all) = (own_megabytes(std::process::id()).unwrap(), resident_megabytes(std::process::id()).unwrap());
        let peak = peak.stop();
        assert!(peak > 32.0 && own > 0.1 && own <= all, "{own} MB of {all} MB, {peak} MB at the peak");
    }
}
