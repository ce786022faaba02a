//! S3: versitygw over directories. Versioned, so that tests can make buckets with Object Lock.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use super::{Server, Started, cache, free_port, install_whole, password, wait_until};
use crate::process;

const VERSION: &str = "1.8.0";
const BUCKET: &str = "marquee-test";
const PATIENCE: Duration = Duration::from_secs(20);

/// The program, compiled where it was missing.
pub fn install() -> Result<PathBuf> {
    let place = cache(&format!("versitygw-{VERSION}"))?;
    install_whole(&place, "versitygw", |under_way| {
        let go = process::find_program("go").or_else(|| Some(PathBuf::from("/usr/local/go/bin/go")).filter(|go| go.is_file()));
        let go = go.context("compiling it takes Go, which is not here")?;
        eprintln!("      compiling versitygw {VERSION} with go, for testing with S3 (once; about two minutes)");
        let module = format!("github.com/versity/versitygw/cmd/versitygw@v{VERSION}");
        process::run(Command::new(go).args(["install", &module]).env("GOBIN", under_way).env("CGO_ENABLED", "0"))
    })
}

/// Starts it with its data in `folder`, with one bucket, which the URL names. Others of a test's own have none.
pub fn start(program: &Path, folder: &Path) -> Result<Started> {
    let (port, identity, secret) = (free_port()?, "marquee", password()?);
    let (objects, versions) = (folder.join("objects"), folder.join("versions"));
    // A directory is a bucket.
    fs::create_dir_all(objects.join(BUCKET))?;
    fs::create_dir_all(&versions)?;
    let gateway = |port: &str| {
        let mut command = Command::new(program);
        command.env("ROOT_ACCESS_KEY", identity).env("ROOT_SECRET_KEY", &secret);
        command.args(["--port", &format!("127.0.0.1:{port}"), "posix"]);
        command
    };
    let mut command = gateway(&port.to_string());
    command.arg("--versioning-dir").arg(versions).arg(objects);
    let mut own = gateway("{port}");
    own.arg("{folder}");
    let mut server = Server::start(&command, &folder.join("log"))?;
    wait_until(&mut server, PATIENCE, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())?;
    let address = format!("endpoint=http://127.0.0.1:{port}&region=us-east-1");
    let url = format!("s3://{BUCKET}?{address}&access_key_id={identity}&secret_access_key={secret}");
    Ok(Started { servers: vec![server], url, own: Some(own) })
}
