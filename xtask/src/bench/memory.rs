//! What the server holds in memory while nobody asks it for anything.

use std::{fs, process::Command, thread, time::Duration};

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
    Ok(resident_kibibytes(process)? * 1024.0 / 1e6)
}

/// Linux says it in a file; elsewhere `ps` does.
fn resident_kibibytes(process: u32) -> Result<f64> {
    let text = match fs::read_to_string(format!("/proc/{process}/status")) {
        Ok(status) => in_status(&status).context("/proc does not say how much memory the server holds")?.to_owned(),
        Err(_) => process::capture(Command::new("ps").args(["-o", "rss=", "-p", &process.to_string()]))?,
    };
    text.parse().with_context(|| format!("`{text}` is no amount of memory"))
}

/// The number of `VmRSS:   1234 kB` (proc(5)).
fn in_status(status: &str) -> Option<&str> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_memory_of_this_process_is_known() {
        assert_eq!(in_status("VmPeak:\t 9 kB\nVmRSS:\t  1234 kB\n"), Some("1234"));
        assert!(resident_kibibytes(std::process::id()).unwrap() > 100.0);
    }
}
