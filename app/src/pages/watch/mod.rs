//! The watch page: a chunk of its own, loaded on the way to a film.
//!
//! The server renders the dark room with its door; the player itself is drawn in the browser alone.

mod player;
mod refused;

use std::sync::Arc;

use contract::{Code, Problem, ids::TitleId, playback::PlaybackSession};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    head::PageTitle,
    parts::{
        failure::Failure,
        icon::{Icon, icon},
        use_store,
    },
    store::StateStoreFields,
};
#[cfg(feature = "browser")]
pub use player::loaded_ahead_millis;
use player::{Lasting, Player};
use refused::Refused;

stylance::import_crate_style!(style, "src/pages/watch/watch.module.scss");

/// What stands on the stage.
#[derive(Clone, PartialEq)]
enum Scene {
    Waiting,
    Playing(TitleId),
    Failed(Problem),
}

#[component]
pub fn WatchPage() -> impl IntoView {
    let (state, _) = use_store();
    let lasting = Lasting::new();
    provide_context(lasting);
    // One that is being renewed is the session until the next is there.
    let session = Memo::new(move |_| state.watch().with(|watch| watch.session.latest().cloned().map(Arc::new)));
    let stage = Memo::new(move |_| {
        state.watch().with(|watch| match (watch.session.latest(), watch.session.failed()) {
            (Some(session), _) => Scene::Playing(session.title.id.clone()),
            (None, Some(problem)) => Scene::Failed(problem.clone()),
            (None, None) => Scene::Waiting,
        })
    });
    // In the browser alone. A renewal asks for no film: the one before plays on.
    Effect::new(move || {
        if stage.with(|scene| *scene == Scene::Waiting) {
            lasting.want();
        }
    });
    // A server writes the title last, when what belongs to the page may be gone already.
    let name = move || match stage.try_get() {
        Some(Scene::Playing(_)) => session.with_untracked(|session| session.as_ref().map(|session| session.title.title.clone())),
        Some(Scene::Waiting | Scene::Failed(_)) | None => None,
    };
    let name = move || name().unwrap_or_else(|| "Watch".to_owned());
    view! {
        <PageTitle text=name/>
        <div class=style::room data-room="">
            {move || match stage.get() {
                Scene::Waiting => waiting().into_any(),
                Scene::Playing(_) => playing(session).into_any(),
                Scene::Failed(problem) => failed(problem).into_any(),
            }}
        </div>
    }
    .into_any()
}

/// One player for a film, whichever of its sessions it is.
fn playing(session: Memo<Option<Arc<PlaybackSession>>>) -> impl IntoView {
    let first = session.get_untracked();
    first.map(|first| view! { <Player first=PlaybackSession::clone(&first) session=session/> })
}

fn waiting() -> impl IntoView {
    view! {
        {door()}
        <h1 class=style::visually_hidden>"Watch"</h1>
        <p class=style::visually_hidden role="status">"Loading the film"</p>
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
        <h1 class=style::visually_hidden>"Watch"</h1>
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
