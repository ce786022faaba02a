//! The grid of posters, of which what is visible and a screen around it is in the document; and what stands there where nothing
//! is left.

use contract::catalog::Facets;
use leptos::{ev, html, prelude::*};

use super::{
    filters::{is_narrowed, to_drop},
    style,
};
use crate::{
    parts::{
        button,
        card::{self, CardFace},
        dom::{self, FocusedItem, GridWindow},
        empty::{EmptyLibrary, EmptyState},
        use_store,
    },
    route::browse_href,
    store::{Action, StateStoreFields, state::PAGE},
};

/// Posters on the first screen of a desktop, about: these are not put off.
const FIRST: u32 = 8;

#[component]
pub fn Grid(total: Memo<u32>, facets: Memo<Facets>) -> impl IntoView {
    let is_empty = Memo::new(move |_| total.get() == 0);
    view! {
        <Show when=move || !is_empty.get() fallback=move || view! { <Nothing facets=facets/> }>
            <Posters total=total/>
            <Failed/>
        </Show>
    }
    .into_any()
}

#[component]
fn Posters(total: Memo<u32>) -> impl IntoView {
    let (_, dispatch) = use_store();
    let grid = NodeRef::<html::Ul>::new();
    // Nothing is measured on a server: its page has the first titles.
    let window = RwSignal::new(None::<GridWindow>);
    let focused = RwSignal::new(None::<FocusedItem>);
    let is_moving = StoredValue::new(false);
    let shown = Memo::new(move |_| match window.get() {
        Some(window) => window.items(total.get()),
        None => (0, total.get().min(PAGE)),
    });
    // One that has the focus stays, wherever the page is scrolled to.
    let numbers = Memo::new(move |_| {
        let (from, to) = shown.get();
        let pinned = focused.get().map(|item| item.number).filter(|number| *number < total.get());
        let before = pinned.filter(|number| *number < from);
        let after = pinned.filter(|number| *number >= to);
        before.into_iter().chain(from..to).chain(after).collect::<Vec<_>>()
    });
    let room = move || {
        let (above, below) = window.get().map_or((0.0, 0.0), |window| window.room(total.get()));
        format!("padding-block:{}px {}px", above.round() as u64, below.round() as u64)
    };
    Effect::new(move || {
        if let Some(grid) = grid.get() {
            let items = grid.clone();
            dom::on_grid_window(&grid, move |now| {
                is_moving.set_value(true);
                window.set(Some(now));
                let (items, kept) = (items.clone(), focused.get_untracked());
                // Drawn by the next frame.
                request_animation_frame(move || {
                    if let Some(kept) = kept {
                        kept.restore(&items);
                    }
                    is_moving.try_update_value(|is_moving| *is_moving = false);
                });
            });
        }
    });
    Effect::new(move || {
        let (from, to) = shown.get();
        if window.get_untracked().is_some() {
            dispatch.run(Action::BrowseShown { from, to });
        }
    });
    let focus_in = move |event: ev::FocusEvent| focused.set(FocusedItem::of(&event));
    // Not where the item was put elsewhere in the document, which takes the focus from it.
    let focus_out = move |_: ev::FocusEvent| {
        if !is_moving.get_value() {
            focused.set(None);
        }
    };
    view! {
        <ul class=style::grid style=room node_ref=grid on:focusin=focus_in on:focusout=focus_out>
            <For
                each=move || numbers.get()
                key=|number| *number
                children=move |number| view! { <Item number=number total=total shown=shown window=window/> }
            />
        </ul>
    }
}

/// One number of the list: a card, or its shape while it is on its way.
#[component]
fn Item(number: u32, total: Memo<u32>, shown: Memo<(u32, u32)>, window: RwSignal<Option<GridWindow>>) -> impl IntoView {
    let (state, _) = use_store();
    let title = Memo::new(move |_| state.browse().with(|browse| browse.list.latest()?.title(number).cloned()));
    let is_pinned = Memo::new(move |_| shown.with(|(from, to)| number < *from || number >= *to));
    let pin = move || {
        let (top, column) = window.get().filter(|_| is_pinned.get())?.place(number);
        Some(format!("--row:{}px;--column:{column}", top.round() as u64))
    };
    view! {
        <li
            class=card::CARD
            style=pin
            data-number=number
            data-pinned=move || is_pinned.get().then_some("")
            aria-posinset=number.saturating_add(1)
            aria-setsize=total
        >
            {move || match title.get() {
                Some(id) => view! { <CardFace id=id is_first={number < FIRST}/> }.into_any(),
                None => card::waiting().into_any(),
            }}
        </li>
    }
    .into_any()
}

/// Where a part of the list did not come.
#[component]
fn Failed() -> impl IntoView {
    let (state, dispatch) = use_store();
    let is_failed =
        Memo::new(move |_| state.browse().with(|browse| browse.list.ready().is_some_and(|list| list.page.failed().is_some())));
    view! {
        <Show when=move || is_failed.get()>
            <p class=style::failed role="status">
                "Some of these titles could not be loaded."
                <button class=button::QUIET on:click=move |_| dispatch.run(Action::RetryWanted)>"Try again"</button>
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
    let is_narrowed = move || state.browse().with(|browse| is_narrowed(&browse.filters()));
    view! {
        {move || if is_narrowed() {
            view! {
                <EmptyState sentence="No title fits all of this.">
                    {nearest}
                    <a class=button::QUIET href=browse_href(&Default::default())>"Everything"</a>
                </EmptyState>
            }.into_any()
        } else {
            view! { <EmptyLibrary/> }.into_any()
        }}
    }
}
