//! "Continue watching": 16:9 stills with how far one got, what is left, and a way to take a title off.

use contract::playback::ContinueItem;
use leptos::prelude::*;

use super::{
    button,
    card::tint,
    icon::{Icon, icon},
    row::{Row, Width},
    use_store, words,
};
use crate::{
    route::Route,
    store::{Action, StateStoreFields},
};

stylance::import_crate_style!(style, "src/parts/continue_watching/continue_watching.module.scss");

/// The row; nothing where nothing was begun.
#[component]
pub fn ContinueWatching() -> impl IntoView {
    let (state, _) = use_store();
    let items = Memo::new(move |_| state.continue_watching().with(|begun| begun.ready().cloned().unwrap_or_default()));
    let size = Memo::new(move |_| items.with(Vec::len));
    view! {
        <Show when=move || size.get() != 0>
            <Row key="continue" heading="Continue watching" size=size width=Width::Still>
                <For
                    each=move || items.get()
                    key=|item| (item.card.id.clone(), item.progress.position.to_bits())
                    children=move |item| view! { <Still item=item/> }
                />
            </Row>
        </Show>
    }
    .into_any()
}

#[component]
fn Still(item: ContinueItem) -> impl IntoView {
    let (_, dispatch) = use_store();
    let ContinueItem { card, progress } = item;
    let left = words::left(&progress);
    let href = Route::watch(card.id.clone()).href();
    let picture = card.artwork.backdrop.clone().unwrap_or_else(|| card.artwork.poster.clone());
    let title = card.title.clone();
    let id = card.id.clone();
    view! {
        <li class=style::still style=tint(&card)>
            <a class=style::link href=href>
                <span class=style::frame>
                    <img class=style::picture src=picture alt="" width="480" height="270" decoding="async"/>
                    <span class=style::play>{icon(Icon::Play)}</span>
                    <progress
                        class=style::progress
                        max=progress.duration_seconds.to_string()
                        value=progress.position.to_string()
                        aria-label="Watched"
                    ></progress>
                </span>
                <span class=style::name>{title.clone()}</span>
                <span class=style::left>{left}</span>
            </a>
            <span class=style::remove>
                <button
                    class=button::ROUND_GLASS
                    aria-label=format!("Take {title} off Continue watching")
                    on:click=move |_| dispatch.run(Action::ForgetWanted { id: id.clone() })
                >
                    {icon(Icon::Close)}
                </button>
            </span>
        </li>
    }
    .into_any()
}
