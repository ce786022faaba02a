//! A tantivy index on disk: opened or made anew, written in small commits, read without a lock.
//!
//! What is in it is derived: a folder that is missing, broken, or of another revision is emptied, and whoever
//! follows the documents fills it again from the position 0. Must never know what is indexed.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    directory::MmapDirectory,
    schema::Schema,
    tokenizer::{TextAnalyzer, TokenizerManager},
};

/// What tantivy asks for at least; one thread with this fills a catalogue of thousands in a second.
const WRITER_BYTES: usize = 15_000_000;

/// Decompressed blocks of stored fields that each segment keeps, 16 KiB each.
const STORE_BLOCKS: usize = 160;

/// Segments above this many documents are left to tantivy's own merging when the index is at rest.
const SMALL: u32 = 200_000;

/// Why the index did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("search index: {0}")]
    Index(#[from] TantivyError),
    #[error("search index folder: {0}")]
    Folder(#[from] io::Error),
}

impl From<SearchError> for contract::Problem {
    fn from(error: SearchError) -> Self {
        tracing::error!(%error, "search");
        Self::internal()
    }
}

/// What an index holds, and how texts in it are cut into words.
pub struct Definition {
    pub schema: Schema,
    pub tokenizers: Vec<(&'static str, TextAnalyzer)>,
    /// Changes whenever the same document would be indexed differently; then the index is made anew.
    pub revision: String,
}

/// Written with every commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payload {
    revision: String,
    position: u64,
}

/// What to do to one document; `key` names it in the index.
pub struct Put {
    pub key: Term,
    pub document: TantivyDocument,
}

/// An open index.
pub struct SearchIndex {
    index: Index,
    reader: IndexReader,
    revision: String,
    /// Open only while there is something to write: it holds a thread and [`WRITER_BYTES`].
    writer: Mutex<Option<IndexWriter>>,
}

impl SearchIndex {
    /// Opens the index in `folder`, or an empty one where there is none that fits.
    ///
    /// # Errors
    /// [`SearchError`] where the folder cannot be written.
    pub fn open(folder: &Path, definition: Definition) -> Result<Self, SearchError> {
        fs::create_dir_all(folder)?;
        let index = match open_fitting(folder, &definition) {
            Some(index) => index,
            None => {
                tracing::info!(folder = %folder.display(), "the search index is made anew");
                fs::remove_dir_all(folder)?;
                fs::create_dir_all(folder)?;
                Index::create(
                    MmapDirectory::open(folder).map_err(TantivyError::from)?,
                    definition.schema,
                    IndexSettings::default(),
                )?
            }
        };
        let mut index = index;
        let tokenizers = TokenizerManager::default();
        for (name, analyzer) in definition.tokenizers {
            tokenizers.register(name, analyzer);
        }
        index.set_tokenizers(tokenizers);
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(STORE_BLOCKS).try_into()?;
        Ok(Self { index, reader, revision: definition.revision, writer: Mutex::new(None) })
    }

    /// A view of the last commit, the same for as long as it is held.
    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Where the follower of the documents stood at the last commit; 0 for an empty index.
    ///
    /// # Errors
    /// [`SearchError::Index`] where the index cannot be read.
    pub fn position(&self) -> Result<u64, SearchError> {
        Ok(payload(&self.index)?.map_or(0, |payload| payload.position))
    }

    /// Replaces documents by their keys, remembers `position`, and shows it all at once. Blocks on the disk.
    ///
    /// # Errors
    /// [`SearchError::Index`]; then nothing of it is visible, now or after a restart.
    pub fn apply(&self, puts: Vec<Put>, position: u64) -> Result<(), SearchError> {
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.write(&mut slot, puts, position);
        if result.is_err() {
            // A writer that failed once refuses everything after: the next one starts afresh.
            *slot = None;
        }
        result
    }

    fn write(&self, slot: &mut Option<IndexWriter>, puts: Vec<Put>, position: u64) -> Result<(), SearchError> {
        let writer = match slot {
            Some(writer) => writer,
            None => slot.insert(self.index.writer_with_num_threads(1, WRITER_BYTES)?),
        };
        for put in puts {
            writer.delete_term(put.key);
            writer.add_document(put.document)?;
        }
        let payload = Payload { revision: self.revision.clone(), position };
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&payload).unwrap_or_default());
        commit.commit()?;
        Ok(self.reader.reload()?)
    }

    /// Puts the writer away after a burst, and small segments together: one segment answers fastest. Blocks.
    ///
    /// # Errors
    /// [`SearchError::Index`]; what was committed stays.
    pub fn rest(&self) -> Result<(), SearchError> {
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut writer) = slot.take() else { return Ok(()) };
        let small: Vec<_> = self.index.searchable_segment_metas()?;
        if small.len() > 1 && small.iter().map(tantivy::SegmentMeta::max_doc).sum::<u32>() <= SMALL {
            let ids: Vec<_> = small.iter().map(tantivy::SegmentMeta::id).collect();
            // A segment that tantivy is merging already cannot be merged here; then it is in good hands.
            if let Err(error) = writer.merge(&ids).wait() {
                tracing::debug!(%error, "segments are left to the merge under way");
            }
        }
        writer.wait_merging_threads()?;
        Ok(self.reader.reload()?)
    }
}

/// The index in `folder` where it is whole and of this revision.
fn open_fitting(folder: &Path, definition: &Definition) -> Option<Index> {
    let index = Index::open_in_dir(folder).ok()?;
    let fits = index.schema() == definition.schema
        && payload(&index).ok()?.is_none_or(|payload| payload.revision == definition.revision);
    // Every byte is read once: a file that is missing, cut short or overwritten shows here and not in a query.
    let whole = fits && no_stubs(folder) && index.validate_checksum().is_ok_and(|broken| broken.is_empty());
    whole.then_some(index)
}

/// A crash leaves empty files; tantivy takes it for granted that each has room for its footer.
fn no_stubs(folder: &Path) -> bool {
    let Ok(files) = fs::read_dir(folder) else { return false };
    files.flatten().all(|file| {
        let is_data = ["idx", "pos", "term", "store", "fast", "fieldnorm", "del"]
            .iter()
            .any(|kind| file.path().extension().is_some_and(|extension| extension == *kind));
        !is_data || file.metadata().is_ok_and(|meta| meta.len() >= 64)
    })
}

fn payload(index: &Index) -> Result<Option<Payload>, TantivyError> {
    let metas = index.load_metas()?;
    Ok(metas.payload.and_then(|payload| serde_json::from_str(&payload).ok()))
}
