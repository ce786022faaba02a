//! A title as a poster: 2:3, with its dominant colour behind while it loads; lifts under pointer and focus.

use std::sync::Arc;

use contract::{catalog::TitleCard, ids::TitleId};
use leptos::prelude::*;

use super::use_store;
use super::{
    dom,
    facts::{marks, short_facts},
    icon::{Icon, icon},
};
use crate::{route::Route, store::StateStoreFields};

stylance::import_crate_style!(style, "src/parts/card/card.module.scss");

/// The card of a title, told of whenever it changes.
pub fn use_title(id: TitleId) -> Memo<Option<Arc<TitleCard>>> {
    let (state, _) = use_store();
    Memo::new(move |_| state.titles().with(|titles| titles.get(&id).cloned()))
}

/// The class of a list's item that holds a card.
pub const CARD: &str = style::card;
/// The class of what says a title's name in a card, and nothing else.
#[cfg(feature = "browser")]
pub const NAME: &str = style::name;

/// One card as an item of a list. `is_first` cards are on the first screen: their posters are not put off.
#[component]
pub fn Card(id: TitleId, #[prop(optional)] is_first: bool) -> impl IntoView {
    view! {
        <li class=CARD>
            <CardFace id=id is_first=is_first/>
        </li>
    }
    .into_any()
}

/// What an item shows of a title. Nothing before the title is known.
#[component]
pub fn CardFace(id: TitleId, is_first: bool) -> impl IntoView {
    let card = use_title(id);
    move || card.with(|card| card.as_deref().map(|card| face(card, is_first)))
}

/// The shape of a card that is on its way.
pub fn waiting() -> impl IntoView {
    view! {
        <span class=style::link aria-hidden="true">
            <span class=style::frame></span>
            <span class=style::name>"\u{a0}"</span>
            <span class=style::facts></span>
        </span>
    }
}

/// A card as a list has it.
pub fn face(card: &TitleCard, is_first: bool) -> impl IntoView + use<> {
    let title_href = Route::Title { id: card.id.clone() }.href();
    let play = card.video.is_some().then(|| play(card));
    view! {
        <a class=style::link style=tint(card) href=title_href on:click=move |event| dom::let_poster_fly(&event)>
            <span class=style::frame>
                <img
                    class=style::poster
                    src=card.artwork.poster.clone()
                    alt=""
                    width="300"
                    height="450"
                    loading=if is_first { "eager" } else { "lazy" }
                    decoding="async"
                />
                {marks(card)}
            </span>
            <span class=style::name>{card.title.clone()}</span>
            <span class=style::facts>{short_facts(card)}</span>
        </a>
        {play}
    }
    .into_any()
}

/// The poster's dominant colour for the styles, as the property that they read it from.
pub fn tint(card: &TitleCard) -> String {
    format!("--tint:{}", card.artwork.colour)
}

fn play(card: &TitleCard) -> impl IntoView + use<> {
    let href = Route::watch(card.id.clone()).href();
    view! {
        <span class=style::over>
            <a class=style::play href=href aria-label=format!("Play {}", card.title)>
                {icon(Icon::Play)}
            </a>
        </span>
    }
}
