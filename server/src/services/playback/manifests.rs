//! The manifests of packaged films, read from the object store and kept parsed for a few seconds.
//!
//! Not longer: while an import is under way its manifest is put again with every rendition. Must never hand out a
//! manifest whose paths lead out of its generation's folder.

use std::{sync::Arc, time::Duration};

use contract::ids::TitleId;
use media::{
    location::Location,
    manifest::{MANIFEST_FILE, MediaManifest, SCHEMA},
};
use moka::sync::Cache;

use super::{
    names,
    segments::{MediaError, Segments},
};

/// How old a manifest may be.
const KEPT_FOR: Duration = Duration::from_secs(10);
const KEPT_AT_MOST: u64 = 512;
/// Bytes of a manifest: a hundred tracks and a thousand chapters stay far below.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// Cheap to clone.
#[derive(Clone)]
pub struct Manifests {
    segments: Segments,
    kept: Cache<(TitleId, Location), Arc<MediaManifest>>,
}

impl Manifests {
    pub fn new(segments: Segments) -> Self {
        Self { segments, kept: Cache::builder().max_capacity(KEPT_AT_MOST).time_to_live(KEPT_FOR).build() }
    }

    /// Nothing where the title has no such generation there.
    ///
    /// # Errors
    /// [`MediaError`], where the store fails or the manifest is off.
    pub async fn get(&self, title: &TitleId, at: Location) -> Result<Option<Arc<MediaManifest>>, MediaError> {
        let name = (title.clone(), at);
        if let Some(manifest) = self.kept.get(&name) {
            return Ok(Some(manifest));
        }
        let Some(bytes) = self.segments.whole(title, at, MANIFEST_FILE, SIZE_LIMIT).await? else { return Ok(None) };
        let manifest = parse(&bytes).map_err(|reason| MediaError::Manifest { title: title.clone(), reason })?;
        let manifest = Arc::new(manifest);
        self.kept.insert(name, Arc::clone(&manifest));
        Ok(Some(manifest))
    }
}

fn parse(bytes: &[u8]) -> Result<MediaManifest, String> {
    let manifest: MediaManifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if manifest.schema > SCHEMA {
        return Err(format!("its schema {} is newer than {SCHEMA}", manifest.schema));
    }
    if !names::is_sound(&manifest) {
        return Err("it names a path that is not plain".to_owned());
    }
    if !(manifest.duration_seconds.is_finite() && manifest.duration_seconds >= 0.0) {
        return Err("its duration is no length of time".to_owned());
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::playback::fixture::manifest;

    #[test]
    fn a_manifest_of_the_import_is_understood() {
        let bytes = serde_json::to_vec(&manifest()).unwrap();
        assert_eq!(parse(&bytes), Ok(manifest()));
    }

    #[test]
    fn a_manifest_that_cannot_be_used_is_refused_with_a_reason() {
        let mut newer = manifest();
        newer.schema = SCHEMA + 1;
        let mut escaping = manifest();
        escaping.captions[0].file = "../t0.vtt".to_owned();
        let mut backwards = manifest();
        backwards.duration_seconds = -1.0;
        for (off, reason) in [(newer, "newer"), (escaping, "plain"), (backwards, "duration")] {
            let refusal = parse(&serde_json::to_vec(&off).unwrap()).unwrap_err();
            assert!(refusal.contains(reason), "{refusal}");
        }
        assert!(parse(b"{").is_err());
    }
}
