//! Redis: the distribution's own. Durable to the last write, as Marquee asks of it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};

use super::{Server, free_port, password, wait_until};
use crate::{
    install::{self, Tool},
    process,
};

const PATIENCE: Duration = Duration::from_secs(20);
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// The program, installed where it was missing.
pub fn install() -> Result<PathBuf> {
    install::tools(&[Tool::Redis])?;
    PROGRAMS.into_iter().find_map(process::find_program).context("redis-server is not on PATH")
}

/// Starts it with its data in `folder`; its URL.
pub fn start(program: &Path, folder: &Path) -> Result<(Server, String)> {
    let (port, password) = (free_port()?, password()?);
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--requirepass", &password]);
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir"]).arg(folder);
    let mut server = Server::start(&command, &folder.join("log"))?;
    wait_until(&mut server, PATIENCE, || answers(port, &password).unwrap_or(false))?;
    Ok((server, format!("redis://:{password}@127.0.0.1:{port}/0")))
}

fn answers(port: u16, password: &str) -> std::io::Result<bool> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    connection.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(connection, "AUTH {password}\r\nPING\r\nQUIT\r\n")?;
    let mut reply = String::new();
    connection.read_to_string(&mut reply)?;
    Ok(reply.contains("+PONG"))
}
