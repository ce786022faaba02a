//! What is opened, and what is refused in which words.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::objects::MARKER;

async fn refusal(urls: StorageUrls) -> String {
    match open(&urls, &Events::default()).await {
        Ok(_) => panic!("{urls:?} was opened"),
        Err(error) => error.to_string(),
    }
}

fn urls_in(folder: &Path) -> StorageUrls {
    let database = format!("sqlite:{}/deep/er/marquee.db", folder.display());
    let objects = format!("file:{}/media", folder.display());
    StorageUrls { keyvalue: database.clone(), documents: database, objects, flat_objects: None }
}

#[tokio::test]
async fn missing_directories_are_made_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let stores = open(&urls_in(folder.path()), &Events::default()).await.unwrap();
    let version = stores.keyvalue.put("a", "b".into(), super::super::documents::Expect::Absent, None).await;
    assert!(version.is_ok());
    for (path, mode) in [("deep", 0o700), ("deep/er", 0o700), ("media", 0o700), ("deep/er/marquee.db", 0o600)] {
        let metadata = folder.path().join(path).metadata().unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{path}");
    }
}

#[tokio::test]
async fn an_unknown_store_is_refused_with_the_setting_and_what_is_allowed_but_no_password() {
    let folder = tempfile::tempdir().unwrap();
    for (given, shown) in [
        ("mongodb://marquee:hunter2@db.example/m?password=hunter2", "mongodb://***@db.example/m"),
        ("redis://:hunter2@[::1]:6379", "redis://***@[::1]:6379"),
        ("redis://:x?hunter2@host", "redis://***"),
        ("marquee:hunter2@host", "***@host"),
        ("data/marquee.db", "data/marquee.db"),
        ("sqlite:", "sqlite:"),
        ("", ""),
    ] {
        let message = refusal(StorageUrls { documents: given.into(), ..urls_in(folder.path()) }).await;
        assert!(message.contains("storage.documents") && message.contains("sqlite:PATH"), "{message}");
        assert!(message.contains(&format!("{shown:?}")), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    // A Redis that does not answer; and what names none.
    for given in ["redis://films:hunter2@127.0.0.1:9/0", "redis+cluster://:hunter2@127.0.0.1:9", "rediss://:x?hunter2@host"] {
        let message = refusal(StorageUrls { keyvalue: given.into(), ..urls_in(folder.path()) }).await;
        assert!(message.contains("storage.keyvalue") && message.contains("rediss+cluster://"), "{message}");
        assert!(message.contains("127.0.0.1:9 cannot be used") || message.contains("no host"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        let message = follow(given, &Events::default()).await.err().unwrap().to_string();
        assert!(message.contains("storage.events") && !message.contains("hunter2"), "{message}");
    }
    let message = refusal(StorageUrls { objects: "s3://key:hunter2@bucket".into(), ..urls_in(folder.path()) }).await;
    assert!(message.contains("storage.objects") && message.contains("file:PATH"), "{message}");
    let message = refusal(StorageUrls { flat_objects: Some("ftp://host".into()), ..urls_in(folder.path()) }).await;
    assert!(message.contains("storage.flat_objects") && message.contains("file:PATH"), "{message}");
    let twice = urls_in(folder.path());
    let message = refusal(StorageUrls { flat_objects: Some(twice.objects.clone()), ..twice }).await;
    assert!(message.contains("storage.flat_objects") && message.contains("it is the store of storage.objects"), "{message}");
}

#[tokio::test]
async fn a_second_store_that_is_away_keeps_nothing_from_opening_and_is_used_once_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let with = |flat: String| StorageUrls { flat_objects: Some(flat), ..urls_in(folder.path()) };
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let away = format!("s3://films?endpoint=http://127.0.0.1:{port}&region=x&access_key_id=me&secret_access_key=hunter2");
    let flat = open(&with(away), &Events::default()).await.unwrap().flat_objects.unwrap();
    let reason = flat.answers().await.unwrap_err().to_string();
    assert!(reason.contains("flat_objects") || reason.contains("127.0.0.1"), "{reason}");

    // A disk that is not mounted yet.
    let (link, disk) = (folder.path().join("link"), folder.path().join("disk"));
    std::os::unix::fs::symlink(&disk, &link).unwrap();
    let flat = open(&with(format!("file:{}", link.display())), &Events::default()).await.unwrap().flat_objects.unwrap();
    assert!(flat.answers().await.is_err() && !disk.exists());
    std::fs::create_dir(&disk).unwrap();
    flat.answers().await.unwrap();
    let entries = std::fs::read_dir(&disk).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(entries.collect::<Vec<_>>(), [MARKER], "nothing else was written into it");
    let key = crate::objects::ObjectKey::site(&["a"]).unwrap();
    flat.put(&key, "a".into()).await.unwrap();
    assert!(flat.head(&key).await.unwrap().is_some() && disk.join("site/a").exists());
}

#[tokio::test]
async fn folders_that_are_found_are_begun_by_whoever_knows_that_nothing_is_to_be_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let flat = folder.path().join("flat");
    let urls = StorageUrls { flat_objects: Some(format!("file:{}", flat.display())), ..urls_in(folder.path()) };
    let stores = open_found(&urls, &Events::default()).await.unwrap();
    let of = |role| stores.video().of(role).unwrap().clone();
    assert!(StoreRole::ALL.into_iter().all(|role| of(role).is_to_be_begun()));
    assert!(of(StoreRole::Flat).answers().await.is_err() && !flat.exists() && !folder.path().join("media").exists());
    for role in StoreRole::ALL {
        begin(&urls, &stores, role).unwrap();
        of(role).answers().await.unwrap();
    }
    assert!(flat.join(MARKER).exists() && folder.path().join("media").join(MARKER).exists());
    // Whoever copies reads from the one side, and makes the other.
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    let url = |path: &Path| Some(format!("file:{}", path.display()));
    let side = SideUrls { objects: url(&one), flat_objects: url(&other), ..SideUrls::default() };
    let read = open_each_found(&side).await.unwrap();
    assert!(read.objects.unwrap().is_to_be_begun() && read.flat_objects.unwrap().is_to_be_begun() && !one.exists());
    open_each(&side).await.unwrap();
    assert!(one.join(MARKER).exists() && other.join(MARKER).exists());
    // The first store has to be there at the start.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let below = StorageUrls { objects: format!("file:{}/file/media", folder.path().display()), ..urls };
    assert!(matches!(open_found(&below, &Events::default()).await, Err(OpenError::Unusable { setting: "objects", .. })));
}

#[tokio::test]
async fn a_second_store_that_can_never_be_one_is_refused_at_once_and_so_is_the_first_by_another_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    std::fs::create_dir(folder.path().join("media")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("media"), folder.path().join("link")).unwrap();
    let below = |name: &str| format!("file:{}/{name}", folder.path().display());
    for (url, words) in [
        ("s3:///films".to_owned(), "names no bucket"),
        ("s3://films?secret_key=hunter2".to_owned(), "`secret_key` is no option"),
        (below("file"), "cannot be made"),
        (below("file/below"), "cannot be made"),
        (below("link"), "it is the store of storage.objects"),
    ] {
        let message = refusal(StorageUrls { flat_objects: Some(url.clone()), ..urls_in(folder.path()) }).await;
        assert!(message.contains("storage.flat_objects") && message.contains(words), "{url}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[tokio::test]
async fn a_password_can_stand_in_a_file_of_its_own() {
    use testing::redis::{OwnRedis, PASSWORD};
    let (folder, server) = (tempfile::tempdir().unwrap(), OwnRedis::start(&[]));
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let url = format!("redis://127.0.0.1:{}?password_file={}", server.port, file.display());
    assert!(open_vault(&url).await.unwrap().get("a").await.unwrap().is_none());
    announce(&url).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let message = open_vault(&url).await.err().unwrap().to_string();
    assert!(message.contains("vault.store") && message.contains("password cannot be read"), "{message}");
}

#[tokio::test]
async fn a_path_that_cannot_be_used_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "this is text and no database, however long it may be").unwrap();
    for (url, reason) in [
        (format!("sqlite:{}", file.display()), "not a database"),
        (format!("sqlite:{}/below/a.db", file.display()), "Not a directory"),
        (format!("sqlite:{}", folder.path().display()), "directory"),
    ] {
        let message = refusal(StorageUrls { keyvalue: url.clone(), ..urls_in(folder.path()) }).await;
        assert!(message.contains("storage.keyvalue") && message.contains(reason), "{message}");
        assert!(message.contains(&url), "{message}");
    }
    let url = format!("file:{}", file.display());
    let message = refusal(StorageUrls { objects: url, ..urls_in(folder.path()) }).await;
    assert!(message.contains("storage.objects") && message.contains("Not a directory"), "{message}");
}
