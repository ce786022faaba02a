//! Directories that go away and come back while they are used, and folders that may not be taken for new ones.

use std::time::Duration;

use futures::{StreamExt, stream};
use object_store::ObjectStoreExt;

use super::*;
use crate::{
    StoreError,
    objects::{
        Objects, StoreRole,
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
    assert_eq!(fs::read_to_string(disk.join(MARKER)).unwrap(), marker::MARKED);
}

#[tokio::test]
async fn a_folder_that_an_older_build_filled_is_marked_as_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let disk = at(&folder, "disk");
    fs::create_dir_all(disk.join("media")).unwrap();
    for may_be_away in [false, true] {
        let url = url(&disk);
        let objects = if may_be_away { Objects::unasked(&url, None) } else { Objects::found(&url, None).await }.unwrap();
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
    // A new disk has a folder of its own, and in a mount point there may be a note, or what was once written into the wrong place.
    for folder in ["lost+found", "site/a", "artwork", "films"] {
        fs::create_dir_all(empty.join(folder)).unwrap();
    }
    for file in [".watched", "NOT-MOUNTED.txt", "media"] {
        fs::write(empty.join(file), "").unwrap();
    }
    for path in [&missing, &empty] {
        for objects in [Objects::found(&url(path), None).await.unwrap(), Objects::unasked(&url(path), None).unwrap()] {
            assert!(objects.is_to_be_begun());
            assert_away(&objects, "not begun").await;
        }
        assert!(!missing.exists() && !empty.join(MARKER).exists() && empty.join("media").is_file());
    }
    let [begun, marked, mounted] = ["begun", "marked", "mounted"].map(|name| at(&folder, name));
    let found = async |path: &PathBuf| Objects::found(&url(path), None).await.unwrap();
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
    let unmarked = Some((there.dev(), there.ino()));
    let opened = Opened { files, root: root.clone(), marker, expected: None, unmarked, is_told: AtomicBool::new(false) };
    opened.check_now().unwrap();
    fs::rename(&root, at(&folder, "elsewhere")).unwrap();
    assert!(matches!(opened.check_now(), Err(DirectoryError::Gone(_))));
    fs::create_dir(&root).unwrap();
    assert!(matches!(opened.check_now(), Err(DirectoryError::Gone(_))));
}

fn store(installation: &str, role: StoreRole) -> Option<StoreIdentity> {
    Some(StoreIdentity { installation: installation.to_owned(), role })
}

/// A store in a directory that is begun where nothing says that it is one.
fn opened(disk: &FilePath, expected: Option<StoreIdentity>) -> Objects {
    let objects = Objects::unasked(&url(disk), expected).unwrap();
    if objects.is_to_be_begun() {
        objects.begin().unwrap();
    }
    objects
}

#[tokio::test]
async fn a_directory_that_is_another_store_by_its_marker_is_away_at_a_start_and_later_and_nothing_is_written_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let [disk, other, swap] = ["disk", "other", "swap"].map(|name| at(&folder, name));
    let (per_view, flat) = (opened(&disk, store("1", StoreRole::PerView)), opened(&other, store("1", StoreRole::Flat)));
    per_view.put(&key("a"), pattern(10)).await.unwrap();
    flat.put(&key("a"), pattern(10)).await.unwrap();
    let markers = [&disk, &other].map(|disk| fs::read_to_string(disk.join(MARKER)).unwrap());
    for (from, to) in [(&disk, &swap), (&other, &disk), (&swap, &other)] {
        fs::rename(from, to).unwrap();
    }
    let found = Objects::found(&url(&disk), store("1", StoreRole::PerView)).await.unwrap();
    let foreign = Objects::found(&url(&disk), store("2", StoreRole::Flat)).await.unwrap();
    for (objects, words) in [
        (per_view, "is storage.flat_objects,"),
        (flat, "is storage.objects,"),
        (found, "is storage.flat_objects,"),
        (opened(&other, store("1", StoreRole::Flat)), "is storage.objects,"),
        (foreign, "is a store of another installation,"),
    ] {
        let told = objects.answers().await.unwrap_err().to_string();
        let cause = if words.contains("installation") { "put back from a backup" } else { "in each other's place?" };
        assert!(told.contains(words) && told.contains(cause) && told.contains("empty that file"), "{told}");
        let answers = [
            objects.head(&key("missing")).await.map(drop),
            objects.put(&key("b"), pattern(10)).await,
            objects.delete(&key("a")).await,
            objects.answers().await,
        ];
        assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Unavailable { .. }))), "{answers:?}");
        assert!(!objects.is_to_be_begun());
    }
    let names = |disk: &PathBuf| fs::read_dir(disk).unwrap().count();
    assert_eq!((names(&disk), names(&other)), (2, 2));
    assert!(!disk.join("media/b").exists() && !other.join("media/b").exists() && disk.join("media").exists());
    assert_eq!([&other, &disk].map(|disk| fs::read_to_string(disk.join(MARKER)).unwrap()), markers);
    // An operator says that it is the right one.
    fs::write(disk.join(MARKER), "").unwrap();
    opened(&disk, store("2", StoreRole::Flat)).answers().await.unwrap();
    assert!(Objects::unasked(&url(&disk), store("1", StoreRole::Flat)).unwrap().answers().await.is_err());
}

#[tokio::test]
async fn a_marker_that_says_nothing_of_whose_it_is_is_adopted_once_and_kept_by_whoever_copies() {
    let folder = tempfile::tempdir().unwrap();
    let ours = store("1", StoreRole::PerView);
    for (nth, before) in ["", marker::MARKED, &marker::MARKED[..9], "store: flat", "store: flat 2", "something else, and more"]
        .into_iter()
        .enumerate()
    {
        let disk = at(&folder, &nth.to_string());
        fs::create_dir(&disk).unwrap();
        fs::write(disk.join(MARKER), before).unwrap();
        Objects::found(&url(&disk), None).await.unwrap().answers().await.unwrap();
        assert_eq!(fs::read_to_string(disk.join(MARKER)).unwrap(), before);
        Objects::found(&url(&disk), ours.clone()).await.unwrap().answers().await.unwrap();
        let adopted = fs::read_to_string(disk.join(MARKER)).unwrap();
        assert_eq!(adopted, format!("{}store: per_view 1\n", marker::MARKED), "{before}");
        assert!(Objects::unasked(&url(&disk), store("1", StoreRole::Flat)).unwrap().answers().await.is_err(), "{before}");
        Objects::found(&url(&disk), None).await.unwrap().answers().await.unwrap();
        assert_eq!(fs::read_to_string(disk.join(MARKER)).unwrap(), adopted);
    }
}

#[tokio::test]
async fn a_marker_that_is_emptied_while_a_store_is_used_is_its_own_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = at(&folder, "disk");
    let objects = opened(&disk, store("1", StoreRole::Flat));
    fs::write(disk.join(MARKER), "").unwrap();
    objects.answers().await.unwrap();
    assert!(fs::read_to_string(disk.join(MARKER)).unwrap().ends_with("store: flat 1\n"));
}

#[tokio::test]
async fn a_marker_that_may_not_be_written_is_replaced_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let disk = at(&folder, "disk");
    fs::create_dir(&disk).unwrap();
    // A file that can be read and, whoever asks, not be written.
    std::os::unix::fs::symlink("/proc/version", disk.join(MARKER)).unwrap();
    // What was left by one that was killed.
    fs::write(disk.join(".marquee-objects#1"), "store: flat 2\n").unwrap();
    let objects = opened(&disk, store("1", StoreRole::Flat));
    objects.answers().await.unwrap();
    assert!(fs::symlink_metadata(disk.join(MARKER)).unwrap().is_file());
    assert_eq!(fs::read_to_string(disk.join(MARKER)).unwrap(), format!("{}store: flat 1\n", marker::MARKED));
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 1);
    assert!(Objects::unasked(&url(&disk), store("2", StoreRole::Flat)).unwrap().answers().await.is_err());
}

#[tokio::test]
async fn a_marker_that_cannot_be_read_keeps_the_store_away_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let disk = at(&folder, "disk");
    let objects = opened(&disk, store("1", StoreRole::Flat));
    fs::remove_file(disk.join(MARKER)).unwrap();
    fs::create_dir(disk.join(MARKER)).unwrap();
    let told = objects.answers().await.unwrap_err().to_string();
    assert!(told.contains(MARKER) && told.contains("put an empty one in its place"), "{told}");
    fs::remove_dir(disk.join(MARKER)).unwrap();
    fs::write(disk.join(MARKER), "").unwrap();
    objects.answers().await.unwrap();
}
