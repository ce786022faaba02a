//! Keys that cannot escape, and what a directory does beyond the promises of every store. Then every backend's promises.

use std::path::Path;

use tokio::time::timeout;

use super::{
    promises::{Backend, key, objects_promises, pattern, read, title},
    *,
};

fn store() -> (tempfile::TempDir, Objects) {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::in_directory(folder.path()).unwrap();
    (folder, objects)
}

/// The marker is none of them.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_name() != MARKER)
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
    assert_eq!(ObjectKey::site(&["files", "1a2b", "a.js"]).unwrap().as_str(), "site/files/1a2b/a.js");
    let long = "x".repeat(129);
    for bad in
        ["", ".", "..", "...", ".hidden", "a/b", "/", "a\\b", "a\0", "a\n", "%2e%2e", "a%2fb", "a b", "ä", "a#1", "~", &long]
    {
        assert_eq!(ObjectKey::media(&title(), &[bad]), Err(InvalidKey), "{bad:?}");
        assert_eq!(ObjectKey::artwork(&title(), &["a", bad]), Err(InvalidKey), "{bad:?}");
        assert_eq!(ObjectKey::site(&["files", bad, "a.js"]), Err(InvalidKey), "{bad:?}");
    }
    assert_eq!(ObjectKey::media(&title(), &[]), Err(InvalidKey));
    assert_eq!(ObjectKey::media(&title(), &["a"; 9]), Err(InvalidKey));
    for good in ["a", "a..b", "-a", "_", "init.mp4", "x".repeat(128).as_str()] {
        assert!(ObjectKey::media(&title(), &[good]).is_ok(), "{good:?}");
    }
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

#[test]
fn what_must_come_from_the_disk_is_the_same_as_what_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let bytes = pattern(CHUNK + 100);
    std::fs::write(&path, &bytes).unwrap();
    let file = File::open(&path).unwrap();
    for (at, length) in [(0, CHUNK), (7, 1), (100, CHUNK), (CHUNK, 100)] {
        let expected = &bytes[at..at + length];
        assert!(read::read_chunk(&file, at as u64, length as u64).unwrap() == expected, "{at} {length}");
        if let Some(cached) = read::read_cached(&file, at as u64, length as u64) {
            assert!(expected.starts_with(&cached) && !cached.is_empty(), "{at} {length}");
        }
    }
    assert_eq!(read::read_chunk(&file, 200, CHUNK as u64).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

/// A directory of its own.
struct Directory(tempfile::TempDir);

#[async_trait::async_trait]
impl Backend for Directory {
    async fn open(&self) -> Objects {
        Objects::in_directory(self.0.path()).unwrap()
    }
}

fn directory() -> Directory {
    Directory(tempfile::tempdir().unwrap())
}

mod in_a_directory {
    use super::*;

    objects_promises!(directory);
}

/// A folder of its own in the bucket of the test server.
struct Bucket(String);

#[async_trait::async_trait]
impl Backend for Bucket {
    async fn open(&self) -> Objects {
        Objects::at(&self.0).await.unwrap()
    }
}

fn bucket() -> Bucket {
    let server = testing::server("MARQUEE_TEST_S3");
    let (bucket, options) = server.split_once('?').unwrap();
    Bucket(format!("{}/{:032x}?{options}", bucket.trim_end_matches('/'), rand::random::<u128>()))
}

mod in_a_bucket {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        time::Instant,
    };

    use tokio::task::JoinSet;

    use testing::bucket::RawBucket;

    use super::*;
    use testing::{OwnServer, server};

    objects_promises!(bucket);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_was_killed_and_came_back_has_what_was_acknowledged_and_is_used_without_opening_anew() {
        let mut own = OwnServer::start("MARQUEE_TEST_S3_COMMAND");
        let shared = server("MARQUEE_TEST_S3");
        let (_, options) = shared.split_once('?').unwrap();
        let pairs = url::form_urlencoded::parse(options.as_bytes()).filter(|(name, _)| name != "endpoint");
        let mut options = url::form_urlencoded::Serializer::new(String::new());
        let options = options.extend_pairs(pairs).append_pair("endpoint", &format!("http://127.0.0.1:{}", own.port)).finish();
        let address = format!("s3://marquee-own?{options}");
        RawBucket::of(&address).make(&[]).await;
        let objects = Objects::at(&address).await.unwrap();
        objects.put(&key("before"), pattern(CHUNK)).await.unwrap();

        let is_done = std::sync::Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for writer in 0..4_usize {
            let (objects, is_done) = (objects.clone(), std::sync::Arc::clone(&is_done));
            writers.spawn(async move {
                let (mut kept, mut refused) = (Vec::new(), Vec::new());
                for number in 0.. {
                    if is_done.load(Ordering::SeqCst) {
                        break;
                    }
                    let (key, size) = (key(&format!("{writer}-{number}")), 60_000 + number % 40_000);
                    match objects.put(&key, pattern(size)).await {
                        Ok(()) => kept.push((key, size)),
                        Err(StoreError::Unavailable { .. }) => {
                            refused.push((key, size));
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                }
                (kept, refused)
            });
        }
        for round in 0..2 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            own.kill();
            let begun = Instant::now();
            assert!(objects.head(&key("before")).await.is_err());
            assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
            // Longer than the driver repeats what it asked, so that writes are refused as well.
            tokio::time::sleep(Duration::from_secs(2)).await;
            own.resume();
            let begun = Instant::now();
            while let Err(error) = objects.put(&key(&format!("round-{round}")), pattern(10)).await {
                assert!(begun.elapsed() < Duration::from_secs(5), "{error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        is_done.store(true, Ordering::SeqCst);
        let (mut kept, mut refused) = (0, 0);
        while let Some(outcome) = writers.join_next().await {
            let (acknowledged, failed) = outcome.unwrap();
            (kept, refused) = (kept + acknowledged.len(), refused + failed.len());
            for (key, size) in acknowledged {
                let object = objects.open(&key).await.unwrap().expect("all that was acknowledged");
                assert!(read(&object, 0..u64::MAX).await.unwrap() == pattern(size), "{key:?}");
            }
            // What was refused may be there, and is whole then.
            for (key, size) in failed {
                if let Some(object) = objects.open(&key).await.unwrap() {
                    assert!(read(&object, 0..u64::MAX).await.unwrap() == pattern(size), "{key:?}");
                }
            }
        }
        assert!(kept > 8 && refused > 0, "{kept} kept, {refused} refused");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_first_versions_of_more_objects_than_one_answer_names_are_all_found() {
        const OBJECTS: usize = 1100;
        let shared = server("MARQUEE_TEST_S3");
        let (_, options) = shared.split_once('?').unwrap();
        let url = format!("s3://marquee-versions-{:08x}/a/b?{options}", rand::random::<u32>());
        RawBucket::of(&url).make(&[("x-amz-bucket-object-lock-enabled", "true")]).await;
        let (store, versions) = open_locked(&url).await.unwrap();
        let path = |number: usize| StorePath::from(format!("log/{number:05}"));
        let put = |number: usize, bytes: &'static str| {
            let store = Arc::clone(&store);
            async move { store.put(&path(number), bytes.into()).await.unwrap() }
        };
        stream::iter((1..=OBJECTS).map(|number| put(number, "first"))).buffer_unordered(16).collect::<Vec<_>>().await;
        // Around where an answer ends.
        for number in 996..=1001 {
            put(number, "second").await;
            put(number, "third").await;
        }
        let (mut at, mut covered) = (0, Vec::new());
        loop {
            let found = versions.as_ref().unwrap().first("log", &path(at)).await.unwrap();
            if found.is_empty() {
                break;
            }
            for (name, first) in found {
                at += 1;
                assert_eq!(name, format!("{at:05}"), "in order, and none left out");
                if first.is_covered {
                    covered.push(at);
                    let options = GetOptions { version: first.version, ..GetOptions::default() };
                    let bytes = store.get_opts(&path(at), options).await.unwrap().bytes().await.unwrap();
                    assert_eq!(bytes, "first");
                }
            }
        }
        assert_eq!((at, covered), (OBJECTS, (996..=1001).collect()));
    }

    #[tokio::test]
    async fn a_bucket_that_is_not_there_and_a_wrong_secret_are_refused_and_not_repeated() {
        let server = testing::server("MARQUEE_TEST_S3");
        let (start, rest) = server.split_once("secret_access_key=").unwrap();
        let rest = rest.split_once('&').map_or("", |(_, rest)| rest);
        let wrong = format!("{start}secret_access_key=hunter2&{rest}");
        let message = Objects::at(&wrong).await.unwrap_err().to_string();
        assert!(message.contains("403") || message.to_lowercase().contains("signature"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        let (_, options) = server.split_once('?').unwrap();
        let message = Objects::at(&format!("s3://no-such-bucket?{options}")).await.unwrap_err().to_string();
        assert!(message.contains("NoSuchBucket") || message.contains("404"), "{message}");
    }
}
