//! The titles of a list as a grid of cards, page by page; and what stands there where the list is empty.

use contract::{catalog::ListTitles, ids::ListId, library::WATCHLIST};
use leptos::{html, prelude::*};

use super::{OnPage, style, use_changing};
use crate::{
    parts::{
        button, card, dom,
        empty::{EmptyLibrary, EmptyState},
        icon::{Icon, icon},
        use_store,
    },
    store::{
        Shown, StateStoreFields,
        library::{
            LibraryAction,
            change::{Named, quoted},
            library,
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
    let named = Memo::new(move |_| {
        on_page.list.with(|list| {
            let list = list.as_ref().filter(|list| list.is_own && list.id.as_str() != WATCHLIST)?;
            Some((list.id.clone(), list.name.clone()))
        })
    });
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
                children=move |(at, item)| {
                    let ShelfItem { card, note, .. } = item;
                    view! {
                        <li class=card::CARD>
                            {card::face(&card, at < FIRST)}
                            <TakeOff list=named title=Named { id: card.id.clone(), name: card.title.clone() }/>
                            {(!note.is_empty()).then(|| view! { <p class=style::remark dir="auto">{note}</p> })}
                        </li>
                    }
                }
            />
        </ul>
    }
    .into_any()
}

/// Takes a title off a list of one's own that has a name. The others have a mark on each card for it, and a television its sheet.
#[component]
fn TakeOff(list: Memo<Option<(ListId, String)>>, title: Named) -> impl IntoView {
    let changing = StoredValue::new(use_changing());
    let button = move |(list, name): (ListId, String)| {
        let title = title.clone();
        let label = format!("Take {} off {}", title.quoted(), quoted(&name));
        let press = move |_| changing.with_value(|changing| changing.take_off(list.clone(), &name, title.clone()));
        view! {
            <span class=style::take_off>
                <button class=button::ROUND_GLASS type="button" aria-label=label on:click=press>{icon(Icon::Close)}</button>
            </span>
        }
    };
    move || list.get().map(&button)
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
            "Nothing is on your list yet: the bookmark on a film\u{2019}s page puts it here."
        }
        Shelf::List(_) => "Nothing is on this list yet: a film is added from its page or its card.",
        Shelf::Favourites => "You have no favourites yet: the heart on a film\u{2019}s page makes it one.",
        Shelf::History => "You have watched nothing to its end yet.",
    };
    if is_library_empty() {
        return view! { <EmptyLibrary/> }.into_any();
    }
    view! {
        <EmptyState sentence=sentence>
            <a class=button::PRIMARY href="/browse">"Find something"</a>
        </EmptyState>
    }
    .into_any()
}

/// Whether there is nothing to find, as far as this page knows: no way leads to another empty page.
fn is_library_empty() -> bool {
    let (state, _) = use_store();
    let has_empty_home =
        state.home().with_untracked(|home| home.ready().is_some_and(|home| home.rows.is_empty() && home.hero.is_empty()));
    let has_empty_browse = state.browse().with_untracked(|browse| {
        browse.filters() == ListTitles::default() && browse.list.ready().is_some_and(|list| list.total == 0)
    });
    has_empty_home || has_empty_browse
}
