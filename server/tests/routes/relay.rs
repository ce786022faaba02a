//! The line to a store, which a test can cut or clog.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// They arrive.
    Open,
    /// There is nobody: connections are closed, and new ones as soon as they are made.
    Cut,
    /// Connections stand, and nothing comes through them.
    Clogged,
}

/// A line of its own to a server that others use as well.
pub struct Relay {
    state: Arc<Mutex<State>>,
}

struct State {
    line: Line,
    open: Vec<TcpStream>,
}

impl Relay {
    /// To whom `url` names (`scheme://...@HOST:PORT/...` or with an endpoint in its query); the URL that goes through here.
    pub fn to(url: &str) -> (Self, String) {
        let server = host_and_port(url);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { line: Line::Open, open: Vec::new() }));
        let (target, shared) = (server.to_owned(), Arc::clone(&state));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                join(client, &target, &shared);
            }
        });
        let through = url.replace(server, &address.to_string());
        (Self { state }, through)
    }

    pub fn set(&self, line: Line) {
        let mut state = self.state.lock().unwrap();
        state.line = line;
        if line == Line::Cut {
            for stream in state.open.drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn host_and_port(url: &str) -> &str {
    let start = ["endpoint=http://", "@", "://"].iter().find_map(|mark| url.find(mark).map(|at| at + mark.len())).unwrap();
    let rest = &url[start..];
    &rest[..rest.find(['/', '?', '&']).unwrap_or(rest.len())]
}

fn join(client: TcpStream, target: &str, state: &Arc<Mutex<State>>) {
    let mut shared = state.lock().unwrap();
    if shared.line == Line::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(target) else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
        shared.open.push(stream.try_clone().unwrap());
    }
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (from, to, state) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(state));
        thread::spawn(move || pump(from, to, &state));
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, state: &Mutex<State>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        while state.lock().unwrap().line == Line::Clogged {
            thread::sleep(Duration::from_millis(10));
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn the_server_is_found_in_every_form_of_a_url() {
    for (url, expected) in [
        ("redis://:secret@127.0.0.1:6379/0", "127.0.0.1:6379"),
        ("redis://127.0.0.1:6379", "127.0.0.1:6379"),
        ("mongodb://u:p@127.0.0.1:27017/db?x=y", "127.0.0.1:27017"),
        ("s3://b/f?region=x&endpoint=http://127.0.0.1:7070&access_key_id=a", "127.0.0.1:7070"),
    ] {
        assert_eq!(host_and_port(url), expected);
    }
}
