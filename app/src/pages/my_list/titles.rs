//! The titles of a list as a grid of cards, page by page; and what stands there where the list is empty.

use contract::{
    ids::ListId,
    library::{TitleList, WATCHLIST},
};
use leptos::{html, prelude::*};

use super::{OnPage, name, style, use_changing};
use crate::{
    parts::{
        button, card, dom,
        empty::{EmptyLibrary, EmptyState},
        icon::{Icon, icon},
    },
    store::{
        Shown,
        library::{
            LibraryAction,
            change::{LibraryChange, Named, quoted},
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
    let taken_off = Memo::new(move |_| on_page.list.with(|list| on_page.shelf.with(|shelf| TakenOff::of(shelf, list.as_ref()))));
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
                            <TakeOff from=taken_off title=Named { id: card.id.clone(), name: card.title.clone() }/>
                            {(!note.is_empty()).then(|| view! { <p class=style::remark dir="auto">{note}</p> })}
                        </li>
                    }
                }
            />
        </ul>
    }
    .into_any()
}

/// What the titles of the list on the page can be taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TakenOff {
    /// With its name.
    List(ListId, String),
    Favourites,
}

impl TakenOff {
    /// Nothing for a list of somebody else, and for the history, which has rows of its own.
    fn of(shelf: &Shelf, list: Option<&TitleList>) -> Option<Self> {
        match shelf {
            Shelf::History => None,
            Shelf::Favourites => Some(Self::Favourites),
            Shelf::List(id) if shelf.is_my_list() => Some(Self::List(id.clone(), name(shelf, list))),
            Shelf::List(id) => list.filter(|list| list.is_own).map(|list| Self::List(id.clone(), list.name.clone())),
        }
    }

    fn label(&self, title: &Named) -> String {
        match self {
            Self::Favourites => format!("Take {} off favourites", title.quoted()),
            Self::List(id, name) if id.as_str() == WATCHLIST => format!("Take {} off {name}", title.quoted()),
            Self::List(_, name) => format!("Take {} off {}", title.quoted(), quoted(name)),
        }
    }
}

/// Takes a title off what is on the page. A television has its sheet for it.
#[component]
fn TakeOff(from: Memo<Option<TakenOff>>, title: Named) -> impl IntoView {
    let changing = StoredValue::new(use_changing());
    let button = move |from: TakenOff| {
        let title = title.clone();
        let label = from.label(&title);
        let press = move |_| {
            changing.with_value(|changing| match &from {
                TakenOff::List(list, name) => changing.take_off(list.clone(), name, title.clone()),
                TakenOff::Favourites => changing.make(LibraryChange::RemoveFavourite(title.clone())),
            });
        };
        view! {
            <span class=style::take_off>
                <button class=button::CORNER type="button" aria-label=label on:click=press>{icon(Icon::Close)}</button>
            </span>
        }
    };
    move || from.get().map(&button)
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
        Shelf::History => "No film is in your history yet.",
    };
    // No way leads to another empty page.
    let is_library_empty = library().select(|library| library.size.ready() == Some(&0));
    move || {
        // What others share may be there, and not be for whoever looks.
        if is_own && is_library_empty.get() {
            return view! { <EmptyLibrary/> }.into_any();
        }
        view! {
            <EmptyState sentence=sentence>
                <a class=button::PRIMARY href="/browse">"Find something"</a>
            </EmptyState>
        }
        .into_any()
    }
}

/// In the place of a list that another device deleted while it was open, or that is not there for whoever follows a link to it.
pub fn gone(last: Option<&TitleList>) -> impl IntoView + use<> {
    view! {
        <EmptyState sentence=gone_words(last.is_some_and(|last| last.is_own))>
            <a class=button::PRIMARY href=Shelf::my_list().route().href()>"My list"</a>
        </EmptyState>
    }
    .into_any()
}

const fn gone_words(is_own: bool) -> &'static str {
    if is_own { "This list was deleted." } else { "This list was deleted, or is not shared with you any more." }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(id: &str, is_own: bool) -> TitleList {
        TitleList {
            id: id.parse().unwrap(),
            name: "Sunday".into(),
            note: String::new(),
            is_shared: true,
            is_own,
            shared_by: None,
            count: 1,
            has_title: None,
        }
    }

    #[test]
    fn of_somebody_elses_list_it_is_not_known_whether_it_is_deleted() {
        assert_eq!(gone_words(true), "This list was deleted.");
        assert_eq!(gone_words(false), "This list was deleted, or is not shared with you any more.");
    }

    #[test]
    fn a_title_is_taken_off_my_list_favourites_and_lists_of_ones_own_and_off_no_list_of_somebody_else() {
        let title = Named { id: "jaws".parse().unwrap(), name: "Jaws".into() };
        let own: ListId = "0123456789abcdef0123".parse().unwrap();
        let sunday = Shelf::List(own.clone());
        let label = |shelf: &Shelf, list: Option<&TitleList>| TakenOff::of(shelf, list).map(|from| from.label(&title));
        let mine = Some(format!("Take {} off My list", title.quoted()));
        assert_eq!(label(&Shelf::my_list(), None), mine, "also while the lists are not known");
        assert_eq!(label(&Shelf::my_list(), Some(&TitleList { name: "My list".into(), ..list(WATCHLIST, true) })), mine);
        assert_eq!(label(&Shelf::Favourites, None), Some(format!("Take {} off favourites", title.quoted())));
        assert_eq!(
            label(&sunday, Some(&list(own.as_str(), true))),
            Some(format!("Take {} off {}", title.quoted(), quoted("Sunday")))
        );
        assert_eq!(label(&sunday, Some(&list(own.as_str(), false))), None, "of somebody else");
        assert_eq!(label(&sunday, None), None, "whose it is is not known");
        assert_eq!(label(&Shelf::History, None), None);
    }
}
