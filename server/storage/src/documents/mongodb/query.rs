//! A page as a range of an index's keys.
//!
//! Must never ask for what no index answers: the range and the order are of one field, and the hint names its index.

use mongodb::bson::{Document as BsonDocument, doc};

use super::{
    super::{Direction, Find, Index, check, cursor::Cursor},
    keys,
};
use crate::StoreError;

/// What the server is asked.
#[derive(Debug)]
pub(super) struct Query {
    pub filter: BsonDocument,
    pub sort: BsonDocument,
    pub hint: BsonDocument,
}

impl Query {
    pub(super) fn of(index: &Index, find: &Find<'_>) -> Result<Self, StoreError> {
        let mut prefix = String::new();
        for value in &find.equals {
            keys::encode(&mut prefix, value)?;
        }
        // All keys begin with a value; where none is given, they are everything between.
        let beyond = if prefix.is_empty() { keys::BEYOND.to_owned() } else { keys::end_of(&prefix) };
        let mut first = if prefix.is_empty() { keys::FIRST.to_owned() } else { prefix.clone() };
        if let Some(from) = &find.from {
            first.clone_from(&prefix);
            keys::encode(&mut first, from)?;
        }
        let mut bounds = doc! { "$gte": &first, "$lt": &beyond };
        if let Some(token) = find.after {
            let place = Cursor::from_token(token, index.name, 0)?.id;
            if !place.starts_with(&prefix) {
                return Err(check::invalid("this cursor is not one of this query".into()));
            }
            match find.direction {
                Direction::Ascending if place >= first => bounds = doc! { "$gt": place, "$lt": beyond },
                Direction::Ascending => {}
                Direction::Descending => bounds = doc! { "$gte": first, "$lt": place.min(beyond) },
            }
        }
        let order = match find.direction {
            Direction::Ascending => 1,
            Direction::Descending => -1,
        };
        let path = keys::path(index);
        let (filter, sort, hint) = (doc! { &path: bounds }, doc! { &path: order }, doc! { path: 1 });
        Ok(Self { filter, sort, hint })
    }

    /// Every document behind this id, but no tombstone; ids are not empty.
    pub(super) fn list(after: String) -> Self {
        let filter = doc! { "_id": { "$gt": after }, "gone": { "$exists": false } };
        Self { filter, sort: doc! { "_id": 1 }, hint: doc! { "_id": 1 } }
    }

    /// Everything whose number is greater than `after` and not greater than `settled`.
    pub(super) fn numbered(after: i64, settled: i64) -> Self {
        Self { filter: doc! { "n": { "$gt": after, "$lte": settled } }, sort: doc! { "n": 1 }, hint: doc! { "n": 1 } }
    }
}
