//! Everything that can be done with a title, as a sheet: for a finger, a remote control, and whoever wants it on a list of their own.

use contract::{
    authorization::Right,
    ids::ListId,
    library::{TitleList, WATCHLIST},
};
use leptos::{ev::SubmitEvent, html, prelude::*};

use super::{not_for_me::NotForMe, on_page::OnPage, style};
use crate::{
    parts::{
        button,
        dialog::{Modal, Place},
        dom::{self, HideableRow},
        icon::{Icon, icon},
        list_names::of_name,
        marks::{Mark, use_changing, use_marks, use_pending},
        passing::passing_words,
        text_field::{Purpose, TextField},
        words,
    },
    store::{
        library::{
            Library, LibraryAction,
            change::{LibraryChange, ListWords, Listed, Named, quoted},
            library,
        },
        rights::use_rights,
        run::random_id::random_id,
    },
};

const HEADING: &str = "title-sheet";

/// `row` is the one that the card stands in which the sheet is of, where that can be hidden.
#[component]
pub fn TitleSheet(row: RwSignal<Option<HideableRow>>) -> impl IntoView {
    let library = library();
    let dispatch = library.dispatcher();
    let title = library.select(|library| library.sheet.clone());
    let is_open = Memo::new(move |_| title.with(Option::is_some));
    let close = Callback::new(move |()| dispatch.run(LibraryAction::SheetWanted(None)));
    // The next sheet may be that of a title's page, which stands in no row.
    Effect::new(move || {
        if !is_open.get() {
            row.set(None);
        }
    });
    view! {
        <Modal is_open=is_open on_close=close labelled_by=HEADING.to_owned() place=Place::BottomSheet>
            {move || title.get().map(|title| view! { <Actions title=title row=row.get_untracked() close=close/> })}
        </Modal>
    }
    .into_any()
}

/// Neither, while it is not known.
fn state_glyph(is_on: Option<bool>) -> impl IntoView {
    is_on.map(|is_on| icon(if is_on { Icon::Check } else { Icon::Plus }))
}

/// What a button says of itself to whoever hears it: neither that it is pressed nor that it is not, while that is not known.
fn pressed(is_on: Option<bool>) -> Option<String> {
    is_on.map(|is_on| is_on.to_string())
}

/// It stays open: a title goes onto several lists at once, and what was done is taken back by the same button.
#[component]
fn Actions(title: Named, row: Option<HideableRow>, close: Callback<()>) -> impl IntoView {
    let heading = title.name.clone();
    let about = Signal::stored(Some(title.clone()));
    let marks = use_marks(about);
    let is_asking = library().select(|library| library.marks.is_loading());
    let changing = StoredValue::new(use_changing());
    let of_page = title.clone();
    let title = StoredValue::new(title);
    let rights = use_rights();
    // The first thing that one comes to do; what closes the sheet stands before it.
    let first = Mark::ALL.into_iter().find(|mark| !rights.read(|rights| rights.lacks_mark(*mark)));
    let has_lists = rights.select(|rights| !rights.lacks(Right::Watchlists));
    let lacking = rights.select(|rights| Mark::ALL.map(|mark| rights.lacks_mark(mark)));
    let ways = NodeRef::<html::Ul>::new();
    // A button that goes, because only now it is known that the plan lacks it, may have had the focus.
    Effect::new(move |before: Option<()>| {
        lacking.track();
        if let (Some(()), Some(ways)) = (before, ways.get_untracked()) {
            dom::rescue_focus(&ways, "button", 0);
        }
    });
    let mark = move |mark: Mark| {
        let is_on = Memo::new(move |_| marks.get().map(|marks| mark.is_in(marks)));
        let press = move |_| changing.with_value(|changing| changing.toggle(mark, title.get_value()));
        let is_first = first == Some(mark);
        // What the plan does not include is said in its place, and not offered.
        let is_lacking = rights.select(move |rights| rights.lacks_mark(mark));
        let words = mark.right().map(Right::lacking_words);
        view! {
            <li>
                <Show when=move || !is_lacking.get() fallback=move || view! { <p class=style::lacking>{words}</p> }>
                    <button
                        class=style::way
                        type="button"
                        autofocus=is_first
                        aria-pressed=move || pressed(is_on.get())
                        aria-busy=move || (is_on.get().is_none() && is_asking.get()).then_some("true")
                        on:click=press
                    >
                        <span class=style::state aria-hidden="true">{move || state_glyph(is_on.get())}</span>
                        <span>{mark.name()}</span>
                        <kbd class=style::key aria-hidden="true">{mark.letter()}</kbd>
                    </button>
                </Show>
            </li>
        }
    };
    view! {
        <header class=style::head>
            <h2 id=HEADING class=style::title><bdi>{heading}</bdi></h2>
            <button class=button::ROUND type="button" aria-label="Close" on:click=move |_| close.run(())>{icon(Icon::Close)}</button>
        </header>
        <ul class=style::ways aria-label="This title" node_ref=ways>{Mark::ALL.map(mark).collect_view()}</ul>
        <OnPage title=of_page row=row close=close/>
        // The sentence that stands for "My list" is about these, too.
        <Show when=move || has_lists.get()>
            <h3 class=style::heading id="title-lists">"Your lists"</h3>
            <Lists title=title/>
        </Show>
        <NotForMe title=title close=close/>
    }
    .into_any()
}

/// What is said of a title that is to go onto a new list, where there is one of that name.
fn there_already(list: &str, title: &Named, was_on: Option<bool>) -> String {
    let (list, title) = (quoted(list), title.quoted());
    if was_on == Some(true) {
        return format!("You have a list {list} already, and {title} is on it.");
    }
    format!("You had a list {list} already: {title} is on that one now.")
}

/// One's own lists, and a new one.
#[component]
fn Lists(title: StoredValue<Named>) -> impl IntoView {
    let library = library();
    let pending = use_pending();
    let said = passing_words(library.select(|library| library.lists.failed().cloned()).into());
    let own = library.select_with(
        |library, pending: &Vec<_>| {
            let is_own = |list: &TitleList| list.is_own && list.id.as_str() != WATCHLIST;
            library.lists_with(pending).map(|lists| lists.into_iter().filter(is_own).collect::<Vec<_>>())
        },
        pending.into(),
    );
    let changing = StoredValue::new(use_changing());
    let is_asking = library.select(|library| library.membership.is_loading());
    let refused = library.select(|library| library.refusal.clone().map(|(id, _)| id));
    let library = StoredValue::new(library);
    // The lists that it was put on while nobody knew whether it was there, by which change.
    let added: StoredValue<Vec<(ListId, u64)>> = StoredValue::new(Vec::new());
    let toggle = move |list: ListId, name: &str, is_on: Option<bool>| {
        let there = added.with_value(|added| added.iter().find(|(other, _)| *other == list).map(|(_, added_by)| *added_by));
        added.update_value(|added| added.retain(|(other, _)| *other != list));
        let title = title.get_value();
        changing.with_value(|changing| match (is_on, there) {
            // It may have been there before: then it stays as it was.
            (Some(true), Some(added_by)) => changing.take_off_again(list, name, title, added_by),
            (Some(true), None) => changing.take_off(list, name, title),
            (Some(false), Some(_) | None) => changing.make(LibraryChange::Add(Listed::on(list, name, title))),
            (None, Some(_) | None) => {
                changing.make(LibraryChange::Add(Listed::on(list.clone(), name, title)));
                added.update_value(|added| added.push((list, changing.last())));
            }
        });
    };
    // Two lists of one name nobody could tell apart.
    let put_on = move |TitleList { id, name, .. }: TitleList| {
        let title = title.get_value();
        let is_on = library.with_value(|library| {
            let pending = pending.get_untracked();
            library.read(|library| library.has_title(&id, &title.id, &pending))
        });
        let said = there_already(&name, &title, is_on);
        changing.with_value(|changing| match is_on {
            Some(true) => changing.note(said),
            Some(false) => changing.make_saying(said, LibraryChange::Add(Listed::on(id, &name, title))),
            None => {
                changing.make_saying(said, LibraryChange::Add(Listed::on(id.clone(), &name, title)));
                added.update_value(|added| added.push((id, changing.last())));
            }
        });
    };
    let item = move |id: ListId| {
        let of = id.clone();
        let list = Memo::new(move |_| own.with(|own| own.iter().flatten().find(|list| list.id == of).cloned()));
        let of = id.clone();
        let has_title =
            move |library: &Library, pending: &Vec<_>| title.with_value(|title| library.has_title(&of, &title.id, pending));
        let is_on = library.with_value(|library| library.select_with(has_title, pending.into()));
        let name = move || list.get().map(|list| list.name).unwrap_or_default();
        let press = move |_| {
            let name = list.get_untracked().map(|list| list.name).unwrap_or_default();
            toggle(id.clone(), &name, is_on.get_untracked());
        };
        view! {
            <li>
                <button
                    class=style::way
                    type="button"
                    aria-pressed=move || pressed(is_on.get())
                    aria-busy=move || (is_on.get().is_none() && is_asking.get()).then_some("true")
                    on:click=press
                >
                    <span class=style::state aria-hidden="true">{move || state_glyph(is_on.get())}</span>
                    <span class=style::list_name><bdi>{name}</bdi></span>
                    <span class=style::count>{move || list.get().map(|list| words::count(list.count))}</span>
                </button>
            </li>
        }
    };
    let name = RwSignal::new(String::new());
    let made = StoredValue::new(None::<(ListId, String)>);
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let wanted = name.get_untracked().trim().to_owned();
        if let Some(list) = own.with_untracked(|own| of_name(own.iter().flatten(), &wanted).cloned()) {
            name.set(String::new());
            return put_on(list);
        }
        let Some(id) = random_id::<ListId>().filter(|_| !wanted.is_empty()) else { return };
        let list = ListWords { id: id.clone(), name: wanted.clone(), note: String::new(), is_shared: false };
        changing.with_value(|changing| changing.make_silently(LibraryChange::SaveList { list, before: None }));
        toggle(id.clone(), &wanted, Some(false));
        name.set(String::new());
        made.set_value(Some((id, wanted)));
    };
    // What was typed comes back where no list came of it.
    Effect::new(move || {
        let refused = refused.get();
        let wanted = made.with_value(|made| made.clone().filter(|(id, _)| refused.as_ref() == Some(id)));
        if let Some((_, wanted)) = wanted {
            name.set(wanted);
        }
    });
    let ids = move || own.with(|own| own.iter().flatten().map(|list| list.id.clone()).collect::<Vec<_>>());
    view! {
        <p class=style::problem role="alert">{move || said.get()}</p>
        <Show when=move || own.with(Option::is_some)>
            <ul class=style::ways aria-labelledby="title-lists">
                <For each=ids key=ListId::clone children=item/>
            </ul>
            <form class=style::new on:submit=make>
                <TextField label="New list" name="new-list" purpose=Purpose::ListName value=name problem=Signal::stored(None)/>
                <button class=button::QUIET type="submit">"Create and add"</button>
            </form>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_list_that_is_there_is_told_that_the_title_is_on_that_one() {
        let title = Named { id: "heat".parse().unwrap(), name: "Heat".into() };
        let plain = |words: String| words.replace(['\u{2068}', '\u{2069}'], "");
        let was = |is_on| plain(there_already("Sunday", &title, is_on));
        assert_eq!(was(Some(true)), "You have a list \u{201c}Sunday\u{201d} already, and \u{201c}Heat\u{201d} is on it.");
        let now = "You had a list \u{201c}Sunday\u{201d} already: \u{201c}Heat\u{201d} is on that one now.";
        assert_eq!([was(Some(false)), was(None)], [now, now]);
    }
}
