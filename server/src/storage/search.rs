//! A tantivy index on disk: opened or made anew, written in small commits, read without a lock.
//!
//! What is in it is derived: a folder that is missing, broken, or of another revision is made anew, and whoever
//! follows the documents fills it again from the position 0. Where there is no room for it on disk it is kept in memory until
//! there is. Must never know what is indexed, and never delete a file that is not the index's own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    directory::MmapDirectory,
    schema::Schema,
    tokenizer::{TextAnalyzer, TokenizerManager},
};

use super::disk;

/// What tantivy asks for at least; one thread with this fills a catalogue of thousands in a second.
const WRITER_BYTES: usize = 15_000_000;

/// Decompressed blocks of stored fields that each segment keeps, 16 KiB each.
const STORE_BLOCKS: usize = 160;

/// Segments above this many documents are left to tantivy's own merging when the index is at rest.
const SMALL: u32 = 200_000;

/// What names the segments that count; written last, and so there where there is an index.
const META: &str = "meta.json";
/// Extensions of the parts of a segment.
const KINDS: [&str; 7] = ["idx", "pos", "term", "store", "fast", "fieldnorm", "del"];

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
    revision: String,
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
}

impl SearchIndex {
    /// Opens the index in `folder`, or an empty one where there is none that fits.
    ///
    /// # Errors
    /// [`SearchError`] where the folder cannot be written for another reason than that the disk is full.
    pub fn open(folder: &Path, definition: Definition) -> Result<Self, SearchError> {
        let current = RwLock::new(Arc::new(begin(folder, &definition)?));
        Ok(Self { folder: folder.to_owned(), definition, current })
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
        match &self.current().in_memory {
            Some(reason) => Some(Trouble::InMemory(reason.clone())),
            None => (!self.folder.join(META).exists()).then_some(Trouble::Gone),
        }
    }

    /// Another one in the same folder, which nobody searches until it is put in the current one's place. Blocks.
    ///
    /// # Errors
    /// As [`SearchIndex::open`].
    pub fn anew(&self) -> Result<Arc<Generation>, SearchError> {
        Ok(Arc::new(begin(&self.folder, &self.definition)?))
    }

    /// From now on this one is searched.
    pub fn replace_with(&self, generation: Arc<Generation>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = generation;
    }
}

impl Generation {
    /// Whether it is lost with the process.
    pub fn is_in_memory(&self) -> bool {
        self.in_memory.is_some()
    }

    /// Where the follower of the documents stood at the last commit; 0 for an empty index.
    ///
    /// # Errors
    /// [`SearchError::Index`] where the index cannot be read.
    pub fn position(&self) -> Result<u64, SearchError> {
        Ok(payload(&self.index)?.map_or(0, |payload| payload.position))
    }

    /// How many documents it holds.
    pub fn count(&self) -> u64 {
        self.reader.searcher().num_docs()
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

/// What is in `folder` where it fits, an empty index there where it does not, and one in memory where there is no room.
fn begin(folder: &Path, definition: &Definition) -> Result<Generation, SearchError> {
    let outcome = on_disk(folder, definition).and_then(|index| Generation::over(index, definition, None));
    match outcome {
        Err(error) if disk::says_full(&error) || disk::is_full(folder) => {
            tracing::error!(%error, "there is no room for the search index: it is kept in memory until there is");
            let index = Index::create_in_ram(definition.schema.clone());
            Generation::over(index, definition, Some(format!("{} ({})", disk::FULL, folder.display())))
        }
        outcome => outcome,
    }
}

fn on_disk(folder: &Path, definition: &Definition) -> Result<Index, SearchError> {
    fs::create_dir_all(folder)?;
    if let Some(index) = open_fitting(folder, definition) {
        return Ok(index);
    }
    tracing::info!(folder = %folder.display(), "the search index is made anew");
    clear(folder)?;
    let directory = MmapDirectory::open(folder).map_err(TantivyError::from)?;
    Ok(Index::create(directory, definition.schema.clone(), IndexSettings::default())?)
}

impl Generation {
    fn over(mut index: Index, definition: &Definition, in_memory: Option<String>) -> Result<Self, SearchError> {
        let tokenizers = TokenizerManager::default();
        for (name, analyzer) in &definition.tokenizers {
            tokenizers.register(name, analyzer.clone());
        }
        index.set_tokenizers(tokenizers);
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(STORE_BLOCKS).try_into()?;
        Ok(Self { index, reader, revision: definition.revision.clone(), in_memory, writer: Mutex::new(None) })
    }
}

/// Deletes the index's own files, and nothing else that may lie beside them.
fn clear(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        if is_own(&file.file_name().to_string_lossy()) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// As tantivy names its files: fixed names, locks, and the parts of segments, which are UUIDs.
fn is_own(name: &str) -> bool {
    let is_segment = |stem: &str| {
        stem.len() >= 32 && stem.bytes().take(32).all(|letter| letter.is_ascii_hexdigit() && !letter.is_ascii_uppercase())
    };
    [META, ".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock"].contains(&name)
        || name.split_once('.').is_some_and(|(stem, kind)| is_segment(stem) && KINDS.iter().any(|known| kind.ends_with(known)))
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
        let is_data = KINDS.iter().any(|kind| file.path().extension().is_some_and(|extension| extension == *kind));
        !is_data || file.metadata().is_ok_and(|meta| meta.len() >= 64)
    })
}

fn payload(index: &Index) -> Result<Option<Payload>, TantivyError> {
    let metas = index.load_metas()?;
    Ok(metas.payload.and_then(|payload| serde_json::from_str(&payload).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tantivy_wrote_is_taken_for_the_indexs_own() {
        for own in [
            META,
            ".managed.json",
            ".tantivy-meta.lock",
            "0123456789abcdef0123456789abcdef.idx",
            "0123456789abcdef0123456789abcdef.42.del",
        ] {
            assert!(is_own(own), "{own}");
        }
        for other in ["Alien (1979).mkv", "notes.json", "0123456789abcdef0123456789abcdef.mkv", "film.store", ".htaccess"] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn what_lies_beside_the_index_survives_its_making() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Alien (1979).mkv"), "a film").unwrap();
        fs::write(folder.path().join(META), "{").unwrap();
        let definition = Definition { schema: Schema::builder().build(), tokenizers: Vec::new(), revision: "1".into() };
        let index = SearchIndex::open(folder.path(), definition).unwrap();
        assert_eq!(index.trouble(), None);
        assert_eq!(fs::read_to_string(folder.path().join("Alien (1979).mkv")).unwrap(), "a film");
        fs::remove_dir_all(folder.path()).unwrap();
        assert_eq!(index.trouble(), Some(Trouble::Gone));
    }
}
