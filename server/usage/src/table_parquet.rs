//! Tables in Parquet, in row groups of a bounded size.

use std::{io::Write, sync::Arc};

use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use crate::table::{Cell, Field, Holds, Sink, TableError, check};

/// Rows of a row group.
const OF_A_GROUP: usize = 8192;

/// A Parquet file of a table: text as STRING, numbers as INT64, decimals as DOUBLE, days as DATE; all may be null.
pub struct Parquet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: &'static [Field],
    rows: Vec<Vec<Cell>>,
}

impl<W: Write + Send> Parquet<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn new(columns: &'static [Field], to: W) -> Result<Self, TableError> {
        let column = |column: &Field| match column.holds {
            Holds::Text => format!("OPTIONAL BYTE_ARRAY {} (STRING);", column.name),
            Holds::Number => format!("OPTIONAL INT64 {};", column.name),
            Holds::Decimal => format!("OPTIONAL DOUBLE {};", column.name),
            Holds::Day => format!("OPTIONAL INT32 {} (DATE);", column.name),
        };
        let schema = format!("message report {{ {} }}", columns.iter().map(column).collect::<Vec<_>>().join(" "));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("marquee".to_owned())
            .build();
        let file = SerializedFileWriter::new(to, Arc::new(parse_message_type(&schema)?), Arc::new(properties))?;
        Ok(Self { file, columns, rows: Vec::new() })
    }

    fn flush(&mut self) -> Result<(), TableError> {
        let mut group = self.file.next_row_group()?;
        for (at, column) in self.columns.iter().enumerate() {
            let ended = || ParquetError::General("a row group ended before its columns".to_owned());
            let mut writer = group.next_column()?.ok_or_else(ended)?;
            let cells = || self.rows.iter().filter_map(|row| row.get(at));
            let levels: Vec<i16> = cells().map(|cell| i16::from(*cell != Cell::Empty)).collect();
            match column.holds {
                Holds::Text => {
                    let texts: Vec<ByteArray> = cells().filter_map(text).collect();
                    writer.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None)
                }
                Holds::Number => {
                    let numbers: Vec<i64> = cells().filter_map(number).collect();
                    writer.typed::<Int64Type>().write_batch(&numbers, Some(&levels), None)
                }
                Holds::Decimal => {
                    let decimals: Vec<f64> = cells().filter_map(decimal).collect();
                    writer.typed::<DoubleType>().write_batch(&decimals, Some(&levels), None)
                }
                Holds::Day => {
                    let days: Vec<i32> = cells().filter_map(day).collect();
                    writer.typed::<Int32Type>().write_batch(&days, Some(&levels), None)
                }
            }?;
            writer.close()?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }
}

impl<W: Write + Send> Sink for Parquet<W> {
    type Written = W;

    fn row(&mut self, cells: &[Cell]) -> Result<(), TableError> {
        check(self.columns, cells)?;
        self.rows.push(cells.to_vec());
        if self.rows.len() >= OF_A_GROUP { self.flush() } else { Ok(()) }
    }

    fn finish(mut self) -> Result<W, TableError> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        Ok(self.file.into_inner()?)
    }
}

fn text(cell: &Cell) -> Option<ByteArray> {
    if let Cell::Text(text) = cell { Some(text.as_str().into()) } else { None }
}

fn number(cell: &Cell) -> Option<i64> {
    if let Cell::Number(number) = cell { Some(i64::try_from(*number).unwrap_or(i64::MAX)) } else { None }
}

fn decimal(cell: &Cell) -> Option<f64> {
    if let Cell::Decimal(decimal) = cell { Some(*decimal) } else { None }
}

fn day(cell: &Cell) -> Option<i32> {
    if let Cell::Day(day) = cell { Some(*day) } else { None }
}
