//! The peer of single titles: `bench/peers/node` with the very replies of the server under measurement, stopped when it is dropped.
//!
//! Must never be given anything else than those bytes: both answer the same.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    bench::{http, server},
    install::packages,
    layout::Layout,
    process,
};

const FILES: [&str; 4] = ["package.json", "package-lock.json", ".npmrc", "server.js"];
const SECRET: &str = "the peer's own";
const START: Duration = Duration::from_secs(60);

pub struct Peer {
    child: Child,
    /// `host:port`.
    pub address: String,
    /// The `Cookie` that it takes.
    pub cookies: String,
}

impl Peer {
    /// Installs it where that was not done, and starts it on `replies`: a line `{"id": ..., "body": "..."}` each.
    ///
    /// # Errors
    /// Where npm or node fails, or it does not answer.
    pub fn start(layout: &Layout, replies: &Path) -> Result<Self> {
        let folder = install(layout)?;
        let database = folder.join("titles.db");
        for suffix in ["", "-wal", "-shm"] {
            let file = folder.join(format!("titles.db{suffix}"));
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        let node = || {
            let mut command = Command::new("node");
            command.arg("server.js").current_dir(&folder).env("SECRET", SECRET);
            command
        };
        process::run(node().arg("fill").arg(&database).stdin(File::open(replies)?))?;
        let cookies = process::capture(node().arg("cookie"))?;
        let port = server::free_port()?;
        let log = File::create(folder.join("peer.log"))?;
        let child = node()
            .arg("serve")
            .arg(&database)
            .arg(port.to_string())
            // It ends when this end of the pipe does: its workers go with it.
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("could not start node")?;
        let mut peer = Self { child, address: format!("127.0.0.1:{port}"), cookies };
        peer.wait(&folder)?;
        Ok(peer)
    }

    fn wait(&mut self, folder: &Path) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                bail!("the peer ended ({status}); see {}", folder.join("peer.log").display());
            }
            if http::get(&self.address, "/constant/any", &[("Cookie", &self.cookies)]).is_ok() {
                let stranger = http::get(&self.address, "/constant/any", &[]);
                ensure!(stranger.is_err(), "the peer checks no token");
                return Ok(());
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("the peer does not answer; see {}", folder.join("peer.log").display())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// A copy of `bench/peers/node` with its packages, better-sqlite3 compiled for the node that is here.
fn install(layout: &Layout) -> Result<PathBuf> {
    let (from, folder) = (layout.at("bench/peers/node"), layout.at("target/bench/node"));
    fs::create_dir_all(&folder)?;
    for name in FILES {
        fs::copy(from.join(name), folder.join(name)).with_context(|| format!("bench/peers/node/{name}"))?;
    }
    packages::install_in(&folder)?;
    if !folder.join("node_modules/better-sqlite3/build/Release/better_sqlite3.node").is_file() {
        eprintln!("      compiling better-sqlite3 for the peer (once, some minutes)");
        // From its source: whoever asks for a binary that somebody built asks another host than npm's.
        let rebuild = ["rebuild", "better-sqlite3", "--build-from-source", "--loglevel=error"];
        process::run(Command::new("npm").args(rebuild).envs(headers()?).current_dir(&folder))
            .context("better-sqlite3 could not be compiled: are a C++ compiler and node's headers here?")?;
    }
    Ok(folder)
}

/// Where node's own headers are beside it, they are taken: node-gyp would download them.
fn headers() -> Result<Option<(&'static str, PathBuf)>> {
    let node = process::find_program("node").context("node is not here")?;
    let node = fs::canonicalize(node)?;
    let prefix = node.ancestors().nth(2).map(Path::to_path_buf);
    Ok(prefix.filter(|prefix| prefix.join("include/node/node.h").is_file()).map(|prefix| ("npm_config_nodedir", prefix)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_peers_lock_file_names_no_address_to_download_from() {
        let lock: serde_json::Value =
            serde_json::from_str(include_str!("../../../../bench/peers/node/package-lock.json")).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert!(packages.len() > 40);
        for (name, package) in packages {
            assert!(package.get("resolved").is_none(), "{name} names a registry");
            assert!(name.is_empty() || package.get("integrity").is_some(), "{name} has no hash");
        }
    }
}
