//! What older builds made, under this one: data folders, backups, a household on real stores, configs.
//!
//! Each fixture was made by its commit's own binary and is never changed: it stands for the folders of those who upgrade.

mod elsewhere;
mod films;
mod fixture;
mod household;
mod killed;

use std::{fs, path::Path, sync::Arc};

use server::config::{Config, Sources, WebOrigin, load};

use self::{
    elsewhere::Elsewhere,
    fixture::{BEFORE_GENERATIONS, FIRST, Recorded, put_off, unpack},
    household::is_whole,
};
use crate::{process::succeeds, support::TestApp};

/// Where that household's browsers and passkeys knew it.
fn at_its_address(config: &mut Config) {
    config.server.public_url = WebOrigin::parse("https://films.example");
}

/// What that household had set, with its data in `folder`.
fn configure(folder: &Path, config: &mut Config) {
    at_its_address(config);
    config.vault.copy = Some(format!("file:{}", folder.join("copy").display()));
}

/// The folder of one machine, as it was left.
fn unpacked(told: &Recorded) -> Arc<tempfile::TempDir> {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    unpack(told.commit, "embedded", folder.path());
    put_off(&folder.path().join("data/marquee.db"), told.delay());
    folder
}

/// A server on it, at the hour when it was left.
async fn embedded(folder: &Arc<tempfile::TempDir>, told: &Recorded) -> TestApp {
    let (clock, configure) = (told.hands().clock(), |config: &mut Config| configure(folder.path(), config));
    TestApp::opened(Arc::clone(folder), configure, |surroundings| surroundings.clock = clock).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_6101c31_opens_and_its_browsers_are_moved_to_cookies_with_a_prefix() {
    let told = Recorded::read(FIRST, "embedded");
    let (folder, hands) = (unpacked(&told), told.hands());
    let configure = |config: &mut Config| {
        configure(folder.path(), config);
        config.server.https = true;
    };
    let app = TestApp::opened(Arc::clone(&folder), configure, |surroundings| surroundings.clock = hands.clock()).await.unwrap();
    is_whole(&app, &told, &hands).await;

    // Later, by what the browser was given in exchange for its old cookies.
    let names = |app: &TestApp| app.cookies().into_keys().collect::<Vec<_>>();
    app.be(told.cookies["guest"].clone());
    assert_eq!(names(&app), ["marquee_profile"]);
    let before = household::place(&app, &told).await;
    assert_eq!((before, names(&app)), (Some(2.4), vec!["__Host-marquee_profile".to_owned()]));
    assert_eq!(household::place(&app, &told).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_e1030ad_opens() {
    let told = Recorded::read(BEFORE_GENERATIONS, "embedded");
    let (folder, hands) = (unpacked(&told), told.hands());
    let configure = |config: &mut Config| configure(folder.path(), config);
    let app = TestApp::opened(Arc::clone(&folder), configure, |surroundings| surroundings.clock = hands.clock()).await.unwrap();
    is_whole(&app, &told, &hands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_of_older_builds_are_put_back_and_open() {
    for commit in [FIRST, BEFORE_GENERATIONS] {
        a_backup_is_put_back_and_opens(Recorded::read(commit, "embedded")).await;
    }
}

async fn a_backup_is_put_back_and_opens(told: Recorded) {
    let (folder, hands) = (Arc::new(tempfile::tempdir().unwrap()), told.hands());
    unpack(told.commit, "backup", folder.path());
    let said = succeeds(folder.path(), &[], &["restore", "--from", "backup"]);
    assert!(said.starts_with("put back as of "), "{said}");
    put_off(&folder.path().join("data/marquee.db"), told.delay());
    let opened = TestApp::opened(Arc::clone(&folder), at_its_address, |surroundings| surroundings.clock = hands.clock());
    is_whole(&opened.await.unwrap(), &told, &hands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_of_6101c31_on_real_stores_opens() {
    let told = Recorded::read(FIRST, "elsewhere");
    let (stores, hands) = (Elsewhere::load(&told).await, told.hands());
    let folder = Arc::new(tempfile::tempdir().unwrap());
    unpack(told.commit, "elsewhere", folder.path());
    let configure = |config: &mut Config| {
        stores.configure(folder.path(), config);
        at_its_address(config);
    };
    let app = TestApp::opened(Arc::clone(&folder), configure, |surroundings| surroundings.clock = hands.clock()).await.unwrap();
    is_whole(&app, &told, &hands).await;
}

#[test]
fn a_backup_is_taken_over_one_of_an_older_build_and_leaves_it_readable_until_it_is_whole() {
    for commit in [FIRST, BEFORE_GENERATIONS] {
        let told = Recorded::read(commit, "embedded");
        let folder = tempfile::tempdir().unwrap();
        unpack(told.commit, "backup", folder.path());
        let of_before = fs::read(folder.path().join("backup/backup.json")).unwrap();
        succeeds(folder.path(), &[], &["restore", "--from", "backup"]);
        let said = succeeds(folder.path(), &[], &["backup", "--to", "backup"]);
        assert!(said.starts_with("backup: "), "{said}");
        assert_ne!(fs::read(folder.path().join("backup/backup.json")).unwrap(), of_before);
        fs::rename(folder.path().join("data"), folder.path().join("before")).unwrap();
        let said = succeeds(folder.path(), &[], &["restore", "--from", "backup"]);
        assert!(said.starts_with("put back as of "), "{commit}: {said}");
        assert!(succeeds(folder.path(), &[], &["title", "list"]).contains("Lighthouse"), "{commit}");
    }
}

/// Each line of `old` stands in `new`, in the same order; more lines are new keys. What a type is called says nothing.
fn first_missing<'a>(old: &'a str, new: &str) -> Option<&'a str> {
    let mut lines = new.lines();
    old.lines().find(|line| !lines.any(|found| without_type(found) == without_type(line)))
}

/// `key: Type {` as its key.
fn without_type(line: &str) -> &str {
    line.strip_suffix('{').and_then(|start| start.split_once(':')).map_or(line, |(key, _)| key)
}

#[test]
fn a_config_of_6101c31_is_read_with_the_same_meaning() {
    for name in ["marquee", "command"] {
        let file = fixture::at(FIRST, &format!("{name}.toml"));
        let read = load(Sources { file: Some(file), ..Sources::default() }).unwrap_or_else(|error| panic!("{name}: {error}"));
        let old = fs::read_to_string(fixture::at(FIRST, &format!("{name}.read"))).unwrap();
        assert!(old.lines().count() >= 100, "{name}");
        assert_eq!(first_missing(&old, &format!("{read:#?}")), None, "{name}");
    }
}

#[test]
fn a_key_that_is_read_otherwise_is_found() {
    let old = "a: 1,\nb: 2,\nc: 3,";
    assert_eq!(first_missing(old, "a: 1,\nnew: 7,\nb: 2,\nc: 3,"), None);
    assert_eq!(first_missing(old, "a: 1,\nb: 4,\nc: 3,"), Some("b: 2,"));
    assert_eq!(first_missing("a: Old {\nb: 1,", "a: New {\nb: 1,"), None);
    assert_eq!(first_missing("a: Old {\nb: 1,", "c: Old {\nb: 1,"), Some("a: Old {"));
}
