//! What root does on a data folder that is another user's: it is done as that user, or not at all.
//!
//! Takes the right to give files away.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Output,
};

use crate::process::marquee;

/// Nobody's on this machine.
const USER: u32 = 61_234;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    marquee(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Everything below a folder, and the folder.
fn all(folder: &Path) -> Vec<PathBuf> {
    let below = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = below.flat_map(|path| if path.is_dir() { all(&path) } else { vec![path] });
    below.chain([folder.to_owned()]).collect()
}

fn not_the_users(folder: &Path) -> Vec<PathBuf> {
    let is_other = |path: &PathBuf| fs::metadata(path).is_ok_and(|found| (found.uid(), found.gid()) != (USER, USER));
    all(folder).into_iter().filter(is_other).collect()
}

/// A data folder of that user's, with an account in it, in a folder that everybody may enter.
fn installation() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let made = run(folder.path(), &["account", "create", "ada", "--operator"]);
    assert!(made.status.success(), "{}", said(&made));
    for path in all(&folder.path().join("data")) {
        chown(path, Some(USER), Some(USER)).unwrap_or_else(|error| panic!("this test has to be root: {error}"));
    }
    folder
}

#[test]
fn what_root_imports_and_makes_belongs_to_the_owner_of_the_data_folder() {
    let folder = installation();
    let film = folder.path().join("Good One (1999).mp4");
    crate::watching::film(&film);
    fs::set_permissions(&film, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.path().join("films.json"), r#"[{ "title": "One", "year": 1999 }]"#).unwrap();
    for arguments in [
        &["import", "Good One (1999).mp4"][..],
        &["import-catalogue", "films.json"],
        &["account", "create", "bob"],
        &["vault", "audit"],
    ] {
        let done = run(folder.path(), arguments);
        assert!(done.status.success(), "{arguments:?}: {}", said(&done));
        assert_eq!(not_the_users(&folder.path().join("data")), Vec::<PathBuf>::new(), "{arguments:?}");
    }
    assert!(all(&folder.path().join("data/media")).len() > 5);
}

#[test]
fn a_film_or_a_data_folder_that_the_owner_cannot_get_at_is_named_with_what_to_do_before_anything_is_made() {
    let folder = installation();
    fs::create_dir(folder.path().join("films")).unwrap();
    fs::write(folder.path().join("films/Up (2009).mkv"), "a film").unwrap();
    fs::set_permissions(folder.path().join("films"), fs::Permissions::from_mode(0o700)).unwrap();
    let before = all(&folder.path().join("data"));
    for path in ["films", "films/Up (2009).mkv"] {
        let refused = run(folder.path(), &["import", path]);
        assert_eq!(refused.status.code(), Some(1));
        let words = format!("{path} cannot be read as #{USER}, to whom the data folder belongs");
        assert!(said(&refused).contains(&words), "{}", said(&refused));
    }
    assert_eq!(all(&folder.path().join("data")), before);

    // As systemd keeps the folder of a service whose user is made for it.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let refused = run(folder.path(), &["import", "films"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("systemd-run --pipe --wait -p DynamicUser=yes"), "{}", said(&refused));
    assert_eq!(all(&folder.path().join("data")), before);
}

#[test]
fn what_root_puts_back_into_a_folder_of_another_user_is_that_users() {
    let folder = installation();
    let taken = run(folder.path(), &["backup", "--to", "copy"]);
    assert!(taken.status.success(), "{}", said(&taken));
    assert_eq!(not_the_users(&folder.path().join("data")), Vec::<PathBuf>::new(), "nor does a backup leave anything there");
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(USER), Some(USER)).unwrap();
    let put_back = run(folder.path(), &["restore", "--from", "copy", "--data", "home"]);
    assert!(put_back.status.success(), "{}", said(&put_back));
    assert!(home.join("marquee.db").exists() && home.join("vault.key").exists() && home.join("audit").exists());
    assert_eq!(not_the_users(&home), Vec::<PathBuf>::new());
}
