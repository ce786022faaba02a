//! `marquee import-catalogue FILE`: reads titles from a file as it goes, and says of each bad one why.
//!
//! A bad record never stops the rest. Must never hold more of the file than a few batches.

use std::io::BufRead;

use tokio::sync::mpsc;

use super::{
    facts::NewTitle,
    ingest::{BATCH, Did, Ingest, IngestError},
    scan::{RawRecord, Records, ScanError},
};

/// How the import of a file went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub refused: u64,
}

/// Why one record was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: {message}")]
pub struct BadRecord {
    pub line: u64,
    /// As a path: `people[0].role`; `record` where it is the record as a whole.
    pub field: String,
    pub message: String,
}

/// Why an import ended before its file did. What came before is imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
}

/// Imports every good record of `reader`: a JSON array of titles, or JSON lines (shape: [`NewTitle`]).
/// `on_error` hears of each bad record, `on_progress` of the counts after each batch.
///
/// # Errors
/// [`ImportError`] where the rest of the file cannot be read, or the store does not take it.
pub async fn import_catalogue(
    reader: impl BufRead + Send + 'static,
    ingest: &Ingest,
    mut on_error: impl FnMut(&BadRecord) + Send,
    mut on_progress: impl FnMut(&Counts) + Send,
) -> Result<Counts, ImportError> {
    let (sender, mut receiver) = mpsc::channel::<Result<RawRecord, ScanError>>(BATCH);
    // A file is read where waiting for a disk holds up nobody. It ends when this future is dropped.
    let reading = tokio::task::spawn_blocking(move || {
        for record in Records::new(reader) {
            if sender.blocking_send(record).is_err() {
                return;
            }
        }
    });
    let mut counts = Counts::default();
    let mut batch = Vec::with_capacity(BATCH);
    let mut failure = None;
    while let Some(record) = receiver.recv().await {
        match record {
            Ok(record) => match title_in(&record) {
                Ok(title) => batch.push(title),
                Err(bad) => {
                    counts.refused += 1;
                    on_error(&bad);
                }
            },
            Err(error) => failure = Some(error),
        }
        if batch.len() == BATCH {
            take_in(ingest, &mut batch, &mut counts).await?;
            on_progress(&counts);
        }
    }
    take_in(ingest, &mut batch, &mut counts).await?;
    on_progress(&counts);
    // It only ends by itself; a panic in a reader is not ours to hide.
    if let Err(error) = reading.await {
        tracing::error!(%error, "the reader of the import file stopped");
    }
    failure.map_or(Ok(counts), |error| Err(error.into()))
}

async fn take_in(ingest: &Ingest, batch: &mut Vec<NewTitle>, counts: &mut Counts) -> Result<(), IngestError> {
    for outcome in ingest.upsert_many(std::mem::take(batch)).await? {
        match outcome.did {
            Did::Create => counts.created += 1,
            Did::Update => counts.updated += 1,
            Did::Nothing => counts.unchanged += 1,
        }
    }
    Ok(())
}

fn title_in(record: &RawRecord) -> Result<NewTitle, BadRecord> {
    let mut json = serde_json::Deserializer::from_slice(&record.bytes);
    let mut title: NewTitle = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.inner();
        let within = u64::try_from(cause.line()).unwrap_or(1).max(1) - 1;
        bad(record.line + within, path_or_record(&path, &cause.to_string()), without_place(&cause.to_string()))
    })?;
    json.end().map_err(|error| bad(record.line, "record".to_owned(), without_place(&error.to_string())))?;
    title.check().map_err(|wrong| bad(record.line, wrong.field, wrong.message))?;
    let source = if title.source.is_empty() { title.title_and_year() } else { std::mem::take(&mut title.source) };
    title.source = format!("import:{source}");
    Ok(title)
}

/// serde names a missing field in its message alone.
fn path_or_record(path: &str, message: &str) -> String {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (path, missing) {
        ("." | "?", Some(field)) => field.to_owned(),
        ("." | "?", None) => "record".to_owned(),
        (path, Some(field)) => format!("{path}.{field}"),
        (path, None) => path.to_owned(),
    }
}

/// The line within the record is no line of the file: it is told apart from the message.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}

fn bad(line: u64, field: String, message: String) -> BadRecord {
    BadRecord { line, field, message }
}
