//! The viewer's stars on their way. They are on the screen at once; of a title one request goes at a time, and the last that was
//! chosen is the last that is sent. What does not arrive is kept with the drafts, laid over what the server says, and sent once
//! it answers. Where the viewer said something else since, on another device, the server says so, and that is shown. Pure.

use contract::{
    Code, Problem,
    ids::TitleId,
    reviews::{OwnReview, PutReview},
};

use super::{Chosen, Drafts, Reviews, ReviewsEffect, ReviewsRequest, Way, update};
use crate::{
    parts::words,
    store::{Action, Submission, action::Response, lazy::LazyEffect, resource::may_pass},
};

/// What gives these stars; the text stays as it is stored. An older server needs to be told which that is.
fn rating(id: TitleId, half_stars: u8, own: Option<&OwnReview>) -> PutReview {
    let rating = PutReview { keeps_text: true, ..PutReview::stars(id, half_stars) };
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

/// Not while a text is on its way, which has the stars of before with it.
pub fn send(state: &mut Reviews, id: &TitleId) -> Vec<ReviewsEffect> {
    let is_shown = state.own.key() == Some(id);
    let is_held_up = is_shown && state.saving == Submission::Pending;
    let Some(chosen) = state.drafts.stars_of(id).copied().filter(|chosen| !is_held_up && chosen.sent == 0) else {
        return Vec::new();
    };
    let Chosen { half_stars, at, is_stored, .. } = chosen;
    state.drafts.put_stars(id.clone(), Chosen { sent: half_stars, ..chosen });
    let own = if is_shown { state.own_review() } else { None };
    let (rating, viewer) = (rating(id.clone(), half_stars, own), state.drafts.viewer().cloned());
    vec![LazyEffect::Send(ReviewsRequest::Stars { rating, at, viewer, is_stored })]
}

/// Who watches is known, and what the tabs of this browser keep of theirs.
pub fn known(state: &mut Reviews, in_tab: Drafts) -> Vec<ReviewsEffect> {
    let over = state.drafts.belong_to(in_tab);
    // What the server has by now is on the screen, which this tab was not answered.
    over.into_iter().flat_map(|id| update::rated_elsewhere(state, id)).collect()
}

/// Those that were chosen at this time are not sent from here. They are looked at again after a while: the tab that sends them may be
/// closed before it is answered.
pub fn left_to_others(state: &mut Reviews, id: &TitleId, at: u64, in_tab: Drafts) -> Vec<ReviewsEffect> {
    // Of somebody else who watched here.
    let is_of_viewer = state.drafts.viewer() == in_tab.viewer();
    let Some(chosen) = state.drafts.stars_of(id).copied().filter(|_| is_of_viewer) else { return Vec::new() };
    state.drafts.put_stars(id.clone(), Chosen { sent: 0, ..chosen });
    let mut effects = known(state, in_tab);
    match state.drafts.stars_of(id) {
        Some(chosen) if chosen.at == at => effects.extend(wait(state)),
        Some(_) => effects.extend(send(state, id)),
        None => {}
    }
    effects
}

/// Once for all titles: whatever waits is sent after each, and each that fails would wait again.
fn wait(state: &mut Reviews) -> Option<ReviewsEffect> {
    state.drafts.wait(true).then_some(LazyEffect::Send(ReviewsRequest::Wait))
}

/// Where the viewer saved or deleted their review, older stars that wait, of whichever tab, are over.
pub fn settled(state: &Reviews, id: &TitleId, way: Way) -> Option<ReviewsEffect> {
    let viewer = state.drafts.viewer()?.clone();
    Some(LazyEffect::Send(ReviewsRequest::SettleStars { viewer, id: id.clone(), at: way.begun }))
}

/// The server may answer: whatever waits is sent.
pub fn due(state: &mut Reviews) -> Vec<ReviewsEffect> {
    state.drafts.rated().iter().flat_map(|id| send(state, id)).collect()
}

/// What was chosen while these were on their way goes next, wherever the viewer is by then.
pub fn answered(state: &mut Reviews, id: &TitleId, way: Way, answer: Response<OwnReview>) -> Vec<ReviewsEffect> {
    // Of somebody else who watched here.
    let Some(chosen) = state.drafts.take_stars(id) else { return Vec::new() };
    let is_shown = state.own.key() == Some(id);
    let is_last = chosen.half_stars == chosen.sent;
    let mut effects = Vec::new();
    match answer {
        Ok(review) => {
            let gave_way = gave_way(&review, chosen.sent);
            if is_shown {
                effects.extend(update::own_is(state, Some(review).filter(|review| !review.is_removed)));
            }
            if !is_last {
                state.drafts.put_stars(id.clone(), Chosen { sent: 0, is_late: false, ..chosen });
                state.drafts.date_after(id, way);
            }
            // Of what was chosen meanwhile more will be said once it is answered.
            effects.extend(gave_way.filter(|_| is_last).map(LazyEffect::note));
            effects.extend(chosen.is_late.then(|| update::keep_drafts(state)));
            effects.extend(send(state, id));
            if is_last && is_shown {
                effects.extend(update::anew(state));
            }
        }
        Err(problem) if may_arrive(&problem) => {
            state.drafts.put_stars(id.clone(), Chosen { sent: 0, is_late: true, ..chosen });
            if !is_last {
                // Those of before may have arrived all the same.
                state.drafts.date_after(id, way);
            }
            let wait = wait(state);
            effects.push(update::keep_drafts(state));
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

/// What is said where the answer shows that the viewer said something else since.
fn gave_way(stored: &OwnReview, sent: u8) -> Option<String> {
    if stored.is_removed {
        return Some("You deleted your rating after that: the earlier stars were not saved.".to_owned());
    }
    let since = || format!("You gave {} after that: the earlier stars were not saved.", words::star_count(stored.half_stars));
    (stored.half_stars != sent).then(since)
}

/// Whoever gives too many is told to wait, and what they gave is taken back.
pub fn may_arrive(problem: &Problem) -> bool {
    problem.code != Code::RateLimited && may_pass(problem)
}

/// Stars of this title that wait are wanted no more: all, or those that are the ones that were saved.
pub fn give_up(state: &mut Reviews, id: &TitleId, saved: Option<u8>) -> Option<ReviewsEffect> {
    let is_over = |chosen: &&Chosen| chosen.sent == 0 && saved.is_none_or(|saved| saved == chosen.half_stars);
    state.drafts.stars_of(id).filter(is_over)?;
    state.drafts.take_stars(id)?.is_late.then(|| update::keep_drafts(state))
}
