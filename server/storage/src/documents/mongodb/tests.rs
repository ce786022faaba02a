//! The promises, kept by a server of MongoDB's protocol, and how: by indexes, by its explain output, across a restart.

pub(super) mod feed;
mod killed;

use serde_json::{Value, json};
use testing::mongodb::Scratch;

use super::{connect::is_primary, *};
use crate::documents::{
    Direction, Index, delete_unchanged, parse,
    promises::{self, pages},
};

async fn open(scratch: &Scratch) -> MongoDocuments {
    MongoDocuments::open(scratch.url()).await.unwrap()
}

#[async_trait]
impl promises::Backend for Scratch {
    async fn open(&self) -> Arc<dyn Documents> {
        Arc::new(open(self).await)
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
    open(&scratch).await.put(&BEFORE, put("a", json!({ "year": 1999, "slug": "x" }))).await.unwrap();
    let store = open(&scratch).await;
    assert_eq!(store.find(&AFTER, by("by_year", vec![1999.into()])).await.unwrap().documents.len(), 1);
    let duplicate = store.put(&AFTER, put("b", json!({ "slug": "x" }))).await;
    assert!(matches!(duplicate, Err(StoreError::Duplicate { .. })), "{duplicate:?}");
    let otherwise = open(&scratch).await;
    let found = otherwise.find(&OTHERWISE, by("by_year", vec!["x".into(), 1999.into()])).await.unwrap();
    assert_eq!(found.documents.len(), 1);
}

#[tokio::test]
async fn a_unique_index_over_values_that_are_not_is_refused_by_name() {
    static BEFORE: Collection = Collection::declared("shelf", &[]);
    static AFTER: Collection = Collection::declared("shelf", &[Index { name: "by_slug", fields: &["slug"], unique: true }]);
    let scratch = Scratch::new();
    let store = open(&scratch).await;
    for id in ["a", "b"] {
        store.put(&BEFORE, put(id, json!({ "slug": "same" }))).await.unwrap();
    }
    let refused = open(&scratch).await.get(&AFTER, "a").await;
    assert!(matches!(&refused, Err(StoreError::Duplicate { index }) if index == "by_slug"), "{refused:?}");
    assert!(store.get(&BEFORE, "a").await.unwrap().is_some());
}

#[tokio::test]
async fn a_document_is_readable_with_any_tool() {
    let scratch = Scratch::new();
    let store = open(&scratch).await;
    let body = json!({ "slug": "alien", "year": 1979, "cast": [{ "name": "Sigourney Weaver" }] });
    store.put(&promises::FILMS, put("a", body)).await.unwrap();
    let stored = store.database.collection::<BsonDocument>("films").find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(stored.get_str("_id").unwrap(), "a");
    let fields = stored.get_document("d").unwrap();
    assert_eq!((fields.get_str("slug").unwrap(), fields.get_i32("year").unwrap()), ("alien", 1979));
    assert!(fields.get_array("cast").unwrap()[0].as_document().unwrap().get_str("name").is_ok());
    // One that lacks what Marquee writes is named, and does not stop the others.
    store.database.collection("films").insert_one(doc! { "_id": "b", "d": {} }).await.unwrap();
    let unreadable = Document { id: "b".into(), version: 0, body: Value::Null };
    assert_eq!(store.get(&promises::FILMS, "b").await.unwrap(), Some(unreadable.clone()));
    assert_eq!(store.list(&promises::FILMS, None, 10).await.unwrap().documents[1], unreadable);
    assert!(matches!(parse::<Value>(&unreadable), Err(StoreError::Corrupt { key, .. }) if key == "b"));
    // It is written anew, or deleted, by whoever read it so.
    let anew = |version| Write { expect: Expect::Version(version), ..put("b", json!({ "slug": "b" })) };
    assert!(matches!(store.put(&promises::FILMS, anew(7)).await, Err(StoreError::Conflict { .. })));
    assert_eq!(store.put(&promises::FILMS, anew(0)).await.unwrap(), 1);
    assert!(matches!(store.put(&promises::FILMS, anew(0)).await, Err(StoreError::Conflict { .. })), "it is another by now");
    assert!(!delete_unchanged(&store, &promises::FILMS, ("b", 0)).await.unwrap());
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
