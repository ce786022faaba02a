//! What is the viewer's own of the title: its marks, and the way onto a list of theirs.

use leptos::prelude::*;

use super::style;
use crate::{
    parts::{
        button,
        marks::{Mark, MarkButton, more_glyph},
    },
    store::{
        AppStore,
        library::{LibraryAction, change::Named, library},
        rights::use_rights,
    },
};

#[component]
pub fn Own(title: Named) -> impl IntoView {
    let dispatch = library().dispatcher();
    let store = expect_context::<AppStore>();
    // Its keys and its sheet are the same as a card's.
    Effect::new(move || {
        dispatch.run(LibraryAction::MarksWanted);
        crate::pages::chunks::fetch_card_actions(store.clone());
    });
    let about = Signal::stored(Some(title.clone()));
    let rights = use_rights();
    // What the plan does not include is not offered.
    let marks = Mark::ALL.map(|mark| {
        let is_lacking = rights.select(move |rights| rights.lacks_mark(mark));
        view! {
            <Show when=move || !is_lacking.get()>
                <MarkButton mark=mark title=about class=button::QUIET has_word=true/>
            </Show>
        }
    });
    let open = move |_| dispatch.run(LibraryAction::SheetWanted(Some(title.clone())));
    view! {
        <div class=style::own role="group" aria-label="Yours">
            {marks.collect_view()}
            <button class=button::QUIET type="button" aria-haspopup="dialog" on:click=open>
                {more_glyph()}
                "Lists and more\u{2026}"
            </button>
        </div>
    }
    .into_any()
}
