//! The columns as Parquet has them: types of a file that is written, and whether those of one that is read fit.

use std::sync::Arc;

use parquet::{
    basic::{Compression, Encoding, LogicalType, TimeUnit, Type, ZstdLevel},
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr},
    schema::{
        parser::parse_message_type,
        types::{ColumnDescriptor, ColumnPath, SchemaDescriptor, TypePtr},
    },
};

use crate::{
    columns::{Cells, Columns, Name},
    error::ReadError,
};

/// Of what is compressed once and read often: twice the time of the lowest level and a tenth smaller.
const LEVEL: i32 = 3;
/// Bytes of a dictionary. Hashes of a whole row group fit.
const DICTIONARY: usize = 2 << 20;

impl Name {
    /// Whether each row has it.
    pub(crate) fn is_required(self) -> bool {
        matches!(self, Self::At | Self::Kind)
    }

    fn expected(self) -> (Type, &'static str, &'static str) {
        match Columns::default().cells(self) {
            Cells::Number(_) if self == Self::At => (Type::INT64, "INT64", "(TIMESTAMP(MILLIS,true))"),
            Cells::Number(_) => (Type::INT64, "INT64", ""),
            Cells::Text(_) => (Type::BYTE_ARRAY, "BYTE_ARRAY", "(STRING)"),
            Cells::Hash(_) => (Type::FIXED_LEN_BYTE_ARRAY, "FIXED_LEN_BYTE_ARRAY(16)", ""),
            Cells::Flag(_) => (Type::BOOLEAN, "BOOLEAN", ""),
        }
    }

    /// Whether a file's column can be read as this one.
    fn check(self, column: &ColumnDescriptor) -> Result<(), ReadError> {
        let (physical, expected, _) = self.expected();
        let refuse = |found: String| Err(ReadError::Type { column: self.as_str(), found, expected });
        if column.physical_type() != physical {
            return refuse(column.physical_type().to_string());
        }
        if physical == Type::FIXED_LEN_BYTE_ARRAY && column.type_length() != 16 {
            return refuse(format!("FIXED_LEN_BYTE_ARRAY({})", column.type_length()));
        }
        if column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return refuse("nested".to_owned());
        }
        match column.logical_type_ref() {
            Some(LogicalType::Timestamp(timestamp)) if timestamp.unit != TimeUnit::MILLIS => {
                Err(ReadError::Type { column: self.as_str(), found: format!("in {:?}", timestamp.unit), expected: "MILLIS" })
            }
            _ => Ok(()),
        }
    }
}

/// The schema of a file that is written.
pub(crate) fn schema() -> Result<TypePtr, ParquetError> {
    let columns: Vec<String> = Name::ALL
        .iter()
        .map(|name| {
            let (repetition, (_, physical, logical)) =
                (if name.is_required() { "REQUIRED" } else { "OPTIONAL" }, name.expected());
            format!("{repetition} {physical} {} {logical};", name.as_str())
        })
        .collect();
    Ok(Arc::new(parse_message_type(&format!("message events {{ {} }}", columns.join(" ")))?))
}

pub(crate) fn properties() -> Result<WriterPropertiesPtr, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(None)
        .set_dictionary_page_size_limit(DICTIONARY)
        .set_created_by("marquee".to_owned());
    // Of these nearly every value is another one; what they have in common is their size.
    for name in [Name::At, Name::Bytes] {
        let path = ColumnPath::new(vec![name.as_str().to_owned()]);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    Ok(Arc::new(properties.build()))
}

/// Where in a file each column is, in the order of [`Name::ALL`]; nothing where an older build did not write it. Columns of a newer
/// build are not looked at.
pub(crate) fn places(schema: &SchemaDescriptor) -> Result<Vec<Option<usize>>, ReadError> {
    let place = |name: &Name| {
        let place = schema.columns().iter().position(|column| column.path().parts() == [name.as_str()]);
        match place.and_then(|place| schema.columns().get(place)) {
            Some(column) => name.check(column)?,
            None if name.is_required() => return Err(ReadError::Missing(name.as_str())),
            None => {}
        }
        Ok(place)
    };
    Name::ALL.iter().map(place).collect()
}
