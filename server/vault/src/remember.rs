//! What the vault remembers of the audit log: a record for each file, sealed and copied like any other.
//!
//! A file belongs to the machine in whose folder it is; whoever moves a folder to another machine moves the answering for
//! it. Must never forget a file that is not there.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use storage::{
    StoreError,
    keyvalue::{Expect, SCAN_LIMIT},
};

use super::{
    RECORDS, Vault,
    audit::{self, ChainHead, ChainHeads, Finding, Summary},
    record::RecordKey,
    records::Records,
};

/// What is remembered of the files of one folder, each with its version for a compare-and-set.
pub type StoredHeads = BTreeMap<String, (ChainHead, u64)>;

/// What is remembered of the files that are in `folder`.
///
/// # Errors
/// The folder, or what is remembered, cannot be read.
pub async fn stored_heads(records: &Records, folder: &Path) -> Result<StoredHeads, StoreError> {
    let mut stored = StoredHeads::new();
    for name in audit::names(folder).map_err(|error| failed(&error))? {
        if let Some(found) = records.value(&RecordKey::audit_head(&name)).await? {
            let head = serde_json::from_slice(&found.plain).map_err(|error| StoreError::corrupt(&name, error))?;
            stored.insert(name, (head, found.version));
        }
    }
    Ok(stored)
}

impl Vault {
    /// Whether every line of the audit log that this machine answers for is there and whole.
    ///
    /// # Errors
    /// The outer one: the log, or the vault's memory of it, cannot be read. The inner one: the first broken line.
    pub async fn verify_audit(&self) -> Result<Result<Summary, Finding>, StoreError> {
        self.verify_folder(self.audit_folder.clone(), Some(self.node.clone())).await
    }

    /// Whether every line that any machine wrote is in `folder`, into which somebody collected them.
    ///
    /// # Errors
    /// As [`Vault::verify_audit`].
    pub async fn verify_collected(&self, folder: PathBuf) -> Result<Result<Summary, Finding>, StoreError> {
        self.verify_folder(folder, None).await
    }

    async fn verify_folder(&self, folder: PathBuf, node: Option<String>) -> Result<Result<Summary, Finding>, StoreError> {
        self.remember_audit().await?;
        let heads = self.heads().await?;
        let verified = tokio::task::spawn_blocking(move || audit::verify(&folder, &heads, node.as_deref())).await;
        verified.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }

    /// What is remembered of every file of every machine.
    async fn heads(&self) -> Result<ChainHeads, StoreError> {
        let mut heads = ChainHeads::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.store.scan(RECORDS, after.as_deref(), SCAN_LIMIT).await?;
            let Some((last, _)) = page.last() else { return Ok(heads) };
            after = Some(last.clone());
            for (key, _) in page {
                let Some(record) = key.strip_prefix(RECORDS).and_then(RecordKey::parse) else { continue };
                let Some(file) = record.audit_file() else { continue };
                if let Some(found) = self.records.value(&record).await? {
                    let head = serde_json::from_slice(&found.plain).map_err(|error| StoreError::corrupt(&key, error))?;
                    heads.insert(file.to_owned(), head);
                }
            }
        }
    }

    /// Answers from now on for files that are here and were nobody's by name, or another machine's.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn adopt(&self, stored: StoredHeads) -> Result<(), StoreError> {
        for (file, (head, version)) in stored {
            if head.node.as_ref() == Some(&self.node) {
                continue;
            }
            let head = ChainHead { node: Some(self.node.clone()), ..head };
            match self.put_head(&file, &head, Expect::Version(version)).await {
                // Whoever writes that file has just remembered it, by its name.
                Ok(()) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// How far the log has come is a record like any other, so that the copy knows it too.
    pub(super) async fn remember_audit(&self) -> Result<(), StoreError> {
        let (file, reached) = self.audit.reached();
        let lines = reached.lines;
        let disk_failed = self.audit.disk_failed();
        let is_news = lines > self.remembered.load(Ordering::Relaxed)
            || (disk_failed.is_some() && !self.failure_is_remembered.load(Ordering::Relaxed));
        if !is_news {
            return Ok(());
        }
        let head = ChainHead { reached, node: Some(self.node.clone()), disk_failed };
        self.put_head(file, &head, Expect::Anything).await?;
        self.remembered.store(lines, Ordering::Relaxed);
        self.failure_is_remembered.store(disk_failed.is_some(), Ordering::Relaxed);
        Ok(())
    }

    async fn put_head(&self, file: &str, head: &ChainHead, expect: Expect) -> Result<(), StoreError> {
        let value = serde_json::to_vec(head).map_err(|error| StoreError::corrupt(file, error))?;
        self.change(&RecordKey::audit_head(file), Some(&value), expect).await.map(drop)
    }
}

fn failed(error: &impl ToString) -> StoreError {
    StoreError::Unavailable { reason: format!("the vault's audit log: {}", error.to_string()) }
}
