//! Where further `tower` layers are put in by name, without a change to the stack.
//!
//! A distribution of Marquee registers its layers in code; an operator names those to use in
//! `gateway.plugins`, the outermost first. They run inside the stack, so they see who asks. One may be given a sink by name, in
//! `gateway.sink_of`.

use std::{collections::BTreeMap, convert::Infallible};

use axum::{Router, extract::Request, response::IntoResponse, routing::Route};
use tower::{Layer, Service};

use super::{
    LayerError,
    sinks::{Sink, Sinks},
};

type Apply = Box<dyn FnOnce(Router, Option<Sink>) -> Router + Send>;

/// The layers that can be named.
#[derive(Default)]
pub struct Plugins(BTreeMap<&'static str, Plugin>);

struct Plugin {
    apply: Apply,
    takes_sink: bool,
}

/// The config names a plug-in that nobody registered.
#[derive(Debug, thiserror::Error)]
#[error("`gateway.plugins` names `{name}`, which is not there; there is: {known}")]
pub struct UnknownPlugin {
    name: String,
    known: String,
}

impl Plugins {
    /// Registers `layer` under a name; the last one of a name stays.
    #[must_use]
    pub fn with<L>(mut self, name: &'static str, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let apply: Apply = Box::new(move |router, _| router.layer(layer));
        self.0.insert(name, Plugin { apply, takes_sink: false });
        self
    }

    /// Registers a layer that `make` makes with the sink that `gateway.sink_of` gives it, where it does.
    #[must_use]
    pub fn with_sink<L>(mut self, name: &'static str, make: impl FnOnce(Option<Sink>) -> L + Send + 'static) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        let apply: Apply = Box::new(move |router, sink| router.layer(make(sink)));
        self.0.insert(name, Plugin { apply, takes_sink: true });
        self
    }

    pub(super) fn apply(mut self, mut router: Router, names: &[String], sinks: &mut Sinks) -> Result<Router, LayerError> {
        let known = self.0.keys().copied().collect::<Vec<_>>().join(", ");
        let takers: Vec<&str> = self.0.iter().filter(|(_, plugin)| plugin.takes_sink).map(|(name, _)| *name).collect();
        // What is applied last is outermost.
        for name in names.iter().rev() {
            let Some(plugin) = self.0.remove(name.as_str()) else {
                let known = if known.is_empty() { "none".to_owned() } else { known };
                return Err(UnknownPlugin { name: name.clone(), known }.into());
            };
            let sink = if plugin.takes_sink { sinks.take(name) } else { None };
            router = (plugin.apply)(router, sink);
        }
        sinks.check_taken(["trace", "usage"].into_iter().chain(takers))?;
        Ok(router)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_is_not_there_is_named_with_those_that_are() {
        let layer = tower::layer::util::Identity::new();
        let plugins = Plugins::default().with("audit", layer);
        let error = plugins.apply(Router::new(), &["autid".to_owned()], &mut Sinks::default()).unwrap_err();
        assert_eq!(error.to_string(), "`gateway.plugins` names `autid`, which is not there; there is: audit");
    }
}
