//! `kill -9` at any moment: what was acknowledged is there, and what was begun goes on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::process::{Running, ask, get, marquee};

/// A test picture with a tone.
fn film(path: &Path, size: &str, rate: u32, seconds: u32) {
    let picture = format!("testsrc2=size={size}:rate={rate}:duration={seconds}");
    let tone = format!("sine=duration={seconds}");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

/// Every segment that is stored, and when it was written.
fn segments(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(segments(&path));
        } else if path.extension().is_some_and(|extension| extension == "m4s") {
            found.push((path, entry.metadata().unwrap().modified().unwrap()));
        }
    }
    found
}

#[test]
fn an_import_that_is_killed_again_and_again_goes_on_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Cut Short (2020).mkv"), "854x480", 24, 12);
    let import = || {
        let mut command = marquee(folder.path());
        command.args(["import", "Cut Short (2020).mkv"]).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    };
    let stored = folder.path().join("data/objects");
    let mut kept: Vec<(PathBuf, SystemTime)> = Vec::new();
    let mut kills = 0;
    // Ever longer lives: the first ones die over the probe, the later ones in an encoder or between two steps.
    let said = loop {
        let mut child = import().spawn().unwrap();
        let ended = wait(&mut child, Duration::from_millis(120 + 120 * kills));
        let now = segments(&stored);
        for segment in &kept {
            assert!(now.contains(segment), "{segment:?} was made again, or is gone, after {kills} kills");
        }
        kept = now;
        if ended {
            break String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    };
    assert!(kills >= 3, "the import ended after {kills} kills");
    assert!(said.contains("1 imported, 0 there already, 0 refused"), "{said}");
    let again = import().output().unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains("0 imported, 1 there already, 0 refused"), "{again:?}");
    assert_eq!(segments(&stored), kept);

    let server = Running::start(folder.path(), &[]);
    let film = only_film(&server.address);
    assert_eq!((film["title"].as_str(), film["video"]["height"].as_u64()), (Some("Cut Short"), Some(480)));
}

/// Whether the child ended by itself in this time.
fn wait(child: &mut std::process::Child, time: Duration) -> bool {
    let end = std::time::Instant::now() + time;
    while std::time::Instant::now() < end {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn json(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
    if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
}

/// The film that can be watched, as soon as it can be found.
fn only_film(address: &str) -> Value {
    for _ in 0..200 {
        let page = json(&get(address, "/api/v1/titles?watchable=true").unwrap());
        if let Some(film) = page["items"].get(0) {
            return film.clone();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the film is not found");
}

/// Where the viewers begin: the first seconds are not worth coming back to, and are not kept.
const START: f64 = 120.0;

/// Somebody who watches, and remembers what the server acknowledged.
struct Viewer {
    cookie: String,
    session: String,
    acknowledged: f64,
    sent: f64,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

impl Viewer {
    fn new(address: &str, title: &str) -> Self {
        let body = format!(r#"{{"title":"{title}"}}"#);
        let answer = ask(address, "POST", "/api/v1/playback", &[JSON], &body).unwrap();
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { cookie, session: session(&answer), acknowledged: 0.0, sent: START }
    }

    fn resume(&mut self, address: &str, title: &str) {
        let body = format!(r#"{{"title":"{title}"}}"#);
        let answer = ask(address, "POST", "/api/v1/playback", &[JSON, ("Cookie", &self.cookie)], &body).unwrap();
        self.session = session(&answer);
    }

    fn watch(&mut self, address: &str, until: &AtomicBool) {
        while !until.load(Ordering::Relaxed) {
            self.sent += 0.5;
            let path = format!("/api/v1/playback/{}/progress", self.session);
            let body = format!(r#"{{"position":{},"state":"playing"}}"#, self.sent);
            let Some(answer) = ask(address, "POST", &path, &[JSON, ("Cookie", &self.cookie)], &body) else { return };
            // A head that the kill cut off acknowledges nothing.
            if answer.contains("\r\n\r\n") {
                assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
                self.acknowledged = self.sent;
            }
        }
    }

    fn stored(&self, address: &str, title: &str) -> f64 {
        let path = format!("/api/v1/titles/{title}/progress");
        let answer = json(&ask(address, "GET", &path, &[("Cookie", &self.cookie)], "").unwrap());
        answer["progress"]["position"].as_f64().unwrap_or_else(|| panic!("no progress: {answer}"))
    }
}

fn session(answer: &str) -> String {
    json(answer)["session"].as_str().unwrap().to_owned()
}

#[test]
fn no_acknowledged_progress_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Long (2020).mkv"), "160x120", 2, 900);
    let imported = marquee(folder.path()).args(["import", "Long (2020).mkv"]).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let settings = [("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false")];
    let mut server = Running::start(folder.path(), &settings);
    let title = only_film(&server.address)["id"].as_str().unwrap().to_owned();
    let mut viewers: Vec<Viewer> = (0..4).map(|_| Viewer::new(&server.address, &title)).collect();
    for round in 0..6_u64 {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for viewer in &mut viewers {
                scope.spawn(|| viewer.watch(&server.address, &stop));
            }
            std::thread::sleep(Duration::from_millis(200 + 37 * round));
            rustix::process::kill_process(rustix::process::Pid::from_child(&server.child), rustix::process::Signal::KILL)
                .unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        server.kill();
        server = Running::start(folder.path(), &settings);
        for viewer in &mut viewers {
            let stored = viewer.stored(&server.address, &title);
            let range = viewer.acknowledged..=viewer.sent;
            assert!(range.contains(&stored), "round {round}: {stored} is stored, {range:?} was acknowledged and sent");
            viewer.resume(&server.address, &title);
        }
    }
    let saves: f64 = viewers.iter().map(|viewer| (viewer.acknowledged - START) * 2.0).sum();
    assert!(saves > 100.0, "the viewers came to save: {saves}");
}
