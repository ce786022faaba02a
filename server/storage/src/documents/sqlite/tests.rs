//! The promises, kept by SQLite, and how it keeps them: by indexes, made and made anew where they are missing.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{
    documents::{
        Direction, Index, delete_unchanged,
        feed::State,
        get_readable, parse,
        promises::{self, pages},
    },
    events::Events,
};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn store(&self) -> SqliteDocuments {
        SqliteDocuments::new(Sqlite::open(&self.0.path().join("store.db"), Events::default()).unwrap())
    }
}

#[async_trait]
impl promises::Backend for Folder {
    async fn open(&self) -> Arc<dyn Documents> {
        Arc::new(self.store())
    }
}

promises::documents_promises!(Folder::new);
promises::feed::feed_promises!(Folder::new);

mod numbered {
    use super::*;

    fn place() -> promises::numbered::Numbered<Folder> {
        promises::numbered::Numbered(Folder::new())
    }

    promises::documents_promises!(place);
}

fn put(id: &str, body: Value) -> Write {
    Write { id: id.to_owned(), body, expect: Expect::Anything }
}

fn by(index: &'static str, equals: Vec<Value>) -> Find<'static> {
    Find { index, equals, from: None, direction: Direction::Ascending, after: None, limit: 10 }
}

async fn plan(store: &SqliteDocuments, sql: String) -> String {
    let steps = store.sqlite.read(move |connection| {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).map_err(failure)?;
        let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
        let steps = explain.query_map(params_from_iter(nulls), |row| row.get(3)).map_err(failure)?;
        steps.collect::<Result<Vec<String>, _>>().map_err(failure)
    });
    steps.await.unwrap().join("; ")
}

#[tokio::test]
async fn every_query_is_answered_by_its_index_without_sorting_and_sought_by_the_whole_cursor() {
    let folder = Folder::new();
    let store = folder.store();
    let films = &promises::FILMS;
    store.open(films).await.unwrap();
    for index in films.indexes {
        for equals in 0..=index.fields.len() {
            for (from, after, direction) in [
                (false, None, Direction::Ascending),
                (true, None, Direction::Descending),
                (false, Some("cursor"), Direction::Ascending),
                (true, Some("cursor"), Direction::Descending),
            ] {
                let open = equals < index.fields.len();
                let from = (from && open).then(|| json!(0));
                let find = Find { from, after, direction, ..by(index.name, vec![json!(0); equals]) };
                let plan = plan(&store, schema::find(films, index, &find)).await;
                let name = format!("USING INDEX document_films__{}", index.name);
                assert!(plan.contains(&name) && !plan.contains("B-TREE"), "{find:?}: {plan}");
                let sought = equals > 0 || find.from.is_some() || after.is_some();
                assert!(!sought || plan.starts_with("SEARCH"), "{find:?}: {plan}");
                // All of the cursor's columns bound the search, not only the first.
                let columns = schema::order(index, &find).join(",");
                let whole = after.is_none() || columns.is_empty();
                assert!(whole || plan.contains(&columns), "{find:?}: {columns} in {plan}");
            }
        }
    }
    let numbered = promises::feed::NUMBERED.clone();
    store.open(&numbered).await.unwrap();
    let (plain, numbered) = (Statements::of(films).unwrap(), Statements::of(&numbered).unwrap());
    let of = |it: &Statements| [&it.get, &it.list, &it.put_version, &it.delete].map(String::clone);
    let feed = [numbered.changed.clone(), numbered.deleted.clone()];
    for sql in of(&plain).into_iter().chain(of(&numbered)).chain(feed) {
        let plan = plan(&store, sql.clone()).await;
        assert!(plan.starts_with("SEARCH") && !plan.contains("B-TREE"), "{sql}: {plan}");
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_told_as_one_and_holds_nothing_back() {
    let folder = Folder::new();
    let (store, films) = (folder.store(), &promises::feed::NUMBERED);
    let start = store.changes(films, Since::Listing(""), 10).await.unwrap().unwrap().position;
    for id in ["a", "b", "c"] {
        store.put(films, put(id, json!({}))).await.unwrap();
    }
    let damage = |connection: &Connection| {
        let damaged = "UPDATE document_numbered SET body = '{\"year\":1}' || char(0) WHERE id = 'b'";
        connection.execute(damaged, []).map_err(failure)
    };
    store.sqlite.write(damage).await.unwrap();
    for since in [Since::Listing(""), Since::Position(&start)] {
        let changes = store.changes(films, since, 10).await.unwrap().unwrap();
        let [a, b, c] = &*changes.entries else { panic!("{changes:?}") };
        assert!(matches!((&a.state, &c.state), (State::Stored(_), State::Stored(_))));
        assert!(b.id == "b" && b.state == State::Unreadable, "{b:?}");
    }
}

#[tokio::test]
async fn what_an_older_version_declared_is_dropped_and_made_again_by_that_version() {
    static BEFORE: Collection = Collection::declared("shelf", &[Index { name: "by_year", fields: &["year"], unique: false }]);
    static AFTER: Collection = Collection::declared("shelf", &[]).numbered("catalogue");
    let folder = Folder::new();
    folder.store().put(&BEFORE, put("a", json!({ "year": 1999 }))).await.unwrap();
    let store = folder.store();
    store.put(&AFTER, put("b", json!({ "year": 1999 }))).await.unwrap();
    let names = store.sqlite.read(|connection| {
        let sql = "SELECT group_concat(name) FROM sqlite_master WHERE tbl_name = 'document_shelf' AND sql IS NOT NULL AND type = 'index'";
        connection.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(failure)
    });
    assert_eq!(names.await.unwrap(), "document_shelf__0number");
    let found = folder.store().find(&BEFORE, by("by_year", vec![1999.into()])).await.unwrap();
    assert_eq!(found.documents.len(), 2);
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
    let folder = Folder::new();
    folder.store().put(&BEFORE, put("a", json!({ "year": 1999, "slug": "x" }))).await.unwrap();
    let found = folder.store().find(&AFTER, by("by_year", vec![1999.into()])).await.unwrap();
    assert_eq!(found.documents.len(), 1);
    let duplicate = folder.store().put(&AFTER, put("b", json!({ "slug": "x" }))).await;
    assert!(matches!(duplicate, Err(StoreError::Duplicate { .. })), "{duplicate:?}");
    let found = folder.store().find(&OTHERWISE, by("by_year", vec!["x".into(), 1999.into()])).await.unwrap();
    assert_eq!(found.documents.len(), 1);
}

#[tokio::test]
async fn a_unique_index_over_values_that_are_not_is_refused_by_name() {
    static BEFORE: Collection = Collection::declared("shelf", &[]);
    static AFTER: Collection = Collection::declared("shelf", &[Index { name: "by_slug", fields: &["slug"], unique: true }]);
    let folder = Folder::new();
    let store = folder.store();
    for id in ["a", "b"] {
        store.put(&BEFORE, put(id, json!({ "slug": "same" }))).await.unwrap();
    }
    let refused = folder.store().get(&AFTER, "a").await;
    assert!(matches!(&refused, Err(StoreError::Duplicate { index }) if index == "by_slug"), "{refused:?}");
    assert!(store.get(&BEFORE, "a").await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_that_is_none_never_reaches_a_statement() {
    static COLLECTIONS: [Collection; 6] = [
        Collection::declared("a; DROP TABLE keyvalue", &[]),
        Collection::declared("", &[]),
        Collection::declared("Films", &[]),
        Collection::declared("films", &[Index { name: "by'year", fields: &["year"], unique: false }]),
        Collection::declared("films", &[Index { name: "by_year", fields: &["year')"], unique: false }]),
        Collection::declared("films", &[Index { name: "by_year", fields: &[], unique: false }]),
    ];
    let folder = Folder::new();
    let store = folder.store();
    for collection in &COLLECTIONS {
        let refused = store.get(collection, "a").await;
        assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{collection:?}: {refused:?}");
    }
}

#[tokio::test]
async fn what_is_no_json_any_more_is_null_and_keeps_nobody_from_the_others() {
    let folder = Folder::new();
    let store = folder.store();
    for (id, year) in [("a", 1990), ("b", 1991), ("c", 1992), ("d", 1993), ("e", 1994)] {
        store.put(&promises::FILMS, put(id, json!({ "year": year }))).await.unwrap();
    }
    // The engine checks what it can; this is what a damaged disk leaves, and what somebody's tool may.
    let damage = |connection: &Connection| {
        let damaged = "UPDATE document_films SET body = body || char(0) WHERE id IN ('b', 'd')";
        connection.execute(damaged, []).map_err(failure)?;
        connection.execute("UPDATE document_films SET body = '[1]' WHERE id = 'e'", []).map_err(failure)
    };
    store.sqlite.write(damage).await.unwrap();
    let is_there = |documents: &[Document]| {
        documents.iter().map(|document| (document.id.clone(), document.body.is_object())).collect::<Vec<_>>()
    };
    let ids = ["a", "b", "c", "d"].map(str::to_owned);
    let expected = [("a", true), ("b", false), ("c", true), ("d", false)].map(|(id, is_object)| (id.to_owned(), is_object));
    assert_eq!(is_there(&store.get_many(&promises::FILMS, &ids).await.unwrap()), expected);
    assert_eq!(is_there(&store.list(&promises::FILMS, None, 4).await.unwrap().documents), expected);
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let find = Find { limit: 2, after: after.as_deref(), ..by("by_year", Vec::new()) };
        let page = store.find(&promises::FILMS, find).await.unwrap();
        found.extend(page.documents);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(is_there(&found), expected, "what is no object has no year");
    let array = store.get(&promises::FILMS, "e").await.unwrap().unwrap();
    assert_eq!((&array.body, array.version), (&Value::Null, 1));

    // No record is read from it, whatever a record may lack; it goes, or is written anew, by its version.
    for document in [&found[1], &array] {
        assert!(matches!(parse::<Value>(document), Err(StoreError::Corrupt { .. })));
    }
    let read = super::super::read::<Option<u32>>(&store, &promises::FILMS, "b").await;
    assert!(matches!(&read, Err(StoreError::Corrupt { key, .. }) if key == "films/b"), "{read:?}");
    store.put(&promises::FILMS, put("d", json!({ "year": 1993 }))).await.unwrap();
    assert!(delete_unchanged(&store, &promises::FILMS, ("b", found[1].version)).await.unwrap());
    assert!(!delete_unchanged(&store, &promises::FILMS, ("d", found[3].version)).await.unwrap(), "it is another by now");
    // What can be made again goes, so that it is made again.
    assert_eq!(get_readable(&store, &promises::FILMS, "e").await.unwrap(), None);
    assert_eq!(store.count(&promises::FILMS).await.unwrap(), 3);
}
