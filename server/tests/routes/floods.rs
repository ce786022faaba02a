//! Clients that hold what they get and take nothing, over real connections; and whoever means well beside them.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::process::{Running, ask, get, marquee};

const CONNECTIONS: &str = "MARQUEE_SERVER__CONNECTIONS__";

fn start(folder: &Path, settings: &[(&str, &str)]) -> Running {
    let named: Vec<(String, &str)> = settings.iter().map(|(name, value)| (format!("{CONNECTIONS}{name}"), *value)).collect();
    let named: Vec<(&str, &str)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    Running::start(folder, &named)
}

fn open(running: &Running, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&running.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // It may be closed already, which whoever reads from it sees.
    let _ = stream.write_all(sent.as_bytes());
    stream
}

/// Whether the server closes it within so many seconds, whatever it says before.
fn closes_within(stream: &mut TcpStream, seconds: u64) -> bool {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut piece = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        stream.set_read_timeout(Some(left)).unwrap();
        match stream.read(&mut piece) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

/// Whether it is still open now.
fn is_open(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let outcome = stream.read(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    matches!(outcome, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn assert_honest(running: &Running) {
    assert_honest_within(running, Duration::from_secs(2));
}

fn assert_honest_within(running: &Running, patience: Duration) {
    let begun = Instant::now();
    let answer = get(&running.address, "/healthz").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(begun.elapsed() < patience, "{:?}", begun.elapsed());
}

#[test]
fn a_head_that_does_not_end_is_closed_however_slowly_it_drips() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("HEADER_SECONDS", "1")]);
    let mut silent = open(&running, "");
    let mut half = open(&running, "GET / HTTP/1.1\r\nHost: x\r\n");
    let mut preface = open(&running, "PRI * HTTP/2.0\r\n");
    let mut second = open(&running, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea");
    let mut dripping = open(&running, "GET / HTTP/1.1\r\nX: ");
    for _ in 0..10 {
        thread::sleep(Duration::from_millis(200));
        // Closed at last, which is what is wanted.
        let _ = dripping.write_all(b"x");
    }
    assert!(closes_within(&mut dripping, 1), "dripping");
    for (name, stream) in [("silent", &mut silent), ("half", &mut half), ("preface", &mut preface)] {
        assert!(closes_within(stream, 2), "{name}");
    }
    // Its second head began together with the first, and is one of an idle connection.
    second.write_all(b"l").unwrap();
    assert!(closes_within(&mut second, 4), "second");
    assert_honest(&running);
}

#[test]
fn a_connection_without_requests_is_closed_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("IDLE_SECONDS", "1"), ("HEADER_SECONDS", "1")]);
    let mut idle = open(&running, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(closes_within(&mut idle, 4));
}

#[test]
fn a_newcomer_gets_the_place_of_the_connection_that_was_silent_for_longest() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("MOST", "8")]);
    let mut idle: Vec<TcpStream> = (0..8).map(|_| open(&running, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    thread::sleep(Duration::from_millis(1500));
    for stream in &mut idle {
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    }
    // The first one asks again, and so is not the one that is closed.
    idle[0].write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(idle[0].read(&mut [0; 4096]).unwrap() > 0);
    assert_honest(&running);
    let open = idle.iter().filter(|stream| is_open(stream)).count();
    assert_eq!(open, 7);
    assert!(is_open(&idle[0]));
}

#[test]
fn requests_that_are_half_sent_hold_no_connection_against_a_newcomer() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("MOST", "8")]);
    let head = "POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{";
    let half: Vec<TcpStream> = (0..8).map(|_| open(&running, head)).collect();
    thread::sleep(Duration::from_millis(300));
    assert!(half.iter().all(is_open));
    assert_honest(&running);
    assert_eq!(half.iter().filter(|stream| is_open(stream)).count(), 7);
}

#[test]
fn one_address_has_its_part_of_the_connections_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("MOST", "100"), ("MOST_PER_ADDRESS", "4")]);
    let mut idle: Vec<TcpStream> = (0..4).map(|_| open(&running, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    thread::sleep(Duration::from_millis(1500));
    assert_honest(&running);
    for stream in &mut idle {
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    }
    assert_eq!(idle.iter().filter(|stream| is_open(stream)).count(), 3);
}

/// Under 160 descriptors, of which 56 are for connections.
#[test]
fn an_honest_request_is_answered_beside_more_connections_than_there_are_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("prlimit");
    command.args(["--nofile=160:160", env!("CARGO_BIN_EXE_marquee")]).current_dir(folder.path());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let running = Running::begin(command, &[]);
    let mut flood = Vec::new();
    for number in 0..400 {
        let sent = if number % 2 == 0 { "GET / HTTP/1.1\r\nHost: x\r\n" } else { "" };
        flood.push(open(&running, sent));
        if number % 50 == 49 {
            thread::sleep(Duration::from_millis(1100));
            assert_honest(&running);
        }
    }
    let held = flood.iter().filter(|stream| is_open(stream)).count();
    assert!((8..160).contains(&held), "{held}");
}

#[test]
fn a_system_that_gives_no_descriptors_is_told_of_once_and_those_silent_for_longest_are_closed() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = marquee(folder.path());
    command.stderr(std::fs::File::create(&log).unwrap());
    let running = Running::begin(command, &[]);
    let mut idle: Vec<TcpStream> = (0..40).map(|_| open(&running, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    for stream in &mut idle {
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    }
    thread::sleep(Duration::from_millis(1100));
    // Fewer than are open: what was shared out at the start is no longer there. One that is closed makes room for one.
    let process = running.child.id().to_string();
    let few = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count() - 20;
    assert!(Command::new("prlimit").args([&format!("--nofile={few}"), "--pid", &process]).status().unwrap().success());
    assert_honest_within(&running, Duration::from_secs(5));
    let closed = idle.iter().filter(|stream| !is_open(stream)).count();
    assert!((1..20).contains(&closed), "{closed}");
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("a connection cannot be taken").count(), 1, "{log}");
}

#[test]
fn the_unit_asks_for_more_descriptors_than_the_system_gives_by_default() {
    let unit = include_str!("../../../deploy/marquee.service");
    let limit = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE=")).unwrap();
    assert!(limit.parse::<u32>().unwrap() >= 8192 * 2);
}

#[test]
fn a_request_for_no_host_or_for_two_is_refused_and_served_by_no_route() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]);
    for hosts in ["", "Host: a\r\nHost: b\r\n", "Host: a/b\r\n"] {
        let mut stream = open(&running, &format!("GET /api/v1/titles HTTP/1.1\r\nConnection: close\r\n{hosts}\r\n"));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("invalid_request"), "{hosts}: {answer}");
    }
    let mut old = open(&running, "GET /healthz HTTP/1.0\r\n\r\n");
    let mut answer = String::new();
    old.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    assert!(ask(&running.address, "GET", "/api/v1/titles", &[], "").unwrap().starts_with("HTTP/1.1 200"));
}

/// A connection on which every answer waits for a window.
async fn stalled(running: &Running, streams: usize) -> tokio::task::JoinHandle<Result<(), h2::Error>> {
    let stream = tokio::net::TcpStream::connect(&running.address).await.unwrap();
    let client = h2::client::Builder::new().initial_window_size(0).handshake::<_, axum::body::Bytes>(stream).await;
    let (mut client, connection) = client.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..streams {
        client = client.ready().await.unwrap();
        let request = http::Request::get("http://x/api/v1/titles").body(()).unwrap();
        let (answer, _) = client.send_request(request, true).unwrap();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        // Neither read nor let go of.
        std::mem::forget(answer);
    }
    std::mem::forget(client);
    connection
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_streams_of_http2_give_their_places_to_who_comes() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &[("MARQUEE_GATEWAY__IN_FLIGHT", "8")]);
    let connection = stalled(&running, 8).await;
    let titles = || ask(&running.address, "GET", "/api/v1/titles", &[], "").unwrap();
    assert!(titles().starts_with("HTTP/1.1 503"));
    tokio::time::sleep(Duration::from_millis(3200)).await;
    for _ in 0..3 {
        assert!(titles().starts_with("HTTP/1.1 200"));
    }
    connection.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_of_which_every_answer_is_stalled_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("STALL_SECONDS", "1")]);
    let connection = stalled(&running, 8).await;
    assert!(tokio::time::timeout(Duration::from_secs(5), connection).await.is_ok());
    assert_honest(&running);
}
