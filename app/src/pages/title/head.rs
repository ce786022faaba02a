//! The head of the page: backdrop or the poster's own colour, poster, name, facts, synopsis, Play or Resume.

use contract::{
    catalog::{ListTitles, Title, TitleCard},
    playback::Progress,
};
use leptos::{ev, prelude::*};

use super::{own::Own, style};
use crate::{
    parts::{
        button, dom,
        facts::facts,
        icon::{Icon, icon},
        use_store, words,
    },
    route::{Route, browse_href},
    store::{Shown, StateStoreFields, library::change::Named},
};

#[component]
pub fn Head<'a>(card: &'a TitleCard, title: Memo<Shown<Title>>) -> impl IntoView + use<> {
    // They come with the rest.
    let of_title = move |part: fn(&Title) -> Option<String>| {
        move || {
            title.with(|title| match title {
                Shown::Ready(title) => part(title),
                Shown::Waiting | Shown::Failed(_) => None,
            })
        }
    };
    let original = of_title(|title| title.original_title.clone());
    let synopsis = of_title(|title| title.synopsis.clone());
    let backdrop = card.artwork.backdrop.clone();
    let is_bare = backdrop.is_none();
    let genres = card.genres.iter().map(|genre| genre_link(genre)).collect_view();
    let is_absent = card.video.is_none();
    let (state, _) = use_store();
    let may_not_watch = state.may_not_watch();
    let ways = card.video.is_some().then(|| {
        let card = card.clone();
        move || if may_not_watch.get() { refusal().into_any() } else { ways(&card).into_any() }
    });
    view! {
        <header class=style::head data-bare=is_bare.then_some("")>
            {backdrop.map(|backdrop| view! {
                <img class=style::backdrop src=backdrop alt="" width="1920" height="1080" fetchpriority="high" decoding="async"/>
            })}
            <div class=style::scrim></div>
            <img
                class=style::poster
                src=card.artwork.poster.clone()
                alt=""
                width="300"
                height="450"
                decoding="async"
                data-poster=""
            />
            <div class=style::words>
                <h1 class=style::name>{card.title.clone()}</h1>
                {move || original().map(|original| view! { <p class=style::original>{original}</p> })}
                {facts(card)}
                {ways}
                {is_absent.then(|| view! { <p class=style::absent>"You cannot play this film here yet: its video has not been added."</p> })}
                <Own title=Named { id: card.id.clone(), name: card.title.clone() }/>
                {move || synopsis().map(|synopsis| view! { <p class=style::synopsis>{synopsis}</p> })}
                <ul class=style::genres aria-label="Genres">{genres}</ul>
            </div>
        </header>
    }
    .into_any()
}

/// In the place of Play, for whom it would lead to nothing.
fn refusal() -> impl IntoView {
    view! {
        <p class=style::absent>"This account may not play films. Whoever runs this server can allow it."</p>
    }
}

/// Play, or Resume with what is left.
fn ways(card: &TitleCard) -> impl IntoView + use<> {
    let (state, _) = use_store();
    let id = StoredValue::new(card.id.clone());
    let href = Route::watch(card.id.clone()).href();
    // Back from the film is a step back to this page.
    let page = StoredValue::new(Route::Title { id: card.id.clone() }.href());
    let note_page = move |event: ev::MouseEvent| page.with_value(|page| dom::note_previous_page(&event, page));
    let beginning = StoredValue::new(Route::Watch { id: card.id.clone(), at: Some(0) }.href());
    let progress = Memo::new(move |_| id.with_value(|id| state.mine().with(|mine| mine.progress(id).cloned())));
    let word = move || progress.with(|progress| progress.as_ref().map_or_else(|| "Play".to_owned(), resume));
    view! {
        <div class=style::ways>
            <span class=style::first>
                <a class=button::PRIMARY href=href on:click=note_page>
                    {icon(Icon::Play)}
                    {word}
                </a>
                {move || progress.get().map(|progress| view! {
                    <progress
                        max=progress.duration_seconds as u32
                        value=progress.position as u32
                        aria-label="Watched"
                    ></progress>
                })}
            </span>
            <Show when=move || progress.with(Option::is_some)>
                <a class=button::QUIET href=beginning.get_value() on:click=note_page>"From the beginning"</a>
            </Show>
        </div>
    }
}

fn resume(progress: &Progress) -> String {
    format!("Resume, {}", words::left(progress))
}

fn genre_link(genre: &str) -> impl IntoView + use<> {
    let href = browse_href(&ListTitles { genre: Some(genre.to_owned()), ..ListTitles::default() });
    view! { <li><a class=style::genre href=href>{genre.to_owned()}</a></li> }
}
