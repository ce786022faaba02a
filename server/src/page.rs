//! Server-side rendering: preload the state of the screen that an address names, render it, embed the answers that it came of.
//!
//! What everybody would see is rendered once and kept until something changes, unless something on it failed. Must never
//! answer with one viewer's page for another: only pages of viewers for whom nothing is stored are kept, and each age that
//! films are limited to has its own. What everybody's home pages have in common is made once for all of them (`home.rs`).

mod frames;
mod home;
mod own_rows;
mod templates;
mod viewer_parts;

use std::{collections::HashMap, sync::Arc};

use app::{
    client::{Client, rendered::Answers},
    pages::home::frame::{Frame, WithoutViewer},
    parts::own_rows::rendered::OwnRows,
    route::Route,
    shell::{PageAssets, Shell, boot_script},
    store::{
        Action, State,
        run::{Preloading, preload},
        slices::Slices,
    },
};
use axum::{
    Extension, Router,
    body::to_bytes,
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use contract::{
    Code, Dispatch, Problem, Topic,
    authorization::Authorization,
    device::{DeviceProfile, DeviceSource},
};
use leptos::{
    WasmSplitManifest,
    prelude::{ArcStoredValue, provide_context},
};
use sha2::{Digest, Sha256};
use storage::{events::Events, guard::stale};

use crate::{
    context::{ActiveProfile, RequestContext, Viewer},
    gateway::headers::page_policy,
    jobs::Jobs,
    mount::{NO_STORE, Pieces, Prepared, SharedReplies, Stamp, await_writes, problem_response},
};
use frames::Frames;
use own_rows::Faces;
use viewer_parts::KeptParts;

/// Bytes of pages kept at most, all together.
const CAPACITY: u64 = 8 * 1024 * 1024;
/// Bytes that a page may have; more is a mistake.
const PAGE_LIMIT: usize = 8 * 1024 * 1024;

const HTML: &str = "text/html; charset=utf-8";

/// What leptos writes into every page that has no resources of its own; named in the content policy by hash.
const LEPTOS_SCRIPTS: [&str; 2] =
    ["__RESOLVED_RESOURCES=[];__SERIALIZED_ERRORS=[];__PENDING_RESOURCES=[];__RESOURCE_RESOLVERS=[];", "__INCOMPLETE_CHUNKS=[];"];

/// Which chunks a lazy route needs: its name to file names without `.wasm`.
pub type Prefetches = HashMap<String, Vec<String>>;

/// Renders the pages of one build.
pub struct Pages {
    assets: PageAssets,
    split: WasmSplitManifest,
    policy: HeaderValue,
    kept: SharedReplies,
    frames: Frames,
    faces: Faces,
    viewer_parts: KeptParts,
    events: Events,
    jobs: Jobs,
}

impl Pages {
    /// `pkg` is the folder of the chunks, for example `/pkg/1a2b`.
    pub fn new(assets: PageAssets, pkg: String, prefetches: Prefetches, events: Events, jobs: Jobs) -> Arc<Self> {
        // Pages are rendered by leptos on this runtime; it may have been told so before.
        let _ = any_spawner::Executor::init_tokio();
        let boot = boot_script(&assets);
        let hashes: Vec<String> = LEPTOS_SCRIPTS.iter().copied().chain([boot.as_str()]).map(script_hash).collect();
        let policy = page_policy(hashes.iter().map(String::as_str));
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let (kept, frames) = (SharedReplies::within(CAPACITY, events.clone()), Frames::new(events.clone()));
        let loader = "__wasm_split.______________________.js".to_owned();
        let split = WasmSplitManifest(ArcStoredValue::new((pkg, prefetches, loader)));
        Arc::new(Self {
            assets,
            split,
            policy,
            kept,
            frames,
            faces: Faces::default(),
            viewer_parts: KeptParts::default(),
            events,
            jobs,
        })
    }

    /// Answers every address that nothing else answers to.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new().fallback_service(MethodRouter::new().get(respond).with_state(self))
    }

    /// The key under which everybody's page is kept; nothing where the page may differ from viewer to viewer, and where
    /// there is no such page: the address is the route's own, so that what a client adds to it makes no page of its own.
    fn key(&self, context: &RequestContext, route: &Route) -> Option<Box<str>> {
        let is_everybodys = context.viewer.is_new && context.device.source != DeviceSource::Header && self.jobs.list().is_empty();
        if *route == Route::NotFound {
            return None;
        }
        let address = route.href();
        let device = &context.device.profile;
        is_everybodys.then(|| key(device, &context.viewer.authorization, address.as_str()))
    }

    /// For whoever asked, of nothing that is out of date by more than a second, or older than `at_least`.
    async fn render(&self, context: RequestContext, request: Request, at_least: Option<Stamp>) -> Result<Prepared, Problem> {
        let route = Route::parse(request.uri().path(), request.uri().query().unwrap_or_default());
        if route == Route::Home {
            return self.render_home(context, request, at_least).await;
        }
        let is_member = context.viewer.member.is_some();
        let answers = Answers::default();
        let mut screen = Preloading::begin(State::default(), Action::Started(route.clone()));
        screen.state.device.profile = context.device.profile.clone();
        let client = Client::InProcess(Arc::new(context) as Arc<dyn Dispatch>, answers.clone());
        let (state, slices) = futures::join!(preload(screen, &client), Slices::preload(&route, &client));
        let status = status(&state, &slices);
        let has_failed = state.has_failed() || slices.has_failed();
        let page = self.html(Drawn { state: Arc::new(state), slices, answers, client, ..Drawn::default() }, request).await?;
        Ok(self.prepared(&route, is_member, has_failed, status, page.into()))
    }

    fn prepared(&self, route: &Route, is_member: bool, has_failed: bool, status: StatusCode, page: Pieces) -> Prepared {
        if has_failed {
            stale::note_partial();
        }
        let page = match kept_by_browser(route, is_member, has_failed) {
            NO_STORE => Prepared::unkept(HTML, page),
            cache_control => Prepared::new(HTML, cache_control, page.plain()),
        };
        page.with_status(status).with_policy(self.policy.clone())
    }

    async fn html(&self, drawn: Drawn, request: Request) -> Result<Bytes, Problem> {
        let (assets, split) = (self.assets.clone(), self.split.clone());
        let render = leptos_axum::render_app_async_with_context(
            move || {
                provide_context(Arc::clone(&drawn.state));
                if let Some(frame) = &drawn.frame {
                    provide_context(Arc::clone(frame));
                }
                if drawn.is_template {
                    provide_context(WithoutViewer);
                }
                provide_context(OwnRows::mark());
                drawn.slices.provide();
                provide_context(drawn.answers.clone());
                provide_context(drawn.client.clone());
                provide_context(assets.clone());
                provide_context(split.clone());
            },
            Shell,
        );
        let response = render(request).await;
        to_bytes(response.into_body(), PAGE_LIMIT).await.map_err(|error| {
            tracing::error!(%error, "page cannot be rendered");
            Problem::internal()
        })
    }
}

/// What a page is drawn of.
#[derive(Default)]
struct Drawn {
    state: Arc<State>,
    /// Whose parts are the page's.
    frame: Option<Arc<Frame>>,
    /// Whether marks stand where something of the viewer belongs.
    is_template: bool,
    slices: Slices,
    answers: Answers,
    client: Client,
}

/// Two requests with the same key get the same page. An address has no space, so that none ends in what says an age.
fn key(device: &DeviceProfile, may: &Authorization, address: &str) -> Box<str> {
    let (class, save_data, browses) = (device.class.as_str(), device.save_data, may.may_browse);
    let key = match may.maturity {
        None => format!("{class} {save_data} {browses} {address}"),
        Some(age) => format!("{class} {save_data} {browses} {address} {age}"),
    };
    key.into_boxed_str()
}

async fn respond(
    Shared(pages): Shared<Arc<Pages>>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return problem_response(Problem::new(Code::MethodNotAllowed));
    }
    let route = Route::parse(request.uri().path(), request.uri().query().unwrap_or_default());
    if let Some(address) = instead(&context.viewer, &route) {
        return see_other(&address);
    }
    // Only what is asked for by this address and no other is kept: a page may say what it was asked, and what a client adds
    // to an address makes no page of its own.
    let is_exact = request.uri().path_and_query().is_some_and(|address| address.as_str() == route.href());
    let key = if is_exact { pages.key(&context, &route) } else { None };
    let rendered = match key {
        None => {
            await_writes(&pages.events, &headers).await;
            let at_least = context.dispatcher.at_least(&context.viewer, &headers).await;
            pages.render(context, request, at_least).await.map(|page| Arc::new(page.for_one()))
        }
        Some(key) => {
            let render = {
                let pages = Arc::clone(&pages);
                // What is kept from a change on is made of nothing from before it.
                let now = pages.kept.now();
                async move { pages.render(context, request, Some(now)).await }
            };
            // Who was never here before wrote nothing.
            pages.kept.get_or_make(key, (topics(&route), None), || render).await
        }
    };
    match rendered {
        Ok(page) => page.respond(&headers).await,
        Err(problem) => problem_response(problem),
    }
}

/// On what everybody's page depends.
const fn topics(route: &Route) -> &'static [Topic] {
    match route {
        Route::Home | Route::Title { .. } | Route::Watch { .. } => Topic::ALL,
        Route::Browse { .. } | Route::Search { .. } => &[Topic::Catalogue, Topic::Guests],
        Route::MyList { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles { .. }
        | Route::Operator(_)
        | Route::NotFound => &[Topic::Guests],
    }
}

/// What a browser may keep of a page. What is somebody's own is not there any more when they signed out and go back, which a
/// browser would show as it was without asking; a failure is nobody's to keep.
fn kept_by_browser(route: &Route, is_member: bool, has_failed: bool) -> &'static str {
    if is_member || has_failed {
        return NO_STORE;
    }
    match route {
        Route::MyList { .. } | Route::Account | Route::Profiles { .. } | Route::Operator(_) => NO_STORE,
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::Title { .. }
        | Route::Watch { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::NotFound => "private, no-cache",
    }
}

/// Where somebody is led who has to sign in, or to say who is watching, before this page has anything for them.
fn instead(viewer: &Viewer, route: &Route) -> Option<String> {
    let who = || route.clone().profiles().href();
    let sign_in = || route.clone().sign_in().href();
    match (viewer.member.as_ref().map(|member| member.active_profile), route) {
        (Some(ActiveProfile::Missing), Route::Profiles { .. }) => None,
        (Some(ActiveProfile::Missing), _) => Some(who()),
        (Some(ActiveProfile::AgeLimited), Route::Operator(_)) => Some(who()),
        (Some(ActiveProfile::AgeLimited | ActiveProfile::Unrestricted), _) => None,
        (None, Route::Operator(_)) => Some(sign_in()),
        (
            None,
            Route::Home
            | Route::Browse { .. }
            | Route::Search { .. }
            | Route::Title { .. }
            | Route::Watch { .. }
            | Route::MyList { .. },
        ) => (!viewer.authorization.may_browse).then(sign_in),
        (None, Route::Settings | Route::SignIn { .. } | Route::Account | Route::Profiles { .. } | Route::NotFound) => None,
    }
}

/// RFC 9110, section 15.4.4. No cache's: who asks next may be let in.
fn see_other(address: &str) -> Response {
    let headers = [(header::LOCATION, address), (header::CACHE_CONTROL, "private, no-store")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// What the page is about decides: a title that does not exist is 404, one that cannot be read now is 503.
fn status(state: &State, slices: &Slices) -> StatusCode {
    let problem = match state.route {
        Route::Home => state.home.failed(),
        Route::Browse { .. } => state.browse.list.failed(),
        Route::Search { .. } => state.search.results.failed(),
        Route::Title { .. } => state.title.title.failed(),
        Route::MyList { .. } | Route::SignIn { .. } | Route::Account | Route::Profiles { .. } | Route::Operator(_) => {
            slices.problem(&state.route)
        }
        Route::Watch { .. } | Route::Settings => None,
        Route::NotFound => return StatusCode::NOT_FOUND,
    };
    let status = problem.map_or(200, |problem| problem.status);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A script as a content policy names it (CSP 3, section 2.3.1).
fn script_hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_about_nothing_is_404_and_a_failure_keeps_its_status() {
        let gone = State { route: Route::NotFound, ..State::default() };
        assert_eq!(status(&gone, &Slices::default()), StatusCode::NOT_FOUND);
        let mut busy = State::default();
        busy.home.refresh(());
        busy.home.answer(&(), Err(Problem::new(Code::Overloaded)));
        assert_eq!(status(&busy, &Slices::default()), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&State::default(), &Slices::default()), StatusCode::OK);
    }

    fn viewer(active_profile: Option<ActiveProfile>, authorization: Authorization) -> Viewer {
        let member = active_profile.map(|active_profile| crate::context::Member {
            account: "a1".parse().unwrap(),
            sign_in: "s1".parse().unwrap(),
            role: contract::identity::AccountRole::Operator,
            active_profile,
            scopes: None,
        });
        Viewer { profile: "p1".parse().unwrap(), is_new: member.is_none(), member, authorization: Arc::new(authorization) }
    }

    #[test]
    fn a_kept_page_of_somebody_who_browses_is_never_found_for_one_who_may_not() {
        let device = DeviceProfile::default();
        let (open, closed) = (Authorization::default(), Authorization { may_browse: false, ..Authorization::default() });
        let child = Authorization { maturity: Some(6), ..Authorization::default() };
        let keys = [&open, &closed, &child].map(|may| key(&device, may, "/title/t1"));
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2], "{keys:?}");
    }

    #[test]
    fn who_has_to_sign_in_or_to_choose_is_led_there_and_nobody_in_a_circle() {
        let pages = ["/", "/browse", "/search?q=a", "/title/t1", "/watch/t1", "/my-list", "/operator/plans"];
        let others = ["/settings", "/sign-in", "/account", "/profiles", "/nowhere"];
        let leads = |who: &Viewer, address: &str| {
            let (path, query) = address.split_once('?').unwrap_or((address, ""));
            instead(who, &Route::parse(path, query))
        };
        let guest = viewer(None, Authorization::nothing());
        let back = |page: &str| if page == "/" { String::new() } else { format!("?from={}", contract::wire::encode(page)) };
        assert!(pages.iter().all(|page| leads(&guest, page) == Some(format!("/sign-in{}", back(page)))));
        assert!(others.iter().all(|page| leads(&guest, page).is_none()));
        let browsing = viewer(None, Authorization::default());
        assert!(pages[..6].iter().chain(&others).all(|page| leads(&browsing, page).is_none()));
        let gone = viewer(Some(ActiveProfile::Missing), Authorization::nothing());
        let rest = pages.iter().chain(&others).filter(|page| **page != "/profiles");
        assert!(rest.into_iter().all(|page| leads(&gone, page).is_some_and(|to| to.starts_with("/profiles"))));
        assert_eq!(leads(&gone, "/watch/t1").as_deref(), Some("/profiles?from=%2Fwatch%2Ft1"));
        assert_eq!(leads(&gone, "/profiles"), None);
        let child = viewer(Some(ActiveProfile::AgeLimited), Authorization::default());
        assert_eq!(leads(&child, "/operator/plans").as_deref(), Some("/profiles?from=%2Foperator%2Fplans"));
        assert!(pages[..6].iter().chain(&others).all(|page| leads(&child, page).is_none()));
        let parent = viewer(Some(ActiveProfile::Unrestricted), Authorization::default());
        assert!(pages.iter().chain(&others).all(|page| leads(&parent, page).is_none()));
    }

    #[test]
    fn a_script_is_named_by_the_hash_that_browsers_compute() {
        // The example of CSP 3, section 2.3.1.
        assert_eq!(script_hash("doSomething();"), "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=");
    }
}
