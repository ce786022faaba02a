//! What is the viewer's own of the title: its marks, and the way onto a list of theirs.

use leptos::prelude::*;

use super::style;
use crate::{
    parts::{
        button,
        icon::{Icon, icon},
        marks::{Mark, MarkButton},
    },
    store::{
        AppStore,
        library::{LibraryAction, change::Named, library},
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
    let marks = Mark::ALL.map(|mark| view! { <MarkButton mark=mark title=about class=button::QUIET has_word=true/> });
    let open = move |_| dispatch.run(LibraryAction::SheetWanted(Some(title.clone())));
    view! {
        <div class=style::own role="group" aria-label="Yours">
            {marks.collect_view()}
            <button class=button::QUIET type="button" aria-haspopup="dialog" on:click=open>
                {icon(Icon::MyList)}
                "Lists and more\u{2026}"
            </button>
        </div>
    }
    .into_any()
}
