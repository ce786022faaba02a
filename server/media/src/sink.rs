//! What an import tells the catalogue, and what it asks of it.
//!
//! Must never say of a generation that it plays before its placement does.

use contract::ids::TitleId;

use super::{candidate::Candidate, location::Location, manifest::MediaManifest};

/// Where the import tells of titles: the catalogue, for whoever calls.
#[async_trait::async_trait]
pub trait CatalogueSink: Send + Sync {
    /// The id of the title that this film belongs to, taken for it if need be; the same for the same content on every run.
    /// Nothing is shown of it before [`CatalogueSink::on_packaged`]. An error is said to the person and ends this film's
    /// import.
    async fn title_for(&self, film: &Candidate) -> Result<TitleId, String>;

    /// More of the title can be watched than before, or something else: called for every revision of its manifest, the last
    /// one with `complete`, and for a complete one again on every later run. Makes the title where there is none.
    async fn on_packaged(&self, packaged: Packaged<'_>) -> Result<(), String>;
}

/// What plays of a title from now on.
#[derive(Clone, Copy, Debug)]
pub struct Packaged<'a> {
    pub title: &'a TitleId,
    pub location: Location,
    pub manifest: &'a MediaManifest,
    /// What the file is called now; the manifest says what it was called when it was packaged.
    pub file_name: &'a str,
}
