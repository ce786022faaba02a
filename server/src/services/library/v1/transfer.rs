//! The handlers of files of what a profile keeps, version 1, and what titles are called in them.
//!
//! Titles are asked of the catalogue a hundred at a time, ratings of reviews a page at a time, each in turn with what others import and
//! export. Must never tell or find a title that is not for whoever asks, which is the
//! catalogue's to know.

mod destinations;
mod export;
mod import;

use std::collections::{HashMap, HashSet};

use contract::{
    Code, DispatchExt, Problem,
    bounds::{self, CARDS, RATINGS},
    catalog::{GetTitleReferences, MatchTitles, TitleName, TitleReference},
    ids::TitleId,
    library::ImportReport,
    reviews::{AddRatings, AddedRatings, ListMyRatings, MyRating},
};

use super::super::transfers::Transfer;
use crate::context::RequestContext;

/// What titles are called elsewhere, each asked for once.
async fn references(
    context: &RequestContext,
    transfer: &Transfer,
    ids: impl IntoIterator<Item = &TitleId>,
) -> Result<HashMap<TitleId, TitleReference>, Problem> {
    let ids: Vec<TitleId> = ids.into_iter().collect::<HashSet<_>>().into_iter().cloned().collect();
    let mut references = HashMap::with_capacity(ids.len());
    for some in ids.chunks(CARDS) {
        let _turn = transfer.turn().await?;
        let found = context.send(GetTitleReferences { ids: some.to_vec() }).await?;
        references.extend(found.into_iter().map(|reference| (reference.id.clone(), reference)));
    }
    Ok(references)
}

/// Ratings of a page.
const RATINGS_PAGE: u16 = 500;
/// Ratings with texts that are added together: some megabytes.
const TEXTS: usize = 50;

/// Whether whoever asks may not rate: then what a file says of ratings is left out, and the rest is as it is.
fn is_not_allowed(problem: &Problem) -> bool {
    [Code::NotAllowed, Code::SignInRequired].contains(&problem.code)
}

/// What the profile said of titles.
#[derive(Default)]
struct Said {
    /// The latest first.
    ratings: Vec<MyRating>,
    /// The name that its texts are shown under.
    name: Option<String>,
}

/// What the profile rated; nothing where it may not. Of its texts, where they are wanted, no more are read than a file takes.
async fn said(context: &RequestContext, transfer: &Transfer, mut with_texts: bool) -> Result<Said, Problem> {
    let (mut said, mut page_token, mut bytes) = (Said::default(), None, 0);
    loop {
        let _turn = transfer.turn().await?;
        let page = match context.send(ListMyRatings { page_token, limit: Some(RATINGS_PAGE), with_texts }).await {
            Ok(page) => page,
            Err(problem) if is_not_allowed(&problem) => return Ok(Said::default()),
            Err(problem) => return Err(problem),
        };
        bytes += page.items.iter().filter_map(|rating| rating.review.as_ref()).map(|review| review.text.len()).sum::<usize>();
        with_texts &= bytes <= bounds::FILE;
        said.name = said.name.or(page.name);
        said.ratings.extend(page.items);
        match page.next {
            Some(next) => page_token = Some(next),
            None => return Ok(said),
        }
    }
}

/// Rates what the profile has not rated, and says in a report what became of it.
async fn rate(
    context: &RequestContext,
    transfer: &Transfer,
    Said { ratings, name }: Said,
    report: &mut ImportReport,
) -> Result<(), Problem> {
    let (texts, stars): (Vec<MyRating>, Vec<MyRating>) = ratings.into_iter().partition(|rating| rating.review.is_some());
    for some in texts.chunks(TEXTS).chain(stars.chunks(RATINGS)) {
        let _turn = transfer.turn().await?;
        let all = u64::try_from(some.len()).unwrap_or(u64::MAX);
        match context.send(AddRatings { ratings: some.to_vec(), name: name.clone() }).await {
            Ok(added) => note_added(report, added),
            Err(problem) if problem.code == Code::RateLimited => {
                report.rate_limited += all;
                report.left_out += all;
            }
            Err(problem) if is_not_allowed(&problem) => {
                report.not_allowed += all;
                report.left_out += all;
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}

fn note_added(report: &mut ImportReport, added: AddedRatings) {
    let AddedRatings { added, known, left_out, nameless, hidden, reviews, name } = added;
    report.rated += added;
    report.rated_before += known;
    report.reviews += reviews;
    report.left_out += left_out;
    report.nameless += nameless;
    report.hidden += hidden;
    // Of titles that the viewer is shown no more.
    report.not_allowed += left_out.saturating_sub(nameless + hidden);
    report.reviewer = report.reviewer.take().or(name);
}

/// The titles that names mean, each asked for once; those that mean none are not among them.
async fn matches(
    context: &RequestContext,
    transfer: &Transfer,
    names: impl IntoIterator<Item = &TitleName>,
) -> Result<HashMap<TitleName, TitleId>, Problem> {
    let names: Vec<TitleName> = names.into_iter().collect::<HashSet<_>>().into_iter().cloned().collect();
    let mut matches = HashMap::with_capacity(names.len());
    for some in names.chunks(CARDS) {
        let _turn = transfer.turn().await?;
        let found = context.send(MatchTitles { titles: some.to_vec() }).await?;
        matches.extend(some.iter().cloned().zip(found).filter_map(|(name, found)| Some((name, found.id?))));
    }
    Ok(matches)
}
