//! Runs a test of the same binary a second time, as the program whose writes are recorded.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::{check::runtime, parse::parse, recording::Recording};

/// The variable that names the folder for the program that is recorded.
const FOLDER: &str = "MARQUEE_POWER_CUT_FOLDER";
/// What an acknowledgement begins with, on the program's standard output.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged: ";

const CALLS: &str = "openat,open,creat,close,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,truncate,fallocate,fsync,\
    fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,dup,dup2,dup3,fcntl,\
    copy_file_range,sendfile,splice";

/// Says that something is done, to whoever may rely on it from now on.
pub fn acknowledge(words: &str) {
    let line = format!("{ACKNOWLEDGED}{words}\n");
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes()).unwrap();
    output.flush().unwrap();
}

/// What `program` does below an empty folder: the test `name` of this binary calls this first, and is run once more as the
/// program. There nothing is returned, and the test is at its end.
///
/// # Panics
/// As [`run`].
pub fn record(name: &str, program: impl FnOnce(&Path)) -> Option<Recording> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        program(Path::new(&folder));
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    Some(run(name, folder.path()))
}

/// As [`record`], of what works in the background of a runtime.
///
/// # Panics
/// As [`run`].
pub fn record_async(name: &str, program: impl AsyncFnOnce(&Path)) -> Option<Recording> {
    record(name, |folder| runtime().block_on(program(folder)))
}

/// Runs the test `name` with [`FOLDER`] set to `folder`, and returns what it did there.
///
/// # Panics
/// Where `strace` is missing or not permitted, or the program fails: a test that cannot run has failed.
fn run(name: &str, folder: &Path) -> Recording {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let folder = folder.canonicalize().unwrap();
    let program = std::env::current_exe().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["--follow-forks", "--decode-fds=path", "--strings-in-hex=all", "--string-limit=67108864"]);
    strace.arg(format!("--trace={CALLS}")).arg("--output").arg(trace.path()).arg(program);
    strace.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(FOLDER, &folder);
    let output = strace.stdin(Stdio::null()).output().unwrap_or_else(|error| {
        panic!("strace cannot be started ({error}): run `cargo xtask test`, which installs it, or install it")
    });
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name} under strace, which needs ptrace to be permitted: {}: {said}", output.status);
    parse(&std::fs::read_to_string(trace.path()).unwrap(), &folder)
}
