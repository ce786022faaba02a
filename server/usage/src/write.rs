//! Events into a Parquet file: zstd, dictionaries for what repeats, row groups of a bounded size.

use std::io::{self, Write};

use parquet::{
    data_type::{BoolType, ByteArrayType, FixedLenByteArrayType, Int64Type},
    errors::ParquetError,
    file::{metadata::RowGroupMetaData, writer::SerializedFileWriter},
};

use crate::{
    chunk::range,
    columns::{Cells, Columns, Name, Row},
    error::WriteError,
    event::Event,
    schema,
    sums::{self, Group, Sums},
};

/// Rows of a row group at most: some 20 MB while they are collected.
pub const OF_A_GROUP: usize = 65_536;

/// Writes a whole file of events, and gives the writer back.
///
/// # Errors
/// [`WriteError`]; what was written is no whole file then.
pub fn write<'a, W: Write + Send>(events: impl IntoIterator<Item = &'a Event>, to: W) -> Result<W, WriteError> {
    let mut writer = Writer::new(to)?;
    for event in events {
        writer.push(event)?;
    }
    writer.finish()
}

/// A file that events are written into as they come.
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<Buffered<W>>,
    columns: Columns,
    sums: Sums,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn new(to: W) -> Result<Self, WriteError> {
        let buffered = Buffered { to, written: 0, buffered: Vec::new() };
        let file = SerializedFileWriter::new(buffered, schema::schema()?, schema::properties()?)?;
        let sums = Sums { schema: sums::schema(file.schema_descr()), groups: Vec::new() };
        Ok(Self { file, columns: Columns::default(), sums })
    }

    /// Adds an event; with the last one of a row group, writes the group.
    ///
    /// # Errors
    /// [`WriteError::Event`] where the event cannot be kept, after which others can; anything else ends the file.
    pub fn push(&mut self, event: &Event) -> Result<(), WriteError> {
        self.push_row(&Row::from(event))
    }

    /// As [`Self::push`], of an event that is a row already.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn push_row(&mut self, row: &Row<'_>) -> Result<(), WriteError> {
        self.columns.push(row)?;
        if self.columns.len() >= OF_A_GROUP { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and the footer.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn finish(mut self) -> Result<W, WriteError> {
        if !self.columns.is_empty() {
            self.flush()?;
        }
        self.file.append_key_value_metadata(self.sums.entry()?);
        let mut buffered = self.file.into_inner()?;
        buffered.pass_on()?;
        buffered.to.flush()?;
        Ok(buffered.to)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        let mut group = self.file.next_row_group()?;
        for name in Name::ALL {
            let Some(mut column) = group.next_column()? else { return Err(ended().into()) };
            match self.columns.cells(*name) {
                // Each row has these, and levels are of columns that may be null.
                Cells::Number(cells) if name.is_required() => column.typed::<Int64Type>().write_batch(&cells.values, None, None),
                Cells::Text(cells) if name.is_required() => {
                    column.typed::<ByteArrayType>().write_batch(&cells.values, None, None)
                }
                Cells::Number(cells) => column.typed::<Int64Type>().write_batch(&cells.values, Some(&cells.levels), None),
                Cells::Text(cells) => column.typed::<ByteArrayType>().write_batch(&cells.values, Some(&cells.levels), None),
                Cells::Hash(cells) => {
                    column.typed::<FixedLenByteArrayType>().write_batch(&cells.values, Some(&cells.levels), None)
                }
                Cells::Flag(cells) => column.typed::<BoolType>().write_batch(&cells.values, Some(&cells.levels), None),
            }?;
            column.close()?;
        }
        let metadata = group.close()?;
        self.file.flush()?;
        let buffered = self.file.inner_mut();
        let chunks = buffered.chunks(&metadata).ok_or_else(ended)?;
        self.sums.groups.push(Group { rows: self.columns.len(), span: self.columns.span(), chunks });
        buffered.pass_on()?;
        self.columns.clear();
        Ok(())
    }
}

fn ended() -> ParquetError {
    ParquetError::General("a row group ended before its columns".to_owned())
}

/// Holds a row group's bytes back until their checksums are known.
struct Buffered<W> {
    to: W,
    /// Bytes that were passed on.
    written: u64,
    buffered: Vec<u8>,
}

impl<W: Write> Buffered<W> {
    fn chunks(&self, group: &RowGroupMetaData) -> Option<Vec<u32>> {
        let chunk = |(start, length): (u64, usize)| {
            let start = usize::try_from(start.checked_sub(self.written)?).ok()?;
            Some(crc32fast::hash(self.buffered.get(start..start.checked_add(length)?)?))
        };
        group.columns().iter().map(|column| range(column).and_then(chunk)).collect()
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.to.write_all(&self.buffered)?;
        self.written = self.written.saturating_add(self.buffered.len() as u64);
        self.buffered.clear();
        Ok(())
    }
}

impl<W: Write> Write for Buffered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
