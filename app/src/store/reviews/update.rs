//! What happens to the slice of reviews. Pure.

use contract::{
    ids::{ReviewId, TitleId},
    reviews::{GetMyReview, GetReviewSummary, ListReviews, OwnReview, RemoveReview, ReportReview, Review, ReviewPage},
};

use super::{ReviewDraft, ReviewList, Reviews, ReviewsAction, ReviewsEffect, ReviewsRequest, stars};
use crate::{
    parts::words,
    route::Route,
    store::{Submission, action::Response, lazy::LazyEffect},
};

pub fn update(state: &mut Reviews, action: ReviewsAction) -> Vec<ReviewsEffect> {
    use ReviewsAction as Action;
    match action {
        Action::Opened(route) => opened(state, &route),
        Action::RetryWanted => retry(state),
        Action::Wanted { id, is_member } => wanted(state, id, is_member),
        Action::RatedElsewhere { id } => rated_elsewhere(state, id),
        Action::ViewerKnown(in_tab) => {
            let mut effects = stars::known(state, in_tab);
            forget_stored_draft(state);
            effects.extend(stars::due(state));
            effects
        }
        Action::OwnWanted { id } => {
            forget_others(state, &id);
            own_wanted(state, id)
        }
        Action::SummaryAnswered { id, answer } => {
            let is_open = answer.as_ref().is_ok_and(|summary| !summary.is_closed);
            if state.summary.answer(&id, answer) && is_open { list(state, id) } else { Vec::new() }
        }
        Action::OwnAnswered { id, answer } => {
            let is_there = answer.is_ok();
            state.own.answer(&id, answer);
            forget_stored_draft(state);
            if is_there { stars::due(state) } else { Vec::new() }
        }
        Action::SortWanted(sort) => {
            state.sort = sort;
            state.summary.key().cloned().map_or_else(Vec::new, |id| list(state, id))
        }
        Action::ListAnswered { asked, answer } => {
            state.list.answer(&asked, answer.map(ReviewList::from));
            Vec::new()
        }
        Action::MoreWanted => more_wanted(state),
        Action::MoreAnswered { asked, answer } => more_answered(state, &asked, answer),
        Action::StarsChosen { half_stars, now } => stars::chosen(state, half_stars, now),
        Action::StarsAnswered { id, way, answer } => stars::answered(state, &id, way, answer),
        Action::StarsLeftToOthers { id, at, in_tab } => stars::left_to_others(state, &id, at, in_tab),
        Action::StarsDue => {
            state.drafts.wait(false);
            stars::due(state)
        }
        Action::EditorOpened => {
            // One that is on its way is waited for.
            if state.saving != Submission::Pending {
                state.saving = Submission::Idle;
            }
            Vec::new()
        }
        Action::DraftLeft { id, draft } => {
            state.drafts.keep(id, draft);
            // The form of what was just saved goes, too.
            forget_stored_draft(state);
            vec![keep_drafts(state)]
        }
        Action::DraftGivenUp { id } => {
            state.drafts.discard(&id);
            vec![keep_drafts(state)]
        }
        Action::DraftsKept { stored } => {
            state.drafts.stored(&stored);
            Vec::new()
        }
        Action::ReviewWanted(draft) => review_wanted(state, draft),
        Action::ReviewSaved { id, draft, name, way, answer } => {
            state.drafts.date_after(&id, way);
            let settled = answer.is_ok().then(|| stars::settled(state, &id, way)).flatten();
            settled.into_iter().chain(saved(state, &id, &draft, name, answer)).collect()
        }
        Action::RemovalWanted => {
            let Some(id) = state.own.key().cloned().filter(|_| state.saving.begin()) else { return Vec::new() };
            // Those that wait are deleted with the others.
            let given_up = stars::give_up(state, &id, None);
            given_up.into_iter().chain([LazyEffect::Send(ReviewsRequest::Remove(removal(id)))]).collect()
        }
        Action::Removed { id, way, answer } => {
            state.drafts.date_after(&id, way);
            let settled = answer.is_ok().then(|| stars::settled(state, &id, way)).flatten();
            settled.into_iter().chain(removed(state, &id, answer)).collect()
        }
        Action::VoteWanted { review, is_helpful } => {
            voted(state, &review, is_helpful);
            vec![LazyEffect::Send(ReviewsRequest::Vote { review, is_helpful })]
        }
        Action::Voted { review, is_helpful, answer } => match answer {
            Ok(()) => Vec::new(),
            Err(problem) => {
                voted(state, &review, !is_helpful);
                vec![LazyEffect::note(words::problem(&problem))]
            }
        },
        Action::ReportWanted { review, reason } => {
            vec![LazyEffect::Send(ReviewsRequest::Report(ReportReview { review, reason }))]
        }
        Action::Reported { review, answer } => {
            if answer.is_ok()
                && let Some(found) = find(state, &review)
            {
                found.is_reported = true;
            }
            vec![LazyEffect::note(match answer {
                Ok(()) => "Thank you. Whoever runs this Marquee will look at it.".to_owned(),
                Err(problem) => words::problem(&problem),
            })]
        }
    }
}

/// Now: it is sent at once, and once.
const fn removal(id: TitleId) -> RemoveReview {
    RemoveReview { id, milliseconds_ago: None }
}

/// Another title's reviews are asked for by the part that shows them.
fn opened(state: &mut Reviews, route: &Route) -> Vec<ReviewsEffect> {
    match route {
        Route::Title { id } | Route::Watch { id, .. } => forget_others(state, id),
        Route::Home
        | Route::Browse { .. }
        | Route::Search { .. }
        | Route::MyList { .. }
        | Route::Settings
        | Route::SignIn { .. }
        | Route::Account
        | Route::Profiles { .. }
        | Route::Operator(_)
        | Route::NotFound => forget(state),
    }
    Vec::new()
}

fn forget_others(state: &mut Reviews, id: &TitleId) {
    let is_of_another = |key: Option<&TitleId>| key.is_some_and(|key| key != id);
    if is_of_another(state.summary.key()) || is_of_another(state.own.key()) {
        forget(state);
    }
}

/// All of the title on the screen goes; what the viewer chose for every title, and what they began, stays.
fn forget(state: &mut Reviews) {
    *state = Reviews { sort: state.sort, drafts: std::mem::take(&mut state.drafts), ..Reviews::default() };
}

fn wanted(state: &mut Reviews, id: TitleId, is_member: bool) -> Vec<ReviewsEffect> {
    forget_others(state, &id);
    let mut effects = Vec::new();
    if state.summary.load(id.clone()) {
        effects.push(LazyEffect::Send(ReviewsRequest::Summary(GetReviewSummary { id: id.clone() })));
    }
    if is_member {
        effects.extend(own_wanted(state, id));
    }
    effects
}

/// What others are shown follows by the summary.
pub(super) fn rated_elsewhere(state: &mut Reviews, id: TitleId) -> Vec<ReviewsEffect> {
    if state.own.key() != Some(&id) {
        return Vec::new();
    }
    state.own.refresh(id.clone());
    let own = LazyEffect::Send(ReviewsRequest::Own(GetMyReview { id }));
    std::iter::once(own).chain(anew(state)).collect()
}

fn own_wanted(state: &mut Reviews, id: TitleId) -> Vec<ReviewsEffect> {
    if state.own.load(id.clone()) { vec![LazyEffect::Send(ReviewsRequest::Own(GetMyReview { id }))] } else { Vec::new() }
}

fn list(state: &mut Reviews, id: TitleId) -> Vec<ReviewsEffect> {
    let asked = ListReviews { id, sort: Some(state.sort), page_token: None, limit: None };
    state.list.refresh(asked.clone());
    vec![LazyEffect::Send(ReviewsRequest::List(asked))]
}

/// What others are shown is another by now. The list follows the summary.
pub(super) fn anew(state: &mut Reviews) -> Vec<ReviewsEffect> {
    let Some(id) = state.summary.key().cloned() else { return Vec::new() };
    state.summary.refresh(id.clone());
    vec![LazyEffect::Send(ReviewsRequest::Summary(GetReviewSummary { id }))]
}

fn retry(state: &mut Reviews) -> Vec<ReviewsEffect> {
    let mut effects = Vec::new();
    if state.summary.failed().is_some() || state.list.failed().is_some() {
        effects.extend(anew(state));
    }
    if state.own.failed().is_some()
        && let Some(id) = state.own.key().cloned()
    {
        effects.extend(own_wanted(state, id));
    }
    effects
}

fn more_wanted(state: &mut Reviews) -> Vec<ReviewsEffect> {
    let Some(asked) = state.list.key().cloned() else { return Vec::new() };
    let Some(list) = state.list.ready_mut() else { return Vec::new() };
    match list.next.clone() {
        Some(next) if list.more.begin() => {
            vec![LazyEffect::Send(ReviewsRequest::More(ListReviews { page_token: Some(next), ..asked }))]
        }
        Some(_) | None => Vec::new(),
    }
}

fn more_answered(state: &mut Reviews, asked: &ListReviews, answer: Response<ReviewPage>) -> Vec<ReviewsEffect> {
    if state.list.key() != Some(&ListReviews { page_token: None, ..asked.clone() }) {
        return Vec::new();
    }
    let Some(list) = state.list.ready_mut().filter(|list| list.next == asked.page_token) else { return Vec::new() };
    let Some(page) = list.more.end(answer) else { return Vec::new() };
    // One whose place in the order changed meanwhile stands where it stood.
    let is_new = |review: &Review| !list.items.iter().any(|there| there.id == review.id);
    let fresh: Vec<_> = page.items.into_iter().filter(is_new).collect();
    list.items.extend(fresh);
    (list.total, list.next) = (page.total, page.next);
    Vec::new()
}

/// A draft that says what is stored is none: it was saved as its document went.
fn forget_stored_draft(state: &mut Reviews) {
    let Some(id) = state.own.key() else { return };
    if let (Some(draft), Some(own)) = (state.drafts.of(id), state.own.ready())
        && draft.is_stored(own)
    {
        state.drafts.discard(id);
    }
}

pub(super) fn keep_drafts(state: &Reviews) -> ReviewsEffect {
    LazyEffect::Send(ReviewsRequest::KeepDrafts(state.drafts.clone()))
}

fn review_wanted(state: &mut Reviews, draft: ReviewDraft) -> Vec<ReviewsEffect> {
    let (Some(id), Some(half_stars)) = (state.own.key().cloned(), state.own_stars()) else { return Vec::new() };
    if !state.saving.begin() {
        return Vec::new();
    }
    let known = state.own.ready().and_then(|own| own.name.as_deref());
    let name = Some(draft.shown_as()).filter(|name| known != Some(*name)).map(str::to_owned);
    vec![LazyEffect::Send(ReviewsRequest::Review { name, review: draft.review(id, half_stars), draft })]
}

/// `draft` is what was sent: what the viewer typed since is theirs, and no less a draft.
fn saved(
    state: &mut Reviews,
    id: &TitleId,
    draft: &ReviewDraft,
    name: Option<String>,
    answer: Response<OwnReview>,
) -> Vec<ReviewsEffect> {
    let mut effects = Vec::new();
    // Also of whoever has gone elsewhere meanwhile.
    if answer.is_ok() && state.drafts.of(id) == Some(draft) {
        state.drafts.discard(id);
        effects.push(keep_drafts(state));
    }
    if state.own.key() != Some(id) {
        return effects;
    }
    if let (Some(own), Some(name)) = (state.own.ready_mut(), name) {
        own.name = Some(name);
    }
    if let Some(review) = state.saving.end(answer) {
        state.saving = Submission::Done;
        // They went with the text.
        effects.extend(stars::give_up(state, id, Some(review.half_stars)));
        effects.extend(own_is(state, Some(review)));
        effects.extend(anew(state));
        effects.push(LazyEffect::note("Your review is saved."));
    }
    effects.extend(stars::send(state, id));
    effects
}

fn removed(state: &mut Reviews, id: &TitleId, answer: Response<()>) -> Vec<ReviewsEffect> {
    if state.own.key() != Some(id) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    let had_text = state.own_review().is_some_and(|own| !own.text.is_empty());
    if state.saving.end(answer).is_some() {
        state.saving = Submission::Done;
        effects.extend(own_is(state, None));
        effects.extend(anew(state));
        effects.push(LazyEffect::note(if had_text { "Your review is deleted." } else { "Your rating is deleted." }));
    }
    effects.extend(stars::send(state, id));
    effects
}

/// The viewer's own as a change made it. What is on its way may have been read before: it is asked for once more.
pub(super) fn own_is(state: &mut Reviews, review: Option<OwnReview>) -> Option<ReviewsEffect> {
    if let Some(own) = state.own.ready_mut() {
        own.review = review;
    }
    let id = state.own.key().filter(|_| state.own.is_loading()).cloned()?;
    Some(LazyEffect::Send(ReviewsRequest::Own(GetMyReview { id })))
}

fn find<'a>(state: &'a mut Reviews, review: &ReviewId) -> Option<&'a mut Review> {
    state.list.ready_mut().and_then(|list| list.items.iter_mut().find(|found| found.id == *review))
}

fn voted(state: &mut Reviews, review: &ReviewId, is_helpful: bool) {
    let Some(found) = find(state, review).filter(|found| found.is_voted != is_helpful) else { return };
    found.is_voted = is_helpful;
    found.helpful = if is_helpful { found.helpful.saturating_add(1) } else { found.helpful.saturating_sub(1) };
}

impl From<ReviewPage> for ReviewList {
    fn from(page: ReviewPage) -> Self {
        Self { items: page.items, total: page.total, next: page.next, more: Submission::Idle }
    }
}

#[cfg(test)]
mod tests;
