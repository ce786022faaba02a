//! What is kept of how far profiles got, asked without calls: bounds, clocks that step, what is taken along.

use contract::ids::{ProfileId, TitleId};
use storage::documents::{Collection, Documents, Expect, PAGE_LIMIT, Write};

use super::{
    super::{
        progress::{Played, ProgressStore, Whose, Why},
        record::{FORGOTTEN, PROGRESS},
    },
    *,
};

struct Bench {
    _folder: tempfile::TempDir,
    documents: Arc<dyn Documents>,
    store: ProgressStore,
    now: Arc<AtomicU64>,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let now = Arc::new(AtomicU64::new(1_800_000_000_000));
        let said = Arc::clone(&now);
        let clock = Clock::new(move || UNIX_EPOCH + Duration::from_millis(said.load(Ordering::Relaxed)));
        let store = ProgressStore::new(Arc::clone(&stores.documents), clock);
        Self { _folder: folder, documents: stores.documents, store, now }
    }

    /// A millisecond later.
    fn pass(&self) -> u64 {
        self.now.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn there(&self, collection: &Collection) -> usize {
        self.documents.list(collection, None, PAGE_LIMIT).await.unwrap().documents.len()
    }
}

fn title(number: u64) -> TitleId {
    format!("t{number}").parse().unwrap()
}

#[tokio::test]
async fn a_guest_has_no_more_than_a_hundred_titles_nor_tombstones_also_where_all_is_taken_back() {
    let bench = Bench::new().await;
    let profile = "someone".parse().unwrap();
    let guest = (&profile, Whose::Guests);
    for number in 0..130 {
        bench.pass();
        bench.store.save(guest, &title(number), &Played::at(30.0, 600.0)).await.unwrap();
        let now = bench.pass();
        bench.store.forget_of(Why::Dropped, now, Some(number), guest, &title(number)).await.unwrap();
    }
    assert_eq!((bench.there(&PROGRESS).await, bench.there(&FORGOTTEN).await), (0, 100));
    for number in 200..290 {
        bench.pass();
        bench.store.save(guest, &title(number), &Played::at(30.0, 600.0)).await.unwrap();
    }
    for number in 0..130 {
        let now = bench.pass();
        bench.store.restore(number, now, guest, &title(number)).await.unwrap();
    }
    assert_eq!(bench.there(&PROGRESS).await, 100);
}

#[tokio::test]
async fn what_was_forgotten_under_a_clock_that_was_ahead_was_forgotten_now() {
    let bench = Bench::new().await;
    let profile = "ada".parse().unwrap();
    let ada = (&profile, Whose::Members);
    let now = bench.pass();
    bench.store.save(ada, &title(1), &Played::at(30.0, 600.0)).await.unwrap();
    bench.now.fetch_add(3_600_000, Ordering::Relaxed);
    bench.store.forget(Why::Dropped, ada, &title(1)).await.unwrap();
    bench.now.store(now + 1, Ordering::Relaxed);
    let later = bench.pass();
    bench.store.save_of(later, ada, &title(1), &Played::at(40.0, 600.0)).await.unwrap();
    assert_eq!(bench.store.get(&profile, &title(1)).await.unwrap().unwrap().position, 40.0);
    let again = bench.pass();
    bench.store.forget_of(Why::Dropped, again, Some(7), ada, &title(1)).await.unwrap();
    bench.store.restore(7, again, ada, &title(1)).await.unwrap();
    assert_eq!(bench.store.get(&profile, &title(1)).await.unwrap().unwrap().position, 40.0);
}

#[tokio::test]
async fn what_the_profile_forgot_since_is_not_taken_along_from_a_guest() {
    let bench = Bench::new().await;
    let (someone, profile) = ("someone".parse().unwrap(), "ada".parse().unwrap());
    let (guest, ada) = ((&someone, Whose::Guests), (&profile, Whose::Members));
    for number in [1, 2] {
        bench.pass();
        bench.store.save(ada, &title(number), &Played::at(10.0, 600.0)).await.unwrap();
        bench.store.save(guest, &title(number), &Played::at(30.0, 600.0)).await.unwrap();
    }
    bench.pass();
    bench.store.forget(Why::Dropped, ada, &title(1)).await.unwrap();
    bench.store.merge(&someone, &profile).await.unwrap();
    assert!(bench.store.get(&profile, &title(1)).await.unwrap().is_none());
    assert!(bench.store.get(&profile, &title(2)).await.unwrap().is_some());
    assert!(bench.store.latest(&someone, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_left_of_a_profile_whose_documents_do_not_say_when_they_are_of() {
    let bench = Bench::new().await;
    for collection in [&PROGRESS, &FORGOTTEN] {
        let body = serde_json::json!({ "profile": "ada", "title": "t1" });
        let write = Write { id: "ada/t1".into(), body, expect: Expect::Absent };
        bench.documents.put(collection, write).await.unwrap();
    }
    bench.store.forget_all(&"ada".parse().unwrap()).await.unwrap();
    assert_eq!((bench.there(&PROGRESS).await, bench.there(&FORGOTTEN).await), (0, 0));
}

#[tokio::test]
async fn a_position_that_cannot_be_read_is_none_keeps_nobody_from_the_others_and_is_begun_anew() {
    let bench = Bench::new().await;
    let (guest, ada): (ProfileId, ProfileId) = ("someone".parse().unwrap(), "ada".parse().unwrap());
    let (heat, ronin): (TitleId, TitleId) = ("heat".parse().unwrap(), "ronin".parse().unwrap());
    let played = Played { position: 90.0, duration_seconds: 6_000.0, ..Played::default() };
    for title in [&heat, &ronin] {
        bench.store.save((&guest, Whose::Guests), title, &played).await.unwrap();
    }
    let spoil = async || {
        let mut body = bench.documents.get(&PROGRESS, "someone/heat").await.unwrap().unwrap().body;
        body["position"] = json!("far");
        let write = Write { id: "someone/heat".into(), body, expect: Expect::Anything };
        bench.documents.put(&PROGRESS, write).await.unwrap();
    };
    spoil().await;
    let titles = async |profile: &ProfileId| {
        let latest = bench.store.latest(profile, 10).await.unwrap();
        latest.into_iter().map(|record| record.title).collect::<Vec<_>>()
    };
    assert_eq!(titles(&guest).await, std::slice::from_ref(&ronin));
    assert!(bench.store.get(&guest, &heat).await.unwrap().is_none());
    bench.pass();
    bench.store.save((&guest, Whose::Guests), &heat, &played).await.unwrap();
    assert_eq!(titles(&guest).await, [heat.clone(), ronin.clone()]);
    spoil().await;
    bench.store.forget(Why::Finished, (&guest, Whose::Guests), &heat).await.unwrap();
    assert_eq!(bench.there(&PROGRESS).await, 1);
    bench.store.save((&guest, Whose::Guests), &heat, &played).await.unwrap();
    spoil().await;
    bench.store.merge(&guest, &ada).await.unwrap();
    assert_eq!(titles(&ada).await, [ronin]);
}
