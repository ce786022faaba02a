//! The server under measurement: as it ships, on a library and a port of its own. Stopped when it is dropped.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::http;
use crate::layout::Layout;

/// Titles that the demo library has at least, once it is complete.
const LIBRARY: u64 = 3_200;
const START: Duration = Duration::from_secs(60);
/// Making the demo library on two slow cores.
const MAKING: Duration = Duration::from_secs(90 * 60);

/// Everything comes from one address here.
const NO_LIMITS: [(&str, &str); 2] =
    [("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false"), ("MARQUEE_SERVER__CONNECTIONS__MOST_PER_ADDRESS", "8192")];

/// A running server.
pub struct Server {
    child: Child,
    /// `host:port`.
    pub address: String,
    log: PathBuf,
}

impl Server {
    /// Starts it on the demo library and waits until it is ready.
    ///
    /// # Errors
    /// Where it ends, or is not ready in time; the message names its log.
    pub fn start(layout: &Layout, binary: &Path) -> Result<Self> {
        let folder = layout.at("target/bench");
        Self::launch(layout, Command::new(binary), &folder, &["serve", "--demo"], &NO_LIMITS)
    }

    /// Starts one that has nothing yet, in a folder of its own, with settings of its own.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_empty(layout: &Layout, binary: &Path, name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = layout.at("target/bench").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Self::launch(layout, Command::new(binary), &folder, &["serve"], &[&NO_LIMITS, settings].concat())
    }

    /// Starts one on what is in a folder already.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_kept(layout: &Layout, binary: &Path, name: &str) -> Result<Self> {
        Self::start_with(layout, binary, name, &[])
    }

    /// The same with settings of its own.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with(layout: &Layout, binary: &Path, name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = layout.at("target/bench").join(name);
        Self::launch(layout, Command::new(binary), &folder, &["serve"], &[&NO_LIMITS, settings].concat())
    }

    /// Starts one as it ships, on what is in a folder already, that may have so many descriptors and no more.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_under(layout: &Layout, binary: &Path, name: &str, descriptors: u64) -> Result<Self> {
        let folder = layout.at("target/bench").join(name);
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={descriptors}:{descriptors}")).arg(binary);
        Self::launch(layout, command, &folder, &["serve"], &[])
    }

    fn launch(layout: &Layout, mut command: Command, folder: &Path, words: &[&str], settings: &[(&str, &str)]) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let log = folder.join("server.log");
        let output = File::create(&log)?;
        let child = command
            .args(words)
            .current_dir(folder)
            .env("MARQUEE_SERVER__ADDRESS", &address)
            .env("MARQUEE_DATA", folder.join("data"))
            .env("MARQUEE_LOG__FILTER", "warn")
            .env("MARQUEE_DEMO_ASSETS", layout.demo_assets())
            .envs(settings.iter().copied())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("could not start {}", command.get_program().display()))?;
        let mut server = Self { child, address, log };
        server.wait("ready", START, |server| http::get(&server.address, "/readyz", &[]).is_ok())?;
        Ok(server)
    }

    /// Waits until the demo library is complete.
    ///
    /// # Errors
    /// Where it takes longer than an hour and a half, or the server ends.
    pub fn wait_for_library(mut self) -> Result<()> {
        let mut said = String::new();
        self.wait("the demo library", MAKING, |server| {
            let jobs = http::get(&server.address, "/api/v1/preparation", &[]).and_then(|reply| reply.json());
            let job = jobs.map(|preparation| preparation["jobs"][0].clone()).unwrap_or_default();
            if let (Some(name), Some(stage)) = (job["name"].as_str(), job["stage"].as_str()) {
                let now = format!("{name}: {stage}");
                if now != said {
                    eprintln!("      {now}");
                    said = now;
                }
                return false;
            }
            let titles = http::get(&server.address, "/api/v1/titles?limit=1", &[]).and_then(|reply| reply.json());
            titles.is_ok_and(|page| page["total"].as_u64().is_some_and(|total| total >= LIBRARY))
        })
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self, what: &str, patience: Duration, mut is_there: impl FnMut(&Self) -> bool) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended ({status}) before {what} was there; see {}", self.log.display());
            }
            if is_there(self) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        bail!("{what} was not there after {} s; see {}", patience.as_secs(), self.log.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody listens on.
///
/// # Errors
/// Where the machine has none left.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
