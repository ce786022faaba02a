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

/// The offer; nothing where no other device left off anywhere.
#[component]
pub fn ResumeOffer() -> impl IntoView {
    let (state, dispatch) = use_store();
    let offer = Memo::new(move |_| state.saved().with(|saved| saved.resume_offer.clone()));
    view! {
        {move || {
            offer.get().map(|route| {
                let href = route.href();
                view! {
                    <aside class=style::offer aria-label="Another device">
                        <p>{sentence(state, &route)}</p>
                        <a class=button::PRIMARY href=href>"Go on there"</a>
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

fn sentence(state: Store<State>, route: &Route) -> String {
    let name = |id: &TitleId| {
        let card = state.titles().with_untracked(|titles| titles.get(id).cloned());
        card.map_or_else(|| "a title".to_owned(), |card| format!("\u{201c}{}\u{201d}", card.title))
    };
    match route {
        Route::Watch { id, .. } => format!("On another device you were watching {}.", name(id)),
        Route::Title { id } => format!("On another device you were looking at {}.", name(id)),
        Route::Search { q } => format!("On another device you were searching for \u{201c}{q}\u{201d}."),
        Route::Browse { .. } => "On another device you were browsing.".to_owned(),
        Route::Settings | Route::Account | Route::Profiles { .. } | Route::Operator(_) => {
            "On another device you were in the settings.".to_owned()
        }
        Route::Home | Route::SignIn { .. } | Route::NotFound => "You were here on another device.".to_owned(),
    }
}
