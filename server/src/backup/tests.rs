//! A backup that ends at any moment, where it may lie, and what it takes along.

use std::{
    collections::BTreeMap,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

mod losses;

use super::{take::take_on, *};
use crate::config::{Config, Sources, load};

/// An installation in `folder/home`, made of files alone.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.write("secret", "32 bytes");
        home.write("audit/a.jsonl", "1\n");
        home.write("vault.key", "first");
        home.write("media/one/a.m4s", "a film");
        home.write("media/one/b.m4s", "its end");
        home.write("media/two/a.m4s", "another film");
        home.database("marquee.db", "before");
        home.database("vault.db", "sealed before");
        home
    }

    /// As it goes on: something is new, something changed, something is gone.
    fn go_on(&self) {
        self.write("audit/a.jsonl", "1\n2\n");
        self.write("media/one/b.m4s", "its better end");
        self.write("media/three/a.m4s", "a third film");
        fs::remove_file(self.at("media/two/a.m4s")).unwrap();
        self.database("marquee.db", "after");
        self.database("vault.db", "sealed after");
    }

    fn at(&self, inside: &str) -> PathBuf {
        self.folder.path().join("home").join(inside)
    }

    fn write(&self, inside: &str, text: &str) {
        fs::create_dir_all(self.at(inside).parent().unwrap()).unwrap();
        fs::write(self.at(inside), text).unwrap();
    }

    fn database(&self, inside: &str, text: &str) {
        let database = rusqlite::Connection::open(self.at(inside)).unwrap();
        database.execute_batch("CREATE TABLE IF NOT EXISTS kept (text TEXT); DELETE FROM kept").unwrap();
        database.execute("INSERT INTO kept VALUES (?1)", [text]).unwrap();
    }

    fn config(&self) -> Config {
        config(&self.at(""), "")
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    fn take(&self) -> Result<Manifest, BackupError> {
        take(&self.config(), &self.backup(), true, &|_, _| ())
    }

    /// How many changes to the file system the next run makes, by one in a copy.
    fn changes(&self) -> u32 {
        let (copy, made) = (tempfile::tempdir().unwrap(), AtomicU32::new(0));
        copy_all(&self.backup(), &copy.path().join("backup"));
        let count = |_: &str, _: &Path| {
            made.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        take_on(&Disk::watched(&count), &self.config(), &copy.path().join("backup"), true, &|_, _| ()).unwrap();
        made.load(Ordering::SeqCst)
    }

    /// Ends at the `nth` change to the file system: nothing is changed from then on.
    fn take_until(&self, nth: u32) -> Result<Manifest, BackupError> {
        let made = AtomicU32::new(0);
        let before = |_: &str, _: &Path| match made.fetch_add(1, Ordering::SeqCst) + 1 < nth {
            true => Ok(()),
            false => Err(io::Error::from(io::ErrorKind::StorageFull)),
        };
        take_on(&Disk::watched(&before), &self.config(), &self.backup(), true, &|_, _| ())
    }
}

fn config(data: &Path, more: &str) -> Config {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("data = {data:?}\n{more}")).unwrap();
    load(Sources { file: Some(file.path().to_owned()), environment: Vec::new(), flags: Vec::new() }).unwrap()
}

fn kept(database: &Path) -> String {
    let database = rusqlite::Connection::open(database).unwrap();
    database.query_row("SELECT text FROM kept", [], |row| row.get(0)).unwrap()
}

/// What is in every file below; of a database, what it says.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let text = |inside: &Path| match inside.extension().is_some_and(|extension| extension == "db") {
        true => kept(&folder.join(inside)),
        false => fs::read_to_string(folder.join(inside)).unwrap(),
    };
    files_below(folder, &|_| false).unwrap().into_iter().map(|inside| (inside.clone(), text(&inside))).collect()
}

/// What is put back from a backup.
fn put_back(backup: &Path) -> BTreeMap<PathBuf, String> {
    let elsewhere = tempfile::tempdir().unwrap();
    let data = elsewhere.path().join("data");
    restore(&config(&data, ""), backup, None, &|_, _| ()).unwrap();
    contents(&data)
}

fn copy_all(from: &Path, to: &Path) {
    if from.exists() {
        assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
    }
}

#[test]
fn a_second_backup_that_ends_at_any_change_to_the_file_system_leaves_the_first_or_is_whole() {
    let home = Home::new();
    home.take().unwrap();
    let first = contents(&home.at(""));
    assert_eq!(put_back(&home.backup()), first);
    let beginning = home.folder.path().join("beginning");
    copy_all(&home.backup(), &beginning);
    home.go_on();
    let second = contents(&home.at(""));
    let all = home.changes();
    assert!(all > 60, "{all} changes");
    let (mut firsts, mut seconds) = (0, 0);
    for nth in 1..=all {
        fs::remove_dir_all(home.backup()).unwrap();
        copy_all(&beginning, &home.backup());
        let is_told_whole = home.take_until(nth).is_ok();
        let now = put_back(&home.backup());
        assert!(now == first || now == second, "a run that ended at change {nth} left something else");
        assert!(!is_told_whole || now == second, "a run that said at change {nth} that it is whole is not put back");
        *if now == first { &mut firsts } else { &mut seconds } += 1;
        // The next run ends what this one began, and leaves nothing of it.
        home.take().unwrap();
        assert_eq!(put_back(&home.backup()), second, "after a run that ended at change {nth}");
        let named = Manifest::read(&home.backup()).unwrap().files.len();
        let there = files_below(&home.backup(), &|_| false).unwrap();
        assert_eq!(there.len(), named + 2, "the marker and backup.json beside what that names: {there:?}");
    }
    assert!(firsts > 40 && seconds > 5, "{firsts} times the first, {seconds} times the second");
}

#[test]
fn a_first_backup_that_ends_at_any_change_to_the_file_system_is_none_or_whole_and_the_next_one_is_whole() {
    let home = Home::new();
    let whole = contents(&home.at(""));
    let mut nones = 0;
    for nth in 1..=home.changes() {
        let _ = fs::remove_dir_all(home.backup());
        let is_told_whole = home.take_until(nth).is_ok();
        let elsewhere = tempfile::tempdir().unwrap();
        let data = elsewhere.path().join("data");
        match restore(&config(&data, ""), &home.backup(), None, &|_, _| ()) {
            // Also where the last thing failed, which is to bring its name to the disk.
            Ok(_) => assert_eq!(contents(&data), whole, "change {nth}"),
            Err(BackupError::NoBackup { .. }) if !is_told_whole => nones += 1,
            Err(error) => panic!("change {nth}: {error}"),
        }
        home.take().unwrap();
        assert_eq!(put_back(&home.backup()), whole, "change {nth}");
    }
    assert!(nones > 40, "{nones}");
}

#[test]
fn files_and_folders_are_on_the_disk_before_backup_json_names_them() {
    let home = Home::new();
    let steps = Mutex::new(Vec::new());
    let note = |what: &str, path: &Path| {
        steps.lock().unwrap().push((what.to_owned(), path.to_owned()));
        Ok(())
    };
    take_on(&Disk::watched(&note), &home.config(), &home.backup(), true, &|_, _| ()).unwrap();
    let steps = steps.into_inner().unwrap();
    let place = |what: &str, path: &Path| steps.iter().rposition(|step| step.0 == what && step.1 == path);
    let swapped = place("rename", &home.backup().join("backup.json")).unwrap();
    let manifest = Manifest::read(&home.backup()).unwrap();
    assert_eq!(manifest.files.len(), 8);
    for entry in &manifest.files {
        let path = home.backup().join(entry.file());
        let (synced, named) = (place("sync", &with_end(&path, ".part")).unwrap(), place("rename", &path).unwrap());
        assert!(synced < named && named < swapped, "{}", path.display());
        for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(home.backup())) {
            let synced = place("sync a folder", folder).unwrap_or_else(|| panic!("{} is never synced", folder.display()));
            let before = steps[..swapped].iter().rposition(|step| step.0 == "sync a folder" && step.1 == folder).unwrap();
            assert!(named < before && before <= synced, "{}", folder.display());
        }
    }
    assert!(place("sync a folder", &home.backup()).unwrap() > swapped, "and then backup.json itself");
}

#[test]
fn an_object_that_did_not_change_is_copied_once_and_one_that_was_deleted_is_deleted_late() {
    let home = Home::new();
    home.take().unwrap();
    home.go_on();
    home.take().unwrap();
    let manifest = Manifest::read(&home.backup()).unwrap();
    let objects: BTreeMap<_, _> = manifest.below("objects").map(|(path, entry)| (path, entry.file().to_owned())).collect();
    let of = |path: &str| objects[Path::new(path)].split('/').next().unwrap().to_owned();
    assert_eq!(
        (of("one/a.m4s"), of("one/b.m4s"), of("three/a.m4s")),
        ("generation-000001".into(), "generation-000002".into(), "generation-000002".into())
    );
    assert!(!home.backup().join("generation-000001/objects/two").exists() && objects.len() == 3);
    // Without objects, what is there of them stays.
    home.write("media/four/a.m4s", "a fourth film");
    let manifest = take(&home.config(), &home.backup(), false, &|_, _| ()).unwrap();
    assert_eq!(manifest.below("objects").count(), 3);
    assert_eq!(put_back(&home.backup()).keys().filter(|path| path.starts_with("media")).count(), 3);
}

#[test]
fn a_backup_of_an_older_build_is_gone_on_with_and_put_back_until_the_next_one_is_whole() {
    let home = Home::new();
    home.take().unwrap();
    let first = contents(&home.at(""));
    // As it was laid out: each file at its own path, the key and the log in the data folder.
    let mut manifest = Manifest::read(&home.backup()).unwrap();
    let older = home.folder.path().join("older");
    for entry in &mut manifest.files {
        let path = match entry.path.as_str() {
            KEY => "data/vault.key".to_owned(),
            path => path.replace("vault/audit", "data/audit"),
        };
        copy(&home.backup().join(entry.file()), &older.join(&path)).unwrap();
        (entry.path, entry.file) = (path, None);
    }
    (manifest.format, manifest.generation) = (1, 0);
    fs::write(older.join("backup.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    fs::remove_dir_all(home.backup()).unwrap();
    fs::rename(&older, home.backup()).unwrap();
    assert_eq!(put_back(&home.backup()), first);
    home.go_on();
    for nth in [1, 5, 20, 40] {
        assert!(home.take_until(nth).is_err());
        assert_eq!(put_back(&home.backup()), first, "change {nth}");
    }
    home.take().unwrap();
    assert_eq!(put_back(&home.backup()), contents(&home.at("")));
    assert!(home.backup().join("objects/one/a.m4s").exists() && !home.backup().join("databases").exists());
}

#[test]
fn a_backup_in_what_it_is_of_or_around_it_is_refused_however_it_is_spelt() {
    let home = Home::new();
    let (base, films) = (home.folder.path(), home.folder.path().join("films"));
    fs::create_dir_all(&films).unwrap();
    symlink(home.at("media"), base.join("link")).unwrap();
    symlink(base, base.join("around")).unwrap();
    let config = config(&home.at(""), &format!("[storage]\nobjects = \"file:{}\"", films.display()));
    let refused = |to: PathBuf| take(&config, &to, true, &|_, _| ()).unwrap_err();
    for to in [
        home.at(""),
        home.at("backup"),
        home.at("new/../deep/er"),
        base.join("link/backup"),
        base.join("missing/../home/backup"),
        base.join("around/home/backup"),
        films.join("backup"),
    ] {
        let error = refused(to.clone());
        assert!(matches!(error, BackupError::Within { .. }), "{}: {error}", to.display());
        assert!(error.to_string().contains("Name a folder outside of it"), "{error}");
    }
    for to in [base.to_owned(), base.join("around"), base.join("home/.."), PathBuf::from("/")] {
        let error = refused(to.clone());
        assert!(matches!(error, BackupError::Around { .. }), "{}: {error}", to.display());
    }
    assert!(!home.at("backup").exists() && !home.at("deep").exists() && !films.join("backup").exists(), "nothing was made");
    // Nor is one put back into itself.
    home.take().unwrap();
    let inside = self::config(&home.backup().join("data"), "");
    assert!(matches!(restore(&inside, &home.backup(), None, &|_, _| ()), Err(BackupError::Around { .. })));
}

#[test]
fn a_search_index_that_followed_another_store_is_gone_after_a_restore_and_a_folder_of_somebody_else_is_left_alone() {
    let home = Home::new();
    home.take().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let data = elsewhere.path().join("data");
    let search = data.join("search");
    let files = [
        "search/.marquee-index",
        "search/current",
        "search/index-000001/meta.json",
        "search/index-000001/0123456789abcdef0123456789abcdef.store",
    ];
    for inside in files {
        let file = data.join(inside);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "index-000001").unwrap();
    }
    restore(&config(&data, ""), &home.backup(), None, &|_, _| ()).unwrap();
    let left: Vec<_> = contents(&search).into_keys().collect();
    assert_eq!(left, [Path::new(".marquee-index")]);

    let data = elsewhere.path().join("other");
    fs::create_dir_all(data.join("search")).unwrap();
    fs::write(data.join("search/letter.txt"), "mine").unwrap();
    restore(&config(&data, ""), &home.backup(), None, &|_, _| ()).unwrap_err();
    assert_eq!(fs::read_to_string(data.join("search/letter.txt")).unwrap(), "mine");
}

#[test]
fn keys_and_the_log_outside_of_the_data_folder_are_taken_along_and_put_where_the_other_config_says() {
    let home = Home::new();
    let base = home.folder.path();
    let at = |key: &str, log: &str| {
        let place = |name: &str| base.join(name).display().to_string();
        format!("[vault]\nkey_file = \"{}\"\naudit = \"{}\"", place(key), place(log))
    };
    copy(&home.at("vault.key"), &base.join("keys/master")).unwrap();
    copy(&home.at("audit/a.jsonl"), &base.join("log/a.jsonl")).unwrap();
    fs::write(base.join("log/other.log"), "of another program").unwrap();
    fs::remove_file(home.at("vault.key")).unwrap();
    fs::remove_dir_all(home.at("audit")).unwrap();
    let manifest = take(&config(&home.at(""), &at("keys/master", "log")), &home.backup(), true, &|_, _| ()).unwrap();
    let vault: Vec<&str> = manifest.files.iter().map(|entry| entry.path.as_str()).filter(|it| it.starts_with("vault/")).collect();
    assert_eq!(vault, [KEY, "vault/audit/a.jsonl"]);
    for inside in files_below(&home.backup(), &|_| false).unwrap() {
        let mode = fs::metadata(home.backup().join(&inside)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", inside.display());
    }
    let there = config(&base.join("other"), &at("other-keys/new", "other-log"));
    restore(&there, &home.backup(), None, &|_, _| ()).unwrap();
    assert_eq!(fs::read_to_string(base.join("other-keys/new")).unwrap(), "first");
    assert_eq!(fs::read_to_string(base.join("other-log/a.jsonl")).unwrap(), "1\n");
    assert_eq!(fs::metadata(base.join("other-keys/new")).unwrap().permissions().mode() & 0o777, 0o600);
    // By the usual config they are in the data folder again.
    let usual = put_back(&home.backup());
    assert_eq!((usual[Path::new("vault.key")].as_str(), usual[Path::new("audit/a.jsonl")].as_str()), ("first", "1\n"));
}

#[test]
fn a_backup_that_cannot_be_read_is_not_taken_for_none_and_a_second_run_at_once_is_refused() {
    let home = Home::new();
    home.take().unwrap();
    let known = home.backup().join("backup.json");
    let text = fs::read_to_string(&known).unwrap();
    for broken in [text.replace("\"format\": 2", "\"format\": 3"), "{".to_owned()] {
        fs::write(&known, &broken).unwrap();
        assert!(matches!(home.take(), Err(BackupError::NoBackup { .. })));
        assert_eq!(fs::read_to_string(&known).unwrap(), broken);
    }
    fs::write(&known, text).unwrap();
    let lock = File::open(home.backup().join(".marquee-backup")).unwrap();
    lock.try_lock().unwrap();
    assert!(matches!(home.take(), Err(BackupError::Busy(_))));
    drop(lock);
    home.take().unwrap();
    // What is somebody else's is not made ours by a folder of the same name in it.
    let other = home.folder.path().join("other");
    copy(&home.at("secret"), &other.join("data/secret")).unwrap();
    assert!(matches!(take(&home.config(), &other, true, &|_, _| ()), Err(BackupError::NotOurs(_))));
}
