//! The handlers of files of what a profile keeps, version 1, and what titles are called in them.
//!
//! Titles are asked of the catalogue a hundred at a time. Must never tell or find a title that is not for whoever asks, which is the
//! catalogue's to know.

mod export;
mod import;

use std::collections::{HashMap, HashSet};

use contract::{
    DispatchExt, Problem,
    bounds::CARDS,
    catalog::{GetTitleReferences, MatchTitles, TitleName, TitleReference},
    ids::TitleId,
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
