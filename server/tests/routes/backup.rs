//! A backup that is taken while people watch, and what is put back from it.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    process::{Running, ask, marquee},
    viewer::{Viewer, film, json, let_guests_watch, only_film, set_up},
};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    marquee(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A folder with one film in it, of so many seconds.
fn installation(seconds: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Long (2020).mkv"), "160x120", 2, seconds);
    assert!(run(folder.path(), &["import", "Long (2020).mkv"]).status.success());
    folder
}

#[test]
fn what_was_acknowledged_before_a_backup_is_there_when_it_is_put_back_elsewhere() {
    let folder = installation(900);
    let server = Running::start(folder.path(), &[("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false")]);
    let title = only_film(&server.address)["id"].as_str().unwrap().to_owned();
    let json_body = ("Content-Type", "application/json");
    let_guests_watch(&server.address, &set_up(&server.address));

    let mut viewer = Viewer::new(&server.address, &title);
    viewer.watch_for(&server.address, std::time::Duration::from_millis(300));
    let before = viewer.acknowledged;
    let stop = AtomicBool::new(false);
    let taken = std::thread::scope(|scope| {
        let watching = scope.spawn(|| viewer.watch(&server.address, &stop));
        let taken = run(folder.path(), &["backup", "--to", "copy"]);
        stop.store(true, Ordering::Relaxed);
        watching.join().unwrap();
        taken
    });
    assert!(taken.status.success(), "{}", said(&taken));
    drop(server);

    let elsewhere = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let put_back = run(elsewhere.path(), &["restore", "--from", copy.to_str().unwrap()]);
    assert!(put_back.status.success(), "{}", said(&put_back));
    let server = Running::start(elsewhere.path(), &[]);
    assert_eq!(only_film(&server.address)["title"], "Long");
    let stored = viewer.stored(&server.address, &title);
    assert!(before > 0.0 && (before..=viewer.sent).contains(&stored), "{before} was acknowledged, {stored} is there");
    let sign_in = r#"{"login":"ada","password":"correct horse battery"}"#;
    assert!(ask(&server.address, "POST", "/api/v1/sign-in", &[json_body], sign_in).unwrap().starts_with("HTTP/1.1 201"));
    let playback = ask(&server.address, "POST", "/api/v1/playback", &[json_body], &format!(r#"{{"title":"{title}"}}"#)).unwrap();
    let manifest = json(&playback)["manifest"].as_str().unwrap().to_owned();
    assert!(ask(&server.address, "GET", &manifest, &[], "").unwrap().contains("#EXTM3U"));
}

#[test]
fn a_second_backup_copies_what_came_since_and_is_for_its_owner_only() {
    let folder = installation(30);
    let copy = folder.path().join("copy");
    assert!(run(folder.path(), &["backup", "--to", "copy"]).status.success());
    let numbers = |below: &str| -> Vec<u64> {
        let is_below = |path: &&PathBuf| path.components().any(|part| part.as_os_str() == below);
        let mut found: Vec<u64> = files(&copy).iter().filter(is_below).map(|path| fs::metadata(path).unwrap().ino()).collect();
        found.sort_unstable();
        found
    };
    let (objects, databases) = (numbers("objects"), numbers("databases"));
    assert!(objects.len() > 5 && databases.len() == 1);
    for path in files(&copy) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o700);
    let again = run(folder.path(), &["backup", "--to", "copy"]);
    assert!(again.status.success(), "{}", said(&again));
    assert_eq!(numbers("objects"), objects, "objects that are there are left alone");
    assert_ne!(numbers("databases"), databases);
    assert!(!files(&copy).iter().any(|path| path.components().any(|part| part.as_os_str() == "search")), "what is derived");
}

#[test]
fn a_damaged_backup_is_refused_by_the_name_of_the_file_and_nothing_is_written() {
    let folder = installation(30);
    let copy = folder.path().join("copy");
    assert!(run(folder.path(), &["backup", "--to", "copy"]).status.success());
    let segment = files(&copy).into_iter().find(|path| path.extension().is_some_and(|it| it == "m4s")).unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[17] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = run(elsewhere.path(), &["restore", "--from", copy.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains(segment.file_name().unwrap().to_str().unwrap()), "{}", said(&refused));
    assert_eq!(files(elsewhere.path()), Vec::<PathBuf>::new());
}

#[test]
fn nothing_is_written_over_and_what_is_no_backup_or_elsewhere_is_said() {
    let folder = installation(30);
    assert!(run(folder.path(), &["backup", "--to", "copy", "--without-media"]).status.success());
    assert!(!folder.path().join("copy/generation-000001/objects").exists());
    let taken = run(folder.path(), &["restore", "--from", "copy"]);
    assert!(said(&taken).contains("marquee.db: is there already"), "{}", said(&taken));
    let none = run(folder.path(), &["restore", "--from", "data"]);
    assert!(said(&none).contains("not a backup"), "{}", said(&none));
    fs::create_dir(folder.path().join("films")).unwrap();
    fs::write(folder.path().join("films/Up (2009).mkv"), "a film").unwrap();
    let foreign = run(folder.path(), &["backup", "--to", "films"]);
    assert!(said(&foreign).contains("something else than a backup"), "{}", said(&foreign));
    let inside = run(folder.path(), &["backup", "--to", "data/copy"]);
    assert!(said(&inside).contains("data/copy lies in data, which is what a backup is of"), "{}", said(&inside));
    let cloud = marquee(folder.path())
        .args(["backup", "--to", "other"])
        .env("MARQUEE_STORAGE__OBJECTS", "s3://films?secret_access_key=hunter2")
        .output()
        .unwrap();
    assert!(said(&cloud).contains("storage.objects is s3://films, which is not on this machine"), "{}", said(&cloud));
}
