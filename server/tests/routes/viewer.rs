//! Somebody who watches, over HTTP, and remembers what the server acknowledged.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::Value;

use crate::process::{ask, get};

/// A test picture with a tone.
pub fn film(path: &Path, size: &str, rate: u32, seconds: u32) {
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

pub fn json(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
    if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
}

/// Makes the first account, an operator's: their cookie.
pub fn set_up(address: &str) -> String {
    let account = r#"{"login":"ada","name":"Ada","password":"correct horse battery"}"#;
    let answer = ask(address, "POST", "/api/v1/setup", &[JSON], account).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    cookies.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

/// Whoever is not signed in goes on watching: where there are accounts, an operator has to say so.
pub fn let_guests_watch(address: &str, operator: &str) {
    let plan = r#"{"name":"Guests","authorization":{"may_browse":true,"may_watch":true},"expected_version":0}"#;
    let answer = ask(address, "PUT", "/api/v1/plans/guest", &[JSON, ("Cookie", operator)], plan).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The film that can be watched, as soon as it can be found.
pub fn only_film(address: &str) -> Value {
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
pub const START: f64 = 120.0;

/// How far they come from one save to the next: less would not be worth a write.
pub const STEP: f64 = 0.5;

/// Somebody who watches, and remembers what the server acknowledged.
pub struct Viewer {
    pub cookie: String,
    pub session: String,
    pub acknowledged: f64,
    pub sent: f64,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

impl Viewer {
    pub fn new(address: &str, title: &str) -> Self {
        let body = format!(r#"{{"title":"{title}"}}"#);
        let answer = ask(address, "POST", "/api/v1/playback", &[JSON], &body).unwrap();
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { cookie, session: session(&answer), acknowledged: 0.0, sent: START }
    }

    pub fn resume(&mut self, address: &str, title: &str) {
        let body = format!(r#"{{"title":"{title}"}}"#);
        let answer = ask(address, "POST", "/api/v1/playback", &[JSON, ("Cookie", &self.cookie)], &body).unwrap();
        self.session = session(&answer);
    }

    pub fn watch(&mut self, address: &str, until: &AtomicBool) {
        while !until.load(Ordering::Relaxed) {
            self.sent += STEP;
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

    /// Saves for so long, and until something was acknowledged.
    pub fn watch_for(&mut self, address: &str, time: Duration) {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(time);
                stop.store(true, Ordering::Relaxed);
            });
            self.watch(address, &stop);
        });
        assert!(self.acknowledged > 0.0, "nothing was acknowledged in {time:?}");
    }

    pub fn stored(&self, address: &str, title: &str) -> f64 {
        let path = format!("/api/v1/titles/{title}/progress");
        let answer = json(&ask(address, "GET", &path, &[("Cookie", &self.cookie)], "").unwrap());
        answer["progress"]["position"].as_f64().unwrap_or_else(|| panic!("no progress: {answer}"))
    }
}

fn session(answer: &str) -> String {
    json(answer)["session"].as_str().unwrap().to_owned()
}
