//! `marquee import-catalogue FILE`: reads titles from a file as it goes, and says of each bad one why.
//!
//! A bad record never stops the rest. Must never hold more of the file than a few batches.

use std::io::BufRead;

use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    facts::NewTitle,
    ingest::{BATCH, Did, Identified, Ingest, IngestError, Outcome},
    poster_variety::PosterVariety,
    scan::{RawRecord, Records, ScanError},
};

/// What the sources of titles from such a file begin with: the file's own name for the title follows.
pub const IMPORTED: &str = "import:";

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
    /// The work on a batch panicked; the panic itself is in the log.
    #[error("a batch of titles broke off")]
    BrokenOff,
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
    let (sender, mut receiver) = mpsc::channel::<Result<Result<NewTitle, BadRecord>, ScanError>>(BATCH);
    // A file is read and understood where that holds up nobody. It ends when this future is dropped.
    let reading = tokio::task::spawn_blocking(move || {
        for record in Records::new(reader) {
            if sender.blocking_send(record.map(|record| title_in(&record))).is_err() {
                return;
            }
        }
    });
    let mut importing = Importing { ingest, counts: Counts::default(), identifying: None, writing: None };
    let mut batch = Vec::with_capacity(BATCH);
    let mut failure = None;
    while let Some(record) = receiver.recv().await {
        match record {
            Ok(Ok(title)) => batch.push(title),
            Ok(Err(bad)) => {
                importing.counts.refused += 1;
                on_error(&bad);
            }
            Err(error) => failure = Some(error),
        }
        if batch.len() == BATCH {
            importing.take_in(std::mem::take(&mut batch)).await?;
            on_progress(&importing.counts);
        }
    }
    importing.take_in(batch).await?;
    importing.finish().await?;
    on_progress(&importing.counts);
    // It only ends by itself; a panic in a reader is not ours to hide.
    if let Err(error) = reading.await {
        tracing::error!(%error, "the reader of the import file stopped");
    }
    failure.map_or(Ok(importing.counts), |error| Err(error.into()))
}

/// An import under way: while one batch is written, the next gets its ids. Each step is done in the file's order, so that the
/// last of two records of a title stands.
struct Importing<'a> {
    ingest: &'a Ingest,
    counts: Counts,
    identifying: Option<JoinHandle<Result<Identified, IngestError>>>,
    writing: Option<JoinHandle<Result<Vec<Outcome>, IngestError>>>,
}

impl Importing<'_> {
    async fn take_in(&mut self, batch: Vec<NewTitle>) -> Result<(), ImportError> {
        let before = self.identified().await?;
        let ingest = self.ingest.clone();
        self.identifying = Some(tokio::spawn(async move { ingest.identify(batch, &mut PosterVariety::default()).await }));
        self.write(before).await
    }

    async fn finish(&mut self) -> Result<(), ImportError> {
        let last = self.identified().await?;
        self.write(last).await?;
        self.written().await
    }

    async fn identified(&mut self) -> Result<Option<Identified>, ImportError> {
        let Some(identifying) = self.identifying.take() else { return Ok(None) };
        Ok(Some(identifying.await.map_err(|_| ImportError::BrokenOff)??))
    }

    /// Begins to write, once the batch before is written.
    async fn write(&mut self, identified: Option<Identified>) -> Result<(), ImportError> {
        let Some(identified) = identified else { return Ok(()) };
        self.written().await?;
        let ingest = self.ingest.clone();
        self.writing = Some(tokio::spawn(async move { ingest.write(identified).await }));
        Ok(())
    }

    /// Waits for the batch that is being written, and counts it.
    async fn written(&mut self) -> Result<(), ImportError> {
        let Some(writing) = self.writing.take() else { return Ok(()) };
        for outcome in writing.await.map_err(|_| ImportError::BrokenOff)?? {
            match outcome.did {
                Did::Create => self.counts.created += 1,
                Did::Update => self.counts.updated += 1,
                Did::Nothing => self.counts.unchanged += 1,
            }
        }
        Ok(())
    }
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
    title.source = format!("{IMPORTED}{source}");
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
