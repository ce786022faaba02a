//! Everything that can be done with a title, as a sheet: for a finger, a remote control, and whoever wants it on a list of their own.

use contract::{
    ids::ListId,
    library::{TitleList, WATCHLIST},
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::{not_for_me::NotForMe, style};
use crate::{
    parts::{
        button,
        dialog::{Modal, Place},
        icon::{Icon, icon},
        marks::{Mark, use_changing, use_marks, use_pending},
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        library::{
            LibraryAction,
            change::{LibraryChange, ListWords, Listed, Named},
            library,
        },
        run::random_id::random_id,
    },
};

const HEADING: &str = "title-sheet";

#[component]
pub fn TitleSheet() -> impl IntoView {
    let library = library();
    let dispatch = library.dispatcher();
    let title = library.select(|library| library.sheet.clone());
    let is_open = Memo::new(move |_| title.with(Option::is_some));
    let close = Callback::new(move |()| dispatch.run(LibraryAction::SheetWanted(None)));
    view! {
        <Modal is_open=is_open on_close=close labelled_by=HEADING.to_owned() place=Place::BottomSheet>
            {move || title.get().map(|title| view! { <Actions title=title close=close/> })}
        </Modal>
    }
    .into_any()
}

/// Each closes the sheet: what was done is said, and taken back, on the page.
#[component]
fn Actions(title: Named, close: Callback<()>) -> impl IntoView {
    let heading = title.name.clone();
    let about = Signal::stored(Some(title.clone()));
    let marks = use_marks(about);
    let changing = StoredValue::new(use_changing());
    let title = StoredValue::new(title);
    let mark = move |mark: Mark| {
        let is_on = Memo::new(move |_| mark.is_in(marks.get().unwrap_or_default()));
        let press = move |_| {
            close.run(());
            changing.with_value(|changing| changing.toggle(mark, title.get_value()));
        };
        view! {
            <li>
                <button class=style::way type="button" aria-pressed=move || is_on.get().to_string() on:click=press>
                    <span class=style::state aria-hidden="true">{move || is_on.get().then(|| icon(Icon::Check))}</span>
                    <span>{mark.name()}</span>
                    <kbd class=style::key aria-hidden="true">{mark.letter()}</kbd>
                </button>
            </li>
        }
    };
    view! {
        <h2 id=HEADING class=style::title><bdi>{heading}</bdi></h2>
        <ul class=style::ways aria-label="This title">{Mark::ALL.map(mark).collect_view()}</ul>
        <h3 class=style::heading id="title-lists">"Add to a list"</h3>
        <Lists title=title close=close/>
        <NotForMe title=title close=close/>
    }
    .into_any()
}

/// One's own lists, and a new one.
#[component]
fn Lists(title: StoredValue<Named>, close: Callback<()>) -> impl IntoView {
    let library = library();
    let pending = use_pending();
    let problem = library.select(|library| library.lists.failed().cloned());
    let own = library.select_with(
        |library, pending: &Vec<_>| {
            let is_own = |list: &TitleList| list.is_own && list.id.as_str() != WATCHLIST;
            library.lists_with(pending).map(|lists| lists.into_iter().filter(is_own).collect::<Vec<_>>())
        },
        pending.into(),
    );
    let changing = StoredValue::new(use_changing());
    let add = move |list: ListId, name: &str| {
        close.run(());
        changing.with_value(|changing| changing.make(LibraryChange::Add(Listed::on(list, name, title.get_value()))));
    };
    let item = move |list: TitleList| {
        let TitleList { id, name, count, .. } = list;
        let shown = name.clone();
        view! {
            <li>
                <button class=style::way type="button" on:click=move |_| add(id.clone(), &name)>
                    <span class=style::state aria-hidden="true">{icon(Icon::Plus)}</span>
                    <span class=style::list_name><bdi>{shown}</bdi></span>
                    <span class=style::count>{words::count(count)}</span>
                </button>
            </li>
        }
    };
    let name = RwSignal::new(String::new());
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let wanted = name.get_untracked().trim().to_owned();
        let Some(id) = random_id::<ListId>().filter(|_| !wanted.is_empty()) else { return };
        let list = ListWords { id: id.clone(), name: wanted.clone(), note: String::new(), is_shared: false };
        changing.with_value(|changing| changing.make_silently(LibraryChange::SaveList { list, before: None }));
        add(id, &wanted);
    };
    view! {
        <p class=style::problem role="alert">{move || problem.get().map(|problem| words::problem(&problem))}</p>
        <Show when=move || own.with(Option::is_some)>
            <ul class=style::ways aria-labelledby="title-lists">
                {move || own.get().unwrap_or_default().into_iter().map(item).collect_view()}
            </ul>
            <form class=style::new on:submit=make>
                <TextField label="New list" name="new-list" purpose=Purpose::ListName value=name problem=Signal::stored(None)/>
                <button class=button::QUIET type="submit">"Make and add"</button>
            </form>
        </Show>
    }
    .into_any()
}
