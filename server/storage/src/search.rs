//! A tantivy index on disk: opened or made anew, written in small commits, read without a lock.
//!
//! What is in it is derived: where it is missing or broken another one is made, and whoever follows the documents fills it
//! from the beginning. One of another revision is searched until its successor, which is made beside it, is whole. Where
//! there is no room on disk it is kept in memory until there is. Must never know what is indexed, and never take a failure to
//! read for an index that is broken.

mod existing;
mod folder;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread,
};

use runtime::priority;
use serde::{Deserialize, Serialize};
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    directory::MmapDirectory,
    indexer::IndexWriterOptions,
    schema::Schema,
    tokenizer::{TextAnalyzer, TokenizerManager},
};

pub use self::folder::IndexFolder;
use self::{existing::Existing, folder::META};
use super::{disk, documents::feed::Position};

/// What tantivy asks for at least; one thread with this fills a catalogue of thousands in a second.
const WRITER_BYTES: usize = 15_000_000;

/// Bytes of stored fields that are compressed together: a page of a list decompresses a block for most of its titles.
const STORE_BLOCK: usize = 4096;

/// Decompressed blocks of stored fields that each segment keeps.
const STORE_BLOCKS: usize = 640;

/// Segments above this many documents are left to tantivy's own merging when the index is at rest.
const SMALL: u32 = 200_000;

/// Why the index did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("search index: {0}")]
    Index(#[from] TantivyError),
    #[error("search index folder {}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "{} holds something and is no search index of Marquee's: nothing in it was touched. Name a folder that is empty or not \
         there yet. If this is an index that an older Marquee left broken, delete the folder: it is made anew",
        .0.display()
    )]
    Foreign(PathBuf),
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
    /// Absent in what builds before the change feed wrote, which told a time here.
    #[serde(default)]
    progress: Option<Progress>,
}

/// How far an index has followed the documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub position: Position,
    /// Up to which id a listing has come that is not at its end; what changed since it began is behind the position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<String>,
}

/// What to do to one document; `key` names it in the index.
pub struct Put {
    pub key: Term,
    pub document: TantivyDocument,
}

/// The index that is searched, and where another one is made in its place. Cheap to read, rarely replaced.
pub struct SearchIndex {
    folder: PathBuf,
    definition: Definition,
    current: RwLock<Arc<Generation>>,
}

/// One index, from its making to its replacement.
pub struct Generation {
    index: Index,
    reader: IndexReader,
    /// By which its documents were made.
    revision: String,
    /// Where it is, on the disk.
    folder: Option<PathBuf>,
    /// Why it is in memory, where it is.
    in_memory: Option<String>,
    /// Open only while there is something to write: it holds a thread and [`WRITER_BYTES`].
    writer: Mutex<Option<IndexWriter>>,
}

/// What is wrong with the index that is searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the search index's folder is gone: it is made anew")]
    Gone,
    #[error("the search index is kept in memory: {0}")]
    InMemory(String),
    #[error("the search index is another version's, and is searched until its successor is made")]
    Outdated,
}

impl SearchIndex {
    /// Opens the index in `folder`, or an empty one where there is none that can be searched.
    ///
    /// # Errors
    /// [`SearchError`] where the folder is something else's, or cannot be read or written for another reason than that the
    /// disk is full.
    pub fn open(folder: &Path, definition: Definition) -> Result<Self, SearchError> {
        let current = or_in_memory(folder, &definition, || at_start(folder, &definition))?;
        Ok(Self { folder: folder.to_owned(), definition, current: RwLock::new(Arc::new(current)) })
    }

    /// A view of the last commit, the same for as long as it is held.
    pub fn searcher(&self) -> Searcher {
        self.current().reader.searcher()
    }

    /// The index that is searched.
    pub fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is wrong, where something is. One look at the disk.
    pub fn trouble(&self) -> Option<Trouble> {
        let current = self.current();
        match (&current.in_memory, &current.folder) {
            (Some(reason), _) => Some(Trouble::InMemory(reason.clone())),
            (None, Some(folder)) if matches!(folder.join(META).try_exists(), Ok(false)) => Some(Trouble::Gone),
            (None, Some(_) | None) => (current.revision != self.definition.revision).then_some(Trouble::Outdated),
        }
    }

    /// Another one beside the current one, which nobody searches until it is put in its place. Blocks.
    ///
    /// # Errors
    /// As [`SearchIndex::open`].
    pub fn anew(&self) -> Result<Arc<Generation>, SearchError> {
        let begin = || {
            let place = IndexFolder::claim(&self.folder)?;
            // What an earlier try left takes room.
            let keep = self.current().folder.clone();
            place.sweep(keep.as_deref());
            create(&place, &self.definition)
        };
        Ok(Arc::new(or_in_memory(&self.folder, &self.definition, begin)?))
    }

    /// From now on this one is searched, and opened by the next start; the one before is deleted. Blocks.
    ///
    /// # Errors
    /// [`SearchError`]; then the one before is searched.
    pub fn replace_with(&self, generation: Arc<Generation>) -> Result<(), SearchError> {
        let place = match &generation.folder {
            Some(folder) => {
                let place = IndexFolder::claim(&self.folder)?;
                place.point_to(folder)?;
                Some((place, folder.clone()))
            }
            None => None,
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = generation;
        // Whoever still searches the one before has its files open.
        if let Some((place, folder)) = place {
            place.sweep(Some(&folder));
        }
        Ok(())
    }
}

impl Generation {
    /// Whether it is lost with the process.
    pub fn is_in_memory(&self) -> bool {
        self.in_memory.is_some()
    }

    /// How far it had followed the documents at the last commit; nothing where it has not, or where a build before the change
    /// feed made it.
    ///
    /// # Errors
    /// [`SearchError::Index`] where the index cannot be read.
    pub fn progress(&self) -> Result<Option<Progress>, SearchError> {
        Ok(payload(&self.index)?.and_then(|payload| payload.progress))
    }

    /// How many documents it holds.
    pub fn count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Replaces documents by their keys, removes those that are gone, remembers the progress, and shows it all at once. Blocks on
    /// the disk.
    ///
    /// # Errors
    /// [`SearchError::Index`]; then nothing of it is visible, now or after a restart.
    pub fn apply(&self, puts: Vec<Put>, gone: Vec<Term>, progress: &Progress) -> Result<(), SearchError> {
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.write(&mut slot, puts, gone, progress);
        if result.is_err() {
            // A writer that failed once refuses everything after: the next one starts afresh.
            *slot = None;
        }
        result
    }

    fn write(
        &self,
        slot: &mut Option<IndexWriter>,
        puts: Vec<Put>,
        gone: Vec<Term>,
        progress: &Progress,
    ) -> Result<(), SearchError> {
        let writer = match slot {
            Some(writer) => writer,
            None => slot.insert(self.open_writer()?),
        };
        for put in puts {
            writer.delete_term(put.key);
            writer.add_document(put.document)?;
        }
        for key in gone {
            writer.delete_term(key);
        }
        let payload = Payload { revision: self.revision.clone(), progress: Some(progress.clone()) };
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&payload).unwrap_or_default());
        commit.commit()?;
        Ok(self.reader.reload()?)
    }

    /// Its threads, that it begins and that take their priority from whoever begins them, leave the processor to those that
    /// answer somebody.
    fn open_writer(&self) -> Result<IndexWriter, SearchError> {
        let open = || {
            priority::yield_to_viewers(priority::Work::Soon);
            let options = IndexWriterOptions::builder().num_worker_threads(1).memory_budget_per_thread(WRITER_BYTES);
            // Each merge holds the dictionaries of what it merges: one at a time.
            self.index.writer_with_options(options.num_merge_threads(1).build())
        };
        let opened = thread::scope(|scope| scope.spawn(open).join());
        let broken_off = |_| TantivyError::InternalError("opening a writer broke off".to_owned());
        Ok(opened.map_err(broken_off)??)
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

/// What `make` makes, and an empty index in memory where it finds no room.
fn or_in_memory(
    folder: &Path,
    definition: &Definition,
    make: impl FnOnce() -> Result<Generation, SearchError>,
) -> Result<Generation, SearchError> {
    match make() {
        Err(error @ SearchError::Foreign(_)) => Err(error),
        Err(error) if disk::says_full(&error) || disk::is_full(folder) => {
            tracing::error!(%error, "there is no room for the search index: it is kept in memory until there is");
            let index = Index::create_in_ram(definition.schema.clone());
            let reason = format!("{} ({})", disk::FULL, folder.display());
            Ok(Generation { in_memory: Some(reason), ..Generation::over(index, definition, None)? })
        }
        outcome => outcome,
    }
}

/// The index in `folder` where it can be searched, and else an empty one in its place.
fn at_start(folder: &Path, definition: &Definition) -> Result<Generation, SearchError> {
    let place = IndexFolder::claim(folder)?;
    if let Some(current) = place.current()? {
        match existing::open(&current, definition)? {
            Existing::Whole { index, revision } => {
                place.sweep(Some(&current));
                return Ok(Generation { revision, ..Generation::over(index, definition, Some(current))? });
            }
            Existing::Broken(reason) => tracing::warn!(%reason, "the search index cannot be searched"),
        }
    }
    tracing::info!(folder = %folder.display(), "the search index is made anew");
    // Nothing of it can be searched, and the new one needs the room.
    place.sweep(None);
    let generation = create(&place, definition)?;
    if let Some(folder) = &generation.folder {
        place.point_to(folder)?;
    }
    Ok(generation)
}

/// An empty index that does not count yet.
fn create(place: &IndexFolder, definition: &Definition) -> Result<Generation, SearchError> {
    let folder = place.begin()?;
    let directory = MmapDirectory::open(&folder).map_err(TantivyError::from)?;
    let settings = IndexSettings { docstore_blocksize: STORE_BLOCK, ..IndexSettings::default() };
    let index = Index::create(directory, definition.schema.clone(), settings)?;
    Generation::over(index, definition, Some(folder))
}

impl Generation {
    fn over(mut index: Index, definition: &Definition, folder: Option<PathBuf>) -> Result<Self, SearchError> {
        let tokenizers = TokenizerManager::default();
        for (name, analyzer) in &definition.tokenizers {
            tokenizers.register(name, analyzer.clone());
        }
        index.set_tokenizers(tokenizers);
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(STORE_BLOCKS).try_into()?;
        let revision = definition.revision.clone();
        Ok(Self { index, reader, revision, folder, in_memory: None, writer: Mutex::new(None) })
    }
}

fn payload(index: &Index) -> Result<Option<Payload>, TantivyError> {
    let metas = index.load_metas()?;
    Ok(metas.payload.and_then(|payload| serde_json::from_str(&payload).ok()))
}

#[cfg(test)]
mod tests;
