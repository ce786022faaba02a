//! Events out of a Parquet file, a few thousand rows of the columns that are asked for at a time.
//!
//! What is in memory is bounded by a row group's compressed columns and one batch of rows, however long the file is.

use std::{ops::Range, sync::Arc, vec};

use parquet::{
    column::reader::{ColumnReader, get_column_reader},
    errors::ParquetError,
    file::{
        metadata::{ParquetMetaData, ParquetMetaDataReader},
        reader::ChunkReader,
    },
};

use crate::{
    chunk::{ChunkError, decoded, pages},
    columns::{Cells, Column, Columns, Name},
    error::ReadError,
    event::Event,
    schema,
    shape::Shape,
    sums::Sums,
};

/// Rows that are decoded at once.
const OF_A_BATCH: usize = 4096;

/// Every event of a file, in its order.
///
/// # Errors
/// [`ReadError`] where it is no whole file of events. The events themselves may be errors as well; nothing comes after one.
pub fn read<R: ChunkReader + 'static>(file: R) -> Result<Events<R>, ReadError> {
    let batches = Batches::open(file, Name::ALL)?;
    Ok(Events { batches, columns: Columns::default(), events: Vec::new().into_iter(), unknown: 0, failed: false })
}

/// The events of a file.
pub struct Events<R> {
    batches: Batches<R>,
    columns: Columns,
    events: vec::IntoIter<Event>,
    unknown: u64,
    failed: bool,
}

impl<R> Events<R> {
    /// How many events were left out so far, because this build does not know their kind.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }
}

impl<R: ChunkReader + 'static> Iterator for Events<R> {
    type Item = Result<Event, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            if let Some(event) = self.events.next() {
                return Some(Ok(event));
            }
            match self.batches.read(&mut self.columns) {
                Ok(false) => return None,
                Ok(true) => {
                    let events: Vec<Event> = self.columns.rows().filter_map(|row| row.event()).collect();
                    self.unknown = self.unknown.saturating_add((self.columns.len() - events.len()) as u64);
                    self.events = events.into_iter();
                }
                Err(error) => {
                    self.failed = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// The rows of a file, of some columns, batch by batch.
pub struct Batches<R> {
    file: Arc<R>,
    metadata: ParquetMetaData,
    sums: Option<Sums>,
    /// What is read, and where in the file it is.
    columns: Vec<(Name, usize)>,
    /// Milliseconds since 1970; row groups that have nothing of it are passed over.
    period: Range<u64>,
    next_group: usize,
    group: Option<Group>,
}

struct Group {
    number: usize,
    left: usize,
    readers: Vec<(Name, ColumnReader)>,
}

impl<R: ChunkReader + 'static> Batches<R> {
    /// Opens a file. Columns that it does not have stay empty, and those that are not asked for are not read.
    ///
    /// # Errors
    /// [`ReadError`] where it is no whole file of events.
    pub fn open(file: R, columns: &[Name]) -> Result<Self, ReadError> {
        let metadata = decoded(|| ParquetMetaDataReader::new().parse_and_finish(&file)).map_err(ReadError::Open)?;
        let sums = Sums::of(&metadata)?;
        let places = schema::places(metadata.file_metadata().schema_descr())?;
        let columns = Name::ALL.iter().copied().zip(places).filter(|(name, _)| columns.contains(name));
        let columns = columns.filter_map(|(name, place)| Some((name, place?))).collect();
        Ok(Self { file: Arc::new(file), metadata, sums, columns, period: 0..u64::MAX, next_group: 0, group: None })
    }

    /// Passes over row groups that have nothing of a period (milliseconds since 1970). Rows of other times come with those that have.
    #[must_use]
    pub fn within(self, period: Range<u64>) -> Self {
        Self { period, ..self }
    }

    /// Puts the next rows in the place of what is in `columns`: whether there were any.
    ///
    /// # Errors
    /// [`ReadError`]; what is in `columns` is then of no use, and the file is not to be read on.
    pub fn read(&mut self, columns: &mut Columns) -> Result<bool, ReadError> {
        columns.clear();
        while self.group.as_ref().is_none_or(|group| group.left == 0) {
            if !self.next_group()? {
                return Ok(false);
            }
        }
        let Some(group) = &mut self.group else { return Ok(false) };
        let rows = group.left.min(OF_A_BATCH);
        for (name, reader) in &mut group.readers {
            fill(columns, *name, reader, (group.number, rows))?;
        }
        group.left = group.left.saturating_sub(rows);
        columns.set_len(rows);
        Ok(true)
    }

    fn next_group(&mut self) -> Result<bool, ReadError> {
        let number = self.next_group;
        self.next_group = number.saturating_add(1);
        let Some(group) = self.metadata.row_groups().get(number) else { return Ok(false) };
        let left = usize::try_from(group.num_rows()).map_err(|_| ReadError::Footer("a row group has less than no rows"))?;
        let sums = self.sums.as_ref().and_then(|sums| sums.groups.get(number));
        let outside = |(first, last): (u64, u64)| last < self.period.start || first >= self.period.end;
        if sums.and_then(|sums| sums.span).is_some_and(outside) {
            self.group = None;
            return Ok(true);
        }
        let mut readers = Vec::with_capacity(self.columns.len());
        for (name, place) in &self.columns {
            let column = name.as_str();
            let Some(chunk) = group.columns().get(*place) else { return Err(ReadError::Missing(column)) };
            let sum = sums.and_then(|sums| sums.chunks.get(*place)).copied();
            let pages = pages(&self.file, chunk, left, sum).map_err(|error| match error {
                ChunkError::Damaged => ReadError::Damaged { group: number, column },
                ChunkError::Parquet(error) => ReadError::Column { group: number, column, error },
            })?;
            readers.push((*name, get_column_reader(chunk.column_descr_ptr(), pages)));
        }
        self.group = Some(Group { number, left, readers });
        Ok(true)
    }
}

fn fill(columns: &mut Columns, name: Name, reader: &mut ColumnReader, (group, rows): (usize, usize)) -> Result<(), ReadError> {
    let column = name.as_str();
    let read = decoded(|| match (columns.cells(name), reader) {
        (Cells::Number(cells), ColumnReader::Int64ColumnReader(reader)) => {
            let read = reader.read_records(rows, Some(&mut cells.levels), None, &mut cells.values);
            read.map(|read| (read, level(cells), cells.wrong().map(i64::to_string)))
        }
        (Cells::Text(cells), ColumnReader::ByteArrayColumnReader(reader)) => {
            let read = reader.read_records(rows, Some(&mut cells.levels), None, &mut cells.values);
            read.map(|read| (read, level(cells), cells.wrong().map(|_| "no UTF-8".to_owned())))
        }
        (Cells::Hash(cells), ColumnReader::FixedLenByteArrayColumnReader(reader)) => {
            let read = reader.read_records(rows, Some(&mut cells.levels), None, &mut cells.values);
            read.map(|read| (read, level(cells), cells.wrong().map(|_| "no 16 bytes".to_owned())))
        }
        (Cells::Flag(cells), ColumnReader::BoolColumnReader(reader)) => {
            let read = reader.read_records(rows, Some(&mut cells.levels), None, &mut cells.values);
            read.map(|read| (read, level(cells), None))
        }
        _ => Err(ParquetError::General("its type is not that of the schema".to_owned())),
    });
    let ((found, _, _), (), wrong) = read.map_err(|error| ReadError::Column { group, column, error })?;
    if found != rows {
        return Err(ReadError::Rows { group, column, found, expected: rows });
    }
    wrong.map_or(Ok(()), |value| Err(ReadError::Value { group, column, value }))
}

/// A column that may not be null has values and no levels.
fn level<S: Shape>(cells: &mut Column<S>) {
    if cells.levels.is_empty() {
        cells.levels.resize(cells.values.len(), 1);
    }
}
