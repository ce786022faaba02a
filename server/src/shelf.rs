//! Where the import of video and the catalogue meet: a film that was packaged becomes a title that can be
//! watched, with the pictures that were taken from it.
//!
//! Must never do what either side can do itself: it only hands on.

use async_trait::async_trait;
use contract::{catalog::VideoFacts, ids::TitleId};

use crate::{
    media::{
        import::{Candidate, Titles},
        manifest::{MediaManifest, Picture},
    },
    services::catalog::{Pictures, facts::NewTitle, ingest::Ingest},
    storage::objects::{ObjectKey, Objects},
};
use futures::TryStreamExt;

/// Hangs films on titles. Cheap to clone.
#[derive(Clone)]
pub struct Shelf {
    ingest: Ingest,
    objects: Objects,
    /// What is known of the film beforehand; otherwise its file's name says it.
    known: Option<NewTitle>,
}

impl Shelf {
    pub fn new(ingest: Ingest, objects: Objects) -> Self {
        Self { ingest, objects, known: None }
    }

    /// For one film of which more is known than its file's name.
    #[must_use]
    pub fn with(&self, known: NewTitle) -> Self {
        Self { known: Some(known), ..self.clone() }
    }

    async fn show(&self, title: &TitleId, picture: Option<&Picture>) -> Result<Option<String>, String> {
        let Some(picture) = picture else { return Ok(None) };
        let words = |error: &dyn std::fmt::Display| format!("its picture {} cannot be kept: {error}", picture.file);
        let from = ObjectKey::media(title, &[&picture.file]).map_err(|error| words(&error))?;
        let Some(object) = self.objects.open(&from).await.map_err(|error| words(&error))? else { return Ok(None) };
        let pieces = object.read(0..object.head.size);
        let bytes: Vec<bytes::Bytes> = pieces.try_collect().await.map_err(|error| words(&error))?;
        let bytes = bytes.concat();
        let version = blake3::hash(&bytes).to_hex()[..16].to_owned();
        let to = ObjectKey::artwork(title, &[&picture.file]).map_err(|error| words(&error))?;
        self.objects.put(&to, bytes.into()).await.map_err(|error| words(&error))?;
        Ok(Some(version))
    }
}

#[async_trait]
impl Titles for Shelf {
    async fn title_for(&self, film: &Candidate) -> Result<TitleId, String> {
        let new = match &self.known {
            Some(known) => known.clone(),
            None => {
                let new = from_name(film);
                // A catalogue that was imported before may name it already.
                let listed = format!("import:{}", new.title_and_year());
                match self.ingest.find_source(&listed).await.map_err(|error| error.to_string())? {
                    Some(title) => return Ok(title),
                    None => new,
                }
            }
        };
        new.check().map_err(|wrong| format!("{}: {}", wrong.field, wrong.message))?;
        let outcomes = self.ingest.upsert_many(vec![new]).await.map_err(|error| error.to_string())?;
        outcomes.into_iter().next().map(|outcome| outcome.id).ok_or_else(|| "the catalogue did not take it".to_owned())
    }

    async fn packaged(&self, title: &TitleId, manifest: &MediaManifest) -> Result<(), String> {
        let pictures = Pictures {
            poster: self.show(title, manifest.poster.as_ref()).await?,
            backdrop: self.show(title, manifest.backdrop.as_ref()).await?,
        };
        self.ingest.attach_video(title, facts(manifest), pictures).await.map_err(|error| error.to_string())
    }
}

fn from_name(film: &Candidate) -> NewTitle {
    let name = &film.source.name;
    NewTitle {
        source: format!("video:{}", film.fingerprint.key),
        title: name.title.clone(),
        year: name.year,
        ..NewTitle::default()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn facts(manifest: &MediaManifest) -> VideoFacts {
    let mut audio: Vec<String> = manifest.audio.iter().map(|track| track.language.clone()).collect();
    let mut captions: Vec<String> = manifest.captions.iter().map(|track| track.language.clone()).collect();
    for languages in [&mut audio, &mut captions] {
        // A stereo track beside its surround one is the same language.
        let mut seen = std::collections::HashSet::new();
        languages.retain(|language| seen.insert(language.clone()));
    }
    VideoFacts {
        height: manifest.renditions.iter().map(|rendition| rendition.height).max().unwrap_or(0),
        duration_seconds: manifest.duration_seconds.round().clamp(0.0, f64::from(u32::MAX)) as u32,
        audio,
        captions,
    }
}
