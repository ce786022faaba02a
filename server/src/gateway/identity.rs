//! Knows who asks: by the API token that a script carries, by the session that a browser carries, or as a guest by a
//! signed cookie.
//!
//! A session whose access token ran out is refreshed on the way, so that no page has to know of tokens. A request with
//! an API token is that token's, whatever cookies it has beside; where the token is no good it is refused, and never a
//! guest's. Whatever such a request does, no cookie is set.
//!
//! What a session's browser has to be told reaches it on whichever reply comes first: on one that everybody shares by a
//! twin of it, with the same bytes and entity tag, that is private; on a problem too. A guest's cookie waits for a reply that
//! is private anyway. Must never set a cookie on a reply that a cache may give to somebody else.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::{Code, Problem, authorization::Authorization};
use storage::StoreError;

use super::{
    anonymous::{Anonymous, GuestCookie, fresh_profile},
    forwarded::Origin,
    principals::{Principal, PrincipalCache},
    route::Kind,
};
use crate::{
    context::{Member, Viewer},
    mount::problem_response,
    session::{self, ApiToken, ApiTokenKey, Bearer, Cookies, Jar, RefreshKey, Tokens},
    session_effect::{SessionEffect, SessionEffects},
};

/// What stands where nobody asks what is allowed, which is nothing: one for every file and segment that is served.
static ANONYMOUS: LazyLock<Arc<Authorization>> = LazyLock::new(|| Arc::new(Authorization::nothing()));

/// Recognises. One pointer: it is copied for each request.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    anonymous: Anonymous,
    refresh: RefreshKey,
    tokens: ApiTokenKey,
    principals: PrincipalCache,
}

/// Who asks, and what their browser is to be told of it.
struct Recognised {
    viewer: Viewer,
    news: News,
    /// Its anonymous profile is new, or its cookie old.
    is_due: bool,
}

/// What became of the tokens that a browser carries.
enum News {
    /// They are good, or there are none.
    Nothing,
    /// These replace them.
    Renewed(Tokens),
    /// They are no good any more.
    Ended,
}

/// Who asks cannot be found out now; the browser is told what became of its tokens all the same.
struct Unrecognised {
    news: News,
}

impl Identity {
    pub fn new(anonymous: Anonymous, refresh: RefreshKey, tokens: ApiTokenKey, principals: PrincipalCache) -> Self {
        Self(Arc::new(Inner { anonymous, refresh, tokens, principals }))
    }
}

impl Identity {
    /// What a viewer's session, token or guest's profile stands for now; nothing where it stands for nobody any more.
    ///
    /// # Errors
    /// [`StoreFailed`].
    pub(super) async fn look_again(&self, viewer: &Viewer) -> Result<Option<Viewer>, StoreFailed> {
        let principals = &self.0.principals;
        let Some(Member { account, sign_in, scopes, .. }) = &viewer.member else {
            if !principals.is_guests(&viewer.profile).await? {
                return Ok(None);
            }
            return Ok(Some(Viewer::guest(viewer.profile.clone(), viewer.is_new, principals.guests().await?)));
        };
        let bearer = Bearer { account: account.clone(), sign_in: sign_in.clone() };
        let principal = match (scopes, sign_in.as_str().parse()) {
            (None, _) => principals.resolve_now(&bearer).await?,
            (Some(_), Ok(id)) => principals.token(&ApiToken { account: account.clone(), id }, false).await?,
            (Some(_), Err(_)) => None,
        };
        Ok(principal.map(|principal| member(bearer, principal)))
    }
}

impl Inner {
    /// Whose an API token is; nothing where it is no good.
    async fn bearer_of(&self, text: &str, is_safe: bool) -> Result<Option<Viewer>, StoreFailed> {
        let Some(token) = self.tokens.read(text) else { return Ok(None) };
        let principal = self.principals.token(&token, is_safe).await?;
        let ApiToken { account, id } = token;
        Ok(principal.map(|principal| member(Bearer { account, sign_in: id.into() }, principal)))
    }

    /// Who looks at a picture. A page shows dozens at once: nothing is renewed for them and no cookie is set, and a refresh
    /// token that was made here is good enough to be known by.
    async fn onlooker(&self, headers: &HeaderMap, https: bool) -> Result<Option<Viewer>, StoreFailed> {
        if let Some(text) = session::bearer(headers) {
            return self.bearer_of(text, true).await;
        }
        let cookies = Cookies::read(headers, https);
        if let Some(token) = cookies.access
            && let Some((bearer, principal)) = self.principals.session(token, true).await?
        {
            return Ok(Some(member(bearer, principal)));
        }
        if let Some(token) = cookies.refresh.and_then(|token| self.refresh.read(token)) {
            let bearer = Bearer { account: token.account, sign_in: token.sign_in };
            if let Some(principal) = self.principals.resolve(&bearer).await? {
                return Ok(Some(member(bearer, principal)));
            }
        }
        let known = self.anonymous.known(headers, https);
        let is_new = known.is_none();
        let profile = known.map_or_else(fresh_profile, |known| known.profile);
        Ok(Some(Viewer::guest(profile, is_new, self.principals.guests().await?)))
    }

    async fn recognise(&self, headers: &HeaderMap, cookies: &Cookies<'_>, is_safe: bool) -> Result<Recognised, Unrecognised> {
        if let Some(token) = cookies.access
            && let Some((bearer, principal)) = self.principals.session(token, is_safe).await.map_err(StoreFailed::from)?
        {
            return Ok(Recognised::member(bearer, principal, News::Nothing));
        }
        if let Some(token) = cookies.refresh.and_then(|token| self.refresh.read(token))
            && let Some((bearer, tokens)) = self.principals.refresh(token).await.map_err(StoreFailed::from)?
        {
            let news = tokens.map_or(News::Nothing, News::Renewed);
            match self.principals.resolve(&bearer).await.map_err(StoreFailed::from) {
                Ok(Some(principal)) => return Ok(Recognised::member(bearer, principal, news)),
                Ok(None) => {}
                Err(StoreFailed) => return Err(Unrecognised { news }),
            }
        }
        let ended = || if cookies.any() { News::Ended } else { News::Nothing };
        let (known, is_sure) = match self.anonymous.known(headers, cookies.jar.https) {
            Some(known) => match self.principals.is_guests(&known.profile).await {
                Ok(true) => (Some(known), true),
                // The cookie of a guest who signed up, in another tab or from an older version: somebody new from now on.
                Ok(false) => (None, true),
                // What everybody is shown is shown to them, and their cookie is left as it is; nothing is written.
                Err(error) if is_safe => {
                    tracing::warn!(%error, "whose a guest's profile is cannot be looked up");
                    (None, false)
                }
                Err(error) => {
                    tracing::error!(%error, "whose a guest's profile is cannot be looked up");
                    return Err(Unrecognised { news: ended() });
                }
            },
            None => (None, true),
        };
        let is_due = is_sure && known.as_ref().is_none_or(|known| known.is_stale);
        let is_new = known.is_none();
        let profile = known.map_or_else(fresh_profile, |known| known.profile);
        match self.principals.guests().await.map_err(StoreFailed::from) {
            Ok(may) => Ok(Recognised { viewer: Viewer::guest(profile, is_new, may), news: ended(), is_due }),
            Err(StoreFailed) => Err(Unrecognised { news: ended() }),
        }
    }
}

impl Recognised {
    fn member(bearer: Bearer, principal: Principal, news: News) -> Self {
        Self { viewer: member(bearer, principal), news, is_due: false }
    }
}

impl News {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Renewed(_) | Self::Ended => false,
        }
    }

    /// The `Set-Cookie` lines.
    fn lines(&self, jar: Jar) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Renewed(tokens) => jar.set(tokens),
            Self::Ended => jar.unset(),
        }
    }
}

impl From<StoreFailed> for Unrecognised {
    fn from(StoreFailed: StoreFailed) -> Self {
        Self { news: News::Nothing }
    }
}

fn member(bearer: Bearer, principal: Principal) -> Viewer {
    let Principal { role, profile, active_profile, authorization, scopes, confirmed: _ } = principal;
    let member = Some(Member { account: bearer.account, sign_in: bearer.sign_in, role, active_profile, scopes });
    Viewer { profile, is_new: false, member, authorization }
}

/// The layer.
pub async fn recognise(State(Identity(identity)): State<Identity>, mut request: Request, next: Next) -> Response {
    let https = request.extensions().get::<Origin>().is_some_and(|origin| origin.https);
    let kind = Kind::of(&request);
    if !matches!(kind, Kind::Call | Kind::Events | Kind::Page) {
        let viewer = if kind == Kind::Picture {
            match identity.onlooker(request.headers(), https).await {
                Ok(Some(viewer)) => viewer,
                Ok(None) => return token_refused(),
                Err(StoreFailed) => return busy(),
            }
        } else {
            // Files are everybody's and video has grants: nobody is looked up for them.
            identity.anonymous.known(request.headers(), https).map_or_else(anonymous_viewer, known_guest)
        };
        request.extensions_mut().insert(viewer);
        return next.run(request).await;
    }
    if let Some(text) = session::bearer(request.headers()) {
        return match identity.bearer_of(text, request.method().is_safe()).await {
            Ok(Some(viewer)) => {
                request.extensions_mut().insert(viewer);
                next.run(request).await
            }
            Ok(None) => token_refused(),
            Err(StoreFailed) => busy(),
        };
    }
    let cookies = Cookies::read(request.headers(), https);
    let jar = cookies.jar;
    let is_safe = request.method().is_safe();
    let Recognised { viewer, news, is_due } = match identity.recognise(request.headers(), &cookies, is_safe).await {
        Ok(recognised) => recognised,
        Err(Unrecognised { news }) => {
            let mut response = busy();
            tell(response.headers_mut(), news.lines(jar));
            return response;
        }
    };
    let effects = SessionEffects::default();
    let outdated = Anonymous::outdated(request.headers(), https);
    let mut due = Vec::new();
    if is_due {
        due.push(identity.anonymous.cookie(&viewer.profile, https));
        due.extend(outdated.clone());
    }
    let sign_in = viewer.member.as_ref().map(|member| member.sign_in.clone());
    if !news.is_nothing() {
        // A cache on the way that asks whether its copy is good would add the cookies to it (RFC 9111, section 4.3.4): it gets
        // the whole of the private twin instead, which it does not keep.
        request.headers_mut().remove(header::IF_NONE_MATCH);
    }
    request.extensions_mut().insert(viewer);
    request.extensions_mut().insert(effects.clone());
    let mut response = next.run(request).await;

    let word = effects.take();
    if let (Some(_), Some(sign_in)) = (&word, &sign_in) {
        identity.principals.forget(sign_in).await;
    }
    if let Some(SessionEffect::Establish(_) | SessionEffect::Clear) = &word {
        // Whoever is a guest in this browser next is nobody who was here before: neither the guest before the sign-in, whose
        // progress may be an account's by now, nor the member who signed out.
        due = vec![identity.anonymous.cookie(&fresh_profile(), https)];
        due.extend(outdated);
    }
    let news = match word {
        Some(SessionEffect::Establish(tokens)) => News::Renewed(tokens),
        Some(SessionEffect::Clear) => News::Ended,
        Some(SessionEffect::Refresh) | None => news,
    };
    tell(response.headers_mut(), news.lines(jar));
    if is_private(response.headers()) {
        tell(response.headers_mut(), due);
    }
    response
}

fn token_refused() -> Response {
    problem_response(Problem::new(Code::TokenRefused))
}

fn busy() -> Response {
    problem_response(Problem::new(Code::Overloaded).with_retry_after(2))
}

/// Sets cookies, on a reply that from now on is for nobody else.
fn tell(headers: &mut HeaderMap, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    for line in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
        headers.append(header::SET_COOKIE, line);
    }
    let private = HeaderValue::from_static("private, no-cache");
    if is_private(headers) {
        headers.entry(header::CACHE_CONTROL).or_insert(private);
    } else {
        headers.insert(header::CACHE_CONTROL, private);
    }
}

/// Somebody for whom nothing is known or kept.
pub fn anonymous_viewer() -> Viewer {
    Viewer::guest(fresh_profile(), true, Arc::clone(&ANONYMOUS))
}

fn known_guest(known: GuestCookie) -> Viewer {
    Viewer::guest(known.profile, false, Arc::clone(&ANONYMOUS))
}

/// Who asks cannot be found out now; the cause is logged.
pub(super) struct StoreFailed;

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
