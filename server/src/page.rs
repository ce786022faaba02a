//! Server-side rendering: settle the state of the screen that an address names, render it, embed the state.
//!
//! What everybody would see is rendered once and kept until something changes, unless something on it failed. Must never
//! answer with one viewer's page for another: only pages of viewers for whom nothing is stored are kept, and each age that
//! films are limited to has its own.

use std::{collections::HashMap, sync::Arc};

use app::{
    client::Client,
    route::Route,
    shell::{PageAssets, Shell, boot_script},
    store::{Action, State, run::settle, slices::Slices},
};
use axum::{
    Extension, Router,
    body::to_bytes,
    extract::{Request, State as Shared},
    http::{HeaderMap, HeaderValue, Method, StatusCode},
    response::Response,
    routing::MethodRouter,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use contract::{Code, Dispatch, Problem, device::DeviceSource};
use leptos::prelude::provide_context;
use sha2::{Digest, Sha256};

use crate::{
    context::RequestContext,
    gateway::headers::page_policy,
    jobs::Jobs,
    mount::{Prepared, SharedReplies, problem_response},
    storage::{events::Events, guard::stale},
};

/// Bytes of pages kept at most, all together.
const CAPACITY: u64 = 8 * 1024 * 1024;
/// Bytes that a page may have; more is a mistake.
const PAGE_LIMIT: usize = 8 * 1024 * 1024;

/// What leptos writes into every page that has no resources of its own; named in the content policy by hash.
const LEPTOS_SCRIPTS: [&str; 2] =
    ["__RESOLVED_RESOURCES=[];__SERIALIZED_ERRORS=[];__PENDING_RESOURCES=[];__RESOURCE_RESOLVERS=[];", "__INCOMPLETE_CHUNKS=[];"];

/// Which chunks a lazy route needs: its name to file names without `.wasm`.
pub type Prefetches = HashMap<String, Vec<String>>;

/// Renders the pages of one build.
pub struct Pages {
    assets: PageAssets,
    /// The folder of the chunks, for example `/pkg/1a2b`.
    pkg: String,
    prefetches: Prefetches,
    policy: HeaderValue,
    kept: SharedReplies,
    jobs: Jobs,
}

impl Pages {
    pub fn new(assets: PageAssets, pkg: String, prefetches: Prefetches, events: Events, jobs: Jobs) -> Arc<Self> {
        // Pages are rendered by leptos on this runtime; it may have been told so before.
        let _ = any_spawner::Executor::init_tokio();
        let boot = boot_script(&assets);
        let hashes: Vec<String> = LEPTOS_SCRIPTS.iter().copied().chain([boot.as_str()]).map(script_hash).collect();
        let policy = page_policy(hashes.iter().map(String::as_str));
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Arc::new(Self { assets, pkg, prefetches, policy, kept: SharedReplies::within(CAPACITY, events), jobs })
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
        is_everybodys.then(|| {
            let key = match context.viewer.authorization.maturity {
                None => format!("{} {} {address}", device.class.as_str(), device.save_data),
                Some(age) => format!("{} {} {address} {age}", device.class.as_str(), device.save_data),
            };
            key.into_boxed_str()
        })
    }

    async fn render(&self, context: RequestContext, request: Request) -> Result<Prepared, Problem> {
        let route = Route::parse(request.uri().path(), request.uri().query().unwrap_or_default());
        let mut state = State::default();
        state.device.profile = context.device.profile.clone();
        let client = Client::InProcess(Arc::new(context) as Arc<dyn Dispatch>);
        let (state, slices) =
            futures::join!(settle(state, Action::Started(route.clone()), &client), Slices::settle(&route, &client));
        let status = status(&state, &slices);
        let has_failed = state.has_failed() || slices.has_failed();
        if has_failed {
            stale::note_partial();
        }
        let html = self.html(Arc::new(state), slices, client, request).await?;
        let page = Prepared::new("text/html; charset=utf-8", if has_failed { "no-store" } else { "private, no-cache" }, html);
        Ok(page.with_status(status).with_policy(self.policy.clone()))
    }

    async fn html(&self, state: Arc<State>, slices: Slices, client: Client, request: Request) -> Result<Bytes, Problem> {
        let (assets, split) = (self.assets.clone(), self.split());
        let render = leptos_axum::render_app_async_with_context(
            move || {
                provide_context(Arc::clone(&state));
                slices.provide();
                provide_context(client.clone());
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

    fn split(&self) -> leptos::WasmSplitManifest {
        let loader = "__wasm_split.______________________.js".to_owned();
        leptos::WasmSplitManifest(leptos::prelude::ArcStoredValue::new((self.pkg.clone(), self.prefetches.clone(), loader)))
    }
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
    // Only what is asked for by this address and no other is kept: a page may say what it was asked, and what a client adds
    // to an address makes no page of its own.
    let is_exact = request.uri().path_and_query().is_some_and(|address| address.as_str() == route.href());
    let key = if is_exact { pages.key(&context, &route) } else { None };
    let rendered = match key {
        None => pages.render(context, request).await.map(Arc::new),
        Some(key) => {
            let render = {
                let pages = Arc::clone(&pages);
                async move { pages.render(context, request).await }
            };
            pages.kept.get_or_make(key, || render).await
        }
    };
    match rendered {
        Ok(page) => page.respond(&headers),
        Err(problem) => problem_response(problem),
    }
}

/// What the page is about decides: a title that does not exist is 404, one that cannot be read now is 503.
fn status(state: &State, slices: &Slices) -> StatusCode {
    let problem = match state.route {
        Route::Home => state.home.failed(),
        Route::Browse { .. } => state.browse.list.failed(),
        Route::Search { .. } => state.search.results.failed(),
        Route::Title { .. } => state.title.title.failed(),
        Route::SignIn { .. } | Route::Account | Route::Profiles | Route::Operator(_) => slices.problem(&state.route),
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
        let busy = State { home: app::store::Load::Failed(Problem::new(Code::Overloaded)), ..State::default() };
        assert_eq!(status(&busy, &Slices::default()), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&State::default(), &Slices::default()), StatusCode::OK);
    }

    #[test]
    fn a_script_is_named_by_the_hash_that_browsers_compute() {
        // The example of CSP 3, section 2.3.1.
        assert_eq!(script_hash("doSomething();"), "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=");
    }
}
