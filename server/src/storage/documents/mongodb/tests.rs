//! The promises, kept by a server of MongoDB's protocol, and how: by indexes, by its explain output, across a restart.

pub(super) mod feed;
mod killed;

use serde_json::json;

use super::*;
use crate::storage::{
    documents::{
        Direction, Index,
        promises::{self, pages},
    },
    testing,
};

/// A database of a test's own, dropped with it.
pub(crate) struct Scratch {
    url: String,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self::on(&testing::server("MARQUEE_TEST_MONGODB"))
    }

    fn on(server: &str) -> Self {
        let (address, query) = server.split_once('?').unwrap_or((server, ""));
        // Behind `//`, the first slash ends the hosts.
        let hosts = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Self { url: format!("{hosts}/marquee_test_{:016x}?{query}", rand::random::<u64>()) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    async fn store(&self) -> MongoDocuments {
        MongoDocuments::open(&self.url).await.unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let url = self.url.clone();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { MongoDocuments::open(&url).await.unwrap().database.drop().await.unwrap() });
        });
        // A test that failed has said why.
        let _ = dropped.join();
    }
}

#[async_trait]
impl promises::Place for Scratch {
    async fn open(&self) -> Arc<dyn Documents> {
        Arc::new(self.store().await)
    }
}

promises::documents_promises!(Scratch::new);
promises::feed::feed_promises!(Scratch::new);

mod numbered {
    use super::*;

    fn place() -> promises::numbered::Numbered<Scratch> {
        promises::numbered::Numbered(Scratch::new())
    }

    promises::documents_promises!(place);
}

fn put(id: &str, body: serde_json::Value) -> Write {
    Write { id: id.to_owned(), body, expect: Expect::Anything }
}

fn by(index: &'static str, equals: Vec<serde_json::Value>) -> Find<'static> {
    Find { index, equals, from: None, direction: Direction::Ascending, after: None, limit: 10 }
}

/// What the server says that it would do.
async fn plan(store: &MongoDocuments, collection: &Collection, query: Query) -> String {
    let find = doc! {
        "find": &*collection.name, "filter": query.filter, "sort": query.sort, "hint": query.hint, "limit": 11,
    };
    let answer = store.database.run_command(doc! { "explain": find, "verbosity": "queryPlanner" }).await.unwrap();
    answer.get_document("queryPlanner").unwrap().to_string()
}

fn is_by_index(plan: &str, index: &str) -> bool {
    let (named, sought) = (plan.contains(&format!("\"{index}\"")), plan.contains("IXSCAN") || plan.contains("Index Scan"));
    named && sought && !plan.contains("COLLSCAN") && !plan.contains("Seq Scan")
}

#[tokio::test]
async fn every_query_of_the_application_is_answered_by_an_index() {
    let scratch = Scratch::new();
    let store = scratch.store().await;
    let mut collections = crate::collections::all();
    collections.push(&promises::FILMS);
    let mut shapes = 0;
    for collection in collections {
        // As many that a planner would not rather read them all.
        let writes = (0..1500).map(|n| {
            let fields = collection.indexes.iter().flat_map(|index| index.fields);
            let body: serde_json::Map<_, _> = fields.map(|field| ((*field).to_owned(), json!(n))).collect();
            Write { id: format!("d{n:04}"), body: body.into(), expect: Expect::Absent }
        });
        assert!(store.put_many(collection, writes.collect()).await.unwrap().iter().all(Result::is_ok));
        for index in collection.indexes {
            let first = store.find(collection, by(index.name, vec![])).await.unwrap();
            for equals in 0..=index.fields.len() {
                for (from, is_later, direction) in [
                    (false, false, Direction::Ascending),
                    (true, false, Direction::Descending),
                    (false, true, Direction::Descending),
                    (true, true, Direction::Ascending),
                ] {
                    let from = (from && equals < index.fields.len()).then(|| json!(3));
                    // Cursors are of the first page, so that what is equal is what its last document has.
                    let after = is_later.then_some(()).and(first.next.as_deref());
                    let find = Find { from, after, direction, ..by(index.name, vec![json!(9); equals]) };
                    let plan = plan(&store, collection, Query::of(index, &find).unwrap()).await;
                    assert!(is_by_index(&plan, index.name), "{}: {find:?}: {plan}", collection.name);
                    shapes += 1;
                }
            }
        }
        let plan = plan(&store, collection, Query::list("d0700".into())).await;
        assert!(is_by_index(&plan, "_id_") && !plan.contains("\"Sort\"") && !plan.contains("\"SORT\""), "{plan}");
    }
    assert!(shapes > 40, "only {shapes} shapes of queries");
}

#[tokio::test]
async fn an_index_that_is_declared_later_knows_the_documents_from_before() {
    static BEFORE: Collection = Collection::declared("shelf", &[]);
    static AFTER: Collection = Collection::declared(
        "shelf",
        &[
            Index { name: "by_year", fields: &["year"], unique: false },
            Index { name: "by_slug", fields: &["slug"], unique: true },
        ],
    );
    static OTHERWISE: Collection =
        Collection::declared("shelf", &[Index { name: "by_year", fields: &["slug", "year"], unique: false }]);
    let scratch = Scratch::new();
    scratch.store().await.put(&BEFORE, put("a", json!({ "year": 1999, "slug": "x" }))).await.unwrap();
    let store = scratch.store().await;
    assert_eq!(store.find(&AFTER, by("by_year", vec![1999.into()])).await.unwrap().documents.len(), 1);
    let duplicate = store.put(&AFTER, put("b", json!({ "slug": "x" }))).await;
    assert!(matches!(duplicate, Err(StoreError::Duplicate { .. })), "{duplicate:?}");
    let otherwise = scratch.store().await;
    let found = otherwise.find(&OTHERWISE, by("by_year", vec!["x".into(), 1999.into()])).await.unwrap();
    assert_eq!(found.documents.len(), 1);
}

#[tokio::test]
async fn a_unique_index_over_values_that_are_not_is_refused_by_name() {
    static BEFORE: Collection = Collection::declared("shelf", &[]);
    static AFTER: Collection = Collection::declared("shelf", &[Index { name: "by_slug", fields: &["slug"], unique: true }]);
    let scratch = Scratch::new();
    let store = scratch.store().await;
    for id in ["a", "b"] {
        store.put(&BEFORE, put(id, json!({ "slug": "same" }))).await.unwrap();
    }
    let refused = scratch.store().await.get(&AFTER, "a").await;
    assert!(matches!(&refused, Err(StoreError::Duplicate { index }) if index == "by_slug"), "{refused:?}");
    assert!(store.get(&BEFORE, "a").await.unwrap().is_some());
}

#[tokio::test]
async fn a_document_is_readable_with_any_tool() {
    let scratch = Scratch::new();
    let store = scratch.store().await;
    let body = json!({ "slug": "alien", "year": 1979, "cast": [{ "name": "Sigourney Weaver" }] });
    store.put(&promises::FILMS, put("a", body)).await.unwrap();
    let stored = store.database.collection::<BsonDocument>("films").find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(stored.get_str("_id").unwrap(), "a");
    let fields = stored.get_document("d").unwrap();
    assert_eq!((fields.get_str("slug").unwrap(), fields.get_i32("year").unwrap()), ("alien", 1979));
    assert!(fields.get_array("cast").unwrap()[0].as_document().unwrap().get_str("name").is_ok());
    // One that lacks what Marquee writes is named, and does not stop the others.
    store.database.collection("films").insert_one(doc! { "_id": "b", "d": {} }).await.unwrap();
    let corrupt = store.get(&promises::FILMS, "b").await;
    assert!(matches!(&corrupt, Err(StoreError::Corrupt { key, .. }) if key == "films/b"), "{corrupt:?}");
}

#[tokio::test]
async fn what_cannot_be_opened_says_why_without_its_password() {
    let refusal = async |url: String| match MongoDocuments::open(&url).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string(),
    };
    for (url, reason) in [
        ("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300", "names no database"),
        ("mongodb://films:hun@ter2@127.0.0.1:9/films", "percent-encoded"),
        ("mongodb://films:hunter2@127.0.0.1:nine/films", "percent-encoded"),
        ("mongodb://films:hunter2@127.0.0.1:9/films?serverSelectionTimeoutMS=300", "127.0.0.1:9"),
    ] {
        let message = refusal(url.to_owned()).await;
        assert!(message.contains(reason) && !message.contains("ter2"), "{message}");
    }
    let scratch = Scratch::new();
    let (before, after) = scratch.url().split_once("//").unwrap();
    let host = after.rsplit_once('@').map_or(after, |(_, host)| host);
    // A server without users takes anybody.
    if after.contains('@') {
        let message = refusal(format!("{before}//marquee:hunter2@{host}")).await;
        assert!(message.contains("uthentication failed") && !message.contains("hunter2"), "{message}");
    }
}

#[tokio::test]
async fn everything_is_read_from_the_primary_whatever_the_url_asks_for() {
    for query in ["", "?readPreference=secondary", "?readPreference=nearest&maxStalenessSeconds=120", "?readPreference=primary"] {
        let (options, name) = options(&format!("mongodb://one.example,two.example/marquee{query}")).await.unwrap();
        assert!(options.selection_criteria.as_ref().is_some_and(is_primary), "{query}: {:?}", options.selection_criteria);
        assert_eq!(name, "marquee");
    }
}
