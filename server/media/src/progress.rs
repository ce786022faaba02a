//! How an import tells how far it is. Must never wait for whoever listens.

use std::path::Path;

use super::{error::ImportError, import::Imported};

/// Where the import of one film stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update<'a> {
    pub file_name: &'a str,
    /// What is being made, in words: `1080p`, `sound: Deutsch 5.1`; empty when all is done.
    pub step: &'a str,
    pub steps_done: usize,
    pub steps: usize,
    /// Of the whole film, 0 to 1.
    pub fraction: f64,
    /// It can be watched already.
    pub watchable: bool,
}

/// Listens. Called from the import itself, several times a second: an implementation returns at once.
pub trait Progress: Send + Sync {
    /// So many files were found.
    fn found(&self, _files: usize) {}
    fn update(&self, update: &Update<'_>);
    /// One file is done with, one way or the other.
    fn finished(&self, _path: &Path, _outcome: &Result<Imported, ImportError>) {}
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn update(&self, _update: &Update<'_>) {}
}
