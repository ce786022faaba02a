//! The ways between the lists, and what can be done with the one that is open.

use contract::{
    authorization::Right,
    library::{TitleList, WATCHLIST},
};
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{OnPage, Subject, style, use_changing, use_pending};
use crate::{
    parts::{
        button,
        chips::{Chip, Chips},
        dialog::{ConfirmButton, Warning},
        dom,
        icon::{Icon, icon},
    },
    store::{
        Shown,
        library::{
            LibraryAction,
            change::{LibraryChange, ListWords},
            library,
            shelf::Shelf,
        },
        rights::use_rights,
    },
};

/// Links to every list, and the way to a new one.
#[component]
pub fn Ways(on_page: OnPage) -> impl IntoView {
    let library = library();
    let dispatch = library.dispatcher();
    Effect::new(move || dispatch.run(LibraryAction::MarksWanted));
    let marks = library.select_with(|library, pending: &Vec<_>| library.mark_counts(pending), use_pending().into());
    let chips = Memo::new(move |_| on_page.lists.with(|lists| chips(&on_page.shelf.get(), lists, marks.get())));
    // What the plan does not include is not offered: the list itself says that it is so.
    let has_lists = use_rights().select(|rights| !rights.lacks(Right::Watchlists));
    // One's own lists may be known only after the page was entered.
    let ways = NodeRef::<html::Nav>::new();
    let is_marked = Memo::new(move |_| chips.with(|chips| chips.iter().any(|chip| chip.is_chosen)));
    Effect::new(move || {
        if let (true, Some(ways)) = (is_marked.get(), ways.get()) {
            dom::focus_current_link(&ways);
        }
    });
    view! {
        <nav class=style::lists aria-label="Lists" node_ref=ways>
            <Chips label="Lists" chips=chips/>
            <Show when=move || has_lists.get()>
                <button
                    class=button::QUIET
                    type="button"
                    aria-haspopup="dialog"
                    on:click=move |_| on_page.form.set(Some(Subject::New))
                >
                    {icon(Icon::Plus)}
                    <span class=style::word>"New list"</span>
                </button>
            </Show>
        </nav>
    }
    .into_any()
}

/// "My list", favourites, one's own lists, those of others, the history.
fn chips(open: &Shelf, lists: &[TitleList], marks: Option<(u64, u64)>) -> Vec<Chip> {
    let chip = |shelf: Shelf, label: String, count| Chip { label, count, is_chosen: shelf == *open, href: shelf.route().href() };
    let mine = lists.iter().find(|list| list.id.as_str() == WATCHLIST).map(|list| list.count);
    let of_list = |list: &TitleList| chip(Shelf::List(list.id.clone()), list.name.clone(), Some(list.count));
    let others = lists.iter().filter(|list| list.id.as_str() != WATCHLIST);
    let mut chips = vec![
        chip(Shelf::my_list(), "My list".to_owned(), mine),
        chip(Shelf::Favourites, "Favourites".to_owned(), marks.map(|(favourites, _)| favourites)),
        chip(Shelf::History, "History".to_owned(), marks.map(|(_, watched)| watched)),
    ];
    chips.extend(others.map(of_list));
    chips
}

/// What the owner of a list can do with it.
#[component]
pub fn OwnWays(on_page: OnPage) -> impl IntoView {
    let changing = StoredValue::new(use_changing());
    let OnPage { list, page, is_arranging, form, .. } = on_page;
    let own = Memo::new(move |_| list.get().filter(|list| list.is_own));
    let is_movable =
        Memo::new(move |_| page.with(|page| if let Shown::Ready(page) = page { page.items.len() > 1 } else { false }));
    let navigate = use_navigate();
    let delete = Callback::new(move |()| {
        let Some(list) = own.get_untracked() else { return };
        changing.with_value(|changing| changing.make(LibraryChange::DeleteList(words_of(list))));
        navigate(&Shelf::my_list().route().href(), NavigateOptions::default());
        if let Some(heading) = on_page.heading.get_untracked() {
            dom::focus_heading(&heading);
        }
    });
    let named = move || own.with(|own| own.as_ref().map(|list| list.name.clone()).unwrap_or_default());
    // Also where that is not known: of what is not loaded.
    let has_remarks = Memo::new(move |_| {
        page.with(|page| match page {
            Shown::Ready(page) => page.next.is_some() || page.items.iter().any(|item| !item.note.is_empty()),
            Shown::Waiting | Shown::Failed(_) => true,
        })
    });
    let warning = Signal::derive(move || Warning {
        title: format!("Delete \u{201c}\u{2068}{}\u{2069}\u{201d}?", named()),
        text: deletion_words(own.with(|own| own.as_ref().is_some_and(|list| !list.note.is_empty())) || has_remarks.get()),
        action: "Delete the list",
    });
    let is_named = Memo::new(move |_| own.with(|own| own.as_ref().is_some_and(|list| list.id.as_str() != WATCHLIST)));
    view! {
        // No paragraph: a dialog would end it where the page is read by a browser.
        <div class=style::ways>
            <Show when=move || own.with(Option::is_some) && is_movable.get()>
                <button
                    class=button::QUIET
                    type="button"
                    aria-pressed=move || is_arranging.get().to_string()
                    on:click=move |_| is_arranging.update(|is_arranging| *is_arranging = !*is_arranging)
                >
                    {move || if is_arranging.get() { "Done" } else { "Reorder" }}
                </button>
            </Show>
            <Show when=move || is_named.get()>
                <button
                    class=button::QUIET
                    type="button"
                    aria-haspopup="dialog"
                    on:click=move |_| form.set(own.get_untracked().map(words_of).map(Subject::Own))
                >
                    {icon(Icon::Pencil)}
                    "Edit"
                </button>
                <ConfirmButton id="delete-list" word="Delete" warning=warning on_confirm=delete/>
            </Show>
        </div>
    }
    .into_any()
}

/// What deleting a list costs.
fn deletion_words(has_notes: bool) -> String {
    let what = if has_notes { "The list and its notes are" } else { "The list is" };
    format!("{what} deleted for good. The films themselves stay in the library.")
}

/// What a list says of itself.
pub fn words_of(list: TitleList) -> ListWords {
    let TitleList { id, name, note, is_shared, .. } = list;
    ListWords { id, name, note, is_shared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_said_to_be_deleted_only_where_there_are_some() {
        assert!(deletion_words(true).contains("its notes"));
        assert_eq!(deletion_words(false), "The list is deleted for good. The films themselves stay in the library.");
    }

    #[test]
    fn the_ways_lead_to_every_list_and_one_of_them_is_where_one_is() {
        let list = |id: &str, name: &str, count| TitleList {
            id: id.parse().unwrap(),
            name: name.into(),
            note: String::new(),
            is_shared: false,
            is_own: true,
            shared_by: None,
            count,
            has_title: None,
        };
        let own = "0123456789abcdef0123";
        let lists = [list(WATCHLIST, "My list", 3), list(own, "Sunday", 2)];
        let chips = chips(&Shelf::List(own.parse().unwrap()), &lists, Some((4, 7)));
        let labels: Vec<_> = chips.iter().map(|chip| (chip.label.as_str(), chip.count, chip.is_chosen)).collect();
        let expected =
            [("My list", Some(3), false), ("Favourites", Some(4), false), ("History", Some(7), false), ("Sunday", Some(2), true)];
        assert_eq!(labels, expected);
        assert_eq!(chips[3].href, format!("/my-list?list={own}"));
    }
}
