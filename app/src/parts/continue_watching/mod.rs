//! "Continue watching": 16:9 stills with how far one got, what is left, and a way to take a title off.

use contract::{catalog::TitleCard, ids::TitleId, playback::Progress};
use leptos::prelude::*;

use super::{
    button,
    card::{tint, use_title},
    dom,
    icon::{Icon, icon},
    reactive::{Keyed, When, attribute, each},
    row::{Row, Width},
    use_store, words,
};
use crate::{
    route::Route,
    store::{Action, StateStoreFields},
};

stylance::import_crate_style!(style, "src/parts/continue_watching/continue_watching.module.scss");

/// The key of the row.
pub const CONTINUE_WATCHING: &str = "continue";

/// The row; nothing where nothing was begun.
#[component]
pub fn ContinueWatching() -> impl IntoView {
    let (state, _) = use_store();
    let titles = Memo::new(move |_| state.continue_watching().with(|begun| begun.ready().cloned().unwrap_or_default()));
    let size = Memo::new(move |_| titles.with(Vec::len));
    view! {
        <When is=Signal::derive(move || size.get() != 0)>
            <Row key=CONTINUE_WATCHING heading="Continue watching" size=size width=Width::Still is_hideable=true>
                {each(move || titles.get().into_iter().map(still).collect())}
            </Row>
        </When>
    }
    .into_any()
}

fn still(id: TitleId) -> Keyed {
    Keyed::new(id.to_string(), || view! { <Still id=id/> }.into_any())
}

#[component]
fn Still(id: TitleId) -> impl IntoView {
    let (state, dispatch) = use_store();
    let card = use_title(id.clone());
    let whose = id.clone();
    let progress = Memo::new(move |_| state.mine().with(|mine| mine.progress(&whose).cloned()));
    let label = move || card.with(|card| card.as_ref().map(|card| format!("Take {} off Continue watching", card.title)));
    view! {
        <li class=style::still style=attribute(move || card.with(|card| card.as_deref().map(tint)))>
            <a class=style::link href=Route::watch(id.clone()).href()>
                {move || card.with(|card| card.as_deref().map(|card| face(card, progress)))}
            </a>
            <span class=style::remove>
                <button
                    class=button::CORNER
                    aria-label=attribute(label)
                    on:click=move |_| dispatch.run(Action::ForgetWanted { id: id.clone(), now: dom::now() })
                >
                    {icon(Icon::Close)}
                </button>
            </span>
        </li>
    }
    .into_any()
}

/// The picture with how far one got, the name, and what is left.
fn face(card: &TitleCard, progress: Memo<Option<Progress>>) -> impl IntoView + use<> {
    let picture = card.artwork.backdrop.clone().unwrap_or_else(|| card.artwork.poster.clone());
    let bar = move |progress: Progress| {
        // Whole seconds: to write a fraction is code of its own in what a first visit loads.
        let (max, value) = (progress.duration_seconds as u32, progress.position as u32);
        view! { <progress class=style::progress max=max value=value aria-label="Watched"></progress> }
    };
    view! {
        <span class=style::frame>
            <img class=style::picture src=picture alt="" width="480" height="270" decoding="async"/>
            <span class=style::play>{icon(Icon::Play)}</span>
            {move || progress.get().map(bar)}
        </span>
        <span class=style::name>{card.title.clone()}</span>
        <span class=style::left>{move || progress.with(|progress| progress.as_ref().map(words::left))}</span>
    }
    .into_any()
}
