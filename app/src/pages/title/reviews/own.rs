//! The viewer's own stars, in one gesture, and their text.

use contract::authorization::Right;
use leptos::{html, prelude::*};

use super::{editor::Editor, style};
use crate::{
    parts::{
        button,
        dialog::{ConfirmButton, Warning},
        dom,
        skeleton::TextSkeleton,
        stars::{StarsField, walked_words},
        words,
    },
    store::{
        Submission,
        reviews::{Reviews, ReviewsAction, reviews},
        rights::use_rights,
    },
};

/// What stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Nothing,
    /// It is not known yet: what stands below it does not move when it comes.
    Waiting,
    /// The plan does not include reviews.
    Lacking,
    There,
}

/// The viewer's own of it: where they may have none, that in words.
#[component]
pub fn Own(
    /// Whether a text is being written.
    is_editing: RwSignal<bool>,
) -> impl IntoView {
    let rights = use_rights().select(|rights| (rights.lacks(Right::Review), rights.is_settled()));
    let known = reviews().select(|state| (state.own.ready().is_some(), state.own.failed().is_some()));
    let shape = Memo::new(move |_| match (rights.get(), known.get()) {
        ((true, _), _) => Shape::Lacking,
        ((false, true), (true, _)) => Shape::There,
        ((false, _), (false, true)) => Shape::Nothing,
        ((false, _), (_, _)) => Shape::Waiting,
    });
    view! {
        {move || match shape.get() {
            Shape::Nothing => ().into_any(),
            Shape::Waiting => view! { <div class=style::own><TextSkeleton lines=3/></div> }.into_any(),
            Shape::Lacking => view! { <p class=style::quiet>{Right::Review.lacking_words()}</p> }.into_any(),
            Shape::There => view! { <Writing is_editing=is_editing/> }.into_any(),
        }}
    }
    .into_any()
}

/// Stars and a text.
#[component]
fn Writing(is_editing: RwSignal<bool>) -> impl IntoView {
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let stars = reviews.select(Reviews::own_stars);
    let is_banned = reviews.select(|state| state.own.ready().is_some_and(|own| own.is_banned));
    let review = reviews.select(|state| state.own_review().cloned());
    let has_text = Memo::new(move |_| review.with(|review| review.as_ref().is_some_and(|review| !review.text.is_empty())));
    let is_hidden = Memo::new(move |_| review.with(|review| review.as_ref().is_some_and(|review| review.is_hidden)));
    // Whoever began a text goes on with it.
    is_editing.set(reviews.read(|state| state.draft().is_some()));
    let walked = RwSignal::new(None);
    let saving = reviews.select(|state| state.saving.clone());
    let whole = NodeRef::<html::Div>::new();
    let close = move || {
        is_editing.set(false);
        if let Some(whole) = whole.get_untracked() {
            dom::rescue_focus(&whole, "button", 0);
        }
    };
    Effect::new(move || {
        // A form that is open closes itself.
        if saving.with(|saving| *saving == Submission::Done) && !is_editing.get_untracked() {
            close();
        }
    });
    let on_choose = Callback::new(move |half_stars| dispatch.run(ReviewsAction::StarsChosen { half_stars, now: dom::now() }));
    let edit = move |_| {
        dispatch.run(ReviewsAction::EditorOpened);
        is_editing.set(true);
    };
    let deletion = Memo::new(move |_| format!("Delete your {}", if has_text.get() { "review" } else { "rating" }));
    let warning = Memo::new(move |_| Warning {
        title: format!("{}?", deletion.get()),
        text: format!(
            "Your rating{} will be deleted. This cannot be undone.",
            if has_text.get() { " and your text" } else { "" }
        ),
        action: "Delete",
    });
    view! {
        <div class=style::own node_ref=whole>
            <h3>"Your rating"</h3>
            <Show
                when=move || !is_banned.get()
                fallback=|| view! { <p class=style::quiet>"This account may not rate or review. Ask whoever runs this Marquee."</p> }
            >
                <div class=style::pick data-focus-row="">
                    <StarsField name="own-stars" label="Your rating" value=stars walked=walked on_choose=on_choose/>
                    <span class=style::quiet aria-live="polite">
                        {move || walked_words(walked.get(), stars.get()).unwrap_or_else(|| given_words(stars.get()))}
                    </span>
                </div>
            </Show>
            <Show when=move || is_hidden.get()>
                <p class=style::quiet role="note">"An operator has hidden your review: nobody else sees it, and its stars do not count."</p>
            </Show>
            <Show when=move || is_editing.get()>
                <Editor whole=whole close=Callback::new(move |()| close())/>
            </Show>
            <Show when=move || !is_editing.get()>
                <p class=style::ways data-focus-row="">
                    <Show when=move || !is_banned.get()>
                        <button class=button::QUIET type="button" on:click=edit>
                            {move || if has_text.get() { "Edit your review" } else { "Write a review" }}
                        </button>
                    </Show>
                    <Show when=move || review.with(Option::is_some)>
                        <ConfirmButton
                            id="delete-review"
                            word=deletion
                            warning=warning
                            on_confirm=Callback::new(move |()| dispatch.run(ReviewsAction::RemovalWanted))
                        />
                    </Show>
                </p>
                <p class=style::problem role="alert">
                    {move || saving.with(|saving| saving.failed().map(words::problem))}
                </p>
            </Show>
        </div>
    }
    .into_any()
}

fn given_words(stars: Option<u8>) -> String {
    stars.map_or_else(|| "Not rated".to_owned(), words::star_count)
}
