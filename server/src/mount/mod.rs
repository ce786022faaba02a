//! Turns a contract call into everything that it is on this server: an axum route behind its access guard,
//! an entry in the OpenAPI document, and a typed in-process dispatch for page rendering and other services.
//!
//! `ACCESS` is enforced here and nowhere else, for both ways in. Must never know what a call means.

mod access;
mod bodies;
mod cache;
mod detach;
pub mod negotiate;
mod openapi;
mod pace;
mod pieces;
mod read_your_writes;
mod reply;
mod request;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, OnceLock},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any, on},
};
use contract::{
    Cache, Call, Code, Method, Problem, Scope, Stream,
    call::{AnyCall, AnyReply, BoxFuture},
};
use utoipa::ToSchema;

pub use access::{check, check_reading, check_right};
pub use bodies::Sender;
pub use cache::{Keep, Shared, SharedReplies, Stamp};
pub use pieces::{Piece, Pieces, SharedPiece};
pub use read_your_writes::{await_writes, reached};
pub use reply::{NO_STORE, Prepared, problem_response};

use storage::events::Events;

use self::bodies::Bodies;
use crate::{
    context::{RequestContext, Viewer},
    services::feeds::{Affected, Audience, Listener},
};

/// Hears of each search that is answered, of whom it was, and how much it found: on the way of the answer, so that it must wait for
/// nothing.
pub type SearchListener = Arc<dyn Fn(&Viewer, &str, u32) + Send + Sync>;

type ErasedHandler = Arc<dyn Fn(RequestContext, AnyCall) -> BoxFuture<'static, Result<AnyReply, Problem>> + Send + Sync>;

/// Collects what the services answer.
pub struct Mount {
    router: Router,
    handlers: HashMap<&'static str, ErasedHandler>,
    document: openapi::Description,
    shared: SharedReplies,
    bodies: Bodies,
    dispatcher: Dispatcher,
    listener: Option<Listener>,
    searches: Option<SearchListener>,
}

/// The calls that this process answers, for use from the inside. Cheap to clone; empty until
/// [`Mount::finish`].
#[derive(Clone, Default)]
pub struct Dispatcher(Arc<OnceLock<Calls>>);

struct Calls {
    handlers: HashMap<&'static str, ErasedHandler>,
    shared: SharedReplies,
}

/// What a finished [`Mount`] gives to the gateway.
pub struct Mounted {
    /// A route for each call; expects a [`RequestContext`] among the request's extensions.
    pub router: Router,
    /// The OpenAPI 3.1 document, as JSON.
    pub openapi: String,
}

impl Mount {
    /// Starts with no calls. `events` tells when shared replies are out of date.
    pub fn new(dispatcher: Dispatcher, events: Events) -> Self {
        Self {
            router: Router::new(),
            handlers: HashMap::new(),
            document: openapi::Description::default(),
            shared: SharedReplies::new(events),
            bodies: Bodies::default(),
            dispatcher,
            listener: None,
            searches: None,
        }
    }

    /// Has `listener` hear of each search that is answered, also where the answer was kept. Of calls that are registered from now on.
    pub fn on_searched(&mut self, listener: SearchListener) {
        self.searches = Some(listener);
    }

    /// Has `listener` hear of each profile for which a call may have written something, before that call is answered. Of calls that are
    /// registered from now on.
    pub fn on_written(&mut self, listener: Listener) {
        self.listener = Some(listener);
    }

    /// Registers `handler` as the one that answers calls of type `C`.
    pub fn call<C, H, F>(&mut self, handler: H)
    where
        C: Call + ToSchema,
        C::Reply: ToSchema,
        H: Fn(RequestContext, C) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<C::Reply, Problem>> + Send + 'static,
    {
        self.document.add::<C>();
        // Some only ask, and post because they ask for much.
        let asks = C::METHOD == Method::Get || C::SCOPE == Some(Scope::Read);
        let listener = self.listener.clone().filter(|_| !asks);
        let handler = move |context: RequestContext, call: C| {
            let heard = listener.clone().map(|listener| (listener, context.viewer.profile.clone()));
            let work = handler(context, call);
            async move {
                let outcome = work.await;
                // Also where it failed: it may have written all the same.
                if let Some((listener, profile)) = heard {
                    listener(Affected::One(&Audience::Profile(profile)));
                }
                outcome
            }
        };
        let searches = self.searches.clone().filter(|_| C::IS_SEARCH);
        self.handlers.insert(C::NAME, erase_types::<C, _, _>(handler.clone(), searches.clone()));
        let (shared, bodies) = (self.shared.clone(), self.bodies.clone());
        let route = on(filter(C::METHOD), move |Extension(context): Extension<RequestContext>, request: Request| {
            let handler = handler.clone();
            let (shared, bodies, searches) = (shared.clone(), bodies.clone(), searches.clone());
            async move { answer::<C, _, _>(context, request, handler, (shared, bodies, searches)).await }
        });
        let router = std::mem::take(&mut self.router);
        self.router = router.route(C::PATH, route);
    }

    /// Registers `handler` as what answers the stream `S`, with a body that goes on.
    pub fn stream<S, H, F>(&mut self, handler: H)
    where
        S: Stream + ToSchema,
        S::Event: ToSchema,
        H: Fn(RequestContext, S, HeaderMap) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        self.document.add_stream::<S>();
        let route = on(MethodFilter::GET, move |Extension(context): Extension<RequestContext>, request: Request| {
            let handler = handler.clone();
            let (parts, _) = request.into_parts();
            async move {
                let answered = async {
                    access::check_stream::<S>(&context.viewer)?;
                    let stream = request::query::<S>(&parts.uri)?;
                    handler(context, stream, parts.headers).await
                };
                answered.await.unwrap_or_else(problem_response)
            }
        });
        let router = std::mem::take(&mut self.router);
        self.router = router.route(S::PATH, route);
    }

    /// Closes the list of calls, and opens it to [`Dispatcher`].
    pub fn finish(self) -> Mounted {
        // A second `finish` on the same dispatcher would be a mistake in `main`; the first one stands.
        let _ = self.dispatcher.0.set(Calls { handlers: self.handlers, shared: self.shared });
        let router = self.router.method_not_allowed_fallback(async || problem_response(Problem::new(Code::MethodNotAllowed)));
        Mounted { router, openapi: self.document.finish() }
    }
}

impl Dispatcher {
    /// Answers a call from the inside, under the same access rule as over HTTP.
    pub fn dispatch<'a>(
        &'a self,
        context: RequestContext,
        name: &'static str,
        call: AnyCall,
    ) -> BoxFuture<'a, Result<AnyReply, Problem>> {
        match self.0.get().and_then(|calls| calls.handlers.get(name)) {
            Some(handler) => handler(context, call),
            // A service that the config leaves out is away as one that failed is: it says nothing of what was asked for.
            None => Box::pin(async move {
                tracing::warn!(call = name, "no service of this process answers this call");
                Err(Problem::new(Code::Unreachable))
            }),
        }
    }

    /// From where on what is shared is given to this viewer, where that is not what everybody is given: whoever wrote finds it.
    pub async fn at_least(&self, viewer: &Viewer, headers: &HeaderMap) -> Option<Stamp> {
        self.0.get()?.shared.at_least(viewer, headers).await
    }
}

fn erase_types<C, H, F>(handler: H, searches: Option<SearchListener>) -> ErasedHandler
where
    C: Call,
    H: Fn(RequestContext, C) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<C::Reply, Problem>> + Send + 'static,
{
    Arc::new(move |context, call| {
        let (handler, searches) = (handler.clone(), searches.clone());
        Box::pin(async move {
            access::check::<C>(&context)?;
            let call = call.downcast::<C>().map_err(|_| Problem::internal())?;
            let searched = searches.zip(call.searched().map(|query| (query.to_owned(), context.viewer.clone())));
            let reply = handler(context, *call).await?;
            if let (Some((listener, (query, viewer))), Some(hits)) = (searched, C::hits(&reply)) {
                listener(&viewer, &query, hits);
            }
            Ok(Box::new(reply) as AnyReply)
        })
    })
}

async fn answer<C, H, F>(
    context: RequestContext,
    request: Request<Body>,
    handler: H,
    (shared, bodies, searches): (SharedReplies, Bodies, Option<SearchListener>),
) -> Response
where
    C: Call,
    H: Fn(RequestContext, C) -> F + Send + 'static,
    F: Future<Output = Result<C::Reply, Problem>> + Send + 'static,
{
    if let Err(problem) = access::check::<C>(&context) {
        return problem_response(problem);
    }
    let (parts, body) = request.into_parts();
    let age = context.viewer.authorization.maturity;
    let writer = (!C::WRITES.is_empty()).then(|| (context.viewer.clone(), context.caller.https));
    let key = (C::CACHE == Cache::Shared).then(|| cache::key(C::NAME, &parts.uri, age));
    let outcome = match key {
        None => match bodies.room_for::<C>(&context, &parts.headers) {
            Ok(room) => {
                let made = make(context, &parts.uri, &parts.headers, body, handler, age).await;
                drop(room);
                made.map(|made| made.map(Arc::new))
            }
            Err(problem) => Err(problem),
        },
        Some(key) => {
            let at_least = shared.at_least(&context.viewer, &parts.headers).await;
            let viewer = searches.as_ref().map(|_| context.viewer.clone());
            // Asked for where it is not kept alone. What is shared is read from the address, whatever headers came with it.
            let made = || {
                let (uri, headers) = (parts.uri.clone(), HeaderMap::new());
                // A reply that is the same for everybody has a body.
                async move { make(context, &uri, &headers, body, handler, age).await?.ok_or_else(Problem::internal) }
            };
            let reply = shared.get_or_make(key, (C::TOPICS, at_least), made).await;
            if let (Ok(reply), Some((listener, viewer))) = (&reply, searches.zip(viewer)) {
                heard::<C>(&listener, &viewer, &parts.uri, reply);
            }
            reply.map(Some)
        }
    };
    let mut response = match outcome {
        // It may have written all the same.
        Err(problem) => problem_response(problem),
        Ok(None) => http::StatusCode::NO_CONTENT.into_response(),
        Ok(Some(prepared)) => prepared.respond(&parts.headers).await,
    };
    if let Some((viewer, https)) = writer {
        shared.wrote(&viewer, https, response.headers_mut());
    }
    response
}

/// Tells of a search. What was asked is read anew of it: what is kept is asked by many, and is a search seldom.
fn heard<C: Call>(listener: &SearchListener, viewer: &Viewer, uri: &Uri, reply: &Prepared) {
    let Some(hits) = reply.hits() else { return };
    if let Ok(call) = request::query::<C>(uri)
        && let Some(query) = call.searched()
    {
        listener(viewer, query, hits);
    }
}

async fn make<C, H, F>(
    context: RequestContext,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
    handler: H,
    age: Option<u8>,
) -> Result<Option<Prepared>, Problem>
where
    C: Call,
    H: Fn(RequestContext, C) -> F,
    F: Future<Output = Result<C::Reply, Problem>> + Send + 'static,
{
    let call = request::read::<C>(uri, headers, body).await?;
    let reply = handler(context, call).await?;
    reply::prepare::<C>(&reply, age)
}

/// What no call answers to below `/api`.
pub fn unknown_calls() -> Router {
    let nothing = || any(async || problem_response(Problem::new(Code::CallNotFound)));
    Router::new().route("/api", nothing()).route("/api/", nothing()).route("/api/{*rest}", nothing())
}

const fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}
