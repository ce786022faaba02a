//! Histories in a file: `user,title,timestamp,weight` a line (CSV, RFC 4180), with those names on the first.

use std::io::Read;

use serde::Deserialize;

/// Why a file is not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    #[error("{0}")]
    Csv(#[from] csv::Error),
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: &'static str },
}

/// One line.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Event {
    pub user: String,
    pub title: String,
    /// Seconds since 1970, or in any other unit that grows.
    pub timestamp: f64,
    /// How much it says; 1 where the file says nothing.
    #[serde(default)]
    pub weight: Option<f32>,
}

/// Characters of a name.
const LONGEST: usize = 256;

/// Reads a file, an event at a time.
///
/// # Errors
/// [`EventsError`], with the line where it is one.
pub fn read<E: From<EventsError>>(file: impl Read, mut each: impl FnMut(Event) -> Result<(), E>) -> Result<u64, E> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let mut count = 0;
    for event in reader.deserialize::<Event>() {
        let event = event.map_err(EventsError::from)?;
        count += 1;
        let refuse = |reason| EventsError::Line { line: count + 1, reason };
        if event.user.is_empty() || event.title.is_empty() {
            return Err(refuse("it lacks a user or a title").into());
        }
        if event.user.len() > LONGEST || event.title.len() > LONGEST {
            return Err(refuse("a name is longer than 256 bytes").into());
        }
        if !event.timestamp.is_finite() || event.timestamp < 0.0 {
            return Err(refuse("the timestamp is no number from 0 on").into());
        }
        if event.weight.is_some_and(|weight| !weight.is_finite()) {
            return Err(refuse("the weight is no number").into());
        }
        each(event)?;
    }
    Ok(count)
}
