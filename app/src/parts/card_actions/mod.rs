//! What can be done with any title on the screen: buttons over the card that is meant, keys, and a sheet with all of it.
//!
//! A chunk of its own (`pages/chunks.rs`), which is fetched once a first visit is over and laid over every page. Cards have no code
//! and no elements for it: `parts/dom/card_events.rs` tells what is done with them.

mod not_for_me;
mod on_page;
mod sheet;
mod watched;

use leptos::{html, prelude::*};

use super::{
    dom::{self, CardEvent, CardTarget, HideableRow},
    marks::{Mark, MarkButton, more_glyph, use_changing},
    use_store,
};
use crate::{
    route::Route,
    store::{
        Action, StateStoreFields,
        library::{LibraryAction, change::Named, library},
        rights::use_rights_on_demand,
    },
};
use sheet::TitleSheet;
use watched::WatchedMarks;

stylance::import_crate_style!(style, "src/parts/card_actions/card_actions.module.scss");

#[component]
pub fn CardActions() -> impl IntoView {
    let (state, tell) = use_store();
    let library = library();
    let dispatch = library.dispatcher();
    let (rights, want_rights) = use_rights_on_demand();
    let rights = StoredValue::new(rights);
    let lacks = move |mark: Mark| rights.with_value(|rights| rights.read(|rights| rights.lacks_mark(mark)));
    let changing = StoredValue::new(use_changing());
    let shown = RwSignal::new(None::<Named>);
    let row = RwSignal::new(None::<HideableRow>);
    let row_of_sheet = RwSignal::new(None::<HideableRow>);
    let is_on_card = RwSignal::new(false);
    let buttons = NodeRef::<html::Div>::new();
    let named = move |target: CardTarget| changing.with_value(|changing| changing.named(&target.id, target.name));
    // Of the title whose page it is, where no other has the focus.
    let of_page = move || {
        let id = state.route().with_untracked(|route| if let Route::Title { id } = route { Some(id.clone()) } else { None })?;
        changing.with_value(|changing| changing.named(id.as_str(), String::new())).filter(|title| !title.name.is_empty())
    };
    let letter = move |letter: char, target: Option<CardTarget>| {
        let Some(mark) = Mark::of_letter(letter).filter(|_| state.preferences().with_untracked(|set| set.letter_keys)) else {
            return;
        };
        let Some(title) = target.and_then(named).or_else(of_page) else { return };
        match mark.right().filter(|_| lacks(mark)) {
            Some(right) => tell.run(Action::Noted { text: right.lacking_words().to_owned() }),
            None => changing.with_value(|changing| changing.toggle(mark, title)),
        }
    };
    let told = move |event| match event {
        CardEvent::Shown(target) => {
            want_rights.run(());
            row.set(target.row.clone());
            shown.set(named(target));
        }
        // The words stay: a button that has the focus is taken away with them.
        CardEvent::Hidden => {}
        CardEvent::Letter(pressed, target) => letter(pressed, target),
        CardEvent::Held(target) => {
            want_rights.run(());
            row_of_sheet.set(target.row.clone());
            dispatch.run(LibraryAction::SheetWanted(named(target)));
        }
        CardEvent::Focused { is_card } => {
            // A remote control opens the sheet from there.
            if is_card {
                want_rights.run(());
            }
            is_on_card.set(is_card);
        }
    };
    Effect::new(move || {
        if let Some(buttons) = buttons.get() {
            dom::follow_cards(&buttons, told);
            dom::rescue_every_focus();
            dispatch.run(LibraryAction::MarksWanted);
        }
    });
    // What a letter does hangs on what is marked already.
    let is_known = library.select(|library| library.marks.ready().is_some() || library.marks.failed().is_some());
    Effect::new(move || {
        if is_known.get() {
            dom::take_letters().into_iter().for_each(|(pressed, target)| letter(pressed, target));
        }
    });
    follow_history();
    let all = move |_| {
        row_of_sheet.set(row.get_untracked());
        dispatch.run(LibraryAction::SheetWanted(shown.get_untracked()));
    };
    let name = move || shown.with(|title| title.as_ref().map(|title| title.name.clone()));
    // What the plan does not include is not offered.
    let marks = Mark::ALL.map(|mark| {
        let is_lacking = rights.with_value(|rights| rights.select(move |rights| rights.lacks_mark(mark)));
        view! {
            <Show when=move || !is_lacking.get()>
                <MarkButton mark=mark title=shown class=style::mark has_word=false/>
            </Show>
        }
    });
    view! {
        <div class=style::over node_ref=buttons role="group" aria-label=name data-card-actions="">
            {marks.collect_view()}
            <button class=style::mark type="button" aria-label="Lists and more" title="Lists and more" aria-haspopup="dialog" on:click=all>
                {more_glyph()}
            </button>
        </div>
        <Show when=move || is_on_card.get()>
            <p class=style::hint aria-hidden="true">"Hold OK for more"</p>
        </Show>
        <WatchedMarks/>
        <TitleSheet row=row_of_sheet/>
    }
    .into_any()
}

/// What is said to be played to its end is in the history once that has arrived: then it is asked for again.
fn follow_history() {
    let (state, _) = use_store();
    let dispatch = library().dispatcher();
    let begun = Memo::new(move |_| state.mutations().with(|log| log.changes().filter(|change| change.begun().is_some()).count()));
    Effect::new(move |before: Option<usize>| {
        let now = begun.get();
        if before.is_some_and(|before| before > now) {
            dispatch.run(LibraryAction::HistoryChanged);
        }
        now
    });
}
