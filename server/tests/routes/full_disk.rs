//! A disk without room: what is there is read, nothing is half written, and it is called what it is.
//!
//! The disk is a small one in memory, which takes the right to mount.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    process::{Running, ask, get, marquee},
    viewer::{film, json},
};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A disk of its own, gone with this.
struct Disk {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Disk {
    fn of(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        fs::create_dir(&path).unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "marquee"]).arg(&path).output();
        let mounted = mounted.unwrap_or_else(|error| panic!("`mount` cannot be run, which this test needs: {error}"));
        assert!(mounted.status.success(), "this test mounts a small disk, for which it has to be root: {mounted:?}");
        Self { _folder: folder, path }
    }

    fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// Writes until there is no room.
    fn fill(&self) {
        let mut file = File::create(self.path.join("filler")).unwrap();
        while file.write_all(&[b'x'; 4096]).is_ok() {}
        let more = File::create(self.path.join("more")).and_then(|mut file| file.write_all(b"x"));
        assert_eq!(more.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    fn make_room(&self) {
        fs::remove_file(self.path.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn start(disk: &Disk) -> Running {
    let data = disk.data();
    Running::start(&disk.path, &[("MARQUEE_DATA", data.to_str().unwrap()), ("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false")])
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// Asks to stop, and waits until it did.
fn stop(mut server: Running) {
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    server.child.wait().unwrap();
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

const SETUP: &str = r#"{"login":"ada","name":"Ada","password":"correct horse battery"}"#;

#[test]
fn on_a_full_disk_the_server_starts_reads_go_on_and_writes_say_that_the_disk_is_full() {
    let disk = Disk::of(24);
    let server = start(&disk);
    let entered = ask(&server.address, "POST", "/api/v1/setup", &[JSON], SETUP).unwrap();
    assert_eq!(status(&entered), "201", "{entered}");
    let cookies: Vec<&str> = entered.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next()).collect();
    let cookies = cookies.join("; ");
    let token = r#"{"name":"script","scopes":["read"],"expires_in_days":30}"#;
    let token =
        ask(&server.address, "PUT", "/api/v1/account/tokens/aFullDiskAndAToken00", &[JSON, ("Cookie", &cookies)], token).unwrap();
    let token = format!("Bearer {}", json(&token)["token"].as_str().unwrap());
    let as_script = [("Authorization", token.as_str())];
    assert_eq!(status(&ask(&server.address, "GET", "/api/v1/titles", &as_script, "").unwrap()), "200");
    stop(server);

    // The index is gone, too, and finds no room.
    fs::remove_dir_all(disk.data().join("search")).unwrap();
    disk.fill();
    let server = start(&disk);
    // What is written at a start fails at once, and its store may rest for a second after that.
    until("titles are told", || {
        status(&ask(&server.address, "GET", "/api/v1/titles", &[("Cookie", &cookies)], "").unwrap()) == "200"
    });
    until("whoever is signed in is known", || {
        let who = ask(&server.address, "GET", "/api/v1/identity", &[("Cookie", &cookies)], "").unwrap();
        status(&who) == "200" && who.contains("Ada")
    });
    until("a script is served", || status(&ask(&server.address, "GET", "/api/v1/titles", &as_script, "").unwrap()) == "200");
    let snapshot = r#"{"after":0,"snapshot":{"format":1,"state":{"a":1}}}"#;
    let refused = ask(&server.address, "PUT", "/api/v1/snapshot", &[JSON, ("Cookie", &cookies)], snapshot).unwrap();
    assert!(status(&refused) == "507" && refused.contains(r#""code":"storage_full""#), "{refused}");
    let ready = get(&server.address, "/readyz").unwrap();
    let degraded = json(&ready)["degraded"].to_string();
    assert!(status(&ready) == "200" && degraded.contains("disk") && degraded.contains("search"), "{ready}");

    disk.make_room();
    until("the index is on the disk again", || !get(&server.address, "/readyz").unwrap().contains("search"));
    let taken = ask(&server.address, "PUT", "/api/v1/snapshot", &[JSON, ("Cookie", &cookies)], snapshot).unwrap();
    assert!(status(&taken).starts_with('2'), "{taken}");
    assert!(disk.data().join("search/current").exists());
}

#[test]
fn a_second_store_that_is_full_or_away_keeps_neither_the_server_nor_a_command_from_starting() {
    let (disk, folder) = (Disk::of(1), tempfile::tempdir().unwrap());
    let flat = disk.path.join("flat");
    fs::create_dir(&flat).unwrap();
    disk.fill();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = "region=x&access_key_id=me&secret_access_key=hunter2";
    for (url, fails) in
        [(format!("file:{}", flat.display()), false), (format!("s3://films?endpoint=http://127.0.0.1:{port}&{options}"), true)]
    {
        let setting = [("MARQUEE_STORAGE__FLAT_OBJECTS", url.as_str())];
        let server = Running::start(folder.path(), &setting);
        assert_eq!(status(&get(&server.address, "/api/v1/titles").unwrap()), "200");
        let ready = get(&server.address, "/readyz").unwrap();
        let degraded = json(&ready)["degraded"].to_string();
        assert_eq!((status(&ready), degraded.contains("flat_objects")), ("200", fails), "{url}: {ready}");
        stop(server);
        let listed = marquee(folder.path()).args(["title", "list"]).envs(setting).output().unwrap();
        assert!(listed.status.success(), "{url}: {listed:?}");
    }
    let mut written = fs::read_dir(&flat).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(written.all(|name| name == storage::objects::MARKER), "nothing is written to find out which store it is");
    for malformed in ["ftp://films", "s3:", "file:"] {
        let refused =
            marquee(folder.path()).args(["title", "list"]).env("MARQUEE_STORAGE__FLAT_OBJECTS", malformed).output().unwrap();
        let words = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && words.contains("storage.flat_objects"), "{malformed}: {words}");
    }
}

#[test]
fn a_new_data_folder_on_a_full_disk_is_refused_in_words() {
    let disk = Disk::of(1);
    disk.fill();
    let data = disk.data();
    let output = marquee(&disk.path)
        .args(["serve", "--address", "127.0.0.1:0"])
        .env("MARQUEE_DATA", &data)
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && words.contains("the disk is full"), "{words}");
}

#[test]
fn a_film_that_finds_no_room_is_not_called_damaged() {
    let disk = Disk::of(3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Long (2020).mkv");
    // Twice what there is room for, once it is packaged.
    film(&path, "1280x720", 10, 30);
    let import = |data: &Path| {
        let output = marquee(folder.path()).arg("import").arg(&path).env("MARQUEE_DATA", data).output().unwrap();
        (
            output.status.success(),
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        )
    };
    let (done, words) = import(&disk.data());
    assert!(!done && words.contains("the disk is full") && !words.contains("damaged"), "{words}");
}
