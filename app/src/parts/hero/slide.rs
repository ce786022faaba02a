//! One title of the hero: picture, scrim, name, facts, two lines of synopsis, Play or Resume, and More.

use contract::discovery::HeroTitle;
use leptos::prelude::*;

use super::{
    super::{
        button,
        card::tint,
        facts::facts,
        icon::{Icon, icon},
        reactive::{When, attribute, flag},
        use_store,
    },
    style,
};
use crate::{route::Route, store::StateStoreFields};

#[component]
pub fn Slide(
    title: HeroTitle,
    place: usize,
    #[prop(into)] size: Signal<usize>,
    is_current: Signal<bool>,
    /// Whether the page stands: what a server wrote is the same for everybody until then.
    is_awake: RwSignal<bool>,
) -> impl IntoView {
    let HeroTitle { card, synopsis } = title;
    let watch = Route::watch(card.id.clone()).href();
    let more = Route::Title { id: card.id.clone() }.href();
    let picture = card.artwork.backdrop.clone().unwrap_or_else(|| card.artwork.poster.clone());
    let name = card.title.clone();
    let (state, _) = use_store();
    let id = card.id.clone();
    let is_begun = Signal::derive(move || is_awake.get() && state.mine().with(|mine| mine.progress(&id).is_some()));
    let called = name.clone();
    let label = attribute(move || Some(format!("{} {called}", if is_begun.get() { "Resume" } else { "Play" })));
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
                src=attribute(move || (place == 0 || is_awake.get()).then(|| picture.clone()))
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
                    <a class=button::PRIMARY href=watch aria-label=label>
                        {icon(Icon::Play)}
                        <When is=is_begun>"Resume"</When>
                        <When is=Signal::derive(move || !is_begun.get())>"Play"</When>
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
