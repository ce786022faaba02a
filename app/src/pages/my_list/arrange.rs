//! Putting a list in order: by dragging a title at its handle, with its buttons, or with Alt and an arrow.

use leptos::{ev, html, prelude::*};

use super::{OnPage, keep_focus, style, titles::items, use_changing};
use crate::{
    parts::{
        button,
        card::tint,
        dom::{self, Drag},
        icon::{Icon, drawn, icon},
    },
    store::library::{
        apply::neighbours,
        change::{LibraryChange, Listed, Named},
        shelf::ShelfItem,
    },
};

/// Six dots.
const HANDLE: &str = "M9 5.5v.1M15 5.5v.1M9 12v.1M15 12v.1M9 18.5v.1M15 18.5v.1";

/// What moves a title here.
#[derive(Clone, Copy)]
struct Moves {
    on_page: OnPage,
    items: Memo<Vec<ShelfItem>>,
    drag: RwSignal<Option<Drag>>,
    rows: NodeRef<html::Ul>,
    /// Which of a title's two buttons has the focus.
    button: StoredValue<usize>,
    /// What a screen reader is told.
    said: RwSignal<String>,
}

#[component]
pub fn Arrange(on_page: OnPage) -> impl IntoView {
    let items = items(on_page);
    let moves = Moves {
        on_page,
        items,
        drag: RwSignal::new(None),
        rows: NodeRef::new(),
        button: StoredValue::new(0),
        said: RwSignal::new(String::new()),
    };
    // As they stand while one is dragged.
    let shown = Memo::new(move |_| {
        let items = items.get();
        match moves.drag.get() {
            Some(drag) => drag.order(items.len()).into_iter().filter_map(|at| items.get(at).cloned()).collect(),
            None => items,
        }
    });
    let changing = StoredValue::new(use_changing());
    let act = Callback::new(move |(from, to)| {
        if let Some(change) = change(moves, from, to) {
            changing.with_value(|changing| changing.make(change));
        }
    });
    view! {
        <p class=style::how>"Drag a title at its handle, or press its arrows. On a keyboard: Alt with an arrow."</p>
        <p class=style::visually_hidden role="status">{move || moves.said.get()}</p>
        <ul class=style::rows node_ref=moves.rows>
            <For
                each=move || shown.get()
                key=|item| item.card.id.clone()
                children=move |item| view! { <Row item=item shown=shown moves=moves act=act/> }
            />
        </ul>
    }
    .into_any()
}

/// What moves the title at one place to another.
fn change(moves: Moves, from: usize, to: usize) -> Option<LibraryChange> {
    let (items, list) = (moves.items.get_untracked(), moves.on_page.list.get_untracked()?);
    let to = to.min(items.len().saturating_sub(1));
    let item = items.get(from).filter(|_| from != to)?.clone();
    let mut others = items.clone();
    others.remove(from);
    others.insert(to, item.clone());
    let title = Named { id: item.card.id.clone(), name: item.card.title.clone() };
    moves.said.set(format!("{} is number {} of {} now.", title.name, to.saturating_add(1), items.len()));
    let listed = Listed { between: Some(neighbours(&others, to)), note: item.note, ..Listed::on(list.id, &list.name, title) };
    Some(LibraryChange::Move { listed, from: neighbours(&items, from) })
}

#[component]
fn Row(item: ShelfItem, shown: Memo<Vec<ShelfItem>>, moves: Moves, act: Callback<(usize, usize)>) -> impl IntoView {
    let ShelfItem { card, .. } = item;
    let id = card.id.clone();
    let place = Memo::new(move |_| shown.with(|shown| shown.iter().position(|item| item.card.id == id)).unwrap_or(0));
    let last = Memo::new(move |_| shown.with(Vec::len).saturating_sub(1));
    let drag = moves.drag;
    let is_dragged = move || drag.get().is_some_and(|drag| drag.to == place.get());
    let step = move |by: isize| {
        let from = place.get_untracked();
        let to = from.saturating_add_signed(by).min(last.get_untracked());
        act.run((from, to));
        // A row that is put elsewhere in the document loses the focus.
        keep_focus(moves.rows, "button", to.saturating_mul(2).saturating_add(moves.button.get_value()));
    };
    let begin = move |event: ev::PointerEvent| {
        if event.button() == 0 && dom::drag_target(&event).is_some() {
            event.prevent_default();
            drag.set(Some(Drag::begin(place.get_untracked())));
        }
    };
    let go = move |event: ev::PointerEvent| {
        if let Some(now) = drag.get_untracked()
            && let Some(to) = dom::drag_target(&event)
            && now.to != to
        {
            drag.set(Some(Drag { to, ..now }));
        }
    };
    let drop = move |_: ev::PointerEvent| {
        if let Some(Drag { from, to }) = drag.get_untracked() {
            act.run((from, to));
            drag.set(None);
        }
    };
    let keys = move |event: ev::KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowUp" | "ArrowLeft" => -1,
            "ArrowDown" | "ArrowRight" => 1,
            _ => 0,
        };
        if event.alt_key() && by != 0 {
            event.prevent_default();
            event.stop_propagation();
            step(by);
        }
    };
    let label = |what: &str| format!("{what}: {}", card.title);
    view! {
        <li class=style::row style=tint(&card) data-place=place data-dragged=move || is_dragged().then_some("") on:keydown=keys>
            <span
                class=style::handle
                aria-hidden="true"
                on:pointerdown=begin
                on:pointermove=go
                on:pointerup=drop
                on:pointercancel=move |_| drag.set(None)
            >
                {drawn(HANDLE, false)}
            </span>
            <img class=style::thumb src=card.artwork.poster.clone() alt="" width="300" height="450" loading="lazy" decoding="async"/>
            <span class=style::words>
                <span class=style::title><bdi>{card.title.clone()}</bdi></span>
                <span class=style::when>{card.year.map(|year| year.to_string())}</span>
            </span>
            <button
                class=button::ROUND
                type="button"
                aria-label=label("Move up")
                aria-disabled=move || (place.get() == 0).to_string()
                on:focus=move |_| moves.button.set_value(0)
                on:click=move |_| step(-1)
            >
                <span class=style::up>{icon(Icon::Down)}</span>
            </button>
            <button
                class=button::ROUND
                type="button"
                aria-label=label("Move down")
                aria-disabled=move || (place.get() == last.get()).to_string()
                on:focus=move |_| moves.button.set_value(1)
                on:click=move |_| step(1)
            >
                {icon(Icon::Down)}
            </button>
        </li>
    }
    .into_any()
}
