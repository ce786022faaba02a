//! `/art/{id}/{version}/{file}`: posters and backdrops, for whoever may see the title, the same for ever.
//!
//! A drawn one is made when it is asked for first, once for all who ask meanwhile. Must never answer a version with the
//! content of another: it sends the asker on to the one that is current.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use contract::{Code, Problem, authorization::Right, ids::TitleId, maturity};
use futures::TryStreamExt;
use moka::future::Cache;
use poster::{Brief, Typeface};
use runtime::spare::Spare;
use storage::{
    documents::Documents,
    objects::{ObjectKey, Objects},
};

use super::{
    artwork::{self, Picture, brief},
    ingest,
    record::{TITLES, TitleRecord},
};
use crate::{
    context::{RequestContext, Viewer},
    mount::{Prepared, check_reading, problem_response},
};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The same in the viewer's own browser alone.
const FOR_EVER_THEIRS: &str = "private, max-age=31536000, immutable";
/// Bytes of pictures kept ready.
const KEPT: u64 = 6 * 1024 * 1024;
/// How long one is kept: a title that was deleted elsewhere shows its picture no longer than this.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How long a picture may take to be fetched, or drawn when its turn has come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that a picture may have: more would not fit into the memory of many at once.
const LARGEST: u64 = 8 * 1024 * 1024;

static DRAWING: LazyLock<Spare> = LazyLock::new(Spare::default);

/// What pictures are made of. Cheap to clone.
#[derive(Clone)]
pub struct Gallery {
    documents: Arc<dyn Documents>,
    objects: Objects,
    typeface: Arc<Typeface>,
    kept: Cache<String, Arc<Prepared>>,
}

impl Gallery {
    pub fn new(documents: Arc<dyn Documents>, objects: Objects, typeface: Arc<Typeface>) -> Self {
        let kept = Cache::builder()
            .max_capacity(KEPT)
            .time_to_live(KEPT_FOR)
            .support_invalidation_closures()
            .weigher(|key: &String, kept: &Arc<Prepared>| u32::try_from(key.len() + kept.weight()).unwrap_or(u32::MAX))
            .build();
        Self { documents, objects, typeface, kept }
    }

    pub fn routes(self) -> Router {
        Router::new().route("/art/{id}/{version}/{file}", get(show)).with_state(self)
    }

    /// Keeps no picture of a title any more.
    pub fn forget(&self, id: &TitleId) {
        let below = format!("/art/{id}/");
        // Refused only where the cache was made without support for it.
        if let Err(error) = self.kept.invalidate_entries_if(move |address, _| address.starts_with(&below)) {
            tracing::error!(%error, "pictures of a title that was deleted are kept for a minute");
        }
    }

    /// A picture, for somebody to whom films for people up to an `age` are shown. Without a limit nothing is looked up for
    /// what is kept.
    async fn picture(&self, id: &TitleId, version: &str, picture: Picture, age: Option<u8>) -> Result<ArtReply, Problem> {
        if age.is_some() {
            let document = self.documents.get(&TITLES, id.as_str()).await?;
            let record = ingest::read(&document.ok_or_else(|| Problem::not_found("picture"))?)?;
            if !maturity::is_for(record.facts.maturity.as_deref(), age) {
                return Err(Problem::not_found("picture"));
            }
        }
        let address = picture.address(id, version);
        if let Some(kept) = self.kept.get(&address).await {
            return Ok(ArtReply::Picture(kept));
        }
        let document = self.documents.get(&TITLES, id.as_str()).await?;
        let record = ingest::read(&document.ok_or_else(|| Problem::not_found("picture"))?)?;
        if picture.version(id, &record).as_deref() != Some(version) {
            return Ok(ArtReply::Redirect(current(picture, id, &record)));
        }
        let make = async {
            let prepared = match picture {
                Picture::DrawnPoster | Picture::DrawnBackdrop => self.draw(picture, id, record).await?,
                Picture::Poster | Picture::Backdrop => self.fetch(picture, id, version).await?,
            };
            Ok(Arc::new(prepared))
        };
        self.kept.try_get_with(address, make).await.map(ArtReply::Picture).map_err(Arc::unwrap_or_clone)
    }

    async fn draw(&self, picture: Picture, id: &TitleId, record: TitleRecord) -> Result<Prepared, Problem> {
        let (typeface, id) = (Arc::clone(&self.typeface), id.clone());
        let made = DRAWING.run(move || {
            let brief = brief(&id, &record);
            match picture {
                Picture::DrawnPoster | Picture::Poster => poster_of(&brief, &typeface),
                Picture::DrawnBackdrop | Picture::Backdrop => drawing(poster::backdrop(&brief)),
            }
        });
        let made = tokio::time::timeout(PATIENCE, made).await.map_err(|_| Problem::new(Code::TimedOut))?;
        made.map_err(|error| {
            tracing::error!(%error, "a picture cannot be drawn");
            Problem::internal()
        })
    }

    async fn fetch(&self, picture: Picture, id: &TitleId, version: &str) -> Result<Prepared, Problem> {
        match tokio::time::timeout(PATIENCE, self.bytes(picture, id, version)).await {
            Ok(Ok(Some(bytes))) => Ok(Prepared::new("image/jpeg", FOR_EVER, bytes)),
            Ok(Ok(None)) => Err(Problem::not_found("picture")),
            Ok(Err(problem)) => Err(problem),
            Err(_) => Err(Problem::new(Code::TimedOut)),
        }
    }

    /// By its content. What an older build stored beside its film is the picture where its bytes are the version's.
    async fn bytes(&self, picture: Picture, id: &TitleId, version: &str) -> Result<Option<Vec<u8>>, Problem> {
        let keys = [artwork::key(id, version), ObjectKey::media(id, &[picture.file()])];
        for key in keys.into_iter().flatten() {
            if let Some(bytes) = self.read(&key).await?.filter(|bytes| artwork::version_of(bytes) == version) {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    async fn read(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>, Problem> {
        let Some(object) = self.objects.open(key).await? else { return Ok(None) };
        if object.head.size > LARGEST {
            tracing::warn!(key = key.as_str(), size = object.head.size, "a picture is too large to be shown");
            return Ok(None);
        }
        let read = object.read(0..object.head.size).try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        });
        read.await.map(Some).map_err(|error| {
            tracing::error!(%error, key = key.as_str(), "a picture cannot be read");
            Problem::internal()
        })
    }
}

/// In points where that can be.
fn poster_of(brief: &Brief, typeface: &Typeface) -> Prepared {
    let svg = poster::draw(brief, typeface);
    match poster::raster(&svg) {
        Some(points) => Prepared::new("image/png", FOR_EVER, points),
        None => drawing(svg),
    }
}

fn drawing(svg: String) -> Prepared {
    Prepared::new("image/svg+xml", FOR_EVER, svg).compressed()
}

enum ArtReply {
    Picture(Arc<Prepared>),
    /// This version is gone; here is the current one.
    Redirect(String),
}

fn current(picture: Picture, id: &TitleId, record: &TitleRecord) -> String {
    let picture = if picture.version(id, record).is_some() { picture } else { picture.instead() };
    picture.address(id, &picture.version(id, record).unwrap_or_default())
}

/// Whether a cache on the way may give a picture to others: where everybody may see it who can reach it.
fn is_everybodys(viewer: &Viewer) -> bool {
    viewer.member.is_none() && viewer.authorization.maturity.is_none()
}

async fn show(
    State(gallery): State<Gallery>,
    Extension(context): Extension<RequestContext>,
    Path((id, version, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let (Ok(id), Some(picture)) = (id.parse::<TitleId>(), Picture::named(&file)) else {
        return problem_response(Problem::not_found("picture"));
    };
    if let Err(problem) = check_reading(Right::Browse, &context.viewer) {
        return problem_response(problem);
    }
    match gallery.picture(&id, &version, picture, context.viewer.authorization.maturity).await {
        Ok(ArtReply::Picture(prepared)) => {
            let mut response = prepared.respond(&headers).await;
            let headers = response.headers_mut();
            if !is_everybodys(&context.viewer) {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOR_EVER_THEIRS));
            }
            // Opened on its own, an SVG is a document: it may style itself and nothing else.
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
            );
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }
        Ok(ArtReply::Redirect(address)) => {
            (StatusCode::FOUND, [(header::LOCATION, address), (header::CACHE_CONTROL, "no-cache".to_owned())]).into_response()
        }
        Err(problem) => problem_response(problem),
    }
}
