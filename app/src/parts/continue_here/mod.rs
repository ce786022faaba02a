//! The one offer to go on here with what was paused on another device: over whichever page is there where this page was told so, and
//! on the home page where another device left off before this one was opened; until it is taken or dismissed.

use leptos::prelude::*;
use reactive_stores::Store;

use super::{
    button, dom,
    icon::{Icon, icon},
    time::clock,
    use_store,
};
use crate::{
    route::Route,
    store::{
        Action, State, StateStoreFields,
        live::{LiveAction, Offer, live},
    },
};

stylance::import_crate_style!(style, "src/parts/continue_here/continue_here.module.scss");

#[component]
pub fn ContinueHere() -> impl IntoView {
    let (state, _) = use_store();
    let told = live().select(|live| live.offer.clone());
    let offer = Memo::new(move |_| told.get().or_else(|| left_off(state)));
    view! {
        <div role="status" data-notices="" on:focusin=move |event| dom::remember_focus(&event)>
            {move || offer.get().map(shown)}
        </div>
    }
    .into_any()
}

/// Where another device left off; nothing where what it played is finished or was hardly begun.
fn left_off(state: Store<State>) -> Option<Offer> {
    let id = state.saved().with(|saved| saved.resume_offer.clone())?;
    let is_home = state.route().with(|route| *route == Route::Home);
    let is_begun = state.continue_watching().with(|begun| begun.ready().is_some_and(|begun| begun.contains(&id)));
    let name = state.titles().with(|titles| titles.get(&id).map(|card| card.title.clone()))?;
    let position = state.mine().with(|mine| mine.progress(&id).map(|progress| progress.position))?;
    (is_home && is_begun).then_some(Offer { id, name, position })
}

fn shown(Offer { id, name, position }: Offer) -> impl IntoView {
    let (_, dispatch) = use_store();
    let tell = live().dispatcher();
    let href = Route::watch(id).href();
    // It goes at once, also where the player's code is still on its way.
    let end = move || {
        tell.run(LiveAction::OfferDismissed);
        dispatch.run(Action::ResumeOfferDismissed);
    };
    // With the offer its buttons go.
    let dismiss = move |_| {
        end();
        dom::return_focus();
    };
    view! {
        <aside class=style::offer aria-label="Paused on another device">
            <p class=style::words>
                <span class=style::name dir="auto">{name}</span>
                <span class=style::where_it_stands>"Paused on another device at " <time>{clock(position)}</time></span>
            </p>
            <a class=button::PRIMARY href=href data-notice-action="" on:click=move |_| end()>"Continue here"</a>
            <button class=button::ROUND type="button" aria-label="Not now" on:click=dismiss>
                {icon(Icon::Close)}
            </button>
        </aside>
    }
    .into_any()
}
