//! `/media/{grant}/...`: every byte of video, each behind a grant, over the whole of HTTP's conditions and ranges.
//!
//! The order of the checks is the order of trust: the grant's tag, the session, the name, the rendition; only then
//! is anything opened. Must never answer with a byte of media before all four hold, and never log an address.
//!
//! In front of a CDN: replies are `private`, because the address is one viewer's. A CDN that verifies grants at its
//! edge may keep objects under the address without the grant, which is the same for everybody.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header, response::Builder},
    response::Response,
};
use bytes::Bytes;
use contract::{Code, Problem};
use media::{
    manifest::{AudioRendition, MediaManifest},
    silence::Silence,
};

use super::{
    Playback,
    cmcd::PlayerReport,
    conditional::{Decision, Validators},
    grant::Grant,
    names::{self, Kind, Resource},
    playlist,
};
use crate::mount::problem_response;

/// A rendered playlist is asked for again each time: what it names may have grown.
const RENDERED: &str = "private, no-cache";
/// What is stored never changes under its name; a grant names the generation.
const STORED: &str = "private, max-age=21600, immutable";
/// Bytes of a track's playlist: a day of segments stays far below.
const PLAYLIST_LIMIT: u64 = 4 * 1024 * 1024;

impl Playback {
    /// Answers a GET or HEAD below `/media/`.
    pub(super) async fn media(&self, request: Request<Body>) -> Response {
        let (parts, _) = request.into_parts();
        match self.answer(&parts.method, parts.uri.path(), &parts.headers).await {
            Ok(response) => response,
            Err(problem) => problem_response(problem),
        }
    }

    async fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
        let below = path.strip_prefix("/media/").unwrap_or_default();
        let (grant, name) = below.split_once('/').unwrap_or((below, ""));
        let grant = self.grants.open(grant, self.clock.seconds())?;
        let session = self.sessions.live(grant.session).await?.ok_or_else(|| Problem::new(Code::SessionEnded))?;
        let manifest = self.manifests.get(&grant.title, grant.location).await?.ok_or_else(|| Problem::not_found("file"))?;
        let response = match names::resolve(&manifest, name).ok_or_else(|| Problem::not_found("file"))? {
            Resource::Master => rendered(method, headers, playlist::master(&manifest, grant.class, grant.decodable)),
            Resource::CaptionPlaylist(track) => rendered(method, headers, playlist::text_track(&manifest, track)),
            Resource::Object { class, .. } if class.is_some_and(|class| !playlist::allows(&manifest, grant.class, class)) => {
                Err(Problem::new(Code::GrantRefused))
            }
            Resource::SoundPlaylist(track) => match self.silence(&grant, &manifest, track).await? {
                Some((silence, stored)) => rendered(method, headers, Ok(silence.playlist(&stored))),
                None => self.stored(method, headers, &grant, name, Kind::Playlist).await,
            },
            Resource::Silence { track, number } => {
                let silence = self.silence(&grant, &manifest, track).await?;
                let segment = silence.and_then(|(silence, _)| silence.segment(number, track.channels));
                let segment = segment.ok_or_else(|| Problem::not_found("file"))?;
                made(method, headers, segment.into(), Kind::Audio, STORED)
            }
            Resource::Object { kind, .. } => self.stored(method, headers, &grant, name, kind).await,
        };
        let report = || PlayerReport::of(headers).up_to(playlist::heaviest(&manifest, grant.class));
        Ok(self.meters.count(response?, (grant.session, &session), report))
    }

    /// What a track of sound lacks to last as long as the picture, and its playlist as it is stored.
    async fn silence(
        &self,
        grant: &Grant,
        manifest: &MediaManifest,
        track: &AudioRendition,
    ) -> Result<Option<(Silence, String)>, Problem> {
        let stored = self.segments.whole(&grant.title, grant.location, &track.playlist, PLAYLIST_LIMIT).await?;
        let Some(stored) = stored.and_then(|stored| String::from_utf8(stored.into()).ok()) else { return Ok(None) };
        Ok(Silence::after(&stored, manifest.duration_seconds).map(|silence| (silence, stored)))
    }

    async fn stored(
        &self,
        method: &Method,
        headers: &HeaderMap,
        grant: &Grant,
        name: &str,
        kind: Kind,
    ) -> Result<Response, Problem> {
        let opened = self.segments.open(&grant.title, grant.location, name).await?;
        let head = ResponseHead { validators: opened.validators.clone(), kind, cache_control: STORED };
        let decision = opened.validators.decide(method, headers);
        let body = match &decision {
            Decision::Whole if *method == Method::HEAD => Body::empty(),
            Decision::Whole => opened.body(0..head.validators.length).await?,
            Decision::Part(range) => opened.body(range.clone()).await?,
            Decision::NotModified | Decision::PreconditionFailed | Decision::Unsatisfiable => Body::empty(),
        };
        head.respond(decision, body)
    }
}

fn rendered(method: &Method, headers: &HeaderMap, text: Result<String, std::fmt::Error>) -> Result<Response, Problem> {
    made(method, headers, Bytes::from(text.map_err(|_| Problem::internal())?), Kind::Playlist, RENDERED)
}

/// What is not stored.
fn made(
    method: &Method,
    headers: &HeaderMap,
    bytes: Bytes,
    kind: Kind,
    cache_control: &'static str,
) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
    let etag = HeaderValue::from_str(&tag).map_err(|_| Problem::internal())?;
    let validators = Validators::new(etag, None, bytes.len() as u64);
    let decision = validators.decide(method, headers);
    let body = match &decision {
        Decision::Whole => Body::from(bytes),
        Decision::Part(range) => Body::from(part(&bytes, range.start, range.end)),
        Decision::NotModified | Decision::PreconditionFailed | Decision::Unsatisfiable => Body::empty(),
    };
    ResponseHead { validators, kind, cache_control }.respond(decision, body)
}

fn part(text: &Bytes, start: u64, end: u64) -> Bytes {
    let at = |position: u64| usize::try_from(position).unwrap_or(text.len()).min(text.len());
    text.slice(at(start)..at(end))
}

/// What goes before the body.
struct ResponseHead {
    validators: Validators,
    kind: Kind,
    cache_control: &'static str,
}

impl ResponseHead {
    fn respond(&self, decision: Decision, body: Body) -> Result<Response, Problem> {
        let length = self.validators.length;
        let response = match decision {
            Decision::Whole => self.content(StatusCode::OK, length).body(body),
            Decision::Part(range) => self
                .content(StatusCode::PARTIAL_CONTENT, range.end - range.start)
                .header(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1))
                .body(body),
            Decision::NotModified => self.start(StatusCode::NOT_MODIFIED).body(body),
            Decision::PreconditionFailed => {
                Response::builder().status(StatusCode::PRECONDITION_FAILED).header(header::CACHE_CONTROL, "no-store").body(body)
            }
            Decision::Unsatisfiable => Response::builder()
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(header::CONTENT_RANGE, format!("bytes */{length}"))
                .header(header::CACHE_CONTROL, "no-store")
                .body(body),
        };
        response.map_err(|_| Problem::internal())
    }

    fn content(&self, status: StatusCode, length: u64) -> Builder {
        self.start(status)
            .header(header::CONTENT_TYPE, self.kind.content_type())
            .header(header::CONTENT_LENGTH, length)
            .header(header::ACCEPT_RANGES, "bytes")
    }

    fn start(&self, status: StatusCode) -> Builder {
        let start = Response::builder()
            .status(status)
            .header(header::ETAG, &self.validators.etag)
            .header(header::CACHE_CONTROL, self.cache_control);
        match self.validators.modified {
            Some(modified) => start.header(header::LAST_MODIFIED, httpdate::fmt_http_date(modified)),
            None => start,
        }
    }
}
