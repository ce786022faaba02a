//! The viewer's stars for the film that has ended, in one gesture, on the last card. Nothing for guests and for profiles with an age
//! limit.

use leptos::prelude::*;

use super::controller::Controller;
use crate::{
    parts::{stars::StarsField, use_store, words},
    store::{
        StateStoreFields,
        reviews::{Reviews, ReviewsAction, reviews},
    },
};

stylance::import_crate_style!(style, "src/pages/watch/player/rating.module.scss");

/// Whether whoever watches may rate anything.
pub fn may_rate() -> bool {
    let (state, _) = use_store();
    state.watcher().with_untracked(|watcher| watcher.as_ref().is_some_and(|watcher| !watcher.has_age_limit))
}

/// The stars, as soon as it is known which there are.
#[component]
pub fn Rating() -> impl IntoView {
    let controller = expect_context::<Controller>();
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let (id, name) = controller.session.with_value(|session| (session.title.id.clone(), session.title.title.clone()));
    // The card beside it is about the next film.
    let question = StoredValue::new(format!("How was \u{201c}\u{2068}{name}\u{2069}\u{201d}?"));
    Effect::new(move || dispatch.run(ReviewsAction::OwnWanted { id: id.clone() }));
    let stars = reviews.select(Reviews::own_stars);
    let may_choose = reviews.select(|state| state.own.ready().is_some_and(|own| !own.is_banned));
    let on_choose = Callback::new(move |half_stars| dispatch.run(ReviewsAction::StarsChosen { half_stars }));
    view! {
        <Show when=move || may_choose.get()>
            <div class=style::rating>
                <p class=style::quiet aria-live="polite">
                    {move || stars.get().map_or_else(|| question.get_value(), |given| format!("Your rating: {}", words::star_count(given)))}
                </p>
                <StarsField name="last-stars" label="Your rating" value=stars on_choose=on_choose/>
            </div>
        </Show>
    }
    .into_any()
}
