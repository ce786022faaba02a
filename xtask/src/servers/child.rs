//! One server's process. Owns that it is stopped: with everything that it started, and whatever happens to us.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::process;

/// How long a server may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server's process, in a group of its own, that is stopped when this is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    leaves: Option<PathBuf>,
}

impl Server {
    /// Starts `command`; what it writes goes to the file `log`. To be called by a thread that lives as long as it shall.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(command: &Command, log: &Path) -> Result<Self> {
        let output = fs::File::create(log)?;
        let mut tied = process::tied_to_us(command);
        tied.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let name = command.get_program().to_string_lossy();
        let child = tied.spawn().with_context(|| format!("could not start {name}"))?;
        Ok(Self { child, log: log.to_owned(), leaves: None })
    }

    /// Also removes `folder`, once the server has stopped.
    pub fn removing(mut self, folder: PathBuf) -> Self {
        self.leaves = Some(folder);
        self
    }

    /// Its status where it has stopped.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// The last lines that it wrote.
    pub fn last_words(&self) -> String {
        let text = String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    fn signal_group(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal_group("-TERM");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        // What the server started may have outlived it.
        self.signal_group("-KILL");
        let _ = self.child.wait();
        if let Some(folder) = &self.leaves {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_running(process: &str) -> bool {
        // A process that ended and was not yet collected is not running.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    }

    fn wait_for(what: impl Fn() -> bool) {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(8), "it takes too long");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn what_a_server_started_is_stopped_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        // The second process ignores that it should stop, as one that hangs would.
        let script = "(trap '' TERM; sleep 60) & echo $!; wait";
        let server = Server::start(Command::new("sh").args(["-c", script]), &log).unwrap();
        wait_for(|| fs::read_to_string(&log).unwrap().ends_with('\n'));
        let inner = fs::read_to_string(&log).unwrap().trim().to_owned();
        assert!(is_running(&inner));
        drop(server);
        wait_for(|| !is_running(&inner));
    }

    #[test]
    fn a_server_stops_when_whoever_started_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let path = log.clone();
        // The kernel ties a process to the thread that started it; the thread's end stands for a kill.
        let starter = std::thread::spawn(move || {
            let server = Server::start(Command::new("sh").args(["-c", "echo $$; exec sleep 60"]), &path).unwrap();
            wait_for(|| fs::read_to_string(&path).unwrap().ends_with('\n'));
            std::mem::forget(server);
        });
        starter.join().unwrap();
        let process = fs::read_to_string(&log).unwrap().trim().to_owned();
        wait_for(|| !is_running(&process));
    }
}
