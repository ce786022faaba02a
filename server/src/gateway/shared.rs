//! A layer over a service that all requests share, instead of each taking a copy.
//!
//! `axum::middleware::from_fn` copies what it wraps for each request. In a stack, what it wraps is every layer below, each of
//! which copies those below it once more: as many copies as the square of the layers. Behind a pointer a copy is the pointer's.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use tower::{Layer, Service, ServiceExt, layer::util::Stack, util::Oneshot};

/// `layer`, over what all requests share.
pub fn shared<L>(layer: L) -> Stack<ShareLayer, L> {
    Stack::new(ShareLayer, layer)
}

/// Makes a [`Shared`] of what is below.
#[derive(Clone, Copy)]
pub struct ShareLayer;

impl<S> Layer<S> for ShareLayer {
    type Service = Shared<S>;

    fn layer(&self, inner: S) -> Shared<S> {
        Shared(Arc::new(inner))
    }
}

/// One service for all requests.
pub struct Shared<S>(Arc<S>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, R> Service<R> for Shared<S>
where
    S: Service<R, Error = Infallible> + Clone,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = Oneshot<S, R>;

    /// Each request asks its own copy of the one layer below.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        S::clone(&self.0).oneshot(request)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use axum::{
        Router,
        body::Body,
        extract::{Request, State},
        middleware::{Next, from_fn_with_state},
        response::Response,
        routing::get,
    };
    use tower::ServiceBuilder;

    use super::*;

    /// A layer's state that counts its copies.
    struct Counted(Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Relaxed);
            Self(Arc::clone(&self.0))
        }
    }

    async fn pass(State(_): State<Counted>, request: Request, next: Next) -> Response {
        next.run(request).await
    }

    #[tokio::test]
    async fn a_layer_is_copied_as_often_for_a_request_however_many_are_above_it() {
        let mut copies = Vec::new();
        for layers in [1, 9] {
            let count = Arc::new(AtomicUsize::new(0));
            let mut router = Router::new().route("/", get(async || "here"));
            let lowest = from_fn_with_state(Counted(Arc::clone(&count)), pass);
            let idle = || from_fn_with_state(Counted(Arc::default()), pass);
            router = match layers {
                1 => router.layer(ServiceBuilder::new().layer(shared(lowest))),
                _ => router.layer(
                    ServiceBuilder::new()
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(idle()))
                        .layer(shared(lowest)),
                ),
            };
            let before = count.load(Relaxed);
            let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
            assert!(answer.status().is_success());
            copies.push(count.load(Relaxed) - before);
        }
        // One more where something above takes a copy of what it points to.
        assert!(copies[0] > 0 && copies[1] <= copies[0] + 1, "{copies:?}");
    }
}
