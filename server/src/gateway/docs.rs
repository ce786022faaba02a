//! The OpenAPI document at `/api/openapi.json`, and a page to browse it at `/api/docs`.
//!
//! Everything that the page loads is in this binary.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use contract::Problem;
use tokio::{
    spawn,
    sync::OnceCell,
    task::{JoinError, spawn_blocking},
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::mount::{Prepared, problem_response};

pub const DOCUMENT: &str = "/api/openapi.json";
const PAGE: &str = "/api/docs";
/// Swagger UI sets styles as it draws and carries its icons as data.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The routes, for a document as [`crate::mount::Mounted`] has it.
pub fn routes(document: String) -> Router {
    let document = Arc::new(Document { text: document, prepared: OnceCell::new() });
    let serve = get(move |request: Request| async move {
        // In a task of its own, so that whoever breaks off and asks again does not have it compressed again.
        match spawn(async move { document.prepared().await }).await {
            Ok(Ok(prepared)) => prepared.respond(request.headers()).await,
            Ok(Err(_)) | Err(_) => problem_response(Problem::internal()),
        }
    });
    let page = SwaggerUi::new(PAGE).config(Config::from(DOCUMENT).validator_url("none").try_it_out_enabled(true));
    let page = Router::from(page).layer(from_fn(relaxed));
    Router::new().route(DOCUMENT, serve).merge(page)
}

/// Few ask for it, and compressing it takes longer than most starts do: it is done for the first who asks.
struct Document {
    text: String,
    prepared: OnceCell<Arc<Prepared>>,
}

impl Document {
    async fn prepared(&self) -> Result<Arc<Prepared>, JoinError> {
        let prepare = || {
            let text = self.text.clone();
            spawn_blocking(move || Arc::new(Prepared::new("application/json", "public, no-cache", text).compressed()))
        };
        self.prepared.get_or_try_init(prepare).await.cloned()
    }
}

async fn relaxed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("public, max-age=3600"));
    response
}
