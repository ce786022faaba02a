//! Titles as whoever asks is shown them: by calls to the catalogue, made on their behalf.

use std::collections::HashMap;

use contract::{
    DispatchExt, Problem,
    bounds::{CARDS, SHOWN},
    catalog::{GetTitleCards, ListShownTitles, TitleCard},
    ids::TitleId,
};
use futures::future::try_join_all;

use crate::context::RequestContext;

/// The card of a title, as it is now.
///
/// # Errors
/// `not_found` where there is none that whoever asks is shown; the catalogue's.
pub async fn shown_card(context: &RequestContext, title: &TitleId) -> Result<TitleCard, Problem> {
    let found = context.send(GetTitleCards { ids: vec![title.clone()], is_fresh: true }).await?;
    found.into_iter().next().ok_or_else(|| Problem::not_found("title"))
}

/// The cards of those titles that whoever asks is shown; any number of them, asked for at once: some hundreds at most.
///
/// # Errors
/// The catalogue's.
pub async fn shown_cards(
    context: &RequestContext,
    titles: impl IntoIterator<Item = &TitleId>,
) -> Result<HashMap<TitleId, TitleCard>, Problem> {
    let mut ids: Vec<TitleId> = titles.into_iter().cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    let found =
        try_join_all(ids.chunks(CARDS).map(|ids| context.send(GetTitleCards { ids: ids.to_vec(), is_fresh: false }))).await?;
    Ok(found.into_iter().flatten().map(|card| (card.id.clone(), card)).collect())
}

/// Those of `titles` that whoever asks is shown, in their order, as lists find them; any number of them, some after the others. No title is
/// read: for whoever counts thousands.
///
/// # Errors
/// The catalogue's.
pub async fn shown_ids(context: &RequestContext, titles: &[TitleId]) -> Result<Vec<TitleId>, Problem> {
    let mut shown = Vec::with_capacity(titles.len());
    for ids in titles.chunks(SHOWN) {
        shown.extend(context.send(ListShownTitles { ids: ids.to_vec() }).await?.ids);
    }
    Ok(shown)
}

/// A title of which nothing is known but its name, for tests.
#[cfg(test)]
pub fn bare_card(id: TitleId) -> TitleCard {
    TitleCard {
        title: format!("The {id}"),
        id,
        year: None,
        runtime_minutes: None,
        maturity: None,
        genres: Vec::new(),
        score: None,
        artwork: contract::catalog::Artwork { poster: String::new(), backdrop: None, colour: "#000000".into() },
        house_rating: None,
        video: None,
    }
}
