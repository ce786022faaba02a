//! A title as a poster: 2:3, with its dominant colour behind while it loads; lifts under pointer and focus.

use contract::catalog::TitleCard;
use leptos::prelude::*;

use super::{
    dom,
    facts::{marks, short_facts},
    icon::{Icon, icon},
};
use crate::route::Route;

stylance::import_crate_style!(style, "src/parts/card/card.module.scss");

/// One card as an item of a list. `is_first` cards are on the first screen: their posters are not put off.
#[component]
pub fn Card(card: TitleCard, #[prop(optional)] is_first: bool) -> impl IntoView {
    let title_href = Route::Title { id: card.id.clone() }.href();
    let play = card.video.is_some().then(|| play(&card));
    view! {
        <li class=style::card style=tint(&card)>
            <a class=style::link href=title_href on:click=move |event| dom::let_poster_fly(&event)>
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
                    {marks(&card)}
                </span>
                <span class=style::name>{card.title.clone()}</span>
                {short_facts(&card)}
            </a>
            {play}
        </li>
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
