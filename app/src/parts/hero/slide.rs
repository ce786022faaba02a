//! One title of the hero: picture, scrim, name, facts, two lines of synopsis, Play and More.

use contract::discovery::HeroTitle;
use leptos::prelude::*;

use super::{
    super::{
        button,
        card::tint,
        facts::facts,
        icon::{Icon, icon},
        reactive::{attribute, flag},
    },
    style,
};
use crate::route::Route;

#[component]
pub fn Slide(
    title: HeroTitle,
    place: usize,
    #[prop(into)] size: Signal<usize>,
    is_current: Signal<bool>,
    /// Whether its picture may be asked for already.
    is_fetched: Signal<bool>,
) -> impl IntoView {
    let HeroTitle { card, synopsis } = title;
    let watch = Route::watch(card.id.clone()).href();
    let more = Route::Title { id: card.id.clone() }.href();
    let picture = card.artwork.backdrop.clone().unwrap_or_else(|| card.artwork.poster.clone());
    let name = card.title.clone();
    view! {
        <article
            class=style::slide
            style=tint(&card)
            aria-roledescription="slide"
            aria-label=attribute(move || Some(format!("{} of {}", place + 1, size.get())))
            data-current=flag(move || is_current.get())
            inert=Signal::derive(move || !is_current.get())
        >
            <img
                class=style::picture
                src=attribute(move || is_fetched.get().then(|| picture.clone()))
                alt=""
                width="1920"
                height="1080"
                fetchpriority=if place == 0 { "high" } else { "low" }
                decoding="async"
            />
            <div class=style::words>
                <h2 class=style::name>{name.clone()}</h2>
                {facts(&card)}
                {synopsis.map(|synopsis| view! { <p class=style::synopsis>{synopsis}</p> })}
                <p class=style::ways>
                    <a class=button::PRIMARY href=watch aria-label=format!("Play {name}")>
                        {icon(Icon::Play)}
                        "Play"
                    </a>
                    <a class=button::GLASS href=more aria-label=format!("More about {name}")>
                        {icon(Icon::Info)}
                        "More"
                    </a>
                </p>
            </div>
        </article>
    }
    .into_any()
}
