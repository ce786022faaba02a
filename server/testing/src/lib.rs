//! The servers that tests of real stores talk to: those that all tests share, and those of a test's own, which it kills.
//!
//! Depends on no store of ours, so that the tests of each crate can use it. Must never be a dependency of anything but tests.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot run has failed")]

pub mod bucket;
pub mod mongodb;
pub mod redis;
mod typeface;

use std::{
    collections::HashMap,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub use typeface::typeface;

/// The URL in `variable`; the test command starts such a server and sets it.
///
/// # Panics
/// Where it is not set: a test that cannot run has failed.
pub fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server: run `cargo xtask test`, or set it to the URL of one for tests"))
}

/// Whether `cargo xtask soak` asks for every case, which takes longer than anybody waits for a change to land.
pub fn soaks() -> bool {
    std::env::var_os("MARQUEE_TEST_SOAK").is_some_and(|value| value == "1")
}

/// How many cases a test of chance has: `few` in `cargo xtask test`, `all` in `cargo xtask soak`.
pub fn cases(few: u32, all: u32) -> u32 {
    if soaks() { all } else { few }
}

/// Which steps a test that disturbs one step after the other takes: every one in `cargo xtask soak`, every `stride`th in
/// `cargo xtask test`, from a first one that each run draws.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    stride: u32,
    first: u32,
}

impl Steps {
    /// Draws the first step.
    pub fn draw(stride: u32) -> Self {
        if soaks() {
            return Self { stride: 1, first: 0 };
        }
        Self { stride, first: rand::random_range(0..stride) }
    }

    /// Whether the `nth` step is taken.
    pub fn take(self, nth: u32) -> bool {
        nth % self.stride == self.first
    }
}

/// How a server is started: its words, with `{port}` and `{folder}` for its own, and the variables that it takes.
#[derive(serde::Deserialize)]
struct Line {
    command: Vec<String>,
    environment: HashMap<String, String>,
}

/// A server with a port and a folder of its own, which stays what it is when the server is killed and started again.
pub struct OwnServer {
    pub port: u16,
    line: Line,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl OwnServer {
    /// Starts what `variable` says, which the test command sets.
    ///
    /// # Panics
    /// Where it is not set: a test that cannot run has failed.
    pub fn start(variable: &str) -> Self {
        let line = std::env::var(variable).unwrap_or_else(|_| {
            panic!(
                "{variable} does not say how a server is started: run `cargo xtask test`, or set it to a line as \
                 {{\"command\": [\"mongod\", \"--port\", \"{{port}}\", \"--dbpath\", \"{{folder}}\"], \"environment\": {{}}}}"
            )
        });
        let line = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{variable} holds no such line: {error}"));
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut server = Self { port, line, folder: tempfile::tempdir().unwrap(), child: None };
        server.resume();
        server
    }

    /// As a machine that loses its power stops.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again, on the same port with what it has kept.
    pub fn resume(&mut self) {
        let (port, folder) = (self.port.to_string(), self.folder.path().display().to_string());
        let words = self.line.command.iter().map(|word| word.replace("{port}", &port).replace("{folder}", &folder));
        // A test that is killed leaves no server behind.
        let setpriv = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"].map(str::to_owned);
        let tie = Path::new(&setpriv[0]).is_file().then_some(setpriv);
        let words: Vec<String> = tie.into_iter().flatten().chain(words).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).envs(&self.line.environment);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{} does not start", self.line.command[0]);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
    }
}
