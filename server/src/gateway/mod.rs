//! What every request passes on its way in, and every response on its way out.
//!
//! [`Gateway::wrap`] is the stack, readable top to bottom; each part is a file and can be switched off in the
//! config. Must never know what a call means: that is the services' part.

mod anonymous;
pub mod arriving;
mod balance;
mod compress;
mod context;
mod cross_site;
mod device;
pub mod docs;
pub mod events;
mod forwarded;
mod forwarded_syntax;
pub mod headers;
pub mod health;
mod host;
pub mod identity;
mod limit;
mod panic_guard;
mod plugin;
pub mod principals;
mod problem_page;
mod request_id;
mod route;
mod run_to_end;
mod shared;
mod shed;
pub mod sinks;
mod slot_body;
mod timeout;
mod trace;
pub mod upstream;
pub mod usage;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
};
use tokio_util::task::TaskTracker;
use tower::ServiceBuilder;

use self::shared::shared;
use crate::{config, mount::Dispatcher};

pub use anonymous::Anonymous;
pub use balance::{Balancer, OnlyHere, RouteContext};
pub use forwarded::Forwarded;
pub use limit::RateLimiter;
pub use plugin::{Plugins, UnknownPlugin};
pub use shed::InFlight;
pub use sinks::{SinkReader, Sinks};
pub use upstream::Upstream;
pub use usage::{Usage, UsageSink};

/// What the stack is built from.
pub struct Gateway {
    pub config: config::Gateway,
    pub forwarded: Forwarded,
    /// Viewers come over HTTPS.
    pub https: bool,
    /// The address that viewers type, where it is configured.
    pub public_url: Option<config::WebOrigin>,
    pub identity: identity::Identity,
    pub dispatcher: Dispatcher,
    pub balancer: Arc<dyn Balancer>,
    pub usage: Arc<Usage>,
    pub sinks: Sinks,
    pub in_flight: InFlight,
    pub limiter: Arc<RateLimiter>,
    pub plugins: Plugins,
    /// What changes something and is under way.
    pub under_way: TaskTracker,
}

impl Gateway {
    /// Puts the stack around every route of `router`, its fallback included.
    ///
    /// # Errors
    /// [`LayerError`] where the config names a layer or a sink that is not there.
    pub fn wrap(mut self, router: Router) -> Result<Router, LayerError> {
        let on = self.config.middleware.clone();
        let timeout = self.config.timeout_seconds.seconds();
        if !on.identity {
            tracing::warn!("gateway.middleware.identity is off: nobody is recognised, and so nobody may do anything");
        }
        let trusted = request_id::Trusted(self.config.trust_request_id);
        let observer = usage::Observer { sums: self.usage, sink: self.sinks.take("usage") };
        let (observer, traced) = (Arc::new(observer) as Arc<dyn UsageSink>, self.sinks.take("trace"));
        let public_url: cross_site::PublicUrl = Arc::new(self.public_url);
        let by_address = from_fn_with_state(Arc::clone(&self.limiter), limit::by_address);

        let stack = ServiceBuilder::new()
            // Outermost: whatever a layer below refuses is used up, too.
            .option_layer(on.usage.then(|| shared(from_fn_with_state(observer, usage::collect))))
            // Not switchable: whoever goes somewhere with a browser is answered with a page.
            .layer(shared(from_fn(problem_page::render)))
            .option_layer(on.request_id.then(|| shared(from_fn_with_state(trusted, request_id::stamp))))
            .option_layer(on.trace.then(|| shared(from_fn_with_state(traced, trace::log))))
            // Before whatever may refuse: a refusal carries them too.
            .option_layer(on.security_headers.then(|| shared(from_fn_with_state(self.https, headers::secure))))
            .option_layer(on.panic_guard.then(|| shared(from_fn(panic_guard::guard))))
            .option_layer(on.timeout.then(|| shared(from_fn_with_state(timeout, timeout::limit))))
            // Not switchable. Within the time limit, which then ends the waiting and not the work; around whatever holds a
            // permit for it.
            .layer(shared(from_fn_with_state(self.under_way, run_to_end::run)))
            .layer(shared(from_fn_with_state(self.forwarded, forwarded::resolve)))
            // Not switchable: where nothing is refused, who takes nothing is still not waited for for ever.
            .layer(shared(from_fn_with_state(self.in_flight, shed::shed)))
            // Not switchable: without it another site's form could speak for whoever is signed in.
            .layer(shared(from_fn_with_state(public_url, cross_site::refuse)))
            // Before anybody is recognised: a refusal counts, too.
            .option_layer(on.rate_limit.then_some(shared(by_address)))
            .option_layer(on.identity.then(|| shared(from_fn_with_state(self.identity, identity::recognise))))
            .option_layer(on.device.then(|| shared(from_fn(device::recognise))))
            .option_layer(on.rate_limit.then(|| shared(from_fn_with_state(self.limiter, limit::by_viewer))))
            .option_layer(on.compression.then(compress::layer))
            // Not switchable: what the handlers rely on, from what the layers above found out.
            .layer(shared(from_fn_with_state(
                context::LayerState { dispatcher: self.dispatcher, balancer: self.balancer },
                context::establish,
            )));

        let router = self.plugins.apply(router, &self.config.plugins, &mut self.sinks)?;
        Ok(router.layer(stack))
    }
}

/// The stack cannot be built as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(transparent)]
    Plugin(#[from] UnknownPlugin),
    #[error(transparent)]
    Sink(#[from] sinks::SinkError),
}
