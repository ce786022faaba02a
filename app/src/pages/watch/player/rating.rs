//! The viewer's stars for the film that has ended, in one gesture, on the last card. Nothing for guests and for profiles with an age
//! limit.

use contract::authorization::Right;
use leptos::prelude::*;

use super::controller::Controller;
use crate::{
    parts::{
        dom,
        stars::{StarsField, walked_words},
        use_store, words,
    },
    store::{
        StateStoreFields,
        reviews::{Reviews, ReviewsAction, reviews},
        rights::use_rights,
    },
};

stylance::import_crate_style!(style, "src/pages/watch/player/rating.module.scss");

/// Whether whoever watches may rate anything.
pub fn may_rate() -> bool {
    let (state, _) = use_store();
    state.watcher().with_untracked(|watcher| watcher.as_ref().is_some_and(|watcher| !watcher.has_age_limit))
}

/// The stars, as soon as it is known which there are. `on_begun` runs once the viewer turns to them.
#[component]
pub fn Rating(#[prop(optional)] on_begun: Option<Callback<()>>) -> impl IntoView {
    let controller = expect_context::<Controller>();
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let (id, name) = controller.session.with_value(|session| (session.title.id.clone(), session.title.title.clone()));
    // The card beside it is about the next film.
    let question = StoredValue::new(format!("How was \u{201c}\u{2068}{name}\u{2069}\u{201d}?"));
    Effect::new(move || dispatch.run(ReviewsAction::OwnWanted { id: id.clone() }));
    let stars = reviews.select(Reviews::own_stars);
    let is_allowed = reviews.select(|state| state.own.ready().is_some_and(|own| !own.is_banned));
    let rights = use_rights().select(|rights| rights.is_settled() && !rights.lacks(Right::Review));
    let begin = move || {
        if let Some(on_begun) = on_begun {
            on_begun.run(());
        }
    };
    let on_choose = Callback::new(move |half_stars| {
        begin();
        dispatch.run(ReviewsAction::StarsChosen { half_stars, now: dom::now() });
    });
    let walked = RwSignal::new(None);
    let given = move || stars.get().map(|given| format!("Your rating: {}", words::star_count(given)));
    let said = move || walked_words(walked.get(), stars.get()).or_else(given).unwrap_or_else(|| question.get_value());
    view! {
        <Show when=move || is_allowed.get() && rights.get()>
            <div class=style::rating data-focus-row="" on:focusin=move |_| begin()>
                <p class=style::quiet aria-live="polite">
                    {said}
                </p>
                <StarsField name="last-stars" label="Your rating" value=stars walked=walked on_choose=on_choose/>
            </div>
        </Show>
    }
    .into_any()
}
