//! The real servers that tests run against: installed once, started on free loopback ports, stopped by whoever started
//! them.
//!
//! A server that the environment names is used as it is, and none started in its place. Must never leave a server
//! behind: they are stopped when [`Running`] is dropped, and the kernel stops them where this process is killed.

mod child;
mod ferretdb;
pub mod pyarrow;
mod redis;
mod versitygw;

use std::{
    ffi::OsString,
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use self::child::Server;
use crate::{layout::Layout, process};

/// A kind of server that tests need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    Redis,
    Mongodb,
    S3,
}

impl ServerKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Redis, Self::Mongodb, Self::S3];

    /// What it is called where something asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
            Self::S3 => "s3",
        }
    }

    /// The variable that names a server of this kind.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Redis => "MARQUEE_TEST_REDIS",
            Self::Mongodb => "MARQUEE_TEST_MONGODB",
            Self::S3 => "MARQUEE_TEST_S3",
        }
    }

    /// The variable that says how a test starts a server of its own, to kill it; absent where tests do so by themselves.
    fn variable_of_command(self) -> Option<&'static str> {
        match self {
            // It takes no other arguments than those that its tests choose.
            Self::Redis => None,
            Self::Mongodb => Some("MARQUEE_TEST_MONGODB_COMMAND"),
            Self::S3 => Some("MARQUEE_TEST_S3_COMMAND"),
        }
    }

    /// What to do where it cannot be had.
    fn by_hand(self) -> &'static str {
        match self {
            Self::Redis => {
                "install redis-server (or valkey-server), or name a server as MARQUEE_TEST_REDIS=redis://:PASSWORD@HOST:PORT/0"
            }
            Self::Mongodb => {
                "install MongoDB 7 or newer (mongod on PATH), or start this as root on Debian with Go 1.24 or newer, for FerretDB, \
                 or name a server as MARQUEE_TEST_MONGODB=mongodb://USER:PASSWORD@HOST:PORT/?authSource=admin"
            }
            Self::S3 => {
                "install Go 1.23 or newer (https://go.dev/dl), or name a bucket as \
                 MARQUEE_TEST_S3=s3://BUCKET?endpoint=URL&access_key_id=ID&secret_access_key=KEY&region=NAME"
            }
        }
    }

    fn missing(self) -> String {
        format!("no {self:?} server for the tests: {}", self.by_hand())
    }

    /// The server that the environment names.
    fn named(self) -> Option<String> {
        std::env::var(self.variable()).ok().filter(|url| !url.is_empty())
    }

    fn install(self) -> Result<PathBuf> {
        match self {
            Self::Redis => redis::install(),
            Self::Mongodb => ferretdb::install(),
            Self::S3 => versitygw::install(),
        }
    }

    fn start(self, program: &Path, folder: &Path) -> Result<Started> {
        match self {
            Self::Redis => redis::start(program, folder).map(|(server, url)| Started { servers: vec![server], url, own: None }),
            Self::Mongodb => ferretdb::start(program, folder),
            Self::S3 => versitygw::start(program, folder),
        }
    }
}

/// A server that answers.
struct Started {
    /// The processes, in the order in which they stop.
    servers: Vec<Server>,
    url: String,
    /// What starts another with the same users, where `{port}` and `{folder}` stand for its own.
    own: Option<Command>,
}

/// Servers that run until this is dropped.
pub struct Running {
    // Before the folder: what is stopped no longer writes there.
    _servers: Vec<Server>,
    variables: Vec<(&'static str, String)>,
    _folder: Folder,
}

impl Running {
    /// The variables that name the servers, those included that were there before.
    pub fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }
}

/// Installs those of `which` that the environment does not name, and starts none.
///
/// # Errors
/// Where one cannot be had; the message says which, and how to provide it.
pub fn install(which: &[ServerKind]) -> Result<()> {
    which
        .iter()
        .filter(|kind| kind.named().is_none())
        .try_for_each(|kind| kind.install().map(drop).with_context(|| kind.missing()))
}

/// Installs and starts those of `which` that the environment does not name.
///
/// # Errors
/// Where one cannot be had or does not start; the message says which, and how to provide it.
pub fn start(layout: &Layout, which: &[ServerKind]) -> Result<Running> {
    let folder = Folder::make(layout)?;
    let (mut servers, mut variables) = (Vec::new(), Vec::new());
    for kind in which {
        let name = kind.variable();
        if let Some(url) = kind.named() {
            variables.push((name, url));
            let command = kind.variable_of_command().and_then(|name| Some((name, std::env::var(name).ok()?)));
            variables.extend(command);
            continue;
        }
        let place = folder.0.join(kind.name());
        fs::create_dir_all(&place)?;
        let started = kind.install().and_then(|program| kind.start(&program, &place));
        let started = started.with_context(|| kind.missing())?;
        servers.extend(started.servers);
        variables.push((name, started.url));
        variables.extend(kind.variable_of_command().zip(started.own.as_ref().map(written)));
    }
    Ok(Running { _servers: servers, variables, _folder: folder })
}

/// A command as a line of JSON: its words, and the variables that it takes.
fn written(command: &Command) -> String {
    let word = |word: &std::ffi::OsStr| word.to_string_lossy().into_owned();
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).map(word).collect();
    let environment: std::collections::BTreeMap<_, _> =
        command.get_envs().filter_map(|(name, value)| Some((word(name), word(value?)))).collect();
    serde_json::json!({ "command": words, "environment": environment }).to_string()
}

/// `cargo xtask servers`: starts all of them, says the variables, and runs `command` with them, or waits.
///
/// # Errors
/// As [`start`], and where the command cannot be started.
#[expect(clippy::print_stdout, reason = "the variables are the command's result")]
pub fn command(layout: &Layout, command: &[OsString]) -> Result<ExitCode> {
    let mut running = start(layout, &ServerKind::ALL)?;
    running.variables.push((pyarrow::VARIABLE, pyarrow::install()?.display().to_string()));
    let Some((program, arguments)) = command.split_first() else {
        for (name, url) in running.variables() {
            println!("export {name}='{url}'");
        }
        eprintln!("the servers run until this is stopped (Ctrl-C)");
        loop {
            std::thread::park();
        }
    };
    for (name, url) in running.variables() {
        eprintln!("      {name}={url}");
    }
    let variables = running.variables().iter().map(|(name, url)| (name, url));
    let mut command = Command::new(program);
    process::as_from_a_shell(&mut command);
    let status = command.args(arguments).envs(variables).status();
    let status = status.with_context(|| format!("could not start `{}`", program.to_string_lossy()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A place of its own for one run's data, below target/.
struct Folder(PathBuf);

impl Folder {
    fn make(layout: &Layout) -> Result<Self> {
        let all = layout.at("target/test-servers");
        fs::create_dir_all(&all)?;
        // Runs that were killed could not clean up after themselves.
        for left in fs::read_dir(&all)? {
            let left = left?;
            if !process::is_alive(&left.file_name().to_string_lossy()) {
                let _ = fs::remove_dir_all(left.path());
            }
        }
        let folder = all.join(std::process::id().to_string());
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where installed servers lie: `NAME-VERSION` in one cache folder that outlives a clone.
///
/// # Errors
/// Where there is no home.
fn cache(name: &str) -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    let servers = cache.join("marquee/servers");
    fs::create_dir_all(&servers)?;
    Ok(servers.join(name))
}

/// Installs into a folder beside `place`, and moves that there when it is whole; nothing where `place` holds `program`
/// already. The program.
///
/// # Errors
/// What `build` says.
fn install_whole(place: &Path, program: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let program = place.join(program);
    if program.is_file() {
        return Ok(program);
    }
    let under_way = place.with_added_extension(format!("part-{}", std::process::id()));
    fs::create_dir_all(&under_way)?;
    let outcome = build(&under_way).and_then(|()| match fs::rename(&under_way, place) {
        // Another run was faster.
        Err(_) if program.is_file() => Ok(()),
        outcome => outcome.with_context(|| format!("could not install {}", place.display())),
    });
    let _ = fs::remove_dir_all(&under_way);
    outcome.map(|()| program)
}

/// A port of the loopback address that nobody listens on.
///
/// # Errors
/// Where the machine has none.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A password that nobody guesses: 32 letters and digits.
///
/// # Errors
/// Where the system gives no random bytes.
fn password() -> Result<String> {
    let mut bytes = [0; 16];
    io::Read::read_exact(&mut fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Waits until `ready` says so, as long as the server runs.
///
/// # Errors
/// Where it stops, or takes too long; the message ends with what it wrote.
fn wait_until(server: &mut Server, patience: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !ready() {
        if let Some(status) = server.exited()? {
            bail!("it stopped at once ({status}): {}", server.last_words());
        }
        if begun.elapsed() > patience {
            bail!("it did not answer within {} s: {}", patience.as_secs(), server.last_words());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_installed_whole_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("server-1.2.3");
        install_whole(&place, "whole", |under_way| {
            fs::write(under_way.join("half"), "x")?;
            bail!("the network is down")
        })
        .unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        install_whole(&place, "whole", |under_way| Ok(fs::write(under_way.join("whole"), "x")?)).unwrap();
        assert!(place.join("whole").is_file());
        install_whole(&place, "whole", |_| bail!("it is installed twice")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_is_removed_by_the_next() {
        let root = tempfile::tempdir().unwrap();
        let left = root.path().join("target/test-servers/4194999");
        fs::create_dir_all(&left).unwrap();
        let folder = Folder::make(&Layout::of(root.path())).unwrap();
        assert!(!left.exists() && folder.0.is_dir());
        let place = folder.0.clone();
        drop(folder);
        assert!(!place.exists());
    }

    #[test]
    fn a_command_is_written_with_its_words_and_its_variables() {
        let mut command = Command::new("gateway");
        command.args(["--port", "{port}", "a b"]).env("KEY", "s\"t").env_remove("HOME");
        let expected = r#"{"command":["gateway","--port","{port}","a b"],"environment":{"KEY":"s\"t"}}"#;
        assert_eq!(written(&command), expected);
    }

    #[test]
    fn a_server_that_stops_at_once_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let mut server =
            Server::start(Command::new("sh").args(["-c", "echo no such option >&2; exit 4"]), &folder.path().join("log"))
                .unwrap();
        let error = wait_until(&mut server, Duration::from_secs(5), || false).unwrap_err().to_string();
        assert!(error.contains("no such option") && error.contains('4'), "{error}");
    }
}
