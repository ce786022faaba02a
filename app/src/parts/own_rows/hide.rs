//! The X of rows that can be hidden: one button, of which each such row of the page gets a copy. A row has no code and no elements for
//! it, because a first visit has none of it.

use leptos::{html, prelude::*};

use super::{live::Drawn, style};
use crate::{
    parts::{
        dom::{self, HideableRow},
        icon::{Icon, icon},
        use_store,
    },
    store::{Action, StateStoreFields, hidden_rows::HiddenRow, library::change::quoted, recommendations::recommendations},
};

/// Hides a row, with Undo: from its own button and from the sheet of a card in it.
pub fn hide_row(dispatch: Callback<Action>, row: HideableRow) {
    let HideableRow { key, heading } = row;
    let text = format!("{} is hidden. It can be brought back at the bottom of the page.", quoted(&heading));
    dispatch.run(Action::RowHidden { row: HiddenRow { key, heading }, text });
}

/// Brings a row back, and says so: the button that did it goes.
pub fn show_row(dispatch: Callback<Action>, row: HiddenRow) {
    let text = format!("{} is back.", quoted(&row.heading));
    dispatch.run(Action::RowShown { key: row.key, text });
}

#[component]
pub fn HideButtons(drawn: Drawn) -> impl IntoView {
    let (state, dispatch) = use_store();
    let template = NodeRef::<html::Button>::new();
    let own = recommendations().select(|slice| slice.rows.clone());
    Effect::new(move || {
        // Whatever puts a row onto the page.
        state.route().track();
        state.home().track();
        state.continue_watching().track();
        state.preferences().track();
        state.mutations().track();
        own.track();
        drawn.track();
        if let Some(template) = template.get() {
            dom::dress_hideable_rows(&template);
        }
    });
    dom::on_hide_pressed(move |row| hide_row(dispatch, row));
    view! {
        <button class=style::hide type="button" title="Hide this row" hidden node_ref=template>
            {icon(Icon::Close)}
        </button>
    }
    .into_any()
}
