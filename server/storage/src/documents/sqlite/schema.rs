//! The tables behind collections, and the statements on them.
//!
//! A field that is indexed becomes a virtual column over the stored JSON, because only columns can be sought
//! by several values at once. Names come from checked constants; values must never become part of a statement.

use rusqlite::{Connection, OptionalExtension};

use super::{
    super::{Collection, Direction, Find, Index, check},
    feed,
};
use crate::{StoreError, sqlite::failure};

/// The statements of one collection that do not depend on the query.
#[derive(Debug)]
pub(super) struct Statements {
    pub collection: Collection,
    pub get: String,
    pub list: String,
    pub count: String,
    pub put_anything: String,
    pub place: String,
    pub put_absent: String,
    pub put_version: String,
    pub delete: String,
    /// Of numbered collections alone.
    pub changed: String,
    pub deleted: String,
}

impl Statements {
    pub(super) fn of(collection: &Collection) -> Result<Self, StoreError> {
        check::collection(collection)?;
        let table = table(collection);
        // A numbered collection's writes have their number as one parameter more.
        let numbered = |text: &'static str| if collection.feed.is_some() { text } else { "" };
        let (column, kept) = (numbered(", number"), numbered(", number = excluded.number"));
        let insert =
            format!("INSERT INTO {table} (id, version, body{column}) VALUES (?1, 1, ?2{}) ON CONFLICT (id) DO", numbered(", ?3"));
        Ok(Self {
            collection: collection.clone(),
            get: format!("SELECT id, version, body FROM {table} WHERE id = ?1"),
            list: format!("SELECT id, version, body FROM {table} WHERE id > ?1 ORDER BY id LIMIT ?2"),
            count: format!("SELECT count(*) FROM {table}"),
            put_anything: format!("{insert} UPDATE SET version = version + 1, body = excluded.body{kept} RETURNING version"),
            place: format!(
                "INSERT INTO {table} (id, version, body{column}) VALUES (?1, ?2, ?3{})
                ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body{kept}",
                numbered(", ?4")
            ),
            put_absent: format!("{insert} NOTHING RETURNING version"),
            put_version: format!(
                "UPDATE {table} SET version = version + 1, body = ?2{} WHERE id = ?1 AND version = ?3 RETURNING version",
                numbered(", number = ?4")
            ),
            delete: format!("DELETE FROM {table} WHERE id = ?1"),
            changed: feed::changed(&table, &number_index(collection)),
            deleted: feed::deleted(&table),
        })
    }
}

const TABLE: &str = "document_";

fn table(collection: &Collection) -> String {
    format!("{TABLE}{}", collection.name)
}

/// The collections that have a table, in order.
pub(super) fn names(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT substr(name, length(?1) + 1) FROM sqlite_master
        WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1 ORDER BY name";
    let mut statement = connection.prepare_cached(sql).map_err(failure)?;
    let names = statement.query_map([TABLE], |row| row.get(0)).map_err(failure)?;
    names.collect::<Result<_, _>>().map_err(failure)
}

/// Indexes of all tables share one set of names.
fn index_name(collection: &Collection, index: &Index) -> String {
    format!("{}__{}", table(collection), index.name)
}

/// No declared index has this name: theirs begin with a letter.
fn number_index(collection: &Collection) -> String {
    format!("{}__0number", table(collection))
}

/// The declared index that SQLite named in "UNIQUE constraint failed: ...": by its columns.
pub(super) fn violated(collection: &Collection, message: &str) -> Option<&'static str> {
    let table = table(collection);
    let columns = |index: &Index| {
        let columns: Vec<_> = index.fields.iter().map(|field| format!("{table}.field_{field}")).collect();
        columns.join(", ")
    };
    let named = message.rsplit("failed: ").next()?;
    collection.indexes.iter().find(|index| index.unique && columns(index) == named).map(|index| index.name)
}

/// Makes what is missing; an index that was declared otherwise before is made anew.
pub(super) fn make(connection: &Connection, collection: &Collection) -> Result<(), StoreError> {
    let table = table(collection);
    let run = |sql: String| connection.execute_batch(&sql).map_err(failure);
    run(format!(
        "CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL)"
    ))?;
    // `table_xinfo` also shows generated columns.
    let lacks = |column: &str| {
        let mut look = connection.prepare_cached("SELECT 1 FROM pragma_table_xinfo(?1) WHERE name = ?2").map_err(failure)?;
        look.exists([&table, column]).map(|exists| !exists).map_err(failure)
    };
    for field in collection.indexes.iter().flat_map(|index| index.fields) {
        if lacks(&format!("field_{field}"))? {
            run(format!("ALTER TABLE {table} ADD COLUMN field_{field} AS (json_extract(body, '$.{field}')) VIRTUAL"))?;
        }
    }
    if let Some(topic) = collection.feed {
        feed::make(connection, topic)?;
        // What is there already keeps no number, and is found by a listing alone.
        if lacks("number")? {
            run(format!("ALTER TABLE {table} ADD COLUMN number INTEGER"))?;
        }
        let index = number_index(collection);
        run(format!("CREATE INDEX IF NOT EXISTS {index} ON {table} (number) WHERE number IS NOT NULL"))?;
    }
    drop_others(connection, collection)?;
    collection.indexes.iter().try_for_each(|index| make_index(connection, collection, index))
}

/// Drops what an older version declared and this one does not: it would cost every write its part. That version makes it
/// again when it opens the store.
fn drop_others(connection: &Connection, collection: &Collection) -> Result<(), StoreError> {
    if !collection.is_declared() {
        return Ok(());
    }
    // What a constraint made for itself has no statement.
    let sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
    let mut statement = connection.prepare_cached(sql).map_err(failure)?;
    let names = statement.query_map([table(collection)], |row| row.get::<_, String>(0)).map_err(failure)?;
    let names = names.collect::<Result<Vec<_>, _>>().map_err(failure)?;
    let is_ours = |name: &String| {
        *name == number_index(collection) || collection.indexes.iter().any(|index| *name == index_name(collection, index))
    };
    names
        .iter()
        .filter(|name| !is_ours(name))
        .try_for_each(|name| connection.execute_batch(&format!("DROP INDEX IF EXISTS \"{name}\"")).map_err(failure))
}

fn make_index(connection: &Connection, collection: &Collection, index: &Index) -> Result<(), StoreError> {
    let name = index_name(collection, index);
    let (unique, last) = if index.unique { ("UNIQUE ", "") } else { ("", ", id") };
    let columns: Vec<_> = index.fields.iter().map(|field| format!("field_{field}")).collect();
    let wanted = format!(
        "CREATE {unique}INDEX {name} ON {} ({}{last}) WHERE {}",
        table(collection),
        columns.join(", "),
        all_present(index)
    );
    let there: Option<String> = connection
        .query_row("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?1", [&name], |row| row.get(0))
        .optional()
        .map_err(failure)?;
    if there.as_deref() == Some(&*wanted) {
        return Ok(());
    }
    connection.execute_batch(&format!("DROP INDEX IF EXISTS {name}; {wanted}")).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => StoreError::Duplicate { index: index.name.into() },
        Some(_) | None => failure(error),
    })
}

/// Documents without one of the fields are not in the index.
fn all_present(index: &Index) -> String {
    let present: Vec<_> = index.fields.iter().map(|field| format!("field_{field} IS NOT NULL")).collect();
    present.join(" AND ")
}

/// The columns that sort what a query finds: the fields after those that are fixed, then the id. A unique index
/// needs no id, because there are no ties.
pub(super) fn order(index: &Index, find: &Find<'_>) -> Vec<String> {
    let fields = index.fields[find.equals.len()..].iter().map(|field| format!("field_{field}"));
    if index.unique { fields.collect() } else { fields.chain(["id".to_owned()]).collect() }
}

/// The statement for a query. Parameters: `equals`, then `from`, then the cursor's values, then the limit.
/// `INDEXED BY` makes SQLite refuse, rather than scan, should the index not fit.
pub(super) fn count_found(collection: &Collection, index: &Index, find: &Find<'_>) -> String {
    let conditions = selection(index, &Find { after: None, ..find.clone() }).join(" AND ");
    format!("SELECT count(*) FROM {} INDEXED BY {} WHERE {conditions}", table(collection), index_name(collection, index))
}

/// What the documents of all pages have in common.
fn selection(index: &Index, find: &Find<'_>) -> Vec<String> {
    let mut conditions = vec![all_present(index)];
    conditions.extend(index.fields.iter().zip(&find.equals).map(|(field, _)| format!("field_{field} = ?")));
    if find.from.is_some() {
        // Where the cursor is the nearer bound, `+` keeps SQLite from seeking by the farther one.
        let ascending_from_cursor = find.after.is_some() && find.direction == Direction::Ascending;
        let hint = if ascending_from_cursor { "+" } else { "" };
        conditions.push(format!("{hint}{} >= ?", order(index, find)[0]));
    }
    conditions
}

pub(super) fn find(collection: &Collection, index: &Index, find: &Find<'_>) -> String {
    let (sign, word) = match find.direction {
        Direction::Ascending => (">", "ASC"),
        Direction::Descending => ("<", "DESC"),
    };
    let order = order(index, find);
    let mut conditions = selection(index, find);
    if find.after.is_some() && !order.is_empty() {
        let marks = vec!["?"; order.len()].join(", ");
        conditions.push(format!("({}) {sign} ({marks})", order.join(", ")));
    }
    let fields: String = index.fields[find.equals.len()..].iter().map(|field| format!(", field_{field}")).collect();
    let sorted: Vec<_> = order.iter().map(|column| format!("{column} {word}")).collect();
    let sorted = if sorted.is_empty() { String::new() } else { format!("ORDER BY {}", sorted.join(", ")) };
    format!(
        "SELECT id, version, body{fields} FROM {} INDEXED BY {} WHERE {} {sorted} LIMIT ?",
        table(collection),
        index_name(collection, index),
        conditions.join(" AND "),
    )
}
