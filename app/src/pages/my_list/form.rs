//! Making a list, and changing what it says of itself.

use contract::{
    ids::ListId,
    library::{TitleList, WATCHLIST},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{OnPage, style, use_changing, use_pending};
use crate::{
    parts::{
        button,
        dialog::{Modal, Place},
        list_names::of_name,
        text_field::{LinesField, Purpose, TextField},
        use_store,
    },
    store::{
        StateStoreFields,
        library::{
            LibraryAction,
            change::{LibraryChange, ListWords, Pending},
            library,
            shelf::Shelf,
        },
        run::random_id::random_id,
    },
};

const HEADING: &str = "list-form";

/// What stands in the place of the way to save it.
const GONE: &str = "This list was deleted on another device. What is typed here cannot be saved on it any more.";
const TAKEN: &str = "You have a list of that name already. Choose another name.";

/// What the form is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    New,
    Own(ListWords),
}

#[component]
pub fn ListForm(on_page: OnPage) -> impl IntoView {
    let form = on_page.form;
    let is_open = Memo::new(move |_| form.with(Option::is_some));
    let close = Callback::new(move |()| form.set(None));
    view! {
        <Modal is_open=is_open on_close=close labelled_by=HEADING.to_owned() place=Place::Middle>
            {move || form.get().map(|subject| view! { <Fields subject=subject lists=on_page.lists close=close/> })}
        </Modal>
    }
    .into_any()
}

#[component]
fn Fields(subject: Subject, lists: Memo<Vec<TitleList>>, close: Callback<()>) -> impl IntoView {
    let (state, _) = use_store();
    let changing = StoredValue::new(use_changing());
    let before = if let Subject::Own(list) = &subject { Some(list.clone()) } else { None };
    let (name, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_shared = RwSignal::new(false);
    if let Some(before) = &before {
        name.set(before.name.clone());
        note.set(before.note.clone());
        is_shared.set(before.is_shared);
    }
    let heading = if before.is_some() { "Edit list" } else { "New list" };
    let save_word = if before.is_some() { "Save" } else { "Create list" };
    // Nobody shares a guest's.
    let is_member = state.watcher().with_untracked(Option::is_some);
    let navigate = leptos_router::hooks::use_navigate();
    let library = library();
    let dispatch = library.dispatcher();
    let refusal = library.select(|library| library.refusal.clone());
    // The list that is on its way to the server.
    let saving = RwSignal::new(None::<ListId>);
    let refused = Memo::new(move |_| saving.get().and_then(|id| refusal.get().filter(|(refused, _)| *refused == id)));
    let edited = StoredValue::new(before.as_ref().map(|before| before.id.clone()));
    // Another device may delete it while it is edited here.
    let is_gone = Memo::new(move |_| edited.with_value(|edited| lists.with(|lists| is_gone(lists, edited.as_ref()))));
    // Of the name that somebody tried to save.
    let taken = RwSignal::new(None::<String>);
    let is_taken = Memo::new(move |_| taken.with(|taken| name.with(|name| taken.as_deref() == Some(name.as_str()))));
    let problem = move || match (is_gone.get(), is_taken.get()) {
        (true, _) => Some(GONE.to_owned()),
        (false, true) => Some(TAKEN.to_owned()),
        (false, false) => refused.get().map(|(_, words)| words),
    };
    let is_busy = Memo::new(move |_| saving.with(Option::is_some) && refused.with(Option::is_none));
    let pending = use_pending();
    let is_away = Memo::new(move |_| state.mutations().with(|log| log.failures > 0));
    let is_new = before.is_none();
    // What was typed stays until it is a list, or is kept here because the server is away.
    Effect::new(move || {
        let Some(id) = saving.get().filter(|_| is_busy.get()) else { return };
        let is_under_way = pending.with(|pending| pending.iter().any(|pending| saves(pending, &id)));
        if is_under_way && !is_away.get() {
            return;
        }
        if is_new {
            dispatch.run(LibraryAction::ListMade { id: id.clone() });
            navigate(&Shelf::List(id).route().href(), leptos_router::NavigateOptions::default());
        }
        close.run(());
    });
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() || is_gone.get_untracked() {
            return;
        }
        let wanted = name.get_untracked();
        let is_another = is_another(&lists.get_untracked(), &wanted, before.as_ref());
        taken.set(is_another.then_some(wanted));
        if is_another {
            return;
        }
        let id = before.as_ref().map_or_else(random_id::<ListId>, |before| Some(before.id.clone()));
        let Some(list) = id.and_then(|id| filled(id, &name.get_untracked(), &note.get_untracked(), is_shared.get_untracked()))
        else {
            return;
        };
        if before.as_ref() == Some(&list) {
            return close.run(());
        }
        let (before, id) = (before.clone(), list.id.clone());
        dispatch.run(LibraryAction::ListSaved);
        changing.with_value(|changing| changing.make(LibraryChange::SaveList { list, before }));
        saving.set(Some(id));
    };
    view! {
        <form class=style::form on:submit=save>
            <h2 id=HEADING>{heading}</h2>
            <TextField label="Name" name="list-name" purpose=Purpose::ListName is_first=true value=name problem=Signal::stored(None)/>
            <LinesField label="Note" name="list-note" purpose=Purpose::Note value=note/>
            {is_member.then(|| view! {
                <label class=style::switch>
                    <span>
                        <span class=style::label>"Share with your household"</span>
                        <span class=style::hint>"Everyone on this account can see it. Only you can change it."</span>
                    </span>
                    <input
                        class=style::box_
                        type="checkbox"
                        role="switch"
                        prop:checked=move || is_shared.get()
                        on:change=move |event| is_shared.set(event_target_checked(&event))
                    />
                    <span class=style::track aria-hidden="true"></span>
                </label>
            })}
            <p class=style::problem role="alert">{problem}</p>
            <p class=style::ways>
                <Show when=move || !is_gone.get()>
                    <button class=button::PRIMARY type="submit" aria-disabled=move || is_busy.get().to_string()>{save_word}</button>
                </Show>
                <button class=button::QUIET type="button" on:click=move |_| close.run(())>
                    {move || if is_gone.get() { "Close" } else { "Cancel" }}
                </button>
            </p>
        </form>
    }
    .into_any()
}

/// Whether the list that is edited is there no more. Everybody has one: without any they are not known.
fn is_gone(lists: &[TitleList], edited: Option<&ListId>) -> bool {
    !lists.is_empty() && edited.is_some_and(|id| lists.iter().all(|list| list.id != *id || !list.is_own))
}

/// Whether the name is that of a list of one's own that is not the one that is edited. That may stay called as it is.
fn is_another(lists: &[TitleList], name: &str, edited: Option<&ListWords>) -> bool {
    let is_new = edited.is_none_or(|edited| edited.name != name.trim());
    is_new && of_name(lists.iter().filter(|list| edited.is_none_or(|edited| edited.id != list.id)), name).is_some()
}

/// Whether it is this list that is made or changed.
fn saves(pending: &Pending, id: &ListId) -> bool {
    if let Pending::Library(LibraryChange::SaveList { list, .. }) = pending { list.id == *id } else { false }
}

/// The list as it is filled in; nothing where it has no name.
fn filled(id: ListId, name: &str, note: &str, is_shared: bool) -> Option<ListWords> {
    let is_taken = id.as_str() == WATCHLIST;
    let (name, note) = (name.trim().to_owned(), note.trim().to_owned());
    (!name.is_empty() && !is_taken).then_some(ListWords { id, name, note, is_shared })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(id: &str, name: &str) -> TitleList {
        TitleList {
            id: id.parse().unwrap(),
            name: name.into(),
            note: String::new(),
            is_shared: false,
            is_own: true,
            shared_by: None,
            count: 0,
            has_title: None,
        }
    }

    #[test]
    fn a_list_that_another_device_deleted_is_not_edited_on_and_a_new_one_is_none_of_those() {
        let (sunday, id) = (list("a", "Sunday"), "a".parse::<ListId>().unwrap());
        let mine = list(WATCHLIST, "My list");
        assert!(!is_gone(&[mine.clone(), sunday.clone()], Some(&id)));
        assert!(is_gone(std::slice::from_ref(&mine), Some(&id)));
        assert!(!is_gone(&[], Some(&id)), "they are not known yet");
        assert!(!is_gone(std::slice::from_ref(&mine), None));
        assert!(is_gone(&[mine, TitleList { is_own: false, ..sunday }], Some(&id)));
    }

    #[test]
    fn two_lists_get_no_one_name_and_a_list_may_stay_called_as_it_is() {
        let lists = [list(WATCHLIST, "My list"), list("a", "Sunday"), list("b", "Monday"), list("c", "Sunday")];
        let sunday = ListWords { id: "a".parse().unwrap(), name: "Sunday".into(), note: String::new(), is_shared: false };
        assert!(is_another(&lists, " sunday", None) && is_another(&lists, "Monday", Some(&sunday)));
        assert!(!is_another(&lists, "Tuesday", None) && !is_another(&lists, "Tuesday", Some(&sunday)));
        assert!(!is_another(&lists, "Sunday", Some(&sunday)), "though an import made another one");
    }

    #[test]
    fn a_list_has_a_name_and_my_list_keeps_its_own() {
        let id = || "0123456789abcdef0123".parse::<ListId>().unwrap();
        assert_eq!(filled(id(), "  ", "", false), None);
        assert_eq!(filled(ListId::watchlist(), "Mine", "", false), None);
        let list = filled(id(), " Sunday ", " with Kim ", true).unwrap();
        assert_eq!((list.name.as_str(), list.note.as_str(), list.is_shared), ("Sunday", "with Kim", true));
    }
}
