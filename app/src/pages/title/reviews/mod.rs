//! What members think of a title: how it is rated here, the viewer's own stars and text, and the texts of others.
//!
//! Asked for in the browser alone: a page that is rendered is the same for everybody. Nothing of it is there for a profile with an
//! age limit, nor for a guest where reviews are for members. Texts are plain text: nothing in one is markup, and nothing in one
//! reaches beyond it.

mod editor;
mod list;
mod own;
mod review;

use contract::{
    Problem,
    ids::TitleId,
    reviews::{HALF_STARS, ReviewSummary},
};
use leptos::prelude::*;

use crate::{
    parts::{failure::Failure, skeleton::TextSkeleton, stars::stars, use_store, words},
    store::{
        Shown, StateStoreFields,
        reviews::{Drafts, ReviewsAction, reviews},
    },
};
use list::List;
use own::Own;

stylance::import_crate_style!(style, "src/pages/title/reviews/reviews.module.scss");

/// Ratings from which on it is of interest how many gave how many stars: of fewer most bars would be empty.
const SPREAD: u64 = 3;

/// Whose page it is, as far as reviews go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// May read, where the installation says so.
    Guest,
    Member,
    /// Neither reads nor writes.
    AgeLimited,
}

#[component]
pub fn Reviews(id: TitleId) -> impl IntoView {
    let (state, _) = use_store();
    let reviews = reviews();
    let (dispatch, again) = (reviews.dispatcher(), reviews.again());
    let reader = Memo::new(move |_| {
        state.watcher().with(|watcher| match watcher {
            None => Reader::Guest,
            Some(watcher) if watcher.has_age_limit => Reader::AgeLimited,
            Some(_) => Reader::Member,
        })
    });
    Effect::new(move || match reader.get() {
        Reader::AgeLimited => {}
        reader @ (Reader::Guest | Reader::Member) => {
            dispatch.run(ReviewsAction::Wanted { id: id.clone(), is_member: reader == Reader::Member });
        }
    });
    Effect::new(move || {
        let Some(viewer) = state.viewer().get() else { return };
        dispatch.run(ReviewsAction::ViewerKnown(Drafts::in_tab(viewer)));
    });
    let summary = reviews.select(|state| state.summary.shown());
    // What is drawn follows from this alone: a rating that is counted takes no focus and closes no editor.
    let shape = Memo::new(move |_| summary.with(|summary| shape(reader.get(), summary)));
    view! {
        {move || match shape.get() {
            Shape::Nothing => ().into_any(),
            Shape::Waiting => view! {
                <section class=style::reviews aria-labelledby="reviews">
                    <h2 id="reviews">"Reviews"</h2>
                    <TextSkeleton lines=6/>
                </section>
            }
            .into_any(),
            Shape::Failed(problem) => view! {
                <section class=style::reviews aria-labelledby="reviews">
                    <h2 id="reviews">"Reviews"</h2>
                    <Failure problem=problem again=again/>
                </section>
            }
            .into_any(),
            Shape::There { is_member } => view! { <Section is_member=is_member/> }.into_any(),
        }}
    }
}

/// What stands on the page.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Nothing,
    Waiting,
    Failed(Problem),
    There { is_member: bool },
}

/// For a member it is there from the beginning, so that what is below it does not move when it comes.
fn shape(reader: Reader, summary: &Shown<ReviewSummary>) -> Shape {
    match (reader, summary) {
        (Reader::AgeLimited, _) | (Reader::Guest, Shown::Waiting) => Shape::Nothing,
        (Reader::Member, Shown::Waiting) => Shape::Waiting,
        (Reader::Guest | Reader::Member, Shown::Failed(problem)) => Shape::Failed(problem.clone()),
        (Reader::Guest | Reader::Member, Shown::Ready(summary)) if summary.is_closed => Shape::Nothing,
        (reader @ (Reader::Guest | Reader::Member), Shown::Ready(_)) => Shape::There { is_member: reader == Reader::Member },
    }
}

#[component]
fn Section(is_member: bool) -> impl IntoView {
    // It is drawn once, and follows what is counted: a rating moves nothing but its numbers.
    let summary = reviews().select(|state| state.summary.ready().cloned().unwrap_or_default());
    // What the viewer gave is on the screen before it is counted.
    let is_own_due = reviews().select(|state| {
        let stored = state.own_review().map(|own| own.half_stars);
        state.own_stars().is_some_and(|given| stored != Some(given))
    });
    let is_editing = RwSignal::new(false);
    view! {
        <section class=style::reviews aria-labelledby="reviews">
            <h2 id="reviews">"Reviews"</h2>
            <div class=style::top>
                // First what the viewer gives: the figures that follow from it push nothing away from under a finger.
                {is_member.then(|| view! { <Own is_editing=is_editing/> })}
                <div class=style::house>
                    {is_member.then(|| view! { <h3>"All ratings"</h3> })}
                    {move || house(&summary.get(), is_own_due.get())}
                </div>
            </div>
            <List is_writing=is_editing/>
        </section>
    }
    .into_any()
}

/// The mean, how many gave stars, and how many gave how many.
fn house(summary: &ReviewSummary, is_own_due: bool) -> AnyView {
    let Some(mean) = summary.mean else {
        return view! { <p class=style::quiet>{unrated(is_own_due)}</p> }.into_any();
    };
    let most = summary.distribution.iter().copied().max().unwrap_or(0).max(1);
    let of = if summary.count == 1 { "1 rating".to_owned() } else { format!("{} ratings", words::count(summary.count)) };
    let label = format!("Rated {mean:.1} of 5 stars here");
    // The most stars come first, as in any such list.
    let bars = (1..=HALF_STARS).zip(&summary.distribution).rev().map(|(half_stars, count)| {
        #[expect(clippy::cast_precision_loss, reason = "a bar is as long as it looks")]
        let share = format!("--share:{:.1}%", *count as f64 / most as f64 * 100.0);
        view! {
            <div class=style::bar>
                <dt>
                    <span aria-hidden="true">{words::stars(half_stars)}</span>
                    <span class=style::visually_hidden>{words::star_count(half_stars)}</span>
                </dt>
                <dd><span class=style::length style=share></span><span>{words::count(*count)}</span></dd>
            </div>
        }
    });
    view! {
        <p class=style::mean>
            <span class=style::number aria-hidden="true">{format!("{mean:.1}")}</span>
            <span>{stars(mean, label)}<span class=style::count>{of}</span></span>
        </p>
        {(summary.count >= SPREAD).then(|| view! {
            <dl class=style::bars aria-label="How many gave how many stars">{bars.collect_view()}</dl>
        })}
    }
    .into_any()
}

/// In the place of figures, where there are none.
const fn unrated(is_own_due: bool) -> &'static str {
    if is_own_due { "Yours is on its way: nobody else has rated this here yet." } else { "Nobody has rated this here yet." }
}

/// Stars that one person gave, for everybody.
fn given(half_stars: u8) -> AnyView {
    stars(f64::from(half_stars) / 2.0, format!("{} of 5", words::star_count(half_stars))).into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_reads_that_nobody_rated_it_whose_own_stars_wait() {
        assert!(unrated(true).starts_with("Yours is on its way"));
        assert_eq!(unrated(false), "Nobody has rated this here yet.");
    }
}
