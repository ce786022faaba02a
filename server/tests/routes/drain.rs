//! The real binary, from its first line to SIGTERM.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::process::{Running, get, marquee};

fn terminate(running: &Running) {
    let id = rustix::process::Pid::from_child(&running.child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
}

fn exit_within(running: &mut Running, limit: Duration) -> Option<i32> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Some(status) = running.child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

#[test]
fn sigterm_lets_a_request_under_way_finish_and_takes_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path(), &[("MARQUEE_SERVER__DRAIN_NOTICE_SECONDS", "1")]);
    assert!(get(&running.address, "/readyz").unwrap().starts_with("HTTP/1.1 200"));

    // Under way: its body is still coming.
    let mut slow = TcpStream::connect(&running.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = "POST /api/v1/title-cards HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n";
    slow.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));

    terminate(&running);
    std::thread::sleep(Duration::from_millis(300));
    let ready = get(&running.address, "/readyz").unwrap();
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("the server is stopping"), "{ready}");
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(get(&running.address, "/healthz"), None, "new connections must not be taken any more");

    slow.write_all(br#"{"ids":[]}"#).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(exit_within(&mut running, Duration::from_secs(10)), Some(0));
}

#[test]
fn sigterm_cuts_off_what_takes_longer_than_the_drain() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = Running::start(folder.path(), &[("MARQUEE_SERVER__DRAIN_SECONDS", "1")]);
    let mut stuck = TcpStream::connect(&running.address).unwrap();
    stuck.write_all(b"POST /api/v1/title-cards HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    terminate(&running);
    assert_eq!(exit_within(&mut running, Duration::from_secs(10)), Some(0));
}

#[test]
fn a_config_that_is_off_stops_the_start_with_its_key_and_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("marquee.toml"), "[server]\nadress = \"127.0.0.1:1\"\n").unwrap();
    let output = marquee(folder.path()).arg("serve").output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{message}");
    for part in ["marquee.toml", "`server.adress`", "address, https"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_address_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = marquee(folder.path()).args(["serve", "--address", &address]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains(&format!("cannot listen on {address}")), "{message}");
}
