//! Tests of a kill between any two writes: what is left is done by the next look, once.

use std::sync::atomic::AtomicI64;

use storage::documents::{Document, Expect, Find, Page, Write};

use super::*;

/// Documents of a process that is gone after so many writes: the next one is never made, or is made and nobody hears of it.
struct Dying {
    inner: Arc<dyn Documents>,
    left: AtomicI64,
    is_written: bool,
}

impl Dying {
    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            return write.await;
        }
        if self.is_written && left == 0 {
            drop(write.await);
        }
        Err(StoreError::Unavailable { reason: "killed".to_owned() })
    }
}

#[async_trait]
impl Documents for Dying {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        self.inner.get(collection, id).await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        self.inner.get_many(collection, ids).await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        self.write(self.inner.put(collection, write)).await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        self.write(self.inner.place(collection, document)).await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.inner.collections().await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.write(self.inner.put_many(collection, writes)).await
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        self.write(self.inner.delete(collection, id, expect)).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        self.inner.find(collection, find).await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        self.inner.list(collection, after, limit).await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        self.inner.count(collection).await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        self.inner.count_found(collection, find).await
    }

    async fn changes(
        &self,
        collection: &Collection,
        since: storage::documents::feed::Since<'_>,
        limit: u32,
    ) -> Result<Option<storage::documents::feed::Changes>, StoreError> {
        self.inner.changes(collection, since, limit).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        self.inner.trim(collection, through).await
    }
}

/// What a world comes to: days without their attempts, what was decided, and what was asked for.
async fn outcome(world: &World) -> (Vec<DayRecord>, (i32, u64, u64, bool), [Option<bool>; 2]) {
    let days = world.days().await.into_iter().map(|day| DayRecord { attempt: String::new(), ..day }).collect();
    let decided = world.decided().await.unwrap();
    let asked = [world.placed("watched").await.to_flat, world.placed("idle").await.to_flat];
    (days, (decided.day, decided.titles, decided.moves, decided.is_pending), asked)
}

/// A world of which the next look makes two days, lets go of a decision, and asks for two moves.
async fn about_to_decide() -> World {
    let world = World::usual().await;
    world.watch("watched", 40).await;
    world.service.look().await.unwrap();
    world.pass(Duration::from_millis(OF_A_DAY));
    world.watch("watched", 30).await;
    world.pass(Duration::from_millis(OF_A_DAY));
    world.service.settings.choose(contract::storage_plan::StorageChoice::Flat).await.unwrap();
    world
}

#[tokio::test]
async fn a_kill_after_any_write_of_a_decision_only_delays_it_and_moves_are_asked_for_again() {
    let whole = about_to_decide().await;
    whole.service.look().await.unwrap();
    let expected = outcome(&whole).await;
    assert_eq!(expected.2, [Some(true), Some(true)]);
    let (mut kills, mut between) = (0, 0);
    for is_written in [false, true] {
        for writes in 0.. {
            let world = about_to_decide().await;
            let inner = Arc::clone(&world.stores.documents);
            let dying = Arc::new(Dying { inner, left: AtomicI64::new(writes), is_written });
            let node = service(&world.places, dying, &world.stores);
            let inputs = node.inputs().await.unwrap();
            if node.look_alone(&inputs).await.is_ok() {
                assert!(writes > 5, "it takes {writes} writes");
                break;
            }
            kills += 1;
            let asked = [world.placed("watched").await.to_flat, world.placed("idle").await.to_flat];
            let is_decided = world.decided().await.is_some_and(|decided| decided.day == expected.1.0);
            assert!(is_decided || asked == [None, None], "nothing is asked for before it is decided: {asked:?}");
            between += u32::from(is_decided && asked != [Some(true), Some(true)]);
            let node = world.restarted();
            node.look().await.unwrap();
            assert_eq!(outcome(&world).await, expected, "after {writes} writes");
            assert!([world.placed("watched").await.asked, world.placed("idle").await.asked].iter().all(|asked| *asked == 1));
        }
    }
    assert!(kills > 12 && between > 1, "{kills} {between}");
}
