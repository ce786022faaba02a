//! Starts ffmpeg and ffprobe as children that end with this process, whatever ends it.
//!
//! Owns how a program is started and restrained. On Linux it is started by way of `setpriv --pdeathsig` of util-linux, which
//! asks the kernel to kill it with its parent (prctl(2), PR_SET_PDEATHSIG) and then becomes the program: between `fork`
//! and `exec` only unsafe code could ask that. The parent is, for the kernel, the *thread* that started a child, so that one
//! thread starts them all and never ends. Where there is no such `setpriv`, a child whose parent was killed outright lives
//! on for at most one segment: its folder is deleted by the next import, and it ends when it cannot create its next file there.
//!
//! Limits are set with `prlimit(2)` on the child right after it was started, for the same reason. Must never run a program
//! through a shell.

use std::{
    ffi::OsString,
    io,
    path::Path,
    process::Stdio,
    sync::{LazyLock, mpsc},
};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
};

use super::{argv::Argv, run::ToolError};

/// What `setpriv` says, and how it ends, where the program is not there (`EX_EXEC_ENOENT` of util-linux).
const NOT_EXECUTED: &str = "setpriv: failed to execute ";
const NOT_FOUND: i32 = 127;

/// Starts what `argv` says, with pipes for its output; a dropped child is killed.
pub fn spawn(argv: &Argv) -> Result<Child, ToolError> {
    let mut command = command(argv);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // Fixed words in messages, no report files, no surprises from the operator's environment.
    command.env("LC_ALL", "C").env_remove("FFREPORT");
    if let Some(dir) = &argv.dir {
        command.current_dir(dir);
    }
    let child = start(command).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ToolError::Missing(name(argv)),
        _ => ToolError::Start { program: name(argv), error },
    })?;
    restrain(&child, argv);
    Ok(child)
}

/// What a program is called in messages.
pub fn name(argv: &Argv) -> String {
    argv.program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether the program was not there to become.
pub fn was_missing(code: Option<i32>, message: &str) -> bool {
    code == Some(NOT_FOUND) && message.starts_with(NOT_EXECUTED)
}

fn command(argv: &Argv) -> Command {
    if !*DIES_WITH_PARENT {
        let mut command = Command::new(&argv.program);
        command.args(&argv.args);
        return command;
    }
    let mut command = Command::new("setpriv");
    command.args(dying_with_parent(&argv.program)).args(&argv.args);
    // Ctrl+C is for this process, which ends its children itself and says what becomes of their work.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// The arguments of `setpriv` before the program's own.
fn dying_with_parent(program: &Path) -> [OsString; 4] {
    ["--pdeathsig".into(), "KILL".into(), "--".into(), program.into()]
}

/// Whether this system has a `setpriv` that can (busybox has one that cannot).
static DIES_WITH_PARENT: LazyLock<bool> = LazyLock::new(|| {
    if !cfg!(target_os = "linux") {
        return false;
    }
    let mut trial = std::process::Command::new("setpriv");
    trial.args(dying_with_parent(Path::new("true"))).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let can = trial.status().is_ok_and(|status| status.success());
    if !can {
        tracing::warn!("there is no setpriv of util-linux here: ffmpeg may go on for a while when this process is killed");
    }
    can
});

/// One start, for the thread that makes it.
struct Order {
    command: Command,
    runtime: Handle,
    started: mpsc::SyncSender<io::Result<Child>>,
}

/// The way to the thread that starts all children; nothing where the system gives no more threads.
static STARTER: LazyLock<Option<mpsc::Sender<Order>>> = LazyLock::new(|| {
    let (sender, orders) = mpsc::channel::<Order>();
    let work = move || {
        for Order { mut command, runtime, started } in orders {
            let _entered = runtime.enter();
            // Who no longer waits has dropped its end; the child is then dropped here, and killed.
            let _ = started.send(command.spawn());
        }
    };
    std::thread::Builder::new().name("media children".to_owned()).spawn(work).ok().map(|_| sender)
});

/// Starts it on that thread. Waits for `fork` and `exec`, as starting it here would.
fn start(command: Command) -> io::Result<Child> {
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    let starter = STARTER.as_ref().ok_or_else(|| io::Error::other("no thread could be started"))?;
    let (started, wait) = mpsc::sync_channel(1);
    starter.send(Order { command, runtime, started }).map_err(|_| io::Error::other("the thread that starts programs ended"))?;
    wait.recv().map_err(io::Error::other)?
}

/// Lowers the child's priority and sets its limits. A system that refuses costs politeness, not correctness.
#[cfg(target_os = "linux")]
fn restrain(child: &Child, argv: &Argv) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit, setpriority_process};
    let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { return };
    // Of all its threads together.
    let seconds = argv.limits.time.as_secs().saturating_add(1).saturating_mul(64);
    let limit = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    let outcomes = [
        setpriority_process(Some(pid), argv.niceness),
        prlimit(Some(pid), Resource::As, limit(argv.limits.memory)).map(drop),
        prlimit(Some(pid), Resource::Cpu, limit(seconds)).map(drop),
        prlimit(Some(pid), Resource::Core, limit(0)).map(drop),
    ];
    for error in outcomes.into_iter().filter_map(Result::err) {
        // A child that has ended already has nothing to be limited.
        if error != rustix::io::Errno::SRCH {
            tracing::warn!(%error, "a limit could not be set on a media tool");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn restrain(_child: &Child, _argv: &Argv) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::{Limits, Tools};

    fn endless(limits: Limits) -> Argv {
        Argv::ffmpeg(&Tools::default(), limits).args(["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-f", "null", "-"])
    }

    #[tokio::test]
    async fn a_child_is_limited_and_yields_to_everything_else() {
        let child = spawn(&endless(Limits { memory: 5 << 30, ..Limits::QUICK })).unwrap();
        let of_child = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", child.id().unwrap())).unwrap();
        let told = of_child("limits");
        let of = |name: &str| told.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().nth(3).unwrap();
        assert_eq!(of("Max address space"), (5_u64 << 30).to_string());
        assert_eq!(of("Max cpu time"), (121 * 64).to_string());
        let told = of_child("stat");
        // proc(5): the 19th field is the nice value; the second may hold spaces, and ends with a bracket.
        let nice: i32 = told.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap();
        assert!(nice >= 10, "{nice}");
    }

    #[tokio::test]
    async fn a_child_goes_on_when_the_thread_that_asked_for_it_ends() {
        assert!(*DIES_WITH_PARENT, "this system has no setpriv of util-linux, which the tests need");
        let runtime = Handle::current();
        let asked = std::thread::spawn(move || {
            let _entered = runtime.enter();
            spawn(&endless(Limits::QUICK)).unwrap()
        });
        let mut child = asked.join().unwrap();
        // setpriv has asked for its signal by then, and has become ffmpeg.
        let became = format!("/proc/{}/comm", child.id().unwrap());
        while std::fs::read_to_string(&became).unwrap().trim() != "ffmpeg" {
            tokio::task::yield_now().await;
        }
        let ended = tokio::time::timeout(Duration::from_millis(300), child.wait()).await;
        assert!(ended.is_err(), "{ended:?}");
    }
}
