//! The handlers of files of what a profile keeps, version 1, and what titles are called in them.
//!
//! Titles are asked of the catalogue a hundred at a time. Must never tell or find a title that is not for whoever asks, which is the
//! catalogue's to know.

mod export;
mod import;

use std::collections::{HashMap, HashSet};

use contract::{
    Code, DispatchExt, Problem,
    bounds::{CARDS, RATINGS},
    catalog::{GetTitleReferences, MatchTitles, TitleName, TitleReference},
    ids::TitleId,
    reviews::{AddRatings, ListMyRatings, MyRating},
};

use crate::context::RequestContext;

/// What titles are called elsewhere, each asked for once.
async fn references(
    context: &RequestContext,
    ids: impl IntoIterator<Item = &TitleId>,
) -> Result<HashMap<TitleId, TitleReference>, Problem> {
    let ids: Vec<TitleId> = ids.into_iter().collect::<HashSet<_>>().into_iter().cloned().collect();
    let mut references = HashMap::with_capacity(ids.len());
    for some in ids.chunks(CARDS) {
        let found = context.send(GetTitleReferences { ids: some.to_vec() }).await?;
        references.extend(found.into_iter().map(|reference| (reference.id.clone(), reference)));
    }
    Ok(references)
}

/// Ratings of a page.
const RATINGS_PAGE: u16 = 500;

/// Whether whoever asks may not rate, or not now: then what a file says of ratings is left out, and the rest is as it is.
fn is_refused(problem: &Problem) -> bool {
    [Code::NotAllowed, Code::SignInRequired, Code::RateLimited].contains(&problem.code)
}

/// What the profile rated, the latest first; nothing where it may not.
async fn ratings(context: &RequestContext) -> Result<Vec<MyRating>, Problem> {
    let (mut ratings, mut page_token) = (Vec::new(), None);
    loop {
        let page = match context.send(ListMyRatings { page_token, limit: Some(RATINGS_PAGE) }).await {
            Ok(page) => page,
            Err(problem) if is_refused(&problem) => return Ok(Vec::new()),
            Err(problem) => return Err(problem),
        };
        ratings.extend(page.items);
        match page.next {
            Some(next) => page_token = Some(next),
            None => return Ok(ratings),
        }
    }
}

/// Rates what the profile has not rated; how many that were, and how many are left out.
async fn rate(context: &RequestContext, ratings: &[MyRating]) -> Result<(u64, u64), Problem> {
    let (mut rated, mut left_out) = (0, 0);
    for some in ratings.chunks(RATINGS) {
        match context.send(AddRatings { ratings: some.to_vec() }).await {
            Ok(added) => {
                rated += added.added;
                left_out += added.left_out;
            }
            Err(problem) if is_refused(&problem) => left_out += u64::try_from(some.len()).unwrap_or(u64::MAX),
            Err(problem) => return Err(problem),
        }
    }
    Ok((rated, left_out))
}

/// The titles that names mean, each asked for once; those that mean none are not among them.
async fn matches(
    context: &RequestContext,
    names: impl IntoIterator<Item = &TitleName>,
) -> Result<HashMap<TitleName, TitleId>, Problem> {
    let names: Vec<TitleName> = names.into_iter().collect::<HashSet<_>>().into_iter().cloned().collect();
    let mut matches = HashMap::with_capacity(names.len());
    for some in names.chunks(CARDS) {
        let found = context.send(MatchTitles { titles: some.to_vec() }).await?;
        matches.extend(some.iter().cloned().zip(found).filter_map(|(name, found)| Some((name, found.id?))));
    }
    Ok(matches)
}
