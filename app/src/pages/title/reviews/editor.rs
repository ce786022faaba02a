//! The form of a text: what was typed stays where saving fails or where it went on meanwhile, and is there again for whoever went
//! elsewhere without saving. It is thrown away by a second word alone.

use contract::{Code, Problem, bounds};
use leptos::{ev, ev::SubmitEvent, html, prelude::*};

use super::style;
use crate::{
    parts::{
        button,
        dialog::{AlertDialog, Warning},
        dom,
        select_field::SelectField,
        text_field::{Purpose, TextField},
        use_store, words,
    },
    store::{
        StateStoreFields, Submission,
        reviews::{ReviewDraft, ReviewsAction, reviews},
    },
};

/// What is said of a text that did not arrive: also once there is a connection, it is as true.
const NOT_SENT: &str = "Your text is not saved yet: it stays here. Press Save again once there is a connection.";

#[component]
pub fn Editor(
    /// What the stars stand in as well.
    whole: NodeRef<html::Div>,
    close: Callback<()>,
) -> impl IntoView {
    let (state, _) = use_store();
    let reviews = reviews();
    let dispatch = reviews.dispatcher();
    let is_sent = RwSignal::new(false);
    let known = reviews.read(|state| state.own_review().cloned());
    let name_now = reviews.read(|state| state.own.ready().and_then(|own| own.name.clone()));
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
        name: name_now.or(of_profile).unwrap_or_default(),
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
    let stored = StoredValue::new(stored);
    let leave = move || {
        let (Some(id), Some(draft), Some(stored)) = (id.clone(), begun(), stored.try_get_value()) else { return };
        let is_begun = draft != stored && is_given_up.try_get_value() == Some(false);
        let action = if is_begun { ReviewsAction::DraftLeft { id, draft } } else { ReviewsAction::DraftGivenUp { id } };
        let _ = dispatch.try_run(action);
    };
    let (goes, of_document) = (leave.clone(), reviews.clone());
    let closing = window_event_listener(ev::pagehide, move |_| {
        goes();
        // At once: nothing that is put off is done any more.
        of_document.read(|state| state.drafts.keep_in_tab());
    });
    on_cleanup(move || {
        closing.remove();
        leave();
    });
    let give_up = move || {
        is_given_up.set_value(true);
        close.run(());
    };
    let warning = RwSignal::new(None::<Warning>);
    let cancel = move |_| {
        if begun().is_some_and(|draft| stored.with_value(|stored| draft != *stored)) {
            warning.set(Some(Warning {
                title: "Discard what you wrote?".to_owned(),
                text: "What you typed and did not save will be lost. This cannot be undone.".to_owned(),
                action: "Discard",
            }));
        } else {
            give_up();
        }
    };
    let lacks_stars = reviews.select(|state| state.own_stars().is_none());
    let saving = reviews.select(|state| state.saving.clone());
    let sent = StoredValue::new(None::<ReviewDraft>);
    let has_more = RwSignal::new(false);
    // A form that says what is stored by now has done its work; one in which the viewer typed on stays.
    let (saved, own) = (saving, reviews.clone());
    Effect::new(move || {
        if saved.with(|saving| *saving != Submission::Done) {
            return;
        }
        let (Some(draft), sent) = (begun(), sent.get_value()) else { return };
        let is_stored = own.read(|state| state.own.ready().is_some_and(|own| draft.is_stored(own)));
        let is_sent = sent.as_ref() == Some(&draft);
        if let Some(sent) = sent {
            stored.set_value(sent);
            has_more.set(!is_sent);
        }
        if is_stored || is_sent {
            close.run(());
        }
    });
    let problem: Signal<Option<Problem>> = Memo::new(move |_| saving.with(|saving| saving.failed().cloned())).into();
    let is_busy = move || saving.with(|saving| *saving == Submission::Pending);
    let length = move || text.with(|text| text.chars().count());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        is_sent.set(true);
        // Said where the button is, and led to where they are given.
        if lacks_stars.get_untracked() {
            return go_to_stars(whole);
        }
        let is_busy = saving.with_untracked(|saving| *saving == Submission::Pending);
        let Some(draft) = begun().filter(|_| !is_busy) else { return };
        sent.set_value(Some(draft.clone()));
        has_more.set(false);
        dispatch.run(ReviewsAction::ReviewWanted(draft));
    };
    view! {
        <form class=style::editor on:submit=submit>
            {is_again.then(|| view! { <p class=style::quiet role="status">"We kept your draft."</p> })}
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
                    // Stars are sent by themselves, and a text is not.
                    Some(problem) if problem.code == Code::Unreachable => Some(NOT_SENT.to_owned()),
                    Some(problem) if problem.code != Code::InvalidRequest || problem.fields.iter().all(|field| field.field != "name") => {
                        Some(words::problem(&problem))
                    }
                    Some(_) | None => None,
                }}
            </p>
            <p class=style::ways>
                <button class=button::PRIMARY aria-disabled=move || is_busy().to_string()>"Save"</button>
                <button class=button::QUIET type="button" on:click=cancel>"Cancel"</button>
                <span class=style::quiet role="status">
                    {move || has_more.get().then_some("What you typed since is not saved yet.")}
                </span>
            </p>
        </form>
        <AlertDialog id="discard-review".to_owned() warning=warning keep="Keep writing" on_confirm=Callback::new(move |()| give_up())/>
    }
    .into_any()
}

/// To the stars, of which there are none yet.
fn go_to_stars(whole: NodeRef<html::Div>) {
    if let Some(first) = whole.get_untracked().and_then(|whole| whole.query_selector("input[type='radio']").ok().flatten()) {
        dom::focus_into_view(&first);
    }
}

fn languages() -> Vec<(String, String)> {
    let mut languages = words::LANGUAGES.map(|(tag, name)| (tag.to_owned(), name.to_owned())).to_vec();
    languages.sort_by(|one, other| one.1.cmp(&other.1));
    languages.insert(0, (String::new(), "Not set".to_owned()));
    languages
}
