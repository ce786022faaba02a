//! What every object store promises, as tests that each backend runs on itself.
//!
//! Must never know a backend: a [`Backend`] opens it.

use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use futures::TryStreamExt;
use tokio::time::timeout;

use super::*;

/// Somewhere to keep things.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    async fn open(&self) -> Objects;
}

/// Runs the whole suite in places that `$new` makes, one per test.
macro_rules! objects_promises {
    ($new:path) => {
        $crate::objects::promises::objects_promises!(@each $new;
            what_is_put_is_read_back_in_any_range,
            a_head_tells_size_and_time_and_a_tag_that_changes_with_the_content,
            a_stream_is_stored_as_it_comes_and_large_ones_in_parts,
            many_readers_of_one_object_do_not_disturb_each_other,
            a_stream_that_fails_or_is_dropped_leaves_what_was_there,
            an_object_that_is_replaced_is_never_read_as_a_mixture,
            a_dropped_put_is_wholly_there_or_not_at_all,
            objects_of_one_title_are_not_anothers,
            a_folder_lists_what_lies_in_it_and_below_and_nothing_else,
        );
    };
    (@each $new:path; $($name:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::objects::promises::$name(&$new()).await;
            }
        )*
    };
}
pub(crate) use objects_promises;

pub(crate) fn title() -> TitleId {
    "big-buck-bunny".parse().unwrap()
}

pub(crate) fn key(name: &str) -> ObjectKey {
    ObjectKey::media(&title(), &["v720", name]).unwrap()
}

/// Bytes that are different at every place.
pub(crate) fn pattern(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap()).collect::<Vec<_>>().into()
}

pub(crate) async fn read(object: &Object, range: Range<u64>) -> io::Result<Vec<u8>> {
    object
        .read(range)
        .try_fold(Vec::new(), |mut all, chunk| async move {
            assert!(!chunk.is_empty());
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
}

pub(crate) async fn what_is_put_is_read_back_in_any_range(place: &dyn Backend) {
    let objects = place.open().await;
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

pub(crate) async fn a_head_tells_size_and_time_and_a_tag_that_changes_with_the_content(place: &dyn Backend) {
    let objects = place.open().await;
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

pub(crate) async fn a_stream_is_stored_as_it_comes_and_large_ones_in_parts(place: &dyn Backend) {
    let objects = place.open().await;
    let bytes = pattern(2 * PART + 12_345);
    let chunks: Vec<_> = bytes.chunks(700_001).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let size = objects.put_stream(&key("large"), stream::iter(chunks)).await.unwrap();
    assert_eq!(size, bytes.len() as u64);
    let object = objects.open(&key("large")).await.unwrap().unwrap();
    assert!(read(&object, 0..u64::MAX).await.unwrap() == bytes);
    assert_eq!(objects.put_stream(&key("empty"), stream::empty()).await.unwrap(), 0);
    assert_eq!(objects.head(&key("empty")).await.unwrap().unwrap().size, 0);
}

pub(crate) async fn many_readers_of_one_object_do_not_disturb_each_other(place: &dyn Backend) {
    let objects = place.open().await;
    let bytes = pattern(16 * CHUNK);
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

pub(crate) async fn a_stream_that_fails_or_is_dropped_leaves_what_was_there(place: &dyn Backend) {
    let objects = place.open().await;
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
}

/// What was opened is read as it was, or the reading fails.
pub(crate) async fn an_object_that_is_replaced_is_never_read_as_a_mixture(place: &dyn Backend) {
    let objects = place.open().await;
    let (before, after) = (pattern(2 * CHUNK), Bytes::from(vec![7; 2 * CHUNK]));
    objects.put(&key("a"), before.clone()).await.unwrap();
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    objects.put(&key("a"), after.clone()).await.unwrap();
    if let Ok(bytes) = read(&object, 0..u64::MAX).await {
        assert!(bytes == before);
    }
    let object = objects.open(&key("a")).await.unwrap().unwrap();
    assert!(read(&object, 0..u64::MAX).await.unwrap() == after);
    objects.delete(&key("a")).await.unwrap();
    if let Ok(bytes) = read(&object, 0..u64::MAX).await {
        assert!(bytes == after);
    }
}

pub(crate) async fn a_dropped_put_is_wholly_there_or_not_at_all(place: &dyn Backend) {
    let objects = place.open().await;
    let bytes = pattern(300_000);
    for round in 0..20_u64 {
        let key = key(&format!("dropped-{round}"));
        let patience = Duration::from_micros(round * 500);
        let answered = timeout(patience, objects.put(&key, bytes.clone())).await.is_ok();
        match objects.open(&key).await.unwrap() {
            Some(object) => assert!(read(&object, 0..u64::MAX).await.unwrap() == bytes),
            None => assert!(!answered, "{round} was acknowledged"),
        }
    }
}

pub(crate) async fn objects_of_one_title_are_not_anothers(place: &dyn Backend) {
    let objects = place.open().await;
    let of = |title: &str, name: &str| ObjectKey::media(&title.parse().unwrap(), &[name]).unwrap();
    let art = ObjectKey::artwork(&"a".parse().unwrap(), &["x"]).unwrap();
    for key in [of("a", "x"), of("a", "x.y"), of("ab", "x"), of("A", "x"), art] {
        objects.put(&key, key.as_str().to_owned().into()).await.unwrap();
    }
    objects.delete(&of("a", "x")).await.unwrap();
    assert_eq!(objects.head(&of("a", "x")).await.unwrap(), None);
    for key in [of("a", "x.y"), of("ab", "x"), of("A", "x")] {
        let object = objects.open(&key).await.unwrap().unwrap();
        assert_eq!(read(&object, 0..u64::MAX).await.unwrap(), key.as_str().as_bytes());
    }
}

pub(crate) async fn a_folder_lists_what_lies_in_it_and_below_and_nothing_else(place: &dyn Backend) {
    let objects = place.open().await;
    let site = |segments: &[&str]| ObjectKey::site(segments).unwrap();
    assert_eq!(objects.list(&site(&["files"])).await.unwrap(), []);
    for (segments, size) in
        [(&["files", "a", "b.js"][..], 1), (&["files", "c.js"], 2), (&["filesystem", "d.js"], 3), (&["e.js"], 4)]
    {
        objects.put(&site(segments), pattern(size)).await.unwrap();
    }
    let mut listed = objects.list(&site(&["files"])).await.unwrap();
    listed.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
    let listed: Vec<_> = listed.iter().map(|(key, head)| (key.as_str(), head.size)).collect();
    assert_eq!(listed, [("site/files/a/b.js", 1), ("site/files/c.js", 2)]);
}
