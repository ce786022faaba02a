//! From the config to an open vault.
//!
//! What cannot be used stops the start with the setting's name. Must never repeat a key or a password.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64},
    },
};

use futures::FutureExt;
use runtime::supervise::Tasks;
use storage::{OpenError, StoreError, keyvalue::KeyValue, objects::AddressError};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Replication, Vault,
    audit::{Alarm, Audit, AuditError, ChainHeads},
    copy::{Compactor, Copier, Copy, Outbox},
    keys::{self, AccountKeys},
    maintenance,
    master::{MasterError, Masters, Source},
    records::Records,
    remember,
    settings::Settings,
};

/// The vault cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Master(#[from] MasterError),
    #[error("vault.key_file, vault.key_variable and vault.key_command each name where the master keys are: leave one")]
    Sources,
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error(
        "vault.copy or vault.copy_keys cannot be used: {0}; each can be file:PATH, s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or az://CONTAINER/FOLDER"
    )]
    Copy(#[from] AddressError),
    #[error("vault.copy is not set: there is no copy to restore from")]
    NoCopy,
    #[error(
        "vault.key_file: {} is missing, and the vault holds what nothing else opens: put the file back (a backup has it as vault/key)",
        .0.display()
    )]
    KeyGone(PathBuf),
    #[error("the vault: {0}")]
    Broken(#[from] StoreError),
}

impl Vault {
    /// Opens what the config names. Its work beside requests begins.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn open(config: &Settings, data: &Path) -> Result<Arc<Self>, VaultError> {
        Self::open_on(storage::open_vault(&config.store(data)).await?, config, data).await
    }

    /// The same on a store that is open already.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn open_on(store: Arc<dyn KeyValue>, config: &Settings, data: &Path) -> Result<Arc<Self>, VaultError> {
        let tasks = Tasks::default();
        check_key_file(&store, config, data).await?;
        let keys = Arc::new(AccountKeys::new(Arc::clone(&store), masters(config, data).await?));
        let records = Records::new(Arc::clone(&store), Arc::clone(&keys));
        let audit_folder = config.audit(data);
        let stored = remember::stored_heads(&records, &audit_folder).await?;
        let heads: ChainHeads = stored.iter().map(|(file, (head, _))| (file.clone(), head.clone())).collect();
        let audit = Audit::open(&audit_folder, &heads)?;
        let remembered = heads.get(audit.reached().0).map_or(0, |head| head.reached.lines);
        let copy = match &config.copy {
            None => None,
            Some(_) => {
                let copy = open_copy(config).await?;
                let copier = Copier::start(copy.clone(), Arc::clone(&store), Arc::clone(&keys), &tasks);
                let compactor = Compactor::new(copy.clone(), Arc::clone(&keys));
                let work = tasks.supervise("vault_bases", move || compactor.clone().run());
                let bases = AbortOnDropHandle::new(tokio::spawn(work));
                Some(Replication { copy, copier, outbox: Outbox::new(Arc::clone(&store)), _bases: bases })
            }
        };
        let vault = Arc::new_cyclic(|vault| Self {
            store,
            keys,
            records,
            audit,
            audit_folder,
            node: config.node(data),
            alarm: Alarm::new(config.alert_reads_per_minute.as_u32()),
            copy,
            remembered: AtomicU64::new(remembered),
            failure_is_remembered: AtomicBool::new(false),
            unconfirmed: AtomicU64::new(0),
            _house: {
                let vault = vault.clone();
                let work = tasks.supervise("vault_housekeeping", move || maintenance(vault.clone()).map(Ok));
                AbortOnDropHandle::new(tokio::spawn(work))
            },
            tasks,
        });
        vault.adopt(stored).await?;
        Ok(vault)
    }
}

/// A key file is made where there is nothing that an earlier one would open, and nowhere else.
async fn check_key_file(store: &Arc<dyn KeyValue>, config: &Settings, data: &Path) -> Result<(), VaultError> {
    match config.key_path(data) {
        Some(path) if matches!(path.try_exists(), Ok(false)) && keys::are_in(store).await? => Err(VaultError::KeyGone(path)),
        Some(_) | None => Ok(()),
    }
}

/// The master keys that the config names.
///
/// # Errors
/// [`VaultError::Sources`], [`VaultError::Master`].
pub async fn masters(config: &Settings, data: &Path) -> Result<Masters, VaultError> {
    let source = match (&config.key_file, &config.key_variable, &config.key_command) {
        (None, None, None) => Source::File(data.join("vault.key")),
        (Some(path), None, None) => Source::File(path.clone()),
        (None, Some(name), None) => Source::Variable(name.clone()),
        (None, None, Some(words)) => Source::Command(words.clone()),
        _ => return Err(VaultError::Sources),
    };
    Ok(Masters::open(source).await?)
}

/// The copy that the config names.
///
/// # Errors
/// [`VaultError::NoCopy`], [`VaultError::Copy`].
pub async fn open_copy(config: &Settings) -> Result<Copy, VaultError> {
    let log = config.copy.as_deref().ok_or(VaultError::NoCopy)?;
    Ok(Copy::open(log, config.copy_keys.as_deref()).await?)
}
