//! Directories that go away and come back while they are used, and folders that may not be taken for new ones.

use std::time::Duration;

use futures::{StreamExt, stream};
use object_store::ObjectStoreExt;

use super::*;
use crate::{
    StoreError,
    objects::{
        Objects,
        promises::{key, pattern, read},
    },
};

fn at(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn url(path: &FilePath) -> String {
    format!("file:{}", path.display())
}

/// Asks everything of it; each has to say that it is away.
async fn assert_away(objects: &Objects, when: &str) {
    let part = || stream::iter([Ok(pattern(10))]);
    let folder = crate::objects::ObjectKey::media(&crate::objects::promises::title(), &["v720"]).unwrap();
    let answers = [
        objects.answers().await,
        objects.head(&key("a")).await.map(drop),
        objects.open(&key("a")).await.map(drop),
        objects.list(&folder).await.map(drop),
        objects.delete(&key("a")).await,
        objects.put(&key("b"), pattern(10)).await,
        objects.put_stream(&key("c"), part()).await.map(drop),
    ];
    for (nth, answer) in answers.into_iter().enumerate() {
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{when}, {nth}: {answer:?}");
    }
    let words = objects.answers().await.unwrap_err().to_string();
    assert!(words.contains("is its disk mounted?") && words.contains(MARKER), "{when}: {words}");
    let all: Vec<_> = objects.backend().list(None).collect().await;
    assert!(matches!(all[..], [Err(_)]), "{when}: {all:?}");
    assert!(objects.backend().list_with_delimiter(None).await.is_err(), "{when}");
    assert!(objects.backend().copy(&Path::from("a"), &Path::from("b")).await.is_err(), "{when}");
}

/// The circuit breaker leaves it alone for a second.
async fn rest() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn a_folder_that_is_gone_is_away_and_is_never_made_anew_and_what_was_in_it_is_found_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, elsewhere) = (at(&folder, "disk"), at(&folder, "elsewhere"));
    let objects = Objects::in_directory(&disk).unwrap();
    objects.put(&key("a"), pattern(10)).await.unwrap();
    fs::rename(&disk, &elsewhere).unwrap();
    assert_away(&objects, "gone").await;
    assert!(!disk.exists());

    // Where a disk was mounted there is an empty folder.
    rest().await;
    fs::create_dir(&disk).unwrap();
    assert_away(&objects, "not mounted").await;
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 0);

    rest().await;
    fs::remove_dir(&disk).unwrap();
    fs::rename(&elsewhere, &disk).unwrap();
    objects.answers().await.unwrap();
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    assert_eq!(read(&object, 0..u64::MAX).await.unwrap(), pattern(10));
    objects.put(&key("b"), pattern(10)).await.unwrap();
}

#[tokio::test]
async fn the_marker_is_made_once_and_is_no_object() {
    let folder = tempfile::tempdir().unwrap();
    let disk = at(&folder, "disk");
    for name in ["a", "b"] {
        let objects = Objects::in_directory(&disk).unwrap();
        let marked = fs::metadata(disk.join(MARKER)).unwrap().ino();
        objects.put(&key(name), pattern(10)).await.unwrap();
        let store = objects.backend();
        let mut all: Vec<String> = store.list(None).map(|object| object.unwrap().location.to_string()).collect().await;
        all.sort();
        assert!(all.iter().all(|path| path.starts_with("media/")), "{all:?}");
        let after = Path::from(".");
        let listed: Vec<_> = store.list_with_offset(None, &after).collect().await;
        assert_eq!(listed.len(), all.len());
        assert_eq!(store.list_with_delimiter(None).await.unwrap().objects, []);
        assert_eq!(fs::metadata(disk.join(MARKER)).unwrap().ino(), marked);
    }
    assert_eq!(fs::read_to_string(disk.join(MARKER)).unwrap(), MARKED);
}

#[tokio::test]
async fn a_folder_that_an_older_build_filled_is_marked_as_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let disk = at(&folder, "disk");
    fs::create_dir_all(disk.join("media")).unwrap();
    for may_be_away in [false, true] {
        let url = url(&disk);
        let objects = if may_be_away { Objects::unasked(&url) } else { Objects::found(&url).await }.unwrap();
        assert!(!objects.is_to_be_begun() && disk.join(MARKER).exists());
        objects.answers().await.unwrap();
        fs::remove_file(disk.join(MARKER)).unwrap();
        assert!(objects.answers().await.is_err());
    }
}

#[tokio::test]
async fn a_folder_that_is_missing_or_empty_is_away_until_it_is_begun_or_its_disk_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (at(&folder, "missing"), at(&folder, "empty"));
    // A new disk has a folder of its own, and whoever watches disks may leave something hidden.
    fs::create_dir_all(empty.join(LOST)).unwrap();
    fs::write(empty.join(".watched"), "").unwrap();
    for path in [&missing, &empty] {
        for objects in [Objects::found(&url(path)).await.unwrap(), Objects::unasked(&url(path)).unwrap()] {
            assert!(objects.is_to_be_begun());
            assert_away(&objects, "not begun").await;
        }
        assert!(!missing.exists() && !empty.join(MARKER).exists() && !empty.join("media").exists());
    }
    let [begun, marked, mounted] = ["begun", "marked", "mounted"].map(|name| at(&folder, name));
    let found = async |path: &PathBuf| Objects::found(&url(path)).await.unwrap();
    let objects = [found(&begun).await, found(&marked).await, found(&mounted).await];
    objects[0].begin().unwrap();
    fs::create_dir(&marked).unwrap();
    fs::write(marked.join(MARKER), "").unwrap();
    fs::create_dir_all(mounted.join("media")).unwrap();
    for objects in objects {
        assert!(!objects.is_to_be_begun());
        objects.put(&key("a"), pattern(10)).await.unwrap();
        assert!(objects.head(&key("a")).await.unwrap().is_some());
    }
}

#[test]
fn a_folder_that_cannot_be_marked_is_the_one_that_it_was_for_as_long_as_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (root, marker) = (at(&folder, "disk"), at(&folder, "disk").join(MARKER));
    fs::create_dir(&root).unwrap();
    let there = fs::metadata(&root).unwrap();
    let files = LocalFileSystem::new_with_prefix(&root).unwrap();
    let opened = Opened { files, root: root.clone(), marker, unmarked: Some((there.dev(), there.ino())) };
    opened.check_now().unwrap();
    fs::rename(&root, at(&folder, "elsewhere")).unwrap();
    assert!(matches!(opened.check_now(), Err(DirectoryError::Gone(_))));
    fs::create_dir(&root).unwrap();
    assert!(matches!(opened.check_now(), Err(DirectoryError::Gone(_))));
}
