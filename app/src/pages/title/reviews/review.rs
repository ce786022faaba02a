//! One review: covered where it tells how the film goes, but for whoever wrote it, folded where it is long, with what others may say
//! of it.

use contract::{
    authorization::Right,
    ids::ReviewId,
    reviews::{ReportReason, Review},
};
use leptos::prelude::*;

use super::{given, style};
use crate::{
    parts::{button, dialog::Modal, dom::date_and_time, use_store, words},
    store::{
        StateStoreFields,
        reviews::{ReviewsAction, reviews},
        rights::use_rights,
    },
};

/// Characters and lines that are shown before a text is folded.
const CHARACTERS: usize = 600;
const LINES: usize = 10;

const REASONS: [(ReportReason, &str); 5] = [
    (ReportReason::Spoilers, "Unmarked spoilers"),
    (ReportReason::Abuse, "Attacks somebody"),
    (ReportReason::Spam, "Spam or advertising"),
    (ReportReason::OffTopic, "Not about this film"),
    (ReportReason::Other, "Another reason"),
];

#[component]
pub fn Item(id: ReviewId) -> impl IntoView {
    let reviews = reviews();
    let first = id.clone();
    let review = reviews.select(move |state| {
        let list = state.list.latest();
        list.and_then(|list| list.items.iter().find(|review| review.id == id).cloned())
    });
    // Drawn once: a vote moves neither the focus nor the page.
    let body = Memo::new(move |_| review.with(|review| review.as_ref().map(drawn)));
    let votes = Memo::new(move |_| review.with(|review| review.as_ref().map(|review| (review.helpful, review.is_voted))));
    let is_reported = Memo::new(move |_| review.with(|review| review.as_ref().is_some_and(|review| review.is_reported)));
    let is_own = review.with_untracked(|review| review.as_ref().is_none_or(|review| review.is_own));
    view! {
        <article class=style::review>
            {move || body.get().map(|drawn| view! { <Body drawn=drawn/> })}
            <Foot id=first votes=votes is_reported=is_reported is_own=is_own/>
        </article>
    }
    .into_any()
}

/// What of a review is text.
#[derive(Clone, Debug, PartialEq)]
struct Drawn {
    reviewer: String,
    half_stars: u8,
    text: String,
    has_spoilers: bool,
    language: Option<String>,
    written: u64,
    is_edited: bool,
    is_own: bool,
}

fn drawn(review: &Review) -> Drawn {
    Drawn {
        reviewer: review.reviewer.clone(),
        half_stars: review.half_stars,
        text: review.text.clone(),
        has_spoilers: review.has_spoilers,
        language: review.language.clone(),
        written: review.edited.unwrap_or(review.created),
        is_edited: review.edited.is_some(),
        is_own: review.is_own,
    }
}

#[component]
fn Body(drawn: Drawn) -> impl IntoView {
    let Drawn { reviewer, half_stars, text, has_spoilers, language, written, is_edited, is_own } = drawn;
    let reviewer = if reviewer.trim().is_empty() { "A member".to_owned() } else { reviewer };
    let when = date_and_time(written).map(|date| if is_edited { format!("{date}, edited") } else { date });
    let language_name = language.as_deref().and_then(words::language);
    // Whoever wrote it knows what it tells, and sees that it is covered for others.
    let is_open = RwSignal::new(!has_spoilers || is_own);
    let is_long = text.chars().count() > CHARACTERS || text.lines().count() > LINES;
    let is_folded = RwSignal::new(is_long);
    let text = StoredValue::new(text);
    let language = StoredValue::new(language);
    view! {
        <header class=style::by>
            {given(half_stars)}
            <bdi class=style::name>{reviewer}</bdi>
            {is_own.then(|| view! { <span class=style::mark>"You"</span> })}
            {(is_own && has_spoilers).then(|| view! { <span class=style::mark>"Contains spoilers"</span> })}
            <span class=style::quiet>{when}</span>
            {language_name.map(|name| view! { <span class=style::quiet>{name}</span> })}
        </header>
        <Show
            when=move || is_open.get()
            fallback=move || view! {
                // As wide as the line: the way down stops here, wherever it comes from.
                <p class=style::covered data-focus-row="">
                    "This review contains spoilers. "
                    <button class=style::plain type="button" on:click=move |_| is_open.set(true)>"Show it"</button>
                </p>
            }
        >
            <p class=style::text dir="auto" lang=language.get_value() data-folded=move || is_folded.get().then_some("")>{text.get_value()}</p>
            <Show when=move || is_long>
                <button
                    class=style::plain
                    type="button"
                    aria-expanded=move || (!is_folded.get()).to_string()
                    on:click=move |_| is_folded.update(|is_folded| *is_folded = !*is_folded)
                >
                    {move || if is_folded.get() { "Read all of it" } else { "Fold it" }}
                </button>
            </Show>
        </Show>
    }
    .into_any()
}

/// Votes and the report, for whoever may.
#[component]
fn Foot(id: ReviewId, votes: Memo<Option<(u64, bool)>>, is_reported: Memo<bool>, is_own: bool) -> impl IntoView {
    let (state, _) = use_store();
    let dispatch = reviews().dispatcher();
    let is_others = state.watcher().with_untracked(Option::is_some) && !is_own;
    let lacks_right = use_rights().select(|rights| rights.lacks(Right::Review));
    let helpful = move || match votes.get().map_or(0, |(helpful, _)| helpful) {
        0 => None,
        1 => Some("1 found this helpful".to_owned()),
        many => Some(format!("{} found this helpful", words::count(many))),
    };
    let is_voted = move || votes.get().is_some_and(|(_, is_voted)| is_voted);
    let is_asked = RwSignal::new(false);
    let heading = StoredValue::new(format!("report-{id}"));
    let id = StoredValue::new(id);
    let vote = move |_| dispatch.run(ReviewsAction::VoteWanted { review: id.get_value(), is_helpful: !is_voted() });
    view! {
        <footer class=style::foot>
            <Show when=move || is_others && !lacks_right.get()>
                <button class=style::plain type="button" aria-pressed=move || is_voted().to_string() on:click=vote>"Helpful"</button>
                <button
                    class=style::plain
                    type="button"
                    aria-haspopup="dialog"
                    aria-disabled=move || is_reported.get().to_string()
                    on:click=move |_| if !is_reported.get_untracked() { is_asked.set(true) }
                >
                    {move || if is_reported.get() { "Reported" } else { "Report" }}
                </button>
                <Modal is_open=is_asked on_close=Callback::new(move |()| is_asked.set(false)) labelled_by=heading.get_value()>
                    <div class=style::dialog>
                        <h2 id=heading.get_value()>"What is wrong with this review?"</h2>
                        {REASONS.map(|(reason, name)| view! {
                            <button
                                class=button::QUIET
                                type="button"
                                on:click=move |_| {
                                    is_asked.set(false);
                                    dispatch.run(ReviewsAction::ReportWanted { review: id.get_value(), reason });
                                }
                            >
                                {name}
                            </button>
                        }).collect_view()}
                        <button class=style::plain type="button" autofocus=true on:click=move |_| is_asked.set(false)>"Cancel"</button>
                    </div>
                </Modal>
            </Show>
            {move || helpful().map(|helpful| view! { <span class=style::quiet>{helpful}</span> })}
        </footer>
    }
    .into_any()
}
