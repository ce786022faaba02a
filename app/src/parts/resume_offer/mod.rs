//! The offer to go on where another device left off.

use contract::ids::TitleId;
use leptos::prelude::*;
use reactive_stores::Store;

use super::{
    button,
    icon::{Icon, icon},
    use_store,
};
use crate::{
    route::Route,
    store::{Action, State, StateStoreFields},
};

stylance::import_crate_style!(style, "src/parts/resume_offer/resume_offer.module.scss");

/// The offer; nothing where no other device left off anywhere, or where what it played is finished or was hardly begun.
#[component]
pub fn ResumeOffer() -> impl IntoView {
    let (state, dispatch) = use_store();
    let offer = Memo::new(move |_| {
        let is_begun =
            |id: &TitleId| state.continue_watching().with(|begun| begun.ready().is_some_and(|begun| begun.contains(id)));
        state.saved().with(|saved| saved.resume_offer.clone()).filter(is_begun)
    });
    view! {
        {move || {
            offer.get().map(|id| {
                let href = Route::watch(id.clone()).href();
                view! {
                    <aside class=style::offer aria-label="Another device">
                        <p>{sentence(state, &id)}</p>
                        <a class=button::PRIMARY href=href>"Resume here"</a>
                        <button
                            class=button::ROUND
                            aria-label="No, stay here"
                            on:click=move |_| dispatch.run(Action::ResumeOfferDismissed)
                        >
                            {icon(Icon::Close)}
                        </button>
                    </aside>
                }
            })
        }}
    }
    .into_any()
}

fn sentence(state: Store<State>, id: &TitleId) -> String {
    let card = state.titles().with_untracked(|titles| titles.get(id).cloned());
    let name = card.map_or_else(|| "a title".to_owned(), |card| format!("\u{201c}{}\u{201d}", card.title));
    format!("On another device you were watching {name}.")
}
