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
    store::{Action, StateStoreFields, hidden_rows::HiddenRow, recommendations::recommendations},
};

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
    dom::on_hide_pressed(move |row: HideableRow| {
        let HideableRow { key, heading } = row;
        let text =
            format!("\u{201c}\u{2068}{heading}\u{2069}\u{201d} is hidden. It can be brought back at the foot of the page.");
        let mut next = state.preferences().get_untracked();
        next.hidden_rows.hide(HiddenRow { key, heading });
        dispatch.run(Action::PreferencesChanged(next));
        dispatch.run(Action::Noted { text });
    });
    view! {
        <button class=style::hide type="button" title="Hide this row" hidden node_ref=template>
            {icon(Icon::Close)}
        </button>
    }
    .into_any()
}
