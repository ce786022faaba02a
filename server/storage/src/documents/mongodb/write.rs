//! A write that passed the checks, as the server takes it, and its one try.
//!
//! Must never change more than one document.

use mongodb::{
    bson::{Bson, Document as BsonDocument, doc},
    options::ReturnDocument,
};

use super::{
    super::{Collection, Expect, Write, check},
    body,
    counter::below,
    has_version, keys,
};
use crate::StoreError;

#[derive(Clone)]
pub(super) struct Checked {
    pub id: String,
    pub fields: BsonDocument,
    /// Fields that an earlier version may have and this one lacks.
    absent: BsonDocument,
    /// In bytes.
    pub size: usize,
    pub expect: Expect,
    /// Of numbered collections alone.
    pub number: Option<i64>,
}

impl Checked {
    pub(super) fn new(collection: &Collection, write: Write) -> Result<Self, StoreError> {
        check::id(&write.id)?;
        check::body(collection, &write.id, &write.body)?;
        let mut fields = doc! { "d": body::to_bson(&write.body)? };
        let mut absent = BsonDocument::new();
        for (kind, keys) in keys::of(collection, &write.id, &write.body)? {
            match keys.is_empty() {
                true => absent.insert(kind, ""),
                false => fields.insert(kind, keys),
            };
        }
        let size = body::check_size(collection, &write.id, &fields)?;
        Ok(Self { id: write.id, fields, absent, size, expect: write.expect, number: None })
    }

    pub(super) fn new_document(&self) -> BsonDocument {
        let mut document = doc! { "_id": &self.id, "v": 1i64 };
        document.extend(self.number.map(|number| ("n".to_owned(), Bson::Int64(number))));
        document.extend(self.fields.clone());
        document
    }

    pub(super) fn update(&self) -> BsonDocument {
        let (mut set, mut unset) = (self.fields.clone(), self.absent.clone());
        if let Some(number) = self.number {
            set.insert("n", number);
            unset.insert("gone", "");
        }
        let mut update = doc! { "$set": set, "$inc": { "v": 1i64 } };
        if !unset.is_empty() {
            update.insert("$unset", unset);
        }
        update
    }

    /// What has to hold of the number of the document that is there.
    pub(super) fn condition(&self) -> BsonDocument {
        below(self.number.unwrap_or(i64::MAX))
    }

    fn filter(&self) -> BsonDocument {
        let mut filter = doc! { "_id": &self.id };
        if self.number.is_some() {
            filter.insert("n", self.condition());
        }
        filter
    }
}

/// The new version, unless what is stored is not what is expected.
pub(super) async fn try_put(
    stored: &mongodb::Collection<BsonDocument>,
    write: &Checked,
) -> Result<Option<u64>, mongodb::error::Error> {
    let mut filter = write.filter();
    let upsert = match write.expect {
        Expect::Absent => {
            stored.insert_one(write.new_document()).await?;
            return Ok(Some(1));
        }
        Expect::Anything => true,
        Expect::Version(expected) => {
            filter.insert("v", has_version(expected));
            false
        }
    };
    let update = stored.find_one_and_update(filter, write.update()).upsert(upsert);
    let update = update.return_document(ReturnDocument::After).projection(doc! { "v": 1 });
    Ok(update.await?.map(|row| row.get("v").and_then(Bson::as_i64).unwrap_or_default().cast_unsigned()))
}
