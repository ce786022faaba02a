//! `kill -9` at any moment: what was acknowledged is there, and what was begun goes on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use crate::{
    mover::Mover,
    process::{Running, marquee, succeeds},
    viewer::{START, STEP, Viewer, film, only_film},
};

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
    let stored = folder.path().join("data/media");
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
    assert!(!kept.is_empty(), "no segment was looked at");
    let again = import().output().unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains("0 imported, 1 there already, 0 refused"), "{again:?}");
    assert_eq!(segments(&stored), kept);

    let server = Running::start(folder.path(), &[]);
    let film = only_film(&server.address);
    assert_eq!((film["title"].as_str(), film["video"]["height"].as_u64()), (Some("Cut Short"), Some(480)));
}

/// An import of a film that takes some seconds, while an encoder is at work for it: it, the encoder, and its folder.
fn encoding(folder: &Path) -> (std::process::Child, u32) {
    film(&folder.join("Slow (2020).mkv"), "1280x720", 24, 20);
    let mut command = marquee(folder);
    let mut child = command.args(["import", "Slow (2020).mkv"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    loop {
        assert!(child.try_wait().unwrap().is_none(), "the import ended before it was seen at work");
        let is_encoder = |id: &u32| state(*id).is_some_and(|(name, parent, _)| name == "ffmpeg" && parent == child.id());
        let found = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let found: Option<u32> = found.into_iter().find(is_encoder);
        if let Some(encoder) = found.filter(|_| !unfinished(folder).is_empty()) {
            return (child, encoder);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A process's name, its parent, and its state: proc(5), where the name ends with the last bracket.
fn state(id: u32) -> Option<(String, u32, char)> {
    let told = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (name, rest) = told.rsplit_once(") ")?;
    let mut rest = rest.split(' ');
    let state = rest.next()?.chars().next()?;
    Some((name.split_once('(')?.1.to_owned(), rest.next()?.parse().ok()?, state))
}

/// Whether it ends within two seconds; one that nobody has asked about since is a zombie, and at work no more.
fn ends(encoder: u32) -> bool {
    (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        state(encoder).is_none_or(|(name, _, state)| name != "ffmpeg" || state == 'Z')
    })
}

/// Folders of steps that were begun and are not whole.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let steps = below(folder.join("data/work")).flat_map(below);
    steps.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tmp-"))).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn an_encoder_ends_with_the_import_that_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut import, encoder) = encoding(folder.path());
    import.kill().unwrap();
    import.wait().unwrap();
    assert!(ends(encoder), "ffmpeg goes on without its import");
}

#[cfg(target_os = "linux")]
#[test]
fn an_import_that_is_asked_to_stop_stops_its_encoder_and_leaves_nothing_half_made() {
    use rustix::process::{Pid, Signal, kill_process};
    let folder = tempfile::tempdir().unwrap();
    let (import, encoder) = encoding(folder.path());
    kill_process(Pid::from_child(&import), Signal::TERM).unwrap();
    let output = import.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stopped; what is done is kept, and the same command goes on with it"), "{said}");
    assert!(ends(encoder), "ffmpeg goes on without its import");
    assert_eq!(unfinished(folder.path()), Vec::<PathBuf>::new());
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

/// Rounds after which others begin to watch, before the film is over for those who did.
const NEW_VIEWERS: u32 = 10;

#[test]
fn no_acknowledged_write_is_lost_when_the_server_is_killed_and_log_and_copy_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    film(&folder.path().join("Long (2020).mkv"), "160x120", 2, 900);
    let settings = [("MARQUEE_GATEWAY__MIDDLEWARE__RATE_LIMIT", "false"), ("MARQUEE_VAULT__COPY", "file:copy")];
    succeeds(folder.path(), &settings, &["import", "Long (2020).mkv"]);
    let mut movers = Mover::each(folder.path(), &settings, &["ada", "bob"]);
    let mut server = Running::start(folder.path(), &settings);
    movers.iter_mut().for_each(|mover| mover.sign_in(&server.address));
    movers[0].let_guests_watch(&server.address);
    let title = only_film(&server.address)["id"].as_str().unwrap().to_owned();
    let mut viewers: Vec<Viewer> = Vec::new();
    let mut saves = 0.0;
    // Kills at moments that nobody chose.
    let rounds = testing::cases(40, 200);
    for round in 0..rounds {
        if round % NEW_VIEWERS == 0 {
            viewers = (0..4).map(|_| Viewer::new(&server.address, &title)).collect();
        }
        let before: f64 = viewers.iter().map(|viewer| viewer.acknowledged.max(START)).sum();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for viewer in &mut viewers {
                scope.spawn(|| viewer.watch(&server.address, &stop));
            }
            for mover in &mut movers {
                scope.spawn(|| mover.change(&server.address, &stop));
            }
            std::thread::sleep(Duration::from_millis(rand::random_range(5..250)));
            rustix::process::kill_process(rustix::process::Pid::from_child(&server.child), rustix::process::Signal::KILL)
                .unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        server.kill();
        let said = succeeds(folder.path(), &settings, &["vault", "audit"]);
        assert!(said.starts_with("whole: "), "round {round}: {said}");
        server = Running::start(folder.path(), &settings);
        for viewer in &mut viewers {
            if viewer.acknowledged >= START {
                let (stored, range) = (viewer.stored(&server.address, &title), viewer.acknowledged..=viewer.sent);
                assert!(range.contains(&stored), "round {round}: {stored} is stored, {range:?} was acknowledged and sent");
            }
            viewer.resume(&server.address, &title);
        }
        movers.iter().for_each(|mover| mover.check(&server.address));
        saves += (viewers.iter().map(|viewer| viewer.acknowledged.max(START)).sum::<f64>() - before) / STEP;
    }
    // A machine that is busy otherwise starts a server slowly, and the kill comes soon.
    assert!(saves > 2.0 * f64::from(rounds), "the viewers came to save: {saves}");
    let moves: u32 = movers.iter().map(|mover| mover.acknowledged).sum();
    assert!(moves > 2 * rounds, "the movers came to move: {moves}");
    server.kill();
    let said = succeeds(folder.path(), &settings, &["vault", "verify"]);
    assert!(said.starts_with("complete: "), "{said}");
    // Whoever copies everything reads everything, and would stumble over a document that is torn.
    succeeds(folder.path(), &settings, &["data", "copy", "--from", "sqlite:data/marquee.db", "--to", "sqlite:all.db"]);
}
