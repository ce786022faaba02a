//! What is known of a title before its page is answered: its card, from whatever list is in the store.
//!
//! Lets the title page show poster, name and facts at once. Must never be asked on the server's first render.

use contract::{catalog::TitleCard, ids::TitleId};
use leptos::prelude::*;
use reactive_stores::Store;

use crate::store::{State, StateStoreFields};

/// The card of this title, where some list has it. Reads without subscribing.
pub fn card(state: Store<State>, id: &TitleId) -> Option<TitleCard> {
    let is_it = |card: &&TitleCard| card.id == *id;
    let home = || {
        state.home().with_untracked(|home| {
            let home = home.ready()?;
            let in_rows = home.rows.iter().flat_map(|row| &row.items);
            home.hero.iter().map(|hero| &hero.card).chain(in_rows).find(is_it).cloned()
        })
    };
    let browse = || state.browse().with_untracked(|browse| browse.list.ready()?.items.iter().find(is_it).cloned());
    let begun =
        || state.continue_watching().with_untracked(|begun| begun.ready()?.iter().map(|item| &item.card).find(is_it).cloned());
    let found = || {
        state.search().with_untracked(|search| search.results.ready()?.titles.iter().map(|hit| &hit.card).find(is_it).cloned())
    };
    home().or_else(browse).or_else(begun).or_else(found)
}
