//! One advisory in the form of RustSec: Markdown with TOML in front.

use ::rustsec::advisory::{self, Informational};

use super::{Advisory, Versions};

/// Nothing where it was withdrawn.
///
/// # Errors
/// Where it is in another form; why, in words.
pub fn read(text: &str) -> Result<Option<Advisory>, String> {
    let advisory: ::rustsec::Advisory = text.parse().map_err(|error: ::rustsec::Error| error.to_string())?;
    if advisory.withdrawn() {
        return Ok(None);
    }
    let advisory::Metadata { id, package, title, informational, .. } = advisory.metadata;
    Ok(Some(Advisory {
        id: id.to_string(),
        title,
        package: package.to_string(),
        is_remark: informational.is_some_and(|kind| is_remark(kind.as_str())),
        versions: Versions::RustSec(advisory.versions),
    }))
}

/// Of what a database calls "informational": what is unsound, and what this does not know, is no mere remark.
pub fn is_remark(kind: &str) -> bool {
    [Informational::Notice, Informational::Unmaintained].iter().any(|one| one.as_str() == kind)
}
