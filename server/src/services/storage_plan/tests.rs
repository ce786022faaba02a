//! The service on real stores in a temporary directory: what was watched and where titles lie are documents, too, which its doubles keep.

mod broken_off;
mod clocks;
mod days;
mod deciding;
mod sheets;
mod unreadable;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use contract::storage_plan::{StorageAdvice, StoragePlan as Shown};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use storage::{
    StorageUrls, Stores,
    documents::{Change, Collection, parse, update},
    events::Events,
    open,
};
use storage_plan::{bill::Store, calendar::Day};

use super::{
    record::{ADVICE, DAYS, DECISION_ID, DECISIONS, DayRecord, DecisionRecord, ROWS},
    *,
};
use crate::services::storage_sources::{Copying, DailyUse, Moving, Place, Places, TitleUse};

/// In milliseconds.
const OF_A_DAY: u64 = 24 * 60 * 60 * 1000;
const GB: u64 = 1_000_000_000;
/// The first day of these tests, 2026-03-02: a Monday that is no first of a month.
const FIRST: &str = "2026-03-02";

static PLACED: Collection = Collection::declared("test_places", &[]);
static USED: Collection = Collection::declared("test_uses", &[]);

/// Where titles lie: a move that is asked for is noted, and is at its end when the test says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Placed {
    flat: bool,
    since: Option<u64>,
    bytes: u64,
    to_flat: Option<bool>,
    /// Requests that changed something.
    asked: u32,
}

#[derive(Clone)]
struct DocumentPlaces {
    documents: Arc<dyn Documents>,
    now: Arc<AtomicU64>,
    /// Of every process, by a monotonic clock, in milliseconds.
    uptime: Arc<AtomicU64>,
    has_flat: Arc<AtomicBool>,
}

const fn store(flat: bool) -> Store {
    if flat { Store::Flat } else { Store::PerView }
}

impl DocumentPlaces {
    fn place(&self, document: &storage::documents::Document) -> Option<Place> {
        let Placed { flat, since, bytes, to_flat, .. } = parse(document).unwrap();
        let moving = to_flat.map(|flat| Moving { to: store(flat), since: self.now.load(Ordering::SeqCst) });
        let title = document.id.parse().ok()?;
        Some(Place { title, store: store(flat), since, bytes: (bytes > 0).then_some(bytes), moving })
    }

    async fn change(&self, title: &str, change: impl Fn(&mut Placed)) -> Result<Placed, StoreError> {
        let changed = update(&*self.documents, &PLACED, title, |stored: Option<Placed>| {
            let mut placed = stored.unwrap_or_default();
            change(&mut placed);
            Ok::<_, StoreError>(Change::Put(placed))
        });
        Ok(changed.await?.record.unwrap())
    }
}

#[async_trait]
impl Places for DocumentPlaces {
    fn has_flat(&self) -> bool {
        self.has_flat.load(Ordering::SeqCst)
    }

    async fn list(&self, after: Option<&str>, limit: u32) -> Result<(Vec<Place>, Option<String>), StoreError> {
        let page = self.documents.list(&PLACED, after, limit).await?;
        Ok((page.documents.iter().filter_map(|document| self.place(document)).collect(), page.next))
    }

    async fn of(&self, titles: &[TitleId]) -> Result<Vec<Place>, StoreError> {
        let ids: Vec<String> = titles.iter().map(ToString::to_string).collect();
        let found = self.documents.get_many(&PLACED, &ids).await?;
        Ok(found.iter().filter_map(|document| self.place(document)).collect())
    }

    async fn request_move(&self, title: &TitleId, to: Store) -> Result<(), StoreError> {
        assert!(self.has_flat(), "nothing is asked for where there is no flat store");
        let to = to == Store::Flat;
        let change = |placed: &mut Placed| {
            let wanted = (placed.flat != to).then_some(to);
            placed.asked += u32::from(placed.to_flat != wanted);
            placed.to_flat = wanted;
        };
        self.change(title.as_str(), change).await.map(drop)
    }

    async fn set_default(&self, to: Store) -> Result<(), StoreError> {
        self.change("the/default", |placed| placed.flat = to == Store::Flat).await.map(drop)
    }

    async fn copying(&self) -> Result<Option<Copying>, StoreError> {
        Ok(None)
    }
}

struct DocumentUses(Arc<dyn Documents>);

/// By title: store, bytes, requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Used {
    titles: std::collections::BTreeMap<String, (bool, u64, u64)>,
}

#[async_trait]
impl DailyUse for DocumentUses {
    async fn of_day(&self, begin: u64) -> Result<Vec<TitleUse>, StoreError> {
        let found = self.0.get(&USED, &begin.to_string()).await?;
        let used: Used = found.as_ref().map(parse).transpose()?.unwrap_or_default();
        let told = used.titles.into_iter();
        Ok(told.map(|(title, (flat, bytes, requests))| TitleUse { title, store: store(flat), bytes, requests }).collect())
    }
}

/// An installation.
struct World {
    folder: tempfile::TempDir,
    stores: Stores,
    places: DocumentPlaces,
    now: Arc<AtomicU64>,
    service: Arc<StoragePlan>,
}

/// A flat store whose one step costs as much as a title of 50 GB that is watched a fifth of its size each day.
fn sheets() -> Map<String, Value> {
    let sheets = json!({
        "per_view": [{ "from": "2026-01", "sheet": { "currency": "USD", "stored_gb_month": "0.01", "reads_per_thousand": "0",
            "writes_per_thousand": "0.001", "minimum_days": 10, "out": [{ "gb": "0.05" }] } }],
        "flat": [{ "from": "2026-01", "sheet": { "currency": "USD", "beyond_gb": "0.01",
            "steps": [{ "capacity_gb": 100, "month": "10" }, { "capacity_gb": 300, "month": "30" }] } }],
        "provider": { "nobody": "knows" },
    });
    sheets.as_object().unwrap().clone()
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = open(&StorageUrls::embedded(folder.path()), &Events::default()).await.unwrap();
        let now = Arc::new(AtomicU64::new(u64::try_from(Day::parse(FIRST).unwrap().number()).unwrap() * OF_A_DAY + OF_A_DAY / 2));
        let has_flat = Arc::new(AtomicBool::new(true));
        let uptime = Arc::default();
        let places = DocumentPlaces { documents: Arc::clone(&stores.documents), now: Arc::clone(&now), uptime, has_flat };
        let service = service(&places, Arc::clone(&stores.documents), &stores);
        Self { folder, stores, places, now, service }
    }

    /// With sheets, and two titles of 50 GB that have been there for long: one that is watched and one that is not.
    async fn usual() -> Self {
        let world = Self::new().await;
        world.service.settings.replace_sheets(sheets(), 0).await.unwrap();
        world.put("watched", 50).await;
        world.put("idle", 50).await;
        world
    }

    /// Another process on the same stores, which remembers nothing.
    fn restarted(&self) -> Arc<StoragePlan> {
        service(&self.places, Arc::clone(&self.stores.documents), &self.stores)
    }

    /// Another node on the same stores, whose clock is ahead of this one's, and which has a flat store or not.
    fn node(&self, ahead: Duration, has_flat: bool) -> Arc<StoragePlan> {
        let places = DocumentPlaces { has_flat: Arc::new(AtomicBool::new(has_flat)), ..self.places.clone() };
        service_with(&places, Arc::clone(&self.stores.documents), &self.stores, ahead)
    }

    fn millis(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn pass(&self, time: Duration) {
        self.now.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// An hour in which both clocks go on as they should: what was in doubt before it is believed after it.
    async fn look_for_an_hour(&self, node: &StoragePlan) {
        node.look().await.unwrap();
        let hour = Duration::from_secs(60 * 60);
        self.pass(hour);
        self.places.uptime.fetch_add(u64::try_from(hour.as_millis()).unwrap(), Ordering::SeqCst);
        node.look().await.unwrap();
    }

    async fn put(&self, title: &str, gb: u64) {
        self.places.change(title, |placed| placed.bytes = gb * GB).await.unwrap();
    }

    async fn placed(&self, title: &str) -> Placed {
        self.places.change(title, |_| {}).await.unwrap()
    }

    /// What went out of a title today.
    async fn watch(&self, title: &str, gb: u64) {
        self.watch_at(self.millis(), title, gb).await;
    }

    async fn watch_at(&self, at: u64, title: &str, gb: u64) {
        let id = (at / OF_A_DAY * OF_A_DAY).to_string();
        let flat = self.placed(title).await.flat;
        let changed = update(&*self.stores.documents, &USED, &id, |stored: Option<Used>| {
            let mut used = stored.unwrap_or_default();
            let sum = used.titles.entry(title.to_owned()).or_insert((flat, 0, 0));
            (sum.1, sum.2) = (sum.1 + gb * GB, sum.2 + gb * 250);
            Ok::<_, StoreError>(Change::Put(used))
        });
        changed.await.unwrap();
    }

    /// Ends the moves that were asked for.
    async fn finish_moves(&self) {
        for document in self.stores.documents.list(&PLACED, None, 100).await.unwrap().documents {
            let now = self.millis();
            let change = |placed: &mut Placed| {
                if let Some(flat) = placed.to_flat.take() {
                    (placed.flat, placed.since) = (flat, Some(now));
                }
            };
            self.places.change(&document.id, change).await.unwrap();
        }
    }

    /// Days on each of which something is watched, titles move, and it is looked once after midnight.
    async fn live(&self, days: u32, watched: &[(&str, u64)]) {
        for _ in 0..days {
            for (title, gb) in watched {
                self.watch(title, *gb).await;
            }
            self.finish_moves().await;
            self.pass(Duration::from_millis(OF_A_DAY));
            self.restarted().look().await.unwrap();
        }
    }

    async fn shown(&self) -> Shown {
        self.service.shown().await.unwrap()
    }

    async fn advice(&self, title: &str) -> StorageAdvice {
        let page = self.service.advice_page(0, 100).await.unwrap();
        page.items.into_iter().find(|item| item.title.as_str() == title).unwrap_or_else(|| panic!("nothing about {title}"))
    }

    async fn days(&self) -> Vec<DayRecord> {
        let page = self.stores.documents.list(&DAYS, None, 1000).await.unwrap();
        page.documents.iter().map(|document| parse(document).unwrap()).collect()
    }

    async fn decided(&self) -> Option<DecisionRecord> {
        self.stores.documents.get(&DECISIONS, DECISION_ID).await.unwrap().map(|document| parse(&document).unwrap())
    }

    /// Ids of documents of a collection.
    async fn ids(&self, collection: &Collection) -> Vec<String> {
        let page = self.stores.documents.list(collection, None, 1000).await.unwrap();
        page.documents.into_iter().map(|document| document.id).collect()
    }

    /// That every part of rows and advice is one that a day or the decision names, and the other way round.
    async fn is_tidy(&self) {
        let mut named = Vec::new();
        for day in self.days().await {
            let name = Day::new(i32::try_from(day.at / OF_A_DAY).unwrap());
            named.extend((0..day.parts).map(|number| format!("{name}/{}/{number:05}", day.attempt)));
        }
        named.sort();
        assert_eq!(self.ids(&ROWS).await, named);
        let decided = self.decided().await.unwrap();
        let named: Vec<String> = (0..decided.parts).map(|number| format!("{}/{number:05}", decided.id)).collect();
        assert_eq!(self.ids(&ADVICE).await, named);
    }
}

fn service(places: &DocumentPlaces, documents: Arc<dyn Documents>, stores: &Stores) -> Arc<StoragePlan> {
    service_with(places, documents, stores, Duration::ZERO)
}

fn service_with(places: &DocumentPlaces, documents: Arc<dyn Documents>, stores: &Stores, ahead: Duration) -> Arc<StoragePlan> {
    let said = Arc::clone(&places.now);
    let clock = Clock::new(move || std::time::UNIX_EPOCH + ahead + Duration::from_millis(said.load(Ordering::SeqCst)));
    let sources = StorageSources {
        uses: Arc::new(DocumentUses(Arc::clone(&documents))),
        places: Arc::new(DocumentPlaces { documents: Arc::clone(&documents), ..places.clone() }),
    };
    let passed = Arc::clone(&places.uptime);
    let time = TrustedTime::new(Arc::clone(&documents), clock.clone(), DATED)
        .with_uptime(move || Duration::from_millis(passed.load(Ordering::SeqCst)));
    Arc::new(StoragePlan::new(Dependencies { documents, keyvalue: Arc::clone(&stores.keyvalue), sources, time, clock }))
}
