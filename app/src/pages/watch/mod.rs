//! The watch page: a chunk of its own, loaded on the way to a film.
//!
//! The server renders the dark room with its door; the player itself is drawn in the browser alone.

mod player;
mod refused;

use std::sync::Arc;

use contract::{Code, Problem, playback::PlaybackSession};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    head::PageTitle,
    parts::{
        failure::Failure,
        icon::{Icon, icon},
        screen,
    },
    store::{Load, StateStoreFields},
};
use player::Player;
use refused::Refused;

stylance::import_crate_style!(style, "src/pages/watch/watch.module.scss");

/// What stands on the stage.
#[derive(Clone, PartialEq)]
enum Stage {
    Waiting,
    Playing(Arc<PlaybackSession>),
    Failed(Problem),
}

#[component]
pub fn WatchPage() -> impl IntoView {
    let (state, _) = screen();
    let stage = Memo::new(move |_| {
        state.watch().with(|watch| match &watch.session {
            Load::Idle | Load::Pending => Stage::Waiting,
            Load::Ready(session) => Stage::Playing(Arc::new(session.clone())),
            Load::Failed(problem) => Stage::Failed(problem.clone()),
        })
    });
    // A server writes the title last, when what belongs to the page may be gone already.
    let name = move || match stage.try_get() {
        Some(Stage::Playing(session)) => session.title.title.clone(),
        Some(Stage::Waiting | Stage::Failed(_)) | None => "Watch".to_owned(),
    };
    view! {
        <PageTitle text=name/>
        <div class=style::room>
            {move || match stage.get() {
                Stage::Waiting => waiting().into_any(),
                Stage::Playing(session) => view! { <Player session=PlaybackSession::clone(&session)/> }.into_any(),
                Stage::Failed(problem) => failed(problem).into_any(),
            }}
        </div>
    }
    .into_any()
}

fn waiting() -> impl IntoView {
    view! {
        {door()}
        <h1 class=style::heard>"Watch"</h1>
        <p class=style::heard role="status">"Loading the film"</p>
        <div class=style::glow aria-hidden="true"></div>
        <noscript>
            <p class=style::note>"Films need JavaScript. Everything else on this site works without."</p>
        </noscript>
    }
    .into_any()
}

fn failed(problem: Problem) -> impl IntoView {
    view! {
        {door()}
        <h1 class=style::heard>"Watch"</h1>
        <div class=style::failed>
            {if problem.code == Code::LimitReached {
                view! { <Refused problem=problem/> }.into_any()
            } else {
                view! { <Failure problem=problem/> }.into_any()
            }}
        </div>
    }
    .into_any()
}

/// The way out.
fn door() -> impl IntoView {
    view! {
        <A href="/" attr:class=style::door attr:aria-label="Back to the home page">{icon(Icon::Left)}</A>
    }
    .into_any()
}

/// Fetches the HLS library, so that playing starts at once. Where it cannot be fetched now, the page tries again and
/// says so.
pub async fn prefetch_library() {
    #[cfg(feature = "browser")]
    let _ = player::fetch_library().await;
}
