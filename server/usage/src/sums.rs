//! Checksums of what is in a file, which Parquet itself writes none of here: kept as JSON in the footer's metadata under
//! [`KEY`], so that damage is found wherever it is and readers that do not know them are not bothered.
//!
//! Each chunk of a column has a CRC-32 of its bytes; names and types of the columns have one together. A file that another
//! program wrote has none, and is read without.

use parquet::{
    file::metadata::{KeyValue, ParquetMetaData, RowGroupMetaData},
    schema::types::SchemaDescriptor,
};
use serde::{Deserialize, Serialize};

use crate::error::ReadError;

pub(crate) const KEY: &str = "marquee.sums";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    pub(crate) schema: u32,
    pub(crate) groups: Vec<Group>,
}

/// A row group.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) rows: usize,
    /// The first and the last instant in milliseconds since 1970.
    pub(crate) span: Option<(u64, u64)>,
    /// Of each column, in the schema's order.
    pub(crate) chunks: Vec<u32>,
}

impl Sums {
    pub(crate) fn entry(&self) -> Result<KeyValue, serde_json::Error> {
        Ok(KeyValue { key: KEY.to_owned(), value: Some(serde_json::to_string(self)?) })
    }

    /// Those of a file, once what they say of its schema and its row groups is true.
    pub(crate) fn of(metadata: &ParquetMetaData) -> Result<Option<Self>, ReadError> {
        let entries = metadata.file_metadata().key_value_metadata();
        let Some(entry) = entries.and_then(|entries| entries.iter().find(|entry| entry.key == KEY)) else { return Ok(None) };
        let text = entry.value.as_deref().unwrap_or_default();
        let sums: Self = serde_json::from_str(text).map_err(|_| ReadError::Footer("its checksums cannot be read"))?;
        if sums.schema != schema(metadata.file_metadata().schema_descr()) {
            return Err(ReadError::Footer("its schema is not the one that was written"));
        }
        let fits = |(group, of): (&Group, &RowGroupMetaData)| {
            i64::try_from(group.rows) == Ok(of.num_rows()) && group.chunks.len() == of.num_columns()
        };
        if sums.groups.len() != metadata.num_row_groups() || !sums.groups.iter().zip(metadata.row_groups()).all(fits) {
            return Err(ReadError::Footer("its row groups are not those that were written"));
        }
        Ok(Some(sums))
    }
}

/// The checksum of the columns' names and types.
pub(crate) fn schema(schema: &SchemaDescriptor) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for column in schema.columns() {
        let (name, levels) = (column.path().string(), (column.max_def_level(), column.max_rep_level()));
        let types = format!("{name} {:?} {:?} {levels:?}\n", column.physical_type(), column.logical_type_ref());
        hasher.update(types.as_bytes());
    }
    hasher.finalize()
}
