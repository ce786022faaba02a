//! Starting other programs. Owns how their failures are said; must never swallow one.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::layout::Layout;

/// The cargo that started this xtask, in the workspace's root.
pub fn cargo(layout: &Layout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Flags from outside would replace those of .cargo/config.toml, and the client would lose its relocations.
    command.current_dir(layout.root()).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    as_from_a_shell(&mut command);
    command
}

/// Takes away what cargo told this xtask of itself: a build script that reads it would run again, and everything that is
/// made from it be compiled again, each time that cargo is started from here after it was started by hand.
pub fn as_from_a_shell(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a program whose output belongs on the terminal.
///
/// # Errors
/// Where it cannot be started, or reports failure; the message quotes the command line.
pub fn run(command: &mut Command) -> Result<()> {
    let line = quote(command);
    let status = command.status().with_context(|| format!("could not start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a program whose output is read line by line as it comes; whether it succeeded.
///
/// # Errors
/// Where it cannot be started or its output cannot be read.
pub fn follow(command: &mut Command, mut line: impl FnMut(&str)) -> Result<bool> {
    let quoted = quote(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("could not start `{quoted}`"))?;
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).split(b'\n') {
            line(&String::from_utf8_lossy(&text?));
        }
    }
    Ok(child.wait()?.success())
}

/// Runs a program and returns what it wrote to standard output, trimmed.
///
/// # Errors
/// As [`run`]; the message quotes what it wrote to standard error.
pub fn capture(command: &mut Command) -> Result<String> {
    let line = quote(command);
    let output = command.output().with_context(|| format!("could not start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The full path of a program, searched as a shell would, and where system daemons lie.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Whether a process of this id runs.
pub fn is_alive(id: &str) -> bool {
    let mut command = Command::new("kill");
    command.args(["-0", id]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The same command in a process group of its own; on Linux, the kernel also stops it when the thread that started it
/// ends, so that a killed command leaves nothing behind. Elsewhere it shares our group, and with that our Ctrl-C.
pub fn tied_to_us(command: &Command) -> Command {
    // Setting the signal directly is a system call between fork and exec, which takes unsafe code: setpriv does it.
    let Some(setpriv) = find_program("setpriv") else {
        return same(Command::new(command.get_program()), command);
    };
    let mut tied = Command::new(setpriv);
    tied.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program());
    tied.process_group(0);
    same(tied, command)
}

fn same(mut to: Command, from: &Command) -> Command {
    to.args(from.get_args());
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
    to
}

/// Asks a process to end.
pub fn terminate(child: &Child) {
    // It may have ended by itself, which is what is wanted.
    let _ = rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::TERM);
}

fn quote(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_quotes_the_command_line_and_its_status() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 3") && error.contains('3'), "{error}");
    }

    #[test]
    fn output_is_followed_line_by_line() {
        let mut lines = Vec::new();
        let success = follow(Command::new("sh").args(["-c", "echo one; echo two; exit 1"]), |line| lines.push(line.to_owned()));
        assert!(!success.unwrap());
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
    }
}
