//! Small typed tables, and their forms: CSV, JSON lines and Parquet, each written a row at a time.

use std::io::Write;

use parquet::errors::ParquetError;
use serde_json::{Map, Number, Value};

use crate::time::day_text;

/// What a column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// UTF-8.
    Text,
    /// From 0 to 2^63 - 1; what is more is written as that.
    Number,
    /// A ratio or a mean.
    Decimal,
    /// A day of UTC.
    Day,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub holds: Holds,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(u64),
    Decimal(f64),
    /// Days since 1970.
    Day(i32),
}

impl<N: Into<Cell>> From<Option<N>> for Cell {
    fn from(cell: Option<N>) -> Self {
        cell.map_or(Self::Empty, Into::into)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<f64> for Cell {
    fn from(decimal: f64) -> Self {
        Self::Decimal(decimal)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A report's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub columns: &'static [Field],
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// What a reader has to know: what was left out or summed as other, in sentences.
    pub notes: Vec<String>,
}

impl Table {
    /// Writes the rows.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn write<S: Sink>(&self, mut sink: S) -> Result<S::Written, TableError> {
        for row in &self.rows {
            sink.row(row)?;
        }
        sink.finish()
    }
}

/// Why a table is not written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{0}")]
    Csv(#[from] csv::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Parquet(#[from] ParquetError),
    #[error("column `{0}` cannot hold such a cell")]
    Cell(&'static str),
    #[error("a row has {found} cells, where there are {expected} columns")]
    Width { found: usize, expected: usize },
}

/// A form that rows are written in.
pub trait Sink {
    /// What is left at the end.
    type Written;

    /// Writes a row.
    ///
    /// # Errors
    /// [`TableError`].
    fn row(&mut self, cells: &[Cell]) -> Result<(), TableError>;

    /// Writes what is left.
    ///
    /// # Errors
    /// [`TableError`].
    fn finish(self) -> Result<Self::Written, TableError>;
}

/// Refuses a row that does not have one fitting cell for each column.
pub(crate) fn check(columns: &'static [Field], cells: &[Cell]) -> Result<(), TableError> {
    if columns.len() != cells.len() {
        return Err(TableError::Width { found: cells.len(), expected: columns.len() });
    }
    let fits = |holds: Holds, cell: &Cell| match cell {
        Cell::Empty => true,
        Cell::Text(_) => holds == Holds::Text,
        Cell::Number(_) => holds == Holds::Number,
        Cell::Decimal(_) => holds == Holds::Decimal,
        Cell::Day(_) => holds == Holds::Day,
    };
    let wrong = columns.iter().zip(cells).find(|(column, cell)| !fits(column.holds, cell));
    wrong.map_or(Ok(()), |(column, _)| Err(TableError::Cell(column.name)))
}

/// Comma-separated values (RFC 4180), with the columns' names on the first line.
pub struct Csv<W: Write> {
    writer: csv::Writer<W>,
    columns: &'static [Field],
}

impl<W: Write> Csv<W> {
    /// Begins with the names.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn new(columns: &'static [Field], to: W) -> Result<Self, TableError> {
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(columns.iter().map(|column| column.name))?;
        Ok(Self { writer, columns })
    }
}

impl<W: Write> Sink for Csv<W> {
    type Written = W;

    fn row(&mut self, cells: &[Cell]) -> Result<(), TableError> {
        check(self.columns, cells)?;
        for cell in cells {
            self.writer.write_field(match cell {
                Cell::Empty => String::new(),
                Cell::Text(text) => harmless(text),
                Cell::Number(number) => number.to_string(),
                Cell::Decimal(decimal) => decimal.to_string(),
                Cell::Day(day) => day_text(*day),
            })?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    fn finish(self) -> Result<W, TableError> {
        self.writer.into_inner().map_err(|error| error.into_error().into())
    }
}

/// A text that no spreadsheet runs: one that begins as a formula gets an apostrophe before it
/// (OWASP, "CSV Injection", whose full-width signs and control characters count as well).
fn harmless(text: &str) -> String {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(begins) { format!("'{text}") } else { text.to_owned() }
}

/// One JSON object a line, by the columns' names. A decimal that is no number is null.
pub struct JsonLines<W: Write> {
    to: W,
    columns: &'static [Field],
}

impl<W: Write> JsonLines<W> {
    /// Nothing is written before the first row.
    pub fn new(columns: &'static [Field], to: W) -> Self {
        Self { to, columns }
    }
}

impl<W: Write> Sink for JsonLines<W> {
    type Written = W;

    fn row(&mut self, cells: &[Cell]) -> Result<(), TableError> {
        check(self.columns, cells)?;
        let value = |cell: &Cell| match cell {
            Cell::Empty => Value::Null,
            Cell::Text(text) => text.as_str().into(),
            Cell::Number(number) => (*number).into(),
            Cell::Decimal(decimal) => Number::from_f64(*decimal).map_or(Value::Null, Value::Number),
            Cell::Day(day) => day_text(*day).into(),
        };
        let object: Map<String, Value> =
            self.columns.iter().zip(cells).map(|(column, cell)| (column.name.to_owned(), value(cell))).collect();
        serde_json::to_writer(&mut self.to, &object)?;
        Ok(self.to.write_all(b"\n")?)
    }

    fn finish(mut self) -> Result<W, TableError> {
        self.to.flush()?;
        Ok(self.to)
    }
}
