//! Puts together what the layers before found out into the one thing that handlers are given.
//!
//! A part that was switched off leaves its place to a default; a handler cannot tell the difference.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::{
    Code, Problem,
    device::{DeviceProfile, DeviceSource},
    identity::VIEWER_HEADER,
};
use storage::guard::stale;

use super::{
    balance::{Balancer, RouteContext},
    forwarded::Origin,
    identity,
    request_id::RequestId,
    run_to_end::Disconnected,
    upstream::Upstream,
};
use crate::{
    context::{Caller, RequestContext, SeenDevice, Viewer},
    mount::{Dispatcher, problem_response},
    session::KnownBrowser,
    session_effect::SessionEffects,
};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// What every context is made with.
#[derive(Clone)]
pub struct LayerState {
    pub dispatcher: Dispatcher,
    pub balancer: Arc<dyn Balancer>,
}

/// The layer.
pub async fn establish(State(state): State<LayerState>, mut request: Request, next: Next) -> Response {
    let agent = request.headers().get(header::USER_AGENT).cloned();
    let host = request.headers().get(header::HOST).cloned();
    let meant_for = request.headers().get(VIEWER_HEADER).cloned();
    let browser = KnownBrowser::read(request.headers());
    let extensions = request.extensions_mut();
    let RequestId(request_id) = extensions.get::<RequestId>().cloned().unwrap_or_else(RequestId::fresh);
    let viewer = extensions.remove::<Viewer>().unwrap_or_else(identity::anonymous_viewer);
    if meant_for.is_some_and(|meant_for| viewer.key().is_none_or(|key| meant_for.as_bytes() != key.as_bytes())) {
        return problem_response(Problem::new(Code::ViewerChanged));
    }
    let device = extensions.remove::<Arc<SeenDevice>>().unwrap_or_else(unknown_device);
    let effects = extensions.remove::<SessionEffects>().unwrap_or_default();
    let Origin { address, https } = extensions.get::<Origin>().copied().unwrap_or_default();
    let Disconnected(disconnected) = extensions.remove().unwrap_or_default();
    let caller = Caller { address, agent, host, https, browser: browser.clone(), disconnected };
    let context = RequestContext { request_id, viewer, device, caller, effects, dispatcher: state.dispatcher };
    let route = RouteContext { path: request.uri().path(), device: &context.device, viewer: &context.viewer };
    match state.balancer.choose(&route) {
        Upstream::Here => {
            request.extensions_mut().insert(context);
            let (mut response, age) = stale::observe(next.run(request)).await;
            if let Some(line) = browser.take().and_then(|line| HeaderValue::from_str(&line).ok()) {
                response.headers_mut().append(header::SET_COOKIE, line);
            }
            match age {
                None => response,
                Some(age) => stating(age, response),
            }
        }
    }
}

/// Says how old the answer is that a store gave before it went away (RFC 9111, section 5.1; RFC 9211, section 2.2: a
/// negative lifetime is staleness).
fn stating(age: Duration, mut response: Response) -> Response {
    let seconds = age.as_secs();
    response.headers_mut().insert(header::AGE, seconds.into());
    if let Ok(status) = HeaderValue::from_str(&format!("marquee; hit; ttl=-{seconds}; detail=store-away")) {
        response.headers_mut().insert(CACHE_STATUS, status);
    }
    response
}

fn unknown_device() -> Arc<SeenDevice> {
    Arc::new(SeenDevice { profile: DeviceProfile::default(), source: DeviceSource::Default })
}
