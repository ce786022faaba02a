//! What an installation lost, what was deleted while a backup was taken, and a restore that was broken off.

use super::*;

#[test]
fn what_is_gone_as_a_whole_is_never_taken_out_of_the_last_backup() {
    for gone in ["vault.key", "vault.db", "marquee.db", "media", "audit"] {
        let home = Home::new();
        home.take().unwrap();
        let first = contents(&home.at(""));
        fs::rename(home.at(gone), home.folder.path().join("away")).unwrap();
        let refused = home.take().unwrap_err();
        assert!(matches!(&refused, BackupError::Gone { place, .. } if *place == home.at(gone)), "{gone}: {refused}");
        assert_eq!(put_back(&home.backup()), first, "{gone}");
        // On purpose: another folder takes what there is.
        let other = home.folder.path().join("other");
        let taken = take(&home.config(), &other, true, &|_, _| ());
        assert_eq!(taken.is_ok(), gone != "marquee.db", "{gone}");
        fs::rename(home.folder.path().join("away"), home.at(gone)).unwrap();
        home.take().unwrap();
    }
    // An empty folder is what a disk leaves that is not mounted.
    let home = Home::new();
    home.take().unwrap();
    fs::rename(home.at("media"), home.folder.path().join("away")).unwrap();
    fs::create_dir(home.at("media")).unwrap();
    assert!(matches!(home.take(), Err(BackupError::Gone { .. })));
    // A server that started on it has put its own site there.
    home.write("media/site/files/1a2b/marquee.js", "a script");
    assert!(matches!(home.take(), Err(BackupError::Gone { .. })));
}

#[test]
fn the_builds_of_the_site_are_in_no_backup() {
    let home = Home::new();
    home.write("media/site/builds/1a2b", "{}");
    home.write("media/site/files/1a2b/marquee.js", "a script");
    // A title may be called as the folder is.
    home.write("media/media/site/a.m4s", "a film");
    home.take().unwrap();
    let taken = put_back(&home.backup());
    let named: Vec<_> = taken.keys().filter(|path| path.components().any(|part| part.as_os_str() == "site")).collect();
    assert_eq!(named, [Path::new("media/media/site/a.m4s")]);
}

#[test]
fn what_was_deleted_while_a_backup_was_taken_is_known_to_it() {
    let home = Home::new();
    let note = |what: &str, path: &Path| {
        // The first object is on its way: a title is deleted.
        if what == "create" && path.to_string_lossy().contains("objects") {
            home.write("deletions.jsonl", "later\n");
        }
        Ok(())
    };
    home.write("deletions.jsonl", "before\n");
    let manifest = take_on(&Disk::watched(&note), &home.config(), &home.backup(), true, &|_, _| ()).unwrap();
    let log = manifest.files.iter().find(|entry| entry.path == "data/deletions.jsonl").unwrap();
    assert_eq!(fs::read_to_string(home.backup().join(log.file())).unwrap(), "later\n");
}

#[test]
fn a_restore_that_is_broken_off_is_opened_by_nobody_and_goes_on() {
    let home = Home::new();
    home.take().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = config(&elsewhere.path().join("data"), "");
    // The second of two databases finds a folder in its place.
    let vault = config.data.join("vault.db");
    fs::create_dir_all(vault.join("in the way")).unwrap();
    let marker = config.data.join("restore.unfinished");
    fs::write(&marker, "").unwrap();
    assert!(restore(&config, &home.backup(), None, &|_, _| ()).is_err());
    assert!(config.data.join("marquee.db").exists() && marker.exists());
    assert!(matches!(check_whole(&config.data), Err(BackupError::Unrestored(_))));
    assert!(matches!(take(&config, &elsewhere.path().join("backup"), true, &|_, _| ()), Err(BackupError::Unrestored(_))));
    fs::remove_dir_all(&vault).unwrap();
    restore(&config, &home.backup(), None, &|_, _| ()).unwrap();
    check_whole(&config.data).unwrap();
    assert_eq!(contents(&config.data), contents(&home.at("")));
    assert!(matches!(restore(&config, &home.backup(), None, &|_, _| ()), Err(BackupError::Occupied(_))));
}

/// With a second store in `folder/flat`, and a title that lies in it.
fn with_second(home: &Home) -> Config {
    fs::create_dir_all(home.folder.path().join("flat/media/one")).unwrap();
    fs::write(home.folder.path().join("flat/media/one/a.m4s"), "a moved film").unwrap();
    let database = rusqlite::Connection::open(home.at("marquee.db")).unwrap();
    let placed = "CREATE TABLE document_placements (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL);
        INSERT INTO document_placements VALUES ('one', 1, '{\"current\":{\"generation\":\"\",\"store\":\"flat\"}}')";
    database.execute_batch(placed).unwrap();
    config(&home.at(""), &format!("[storage]\nflat_objects = \"file:{}\"", home.folder.path().join("flat").display()))
}

#[test]
fn films_of_a_second_store_are_taken_along_and_put_into_the_second_store() {
    let home = Home::new();
    let taken = take(&with_second(&home), &home.backup(), true, &|_, _| ()).unwrap();
    assert_eq!((taken.below("objects").count(), taken.below("flat_objects").count()), (3, 1));
    let elsewhere = tempfile::tempdir().unwrap();
    let data = elsewhere.path().join("data");
    let refused = restore(&config(&data, ""), &home.backup(), None, &|_, _| ()).unwrap_err();
    assert!(matches!(refused, BackupError::NoSecondStore) && !data.exists(), "{refused}");
    let flat = elsewhere.path().join("flat");
    let second = format!("[storage]\nflat_objects = \"file:{}\"", flat.display());
    restore(&config(&data, &second), &home.backup(), None, &|_, _| ()).unwrap();
    assert_eq!(fs::read_to_string(flat.join("media/one/a.m4s")).unwrap(), "a moved film");
}

#[test]
fn a_second_store_that_is_not_mounted_is_a_loss_and_one_whose_titles_were_moved_away_is_none() {
    let home = Home::new();
    let second = with_second(&home);
    take(&second, &home.backup(), true, &|_, _| ()).unwrap();
    fs::remove_dir_all(home.folder.path().join("flat/media")).unwrap();
    let refused = take(&second, &home.backup(), true, &|_, _| ()).unwrap_err();
    assert!(matches!(&refused, BackupError::Gone { place, .. } if place.ends_with("flat")), "{refused}");
    let database = rusqlite::Connection::open(home.at("marquee.db")).unwrap();
    database.execute_batch("DELETE FROM document_placements").unwrap();
    let taken = take(&second, &home.backup(), true, &|_, _| ()).unwrap();
    assert_eq!(taken.below("flat_objects").count(), 0);
}

#[test]
fn a_second_store_that_the_config_does_not_name_is_no_reason_to_lose_what_lies_there() {
    let home = Home::new();
    let second = with_second(&home);
    let refused = home.take().unwrap_err();
    assert!(matches!(refused, BackupError::SecondStore), "a first one would lack films: {refused}");
    assert!(refused.to_string().contains("storage.flat_objects"), "{refused}");
    let rest = home.folder.path().join("rest");
    take(&home.config(), &rest, false, &|_, _| ()).unwrap();

    take(&second, &home.backup(), true, &|_, _| ()).unwrap();
    for with_objects in [true, false] {
        let refused = take(&home.config(), &home.backup(), with_objects, &|_, _| ()).unwrap_err();
        assert!(matches!(refused, BackupError::SecondStore), "{refused}");
        assert_eq!(Manifest::read(&home.backup()).unwrap().below("flat_objects").count(), 1);
    }
    // Where no title lies there any more it is not missed.
    let database = rusqlite::Connection::open(home.at("marquee.db")).unwrap();
    database.execute_batch("DELETE FROM document_placements").unwrap();
    assert_eq!(home.take().unwrap().below("flat_objects").count(), 0);
}

#[test]
fn without_media_a_film_that_moved_stays_and_is_put_back_to_where_it_lies_now() {
    let home = Home::new();
    let (second, film) = (with_second(&home), "media/two/g/a.m4s");
    let flat = |inside: &str| home.folder.path().join("flat").join(inside);
    home.write(&format!("media/{film}"), "a film");
    home.write("media/media/two/g/manifest.json", "grows");
    take(&second, &home.backup(), true, &|_, _| ()).unwrap();
    let put_back = |elsewhere: &Path| {
        let at = |name: &str| elsewhere.join(name);
        let config = config(&at("data"), &format!("[storage]\nflat_objects = \"file:{}\"", at("flat").display()));
        restore(&config, &home.backup(), None, &|_, _| ()).unwrap();
    };
    // For twelve hours it is in both; then it is in the second alone.
    for is_moved in [false, true] {
        copy(&home.at("media/media/two/g/a.m4s"), &flat(film)).unwrap();
        File::open(flat(film)).unwrap().set_modified(SystemTime::now()).unwrap();
        fs::write(flat("media/two/g/manifest.json"), "it has grown").unwrap();
        if is_moved {
            fs::remove_dir_all(home.at("media/media")).unwrap();
        }
        let taken = take(&second, &home.backup(), false, &|_, _| ()).unwrap();
        assert_eq!(taken.below("flat_objects").filter(|(path, _)| path.starts_with("media/two")).count(), 2, "{is_moved}");
        let elsewhere = tempfile::tempdir().unwrap();
        put_back(elsewhere.path());
        assert_eq!(fs::read_to_string(elsewhere.path().join("flat").join(film)).unwrap(), "a film");
        assert_eq!(elsewhere.path().join("data/media").join(film).exists(), !is_moved);
    }
    // And back home again.
    copy(&flat(film), &home.at("media/media/two/g/a.m4s")).unwrap();
    fs::remove_dir_all(flat("media/two")).unwrap();
    let taken = take(&second, &home.backup(), false, &|_, _| ()).unwrap();
    assert!(taken.below("objects").any(|(path, _)| path == Path::new(film)));
    // With media it is copied from where it lies, and is whole.
    take(&second, &home.backup(), true, &|_, _| ()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    put_back(elsewhere.path());
    assert_eq!(fs::read_to_string(elsewhere.path().join("data/media").join(film)).unwrap(), "a film");
}

#[test]
fn what_the_config_does_not_name_any_more_is_not_taken_out_of_the_backup_for_that() {
    let home = Home::new();
    home.database("entries.db", "somebody is signed in");
    let entries = home.at("entries.db");
    let apart = config(&home.at(""), &format!("[storage]\nkeyvalue = \"sqlite:{}\"", entries.display()));
    take(&apart, &home.backup(), true, &|_, _| ()).unwrap();
    // The server has it from its environment, this command has not.
    let refused = home.take().unwrap_err();
    assert!(matches!(&refused, BackupError::Unnamed { setting, .. } if setting == "keyvalue"), "{refused}");
    assert!(refused.to_string().contains("storage.keyvalue"), "{refused}");
    assert!(Manifest::read(&home.backup()).unwrap().files.iter().any(|entry| entry.path == "databases/keyvalue.db"));
    take(&home.config(), &home.folder.path().join("other"), true, &|_, _| ()).unwrap();
    // Nor a data folder that is another than the one that the backup is of.
    let database = home.at("marquee.db").display().to_string();
    let lost = format!("[storage]\ndocuments = \"sqlite:{database}\"\nkeyvalue = \"sqlite:{}\"\n", entries.display());
    let media = format!(
        "objects = \"file:{}\"\n[vault]\nstore = \"sqlite:{}\"\n",
        home.at("media").display(),
        home.at("vault.db").display()
    );
    let rest = format!("key_file = {:?}\naudit = {:?}\n", home.at("vault.key"), home.at("audit"));
    let elsewhere = home.folder.path().join("nothing");
    fs::create_dir(&elsewhere).unwrap();
    let refused = take(&config(&elsewhere, &format!("{lost}{media}{rest}")), &home.backup(), true, &|_, _| ()).unwrap_err();
    assert!(matches!(&refused, BackupError::Gone { place, .. } if *place == elsewhere), "{refused}");
}
