//! One line of facts: year, running time, rating, score, resolution, captions, languages. What is not known is not there.

use contract::catalog::TitleCard;
use leptos::prelude::*;

use super::{
    icon::{Icon, icon},
    words,
};

stylance::import_crate_style!(style, "src/parts/facts/facts.module.scss");

/// The line as the hero and the title page show it.
pub fn facts(card: &TitleCard) -> impl IntoView + use<> {
    let video = card.video.as_ref();
    view! {
        <p class=style::facts>
            {card.year.map(|year| view! { <span class=style::fact>{year}</span> })}
            {words::runtime(card).map(|runtime| view! { <span class=style::fact>{runtime}</span> })}
            {card.maturity.clone().map(|rating| view! { <span class=style::boxed><span class=style::visually_hidden>"Rated "</span>{rating}</span> })}
            {card.score.map(average)}
            {video.and_then(words::resolution).map(|mark| view! { <span class=style::boxed>{mark}</span> })}
            {video.filter(|video| !video.captions.is_empty()).map(|_| captions())}
            {video.and_then(|video| words::languages(&video.audio)).map(|names| view! { <span class=style::fact>{names}</span> })}
        </p>
    }
}

/// The shorter line of a card.
pub fn short_facts(card: &TitleCard) -> impl IntoView + use<> {
    view! {
        <span class=style::short>
            {card.year.map(|year| view! { <span class=style::fact>{year}</span> })}
            {words::runtime(card).map(|runtime| view! { <span class=style::fact>{runtime}</span> })}
            {card.score.map(score)}
        </span>
    }
}

/// The marks on a poster: resolution and captions.
pub fn marks(card: &TitleCard) -> impl IntoView + use<> {
    card.video.as_ref().map(|video| {
        let resolution = words::resolution(video);
        let has_captions = !video.captions.is_empty();
        view! {
            <span class=style::marks>
                {resolution.map(|mark| view! { <span class=style::mark>{mark}</span> })}
                {has_captions.then(|| view! { <span class=style::mark><abbr title="Captions">"CC"</abbr></span> })}
            </span>
        }
    })
}

fn score(score: u8) -> impl IntoView {
    view! {
        <span class=style::score>
            {icon(Icon::Star)}
            <span class=style::visually_hidden>"Score "</span>
            {words::score(score)}
        </span>
    }
}

/// The same where there is room to say whose number it is: of nobody here, and of no single source, which may say another one further
/// down.
fn average(mean: u8) -> impl IntoView {
    view! { <span class=style::whose>{score(mean)} " from other sites"</span> }
}

fn captions() -> impl IntoView {
    view! { <span class=style::boxed><abbr title="Captions">"CC"</abbr></span> }
}
