//! Where further `tower` layers are put in by name, without a change to the stack.
//!
//! A distribution of Marquee registers its layers in code; an operator names those to use in
//! `gateway.plugins`, the outermost first. They run inside the stack, so they see who asks.

use std::{collections::BTreeMap, convert::Infallible};

use axum::{Router, extract::Request, response::IntoResponse, routing::Route};
use tower::{Layer, Service};

type Apply = Box<dyn FnOnce(Router) -> Router + Send>;

/// The layers that can be named.
#[derive(Default)]
pub struct Plugins(BTreeMap<&'static str, Apply>);

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
        self.0.insert(name, Box::new(move |router| router.layer(layer)));
        self
    }

    pub(super) fn apply(mut self, mut router: Router, names: &[String]) -> Result<Router, UnknownPlugin> {
        let known = self.0.keys().copied().collect::<Vec<_>>().join(", ");
        // What is applied last is outermost.
        for name in names.iter().rev() {
            let Some(apply) = self.0.remove(name.as_str()) else {
                let known = if known.is_empty() { "none".to_owned() } else { known };
                return Err(UnknownPlugin { name: name.clone(), known });
            };
            router = apply(router);
        }
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
        let error = plugins.apply(Router::new(), &["autid".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "`gateway.plugins` names `autid`, which is not there; there is: audit");
    }
}
