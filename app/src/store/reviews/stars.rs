//! The viewer's stars on their way. They are on the screen at once; of a title one request goes at a time, and the last that was chosen
//! is the last that is sent. What does not arrive is kept with the drafts, laid over what the server says, and sent once it answers. Pure.

use contract::{
    Code, Problem,
    ids::TitleId,
    reviews::{OwnReview, PutReview},
};

use super::{Chosen, Reviews, ReviewsEffect, ReviewsRequest, update};
use crate::{
    parts::words,
    store::{Action, Submission, action::Response, lazy::LazyEffect, resource::may_pass},
};

/// What gives these stars; the text stays as it is.
pub fn rating(id: TitleId, half_stars: u8, own: Option<&OwnReview>) -> PutReview {
    let rating = PutReview { id, half_stars, text: String::new(), has_spoilers: false, language: None };
    match own {
        Some(own) => {
            PutReview { text: own.text.clone(), has_spoilers: own.has_spoilers, language: own.language.clone(), ..rating }
        }
        None => rating,
    }
}

/// The viewer chose stars, at this time.
pub fn chosen(state: &mut Reviews, half_stars: u8, now: u64) -> Vec<ReviewsEffect> {
    let Some(id) = state.own.key().cloned().filter(|_| state.own.ready().is_some()) else { return Vec::new() };
    state.drafts.rate(&id, half_stars, now);
    send(state, &id)
}

/// Stars go with the text as it is known: not while another text is on its way, which they would take back.
pub fn send(state: &mut Reviews, id: &TitleId) -> Vec<ReviewsEffect> {
    let is_shown = state.own.key() == Some(id);
    let is_held_up = is_shown && state.saving == Submission::Pending;
    let Some(chosen) = state.drafts.stars_of(id).copied().filter(|chosen| !is_held_up && chosen.sent == 0) else {
        return Vec::new();
    };
    let Chosen { half_stars, at, is_late, .. } = chosen;
    state.drafts.put_stars(id.clone(), Chosen { sent: half_stars, ..chosen });
    let is_known = is_shown && !is_late && state.own.ready().is_some();
    vec![LazyEffect::Send(if is_known {
        ReviewsRequest::Stars(rating(id.clone(), half_stars, state.own_review()))
    } else {
        ReviewsRequest::LateStars { id: id.clone(), half_stars, at }
    })]
}

/// The server may answer: whatever waits is sent.
pub fn due(state: &mut Reviews) -> Vec<ReviewsEffect> {
    state.drafts.rated().iter().flat_map(|id| send(state, id)).collect()
}

/// What was chosen while these were on their way goes next, wherever the viewer is by then.
pub fn answered(state: &mut Reviews, id: &TitleId, answer: Response<OwnReview>) -> Vec<ReviewsEffect> {
    // Of somebody else who watched here.
    let Some(chosen) = state.drafts.take_stars(id) else { return Vec::new() };
    let is_shown = state.own.key() == Some(id);
    let mut effects = Vec::new();
    match answer {
        Ok(review) => {
            if is_shown {
                update::own_is(state, Some(review), None);
            }
            let is_last = chosen.half_stars == chosen.sent;
            if !is_last {
                state.drafts.put_stars(id.clone(), Chosen { sent: 0, is_late: false, ..chosen });
            }
            effects.extend(chosen.is_late.then(|| update::keep_drafts(state)));
            effects.extend(send(state, id));
            if is_last && is_shown {
                effects.extend(update::anew(state));
            }
        }
        Err(problem) if may_arrive(&problem) => {
            state.drafts.put_stars(id.clone(), Chosen { sent: 0, is_late: true, ..chosen });
            let wait = state.drafts.wait(true).then_some(LazyEffect::Send(ReviewsRequest::Wait));
            effects.push(update::keep_drafts(state));
            // Once for all titles: whatever waits is sent after each, and each that fails would wait again.
            effects.extend(wait);
            // Said once of each.
            effects.extend((!chosen.is_late).then(|| LazyEffect::tell(Action::ChangedLater)));
        }
        Err(problem) => {
            effects.extend(chosen.is_late.then(|| update::keep_drafts(state)));
            effects.push(LazyEffect::note(words::problem(&problem)));
        }
    }
    effects
}

/// Whoever gives too many is told to wait, and what they gave is taken back.
fn may_arrive(problem: &Problem) -> bool {
    problem.code != Code::RateLimited && may_pass(problem)
}

/// Stars of this title that wait are wanted no more: all, or those that are the ones that were saved.
pub fn give_up(state: &mut Reviews, id: &TitleId, saved: Option<u8>) -> Option<ReviewsEffect> {
    let is_over = |chosen: &&Chosen| chosen.sent == 0 && saved.is_none_or(|saved| saved == chosen.half_stars);
    state.drafts.stars_of(id).filter(is_over)?;
    state.drafts.take_stars(id)?.is_late.then(|| update::keep_drafts(state))
}
