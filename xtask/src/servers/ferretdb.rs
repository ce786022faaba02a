//! MongoDB's protocol: a `mongod` where there is one, else FerretDB over DocumentDB, which is an extension of PostgreSQL.
//!
//! PostgreSQL comes as a Debian tree of its own, because most distributions lack the extension; it runs there as its own
//! user. Must never touch a PostgreSQL of this machine.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::{Server, Started, cache, free_port, install_whole, password, wait_until};
use crate::process;

const VERSION: &str = "2.7.0";
const SUITE: &str = "forky";
/// Paths inside of the tree.
const POSTGRES: &str = "usr/lib/postgresql/18/bin/postgres";
const DATA: &str = "var/lib/postgresql";
const PATIENCE: Duration = Duration::from_secs(60);

/// The program that speaks the protocol, installed where it was missing.
pub fn install() -> Result<PathBuf> {
    if let Some(mongod) = process::find_program("mongod") {
        return Ok(mongod);
    }
    install_postgres()?;
    let place = cache(&format!("ferretdb-{VERSION}"))?;
    install_whole(&place, "ferretdb", compile)
}

fn tree() -> Result<PathBuf> {
    cache("postgres-documentdb-18")
}

fn install_postgres() -> Result<()> {
    if process::capture(Command::new("id").arg("-u"))? != "0" {
        bail!("FerretDB's PostgreSQL runs in a directory tree of its own, which takes root; this user is not root");
    }
    let place = tree()?;
    install_whole(&place, POSTGRES, |under_way| {
        let Some(_) = process::find_program("apt-get") else { bail!("the tree is made with apt-get, which is not here") };
        if process::find_program("mmdebstrap").is_none() {
            let arguments = ["install", "-q", "-y", "--no-install-recommends", "mmdebstrap"];
            process::run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
        }
        // The machine's own mirror.
        let targets = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"];
        let mirrors = process::capture(Command::new("apt-get").args(targets))?;
        let mirror = mirrors.lines().next().context("apt-get knows no mirror of Debian")?;
        eprintln!("      installing PostgreSQL 18 with DocumentDB, for testing with MongoDB's protocol (once; about a minute)");
        let mut command = Command::new("mmdebstrap");
        command.args(["--quiet", "--variant=apt", "--include=postgresql-18,postgresql-18-documentdb"]);
        command.args(["--aptopt=APT::Install-Recommends \"false\"", "--aptopt=Acquire::Check-Valid-Until \"false\""]);
        process::run(command.arg(SUITE).arg(under_way).arg(mirror))
    })?;
    Ok(())
}

/// `go install` of it fails, because its version is read from a file that the module lacks.
fn compile(under_way: &Path) -> Result<()> {
    let go = process::find_program("go").or_else(|| Some(PathBuf::from("/usr/local/go/bin/go")).filter(|go| go.is_file()));
    let go = go.context("compiling it takes Go, which is not here")?;
    eprintln!("      compiling FerretDB {VERSION} with go, for testing with MongoDB's protocol (once; about a minute)");
    let (scratch, source) = (under_way.join("scratch"), under_way.join("source"));
    fs::create_dir_all(&scratch)?;
    let module = format!("github.com/FerretDB/FerretDB/v2@v{VERSION}");
    process::run(Command::new(&go).args(["mod", "init", "scratch"]).current_dir(&scratch))?;
    process::run(Command::new(&go).args(["mod", "download", &module]).current_dir(&scratch))?;
    let found = ["list", "-m", "-f", "{{.Dir}}", &module];
    let folder = process::capture(Command::new(&go).args(found).current_dir(&scratch))?;
    // The module cache is read-only.
    process::run(Command::new("cp").args(["-r", "--no-preserve=mode", &folder]).arg(&source))?;
    fs::write(source.join("build/version/version.txt"), format!("v{VERSION}\n"))?;
    let output = under_way.join("ferretdb");
    process::run(Command::new(&go).args(["build", "-o"]).arg(&output).arg("./cmd/ferretdb").current_dir(&source))?;
    fs::remove_dir_all(&scratch)?;
    Ok(fs::remove_dir_all(&source)?)
}

/// Starts it with its data in `folder`, or where its PostgreSQL can reach it. The first server stops first. Others of a
/// test's own share that PostgreSQL.
pub fn start(program: &Path, folder: &Path) -> Result<Started> {
    let port = free_port()?;
    let answers = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    if program.ends_with("mongod") {
        let command = |port: &str, folder: &str| {
            let mut command = Command::new(program);
            command.args(["--bind_ip", "127.0.0.1", "--port", port, "--dbpath", folder]);
            command
        };
        let mut server = Server::start(&command(&port.to_string(), &folder.to_string_lossy()), &folder.join("log"))?;
        wait_until(&mut server, PATIENCE, answers)?;
        let (url, own) = (format!("mongodb://127.0.0.1:{port}/"), Some(command("{port}", "{folder}")));
        return Ok(Started { servers: vec![server], url, own });
    }
    let password = password()?;
    let (postgres, database) = start_postgres(folder, &password)?;
    let state = folder.join("state");
    fs::create_dir_all(&state)?;
    let command = |port: &str, state: &str| {
        let mut command = Command::new(program);
        command.arg(format!("--postgresql-url=postgres://marquee:{password}@127.0.0.1:{database}/postgres"));
        command.arg(format!("--listen-addr=127.0.0.1:{port}")).arg(format!("--state-dir={state}"));
        command.args(["--telemetry=disable", "--debug-addr=-", "--log-level=warn"]);
        command
    };
    let mut server = Server::start(&command(&port.to_string(), &state.to_string_lossy()), &folder.join("log"))?;
    wait_until(&mut server, PATIENCE, answers)?;
    let url = format!("mongodb://marquee:{password}@127.0.0.1:{port}/?authSource=admin");
    Ok(Started { servers: vec![server, postgres], url, own: Some(command("{port}", "{folder}")) })
}

/// PostgreSQL with the user `marquee`, and its port.
fn start_postgres(folder: &Path, password: &str) -> Result<(Server, u16)> {
    let tree = tree()?;
    let template = tree.join(DATA).join("template");
    if !template.is_dir() {
        make_template(&tree, &template, folder)?;
    }
    // Runs that were killed could not clean up after themselves.
    for left in fs::read_dir(tree.join(DATA))? {
        let left = left?;
        let name = left.file_name().to_string_lossy().into_owned();
        if name.strip_prefix("run-").is_some_and(|process| !process::is_alive(process)) {
            let _ = fs::remove_dir_all(left.path());
        }
    }
    let name = format!("run-{}", std::process::id());
    let data = tree.join(DATA).join(&name);
    process::run(Command::new("cp").args(["-a", "--reflink=auto"]).arg(&template).arg(&data))?;
    let (server, port) = serve(&tree, &name, &folder.join("postgres.log"))?;
    let server = server.removing(data);
    statement(&tree, port, &format!("ALTER ROLE marquee PASSWORD '{password}'"))?;
    Ok((server, port))
}

/// A data folder with the extension, made once and copied for each run.
fn make_template(tree: &Path, template: &Path, folder: &Path) -> Result<()> {
    let name = format!("run-{}-template", std::process::id());
    let data = tree.join(DATA).join(&name);
    let inside = format!("/{DATA}/{name}");
    process::capture(Command::new("chroot").arg(tree).args(["chown", "postgres:postgres", &format!("/{DATA}")]))?;
    let mut initdb = as_postgres(tree);
    initdb.args(["/usr/lib/postgresql/18/bin/initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8"]);
    process::capture(initdb.args(["--locale=C.UTF-8", "-D", &inside]))?;
    let settings = "listen_addresses = '127.0.0.1'\nunix_socket_directories = '/tmp'\nmax_connections = 300\n\
        shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'\ncron.database_name = 'postgres'\n\
        dynamic_shared_memory_type = mmap\n";
    let file = data.join("postgresql.conf");
    let before = fs::read_to_string(&file)?;
    fs::write(&file, before + settings)?;
    let (server, port) = serve(tree, &name, &folder.join("template.log"))?;
    statement(tree, port, "CREATE EXTENSION documentdb CASCADE")?;
    statement(tree, port, "CREATE ROLE marquee SUPERUSER LOGIN")?;
    drop(server);
    match fs::rename(&data, template) {
        // Another run was faster.
        Err(_) if template.is_dir() => Ok(fs::remove_dir_all(&data)?),
        outcome => Ok(outcome?),
    }
}

fn serve(tree: &Path, name: &str, log: &Path) -> Result<(Server, u16)> {
    let port = free_port()?;
    let mut command = as_postgres(tree);
    command.args([&format!("/{POSTGRES}"), "-p", &port.to_string(), "-D", &format!("/{DATA}/{name}")]);
    // What tests kill is FerretDB; nothing of this outlives the run, and what nobody waits for is faster.
    command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    let mut server = Server::start(&command, log)?;
    wait_until(&mut server, PATIENCE, || statement(tree, port, "SELECT 1").is_ok())?;
    Ok((server, port))
}

/// A command inside of the tree, as the user that PostgreSQL insists on. The kernel forgets whose end is to be ours when
/// the user changes, so that it is told again; INT ends clients' sessions too.
fn as_postgres(tree: &Path) -> Command {
    let mut command = Command::new("chroot");
    command.arg(tree).args(["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.args(["--pdeathsig", "INT", "--"]).current_dir("/").env("LC_ALL", "C.UTF-8");
    command
}

fn statement(tree: &Path, port: u16, sql: &str) -> Result<String> {
    let mut command = as_postgres(tree);
    command.args(["/usr/lib/postgresql/18/bin/psql", "-h", "127.0.0.1", "-U", "postgres", "-q", "-X"]);
    // A password in an argument is seen by whoever may look at the machine's processes; this one is a test's.
    process::capture(command.args(["-v", "ON_ERROR_STOP=1", "-p", &port.to_string(), "-c", sql]))
}
