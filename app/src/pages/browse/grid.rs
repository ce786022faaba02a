//! The grid of posters, its end that asks for more, and what stands there where nothing is left.

use contract::catalog::Facets;
use leptos::{html, prelude::*};

use super::{filters::to_drop, style};
use crate::{
    parts::{button, card::Card, dom, empty::EmptyState, use_store},
    route::browse_href,
    store::{Action, StateStoreFields, state::BrowseList},
};

/// Posters on the first screen of a desktop, about: these are not put off.
const FIRST: usize = 8;

#[component]
pub fn Grid(list: Memo<Option<BrowseList>>, facets: Memo<Facets>) -> impl IntoView {
    let items = Memo::new(move |_| list.with(|list| list.as_ref().map(|list| list.items.clone()).unwrap_or_default()));
    let is_empty = Memo::new(move |_| items.with(Vec::is_empty));
    view! {
        <Show when=move || !is_empty.get() fallback=move || view! { <Nothing facets=facets/> }>
            <ul class=style::grid>
                <For
                    each=move || items.get().into_iter().enumerate()
                    key=|(_, card)| (card.id.clone(), card.video.is_some())
                    children=|(place, card)| view! { <Card card=card is_first={place < FIRST}/> }
                />
            </ul>
            <More list=list/>
        </Show>
    }
    .into_any()
}

/// Asks for more as it comes near, and as a button for those who would rather press it.
#[component]
fn More(list: Memo<Option<BrowseList>>) -> impl IntoView {
    let (_, dispatch) = use_store();
    let button = NodeRef::<html::Button>::new();
    let has_more = Memo::new(move |_| list.with(|list| list.as_ref().is_some_and(|list| list.next.is_some())));
    let is_failed = Memo::new(move |_| list.with(|list| list.as_ref().is_some_and(|list| list.more.failed().is_some())));
    let loaded = Memo::new(move |_| list.with(|list| list.as_ref().map_or(0, |list| list.items.len())));
    Effect::new(move || {
        // Watched anew after each page: a tall screen may still be within reach of the end, and an end that is pushed away
        // and reached again between two frames is not noticed. Read and not only tracked: a memo nobody reads is never made.
        let _ = loaded.get();
        if let Some(button) = button.get() {
            dom::on_intersection(&button, move || dispatch.run(Action::MoreWanted));
        }
    });
    view! {
        <Show when=move || has_more.get()>
            <p class=style::more>
                <button class=button::QUIET node_ref=button on:click=move |_| dispatch.run(Action::MoreWanted)>
                    {move || if is_failed.get() { "That did not work. Try again" } else { "Show more" }}
                </button>
            </p>
        </Show>
    }
}

/// Nothing is left: offers the filter whose absence would leave most.
#[component]
fn Nothing(facets: Memo<Facets>) -> impl IntoView {
    let (state, _) = use_store();
    let drops = Memo::new(move |_| state.browse().with(|browse| facets.with(|facets| to_drop(&browse.filters(), facets))));
    let nearest = move || {
        drops.get().into_iter().next().map(|chip| {
            view! { <a class=button::PRIMARY href=chip.href>{format!("Without \u{201c}{}\u{201d}", chip.label)}</a> }
        })
    };
    view! {
        <EmptyState sentence="No title fits all of this.">
            {nearest}
            <a class=button::QUIET href=browse_href(&Default::default())>"Everything"</a>
        </EmptyState>
    }
}
