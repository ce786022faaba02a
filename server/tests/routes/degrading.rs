//! What ARCHITECTURE.md promises under "When a store fails", on real stores at the end of a line that is cut or clogged.

use std::time::{Duration, Instant};

use crate::{
    process::{Running, ask, get, marquee},
    relay::{Line, Relay},
    viewer::{Viewer, film, json, only_film},
};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// One server on real stores, with a film, a viewer, and a line to each store.
struct House {
    server: Running,
    documents: Relay,
    keyvalue: Relay,
    objects: Relay,
    title: String,
    _folder: tempfile::TempDir,
}

impl House {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        film(&folder.path().join("Long (2020).mkv"), "160x120", 2, 300);
        let corner = format!("degrading{:016x}", rand::random::<u64>());
        let (documents, mongodb) = Relay::to(&in_database(&server("MARQUEE_TEST_MONGODB"), &corner));
        let (keyvalue, redis) = Relay::to(&format!("{}?prefix={corner}", server("MARQUEE_TEST_REDIS")));
        let (objects, s3) = Relay::to(&in_folder(&server("MARQUEE_TEST_S3"), &corner));
        let settings = [
            ("MARQUEE_STORAGE__DOCUMENTS", mongodb.as_str()),
            ("MARQUEE_STORAGE__KEYVALUE", redis.as_str()),
            ("MARQUEE_STORAGE__OBJECTS", s3.as_str()),
            ("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false"),
        ];
        let import = marquee(folder.path()).args(["import", "Long (2020).mkv"]).envs(settings).output().unwrap();
        assert!(import.status.success(), "{import:?}");
        let server = Running::start(folder.path(), &settings);
        let title = only_film(&server.address)["id"].as_str().unwrap().to_owned();
        Self { server, documents, keyvalue, objects, title, _folder: folder }
    }

    fn get(&self, path: &str) -> String {
        get(&self.server.address, path).unwrap()
    }

    /// The manifest of a film that is being watched, and a segment that nobody asked for yet.
    fn playing(&self) -> Playing {
        let body = format!(r#"{{"title":"{}"}}"#, self.title);
        let answer = ask(&self.server.address, "POST", "/api/v1/playback", &[JSON], &body).unwrap();
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.unwrap_or_else(|| panic!("nobody is known by {answer}"));
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let reply = json(&answer);
        let manifest = reply["manifest"].as_str().unwrap().to_owned();
        let variant = last_line(&self.get(&manifest));
        let folder = manifest.rsplit_once('/').unwrap().0.to_owned();
        let variant = format!("{folder}/{variant}");
        let segments = self.get(&variant);
        let below = variant.rsplit_once('/').unwrap().0;
        let segments = segments.lines().filter(|line| line.ends_with(".m4s")).map(|line| format!("{below}/{line}")).collect();
        Playing { session: reply["session"].as_str().unwrap().to_owned(), cookie, segments }
    }

    fn beat(&self, playing: &Playing, position: f64) -> String {
        let path = format!("/api/v1/playback/{}/progress", playing.session);
        let body = format!(r#"{{"position":{position},"state":"playing"}}"#);
        ask(&self.server.address, "POST", &path, &[JSON, ("Cookie", &playing.cookie)], &body).unwrap()
    }

    /// Asserts that the session is still there. A store whose writes failed is left alone for a second after whoever tried last,
    /// beside requests, too.
    fn beats_again(&self, playing: &Playing, position: f64) {
        let begun = Instant::now();
        let mut answer = self.beat(playing, position);
        while status(&answer) == "503" && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(200));
            answer = self.beat(playing, position);
        }
        assert!(status(&answer).starts_with('2'), "{answer}");
    }

    /// Where this viewer is in the film: read for them alone.
    fn progress(&self, playing: &Playing) -> String {
        let path = format!("/api/v1/titles/{}/progress", self.title);
        ask(&self.server.address, "GET", &path, &[("Cookie", &playing.cookie)], "").unwrap()
    }

    /// Asserts that this store, and no other, is said to fail, and that the server goes on all the same.
    fn assert_degraded(&self, store: &str) {
        // What was found is given again for a second.
        let begun = Instant::now();
        let mut answer = self.get("/readyz");
        while json(&answer)["degraded"] != serde_json::json!([store]) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{answer}");
            std::thread::sleep(Duration::from_millis(100));
            answer = self.get("/readyz");
        }
        assert_eq!(status(&self.get("/readyz?strict")), "503");
    }

    /// Nothing was started anew: it has to come back by itself.
    fn until_whole(&self) {
        let begun = Instant::now();
        while status(&self.get("/readyz?strict")) != "200" {
            assert!(begun.elapsed() < Duration::from_secs(20), "still {}", self.get("/readyz"));
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

struct Playing {
    session: String,
    cookie: String,
    segments: Vec<String>,
}

fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no server: run `cargo xtask test`, or set it to the URL of one for tests"))
}

fn in_database(url: &str, name: &str) -> String {
    let (start, query) = url.split_once('?').map_or((url, String::new()), |(start, query)| (start, format!("?{query}")));
    let (scheme, rest) = start.split_once("://").unwrap();
    let hosts = rest.split('/').next().unwrap();
    format!("{scheme}://{hosts}/{name}{query}")
}

fn in_folder(url: &str, name: &str) -> String {
    let (bucket, options) = url.split_once('?').unwrap();
    format!("{}/{name}?{options}", bucket.trim_end_matches('/'))
}

fn last_line(answer: &str) -> String {
    answer.lines().rfind(|line| !line.is_empty() && !line.starts_with('#')).unwrap().to_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// Refused for now, in words that a client understands, soon enough for a person.
fn assert_busy(answer: &str) {
    assert_eq!(status(answer), "503", "{answer}");
    assert!(answer.contains("\r\nretry-after: "), "{answer}");
    assert!(answer.contains(r#""code":"overloaded""#), "{answer}");
}

#[test]
fn without_documents_what_was_read_is_served_with_its_age_and_writes_are_refused() {
    let house = House::open();
    let playing = house.playing();
    let path = format!("/api/v1/titles/{}", house.title);
    assert_eq!(status(&house.get(&path)), "200");
    assert_eq!(status(&house.get("/api/v1/titles")), "200");
    let fresh = house.progress(&playing);
    assert!(!fresh.contains("\r\nage: "), "{fresh}");

    for line in [Line::Cut, Line::Clogged] {
        house.documents.set(line);
        house.assert_degraded("documents");
        for path in [path.as_str(), "/api/v1/titles"] {
            let answer = house.get(path);
            assert_eq!(status(&answer), "200", "{line:?}: {answer}");
        }
        let answer = house.progress(&playing);
        assert_eq!(status(&answer), "200", "{line:?}: {answer}");
        assert!(answer.contains("\r\nage: ") && answer.contains("\r\ncache-status: marquee; hit; ttl=-"), "{answer}");
        for segment in playing.segments.iter().take(2) {
            assert_eq!(status(&house.get(segment)), "200", "{line:?}: playback goes on");
        }
        let begun = Instant::now();
        let setup = r#"{"login":"ada","name":"Ada","password":"correct horse battery"}"#;
        assert_busy(&ask(&house.server.address, "POST", "/api/v1/setup", &[JSON], setup).unwrap());
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        house.documents.set(Line::Open);
        house.until_whole();
    }
    house.beats_again(&playing, 200.0);
    assert_eq!(status(&house.get(&path)), "200");
}

#[test]
fn without_sessions_films_that_run_go_on_and_nothing_begins() {
    let house = House::open();
    let playing = house.playing();
    assert_eq!(status(&house.get(&playing.segments[0])), "200");
    for line in [Line::Cut, Line::Clogged] {
        house.keyvalue.set(line);
        house.assert_degraded("keyvalue");
        // Longer than what is known of a session is believed without asking.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(7) {
            let answer = house.get(&playing.segments[1]);
            assert_eq!(status(&answer), "200", "{line:?}: {answer}");
            std::thread::sleep(Duration::from_millis(500));
        }
        let body = format!(r#"{{"title":"{}"}}"#, house.title);
        assert_busy(&ask(&house.server.address, "POST", "/api/v1/playback", &[JSON], &body).unwrap());
        assert_busy(&house.beat(&playing, 150.0));
        assert_eq!(status(&house.get("/api/v1/titles")), "200");
        house.keyvalue.set(Line::Open);
        house.until_whole();
        house.beats_again(&playing, 160.0);
    }
}

#[test]
fn without_objects_films_stop_and_everything_else_goes_on() {
    let house = House::open();
    let playing = house.playing();
    let last = playing.segments.last().unwrap().clone();
    for line in [Line::Cut, Line::Clogged] {
        house.objects.set(line);
        house.assert_degraded("objects");
        assert_busy(&house.get(&last));
        assert_eq!(status(&house.get("/api/v1/titles")), "200");
        assert!(status(&house.beat(&playing, 130.0)).starts_with('2'));
        house.objects.set(Line::Open);
        let begun = Instant::now();
        while status(&house.get(&last)) != "200" {
            assert!(begun.elapsed() < Duration::from_secs(20), "{line:?}: the film does not come back");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn a_viewer_loses_nothing_that_was_acknowledged_while_stores_come_and_go() {
    let house = House::open();
    let mut viewer = Viewer::new(&house.server.address, &house.title);
    let before = viewer.sent;
    for relay in [&house.documents, &house.keyvalue] {
        relay.set(Line::Cut);
        let path = format!("/api/v1/playback/{}/progress", viewer.session);
        let body = format!(r#"{{"position":{},"state":"playing"}}"#, viewer.sent + 50.0);
        let answer = ask(&house.server.address, "POST", &path, &[JSON, ("Cookie", &viewer.cookie)], &body).unwrap();
        assert_eq!(status(&answer), "503", "{answer}");
        relay.set(Line::Open);
        house.until_whole();
        viewer.watch_for(&house.server.address, Duration::from_millis(300));
        let stored = viewer.stored(&house.server.address, &house.title);
        assert!((viewer.acknowledged..=viewer.sent).contains(&stored) && stored > before, "{stored}");
    }
}
