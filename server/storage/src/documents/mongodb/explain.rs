//! How the server would answer a query, for whoever checks that no query of theirs reads more than it gives.
//!
//! Must never be on the way of a request.

use std::fmt;

use mongodb::bson::doc;

use super::{super::check, MongoDocuments, failure::failure, query::Query};
use crate::{
    StoreError,
    documents::{Collection, Find},
};

/// What the server says that it would do. Servers differ in their words: MongoDB's and those of PostgreSQL below FerretDB are known.
pub struct Plan(String);

impl Plan {
    /// Whether this index leads to what is asked for, and nothing is scanned.
    pub fn is_by(&self, index: &str) -> bool {
        let (named, sought) = (self.has(&format!("\"{index}\"")), self.has("IXSCAN") || self.has("Index Scan"));
        named && sought && !self.has("COLLSCAN") && !self.has("Seq Scan")
    }

    /// Whether what was found is sorted by the server, which reads all of it first.
    pub fn sorts(&self) -> bool {
        self.has("\"Sort\"") || self.has("\"SORT\"")
    }

    fn has(&self, words: &str) -> bool {
        self.0.contains(words)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl MongoDocuments {
    /// How `find` would be answered.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where nothing would; else what the server says.
    pub async fn explain(&self, collection: &Collection, find: &Find<'_>) -> Result<Plan, StoreError> {
        let index = check::find(collection, find)?;
        self.plan(collection, Query::of(index, find)?).await
    }

    /// How the list of all documents behind the id `after` would be answered.
    ///
    /// # Errors
    /// What the server says.
    pub async fn explain_list(&self, collection: &Collection, after: &str) -> Result<Plan, StoreError> {
        self.plan(collection, Query::list(after.to_owned())).await
    }

    pub(super) async fn plan(&self, collection: &Collection, query: Query) -> Result<Plan, StoreError> {
        let find = doc! {
            "find": &*collection.name, "filter": query.filter, "sort": query.sort, "hint": query.hint, "limit": 11,
        };
        let command = doc! { "explain": find, "verbosity": "queryPlanner" };
        let answer = self.database.run_command(command).await.map_err(|error| failure(&error))?;
        Ok(Plan(answer.get_document("queryPlanner").map(ToString::to_string).unwrap_or_default()))
    }
}
