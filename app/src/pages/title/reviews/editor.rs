//! The form of a text: what was typed stays where saving fails, and is there again for whoever went elsewhere without saving.

use contract::{Code, Problem, bounds, reviews::PutReview};
use leptos::{ev, ev::SubmitEvent, prelude::*};

use super::{kept_draft, style};
use crate::{
    parts::{
        button,
        select_field::SelectField,
        text_field::{Purpose, TextField},
        use_store, words,
    },
    store::{
        StateStoreFields, Submission,
        reviews::{ReviewDraft, ReviewsAction, reviews},
    },
};

#[component]
pub fn Editor(close: Callback<()>) -> impl IntoView {
    let (state, _) = use_store();
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let is_sent = RwSignal::new(false);
    let now = reviews.select(|state| (state.own.key().cloned(), state.own_review().cloned(), state.own_stars()));
    let known = now.with_untracked(|(_, review, _)| review.clone());
    let name_now = reviews.select(|state| state.own.ready().and_then(|own| own.name.clone())).get_untracked();
    let spoken = state.watcher().with_untracked(|watcher| watcher.as_ref().and_then(|watcher| watcher.language.clone()));
    // Whoever writes under another name says so; without any there is no review.
    let of_profile = state.watcher().with_untracked(|watcher| watcher.as_ref().map(|watcher| watcher.name.clone()));
    let stored = ReviewDraft {
        text: known.as_ref().map(|review| review.text.clone()).unwrap_or_default(),
        has_spoilers: known.as_ref().is_some_and(|review| review.has_spoilers),
        language: match &known {
            Some(review) if !review.text.is_empty() => review.language.clone().unwrap_or_default(),
            Some(_) | None => spoken.unwrap_or_default(),
        },
        name: name_now.clone().or(of_profile).unwrap_or_default(),
    };
    let draft = reviews.read(|state| state.draft().cloned());
    let is_again = draft.is_some();
    let first = draft.unwrap_or_else(|| stored.clone());
    let (text, has_spoilers) = (RwSignal::new(first.text), RwSignal::new(first.has_spoilers));
    let (language, name) = (RwSignal::new(first.language), RwSignal::new(first.name));
    let id = reviews.read(|state| state.own.key().cloned());
    let is_given_up = StoredValue::new(false);
    // What is typed and not stored; nothing once the form is gone.
    let begun = move || {
        let (text, language, name) = (text.try_get_untracked()?, language.try_get_untracked()?, name.try_get_untracked()?);
        Some(ReviewDraft { text, has_spoilers: has_spoilers.try_get_untracked()?, language, name })
    };
    let (left, closed, stored) = (id.clone(), id, StoredValue::new(stored));
    let viewer = state.viewer().get_untracked();
    let closing = window_event_listener(ev::pagehide, move |_| {
        let draft = begun().filter(|draft| stored.with_value(|stored| draft != stored));
        if let (Some(viewer), Some(id), Some(draft)) = (viewer.clone(), closed.clone(), draft) {
            kept_draft::keep(viewer, id, draft);
        }
    });
    on_cleanup(move || {
        closing.remove();
        kept_draft::forget();
        let (Some(id), Some(draft), Some(stored)) = (left, begun(), stored.try_get_value()) else { return };
        let is_begun = draft != stored && is_given_up.try_get_value() == Some(false);
        let action = if is_begun { ReviewsAction::DraftLeft { id, draft } } else { ReviewsAction::DraftGivenUp { id } };
        let _ = dispatch.try_run(action);
    });
    let give_up = move |_| {
        is_given_up.set_value(true);
        close.run(());
    };
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
            {is_again.then(|| view! { <p class=style::quiet role="status">"Your draft is here again."</p> })}
            <p class=style::field>
                <label class=style::label for="review-text">"Your review"</label>
                <textarea
                    class=style::area
                    id="review-text"
                    name="text"
                    dir="auto"
                    rows="8"
                    // Whoever comes back to the page is not taken to it.
                    autofocus=!is_again
                    aria-describedby="review-text-note"
                    prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
                <span class=style::note id="review-text-note" data-wrong=move || (length() > bounds::REVIEW).then_some("")>
                    {move || format!("{} of {} characters", words::count(length() as u64), words::count(bounds::REVIEW as u64))}
                </span>
            </p>
            <label class=style::check>
                "Contains spoilers"
                <input
                    class=style::box_
                    type="checkbox"
                    role="switch"
                    prop:checked=move || has_spoilers.get()
                    on:change=move |event| has_spoilers.set(event_target_checked(&event))
                />
                <span class=style::track aria-hidden="true"></span>
            </label>
            <SelectField label="Language" name="review-language" options=languages() value=language/>
            <TextField
                label="Shown as"
                name="name"
                purpose=Purpose::ReviewerName
                hint="Everybody here sees this name on your reviews. It need not be the name of your profile."
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
                <button class=button::QUIET type="button" on:click=give_up>"Cancel"</button>
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
