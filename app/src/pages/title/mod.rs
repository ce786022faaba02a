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
    // The card alone, from a list that was on the screen before.
    let known = move || {
        let id = state.title().with(|page| page.id().cloned());
        id.and_then(|id| state.titles().with_untracked(|titles| titles.get(&id).cloned()))
    };
    // A server writes the title last, when what belongs to the page may be gone already.
    let named = |title: &Shown<Title>| match title {
        Shown::Ready(title) => format!("{} \u{b7} Marquee", title.card.title),
        Shown::Waiting | Shown::Failed(_) => "Marquee".to_owned(),
    };
    let rendered = title.with_untracked(named);
    let name = move || title.try_with(named).unwrap_or_else(|| rendered.clone());
    view! {
        <PageTitle text=name/>
        {move || match title.get() {
            Shown::Ready(title) => whole(title).into_any(),
            Shown::Failed(problem) => view! {
                <div class=style::failed>
                    <h1>{if problem.code == Code::NotFound { "Title not found" } else { "This title cannot be shown" }}</h1>
                    <Failure problem=problem/>
                </div>
            }
            .into_any(),
            Shown::Waiting => match known() {
                Some(card) => beginning(&card).into_any(),
                None => view! { <TitleSkeleton/> }.into_any(),
            },
        }}
    }
}

fn whole(title: Title) -> impl IntoView {
    let attribution = title.attribution.clone();
    let tint = tint(&title.card);
    let id = title.card.id.clone();
    view! {
        <article style=tint>
            <Head card=&title.card original=title.original_title.clone() synopsis=title.synopsis.clone()/>
            <div class=style::body>
                <People people=title.people.clone()/>
                <Details title=title/>
                {attribution.map(|credit| view! { <p class=style::attribution>{credit}</p> })}
            </div>
            <Reviews id=id/>
            <Similar/>
        </article>
    }
}

/// What a card knows, and the shape of the rest.
fn beginning(card: &TitleCard) -> impl IntoView + use<> {
    let tint = tint(card);
    view! {
        <article style=tint>
            <Head card=card original=None synopsis=None/>
            <div class=style::body>
                <TextSkeleton lines=4/>
            </div>
        </article>
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
