//! What a platform was used for, as data: typed events, their form in Parquet, exact sums, and reports in constant memory.
//!
//! Pure computation over bytes that are given. [`event`] says what happened, [`write`] and [`read`] keep it in Parquet files
//! that any tool reads, [`rollup`] sums it by the hour and by [`dimension`], and [`report`] makes tables of files of any length.
//! Nobody is named: profiles and sessions are hashes with a key of the day.
//! Must never lose an event without saying so, and never fail on what it is given other than by an error.

mod chunk;
mod columns;
pub mod dimension;
mod error;
pub mod event;
pub mod generate;
mod groups;
pub mod histogram;
mod layout;
mod read;
pub mod report;
pub mod rollup;
mod row;
mod schema;
mod searches;
mod shape;
mod sums;
pub mod table;
mod table_parquet;
pub mod tally;
#[cfg(test)]
mod tests;
pub mod time;
mod write;

pub use self::{
    columns::{Columns, Name, Row, Rows},
    dimension::Dimension,
    error::{ReadError, WriteError},
    event::{Event, EventError, Kind, ProfileHash, SessionHash},
    read::{Batches, Events, read},
    report::{Report, Scope},
    searches::ASKERS,
    table_parquet::Parquet,
    tally::Tally,
    time::Hour,
    write::{OF_A_GROUP, Writer, write},
};
