//! The titles of a list as a grid of cards, page by page; and what stands there where the list is empty.

use leptos::{html, prelude::*};

use super::{OnPage, style};
use crate::{
    parts::{button, card, dom, empty::EmptyState},
    store::{
        Shown,
        library::{
            LibraryAction, library,
            shelf::{Shelf, ShelfItem},
        },
    },
};

/// Posters on the first screen of a desktop, about: these are not put off.
const FIRST: usize = 8;

#[component]
pub fn Titles(on_page: OnPage) -> impl IntoView {
    let grid = NodeRef::<html::Ul>::new();
    let items = items(on_page);
    // A title that goes takes the focus with it: it goes on with the one that stands there by then.
    let focused = StoredValue::new(None::<usize>);
    let remember = move |event: leptos::ev::FocusEvent| focused.set_value(dom::place_within_list(&event));
    Effect::new(move |before: Option<usize>| {
        let now = items.with(Vec::len);
        if before.is_some_and(|before| now < before)
            && let (Some(at), Some(grid)) = (focused.get_value(), grid.get_untracked())
        {
            dom::rescue_focus(&grid, "a[href^='/title/']", at.min(now.saturating_sub(1)));
        }
        now
    });
    view! {
        <ul class=style::grid node_ref=grid on:focusin=remember>
            <For
                each=move || items.get().into_iter().enumerate()
                key=|(_, item)| item.card.id.clone()
                children=|(at, item)| {
                    let ShelfItem { card, note, .. } = item;
                    view! {
                        <li class=card::CARD>
                            {card::face(&card, at < FIRST)}
                            {(!note.is_empty()).then(|| view! { <p class=style::remark dir="auto">{note}</p> })}
                        </li>
                    }
                }
            />
        </ul>
    }
    .into_any()
}

/// What is loaded, with what is under way.
pub fn items(on_page: OnPage) -> Memo<Vec<ShelfItem>> {
    Memo::new(move |_| on_page.page.with(|page| if let Shown::Ready(page) = page { page.items.clone() } else { Vec::new() }))
}

/// What follows is asked for as its place comes near, and where that failed, by a press.
#[component]
pub fn More(on_page: OnPage) -> impl IntoView {
    let library = library();
    let (dispatch, again) = (library.dispatcher(), library.again());
    // Of what was loaded: a change under way makes no page.
    let more = Memo::new(move |_| {
        on_page.page.with(|page| match page {
            Shown::Ready(page) => page.next.clone().map(|_| (page.items.len(), page.more.failed().is_some())),
            Shown::Waiting | Shown::Failed(_) => None,
        })
    });
    view! {
        {move || more.get().map(|(_, is_failed)| if is_failed {
            view! {
                <p class=style::failed role="status">
                    "The next titles could not be loaded."
                    <button class=button::QUIET type="button" on:click=move |_| again.run(())>"Try again"</button>
                </p>
            }
            .into_any()
        } else {
            let end = NodeRef::<html::P>::new();
            Effect::new(move || {
                if let Some(end) = end.get() {
                    dom::on_end_near(&end, move || dispatch.run(LibraryAction::MoreWanted));
                }
            });
            view! {
                <p class=style::end node_ref=end>
                    <button class=button::QUIET type="button" on:click=move |_| dispatch.run(LibraryAction::MoreWanted)>"Show more"</button>
                </p>
            }
            .into_any()
        })}
    }
    .into_any()
}

/// One sentence, and one way on.
pub fn nothing(on_page: OnPage) -> impl IntoView {
    let is_own = on_page.list.with_untracked(|list| list.as_ref().is_none_or(|list| list.is_own));
    let sentence = match on_page.shelf.get_untracked() {
        Shelf::List(_) if !is_own => "There is nothing here for you to watch.",
        shelf @ Shelf::List(_) if shelf.is_my_list() => {
            "Nothing is on your list yet: the plus on a film\u{2019}s page puts it here."
        }
        Shelf::List(_) => "Nothing is on this list yet: a film is added from its page or its card.",
        Shelf::Favourites => "You have no favourites yet: the heart on a film\u{2019}s page makes it one.",
        Shelf::History => "You have watched nothing to its end yet.",
    };
    view! {
        <EmptyState sentence=sentence>
            <a class=button::PRIMARY href="/browse">"Find something"</a>
        </EmptyState>
    }
}
