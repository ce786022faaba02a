//! Where things are kept: small object-safe traits, and the backends behind them.
//!
//! A service sees traits only; which backend answers is decided by a URL in the config. Nothing here knows
//! what a title or a session is, and nothing relies on a transaction over several documents.

pub mod atomic_file;
pub mod disk;
pub mod documents;
pub mod events;
pub mod guard;
pub mod installation;
pub mod keyvalue;
pub mod lock;
pub mod objects;
mod open;
mod password;
mod private_folder;
pub mod redis;
pub mod search;
pub mod sqlite;

pub use self::{
    open::{
        OpenError, Side, SideUrls, StorageUrls, StoreLayer, Stores, announce, begin, follow, open, open_each, open_each_found,
        open_found, open_vault,
    },
    password::without_password,
    private_folder::make_private_directory,
};

use std::fmt;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What is stored has another version than the one expected, or exists where it must not.
    #[error("{key} changed in the meantime")]
    Conflict { key: String },
    /// Others wrote what is stored each time that it was tried; nothing was written.
    #[error("{key} is written by too many at once")]
    Contended { key: String },
    /// Another document has the same value in a unique index.
    #[error("{index} already has this value")]
    Duplicate { index: String },
    /// The store did not answer, or not in time.
    #[error("the store is unavailable: {reason}")]
    Unavailable { reason: String },
    /// There is no room to write; what is there can be read.
    #[error("the disk is full: {reason}")]
    Full { reason: String },
    /// The store answers, and does not let us have this one thing.
    #[error("the store does not permit {key}: {reason}")]
    Denied { key: String, reason: String },
    /// What was asked for makes no sense to any backend: a cursor of another query, a key that is too long.
    #[error("the store refuses this: {reason}")]
    Invalid { reason: String },
    /// What is stored cannot be read.
    #[error("{key} cannot be read: {reason}")]
    Corrupt { key: String, reason: String },
}

impl StoreError {
    /// What is stored under `key` cannot be read, or what is to be stored cannot be written down.
    pub fn corrupt(key: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Self::Corrupt { key: key.to_string(), reason: reason.to_string() }
    }

    /// For work beside requests, which tries again a little later: that a store is away is told of by itself, and no failure of
    /// whoever reads it.
    ///
    /// # Errors
    /// What else the outcome says.
    pub fn unless_away(outcome: Result<(), Self>) -> Result<(), Self> {
        match outcome {
            Err(error @ Self::Unavailable { .. }) => {
                tracing::debug!(%error, "what is written is looked for a little later");
                Ok(())
            }
            outcome => outcome,
        }
    }
}

impl From<StoreError> for contract::Problem {
    /// The one edge where a store's failure becomes what a client sees.
    fn from(error: StoreError) -> Self {
        use contract::{Code, Problem};
        match error {
            StoreError::Conflict { .. } | StoreError::Duplicate { .. } => Problem::new(Code::VersionConflict),
            StoreError::Contended { .. } => {
                tracing::warn!(%error, "store");
                Problem::new(Code::Overloaded).with_retry_after(1)
            }
            StoreError::Unavailable { .. } | StoreError::Denied { .. } => {
                tracing::error!(%error, "store");
                Problem::new(Code::Overloaded).with_retry_after(5)
            }
            StoreError::Full { .. } => {
                tracing::error!(%error, "store");
                Problem::new(Code::StorageFull).with_retry_after(60)
            }
            // A caller that passes on what a client sent has checked it; only a cursor is opaque to it.
            StoreError::Invalid { .. } => {
                tracing::warn!(%error, "store");
                Problem::new(Code::InvalidRequest)
            }
            StoreError::Corrupt { .. } => {
                tracing::error!(%error, "store");
                Problem::internal()
            }
        }
    }
}
