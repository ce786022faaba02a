//! The watch page: a chunk of its own, loaded on the way to a film.
//!
//! The server renders the dark room with its door; the player itself is drawn in the browser alone.

mod player;
mod refused;
mod stopped;

use std::sync::Arc;

use contract::{Code, Problem, ids::TitleId, playback::PlaybackSession};
use leptos::{html, prelude::*};

use crate::{
    head::PageTitle,
    parts::{
        dom,
        failure::{Ended, Failure},
        icon::{Icon, icon},
        use_store,
    },
    route::Route,
    store::StateStoreFields,
};
#[cfg(feature = "browser")]
pub use player::loaded_ahead_millis;
use player::{Lasting, Player};
use refused::Refused;
use stopped::Stopped;

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
    // Nothing of this document is theirs who watch by now: the way out leads to a page that is made for them.
    let is_about_viewer = matches!(problem.code, Code::ViewerChanged | Code::SignInRequired);
    // The player had the focus, and is gone: whoever has keys alone goes on from what is offered first.
    let whole = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(whole) = whole.get() {
            dom::rescue_focus(&whole, "a, button", 0);
        }
    });
    view! {
        {if is_about_viewer { left_door().into_any() } else { door().into_any() }}
        <h1 class=style::visually_hidden>"Watch"</h1>
        <div class=style::failed node_ref=whole>
            {match (Stopped::of(&problem), problem.code) {
                (Some(stopped), _) => view! { <StoppedFilm stopped=stopped/> }.into_any(),
                (None, Code::LimitReached) => view! { <Refused problem=problem/> }.into_any(),
                (None, _) => view! { <Failure problem=problem/> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// A film that somebody or a limit ended: one goes back to where it was chosen.
#[component]
fn StoppedFilm(stopped: Stopped) -> impl IntoView {
    let (state, _) = use_store();
    let Stopped { problem, quotation, has_page } = stopped;
    let film = state.route().with_untracked(|route| if let Route::Watch { id, .. } = route { Some(id.clone()) } else { None });
    let page = film.filter(|_| has_page).map(|id| Route::Title { id }.href());
    let first = page.map(|page| (page, "Back to the title".to_owned()));
    view! { <Ended problem=problem quotation=quotation first=first/> }.into_any()
}

/// The way out, by a page that the server renders for whoever watches then.
fn left_door() -> impl IntoView {
    view! {
        <a class=style::door href="/" rel="external" aria-label="Back to the home page">{icon(Icon::Left)}</a>
    }
    .into_any()
}

/// The way out. In the place of the film: Back begins it no more.
fn door() -> impl IntoView {
    view! {
        <a class=style::door href="/" aria-label="Back to the home page" prop:replace=true>{icon(Icon::Left)}</a>
    }
    .into_any()
}

/// Fetches the HLS library, so that playing starts at once. Where it cannot be fetched now, the page tries again and
/// says so.
pub async fn prefetch_library() {
    #[cfg(feature = "browser")]
    let _ = player::fetch_library().await;
}
