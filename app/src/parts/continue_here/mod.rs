//! The offer to go on here with what was paused on another device: over whichever page is there, until it is taken or dismissed.

use leptos::prelude::*;

use super::{
    button, dom,
    icon::{Icon, icon},
    time::clock,
    use_store,
};
use crate::{
    route::Route,
    store::{
        StateStoreFields,
        live::{LiveAction, Offer, live},
    },
};

stylance::import_crate_style!(style, "src/parts/continue_here/continue_here.module.scss");

#[component]
pub fn ContinueHere() -> impl IntoView {
    let (state, _) = use_store();
    let told = live().select(|live| live.offer.clone());
    // The home page may offer the very same.
    let is_offered = move |offer: &Offer| {
        state.route().with(|route| *route == Route::Home)
            && state.saved().with(|saved| saved.resume_offer.as_ref() == Some(&offer.id))
    };
    let offer = Memo::new(move |_| told.get().filter(|offer| !is_offered(offer)));
    view! {
        <div role="status" data-notices="" on:focusin=move |event| dom::remember_focus(&event)>
            {move || offer.get().map(shown)}
        </div>
    }
    .into_any()
}

fn shown(Offer { id, name, position }: Offer) -> impl IntoView {
    let dispatch = live().dispatcher();
    let href = Route::watch(id).href();
    // With the offer its buttons go.
    let dismiss = move |_| {
        dispatch.run(LiveAction::OfferDismissed);
        dom::return_focus();
    };
    view! {
        <aside class=style::offer aria-label="Paused on another device">
            <p class=style::words>
                <span class=style::name dir="auto">{name}</span>
                <span class=style::where_it_stands>"Paused on another device at " <time>{clock(position)}</time></span>
            </p>
            <a class=button::PRIMARY href=href data-notice-action="">"Continue here"</a>
            <button class=button::ROUND type="button" aria-label="Not now" on:click=dismiss>
                {icon(Icon::Close)}
            </button>
        </aside>
    }
    .into_any()
}
