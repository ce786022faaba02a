//! What a binary is made of, by the list that `cargo xtask build` put inside of it, in the form of cargo-auditable.
//!
//! Must never guess: a binary without a list is said to have none.

use std::path::{Path, PathBuf};

use auditable_info::{Limits, audit_info_from_file};
use auditable_serde::{DependencyKind, Source};
use semver::Version;

/// One crate of another project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub version: Version,
    /// It is in the binary, and did not only help to build it.
    pub is_built_in: bool,
}

/// Why it is not known what a binary is made of.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error(
        "{} has no list of what it is made of: only release builds carry one, which `cargo xtask build` makes, and so does \
         `cargo auditable`",
        .0.display()
    )]
    NoList(PathBuf),
    #[error("what {} is made of cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: auditable_info::Error },
}

/// The crates of other projects that the binary at `path` is made of, or was built with.
///
/// # Errors
/// [`ListError`] where it carries no list, or one that cannot be read.
pub fn parts_of(path: &Path) -> Result<Vec<Part>, ListError> {
    let list = audit_info_from_file(path, Limits::default()).map_err(|error| match error {
        auditable_info::Error::NoAuditData => ListError::NoList(path.to_owned()),
        source => ListError::Unreadable { path: path.to_owned(), source },
    })?;
    // What is our own has names that strangers' crates may have as well.
    let of_others = list.packages.into_iter().filter(|package| package.source != Source::Local);
    let part = |package: auditable_serde::Package| Part {
        is_built_in: package.kind == DependencyKind::Runtime,
        name: package.name,
        version: package.version,
    };
    Ok(of_others.map(part).collect())
}
