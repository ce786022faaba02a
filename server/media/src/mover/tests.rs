//! Titles on their way between two directories, with whatever may happen on the way at each operation of a store.

mod deletion;
mod faults;
mod lost;
mod meanwhile;
mod settings;

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::StreamExt;
use object_store::{ObjectStore, ObjectStoreExt};
use storage::{
    StorageUrls, Stores,
    documents::Documents,
    events::Events,
    keyvalue::Expect,
    objects::{Objects, StoreRole, VideoStores},
    open,
};
use tokio::time::Instant;

use self::faults::{Fault, Faults, FaultyDocuments, FaultyEntries, FaultyObjects};
use super::{copied::Copied, *};
use crate::{
    generation::Generation,
    location::Location,
    manifest::{MANIFEST_FILE, MediaManifest},
    placement::{Begun, MoveRequest, RETIRED_FOR_MILLIS},
    store::Listed,
};

/// Longer than any second pass over what was given up.
const TWO_DAYS: u64 = 48 * 60 * 60 * 1000;

/// An installation with a title that plays from its first store.
struct Bench {
    stores: Stores,
    now: Arc<AtomicU64>,
    first: Generation,
    folder: tempfile::TempDir,
}

/// A process on it.
struct Node {
    placements: Placements,
    media: MediaStore,
    mover: Arc<Mover>,
    faults: Faults,
}

fn title() -> TitleId {
    "the-title".parse().unwrap()
}

/// The objects of a film that nobody else has: one in parts, one that is empty.
fn film(seed: &str) -> BTreeMap<String, Bytes> {
    let sizes = [
        ("v240/init.mp4", 700),
        ("v240/seg_00001.m4s", 2 * PART_BYTES + 12),
        ("v240/media.m3u8", 120),
        ("a0/seg_00001.m4s", 90_000),
        ("t0.vtt", 0),
    ];
    let object = |(name, size): (&str, usize)| {
        let mut bytes = vec![0; size];
        blake3::Hasher::new_derive_key(seed).update(name.as_bytes()).finalize_xof().fill(&mut bytes);
        (name.to_owned(), Bytes::from(bytes))
    };
    let manifest = (MANIFEST_FILE.to_owned(), manifest(seed, 1).into());
    sizes.into_iter().map(object).chain([manifest]).collect()
}

const PART_BYTES: usize = copy::PART as usize;

fn manifest(content: &str, revision: u32) -> Vec<u8> {
    let source = serde_json::json!({ "file_name": "a.mkv", "size": 1, "fingerprint": content, "height": 240, "width": 426 });
    let manifest = serde_json::json!({
        "schema": 1, "revision": revision, "complete": true, "duration_seconds": 60.0, "segment_seconds": 6,
        "renditions": [], "audio": [], "captions": [], "chapters": [], "source": source, "warnings": [],
    });
    serde_json::to_vec(&serde_json::from_value::<MediaManifest>(manifest).unwrap()).unwrap()
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flat_objects = Some(format!("file:{}", folder.path().join("flat").display()));
        let urls = StorageUrls { flat_objects, ..StorageUrls::embedded(folder.path()) };
        let stores = open(&urls, &Events::default()).await.unwrap();
        let now = Arc::new(AtomicU64::new(Clock::default().millis()));
        let mut bench = Self { stores, now, first: Generation::UNNAMED, folder };
        bench.first = bench.replace("first").await;
        bench
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Clock::new(move || UNIX_EPOCH + Duration::from_millis(now.load(Relaxed)))
    }

    fn pass(&self, millis: u64) {
        self.now.fetch_add(millis, Relaxed);
    }

    fn node(&self) -> Node {
        self.node_ahead(0)
    }

    /// One whose clock is so many milliseconds ahead.
    fn node_ahead(&self, ahead: u64) -> Node {
        let now = Arc::clone(&self.now);
        let clock = Clock::new(move || UNIX_EPOCH + Duration::from_millis(now.load(Relaxed) + ahead));
        let faults = Faults::default();
        let layered = |objects: &Objects| {
            let faults = faults.clone();
            objects.clone().layered(|store| Arc::new(FaultyObjects(store, faults)))
        };
        let documents = FaultyDocuments(Arc::clone(&self.stores.documents), faults.clone());
        let keyvalue = Arc::new(FaultyEntries(Arc::clone(&self.stores.keyvalue), faults.clone()));
        let stores =
            VideoStores { per_view: layered(&self.stores.objects), flat: self.stores.flat_objects.as_ref().map(layered) };
        let placements = Placements::new(Arc::new(documents) as Arc<dyn Documents>, clock.clone());
        let media = MediaStore::of(&stores);
        let mover = Mover::new(placements.clone(), media.clone(), keyvalue, (clock, 100_000_000_000));
        Node { placements, media, mover: Arc::new(mover), faults }
    }

    /// Packages a film for the title in the place of what plays, as an import does.
    async fn replace(&self, seed: &str) -> Generation {
        let Node { placements, media, .. } = self.node();
        let Begun { generation, store, over } = placements.begin(&title(), seed, None).await.unwrap();
        for (name, bytes) in film(seed) {
            let key = MediaStore::key(&title(), generation, &name);
            media.store(store).unwrap().put(&key, bytes.into()).await.unwrap();
        }
        placements.publish(&title(), generation, over).await.unwrap();
        placements.told(&title(), generation, None).await.unwrap();
        generation
    }

    /// Deletes objects of a packaging behind everybody's back.
    async fn lose(&self, generation: Generation, store: StoreRole, is_lost: impl Fn(&str) -> bool) {
        let Node { media, .. } = self.node();
        for Listed { name, .. } in media.list(&title(), Location { generation, store }).await.unwrap() {
            if is_lost(&name) {
                media.store(store).unwrap().delete(&MediaStore::key(&title(), generation, &name)).await.unwrap();
            }
        }
    }

    /// Another process may have the lease of one that ended.
    async fn lease_runs_out(&self) {
        self.stores.keyvalue.delete("media/mover", Expect::Anything).await.unwrap();
    }

    /// What a store has of a packaging; nothing where it has nothing.
    async fn lies(&self, generation: Generation, store: StoreRole) -> BTreeMap<String, Bytes> {
        let Node { media, .. } = self.node();
        let mut objects = BTreeMap::new();
        for Listed { name, .. } in media.list(&title(), Location { generation, store }).await.unwrap() {
            let found = media.store(store).unwrap().get(&MediaStore::key(&title(), generation, &name)).await.unwrap();
            objects.insert(name, found.bytes().await.unwrap());
        }
        objects
    }

    async fn plays(&self) -> Option<Location> {
        self.node().placements.current(&title()).await.unwrap().map(|placed| placed.location())
    }

    /// All that both stores have.
    async fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for objects in [Some(&self.stores.objects), self.stores.flat_objects.as_ref()].into_iter().flatten() {
            let found: Vec<_> = objects.backend().list(None).collect().await;
            all.extend(found.into_iter().map(|object| format!("{} {}", objects.backend(), object.unwrap().location)));
        }
        all
    }

    /// What plays is whole, and its bytes are those of the film.
    async fn assert_plays_whole(&self, seed: &str, when: &str) {
        let Location { generation, store } = self.plays().await.unwrap();
        assert!(self.lies(generation, store).await == film(seed), "{when}: what plays is whole");
    }
}

impl Node {
    async fn request(&self, to: StoreRole) -> MoveRequest {
        self.placements.request_move(&title(), to).await.unwrap()
    }

    /// Looks for moves with a fault at the `nth` operation; whether there was one.
    async fn breaks_off(&self, nth: u32, fault: Fault) -> bool {
        self.faults.arm(nth, fault);
        tokio::select! {
            _ = self.mover.look() => {}
            () = self.faults.reached() => {}
        }
        self.faults.disarm()
    }

    /// Deletes what is due, as the server's own work does.
    async fn sweep(&self) {
        for title in self.placements.due(100).await.unwrap() {
            let claim = self.placements.to_delete(&title).await.unwrap();
            self.placements.sweep(&title, &claim, &self.media).await.unwrap();
        }
    }

    /// Looks until there is nothing to be moved.
    async fn move_all(&self) {
        for _ in 0..5 {
            self.mover.look().await.unwrap();
            if self.placements.count_moves().await.unwrap() == 0 {
                return;
            }
        }
        panic!("it is not moved: {:?}", self.placements.record(&title()).await.unwrap());
    }

    /// Begins a look, and does something else when its `nth` operation is reached, which goes on afterwards; whether it was
    /// reached.
    async fn look_and_meanwhile(&self, nth: u32, meanwhile: impl Future<Output = ()>) -> bool {
        let mover = Arc::clone(&self.mover);
        self.begin_and_meanwhile(nth, async move { assert!(mover.look().await.is_ok()) }, meanwhile).await
    }

    /// As [`Node::look_and_meanwhile`], of any work that passes this node's stores.
    async fn begin_and_meanwhile(
        &self,
        nth: u32,
        work: impl Future<Output = ()> + Send + 'static,
        meanwhile: impl Future<Output = ()>,
    ) -> bool {
        self.faults.arm(nth, Fault::Waits);
        let look = tokio::spawn(work);
        let is_reached = tokio::select! {
            () = self.faults.reached() => true,
            () = async { while !look.is_finished() { tokio::task::yield_now().await } } => false,
        };
        if is_reached {
            meanwhile.await;
            self.faults.go_on();
        }
        self.faults.disarm();
        look.await.unwrap();
        is_reached
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_is_moved_lies_in_the_other_store_byte_for_byte_and_for_twelve_hours_in_the_one_before() {
    let bench = Bench::new().await;
    let node = bench.node();
    assert_eq!(node.request(StoreRole::PerView).await, MoveRequest::AlreadyThere);
    assert_eq!(node.mover.look().await.unwrap(), 0, "nothing is asked for");
    assert_eq!(node.request(StoreRole::Flat).await, MoveRequest::Requested);
    assert_eq!(node.request(StoreRole::Flat).await, MoveRequest::UnderWay);
    assert_eq!(node.mover.look().await.unwrap(), 1);

    let film = film("first");
    let bytes: usize = film.values().map(Bytes::len).sum();
    let placed = node.placements.list(None, 10).await.unwrap().placed.remove(0);
    assert_eq!((placed.store, placed.bytes, placed.moving), (StoreRole::Flat, Some(bytes as u64), None));
    assert_eq!(placed.since, Some(bench.now.load(Relaxed)));
    assert!(bench.lies(bench.first, StoreRole::Flat).await == film);
    bench.pass(RETIRED_FOR_MILLIS - 1);
    node.sweep().await;
    assert!(bench.lies(bench.first, StoreRole::PerView).await == film, "a grant may still name it");
    bench.pass(1);
    node.sweep().await;
    assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new());
    assert!(bench.lies(bench.first, StoreRole::Flat).await == film);
    assert_eq!(bench.everything().await.len(), film.len(), "nothing else is left of it");
    assert_eq!(node.placements.due(10).await.unwrap(), []);
    assert_eq!(
        node.mover.counts(),
        MoverCounts { bytes: bytes as u64 - film[MANIFEST_FILE].len() as u64, titles: 1, failures: 0 }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_or_refused_at_any_operation_leaves_what_plays_whole_and_is_gone_on_with() {
    let mut tried = 0;
    'operations: for nth in 1.. {
        for fault in [Fault::Ends, Fault::Refused] {
            let bench = Bench::new().await;
            let node = bench.node();
            node.request(StoreRole::Flat).await;
            if !node.breaks_off(nth, fault).await {
                break 'operations;
            }
            tried = nth;
            let when = format!("{fault:?} at operation {nth}");
            bench.assert_plays_whole("first", &when).await;
            assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"), "{when}: whoever watches it goes on");
            bench.lease_runs_out().await;
            let next = bench.node();
            next.move_all().await;
            assert_eq!(bench.plays().await.map(|at| at.store), Some(StoreRole::Flat), "{when}");
            bench.assert_plays_whole("first", &when).await;
            assert!(bench.lies(bench.first, StoreRole::PerView).await == film("first"), "{when}: a grant may still name it");
            bench.pass(RETIRED_FOR_MILLIS);
            next.sweep().await;
            assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new(), "{when}");
            bench.assert_plays_whole("first", &when).await;
            assert_eq!(next.placements.due(10).await.unwrap(), [], "{when}: nothing is left to do");
        }
    }
    assert!(tried > 30, "a fault was tried at {tried} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_verified_is_not_copied_again() {
    let bench = Bench::new().await;
    let node = bench.node();
    node.request(StoreRole::Flat).await;
    node.faults.refuse("v240/media.m3u8");
    node.mover.look().await.unwrap();
    assert_eq!((bench.plays().await.unwrap().store, node.mover.counts().failures), (StoreRole::PerView, 1));
    let to = Location { generation: bench.first, store: StoreRole::Flat };
    let copied = Copied::read(node.media.store(StoreRole::Flat).unwrap(), &title(), to).await.unwrap();
    let verified: Vec<String> =
        film("first").into_iter().filter(|(name, bytes)| copied.has(name, bytes.len() as u64)).map(|(name, _)| name).collect();

    let next = bench.node();
    next.move_all().await;
    bench.assert_plays_whole("first", "after the second run").await;
    let puts = next.faults.puts();
    let again: Vec<&String> = verified.iter().filter(|name| puts.iter().any(|put| put.ends_with(&***name))).collect();
    assert!(!verified.is_empty() && again.is_empty(), "{verified:?} were verified, {puts:?} were put");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_not_what_was_read_is_found_by_its_checksum_and_made_again() {
    for name in ["a0/seg_00001.m4s", MANIFEST_FILE] {
        let bench = Bench::new().await;
        let node = bench.node();
        node.request(StoreRole::Flat).await;
        node.faults.corrupt(name);
        node.mover.look().await.unwrap();
        assert_eq!((bench.plays().await.unwrap().store, node.mover.counts().failures), (StoreRole::PerView, 1), "{name}");
        assert!(bench.lies(bench.first, StoreRole::Flat).await[name] != film("first")[name], "{name}");
        node.move_all().await;
        assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);
        bench.assert_plays_whole("first", name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_moves_and_where_both_do_nothing_breaks() {
    let bench = Bench::new().await;
    let (one, other) = (bench.node(), bench.node());
    one.request(StoreRole::Flat).await;
    let lease = Lease::take(&bench.stores.keyvalue).await.unwrap().unwrap();
    assert_eq!((one.mover.look().await.unwrap(), one.faults.puts()), (0, Vec::new()), "another node has the lease");
    // One that believes to have it still.
    let titles = [title()];
    let (first, second) = tokio::join!(one.mover.each(&titles, &lease), other.mover.each(&titles, &lease));
    assert!(first + second >= 1);
    lease.give_back().await;
    one.move_all().await;
    assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);
    one.sweep().await;
    bench.assert_plays_whole("first", "after both").await;
    bench.pass(TWO_DAYS);
    one.sweep().await;
    bench.assert_plays_whole("first", "two days later").await;
    assert_eq!(bench.lies(bench.first, StoreRole::PerView).await, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_is_at_work_on_is_moved_when_it_is_whole() {
    let bench = Bench::new().await;
    let node = bench.node();
    let mut begun: MediaManifest = serde_json::from_slice(&manifest("first", 1)).unwrap();
    begun.complete = false;
    let at = Location::per_view(bench.first);
    node.media.put_manifest(&title(), at, &begun).await.unwrap();
    node.request(StoreRole::Flat).await;
    assert_eq!((node.mover.look().await.unwrap(), node.mover.counts().failures), (0, 0));
    assert_eq!(bench.lies(bench.first, StoreRole::Flat).await, BTreeMap::new());
    begun.complete = true;
    node.media.put_manifest(&title(), at, &begun).await.unwrap();
    node.move_all().await;
    assert_eq!(bench.plays().await.unwrap().store, StoreRole::Flat);
}
