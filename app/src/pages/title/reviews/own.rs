//! The viewer's own stars, in one gesture, and their text.

use contract::{Code, Problem, bounds, reviews::PutReview};
use leptos::{ev::SubmitEvent, html, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        dialog::{ConfirmButton, Warning},
        dom,
        select_field::SelectField,
        stars::StarsField,
        text_field::{Purpose, TextField},
        use_store, words,
    },
    store::{
        StateStoreFields, Submission,
        reviews::{Reviews, ReviewsAction, reviews},
    },
};

#[component]
pub fn Own() -> impl IntoView {
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let stars = reviews.select(Reviews::own_stars);
    let is_there = reviews.select(|state| state.own.ready().is_some());
    let is_banned = reviews.select(|state| state.own.ready().is_some_and(|own| own.is_banned));
    let review = reviews.select(|state| state.own_review().cloned());
    let has_text = Memo::new(move |_| review.with(|review| review.as_ref().is_some_and(|review| !review.text.is_empty())));
    let is_hidden = Memo::new(move |_| review.with(|review| review.as_ref().is_some_and(|review| review.is_hidden)));
    let is_editing = RwSignal::new(false);
    let saving = reviews.select(|state| state.saving.clone());
    let whole = NodeRef::<html::Div>::new();
    let close = move || {
        is_editing.set(false);
        if let Some(whole) = whole.get_untracked() {
            dom::rescue_focus(&whole, "button", 0);
        }
    };
    Effect::new(move || {
        if saving.with(|saving| *saving == Submission::Done) {
            close();
        }
    });
    let on_choose = Callback::new(move |half_stars| dispatch.run(ReviewsAction::StarsChosen { half_stars }));
    let edit = move |_| {
        dispatch.run(ReviewsAction::EditorOpened);
        is_editing.set(true);
    };
    let warning = Memo::new(move |_| Warning {
        title: "Delete your review?".to_owned(),
        text: "Your stars and your text go, and cannot be brought back.".to_owned(),
        action: "Delete",
    });
    view! {
        <Show when=move || is_there.get()>
            <div class=style::own node_ref=whole>
                <h3>"Your rating"</h3>
                <Show
                    when=move || !is_banned.get()
                    fallback=|| view! { <p class=style::quiet>"This account may not rate or review. Ask whoever runs this Marquee."</p> }
                >
                    <div class=style::pick data-focus-row="">
                        <StarsField name="own-stars" label="Your rating" value=stars on_choose=on_choose/>
                        <span class=style::quiet aria-live="polite">
                            {move || stars.get().map_or_else(|| "Not rated".to_owned(), words::star_count)}
                        </span>
                    </div>
                </Show>
                <Show when=move || is_hidden.get()>
                    <p class=style::quiet role="note">"An operator has hidden your review: nobody else sees it, and its stars do not count."</p>
                </Show>
                <Show when=move || is_editing.get()>
                    <Editor close=Callback::new(move |()| close())/>
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
                                word="Delete"
                                label="Delete your review"
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
        </Show>
    }
    .into_any()
}

/// The form of a text. What was typed stays where saving fails.
#[component]
fn Editor(close: Callback<()>) -> impl IntoView {
    let (state, _) = use_store();
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let is_sent = RwSignal::new(false);
    let now = reviews.select(|state| (state.own.key().cloned(), state.own_review().cloned(), state.own_stars()));
    let known = now.with_untracked(|(_, review, _)| review.clone());
    let name_now = reviews.select(|state| state.own.ready().and_then(|own| own.name.clone())).get_untracked();
    let spoken = state.watcher().with_untracked(|watcher| watcher.as_ref().and_then(|watcher| watcher.language.clone()));
    let text = RwSignal::new(known.as_ref().map(|review| review.text.clone()).unwrap_or_default());
    let has_spoilers = RwSignal::new(known.as_ref().is_some_and(|review| review.has_spoilers));
    let language = RwSignal::new(match &known {
        Some(review) if !review.text.is_empty() => review.language.clone().unwrap_or_default(),
        Some(_) | None => spoken.unwrap_or_default(),
    });
    // Whoever writes under another name says so; without any there is no review.
    let of_profile = state.watcher().with_untracked(|watcher| watcher.as_ref().map(|watcher| watcher.name.clone()));
    let name = RwSignal::new(name_now.clone().or(of_profile).unwrap_or_default());
    let lacks_stars = Memo::new(move |_| now.with(|(_, _, stars)| stars.is_none()));
    let saving = reviews.select(|state| state.saving.clone());
    let problem: Signal<Option<Problem>> = Memo::new(move |_| saving.with(|saving| saving.failed().cloned())).into();
    let is_busy = move || saving.with(|saving| *saving == Submission::Pending);
    let length = move || text.with(|text| text.chars().count());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (key, _, stars) = now.get_untracked();
        is_sent.set(true);
        let (Some(id), Some(half_stars)) = (key, stars) else { return };
        let typed = name.get_untracked().trim().to_owned();
        let review = PutReview {
            id,
            half_stars,
            text: text.get_untracked().replace("\r\n", "\n"),
            has_spoilers: has_spoilers.get_untracked(),
            language: Some(language.get_untracked()).filter(|language| !language.is_empty()),
        };
        let is_new_name = name_now.as_deref() != Some(typed.as_str());
        dispatch.run(ReviewsAction::ReviewWanted { name: is_new_name.then_some(typed), review });
    };
    view! {
        <form class=style::editor on:submit=submit>
            <p class=style::field>
                <label class=style::label for="review-text">"Your review"</label>
                <textarea
                    class=style::area
                    id="review-text"
                    name="text"
                    dir="auto"
                    rows="8"
                    autofocus=true
                    aria-describedby="review-text-note"
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
                <span class=style::note id="review-text-note" data-wrong=move || (length() > bounds::REVIEW).then_some("")>
                    {move || format!("{} of {} characters", words::count(length() as u64), words::count(bounds::REVIEW as u64))}
                </span>
            </p>
            <label class=style::check>
                <input
                    type="checkbox"
                    prop:checked=move || has_spoilers.get()
                    on:change=move |event| has_spoilers.set(event_target_checked(&event))
                />
                "Contains spoilers"
            </label>
            <SelectField label="Language" name="review-language" options=languages() value=language/>
            <TextField
                label="Shown as"
                name="name"
                purpose=Purpose::ReviewerName
                hint="Everybody here sees this name on your reviews. It can be another than your profile\u{2019}s."
                value=name
                problem=problem
            />
            <p class=style::problem role="alert">
                {move || match problem.get() {
                    _ if is_sent.get() && lacks_stars.get() => Some("Give it stars first, above.".to_owned()),
                    Some(problem) if problem.code != Code::InvalidRequest || problem.fields.iter().all(|field| field.field != "name") => {
                        Some(words::problem(&problem))
                    }
                    Some(_) | None => None,
                }}
            </p>
            <p class=style::ways>
                <button class=button::PRIMARY aria-disabled=move || is_busy().to_string()>"Save"</button>
                <button class=button::QUIET type="button" on:click=move |_| close.run(())>"Cancel"</button>
            </p>
        </form>
    }
    .into_any()
}

fn languages() -> Vec<(String, String)> {
    let mut languages = words::LANGUAGES.map(|(tag, name)| (tag.to_owned(), name.to_owned())).to_vec();
    languages.sort_by(|one, other| one.1.cmp(&other.1));
    languages.insert(0, (String::new(), "Not set".to_owned()));
    languages
}
