//! Where the import of video and the catalogue meet: a film that was packaged becomes a title that can be watched, with the
//! pictures that were taken from it.
//!
//! A film is known by its content: a file that was renamed, or moved, is the same film of the same title. A file of another
//! content belongs to the title that a file of the same name and year was imported for, and that is about as long: it is another
//! copy, and no trailer. A title that is deleted while its film is told of stays deleted. Must never do what either side can do itself: it only hands on.

use async_trait::async_trait;
use bytes::Bytes;
use contract::{catalog::VideoFacts, ids::TitleId, playback::TrackRole};
use futures::TryStreamExt;
use media::{
    candidate::Candidate,
    fingerprint,
    manifest::{MediaManifest, Picture},
    names::{FilmName, film_name},
    objects::ObjectsFor,
    sink::{CatalogueSink, Packaged},
};
use storage::objects::VideoStores;
use unicode_normalization::UnicodeNormalization;

use crate::services::catalog::{
    Pictures, artwork,
    facts::{NewTitle, title_and_year},
    ingest::{Ingest, IngestError, Origin},
};

/// Sources of titles that were made for a file: by content and name, as builds without generations knew them.
const BY_FILE: &str = "video:";
/// Sources of titles by the content that was packaged for them.
const BY_CONTENT: &str = "content:";
/// Sources of titles that were made for a file, by title and year.
const BY_NAME: &str = "name:";

/// Gives films their titles. Cheap to clone.
#[derive(Clone)]
pub struct Cataloguer {
    ingest: Ingest,
    stores: VideoStores,
}

impl Cataloguer {
    /// Films lie in any of these stores, pictures in the first.
    pub fn new(ingest: Ingest, stores: VideoStores) -> Self {
        Self { ingest, stores }
    }

    /// Stores a picture under its content, beside the ones that are shown; its version.
    async fn publish_artwork(&self, from: ObjectsFor<'_>, picture: Option<&Picture>) -> Result<Option<String>, String> {
        let Some(picture) = picture else { return Ok(None) };
        let words = |error: &dyn std::fmt::Display| format!("its picture {} cannot be kept: {error}", picture.file);
        let Some(object) = from.open(&picture.file).await.map_err(|error| words(&error))? else { return Ok(None) };
        let pieces = object.read(0..object.head.size);
        let bytes: Vec<Bytes> = pieces.try_collect().await.map_err(|error| words(&error))?;
        let bytes = bytes.concat();
        let version = artwork::version_of(&bytes);
        let to = artwork::key(from.title, &version).map_err(|error| words(&error))?;
        // Under its content: what is there is the same.
        if self.stores.per_view.head(&to).await.map_err(|error| words(&error))?.is_none() {
            self.stores.per_view.put(&to, bytes.into()).await.map_err(|error| words(&error))?;
        }
        Ok(Some(version))
    }

    /// The title's facts, where they are those of its file's name: made where there are none, changed where the file was
    /// renamed.
    async fn name(&self, packaged: &Packaged<'_>, origin: Option<Origin>) -> Result<(), IngestError> {
        let source = match &origin {
            Some(Origin { source, .. }) if source.starts_with(BY_FILE) => source.clone(),
            Some(_) => return Ok(()),
            None => {
                let key = fingerprint::key_of(&packaged.manifest.source.fingerprint, &packaged.manifest.source.file_name);
                let source = format!("{BY_FILE}{}", key.unwrap_or_else(|| packaged.title.to_string()));
                self.ingest.claim(&source, packaged.title).await?;
                source
            }
        };
        let named = from_name(source, &film_name(packaged.file_name));
        let by_name = by_name(&named.title, named.year);
        self.ingest.name(packaged.title, &named, origin.as_ref()).await?;
        match by_name {
            Some(by_name) => self.ingest.claim(&by_name, packaged.title).await,
            None => Ok(()),
        }
    }

    /// The title of the film itself, or one of a catalogue that was imported before, or that of another copy.
    async fn known(&self, film: &Candidate, new: &NewTitle) -> Result<Option<TitleId>, IngestError> {
        for source in [format!("{BY_CONTENT}{}", film.fingerprint.content), format!("import:{}", new.title_and_year())] {
            if let Some(title) = self.ingest.find_source(&source).await? {
                return Ok(Some(title));
            }
        }
        self.named(new, film.probe.duration).await
    }

    /// The title that a file of this name and year was imported for, unless it is called something else by now, or its film is
    /// of another length.
    async fn named(&self, film: &NewTitle, seconds: Option<f64>) -> Result<Option<TitleId>, IngestError> {
        let Some(by_name) = by_name(&film.title, film.year) else { return Ok(None) };
        let Some(title) = self.ingest.find_source(&by_name).await? else { return Ok(None) };
        // It is being packaged, or was refused: a title that was deleted has no sources.
        let Some(origin) = self.ingest.origin_of(&title).await? else { return Ok(Some(title)) };
        let is_called_so = self::by_name(&origin.title, origin.year) == Some(by_name);
        Ok((is_called_so && is_about_as_long(origin.seconds, seconds)).then_some(title))
    }

    /// An id for a film that nobody has seen. Of two copies that are imported at once, both get that of the first.
    async fn make_title(&self, new: NewTitle) -> Result<TitleId, IngestError> {
        let by_name = by_name(&new.title, new.year);
        let title = self.ingest.id_for(new).await?;
        match by_name {
            // One that is another's already is of a film of another length.
            Some(by_name) if self.ingest.find_source(&by_name).await?.is_none() => self.ingest.claimed(&by_name, title).await,
            Some(_) | None => Ok(title),
        }
    }

    async fn catalogue(&self, packaged: &Packaged<'_>, pictures: Pictures) -> Result<(), IngestError> {
        let title = packaged.title;
        // In this order: one that was there when the other was read, and is deleted from then on, is made anew by nothing below.
        let origin = self.ingest.origin_of(title).await?;
        let deleted = self.ingest.deleted_at(title).await?;
        if origin.is_none() && deleted.is_some() {
            return Err(IngestError::NoSuchTitle(title.clone()));
        }
        let told = self.tell(packaged, pictures, origin).await;
        // A deletion that began meanwhile was perhaps done before something of this was written; one that begins later finds all of it.
        if self.ingest.deleted_at(title).await? != deleted {
            self.ingest.take_back(title).await?;
            return Err(IngestError::NoSuchTitle(title.clone()));
        }
        told
    }

    async fn tell(&self, packaged: &Packaged<'_>, pictures: Pictures, origin: Option<Origin>) -> Result<(), IngestError> {
        self.name(packaged, origin).await?;
        self.ingest.attach_video(packaged.title, facts(packaged.manifest), pictures).await?;
        self.claim_content(packaged.title, &packaged.manifest.source.fingerprint).await
    }

    /// From here on a file of this content is the title's film, whatever it is called; unless it is another title's already.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn claim_content(&self, title: &TitleId, content: &str) -> Result<(), IngestError> {
        self.ingest.claim(&format!("{BY_CONTENT}{content}"), title).await
    }

    /// From here on a film that an older build packaged is known by its content, and by its name where it has one of its own.
    ///
    /// # Errors
    /// [`IngestError::Store`].
    pub async fn adopt(&self, title: &TitleId, content: &str) -> Result<(), IngestError> {
        let origin = self.ingest.origin_of(title).await?.filter(|origin| origin.source.starts_with(BY_FILE));
        if let Some(by_name) = origin.and_then(|origin| by_name(&origin.title, origin.year)) {
            self.ingest.claim(&by_name, title).await?;
        }
        self.claim_content(title, content).await
    }
}

#[async_trait]
impl CatalogueSink for Cataloguer {
    async fn title_for(&self, film: &Candidate) -> Result<TitleId, String> {
        let new = from_name(format!("{BY_FILE}{}", film.fingerprint.key), &film.source.name);
        if let Some(title) = self.known(film, &new).await.map_err(|error| error.to_string())? {
            return Ok(title);
        }
        new.check().map_err(|wrong| format!("{}: {}", wrong.field, wrong.message))?;
        self.make_title(new).await.map_err(|error| error.to_string())
    }

    async fn on_packaged(&self, packaged: Packaged<'_>) -> Result<(), String> {
        let from = ObjectsFor { stores: &self.stores, title: packaged.title, location: packaged.location };
        let pictures = Pictures {
            poster: self.publish_artwork(from, packaged.manifest.poster.as_ref()).await?,
            backdrop: self.publish_artwork(from, packaged.manifest.backdrop.as_ref()).await?,
        };
        self.catalogue(&packaged, pictures).await.map_err(|error| error.to_string())
    }
}

/// Whether these may be the lengths of two copies of one film, in seconds: a trailer or a scene is none of it.
fn is_about_as_long(one: Option<u32>, other: Option<f64>) -> bool {
    let (Some(one), Some(other)) = (one.map(f64::from), other) else { return true };
    one.min(other) >= one.max(other) * 0.75
}

/// Nothing without a year: files of many films are called `movie` or `Episode 1`, and one must not take another's place.
fn by_name(title: &str, year: Option<u16>) -> Option<String> {
    year.map(|_| format!("{BY_NAME}{}", title_and_year(title, year).to_lowercase()))
}

/// Some systems take the accents of a file's name apart: it is the same title.
fn from_name(source: String, name: &FilmName) -> NewTitle {
    NewTitle { source, title: name.title.nfc().collect(), year: name.year, ..NewTitle::default() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn facts(manifest: &MediaManifest) -> VideoFacts {
    // Whoever looks for a language wants all that is said: not what is said about the film, nor what little is forced.
    let is_whole = |roles: &[TrackRole]| !roles.contains(&TrackRole::Forced) && !roles.contains(&TrackRole::Commentary);
    let audio = manifest.audio.iter().filter(|track| is_whole(&track.roles));
    let captions = manifest.captions.iter().filter(|track| is_whole(&track.roles()));
    let mut audio: Vec<String> = audio.map(|track| track.language.clone()).collect();
    let mut captions: Vec<String> = captions.map(|track| track.language.clone()).collect();
    for languages in [&mut audio, &mut captions] {
        // A stereo track beside its surround one is the same language.
        let mut seen = std::collections::HashSet::new();
        languages.retain(|language| seen.insert(language.clone()));
    }
    VideoFacts {
        height: manifest.height(),
        class: Some(manifest.class()).filter(|class| *class > 0),
        duration_seconds: manifest.duration_seconds.round().clamp(0.0, f64::from(u32::MAX)) as u32,
        audio,
        captions,
    }
}
