//! Knows who asks: by the API token that a script carries, by the session that a browser carries, or as a guest by a
//! signed cookie.
//!
//! A session whose access token ran out is refreshed on the way, so that no page has to know of tokens. A request with
//! an API token is that token's, whatever cookies it has beside; where the token is no good it is refused, and never a
//! guest's. Whatever such a request does, no cookie is set.
//! Must never set a cookie on a reply that a cache may give to somebody else.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem, authorization::Authorization};

use super::{
    anonymous::{Anonymous, Known, fresh_profile},
    forwarded::Origin,
    route::{self, Kind},
    standing::{Remembered, Standing},
};
use crate::{
    context::{Member, Viewer},
    door::{Door, Word},
    mount::problem_response,
    session::{self, ApiToken, ApiTokenKey, Bearer, Cookies, RefreshKey, Tokens},
    storage::StoreError,
};

/// What stands where nobody asks what is allowed, which is nothing: one for every file and segment that is served.
static UNASKED: LazyLock<Arc<Authorization>> = LazyLock::new(|| Arc::new(Authorization::nothing()));

/// Recognises. One pointer: every layer of the stack clones those below it for each request.
#[derive(Clone)]
pub struct Identity(Arc<Parts>);

struct Parts {
    anonymous: Anonymous,
    refresh: RefreshKey,
    tokens: ApiTokenKey,
    standings: Remembered,
}

/// Who asks, and what their browser is to be told of it.
struct Recognised {
    viewer: Viewer,
    /// Tokens that replace the ones it carries.
    renewed: Option<Tokens>,
    /// It carries tokens that are no good any more.
    is_ended: bool,
    /// Its anonymous profile is new, or its cookie old.
    is_due: bool,
}

impl Identity {
    pub fn new(anonymous: Anonymous, refresh: RefreshKey, tokens: ApiTokenKey, standings: Remembered) -> Self {
        Self(Arc::new(Parts { anonymous, refresh, tokens, standings }))
    }
}

impl Parts {
    /// Whose an API token is; nothing where it is no good.
    async fn bearer_of(&self, text: &str) -> Result<Option<Viewer>, StoreFailed> {
        let Some(token) = self.tokens.read(text) else { return Ok(None) };
        let standing = self.standings.token(&token).await?;
        let ApiToken { account, id } = token;
        Ok(standing.map(|standing| member(Bearer { account, sign_in: id.into() }, standing)))
    }

    /// Who looks at a picture. A page shows dozens at once: nothing is renewed for them and no cookie is set, and a refresh
    /// token that was made here is good enough to be known by.
    async fn onlooker(&self, headers: &HeaderMap) -> Result<Option<Viewer>, StoreFailed> {
        if let Some(text) = session::bearer(headers) {
            return self.bearer_of(text).await;
        }
        let cookies = Cookies::read(headers);
        if let Some(token) = cookies.access
            && let Some((bearer, standing)) = self.standings.session(token).await?
        {
            return Ok(Some(member(bearer, standing)));
        }
        if let Some(token) = cookies.refresh.and_then(|token| self.refresh.read(token)) {
            let bearer = Bearer { account: token.account, sign_in: token.sign_in };
            if let Some(standing) = self.standings.standing(&bearer).await? {
                return Ok(Some(member(bearer, standing)));
            }
        }
        let known = self.anonymous.known(headers);
        let is_new = known.is_none();
        let profile = known.map_or_else(fresh_profile, |known| known.profile);
        Ok(Some(Viewer::guest(profile, is_new, self.standings.guests().await?)))
    }

    async fn recognise(&self, headers: &HeaderMap) -> Result<Recognised, StoreFailed> {
        let cookies = Cookies::read(headers);
        if let Some(token) = cookies.access
            && let Some((bearer, standing)) = self.standings.session(token).await?
        {
            return Ok(Recognised::member(bearer, standing, None));
        }
        if let Some(token) = cookies.refresh.and_then(|token| self.refresh.read(token))
            && let Some((bearer, tokens)) = self.standings.refresh(token).await?
            && let Some(standing) = self.standings.standing(&bearer).await?
        {
            return Ok(Recognised::member(bearer, standing, Some(tokens)));
        }
        let known = self.anonymous.known(headers);
        let is_due = known.as_ref().is_none_or(|known| known.is_stale);
        let is_new = known.is_none();
        let profile = known.map_or_else(fresh_profile, |known| known.profile);
        let viewer = Viewer::guest(profile, is_new, self.standings.guests().await?);
        Ok(Recognised { viewer, renewed: None, is_ended: cookies.any(), is_due })
    }
}

impl Recognised {
    fn member(bearer: Bearer, standing: Standing, renewed: Option<Tokens>) -> Self {
        Self { viewer: member(bearer, standing), renewed, is_ended: false, is_due: false }
    }
}

fn member(bearer: Bearer, standing: Standing) -> Viewer {
    let Standing { role, profile, active_profile, authorization, scopes } = standing;
    let member = Some(Member { account: bearer.account, sign_in: bearer.sign_in, role, active_profile, scopes });
    Viewer { profile, is_new: false, member, authorization }
}

/// The layer.
pub async fn recognise(State(Identity(identity)): State<Identity>, mut request: Request, next: Next) -> Response {
    let kind = Kind::of(request.uri().path());
    if !matches!(kind, Kind::Call | Kind::Page) {
        let viewer = if route::is_picture(request.uri().path()) {
            match identity.onlooker(request.headers()).await {
                Ok(Some(viewer)) => viewer,
                Ok(None) => return token_refused(),
                Err(StoreFailed) => return busy(),
            }
        } else {
            // Files are everybody's and video has grants: nobody is looked up for them.
            identity.anonymous.known(request.headers()).map_or_else(somebody, known_guest)
        };
        request.extensions_mut().insert(viewer);
        return next.run(request).await;
    }
    if let Some(text) = session::bearer(request.headers()) {
        return match identity.bearer_of(text).await {
            Ok(Some(viewer)) => {
                request.extensions_mut().insert(viewer);
                next.run(request).await
            }
            Ok(None) => token_refused(),
            Err(StoreFailed) => busy(),
        };
    }
    let https = request.extensions().get::<Origin>().is_some_and(|origin| origin.https);
    let recognised = match identity.recognise(request.headers()).await {
        Ok(recognised) => recognised,
        Err(StoreFailed) => return busy(),
    };
    let Recognised { viewer, renewed, is_ended, is_due } = recognised;
    let door = Door::default();
    let due = is_due.then(|| viewer.profile.clone());
    let sign_in = viewer.member.as_ref().map(|member| member.sign_in.clone());
    request.extensions_mut().insert(viewer);
    request.extensions_mut().insert(door.clone());
    let mut response = next.run(request).await;

    let word = door.take();
    if let (Some(_), Some(sign_in)) = (&word, &sign_in) {
        identity.standings.forget(sign_in).await;
    }
    let mut lines = match (word, renewed) {
        (Some(Word::Enter(tokens)), _) | (None | Some(Word::Changed), Some(tokens)) => session::set(&tokens, https),
        (Some(Word::Leave), _) => session::unset(https),
        (None | Some(Word::Changed), None) if is_ended => session::unset(https),
        (None | Some(Word::Changed), None) => Vec::new(),
    };
    lines.extend(due.map(|profile| identity.anonymous.cookie(&profile, https)));
    tell(&mut response, lines);
    response
}

/// RFC 6750, section 3.
fn token_refused() -> Response {
    let mut response = problem_response(Problem::new(Code::TokenRefused));
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn busy() -> Response {
    problem_response(Problem::new(Code::Overloaded).with_retry_after(2))
}

/// Sets cookies, unless a cache may keep the response.
fn tell(response: &mut Response, lines: Vec<String>) {
    if lines.is_empty() || !is_private(response.headers()) {
        return;
    }
    for line in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
}

/// Somebody for whom nothing is known or kept.
pub fn somebody() -> Viewer {
    Viewer::guest(fresh_profile(), true, Arc::clone(&UNASKED))
}

fn known_guest(known: Known) -> Viewer {
    Viewer::guest(known.profile, false, Arc::clone(&UNASKED))
}

/// Who asks cannot be found out now; the cause is logged.
struct StoreFailed;

impl From<StoreError> for StoreFailed {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "who asks cannot be looked up");
        Self
    }
}

impl From<Arc<StoreError>> for StoreFailed {
    fn from(error: Arc<StoreError>) -> Self {
        tracing::error!(%error, "who asks cannot be looked up");
        Self
    }
}

fn is_private(headers: &HeaderMap) -> bool {
    let control = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !control.split(',').any(|directive| directive.trim().eq_ignore_ascii_case("public"))
}
