//! Keys that cannot escape, and objects that are there wholly or not at all.

use std::time::UNIX_EPOCH;

use futures::TryStreamExt;

use super::*;

fn title() -> TitleId {
    "big-buck-bunny".parse().unwrap()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::media(&title(), &["v720", name]).unwrap()
}

fn store() -> (tempfile::TempDir, Objects) {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::in_directory(folder.path()).unwrap();
    (folder, objects)
}

/// Bytes that are different at every place.
fn pattern(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap()).collect::<Vec<_>>().into()
}

async fn read(object: &Object, range: Range<u64>) -> io::Result<Vec<u8>> {
    object
        .read(range)
        .try_fold(Vec::new(), |mut all, chunk| async move {
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files(&path),
            path => vec![path.file_name().unwrap().to_string_lossy().into_owned()],
        })
        .collect()
}

#[test]
fn a_key_is_made_of_its_title_and_checked_segments_only() {
    assert_eq!(key("0001.m4s").as_str(), "media/big-buck-bunny/v720/0001.m4s");
    let poster = ObjectKey::artwork(&title(), &["poster-480.avif"]).unwrap();
    assert_eq!(poster.as_str(), "artwork/big-buck-bunny/poster-480.avif");
    let long = "x".repeat(129);
    for bad in
        ["", ".", "..", "...", ".hidden", "a/b", "/", "a\\b", "a\0", "a\n", "%2e%2e", "a%2fb", "a b", "ä", "a#1", "~", &long]
    {
        assert_eq!(ObjectKey::media(&title(), &[bad]), Err(InvalidKey), "{bad:?}");
        assert_eq!(ObjectKey::artwork(&title(), &["a", bad]), Err(InvalidKey), "{bad:?}");
    }
    assert_eq!(ObjectKey::media(&title(), &[]), Err(InvalidKey));
    assert_eq!(ObjectKey::media(&title(), &["a"; 9]), Err(InvalidKey));
    for good in ["a", "a..b", "-a", "_", "init.mp4", "x".repeat(128).as_str()] {
        assert!(ObjectKey::media(&title(), &[good]).is_ok(), "{good:?}");
    }
}

#[tokio::test]
async fn what_is_put_is_read_back_in_any_range() {
    let (_folder, objects) = store();
    let bytes = pattern(3 * CHUNK + 17);
    objects.put(&key("a.m4s"), bytes.clone()).await.unwrap();
    let object = objects.open(&key("a.m4s")).await.unwrap().unwrap();
    let (size, chunk) = (bytes.len() as u64, CHUNK as u64);
    assert_eq!(object.head.size, size);
    for (from, to) in
        [(0, size), (0, 1), (size - 1, size), (0, chunk), (1, chunk + 1), (chunk - 1, chunk + 1), (5, 3 * chunk), (7, u64::MAX)]
    {
        let expected = &bytes[usize::try_from(from).unwrap()..usize::try_from(to.min(size)).unwrap()];
        assert!(read(&object, from..to).await.unwrap() == expected, "{from}..{to}");
    }
    for (from, to) in [(0, 0), (size, size), (size, size + 1), (u64::MAX, u64::MAX), (9, 3)] {
        assert_eq!(read(&object, from..to).await.unwrap(), b"", "{from}..{to}");
    }
}

#[tokio::test]
async fn a_head_tells_size_and_time_and_a_tag_that_changes_with_the_content() {
    let (_folder, objects) = store();
    assert_eq!(objects.head(&key("a")).await.unwrap(), None);
    assert!(objects.open(&key("a")).await.unwrap().is_none());
    objects.put(&key("a"), "one".into()).await.unwrap();
    let first = objects.head(&key("a")).await.unwrap().unwrap();
    assert_eq!(first.size, 3);
    assert!(first.modified > UNIX_EPOCH && first.modified.elapsed().is_ok());
    assert!(!first.etag.is_empty() && !first.etag.contains('"'));
    assert_eq!(objects.open(&key("a")).await.unwrap().unwrap().head, first);
    objects.put(&key("a"), "two".into()).await.unwrap();
    assert_ne!(objects.head(&key("a")).await.unwrap().unwrap().etag, first.etag);
    objects.delete(&key("a")).await.unwrap();
    objects.delete(&key("a")).await.unwrap();
    assert_eq!(objects.head(&key("a")).await.unwrap(), None);
    assert_eq!(objects.head(&ObjectKey::media(&title(), &["v720"]).unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn an_object_that_is_replaced_or_removed_is_still_read_as_it_was_opened() {
    let (_folder, objects) = store();
    objects.put(&key("a"), pattern(2 * CHUNK)).await.unwrap();
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    objects.put(&key("a"), "another".into()).await.unwrap();
    objects.delete(&key("a")).await.unwrap();
    assert!(read(&object, 0..u64::MAX).await.unwrap() == pattern(2 * CHUNK));
}

#[tokio::test]
async fn a_file_that_is_cut_off_while_it_is_read_fails_and_never_ends_early() {
    let (folder, objects) = store();
    objects.put(&key("a"), pattern(2 * CHUNK)).await.unwrap();
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    let path = folder.path().join(key("a").as_str());
    File::options().write(true).open(path).unwrap().set_len(CHUNK as u64 + 1).unwrap();
    let error = read(&object, 0..u64::MAX).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_stream_is_stored_as_it_comes_and_large_ones_in_parts() {
    let (_folder, objects) = store();
    let bytes = pattern(2 * PART + 12_345);
    let chunks: Vec<_> = bytes.chunks(700_001).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let size = objects.put_stream(&key("large"), stream::iter(chunks)).await.unwrap();
    assert_eq!(size, bytes.len() as u64);
    let object = objects.open(&key("large")).await.unwrap().unwrap();
    assert!(read(&object, 0..u64::MAX).await.unwrap() == bytes);
    assert_eq!(objects.put_stream(&key("empty"), stream::empty()).await.unwrap(), 0);
    assert_eq!(objects.head(&key("empty")).await.unwrap().unwrap().size, 0);
}

#[tokio::test]
async fn a_stream_that_fails_or_is_dropped_leaves_what_was_there_and_no_rest() {
    let (folder, objects) = store();
    objects.put(&key("a"), "before".into()).await.unwrap();
    let part = || Ok(pattern(PART));
    let broken = stream::iter([part(), part(), Err(io::Error::other("the encoder broke off"))]);
    let failed = objects.put_stream(&key("a"), broken).await;
    let Err(StoreError::Unavailable { reason }) = failed else { panic!("{failed:?}") };
    assert!(reason.contains("the encoder broke off") && reason.contains("media/big-buck-bunny/v720/a"), "{reason}");

    let endless = stream::iter([part(), part()]).chain(stream::pending());
    let dropped = timeout(Duration::from_millis(200), objects.put_stream(&key("a"), endless)).await;
    assert!(dropped.is_err());
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    assert_eq!(read(&object, 0..u64::MAX).await.unwrap(), b"before");
    // What was written of it is removed in the background.
    for _ in 0..100 {
        if files(folder.path()).len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(files(folder.path()), ["a"]);
}

#[tokio::test]
async fn many_readers_of_one_object_do_not_disturb_each_other() {
    let (_folder, objects) = store();
    let bytes = pattern(5 * CHUNK);
    objects.put(&key("a"), bytes.clone()).await.unwrap();
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    let mut readers = tokio::task::JoinSet::new();
    for start in 0..32usize {
        let (object, bytes) = (object.clone(), bytes.clone());
        let at = start * 30_011;
        readers.spawn(async move { read(&object, at as u64..u64::MAX).await.unwrap() == bytes[at..] });
    }
    assert!(readers.join_all().await.into_iter().all(|same| same));
}

#[test]
fn what_must_come_from_the_disk_is_the_same_as_what_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let bytes = pattern(CHUNK + 100);
    std::fs::write(&path, &bytes).unwrap();
    let file = File::open(&path).unwrap();
    for (at, length) in [(0, CHUNK), (7, 1), (100, CHUNK), (CHUNK, 100)] {
        let expected = &bytes[at..at + length];
        assert!(read_chunk(&file, at as u64, length as u64).unwrap() == expected, "{at} {length}");
        if let Some(cached) = read_cached(&file, at as u64, length as u64) {
            assert!(expected.starts_with(&cached) && !cached.is_empty(), "{at} {length}");
        }
    }
    assert_eq!(read_chunk(&file, 200, CHUNK as u64).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
