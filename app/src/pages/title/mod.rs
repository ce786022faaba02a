//! The page of one title. Its poster flies here from the card; what is known from a list is shown before the rest
//! arrives. What is not known is not there.

mod details;
mod head;
mod own;
mod people;
mod reviews;

use contract::{
    Code,
    catalog::{Title, TitleCard},
};
use leptos::prelude::*;

use crate::{
    head::PageTitle,
    parts::{
        card::tint,
        failure::Failure,
        row::PosterRow,
        skeleton::{TextSkeleton, TitleSkeleton},
        use_store,
    },
    store::{Shown, StateStoreFields},
};
use details::Details;
use head::Head;
use people::People;
use reviews::Reviews;

stylance::import_crate_style!(style, "src/pages/title/title.module.scss");

#[component]
pub fn TitlePage() -> impl IntoView {
    let (state, _) = use_store();
    let title = Memo::new(move |_| state.title().with(|page| page.title.shown()));
    // A list that was on the screen before knows the card. It stays as it is drawn once the rest is there: whoever is on Play already
    // keeps the focus.
    let card = Memo::new(move |_| match title.get() {
        Shown::Ready(title) => Shown::Ready(title.card),
        Shown::Failed(problem) => Shown::Failed(problem),
        Shown::Waiting => {
            let id = state.title().with(|page| page.id().cloned());
            let card = id.and_then(|id| state.titles().with_untracked(|titles| titles.get(&id).cloned()));
            card.map_or(Shown::Waiting, |card| Shown::Ready(TitleCard::clone(&card)))
        }
    });
    // A server writes the title last, when what belongs to the page may be gone already.
    let named = |title: &Shown<Title>| match title {
        Shown::Ready(title) => format!("{} \u{b7} Marquee", title.card.title),
        Shown::Waiting | Shown::Failed(_) => "Marquee".to_owned(),
    };
    let rendered = title.with_untracked(named);
    let name = move || title.try_with(named).unwrap_or_else(|| rendered.clone());
    view! {
        <PageTitle text=name/>
        {move || match card.get() {
            Shown::Ready(card) => page(&card, title).into_any(),
            Shown::Failed(problem) => view! {
                <div class=style::failed>
                    <h1>{if problem.code == Code::NotFound { "Title not found" } else { "This title cannot be shown" }}</h1>
                    <Failure problem=problem/>
                </div>
            }
            .into_any(),
            Shown::Waiting => view! { <TitleSkeleton/> }.into_any(),
        }}
    }
}

/// What the card knows, and the shape of the rest until that is there.
fn page(card: &TitleCard, title: Memo<Shown<Title>>) -> impl IntoView + use<> {
    let tint = tint(card);
    let rest = move || match title.get() {
        Shown::Ready(title) => rest(title).into_any(),
        Shown::Waiting | Shown::Failed(_) => view! { <div class=style::body><TextSkeleton lines=4/></div> }.into_any(),
    };
    view! {
        <article style=tint>
            <Head card=card title=title/>
            {rest}
        </article>
    }
}

fn rest(title: Title) -> impl IntoView {
    let lines = details::lines(&title);
    let Title { card, people, attribution, .. } = title;
    let id = card.id;
    let is_wide = details::is_wide(people.len(), lines.len());
    view! {
        <div class=style::body data-wide=is_wide.then_some("")>
            <People people=people/>
            <Details lines=lines is_wide=is_wide/>
            {attribution.map(|credit| view! { <p class=style::attribution>{credit}</p> })}
        </div>
        <Reviews id=id/>
        <Similar/>
    }
}

/// Why titles are like another.
fn why() -> AnyView {
    view! {
        <p class=style::why>
            "Films that have people, genres or their story in common with this one, or that others here watched as well."
        </p>
    }
    .into_any()
}

#[component]
fn Similar() -> impl IntoView {
    let (state, _) = use_store();
    let titles = Memo::new(move |_| state.title().with(|page| page.similar.ready().cloned().unwrap_or_default()));
    let has_some = Memo::new(move |_| titles.with(|titles| !titles.is_empty()));
    // Each title's row begins at its beginning.
    let key = state.title().with_untracked(|page| page.id().map_or_else(String::new, |id| format!("like-{id}")));
    view! {
        <Show when=move || has_some.get()>
            <PosterRow key=key.clone() heading="More like this" titles=titles href=None note=why()/>
        </Show>
    }
}
