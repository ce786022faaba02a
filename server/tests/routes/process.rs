//! The real binary in a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::Duration,
};

/// `marquee` in a folder, with nothing of our environment but where programs are.
pub fn marquee(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_marquee"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.current_dir(folder).env_clear().env("PATH", path).stdin(Stdio::null());
    command
}

fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    marquee(folder).envs(settings.iter().copied()).args(arguments).output().unwrap()
}

/// What a command that succeeds says.
pub fn succeeds(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run(folder, settings, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that fails complains of.
pub fn fails(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = run(folder, settings, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A server that answers; killed when it goes out of scope.
pub struct Running {
    pub child: Child,
    pub address: String,
    _stdout: BufReader<ChildStdout>,
}

impl Running {
    /// Starts on a free port, and waits for the line that names it.
    pub fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = marquee(folder);
        command.stderr(Stdio::null());
        Self::begin(command, settings)
    }

    /// The same by a command that leads to `marquee`.
    pub fn begin(mut command: Command, settings: &[(&str, &str)]) -> Self {
        command.args(["serve", "--address", "127.0.0.1:0"]).envs(settings.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").unwrap_or_else(|| panic!("no address in {line:?}")).1.to_owned();
        Self { child, address, _stdout: stdout }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own: head and body of the answer; nothing where none came.
pub fn ask(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
        .ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    // Video is no text; its head is.
    (!answer.is_empty()).then(|| String::from_utf8_lossy(&answer).into_owned())
}

pub fn get(address: &str, path: &str) -> Option<String> {
    ask(address, "GET", path, &[], "")
}
