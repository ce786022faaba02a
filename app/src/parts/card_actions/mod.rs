//! What can be done with any title on the screen: buttons over the card that is meant, keys, and a sheet with all of it.
//!
//! A chunk of its own (`pages/chunks.rs`), which is fetched once a first visit is over and laid over every page. Cards have no code
//! and no elements for it: `parts/dom/card_events.rs` tells what is done with them.

mod not_for_me;
mod sheet;

use leptos::{html, prelude::*};

use super::{
    dom::{self, CardEvent, CardTarget},
    icon::drawn,
    marks::{Mark, MarkButton, use_changing},
    use_store,
};
use crate::{
    route::Route,
    store::{
        StateStoreFields,
        library::{LibraryAction, change::Named, library},
    },
};
use sheet::TitleSheet;

stylance::import_crate_style!(style, "src/parts/card_actions/card_actions.module.scss");

/// Three lines and a plus.
const ADD_TO_LIST: &str = "M4 6.5h12M4 12h8M4 17.5h6M17 12.5v8M13 16.5h8";

#[component]
pub fn CardActions() -> impl IntoView {
    let (state, _) = use_store();
    let library = library();
    let dispatch = library.dispatcher();
    let changing = StoredValue::new(use_changing());
    let shown = RwSignal::new(None::<Named>);
    let buttons = NodeRef::<html::Div>::new();
    let named = move |target: CardTarget| changing.with_value(|changing| changing.named(&target.id, target.text));
    // Of the title whose page it is, where no other has the focus.
    let of_page = move || {
        let id = state.route().with_untracked(|route| if let Route::Title { id } = route { Some(id.clone()) } else { None })?;
        changing.with_value(|changing| changing.named(id.as_str(), String::new())).filter(|title| !title.name.is_empty())
    };
    let told = move |event| match event {
        CardEvent::Shown(target) => shown.set(named(target)),
        // The words stay: a button that has the focus is taken away with them.
        CardEvent::Hidden => {}
        CardEvent::Letter(letter, target) => {
            let Some(mark) = Mark::of_letter(letter).filter(|_| state.preferences().with_untracked(|set| set.letter_keys)) else {
                return;
            };
            if let Some(title) = target.and_then(named).or_else(of_page) {
                changing.with_value(|changing| changing.toggle(mark, title));
            }
        }
        CardEvent::Held(target) => dispatch.run(LibraryAction::SheetWanted(named(target))),
    };
    Effect::new(move || {
        if let Some(buttons) = buttons.get() {
            dom::follow_cards(&buttons, told);
            dispatch.run(LibraryAction::MarksWanted);
        }
    });
    follow_history();
    let all = move |_| dispatch.run(LibraryAction::SheetWanted(shown.get_untracked()));
    let name = move || shown.with(|title| title.as_ref().map(|title| title.name.clone()));
    let marks = Mark::ALL.map(|mark| view! { <MarkButton mark=mark title=shown class=style::mark has_word=false/> });
    view! {
        <div class=style::over node_ref=buttons role="group" aria-label=name data-card-actions="">
            {marks.collect_view()}
            <button class=style::mark type="button" aria-label="Add to a list" title="Add to a list" aria-haspopup="dialog" on:click=all>
                {drawn(ADD_TO_LIST, false)}
            </button>
        </div>
        <TitleSheet/>
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
