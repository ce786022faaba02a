//! The watch page: a chunk of its own, loaded on the way to a film.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

/// The route whose code loads on demand.
pub struct WatchRoute;

#[lazy_route]
impl LazyRoute for WatchRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <h1>"Watch"</h1> }.into_any()
    }
}
