//! The vault: where authentication and billing are kept, apart from everything else.
//!
//! ```text
//! master key ──wraps──▶ key of an account ──wraps──▶ data key of a record ──seals──▶ value
//! (file, variable,      (live store, `key/`;         (in the record's       (password hash, factor,
//!  command)              copy, `keys/`)               envelope)              passkeys, address)
//! ```
//!
//! What it is for, and what it is not:
//!
//! * **The store is read by somebody else** (a stolen disk, a backup, a Redis that others see): they see which accounts
//!   have which records, how long and how old they are, and nothing else. Without a master key nothing opens.
//! * **The store is written by somebody else**: whatever was changed, moved to another place or put there does not open, and
//!   is refused. An older version of the same record does open: that somebody put it back is seen by `marquee vault verify`,
//!   which holds every record against the copy, and not before.
//! * **The store is destroyed or encrypted by somebody else**: `marquee vault restore` rebuilds it from the copy, up to the
//!   last change that was acknowledged. It was in the copy by then, unless the copy did not answer for two seconds: then the
//!   outbox alone held it, which is in the store, and how much waits there is a metric. The copy needs a master key: keep
//!   one where the attacker is not.
//! * **The server itself is taken over**: then the attacker has the master keys while the server runs, and can read what the
//!   server can. The audit log says what was read, as long as its machine is not theirs; the copy's past cannot be changed
//!   by the server's rights, where these are to create and to read (S3: a bucket with Object Lock and a retention of its
//!   own, and a policy that denies deleting and, by `s3:if-none-match`, overwriting; a directory: one that the server may
//!   only add to). No header asks for Object Lock: the bucket's default holds for every object that is put, for as long as it
//!   says. What is locked can still be hidden by a mark of deletion or by a newer version: of each object, the version that
//!   was there first is read, and how many were covered is said. What somebody adds behind the last object is chained on as
//!   it is: `marquee vault verify` names it, and a restored vault holds what the server wrote before it and after it.
//! * **An account is deleted**: its key is destroyed here and in the copy's `keys/`, and what is left of it in immutable
//!   objects, backups and free pages is noise. That needs `keys/` to be deletable, so that whoever may delete there can
//!   destroy what the copy is for: give that right to nobody but the operator who shreds, keep `keys/` in a place of its own
//!   (`vault.copy_keys`) where the log is under Object Lock, and, where that place keeps versions, delete these as well.
//! * **A master key is known to somebody else**: rotate. It wraps every account's key anew, here and in the copy; values
//!   stay as they are, because immutable ones could not follow. Whoever has the old key and an old copy of the store or of
//!   `keys/` opens what that holds: the operator deletes the old forms there.
//!
//! The audit log's own promises are in [`audit`], the copy's in [`copy`]. No value stays in memory between two requests.
//! Must never be asked on the way of every request: it is for signing in, and the pages of security and billing.

pub mod audit;
pub mod copy;
pub mod envelope;
mod keys;
pub mod master;
mod open;
mod record;
mod records;
mod rehearse;
mod remember;
mod restore;
mod rotate;
mod settings;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use runtime::{clock::Clock, supervise::Tasks};
use storage::{
    StoreError,
    keyvalue::{Expect, KeyValue, SCAN_LIMIT},
};
use tokio_util::task::AbortOnDropHandle;

use self::{
    audit::{Alarm, Audit, Counts, Entry},
    copy::{Change, Copier, Copy, Incomplete, Outbox, Proof, Waiting},
    keys::AccountKeys,
    records::Records,
};
pub use self::{
    open::{VaultError, masters, open_copy},
    record::{Access, Act, Purpose, RecordKey, Who},
    restore::{Begin, RestoreError, Restored, restore, restore_from},
    rotate::{RotateError, Rotated, Shredded},
    settings::Settings,
};

/// Where records are kept.
const RECORDS: &str = "record/";
/// How often the audit log's head is remembered.
const HEADS: Duration = Duration::from_secs(5);
/// How long an end waits for the outbox.
const CROSSING_OFF: Duration = Duration::from_millis(500);

/// The vault. Behind an `Arc`; its work beside requests ends with it.
pub struct Vault {
    store: Arc<dyn KeyValue>,
    keys: Arc<AccountKeys>,
    records: Records,
    audit: Audit,
    audit_folder: PathBuf,
    /// Whose log it is, among those that share the store.
    node: String,
    alarm: Alarm,
    copy: Option<Replication>,
    /// Lines of the audit log that the vault remembers.
    remembered: AtomicU64,
    /// Whether the vault remembers that the log's disk failed.
    failure_is_remembered: AtomicBool,
    /// Changes that were acknowledged before they were in the copy.
    unconfirmed: AtomicU64,
    tasks: Tasks,
    _house: AbortOnDropHandle<()>,
}

/// The copy, where there is one.
struct Replication {
    copy: Copy,
    copier: Copier,
    outbox: Outbox,
    _bases: AbortOnDropHandle<()>,
}

/// A record's value.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    pub value: Bytes,
    /// For a compare-and-set.
    pub version: u64,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("version", &self.version).finish_non_exhaustive()
    }
}

/// How the vault fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VaultHealth {
    #[serde(flatten)]
    pub counts: Counts,
    /// Changes that were acknowledged before they were in the copy, since the process began.
    pub unconfirmed: u64,
    /// The copy's lag; absent without a copy.
    pub copy: Option<Waiting>,
}

impl Vault {
    /// The value of a record.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it does not open; what the store, or the audit log, says.
    pub async fn get(&self, access: &Access, record: &RecordKey) -> Result<Option<Opened>, StoreError> {
        self.alarm.read(access);
        self.audit.note(entry(access, Act::Get, record))?;
        let found = self.records.value(record).await?;
        Ok(found.map(|found| Opened { version: found.version, value: found.plain.into() }))
    }

    /// The names of an account's records.
    ///
    /// # Errors
    /// As [`Vault::get`].
    pub async fn list(&self, access: &Access, account: &str) -> Result<Vec<String>, StoreError> {
        self.alarm.read(access);
        self.audit.note(Entry { access: access.clone(), act: Act::List, what: account.to_owned() })?;
        let prefix = format!("{RECORDS}{account}/");
        let mut names = Vec::new();
        for (key, _) in self.store.scan(&prefix, None, SCAN_LIMIT).await? {
            let Some(record) = key.strip_prefix(RECORDS).and_then(RecordKey::parse) else { continue };
            if self.records.value(&record).await?.is_some() {
                names.push(record.name().to_owned());
            }
        }
        Ok(names)
    }

    /// Keeps a value durably, and in the copy where it answers within two seconds; its new version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where `expect` does not hold; [`StoreError::Invalid`] where the account was shredded; as
    /// [`Vault::get`].
    pub async fn put(&self, access: &Access, record: &RecordKey, value: &[u8], expect: Expect) -> Result<u64, StoreError> {
        self.alarm.changed();
        self.audit.record(entry(access, Act::Put, record)).await?;
        let version = self.change(record, Some(value), expect).await?;
        version.ok_or_else(|| StoreError::Conflict { key: record.to_string() })
    }

    /// Deletes a record; whether there was one.
    ///
    /// # Errors
    /// As [`Vault::put`].
    pub async fn delete(&self, access: &Access, record: &RecordKey, expect: Expect) -> Result<bool, StoreError> {
        self.alarm.changed();
        self.audit.record(entry(access, Act::Delete, record)).await?;
        Ok(self.change(record, None, expect).await?.is_some())
    }

    /// First the intent, then the record, then its copy: each finds what the one before left.
    async fn change(&self, record: &RecordKey, plain: Option<&[u8]>, expect: Expect) -> Result<Option<u64>, StoreError> {
        let Some(replication) = &self.copy else { return Ok(self.records.change(record, plain, expect).await?.version) };
        let intent = replication.outbox.begin(record).await?;
        match self.records.change(record, plain, expect).await {
            Ok(changed) if changed.version.is_some() => {
                let change = Change { record: record.clone(), envelope: changed.envelope, intent };
                if !replication.copier.copied(change).await {
                    self.unconfirmed.fetch_add(1, Ordering::Relaxed);
                }
                Ok(changed.version)
            }
            Ok(_) => {
                replication.outbox.end([intent]).await;
                Ok(None)
            }
            // Whether it was written is not known: the intent stays, and finds out.
            Err(error @ StoreError::Unavailable { .. }) => Err(error),
            Err(error) => {
                replication.outbox.end([intent]).await;
                Err(error)
            }
        }
    }

    /// How it fares.
    ///
    /// # Errors
    /// What the store says.
    pub async fn health(&self) -> Result<VaultHealth, StoreError> {
        let copy = match &self.copy {
            Some(replication) => Some(replication.outbox.waiting().await?),
            None => None,
        };
        Ok(VaultHealth { copy, ..self.counted() })
    }

    /// The same without a look at the store, and so without the copy's lag.
    pub fn counted(&self) -> VaultHealth {
        VaultHealth { counts: self.alarm.counts(), unconfirmed: self.unconfirmed.load(Ordering::Relaxed), copy: None }
    }

    /// Whether the copy is complete, from its newest base on; nothing without a copy.
    ///
    /// # Errors
    /// [`Incomplete`].
    pub async fn verify_copy(&self) -> Result<Option<Proof>, Incomplete> {
        self.verify_copy_from(Begin::NewestBase).await
    }

    /// The same with a say in where it begins.
    ///
    /// # Errors
    /// [`Incomplete`].
    pub async fn verify_copy_from(&self, begin: Begin) -> Result<Option<Proof>, Incomplete> {
        match &self.copy {
            Some(replication) => copy::verify(&replication.copy, &self.store, &self.keys, begin).await.map(Some),
            None => Ok(None),
        }
    }

    /// Its work beside requests.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Whether it answers, for readiness.
    ///
    /// # Errors
    /// What the audit log, or the store, says.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.audit.check()?;
        self.store.get("ready").await.map(drop)
    }

    /// Brings what waits to the disk, and remembers how far the audit log has come. To be called at the end.
    pub async fn close(&self) {
        let flushed = match self.audit.flush().await {
            Ok(()) => self.remember_audit().await,
            Err(error) => Err(error),
        };
        if let Err(error) = flushed {
            tracing::error!(%error, "the vault's last word");
        }
        if let Some(replication) = &self.copy {
            replication.crossed_off().await;
        }
    }
}

impl Replication {
    /// Waits a moment for what the copy has to be crossed off in the outbox: a change is acknowledged just before.
    async fn crossed_off(&self) {
        let done = async {
            while self.outbox.waiting().await.is_ok_and(|waiting| waiting.changes > 0) {
                tokio::time::sleep(CROSSING_OFF / 20).await;
            }
        };
        // What the copy lacks waits for the next process.
        let _ = tokio::time::timeout(CROSSING_OFF, done).await;
    }
}

/// Remembers the audit log's head, and says each minute how the vault fares where something happened.
async fn maintenance(vault: std::sync::Weak<Vault>) {
    let mut said = None;
    for tick in 1_u64.. {
        tokio::time::sleep(HEADS).await;
        let Some(vault) = vault.upgrade() else { return };
        if let Err(error) = vault.remember_audit().await {
            tracing::warn!(target: "vault", %error, "how far the audit log has come is not remembered");
        }
        if tick % 12 == 0
            && let Ok(health) = vault.health().await
            && said != Some(health)
        {
            said = Some(health);
            let Counts { reads, changes, reads_without_request, bulk_reads } = health.counts;
            let lag = health.copy.unwrap_or_default();
            tracing::info!(
                target: "vault",
                reads,
                changes,
                reads_without_request,
                bulk_reads,
                unconfirmed = health.unconfirmed,
                copy_lag_changes = lag.changes,
                copy_lag_seconds = lag.seconds,
            );
        }
    }
}

fn entry(access: &Access, act: Act, record: &RecordKey) -> Entry {
    Entry { access: access.clone(), act, what: record.to_string() }
}

/// Milliseconds since 1970, by this machine's clock.
fn now_millis() -> u64 {
    Clock::default().millis()
}
