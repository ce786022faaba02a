//! Who answers: one folder per service, each with its calls, its records and its dependencies.
//!
//! A service never imports another. They talk in contract calls, through the request's context.

pub mod catalog;
pub mod discovery;
pub mod entitlements;
pub mod identity;
pub mod library;
pub mod playback;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;

use crate::mount::Mount;

/// A part of Marquee that answers calls.
pub trait Service: Send + Sync + 'static {
    /// The name in the config's `services` and in logs.
    fn name(&self) -> &'static str;

    /// Registers a handler for each call that this service answers.
    fn mount(self: Arc<Self>, mount: &mut Mount);

    /// Routes that answer with something else than a call's reply: pictures, video. Each with its own guard.
    fn routes(self: Arc<Self>) -> Router {
        Router::new()
    }
}

/// Registers the method `$method` as the handler of `$call`.
macro_rules! answer {
    ($mount:ident, $service:ident, $call:ty, $method:ident) => {{
        let service = Arc::clone(&$service);
        $mount.call(move |context, call: $call| {
            let service = Arc::clone(&service);
            async move { service.$method(context, call).await }
        });
    }};
}

use answer;
