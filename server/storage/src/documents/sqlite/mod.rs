//! [`Documents`] on the embedded engine: a table per collection, the JSON as it is, indexes over its fields.
//!
//! Must never change a body on its way in or out.

mod feed;
mod schema;
mod write;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter, types::Value as SqlValue, types::ValueRef};
use serde_json::Value;

use self::{
    schema::Statements,
    write::{Checked, TOGETHER, delete, duplicate, put_each},
};
use super::{
    Collection, Document, Documents, Expect, Find, PAGE_LIMIT, Page, Write, check,
    cursor::{Cursor, Key},
    feed::{Changes, Since, topic},
};
use crate::{
    StoreError,
    sqlite::{Sqlite, failure},
};

/// JSON documents in tables of the file.
pub struct SqliteDocuments {
    sqlite: Sqlite,
    /// The collections that were opened, by name.
    opened: RwLock<HashMap<String, Arc<Statements>>>,
}

impl SqliteDocuments {
    pub fn new(sqlite: Sqlite) -> Self {
        Self { sqlite, opened: RwLock::default() }
    }

    /// The statements of a collection, after its table and indexes were made where they are missing.
    async fn open(&self, collection: &Collection) -> Result<Arc<Statements>, StoreError> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner).get(&*collection.name).cloned();
        if let Some(statements) = opened {
            return Ok(statements);
        }
        let statements = Arc::new(Statements::of(collection)?);
        let making = Arc::clone(&statements);
        self.sqlite.write(move |connection| schema::make(connection, &making.collection)).await?;
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        opened.insert(collection.name.to_string(), Arc::clone(&statements));
        Ok(statements)
    }
}

#[async_trait]
impl Documents for SqliteDocuments {
    async fn get(&self, collection: &Collection, id: &str) -> Result<Option<Document>, StoreError> {
        let statements = self.open(collection).await?;
        let id = id.to_owned();
        self.sqlite.read(move |connection| get(connection, &statements, &id)).await
    }

    async fn get_text(&self, collection: &Collection, id: &str) -> Result<Option<String>, StoreError> {
        let statements = self.open(collection).await?;
        let id = id.to_owned();
        self.sqlite
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&statements.get).map_err(failure)?;
                statement.query_row([id], |row| row.get(2)).optional().map_err(failure)
            })
            .await
    }

    async fn get_many(&self, collection: &Collection, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        if ids.len() > PAGE_LIMIT as usize {
            return Err(check::invalid(format!("{} ids at once; at most {PAGE_LIMIT} are allowed", ids.len())));
        }
        let statements = self.open(collection).await?;
        let ids = ids.to_vec();
        self.sqlite
            .read(move |connection| {
                // One transaction, so that the documents are of one moment and the file is locked once.
                let transaction = connection.unchecked_transaction().map_err(failure)?;
                let found = ids.iter().filter_map(|id| get(&transaction, &statements, id).transpose());
                found.collect()
            })
            .await
    }

    async fn put(&self, collection: &Collection, write: Write) -> Result<u64, StoreError> {
        let statements = self.open(collection).await?;
        let row = Checked::new(collection, write)?;
        self.sqlite
            .write(move |connection| {
                let number = feed::take(connection, &statements.collection, 1)?;
                row.put(connection, &statements, number, true)
            })
            .await
    }

    async fn place(&self, collection: &Collection, document: Document) -> Result<(), StoreError> {
        let statements = self.open(collection).await?;
        let version = check::version(&document)?;
        let row = Checked::new(collection, Write { id: document.id, body: document.body, expect: Expect::Anything })?;
        self.sqlite
            .write(move |connection| {
                let collection = &statements.collection;
                let number = feed::take(connection, collection, 1)?;
                let mut values: Vec<&dyn ToSql> = vec![&row.id, &version, &row.body];
                if let Some(number) = &number {
                    values.push(number);
                    feed::unbury(connection, collection, &row.id)?;
                }
                let mut statement = connection.prepare_cached(&statements.place).map_err(failure)?;
                statement.execute(&*values).map(drop).map_err(|error| duplicate(collection, error))
            })
            .await
    }

    async fn collections(&self) -> Result<Vec<String>, StoreError> {
        self.sqlite.read(schema::names).await
    }

    async fn put_many(&self, collection: &Collection, writes: Vec<Write>) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        let statements = self.open(collection).await?;
        let mut rows: Vec<_> = writes.into_iter().map(|write| Checked::new(collection, write)).collect();
        let mut operations = Vec::with_capacity(rows.len().div_ceil(TOGETHER));
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(TOGETHER));
            let (statements, some) = (Arc::clone(&statements), std::mem::replace(&mut rows, rest));
            operations.push(move |connection: &Connection| put_each(connection, &statements, some));
        }
        Ok(self.sqlite.write_each(operations).await?.into_iter().flatten().collect())
    }

    async fn delete(&self, collection: &Collection, id: &str, expect: Expect) -> Result<bool, StoreError> {
        let statements = self.open(collection).await?;
        let id = id.to_owned();
        self.sqlite.write(move |connection| delete(connection, &statements, &id, expect)).await
    }

    async fn find(&self, collection: &Collection, find: Find<'_>) -> Result<Page, StoreError> {
        let index = check::find(collection, &find)?;
        self.open(collection).await?;
        let sql = schema::find(collection, index, &find);
        let keys = index.fields.len() - find.equals.len();
        let limit = page_size(find.limit);

        let mut values = Vec::with_capacity(index.fields.len() * 2 + 2);
        for value in find.equals.iter().chain(&find.from) {
            values.push(parameter(value)?);
        }
        if let Some(token) = find.after {
            let cursor = Cursor::from_token(token, index.name, keys)?;
            let columns = schema::order(index, &find).len();
            let place = cursor.keys.into_iter().map(SqlValue::from).chain([SqlValue::Text(cursor.id)]);
            values.extend(place.take(columns));
        }
        values.push(SqlValue::Integer(i64::from(limit) + 1));
        self.sqlite
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&sql).map_err(failure)?;
                page(&mut statement, values, index.name, keys, limit)
            })
            .await
    }

    async fn list(&self, collection: &Collection, after: Option<&str>, limit: u32) -> Result<Page, StoreError> {
        let statements = self.open(collection).await?;
        let after = after.map(|token| Cursor::from_token(token, "", 0)).transpose()?;
        let limit = page_size(limit);
        // Ids are not empty: all of them come after the empty one.
        let start = after.map_or_else(String::new, |cursor| cursor.id);
        let values = vec![SqlValue::Text(start), SqlValue::Integer(i64::from(limit) + 1)];
        self.sqlite
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&statements.list).map_err(failure)?;
                page(&mut statement, values, "", 0, limit)
            })
            .await
    }

    async fn count(&self, collection: &Collection) -> Result<u64, StoreError> {
        let statements = self.open(collection).await?;
        self.sqlite
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&statements.count).map_err(failure)?;
                statement.query_row([], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned).map_err(failure)
            })
            .await
    }

    async fn count_found(&self, collection: &Collection, find: Find<'_>) -> Result<u64, StoreError> {
        let index = check::find(collection, &find)?;
        self.open(collection).await?;
        let sql = schema::count_found(collection, index, &find);
        let values = find.equals.iter().chain(&find.from).map(parameter).collect::<Result<Vec<_>, _>>()?;
        self.sqlite
            .read(move |connection| {
                let mut statement = connection.prepare_cached(&sql).map_err(failure)?;
                let count = statement.query_row(params_from_iter(values), |row| row.get::<_, i64>(0));
                count.map(i64::cast_unsigned).map_err(failure)
            })
            .await
    }

    async fn changes(&self, collection: &Collection, since: Since<'_>, limit: u32) -> Result<Option<Changes>, StoreError> {
        let topic = topic(collection)?;
        let statements = self.open(collection).await?;
        let (since, limit) = (feed::OwnedSince::of(since), page_size(limit));
        self.sqlite.read(move |connection| feed::changes(connection, &statements, topic, &since, limit)).await
    }

    async fn trim(&self, collection: &Collection, through: u64) -> Result<(), StoreError> {
        topic(collection)?;
        self.open(collection).await?;
        let name = collection.name.to_string();
        self.sqlite.write(move |connection| feed::trim(connection, &name, through)).await
    }
}

fn get(connection: &Connection, statements: &Statements, id: &str) -> Result<Option<Document>, StoreError> {
    let mut statement = connection.prepare_cached(&statements.get).map_err(failure)?;
    let mut rows = statement.query([id]).map_err(failure)?;
    rows.next().map_err(failure)?.map(document).transpose()
}

/// Reads one row more than the page has, to know whether there is another page.
fn page(
    statement: &mut rusqlite::Statement<'_>,
    values: Vec<SqlValue>,
    order: &str,
    keys: usize,
    limit: u32,
) -> Result<Page, StoreError> {
    let mut rows = statement.query(params_from_iter(values)).map_err(failure)?;
    let mut page = Page::default();
    let mut last = None;
    while let Some(row) = rows.next().map_err(failure)? {
        if page.documents.len() == limit as usize {
            page.next = last.map(|cursor: Cursor| cursor.to_token()).transpose()?;
            break;
        }
        let document = document(row)?;
        if page.documents.len() + 1 == limit as usize {
            let keys = (0..keys).map(|column| key(row, column + 3)).collect::<Result<_, _>>()?;
            last = Some(Cursor { order: order.to_owned(), keys, id: document.id.clone() });
        }
        page.documents.push(document);
    }
    Ok(page)
}

/// What is no JSON any more is `null`, and keeps nobody from the others.
fn document(row: &Row<'_>) -> Result<Document, StoreError> {
    let id = row.get(0).map_err(failure)?;
    let version = row.get::<_, i64>(1).map_err(failure)?.cast_unsigned();
    let text = row.get_ref(2).and_then(|body| Ok(body.as_bytes()?)).map_err(failure)?;
    let body = serde_json::from_slice(text).map_or(Value::Null, Value::Object);
    Ok(Document { id, version, body })
}

fn key(row: &Row<'_>, column: usize) -> Result<Key, StoreError> {
    match row.get_ref(column).map_err(failure)? {
        ValueRef::Integer(integer) => Ok(Key::Integer(integer)),
        ValueRef::Real(real) => Ok(Key::Real(real.to_bits())),
        ValueRef::Text(text) => Ok(Key::Text(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Null | ValueRef::Blob(_) => Err(StoreError::corrupt("an index", "a value that cannot be sorted")),
    }
}

impl From<Key> for SqlValue {
    fn from(key: Key) -> Self {
        match key {
            Key::Integer(integer) => Self::Integer(integer),
            Key::Real(bits) => Self::Real(f64::from_bits(bits)),
            Key::Text(text) => Self::Text(text),
        }
    }
}

/// A query's value as SQLite sees the same value in a document.
fn parameter(value: &Value) -> Result<SqlValue, StoreError> {
    match value {
        Value::String(text) => Ok(SqlValue::Text(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(SqlValue::Integer(integer)),
            (None, Some(real)) => Ok(SqlValue::Real(real)),
            (None, None) => Err(check::invalid(format!("{number} is too large to be sought"))),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(check::invalid(format!("an index holds strings and numbers, not {value}")))
        }
    }
}

fn page_size(limit: u32) -> u32 {
    limit.clamp(1, PAGE_LIMIT)
}

fn conflict(collection: &Collection, id: &str) -> StoreError {
    StoreError::Conflict { key: format!("{}/{id}", collection.name) }
}
