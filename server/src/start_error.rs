//! Why a server cannot start: which part cannot be had.

use std::{io, net::SocketAddr};

use contract::Problem;
use poster::TypefaceError;
use storage::{OpenError, StoreError, search::SearchError};
use vault::VaultError;

use crate::{
    backup::BackupError,
    gateway::{LayerError, sinks::SinkError},
    secret::SecretError,
    services::{catalog::FollowError, identity::ProviderError},
    site::SiteError,
};

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Unrestored(#[from] BackupError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Storage(#[from] OpenError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("what signs in cannot be brought into the vault: {0}")]
    Move(StoreError),
    #[error("whose profiles are whose cannot be found out: {0}")]
    Profiles(Problem),
    #[error("titles that were deleted cannot be looked for: {0}")]
    Titles(Problem),
    #[error("the journal of usage in the data folder: {0}")]
    Usage(io::Error),
    #[error("storage.search: {0}")]
    Search(#[from] SearchError),
    #[error("the search index cannot be brought up to date: {0}")]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error("the site's typeface cannot be used: {0}")]
    Typeface(#[from] TypefaceError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Layer(#[from] LayerError),
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
}
